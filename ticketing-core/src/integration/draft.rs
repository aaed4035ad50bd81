use super::{
    NO_SUBJECT, Reference, ReferenceKind, UnknownReferences,
    read::{self, Paths, Reader},
    reference::Names,
};
use crate::{
    Arrival, EmailAddress, Field, FormError, NewTicket, Rules, Status, Timestamp, Violations,
    limits::TICKET_TAGS_MAX,
    members::Raw,
    ticket::{Actor, ActorId, Agent, Attributes, Intake, Requester, Visibility},
    violation::{JsonType, Problem},
};

/// A ticket as another system hands it over: read, and checked as far as that is possible without knowing what its references are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntegrationDraft {
    attributes: Attributes,
    intake: Intake,
    arrival: Arrival,
    category: Option<Reference>,
    urgency: Option<Reference>,
    service: Option<Reference>,
    justification: Option<Reference>,
    tags: Vec<Reference>,
}

impl IntegrationDraft {
    /// Reads a ticket at an instant. No member is required; what can only be read is ignored.
    ///
    /// # Errors
    /// [`FormError`]: malformed JSON, or all violations, by their paths.
    pub fn from_json(json: &[u8], rules: &Rules, now: Timestamp) -> Result<Self, FormError> {
        let [
            kind,
            subject,
            cc,
            clients,
            owner,
            category,
            urgency,
            service,
            justification,
            status,
            tags,
            created_at,
            resolved_at,
            reopened_at,
            closed_at,
            solution_at,
            created_by,
            first,
        ] = read::body(
            json,
            [
                "type",
                "subject",
                "cc",
                "clients",
                "ownerId",
                "category",
                "urgency",
                "service",
                "justification",
                "status",
                "tags",
                "createdAt",
                "resolvedAt",
                "reopenedAt",
                "closedAt",
                "solutionAt",
                "createdById",
                "firstAction",
            ],
        )?;
        let mut reader = Reader::default();
        let visibility = reader.take("type", read::visibility(kind)).unwrap_or_default();
        let subject = reader.take("subject", read::subject(subject));
        let cc = reader.take("cc", read::texts(cc)).unwrap_or_default();
        let clients = reader.take("clients", read::texts(clients)).unwrap_or_default();
        let assignee: Option<ActorId> = reader.take("ownerId", read::owner(owner));
        let category = reader.reference(category, ReferenceKind::Category);
        let urgency = reader.reference(urgency, ReferenceKind::Urgency);
        let service = reader.reference(service, ReferenceKind::Service);
        let justification = reader.reference(justification, ReferenceKind::Justification);
        let status = reader.status(status);
        let tags = reader.tags(tags);
        let mut arrival = Arrival {
            status,
            assignee,
            created_at: reader.take("createdAt", read::past(created_at, now)),
            resolved_at: reader.take("resolvedAt", read::past(resolved_at, now)),
            reopened_at: reader.take("reopenedAt", read::past(reopened_at, now)),
            closed_at: reader.take("closedAt", read::past(closed_at, now)),
            due: reader.take("solutionAt", read::instant(solution_at)),
            ..Arrival::default()
        };
        let created_by = reader.take("createdById", read::behalf(created_by));
        let first = reader.first_action(first, now);
        // Where nobody says when the ticket came to be: with what was said first, and before whatever became of it.
        let Arrival { resolved_at, reopened_at, closed_at, .. } = arrival;
        let earliest = [resolved_at, reopened_at, closed_at].into_iter().flatten().min();
        arrival.created_at = arrival.created_at.or(first.created_at).or(earliest);
        arrival.described_at = first.created_at.filter(|said_at| arrival.created_at != Some(*said_at));
        reader.check_dates(&arrival);
        reader.finish()?;

        let address = clients.iter().find_map(|client| EmailAddress::parse(client.trim()).ok());
        let requester = address.map(|email| Requester {
            name: String::new(),
            email,
            phone: None,
            has_whatsapp: false,
            document: None,
            company: None,
        });
        let intake = Intake {
            requester,
            subject: Some(subject.unwrap_or_else(|| NO_SUBJECT.to_owned())),
            description: first.description,
            description_is_internal: first.visibility == Visibility::Internal,
            clients: Some(clients),
            cc,
            described_by: first.created_by.clone().filter(|_| created_by.is_some() && created_by != first.created_by),
            created_by: created_by.or(first.created_by),
            due_by: None,
        };
        let area = rules.document().areas.default.clone();
        let attributes = Attributes { area, visibility, ..Attributes::default() };
        Ok(Self { attributes, intake, arrival, category, urgency, service, justification, tags })
    }

    /// The ticket as that of whoever hands it over: those who work one area have it in theirs.
    #[must_use]
    pub fn by(mut self, actor: &Actor) -> Self {
        if let Actor::Area { area, .. } = actor {
            self.attributes.area.clone_from(area);
        }
        self
    }

    /// What must be known of before it can be a ticket.
    pub fn references(&self) -> UnknownReferences {
        let mut references = UnknownReferences::default();
        references.add("category.id", ReferenceKind::Category, self.category.as_ref());
        references.add("urgency.id", ReferenceKind::Urgency, self.urgency.as_ref());
        references.add("service.id", ReferenceKind::Service, self.service.as_ref());
        references.add("justification.id", ReferenceKind::Justification, self.justification.as_ref());
        for tag in &self.tags {
            references.add("tags", ReferenceKind::Tag, Some(tag));
        }
        references
    }

    /// The ticket, once it is known what its references are called and who its agent is.
    ///
    /// # Errors
    /// All violations: ids of nothing, names that the rules do not take, an agent who does not work here.
    pub fn validate(
        self,
        rules: &Rules,
        name: impl Fn(ReferenceKind, &Reference) -> Option<String>,
        agent: impl FnOnce(ActorId) -> Option<Agent>,
    ) -> Result<NewTicket, Violations> {
        let mut reader = Reader::default();
        let names: Names = self.references().named(name).unwrap_or_else(|unknown| {
            for violation in &unknown {
                reader.refuse(violation.field, violation.problem.clone());
            }
            Names::default()
        });
        let Self { mut attributes, intake, mut arrival, category, urgency, service, justification, tags } = self;
        attributes.category = names.get(ReferenceKind::Category, category);
        attributes.priority = names.get(ReferenceKind::Urgency, urgency);
        attributes.service = names.get(ReferenceKind::Service, service);
        arrival.justification = names.get(ReferenceKind::Justification, justification);
        for tag in tags {
            let name = names.get(ReferenceKind::Tag, Some(tag)).filter(|name| !arrival.tags.contains(name));
            arrival.tags.extend(name);
        }
        if let Some(category) = &attributes.category {
            reader.take("category.name", rules.text_rule(Field::Category).check(category));
        }
        if let Some(priority) = &attributes.priority {
            let fits = rules.text_rule(Field::Priority).check(priority);
            reader.take("urgency.id", fits.and_then(|()| rules.check_priority(priority)));
        }
        if let Some(id) = arrival.assignee {
            let works_here = agent(id).is_some_and(|agent| agent.works(&attributes.area, rules));
            reader.take("ownerId", if works_here { Ok(()) } else { Err(Problem::UnavailableAgent) });
        }
        reader.finish()?;
        Ok(NewTicket::checked(attributes, intake, arrival))
    }
}

/// What a ticket begins with.
#[derive(Default)]
struct FirstAction {
    visibility: Visibility,
    description: Option<String>,
    created_at: Option<Timestamp>,
    created_by: Option<String>,
}

impl Reader {
    fn first_action(&mut self, raw: Raw<'_>, now: Timestamp) -> FirstAction {
        let members = self.take("firstAction", raw.object(["type", "description", "createdAt", "createdById"]));
        let Some([kind, description, created_at, created_by]) = members else { return FirstAction::default() };
        FirstAction {
            visibility: self.take("firstAction.type", read::visibility(kind)).unwrap_or_default(),
            description: self
                .take("firstAction.description", read::statement(description))
                .map(crate::ticket::Statement::into_string),
            created_at: self.take("firstAction.createdAt", read::past(created_at, now)),
            created_by: self.take("firstAction.createdById", read::behalf(created_by)),
        }
    }

    fn tags(&mut self, raw: Raw<'_>) -> Vec<Reference> {
        let items = self.take("tags", raw.list()).unwrap_or_default();
        if u32::try_from(items.len()).is_ok_and(|tags| tags > TICKET_TAGS_MAX) {
            self.refuse("tags", Problem::TooMany { max: TICKET_TAGS_MAX });
            return Vec::new();
        }
        let mut tags = Vec::with_capacity(items.len());
        for item in items {
            if item.is_nothing() {
                self.refuse("tags", Problem::WrongType { expected: JsonType::Object });
            }
            let tag = self.reference_at(item, ReferenceKind::Tag, &Paths::TAGS);
            tags.extend(tag.filter(|tag| !tags.contains(tag)));
        }
        tags
    }

    /// A date that a ticket of this status has, and in the order in which things happen.
    fn check_dates(&mut self, arrival: &Arrival) {
        let Arrival { status, created_at, resolved_at, reopened_at, closed_at, .. } = *arrival;
        let status = status.unwrap_or(Status::Open);
        let has = |date: Option<Timestamp>, fits: bool| date.is_none() || fits;
        if !has(resolved_at, matches!(status, Status::Resolved | Status::Closed)) {
            self.refuse("resolvedAt", Problem::NotOfStatus);
        }
        if !has(closed_at, status == Status::Closed) {
            self.refuse("closedAt", Problem::NotOfStatus);
        }
        if !has(reopened_at, status != Status::Canceled) {
            self.refuse("reopenedAt", Problem::NotOfStatus);
        }
        let mut before = created_at;
        for (path, date) in [("reopenedAt", reopened_at), ("resolvedAt", resolved_at), ("closedAt", closed_at)] {
            let Some(date) = date else { continue };
            if before.is_some_and(|before| date < before) {
                self.refuse(path, Problem::OutOfOrder);
            }
            before = Some(date);
        }
    }
}
