//! Where tickets are kept: the traits that an engine needs, by subject, and the stores that have them.
//!
//! A store keeps; it decides nothing. What it is given has been decided by `ticketing-core`.

mod accounts;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod any;
mod archive;
mod deliveries;
mod desk;
mod feed;
mod integration;
mod location;
#[cfg(feature = "postgres")]
pub mod postgres;
mod privacy;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod queue;
mod reports;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod subscriptions;
mod tokens;
mod urgency;

use std::{error::Error, net::IpAddr, time::Duration};

use ticketing_core::{
    Event, LabelFormat, Rules, Status, Ticket, TicketId, TicketLabel, Timestamp,
    sla::Sla,
    ticket::{ActorId, Attributes, Intake, NewEvent, PublicEvent, PublicIntake},
};

#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use self::any::AnyStore;
pub use self::location::{Location, PostgresUrl, UnknownLocation};

pub use self::desk::{DeskStore, Filter, ListPage, ListQuery, ListedTicket, Search, TicketRecord, Total};

pub use self::feed::{FeedEntry, FeedPage, FeedPosition, FeedStore};

pub use self::deliveries::{
    Delivery, DeliveryId, DeliveryStore, FailedDelivery, Failure, FailureKind, GivenUp, Lease, LeaseStore, Place,
    RecipientId,
};
pub use self::integration::{IntegrationStore, Named, Narrow, Page, PageQuery, PageStart, TicketOnPage};

pub use self::subscriptions::{
    Secret, Secrets, SubscriptionChange, SubscriptionRecord, SubscriptionStore, SubscriptionStored,
};

pub use self::accounts::{
    AccountsRevision, Attempt, AttemptKey, AttemptStore, Attempted, KeyId, KeySecret, KeyStore, PasswordHash,
    Settlement, SigningKey, UserChange, UserRecord, UserStore, UserStored,
};

pub use self::archive::{
    ArchiveStore, LooseEnd, LooseEndKind, Outline, Repeatable, Restoration, Restored, StoredReference,
};

pub use self::privacy::{AddressHash, Erasure, Forgotten, PrivacyStore};

pub use self::reports::{Choose, KeptSums, ReportSet, ReportStore, ReportSums, SetNumber, SumsChange};

pub use self::tokens::{TokenHash, TokenRecord, TokenStore, TokenStored};

pub(crate) use self::urgency::Hurry;
pub use self::urgency::Urgency;

/// Everything that an engine needs.
pub trait Store:
    TicketStore
    + DeskStore
    + IntegrationStore
    + FeedStore
    + RulesStore
    + UserStore
    + TokenStore
    + KeyStore
    + AttemptStore
    + SubscriptionStore
    + DeliveryStore
    + LeaseStore
    + ArchiveStore
    + PrivacyStore
    + ReportStore
    + QueueStore
{
}

impl<S> Store for S where
    S: TicketStore
        + DeskStore
        + IntegrationStore
        + FeedStore
        + RulesStore
        + UserStore
        + TokenStore
        + KeyStore
        + AttemptStore
        + SubscriptionStore
        + DeliveryStore
        + LeaseStore
        + ArchiveStore
        + PrivacyStore
        + ReportStore
        + QueueStore
{
}

/// Tickets: their state, their history and their words.
///
/// What an `Ok` says is stored survives a power cut.
pub trait TicketStore: Send + Sync + 'static {
    /// Stores a new ticket and gives it the next number of its year's series, in one transaction.
    fn create(&self, creation: Creation) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// What an idempotency key stands for; `None` where it was not used.
    fn find_key(&self, idempotency: &Idempotency) -> impl Future<Output = Result<Option<KeyUse>, StoreError>> + Send;

    /// Stores what follows on a ticket's last event. Nothing is stored where somebody else was faster.
    fn append(&self, follow_up: FollowUp) -> impl Future<Output = Result<Appended, StoreError>> + Send;

    /// A ticket's state.
    fn load(&self, id: TicketId) -> impl Future<Output = Result<Option<Ticket>, StoreError>> + Send;

    /// A ticket as its requester sees it. The same statements run whether there is one or not.
    fn find_public(
        &self,
        series: LabelKey,
    ) -> impl Future<Output = Result<Option<Box<PublicRecord>>, StoreError>> + Send;

    /// A ticket's events with their texts, oldest first; none where there is no such ticket.
    fn history(&self, id: TicketId) -> impl Future<Output = Result<Vec<NewEvent>, StoreError>> + Send;

    /// The histories of tickets that come after one in the order of creation, oldest first, at most so many.
    fn histories(
        &self,
        after: LabelKey,
        max: u32,
    ) -> impl Future<Output = Result<Vec<StoredHistory>, StoreError>> + Send;

    /// Forgets the keys of requests that can no longer be repeated; answers how many.
    fn forget_keys_before(&self, instant: Timestamp) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Whether it reads and writes.
    fn check(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Versions of the rules.
pub trait RulesStore: Send + Sync + 'static {
    /// The number and content of the active version; `None` before the first.
    fn active_rules(&self) -> impl Future<Output = Result<Option<(RulesVersion, Rules)>, StoreError>> + Send;

    /// All versions after one, oldest first; the last of them is the active one.
    fn rules_since(
        &self,
        version: Option<RulesVersion>,
    ) -> impl Future<Output = Result<Vec<(RulesVersion, Rules)>, StoreError>> + Send;

    /// The number of the active version: cheap enough to be asked every second.
    fn active_version(&self) -> impl Future<Output = Result<Option<RulesVersion>, StoreError>> + Send;

    /// Makes rules the first version from an instant on, where there is none.
    fn initial_rules(&self, rules: Rules, from: Timestamp) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes rules the active version from an instant on; answers its number. Rules that are active already stay so.
    fn activate_rules(
        &self,
        rules: Rules,
        from: Timestamp,
    ) -> impl Future<Output = Result<RulesVersion, StoreError>> + Send;
}

/// What waits for a store.
pub trait QueueStore: Send + Sync + 'static {
    /// How much there is of it now.
    fn waiting(&self) -> Waiting;

    /// What was written in this process until now.
    fn written(&self) -> Written;
}

/// How much waits for a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// What is to be written.
    pub writes: usize,
    /// Lists and searches.
    pub reads: usize,
}

/// What was written, or could not be: the more writes there are to a transaction, the more they have waited for each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// What was to be committed at once.
    pub transactions: u64,
    /// What was asked for.
    pub writes: u64,
}

/// How long a store lets work wait that it has not begun with, unless it is told otherwise: a person still looks at the page then.
pub const WAIT_MAX: Duration = Duration::from_secs(3);

/// The number of a version of the rules, growing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RulesVersion(pub i64);

/// A ticket to store.
#[derive(Clone, Debug)]
pub struct Creation {
    /// Its identity.
    pub id: TicketId,
    /// The event that opens it.
    pub opened: NewEvent,
    /// Its state after that event.
    pub ticket: Ticket,
    /// When something is to be done about its clocks.
    pub next_moment: Option<Timestamp>,
    /// Who asks, and in which words.
    pub intake: Intake,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// How its label is written.
    pub label: LabelFormat,
    /// In whose year's series.
    pub label_year: u16,
    /// The request that may be repeated.
    pub idempotency: Option<Idempotency>,
}

/// A request that a client may repeat without it happening twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Idempotency {
    /// Whose key it is: two users may choose the same one. `None`: anybody's.
    pub owner: Option<ActorId>,
    /// The client's key.
    pub key: String,
    /// What tells the same request from another one with the same key.
    pub fingerprint: [u8; 32],
    /// When it is used.
    pub used_at: Timestamp,
    /// A key used before this instant is forgotten.
    pub valid_from: Timestamp,
}

/// What became of a creation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Created {
    /// It is stored under this label.
    New(TicketLabel),
    /// Its key was used before.
    KeyUsed(KeyUse),
}

/// What an idempotency key stands for already.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyUse {
    /// The same request.
    SameRequest {
        /// Its ticket.
        id: TicketId,
        /// Its label.
        label: TicketLabel,
        /// Its version after the request; 1 where that created it.
        version: u32,
        /// The event that opened it.
        opened: Box<Event>,
    },
    /// Another request.
    OtherRequest,
}

/// What follows on a ticket's last event.
#[derive(Clone, Debug)]
pub struct FollowUp {
    /// The version that it was decided on.
    pub expected_version: u32,
    /// What happened; nothing where a request that may be repeated changed nothing.
    pub events: Vec<NewEvent>,
    /// The state after that.
    pub ticket: Ticket,
    /// When something is to be done about its clocks.
    pub next_moment: Option<Timestamp>,
    /// The request that may be repeated.
    pub idempotency: Option<Idempotency>,
}

/// What became of a follow-up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Appended {
    /// It is stored.
    Stored,
    /// The ticket has another version, or is not there.
    Conflict,
    /// Its key was used before.
    KeyUsed(KeyUse),
}

/// A label as the store finds it: numbers are unique in their year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LabelKey {
    /// The year of the series; 0 finds nothing.
    pub year: u16,
    /// The number in it; 0 finds nothing.
    pub number: u32,
}

impl LabelKey {
    /// What finds nothing, by the same way.
    pub const NOTHING: Self = Self { year: 0, number: 0 };
}

impl From<TicketLabel> for LabelKey {
    fn from(label: TicketLabel) -> Self {
        Self { year: label.year(), number: label.number() }
    }
}

/// What has happened to a ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredHistory {
    /// Its identity.
    pub id: TicketId,
    /// Its name.
    pub label: TicketLabel,
    /// Its events, oldest first, without their texts.
    pub events: Vec<Event>,
}

/// What a ticket's requester may see of it, and no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicRecord {
    /// Its identity.
    pub id: TicketId,
    /// Its label.
    pub label: TicketLabel,
    /// What it is about.
    pub attributes: Attributes,
    /// Where it stands.
    pub status: Status,
    /// What was promised and how its clock ran.
    pub sla: Sla,
    /// When it came to be.
    pub created_at: Timestamp,
    /// Who asked, and in which words.
    pub intake: PublicIntake,
    /// When it was resolved; `None` once re-opened.
    pub resolved_at: Option<Timestamp>,
    /// It is out of the working set, and frozen.
    pub is_archived: bool,
    /// The desk's last reply.
    pub reply: Option<String>,
    /// The last event that the requester may see.
    pub last: PublicEvent,
    /// That event's reason, reply or comment.
    pub last_text: Option<String>,
}

/// A store that cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is out of reach or too busy for now: try again later. Nothing was stored.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It can be read and not written: its disk is full or failing, or may not be written. Nothing was stored, and nothing will be until
    /// somebody has seen to it.
    #[error("the store cannot be written: {0}")]
    Unwritable(#[source] Box<dyn Error + Send + Sync>),
    /// It has more to do than it can: too much was waiting, for too long, or a list took longer than it may. Nothing was stored, nor will be.
    #[error("the store has more to do than it can")]
    Overloaded,
    /// What it holds cannot be read, or is not what it should be.
    #[error("the store is damaged: {0}")]
    Damaged(#[source] Box<dyn Error + Send + Sync>),
}
