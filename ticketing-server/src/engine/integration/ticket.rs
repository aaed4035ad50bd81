use std::collections::{HashMap, HashSet};

use ticketing_core::{
    Actor, Rulebook, Rules, Ticket, TicketId, TimeDelta, Timestamp,
    integration::{self, OwnerChange, ReferenceKind, Said, StatusChange},
    sla::{Agreement, ClockState, TargetKind},
};

use super::{
    super::{Engine, EngineError},
    references::{Name, team},
};
use crate::store::{Named, Store, StoreError, TicketOnPage, TicketRecord};

/// A ticket as other systems read it, at an instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntegrationTicket {
    /// What the store has of it.
    pub stored: TicketOnPage,
    /// What has an id there.
    pub references: TicketReferences,
    /// The id, the name and the targets of the policy that it is under.
    pub agreement: Option<(u32, String, String)>,
    /// The working time that is granted for its resolution.
    pub solution_time: Option<TimeDelta>,
    /// By when it is due.
    pub solution_at: Option<Timestamp>,
    /// Its resolution's clock stands still.
    pub solution_is_paused: bool,
    /// The working time that is granted for a first response.
    pub response_time: Option<TimeDelta>,
    /// By when that is due.
    pub response_at: Option<Timestamp>,
}

/// What of a ticket has an id in the integration dialect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketReferences {
    /// What it is about.
    pub category: Option<Named>,
    /// Its priority.
    pub urgency: Option<Named>,
    /// Which service.
    pub service: Option<Named>,
    /// Why it has its status.
    pub justification: Option<Named>,
    /// Its area.
    pub team: Named,
    /// Its tags, in order.
    pub tags: Vec<Named>,
}

/// A ticket's history as other systems read it, at an instant.
#[derive(Clone, Debug)]
pub struct IntegrationHistory {
    /// What was said, newest first.
    pub said: Vec<Said>,
    /// The statuses that it had, and has, newest first.
    pub statuses: Vec<StatusChange>,
    /// The owners that it no longer has, newest first.
    pub owners: Vec<OwnerChange>,
    /// Ids of names in it: of justifications and teams.
    pub ids: HashMap<(ReferenceKind, String), u32>,
}

impl<S: Store> Engine<S> {
    /// The identity of a ticket that another system names by its UUID or by its label.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or the store's.
    pub async fn find_named(&self, name: &str) -> Result<TicketId, EngineError> {
        if let Ok(id) = uuid::Uuid::try_parse(name) {
            return Ok(TicketId(id));
        }
        let label = self.rules().labels().parse(name).map_err(|_| EngineError::NotFound)?;
        self.find_label(label).await
    }

    /// A ticket as other systems read it.
    ///
    /// # Errors
    /// As [`desk_ticket`](Self::desk_ticket).
    pub async fn integration_ticket(&self, id: TicketId, actor: &Actor) -> Result<IntegrationTicket, EngineError> {
        let record = self.desk_ticket(id, actor).await?.record;
        Ok(self.in_integration(*record).await?)
    }

    /// A ticket that the store has, as other systems read it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn in_integration(&self, record: TicketRecord) -> Result<IntegrationTicket, StoreError> {
        let TicketRecord { ticket, label, intake, .. } = record;
        let mut shown = self.all_in_integration(vec![TicketOnPage { ticket, label, intake }]).await?;
        shown.pop().ok_or_else(|| StoreError::Damaged("a ticket is gone".into()))
    }

    /// What has happened to a ticket, as other systems read it.
    ///
    /// # Errors
    /// As [`desk_ticket`](Self::desk_ticket).
    pub async fn integration_history(&self, id: TicketId, actor: &Actor) -> Result<IntegrationHistory, EngineError> {
        let record = self.desk_ticket(id, actor).await?.record;
        let (book, at) = (self.book(), self.now().max(record.ticket.recorded_at));
        let rules = book.active().clone();
        // Years of shifts are added up: not on a thread that answers others.
        let told = tokio::task::spawn_blocking(move || {
            let said = integration::said(&record.history, &record.intake);
            let statuses = integration::status_changes(&record.history, &book, at);
            (said, statuses, integration::owner_changes(&record.history, &book, at))
        });
        let (mut said, mut statuses, mut owners) = told.await.map_err(|error| StoreError::Damaged(error.into()))?;
        said.reverse();
        statuses.reverse();
        owners.reverse();
        let justified = said.iter().map(|said| &said.justification);
        let justified = justified.chain(statuses.iter().map(|change| &change.justification)).flatten();
        let mut names: HashSet<_> = justified.map(|name| (ReferenceKind::Justification, name.clone())).collect();
        names.extend(owners.iter().map(|change| team(&rules, &change.stay.value.1)));
        let mut ids = self.ids(names).await?;
        for OwnerChange { stay, .. } in &mut owners {
            let id = ids.get(&team(&rules, &stay.value.1)).copied().unwrap_or_default();
            stay.value.1 = rules.desk_area(&stay.value.1).to_owned();
            ids.insert((ReferenceKind::Team, stay.value.1.clone()), id);
        }
        Ok(IntegrationHistory { said, statuses, owners, ids })
    }

    pub(super) async fn all_in_integration(
        &self,
        tickets: Vec<TicketOnPage>,
    ) -> Result<Vec<IntegrationTicket>, StoreError> {
        let book = self.book_for(tickets.iter().map(|on_page| &on_page.ticket.sla)).await?;
        let rules = book.active();
        let names: Vec<_> = tickets.iter().map(|on_page| Names::of(&on_page.ticket, rules)).collect();
        // Most tickets of a page share theirs.
        let distinct: HashSet<&Name> = names.iter().flat_map(Names::all).collect();
        let ids = self.ids(distinct.into_iter().cloned().collect()).await?;
        let now = self.now();
        let with_ids = tickets.into_iter().zip(names);
        Ok(with_ids.map(|(stored, names)| shown(stored, names, &ids, &book, now)).collect())
    }
}

/// What of a ticket has an id.
struct Names {
    category: Option<Name>,
    urgency: Option<Name>,
    service: Option<Name>,
    justification: Option<Name>,
    team: Name,
    tags: Vec<Name>,
}

impl Names {
    fn of(ticket: &Ticket, rules: &Rules) -> Self {
        let attributes = &ticket.attributes;
        let optional = |kind, name: &Option<String>| name.clone().map(|name| (kind, name));
        Self {
            category: optional(ReferenceKind::Category, &attributes.category),
            urgency: optional(ReferenceKind::Urgency, &attributes.priority),
            service: optional(ReferenceKind::Service, &attributes.service),
            justification: optional(ReferenceKind::Justification, &ticket.justification),
            team: team(rules, &attributes.area),
            tags: ticket.tags.iter().map(|tag| (ReferenceKind::Tag, tag.clone())).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Name> {
        let Self { category, urgency, service, justification, team, tags } = self;
        let optional = [category, urgency, service, justification].into_iter().flatten();
        optional.chain([team]).chain(tags)
    }

    /// With their ids. A team is called as the desk calls its area.
    fn identified(self, ids: &HashMap<Name, u32>, team: &str) -> TicketReferences {
        // Every name of a ticket has one.
        let id = |name: &Name| ids.get(name).copied().unwrap_or_default();
        let named = |name: Name| Named { id: id(&name), name: name.1 };
        TicketReferences {
            category: self.category.map(named),
            urgency: self.urgency.map(named),
            service: self.service.map(named),
            justification: self.justification.map(named),
            team: Named { id: id(&self.team), name: team.to_owned() },
            tags: self.tags.into_iter().map(named).collect(),
        }
    }
}

fn shown(
    stored: TicketOnPage,
    names: Names,
    ids: &HashMap<Name, u32>,
    book: &Rulebook,
    now: Timestamp,
) -> IntegrationTicket {
    let ticket = &stored.ticket;
    let references = names.identified(ids, book.active().desk_area(&ticket.attributes.area));
    let sla = &ticket.sla;
    // A clock that was set back does not undo what was done: as the desk reads it.
    let now = now.max(sla.entered_at());
    let resolution = sla.read_target(TargetKind::Resolution, book, now);
    let response = sla.read_target(TargetKind::FirstResponse, book, now);
    IntegrationTicket {
        references,
        agreement: sla.agreement.as_ref().map(|agreement| policy(agreement, book)),
        solution_time: sla.granted(TargetKind::Resolution, book, now),
        solution_at: resolution.and_then(|reading| reading.due),
        solution_is_paused: resolution.is_some_and(|reading| reading.state == ClockState::Paused),
        response_time: sla.granted(TargetKind::FirstResponse, book, now),
        response_at: response.and_then(|reading| reading.due),
        stored,
    }
}

/// The id and the name of the policy, and what it promised this ticket.
fn policy(agreement: &Agreement, book: &Rulebook) -> (u32, String, String) {
    let policy = book.version(agreement.rules).and_then(|rules| rules.policy(agreement.policy));
    let promised = TargetKind::ALL.into_iter().filter_map(|kind| {
        let promise = agreement.promises.get(kind).as_ref()?;
        Some(format!("{}={}", kind.member(), promise.allowance))
    });
    let name = policy.map_or_else(String::new, |policy| policy.name.clone());
    (agreement.policy, name, promised.collect::<Vec<_>>().join("; "))
}
