//! One of the stores, chosen when a program runs.

use ticketing_core::{
    Event, Rules, Ticket, TicketId, TicketLabel, Timestamp, User,
    integration::{Reference, ReferenceKind},
    report::{Dimension, Stretch},
    subscription::{Health, SubscriptionId},
    ticket::{ActorId, NewEvent, Scope},
};

#[cfg(feature = "postgres")]
use super::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
use super::sqlite::SqliteStore;
use super::{
    AccountsRevision, Appended, ArchiveStore, Attempt, AttemptStore, Attempted, Choose, Created, Creation, Delivery,
    DeliveryId, DeliveryStore, DeskStore, Erasure, FailedDelivery, FeedEntry, FeedPosition, FeedStore, FollowUp,
    Forgotten, GivenUp, Idempotency, IntegrationStore, KeptSums, KeyId, KeyStore, KeyUse, LabelKey, Lease, LeaseStore,
    ListPage, ListQuery, Location, LooseEnd, Named, Outline, Page, PageQuery, Place, PrivacyStore, PublicRecord,
    QueueStore, RecipientId, Repeatable, ReportSet, ReportStore, ReportSums, Restoration, Restored, RulesStore,
    RulesVersion, SetNumber, Settlement, SigningKey, StoreError, StoredHistory, StoredReference, SubscriptionChange,
    SubscriptionRecord, SubscriptionStore, SubscriptionStored, SumsChange, TicketRecord, TicketStore, TokenRecord,
    TokenStore, TokenStored, Total, Urgency, UserChange, UserRecord, UserStore, UserStored, Waiting, Written,
};

/// A store of any kind that is compiled in. Cheap to clone.
///
/// What is generic in its store is compiled once for all of them.
#[derive(Clone)]
pub enum AnyStore {
    /// A file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
    /// A server.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

impl AnyStore {
    /// Opens what is at a location, with the store's own defaults. A file is created where there is none; a server's database must
    /// be there. Its schema is brought up to date.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        match location {
            #[cfg(feature = "sqlite")]
            Location::Sqlite(path) => SqliteStore::open(path).map(Self::Sqlite),
            #[cfg(not(feature = "sqlite"))]
            Location::Sqlite(_) => Err(StoreError::Unavailable("this program is built without SQLite".into())),
            #[cfg(feature = "postgres")]
            Location::Postgres(url) => PostgresStore::connect(url.reveal()).await.map(Self::Postgres),
            #[cfg(not(feature = "postgres"))]
            Location::Postgres(_) => Err(StoreError::Unavailable("this program is built without PostgreSQL".into())),
        }
    }

    /// Waits until the store has given up writing, as a file does that could not be synced. A server's database sees to that itself.
    pub async fn given_up(&self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.given_up().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => std::future::pending().await,
        }
    }
}

#[cfg(feature = "sqlite")]
impl From<SqliteStore> for AnyStore {
    fn from(store: SqliteStore) -> Self {
        Self::Sqlite(store)
    }
}

#[cfg(feature = "postgres")]
impl From<PostgresStore> for AnyStore {
    fn from(store: PostgresStore) -> Self {
        Self::Postgres(store)
    }
}

impl QueueStore for AnyStore {
    fn waiting(&self) -> Waiting {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.waiting(),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.waiting(),
        }
    }

    fn written(&self) -> Written {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.written(),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.written(),
        }
    }
}

/// Traits whose methods are handed on to the store that it is.
macro_rules! hand_on {
    ($($trait:ident { $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* })*) => {
        $(impl $trait for AnyStore {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                match self {
                    #[cfg(feature = "sqlite")]
                    Self::Sqlite(store) => store.$method($($argument),*).await,
                    // What waits for a server is large, and is not to make room for itself in all that waits for a file.
                    #[cfg(feature = "postgres")]
                    Self::Postgres(store) => Box::pin(store.$method($($argument),*)).await,
                }
            })*
        })*
    };
}

hand_on! {
    TicketStore {
        create(creation: Creation) -> Created;
        find_key(idempotency: &Idempotency) -> Option<KeyUse>;
        append(follow_up: FollowUp) -> Appended;
        load(id: TicketId) -> Option<Ticket>;
        find_public(series: LabelKey) -> Option<Box<PublicRecord>>;
        history(id: TicketId) -> Vec<NewEvent>;
        histories(after: LabelKey, max: u32) -> Vec<StoredHistory>;
        forget_keys_before(instant: Timestamp) -> usize;
        check() -> ();
    }
    DeskStore {
        record(id: TicketId) -> Option<Box<TicketRecord>>;
        find_label(label: LabelKey) -> Option<(TicketId, TicketLabel)>;
        list(query: ListQuery) -> ListPage;
        totals(scope: &Scope) -> Vec<Total>;
        resolved_until(instant: Timestamp, skip: u32, max: u32) -> Vec<TicketId>;
        moments_until(instant: Timestamp, skip: u32, max: u32) -> Vec<TicketId>;
        index_words() -> bool;
    }
    IntegrationStore {
        page(query: PageQuery) -> Page;
        offered(kind: ReferenceKind) -> Vec<Named>;
        find_references(references: Vec<(ReferenceKind, Reference)>) -> Vec<Option<Named>>;
        identify(names: Vec<(ReferenceKind, String)>) -> Vec<u32>;
        offer(names: Vec<(ReferenceKind, String)>) -> Vec<Named>;
    }
    ArchiveStore {
        records(after: LabelKey, max: u32) -> Vec<TicketRecord>;
        outlines(after: LabelKey, max: u32) -> Vec<Outline>;
        loose_ends() -> Vec<LooseEnd>;
        restore(tickets: Vec<Restoration>) -> Vec<Restored>;
        rules_versions() -> Vec<(Rules, Timestamp)>;
        references() -> Vec<StoredReference>;
        restore_references(references: Vec<StoredReference>) -> Vec<bool>;
        repeatable(since: Timestamp) -> Vec<Repeatable>;
        restore_repeatable(requests: Vec<Repeatable>) -> ();
        recipients() -> Vec<(RecipientId, Place)>;
        restore_recipient(id: RecipientId, subscription: Option<SubscriptionRecord>, undelivered: Vec<Delivery>) -> bool;
    }
    PrivacyStore {
        erase(erasure: Erasure) -> Appended;
        over_until(instant: Timestamp, skip: u32, max: u32) -> Vec<TicketId>;
        count_over_until(instant: Timestamp) -> u64;
        forgotten() -> Vec<Forgotten>;
        note_forgotten(people: Vec<Forgotten>) -> ();
        scrub() -> ();
    }
    ReportStore {
        report_sets() -> Vec<ReportSet>;
        begin_reports(set: ReportSet) -> bool;
        kept_stretches(set: SetNumber) -> Vec<Stretch>;
        kept_hours(set: SetNumber, by: Dimension, from: u32, until: u32, max: u32) -> Vec<Stretch>;
        kept_sums(set: SetNumber, stretches: Vec<Stretch>) -> Vec<KeptSums>;
        keep_sums(change: SumsChange) -> bool;
        publish_reports(set: SetNumber, revision: u64) -> bool;
        forget_sums(max: u32) -> usize;
        report_sums(by: Dimension, choose: Choose) -> ReportSums;
        events_after(after: FeedPosition, max: u32, urgency: Urgency) -> Vec<(FeedPosition, TicketId, Event)>;
    }
    FeedStore {
        feed(after: FeedPosition, max: u32) -> Vec<FeedEntry>;
        feed_positions(after: FeedPosition, max: u32) -> Vec<FeedPosition>;
        newest_position() -> FeedPosition;
        give_positions() -> bool;
    }
    RulesStore {
        active_rules() -> Option<(RulesVersion, Rules)>;
        rules_since(version: Option<RulesVersion>) -> Vec<(RulesVersion, Rules)>;
        active_version() -> Option<RulesVersion>;
        initial_rules(rules: Rules, from: Timestamp) -> ();
        activate_rules(rules: Rules, from: Timestamp) -> RulesVersion;
    }
    UserStore {
        accounts_revision() -> AccountsRevision;
        users() -> Vec<User>;
        find_user(id: ActorId) -> Option<UserRecord>;
        find_user_by_email(email_key: &str) -> Option<UserRecord>;
        add_user(record: UserRecord) -> UserStored;
        change_user(change: UserChange) -> UserStored;
    }
    TokenStore {
        tokens() -> Vec<TokenRecord>;
        add_token(record: TokenRecord) -> TokenStored;
        revoke_token(id: ActorId, at: Timestamp) -> bool;
        note_token_uses(uses: Vec<(ActorId, Timestamp)>) -> ();
    }
    KeyStore {
        signing_keys() -> Vec<SigningKey>;
        add_signing_key(key: SigningKey, only_as_first: bool) -> ();
        keep_signing_key(id: KeyId, until: Timestamp) -> bool;
        forget_signing_keys(expired_before: Timestamp) -> usize;
    }
    AttemptStore {
        count_attempt(attempt: Attempt) -> Attempted;
        settle_attempt(settlement: Settlement) -> ();
        forget_attempts_before(instant: Timestamp) -> usize;
    }
    SubscriptionStore {
        subscriptions() -> Vec<SubscriptionRecord>;
        find_subscription(id: SubscriptionId) -> Option<SubscriptionRecord>;
        add_subscription(record: SubscriptionRecord, max: u32) -> bool;
        change_subscription(change: SubscriptionChange) -> SubscriptionStored;
        delete_subscription(id: SubscriptionId) -> bool;
        keep_health(id: SubscriptionId, version: u32, health: Health) -> ();
    }
    DeliveryStore {
        recipients_revision() -> u64;
        find_recipient(id: RecipientId) -> Option<Place>;
        add_recipient(id: RecipientId) -> ();
        remove_recipient(id: RecipientId) -> ();
        undelivered(id: RecipientId) -> Vec<Delivery>;
        keep_places(places: Vec<(RecipientId, Place)>) -> ();
        keep_deliveries(recipient: RecipientId, generation: u32, deliveries: Vec<Delivery>) -> ();
        forget_delivery(recipient: RecipientId, position: FeedPosition) -> ();
        failed_deliveries(recipient: Option<RecipientId>, after: Option<DeliveryId>, max: u32) -> Vec<FailedDelivery>;
        revive_deliveries(which: GivenUp, now: Timestamp) -> usize;
        set_place(id: RecipientId, after: FeedPosition) -> bool;
        position_before(instant: Timestamp) -> FeedPosition;
        forget_given_up_before(instant: Timestamp) -> usize;
    }
    LeaseStore {
        take_lease(lease: &Lease, now: Timestamp, until: Timestamp) -> bool;
        release_lease(lease: &Lease) -> ();
    }
}
