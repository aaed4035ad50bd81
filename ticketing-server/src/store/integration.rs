//! Tickets as other systems read them: in numbered pages, and what has an id there and a name here.

use std::ops::Range;

use ticketing_core::{
    Ticket, TicketLabel, Timestamp,
    integration::{Reference, ReferenceKind},
    ticket::{ActorId, Intake, Scope},
};

use super::{Filter, LabelKey, Search, StoreError};

/// What other systems read beyond the desk.
pub trait IntegrationStore: Send + Sync + 'static {
    /// A page of tickets, newest first, and how many there are on all pages, as they are at one instant.
    fn page(&self, query: PageQuery) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// What of a kind other systems are offered, by its id.
    fn offered(&self, kind: ReferenceKind) -> impl Future<Output = Result<Vec<Named>, StoreError>> + Send;

    /// What references are, each as far as it is there. A name is found under a spelling of it that is offered, its own before all
    /// others, else as it is written.
    fn find_references(
        &self,
        references: Vec<(ReferenceKind, Reference)>,
    ) -> impl Future<Output = Result<Vec<Option<Named>>, StoreError>> + Send;

    /// The ids of names as they are written. What is not there comes to be.
    fn identify(
        &self,
        names: Vec<(ReferenceKind, String)>,
    ) -> impl Future<Output = Result<Vec<u32>, StoreError>> + Send;

    /// Offers names from now on. Of each, one spelling is offered: the first; it is what is answered.
    fn offer(&self, names: Vec<(ReferenceKind, String)>)
    -> impl Future<Output = Result<Vec<Named>, StoreError>> + Send;
}

/// What has an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Its id among those of its kind, from 1.
    pub id: u32,
    /// What it is called.
    pub name: String,
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageQuery {
    /// Whose tickets.
    pub scope: Scope,
    /// Which of them.
    pub filter: Filter,
    /// And of those, which.
    pub narrow: Narrow,
    /// Those that have these words.
    pub search: Option<Search>,
    /// Where it begins.
    pub start: PageStart,
    /// At most so many.
    pub limit: u32,
}

/// What tickets of a list have in common that is theirs alone, or nearly so. What is `None` may be anything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Narrow {
    /// Their category, as it is written.
    pub category: Option<String>,
    /// Whom they are assigned to.
    pub assignee: Option<ActorId>,
    /// A tag of theirs.
    pub tag: Option<String>,
    /// When they came to be.
    pub created: Option<Range<Timestamp>>,
    /// When something last happened to them.
    pub updated: Option<Range<Timestamp>>,
}

/// Where a page begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageStart {
    /// After so many tickets.
    After(u64),
    /// With those created before this one.
    Before(LabelKey),
}

/// Some tickets of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Newest first.
    pub tickets: Vec<TicketOnPage>,
    /// There are older ones.
    pub has_more: bool,
    /// How many there are on all pages.
    pub total: u64,
}

/// A ticket without its history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketOnPage {
    /// Its state.
    pub ticket: Ticket,
    /// Its name.
    pub label: TicketLabel,
    /// Who asked, and in which words.
    pub intake: Intake,
}
