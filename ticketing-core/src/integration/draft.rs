use super::{
    NO_SUBJECT, Reference, ReferenceKind, UnknownReferences,
    read::{self, Paths, Reader},
    reference::Names,
};
use crate::{
    Arrival, EmailAddress, Field, FormError, NewTicket, Rules, Timestamp, Violations,
    limits::TICKET_TAGS_MAX,
    members::Raw,
    ticket::{Actor, ActorId, Agent, Attributes, Intake, Requester, Visibility},
    violation::{JsonType, Problem, Violation},
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
        for Violation { field, problem } in arrival.dates_out_of_place(["reopenedAt", "resolvedAt", "closedAt"]) {
            self.refuse(field, problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Status, Uuid};

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-24T10:15:00Z").unwrap()
    }

    fn at(text: &str) -> Option<Timestamp> {
        Timestamp::parse(text)
    }

    fn read(json: &str) -> Result<IntegrationDraft, FormError> {
        IntegrationDraft::from_json(json.as_bytes(), &Rules::default(), now())
    }

    /// A ticket whose references are called after their ids, and whose agents work here.
    fn ticket(json: &str) -> NewTicket {
        let name = |_, reference: &Reference| match reference {
            Reference::Id(id) => Some(format!("n{id}")),
            Reference::Name(name) => Some(name.clone()),
        };
        let agent = |id| Some(Agent { id, area: None, is_active: true });
        read(json).unwrap().validate(&Rules::default(), name, agent).unwrap()
    }

    #[track_caller]
    fn refused(json: &str, error: &str) {
        assert_eq!(read(json).unwrap_err().to_string(), error, "{json}");
    }

    #[test]
    fn a_ticket_of_which_nothing_is_said_has_a_subject_and_an_area() {
        let new = ticket("{}");
        let attributes = Attributes { area: "MESA".into(), ..Attributes::default() };
        let intake = Intake { subject: Some(NO_SUBJECT.into()), clients: Some(vec![]), ..Intake::default() };
        assert_eq!((new.attributes(), new.intake(), new.arrival()), (&attributes, &intake, &Arrival::default()));
    }

    #[test]
    fn everything_wrong_is_said_at_once_by_its_path() {
        refused("[]", "body: wrong-type");
        refused("{", "malformed JSON at line 1, column 1");
        refused(
            r#"{"firstAction": {"createdById": 1, "type": ""}, "createdById": [], "tags": {}, "status": null, "service": {"id": 1.5},
                "clients": [1], "cc": "x", "subject": "a\u0000", "type": "x", "createdAt": "2026-03-24T10:15:05.001Z"}"#,
            "type: unknown-value; subject: control-character; cc: wrong-type; clients: wrong-type; service.id: wrong-type; \
             status: wrong-type; tags: wrong-type; createdAt: in-future; createdById: wrong-type; \
             firstAction.type: unknown-value; firstAction.createdById: wrong-type",
        );
        // Of each path the first that is wrong.
        refused(r#"{"tags": [{"id": -1.5}, {"id": "x"}, {}]}"#, "tags.id: wrong-type");
        refused(r#"{"tags": [7, {"name": ""}]}"#, "tags: wrong-type; tags.name: required");
    }

    #[test]
    fn what_is_said_is_kept_as_it_is_given() {
        let new = ticket(
            r#"{"type": "INTERNAL", "subject": " s ", "cc": [" c "], "clients": [" x ", " ana@example.com ", "b@example.com"],
                "ownerId": "00000000-0000-0000-0000-000000000007", "category": {"name": " Redes "}, "urgency": {"id": 1},
                "service": {"id": 2}, "justification": {"id": 3}, "status": {"id": 3},
                "tags": [{"name": "z"}, {"id": 5}, {"name": "a"}, {"id": 5}, {"name": "n5"}], "solutionAt": "2027-01-01T00:00:00Z",
                "createdById": " u ", "firstAction": {"type": "INTERNAL", "description": " d\n", "createdById": " v "}}"#,
        );
        let attributes = new.attributes();
        assert_eq!(attributes.visibility, Visibility::Internal);
        assert_eq!((attributes.category.as_deref(), attributes.priority.as_deref()), (Some("Redes"), Some("n1")));
        assert_eq!(attributes.service.as_deref(), Some("n2"));
        let intake = new.intake();
        assert_eq!(intake.requester.as_ref().unwrap().email.as_str(), "ana@example.com");
        assert_eq!(intake.clients.as_deref().unwrap(), [" x ", " ana@example.com ", "b@example.com"]);
        assert_eq!((intake.cc.as_slice(), intake.subject.as_deref()), (&[" c ".to_owned()][..], Some("s")));
        assert_eq!((intake.description.as_deref(), intake.description_is_internal), (Some("d"), true));
        assert_eq!((intake.created_by.as_deref(), intake.described_by.as_deref()), (Some(" u "), Some(" v ")));
        assert_eq!(
            new.arrival(),
            &Arrival {
                status: Some(Status::Paused),
                justification: Some("n3".into()),
                assignee: Some(ActorId(Uuid::from_u128(7))),
                tags: vec!["z".into(), "n5".into(), "a".into()],
                due: at("2027-01-01T00:00:00Z"),
                ..Arrival::default()
            }
        );
    }

    #[test]
    fn whoever_said_something_first_has_created_the_ticket_where_nobody_else_has() {
        let new = ticket(r#"{"firstAction": {"createdById": "v", "createdAt": "2022-01-01T00:00:00Z"}}"#);
        assert_eq!((new.intake().created_by.as_deref(), &new.intake().described_by), (Some("v"), &None));
        assert_eq!((new.arrival().created_at, new.arrival().described_at), (at("2022-01-01T00:00:00Z"), None));
        let new = ticket(r#"{"createdById": "v", "firstAction": {"createdById": "v"}}"#);
        assert_eq!(new.intake().described_by, None);
        let new =
            ticket(r#"{"createdAt": "2022-01-01T00:00:00Z", "firstAction": {"createdAt": "2022-01-02T00:00:00Z"}}"#);
        assert_eq!(new.arrival().described_at, at("2022-01-02T00:00:00Z"));
    }

    #[test]
    fn who_works_an_area_hands_over_tickets_of_it() {
        let id = ActorId(Uuid::from_u128(7));
        let of = |actor: &Actor| {
            let draft = read("{}").unwrap().by(actor);
            draft.validate(&Rules::default(), |_, _| None, |_| None).unwrap().attributes().area.clone()
        };
        assert_eq!(of(&Actor::Area { id, area: "Redes".into() }), "Redes");
        assert_eq!(of(&Actor::Desk(id)), "MESA");
        assert_eq!(of(&Actor::Token(id)), "MESA");
    }

    #[test]
    fn what_its_references_are_is_asked_before_it_is_a_ticket() {
        let json = r#"{"category": {"name": "x"}, "urgency": {"id": 4294967296}, "tags": [{"id": 1}, {"id": 2}],
                       "ownerId": "00000000-0000-0000-0000-000000000007"}"#;
        let draft = read(json).unwrap();
        let references = draft.references();
        let asked: Vec<_> = references.iter().map(|(kind, reference)| (kind, reference.clone())).collect();
        assert_eq!(
            asked,
            [
                (ReferenceKind::Category, Reference::Name("x".into())),
                (ReferenceKind::Urgency, Reference::NOTHING),
                (ReferenceKind::Tag, Reference::Id(1)),
                (ReferenceKind::Tag, Reference::Id(2)),
            ]
        );
        let refused = draft.clone().validate(&Rules::default(), |_, _| None, |_| None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "category.id: unknown-reference; urgency.id: unknown-reference; tags: unknown-reference; ownerId: unavailable-agent"
        );
        // What is there may break rules all the same.
        let named =
            |kind, _: &Reference| Some(if kind == ReferenceKind::Category { "x".to_owned() } else { "x".repeat(21) });
        let refused = draft.validate(&Rules::default(), named, |_| None).unwrap_err();
        assert_eq!(refused.to_string(), "category.name: too-short; urgency.id: too-long; ownerId: unavailable-agent");
    }

    #[test]
    fn dates_belong_to_a_status_and_stand_in_order() {
        for (json, error) in [
            (r#"{"resolvedAt": "2022-01-01T00:00:00Z"}"#, "resolvedAt: not-of-status"),
            (r#"{"status": {"id": 4}, "closedAt": "2022-01-01T00:00:00Z"}"#, "closedAt: not-of-status"),
            (r#"{"status": {"id": 6}, "reopenedAt": "2022-01-01T00:00:00Z"}"#, "reopenedAt: not-of-status"),
            (
                r#"{"status": {"id": 5}, "resolvedAt": "2022-01-02T00:00:00Z", "closedAt": "2022-01-01T00:00:00Z"}"#,
                "closedAt: out-of-order",
            ),
            (
                r#"{"status": {"id": 4}, "createdAt": "2022-01-02T00:00:00Z", "resolvedAt": "2022-01-01T00:00:00Z"}"#,
                "resolvedAt: out-of-order",
            ),
        ] {
            refused(json, error);
        }
        let new = ticket(
            r#"{"status": {"id": 5}, "resolvedAt": "2022-01-01T00:00:00Z", "closedAt": "2022-01-02T00:00:00Z"}"#,
        );
        assert_eq!(new.arrival().created_at, at("2022-01-01T00:00:00Z"), "it came to be before it was resolved");
        // Clocks differ a little.
        let new = ticket(r#"{"createdAt": "2026-03-24T10:15:05Z"}"#);
        assert_eq!(new.arrival().created_at, Some(now()));
    }

    proptest! {
        /// Whatever is sent is read or refused, and what is read is a ticket where its references are there.
        #[test]
        fn prop_what_is_read_is_a_ticket(json in any_json()) {
            if let Ok(draft) = read(&json) {
                let name = |_, _: &Reference| Some("Redes".to_owned());
                let new = draft.clone().validate(&Rules::default(), name, |id| Some(Agent { id, area: None, is_active: true }));
                prop_assert!(new.is_ok(), "{json}");
                let Arrival { created_at, resolved_at, reopened_at, closed_at, .. } = *new.unwrap().arrival();
                let dates: Vec<_> = [created_at, reopened_at, resolved_at, closed_at].into_iter().flatten().collect();
                prop_assert!(dates.is_sorted() && dates.iter().all(|date| *date <= now()), "{json}");
                prop_assert!(dates.is_empty() || created_at.is_some());
            }
        }
    }

    fn any_json() -> impl Strategy<Value = String> {
        let members = prop::sample::select(vec![
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
        ]);
        let values = prop::sample::select(vec![
            "null",
            "{}",
            "[]",
            "\"\"",
            "\"x\"",
            "7",
            "\"PUBLIC\"",
            "[\"a\"]",
            "{\"id\":1}",
            "{\"id\":4}",
            "{\"id\":5}",
            "{\"name\":\"x\"}",
            "[{\"id\":1},{\"name\":\"y\"}]",
            "\"2022-01-01T00:00:00Z\"",
            "\"2022-01-02T00:00:00Z\"",
            "\"2023-01-02T00:00:00Z\"",
            "{\"description\":\"d\",\"createdAt\":\"2022-06-01T00:00:00Z\"}",
            "\"00000000-0000-0000-0000-000000000007\"",
        ]);
        let fitting = prop::sample::select(vec![
            ("status", "{\"id\":5}"),
            ("createdAt", "\"2022-01-01T00:00:00Z\""),
            ("reopenedAt", "\"2022-01-02T00:00:00Z\""),
            ("resolvedAt", "\"2023-01-02T00:00:00Z\""),
            ("closedAt", "\"2023-01-03T00:00:00Z\""),
            ("clients", "[\"a@b.example\"]"),
        ]);
        let member = prop_oneof![1 => (members, values), 4 => fitting];
        prop::collection::vec(member, 0..5).prop_map(|members| {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
            format!("{{{}}}", members.join(", "))
        })
    }
}
