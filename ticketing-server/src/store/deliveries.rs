//! How far those who follow the feed from outside have been told it, what could not be delivered, and who does it.

use ticketing_core::{TicketId, TicketLabel, Timestamp, Uuid};

use super::{FeedPosition, StoreError};

/// What is still to be delivered. What goes well leaves nothing but a position.
pub trait DeliveryStore: Send + Sync + 'static {
    /// A number that grows with each change that somebody makes to recipients, subscriptions or given-up deliveries: cheap
    /// enough to be asked twice a second.
    fn recipients_revision(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Where a recipient is; `None` where there is none.
    fn find_recipient(&self, id: RecipientId) -> impl Future<Output = Result<Option<Place>, StoreError>> + Send;

    /// Has somebody told who is no subscription, from what comes after the newest event on. One who is told already is as before.
    fn add_recipient(&self, id: RecipientId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Has them told no longer, and forgets what was to be delivered.
    fn remove_recipient(&self, id: RecipientId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What a recipient has not been delivered in the order of the feed: what waits, and what was given up beyond its place.
    fn undelivered(&self, id: RecipientId) -> impl Future<Output = Result<Vec<Delivery>, StoreError>> + Send;

    /// Notes how far recipients have been told, all at once. One whose place somebody has set meanwhile stays there.
    fn keep_places(&self, places: Vec<(RecipientId, Place)>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Stores what has become of a recipient's deliveries, in the place of what was known of them. Nothing is stored where
    /// somebody has set its place meanwhile, or it is gone.
    fn keep_deliveries(
        &self,
        recipient: RecipientId,
        generation: u32,
        deliveries: Vec<Delivery>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets a delivery, which was made.
    fn forget_delivery(
        &self,
        recipient: RecipientId,
        position: FeedPosition,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What could not be delivered so far, of one recipient or of all, oldest first; after one, and at most so many.
    fn failed_deliveries(
        &self,
        recipient: Option<RecipientId>,
        after: Option<DeliveryId>,
        max: u32,
    ) -> impl Future<Output = Result<Vec<FailedDelivery>, StoreError>> + Send;

    /// Has what was given up tried again from an instant on, as if for the first time; answers how many.
    fn revive_deliveries(
        &self,
        which: GivenUp,
        now: Timestamp,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Has a recipient told again what came after a position; `false` where there is none.
    fn set_place(&self, id: RecipientId, after: FeedPosition) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// A position after which all events are that were recorded since an instant, and few others.
    fn position_before(&self, instant: Timestamp) -> impl Future<Output = Result<FeedPosition, StoreError>> + Send;

    /// Forgets deliveries that were last tried before an instant and given up; answers how many.
    fn forget_given_up_before(&self, instant: Timestamp) -> impl Future<Output = Result<usize, StoreError>> + Send;
}

/// Work of which one process does all.
pub trait LeaseStore: Send + Sync + 'static {
    /// Takes a lease until an instant, or holds it for longer; `false` where somebody else has it.
    fn take_lease(
        &self,
        lease: &Lease,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Gives a lease back before its time, where it is still this holder's.
    fn release_lease(&self, lease: &Lease) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A lease and who holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Of which work.
    pub name: &'static str,
    /// By whom: an identity that a process makes for itself.
    pub holder: Uuid,
}

/// Somebody who is told what happens, event by event. A subscription's is the subscription's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecipientId(pub Uuid);

/// How far a recipient has been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Each event up to here is delivered, or is known as a [`Delivery`], or was not wanted.
    pub position: FeedPosition,
    /// Grows when somebody sets the position.
    pub generation: u32,
}

/// The number by which people name a delivery that failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeliveryId(pub u64);

/// A delivery that failed, or that waits behind one of its ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Of which event.
    pub position: FeedPosition,
    /// Whose event it is.
    pub ticket: TicketId,
    /// How often it was tried; not at all where it waits.
    pub attempts: u32,
    /// When it is tried again, at the earliest; `None`: it is given up.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was last tried; when it came to be, where it was not.
    pub last_attempt_at: Timestamp,
    /// What went wrong then.
    pub failure: Option<Failure>,
}

/// What went wrong with an attempt, in short and without anything that is secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What was answered.
    pub http_status: Option<u16>,
}

/// Kinds of failure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FailureKind {
    /// Something else was answered than that it was taken.
    Answer,
    /// Nothing was answered in time, or the answer did not end in time.
    Timeout,
    /// The connection or the answer broke off.
    BrokenOff,
    /// There was no connection.
    Connect,
    /// Its host has no address.
    Dns,
    /// Its host's address is none that may be connected to.
    ForbiddenAddress,
    /// Its certificate or its protocol is not to be trusted.
    Tls,
    /// The ticket could not be read.
    Unreadable,
    /// The mail server did not take it.
    Mail,
    /// It went wrong here, in a way that nobody has thought of; the log has more.
    Internal,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Answer,
        Self::Timeout,
        Self::BrokenOff,
        Self::Connect,
        Self::Dns,
        Self::ForbiddenAddress,
        Self::Tls,
        Self::Unreadable,
        Self::Mail,
        Self::Internal,
    ];

    /// Its name in the store and to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Timeout => "timeout",
            Self::BrokenOff => "broken-off",
            Self::Connect => "connect",
            Self::Dns => "dns",
            Self::ForbiddenAddress => "forbidden-address",
            Self::Tls => "tls",
            Self::Unreadable => "unreadable",
            Self::Mail => "mail",
            Self::Internal => "internal",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A delivery as people look at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedDelivery {
    /// Its number.
    pub id: DeliveryId,
    /// To whom.
    pub recipient: RecipientId,
    /// The ticket's name.
    pub label: Option<TicketLabel>,
    /// What is known of it.
    pub delivery: Delivery,
}

/// Deliveries that were given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GivenUp {
    /// One.
    One(DeliveryId),
    /// All of a recipient.
    Of(RecipientId),
}
