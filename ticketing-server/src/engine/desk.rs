use std::sync::Arc;

use ticketing_core::{
    Actor, EmailAddress, Refusal, Rulebook, Rules, Status, TicketId, TicketLabel, TimeDelta, Timestamp,
    sla::{Account, Reading, Sla, TargetKind},
    ticket::Permanency,
};

use super::{Engine, EngineError};
use crate::store::{Filter, LabelKey, ListQuery, ListedTicket, Search, Store, StoreError, TicketRecord, Total};

/// A ticket as the desk sees it, at an instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeskTicket {
    /// What the store has of it.
    pub record: Box<TicketRecord>,
    /// What its SLA comes to; `None`: nothing was promised.
    pub clock: Option<DeskClock>,
}

/// A clock as the desk sees it, at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeskClock {
    /// The working time that was granted; `None` where somebody has set the due date and nothing was promised.
    pub granted: Option<TimeDelta>,
    /// What has become of it.
    pub reading: Reading,
}

/// A ticket's service levels, at an instant.
#[derive(Clone, Debug)]
pub struct DeskSla {
    /// What the store has of it.
    pub record: Box<TicketRecord>,
    /// The rules that it was promised something under, among others.
    pub book: Arc<Rulebook>,
    /// The instant.
    pub at: Timestamp,
    /// What there is to say of each of its clocks.
    pub accounts: Vec<Account>,
    /// How long it stayed in each status, and with each owner.
    pub permanency: Permanency,
}

impl DeskSla {
    /// What the policy is called, by the rules that it is of.
    pub fn policy_name(&self) -> Option<&str> {
        let agreement = self.record.ticket.sla.agreement.as_ref()?;
        let policy = self.book.version(agreement.rules)?.policy(agreement.policy)?;
        Some(&policy.name)
    }
}

/// Which tickets somebody at the desk wants to see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListRequest {
    /// Of this area.
    pub area: Option<String>,
    /// In this status.
    pub status: Option<Status>,
    /// Of this priority.
    pub priority: Option<String>,
    /// Archived, or not.
    pub is_archived: Option<bool>,
    /// With these words: a label, an e-mail address, or words that all stand somewhere in the ticket.
    pub text: Option<String>,
    /// Created before the ticket of this label.
    pub before: Option<TicketLabel>,
    /// At most so many.
    pub limit: u32,
}

impl ListRequest {
    /// The newest tickets, at most so many.
    pub const fn newest(limit: u32) -> Self {
        Self { area: None, status: None, priority: None, is_archived: None, text: None, before: None, limit }
    }

    fn query(self, actor: &Actor, rules: &Rules) -> Result<ListQuery, Refusal> {
        let Self { area, status, priority, is_archived, text, before, limit } = self;
        let filter = Filter {
            area_keys: area.map(|area| rules.area_keys(&area)),
            status,
            priority_keys: priority.map(|priority| rules.priority_keys(&priority)),
            is_archived,
            origin: None,
        };
        let search = text.map(|text| search(&text, rules));
        Ok(ListQuery { scope: actor.scope(rules)?, filter, search, before: before.map(LabelKey::from), limit })
    }
}

pub(super) fn search(text: &str, rules: &Rules) -> Search {
    if let Ok(label) = rules.labels().parse(text) {
        Search::Label(label)
    } else if let Ok(email) = EmailAddress::parse(text.trim()) {
        Search::Email(email)
    } else {
        words(text)
    }
}

pub(super) fn words(text: &str) -> Search {
    Search::Words(text.split_whitespace().map(str::to_owned).collect())
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Newest first, each with what its SLA comes to.
    pub tickets: Vec<(ListedTicket, Option<DeskClock>)>,
    /// There are older ones.
    pub has_more: bool,
    /// How many there are on all pages; `None` for a search.
    pub total: Option<u64>,
}

impl<S: Store> Engine<S> {
    /// A ticket in full, with its history.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester, and for somebody of another area; [`EngineError::NotFound`]; or the store's.
    pub async fn desk_ticket(&self, id: TicketId, actor: &Actor) -> Result<DeskTicket, EngineError> {
        let rules = self.rules();
        actor.scope(&rules)?;
        let record = self.inner.store.record(id).await?.ok_or(EngineError::NotFound)?;
        actor.check_area(&record.ticket.attributes.area, &rules)?;
        let book = self.book_for([&record.ticket.sla]).await?;
        let clock = self.clock(&record.ticket.sla, &book);
        Ok(DeskTicket { record, clock })
    }

    /// A ticket's service levels: what was promised, what has become of it, and why.
    ///
    /// # Errors
    /// As [`desk_ticket`](Self::desk_ticket).
    pub async fn desk_sla(&self, id: TicketId, actor: &Actor) -> Result<DeskSla, EngineError> {
        let DeskTicket { record, clock: _ } = self.desk_ticket(id, actor).await?;
        let (book, at) = (self.book(), self.now().max(record.ticket.recorded_at));
        // Years of shifts are told one by one: not on a thread that answers others.
        let told = tokio::task::spawn_blocking(move || {
            let sla = &record.ticket.sla;
            let accounts = TargetKind::ALL.into_iter().filter_map(|kind| sla.account(kind, &book, at)).collect();
            let permanency = Permanency::of(record.history.iter().map(|new| &new.event), &book, at)?;
            Some(DeskSla { record, book, at, accounts, permanency })
        });
        let told = told.await.map_err(|error| StoreError::Damaged(error.into()))?;
        told.ok_or_else(|| StoreError::Damaged("a history does not begin with the event that opens it".into()).into())
    }

    /// The identity of the ticket that has a label.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or the store's.
    pub async fn find_label(&self, label: TicketLabel) -> Result<TicketId, EngineError> {
        let found = self.inner.store.find_label(label.into()).await?;
        found.filter(|(_, named)| *named == label).map(|(id, _)| id).ok_or(EngineError::NotFound)
    }

    /// The tickets that an actor wants to see and may, newest first. What was said in a ticket is found within a second, or soon after a
    /// burst of writes.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester; or the store's.
    pub async fn list(&self, actor: &Actor, request: ListRequest) -> Result<Listing, EngineError> {
        let (rules, text) = (self.rules(), request.text.clone());
        let mut query = request.query(actor, &rules)?;
        let mut page = self.inner.store.list(query.clone()).await?;
        if let (Some(Search::Label(_)), Some(text), true) = (&query.search, text, page.tickets.is_empty()) {
            // It reads like a label, and is words.
            query.search = Some(words(&text));
            page = self.inner.store.list(query).await?;
        }
        let book = self.book_for(page.tickets.iter().map(|ticket| &ticket.sla)).await?;
        let with_clock = |ticket: ListedTicket| {
            let clock = self.clock(&ticket.sla, &book);
            (ticket, clock)
        };
        let tickets = page.tickets.into_iter().map(with_clock).collect();
        Ok(Listing { tickets, has_more: page.has_more, total: page.total })
    }

    /// How many tickets an actor may see, by area, status, priority and whether they are archived.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester; or the store's.
    pub async fn totals(&self, actor: &Actor) -> Result<Vec<Total>, EngineError> {
        let scope = actor.scope(&self.rules())?;
        Ok(self.inner.store.totals(&scope).await?)
    }

    /// Makes what has happened findable by its words, or quicker to be found; answers whether there may be more to do. Whoever runs an
    /// engine calls this a few times a second.
    ///
    /// # Errors
    /// When the store fails; the words are found later.
    pub async fn index_words(&self) -> Result<bool, StoreError> {
        self.inner.store.index_words().await
    }

    fn clock(&self, sla: &Sla, book: &Rulebook) -> Option<DeskClock> {
        // A clock that was set back does not undo what was done.
        let now = self.now().max(sla.entered_at());
        Some(DeskClock { granted: sla.granted(TargetKind::Resolution, book, now), reading: sla.read(book, now)? })
    }
}
