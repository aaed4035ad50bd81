//! Tickets as the desk reads them: one in full, lists of them, how many there are.

use std::net::IpAddr;

use ticketing_core::{
    EmailAddress, Status, Ticket, TicketId, TicketLabel, Timestamp,
    sla::Sla,
    ticket::{ActorId, Attributes, Intake, NewEvent, Origin, Scope},
};

use super::{LabelKey, StoreError};

/// What the desk reads, and what is done at its times.
pub trait DeskStore: Send + Sync + 'static {
    /// A ticket with its words and its history, as they were at one instant.
    fn record(&self, id: TicketId) -> impl Future<Output = Result<Option<Box<TicketRecord>>, StoreError>> + Send;

    /// The identity of the ticket that has this number in its year, and its label as it was printed.
    fn find_label(
        &self,
        label: LabelKey,
    ) -> impl Future<Output = Result<Option<(TicketId, TicketLabel)>, StoreError>> + Send;

    /// A page of a list, newest ticket first. What is not in the scope is not looked at.
    fn list(&self, query: ListQuery) -> impl Future<Output = Result<ListPage, StoreError>> + Send;

    /// How many tickets there are in a scope, by what lists filter by. From counters.
    fn totals(&self, scope: &Scope) -> impl Future<Output = Result<Vec<Total>, StoreError>> + Send;

    /// Tickets that have been resolved since before an instant, longest first, and at most so many after the first ones.
    fn resolved_until(
        &self,
        instant: Timestamp,
        skip: u32,
        max: u32,
    ) -> impl Future<Output = Result<Vec<TicketId>, StoreError>> + Send;

    /// Tickets about whose clocks something is to be done by an instant, soonest first, and at most so many after the first ones.
    fn moments_until(
        &self,
        instant: Timestamp,
        skip: u32,
        max: u32,
    ) -> impl Future<Output = Result<Vec<TicketId>, StoreError>> + Send;

    /// Makes what has happened since the last time findable by its words, or quicker to be found; answers whether there may be more
    /// to do.
    fn index_words(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A ticket in full.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketRecord {
    /// Its state.
    pub ticket: Ticket,
    /// Its name.
    pub label: TicketLabel,
    /// Who asked, and in which words.
    pub intake: Intake,
    /// The address of the client that created it.
    pub address: Option<IpAddr>,
    /// Its events with their texts, oldest first.
    pub history: Vec<NewEvent>,
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListQuery {
    /// Whose tickets.
    pub scope: Scope,
    /// Which of them.
    pub filter: Filter,
    /// Those that have these words.
    pub search: Option<Search>,
    /// Those created before this one.
    pub before: Option<LabelKey>,
    /// At most so many.
    pub limit: u32,
}

/// What tickets of a list have in common. What is `None` may be anything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Their area has one of these keys.
    pub area_keys: Option<Vec<String>>,
    /// Where they stand.
    pub status: Option<Status>,
    /// Their priority has one of these keys.
    pub priority_keys: Option<Vec<String>>,
    /// They are archived, or are not.
    pub is_archived: Option<bool>,
    /// Where they came from.
    pub origin: Option<Origin>,
}

/// What is searched for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Search {
    /// The ticket of this label.
    Label(TicketLabel),
    /// Tickets of this requester, in any letter case.
    Email(EmailAddress),
    /// Tickets that have all of these words, accents and case ignored.
    Words(Vec<String>),
}

/// Some tickets of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListPage {
    /// Newest first.
    pub tickets: Vec<ListedTicket>,
    /// There are older ones.
    pub has_more: bool,
    /// How many there are on all pages; `None` where they would have to be counted.
    pub total: Option<u64>,
}

/// A ticket as lists show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedTicket {
    /// Its identity.
    pub id: TicketId,
    /// Its name.
    pub label: TicketLabel,
    /// What it is about.
    pub attributes: Attributes,
    /// Where it stands.
    pub status: Status,
    /// Whose it is.
    pub assignee: Option<ActorId>,
    /// It is out of the working set.
    pub is_archived: bool,
    /// The person who asked was erased.
    pub is_erased: bool,
    /// What was promised and how its clock ran.
    pub sla: Sla,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When its last event was stored.
    pub updated_at: Timestamp,
    /// Who asked.
    pub requester_name: Option<String>,
    /// Their address.
    pub requester_email: Option<String>,
    /// What it is about, in a line.
    pub subject: Option<String>,
}

/// How many tickets have the same area, status, priority and origin and are archived or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Total {
    /// By which areas compare.
    pub area_key: String,
    /// Where they stand.
    pub status: Status,
    /// By which priorities compare; empty: they have none.
    pub priority_key: String,
    /// They are archived.
    pub is_archived: bool,
    /// Where they came from.
    pub origin: Origin,
    /// How many, at least one.
    pub tickets: u32,
}
