//! All that a store holds, read in one order and stored as it was: what archives and moves to another store need.

use ticketing_core::{Rules, Timestamp, integration::ReferenceKind};

use super::{Delivery, Idempotency, LabelKey, Place, RecipientId, StoreError, SubscriptionRecord, TicketRecord};

/// What is read and stored as a whole, beside what the other traits read and store one by one.
pub trait ArchiveStore: Send + Sync + 'static {
    /// Tickets in full that come after one in the order of their labels, at most so many.
    fn records(&self, after: LabelKey, max: u32) -> impl Future<Output = Result<Vec<TicketRecord>, StoreError>> + Send;

    /// Which tickets come after one in that order, at most so many, also those that cannot be read otherwise.
    fn outlines(&self, after: LabelKey, max: u32) -> impl Future<Output = Result<Vec<Outline>, StoreError>> + Send;

    /// What stands beside tickets and does not belong to any, or says otherwise than they; some of each kind, where there is much of it.
    fn loose_ends(&self) -> impl Future<Output = Result<Vec<LooseEnd>, StoreError>> + Send;

    /// Stores tickets as they were elsewhere, each under its label and with its whole history, in one transaction. Answers what
    /// became of each, in order. Numbers that are given from now on come after theirs.
    fn restore(&self, tickets: Vec<Restoration>) -> impl Future<Output = Result<Vec<Restored>, StoreError>> + Send;

    /// Versions of the rules with the instants since when they were active, oldest first.
    fn rules_versions(&self) -> impl Future<Output = Result<Vec<(Rules, Timestamp)>, StoreError>> + Send;

    /// Everything that has an id and a name, in the order of kinds and ids.
    fn references(&self) -> impl Future<Output = Result<Vec<StoredReference>, StoreError>> + Send;

    /// Stores what has an id and a name elsewhere. Left out is what has its id or its name here already; answers for each, in order,
    /// whether it is here now as it was there.
    fn restore_references(
        &self,
        references: Vec<StoredReference>,
    ) -> impl Future<Output = Result<Vec<bool>, StoreError>> + Send;

    /// The requests that may be repeated, of tickets that are here, used at an instant or later.
    fn repeatable(&self, since: Timestamp) -> impl Future<Output = Result<Vec<Repeatable>, StoreError>> + Send;

    /// Stores requests that may be repeated, unless their keys are used already or their tickets are not here.
    fn restore_repeatable(&self, requests: Vec<Repeatable>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Everybody who is told of the feed, and how far they have been told.
    fn recipients(&self) -> impl Future<Output = Result<Vec<(RecipientId, Place)>, StoreError>> + Send;

    /// Has somebody told what comes after the newest event, and what they have not been told so far, in one transaction; `false` where
    /// they are told already, and are told nothing more by this. With a subscription, where that is what they are.
    fn restore_recipient(
        &self,
        id: RecipientId,
        subscription: Option<SubscriptionRecord>,
        undelivered: Vec<Delivery>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A ticket as its row is found, and no more of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outline {
    /// Where it stands.
    pub key: LabelKey,
    /// Its label, whatever that is.
    pub label: String,
    /// When something is to be done about its clocks.
    pub next_moment: Option<i64>,
}

/// What belongs to nothing, or says otherwise than what it belongs to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LooseEnd {
    /// What is wrong.
    pub kind: LooseEndKind,
    /// With what: a label, a number, a year.
    pub of: String,
}

/// What may be wrong beside tickets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LooseEndKind {
    /// The database's own check of its pages.
    Page,
    /// Events of no ticket.
    Events,
    /// A requester and their words, of no ticket.
    Intake,
    /// The text of no event.
    Text,
    /// A ticket whose tags are not those that it is found by.
    Tags,
    /// A ticket that is in lists that it does not belong to.
    Facet,
    /// A year whose next number is taken.
    LabelCounter,
    /// A request that may be repeated, and its ticket has not come to that.
    Repeatable,
    /// A delivery of nothing that is in the feed.
    Delivery,
    /// Somebody who has been told more than there is.
    Recipient,
    /// A ticket that no search finds.
    Words,
}

/// How many of each kind are told.
pub(super) const LOOSE_ENDS_MAX: u32 = 100;

/// A ticket to be stored as it was elsewhere.
#[derive(Clone, Debug)]
pub struct Restoration {
    /// All of it. Its state is what its history comes to.
    pub record: TicketRecord,
    /// When something is to be done about its clocks.
    pub next_moment: Option<Timestamp>,
}

/// What became of a ticket to be restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Restored {
    /// It is stored.
    Stored,
    /// A ticket of this identity is here already. Nothing was changed.
    Known,
    /// Another ticket has the label. Nothing was stored.
    LabelTaken,
}

/// What has an id in the integration dialect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredReference {
    /// Of which kind.
    pub kind: ReferenceKind,
    /// Its id among those of its kind.
    pub id: u32,
    /// What it is called.
    pub name: String,
    /// Other systems are offered it.
    pub is_offered: bool,
}

/// A request that may be repeated, and what it came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repeatable {
    /// Its key, and when it was used.
    pub idempotency: Idempotency,
    /// The label of its ticket.
    pub label: LabelKey,
    /// The ticket's version after it.
    pub version: u32,
}
