//! The one way to do anything to a ticket: authorise, load, decide (in `ticketing-core`), append.
//!
//! HTTP, the command line and applications that embed the engine call only this.

mod accounts;
pub(crate) mod courier;
pub(crate) mod create;
mod deadlines;
mod desk;
mod execute;
mod feed;
mod in_flight;
mod integration;
mod maintain;
mod people;
mod privacy;
mod public;
mod reports;
mod rest;
mod rules_changes;
mod subscriptions;
mod sweep;
mod take_over;
mod turns;
mod what_if;

use std::sync::{Arc, Mutex, PoisonError, RwLock, atomic::AtomicU64};

use ticketing_core::{
    Refusal, Rulebook, Rules, RulesHash, Ticket, TicketId, Timestamp, report::QueryError, sla::Sla, ticket::NewEvent,
    user::Attempts,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use self::{
    accounts::Accounts,
    deadlines::Counted,
    feed::{News, Unreadable},
    in_flight::InFlight,
    integration::References,
    reports::Reports,
    turns::Turns,
};
pub use self::{
    accounts::{AccountError, AuthError, Authority, EngineOptions, LoggedIn, PasswordCost},
    create::{CreateRequest, CreatedTicket, IdempotencyKey, InvalidIdempotencyKey},
    deadlines::{DUE_HOURS, Deadlines},
    desk::{DeskClock, DeskSla, DeskTicket, ListRequest, Listing},
    execute::{Conditions, Executed},
    feed::Follower,
    integration::{HandOver, IntegrationHistory, IntegrationTicket, NumberedPage, PageRequest, TicketReferences},
    privacy::{EraseError, EraseOptions, ErasedSubject, ExportedTicket, Subject, SubjectExport, SubjectTicket},
    public::PublicTicket,
    reports::{ReportAnswer, ReportAsk, ReportFigures},
    rules_changes::RulesChange,
    subscriptions::{NewSecret, Redelivery, SubscriptionError},
    take_over::{TakeOver, TakenOver},
    what_if::{RematchPreview, Replayed},
};
use crate::{
    clock::{Clock, SystemClock},
    store::{FeedPosition, RulesVersion, Store, StoreError, TicketRecord},
};

/// A help desk: a store, the rules, a clock. Cheap to clone. It is used in a tokio runtime with its timer, because whoever waits does so
/// for a while only.
///
/// # Example
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use ticketing_core::{Draft, Rules};
/// use ticketing_server::{Engine, CreateRequest, store::sqlite::SqliteStore};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("ticketing.db");
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let engine = Engine::start(SqliteStore::open(path)?).await?;
/// let form = br#"{ "nombre": "Ana", "email": "ana@example.com", "tipo": "CONSULTA", "categoria": "Sistemas",
///                  "descripcion": "Como cambio mi clave?", "prioridad": "BAJA" }"#;
/// let ticket = Draft::from_json(form)?.validate(&engine.rules())?;
/// let created = engine.create(CreateRequest::new(ticket)).await?;
/// assert!(created.label.to_string().ends_with("-00001"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # }
/// ```
pub struct Engine<S> {
    inner: Arc<Inner<S>>,
}

struct Inner<S> {
    store: S,
    clock: Box<dyn Clock>,
    rules: RwLock<(RulesVersion, Arc<Rulebook>)>,
    accounts: Accounts,
    in_flight: InFlight,
    turns: Turns,
    /// Places for the public.
    public: Semaphore,
    references: References,
    news: News,
    /// Tickets that said nothing any more because the rules did not keep it.
    anonymised: Arc<AtomicU64>,
    unreadable: Unreadable,
    reports: Reports,
    counted: Counted,
    /// The newest event that was seen when somebody last looked for what others had done.
    newest_seen: Mutex<FeedPosition>,
}

impl<S> Clone for Engine<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

/// Why the engine did not do what it was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no such ticket, or not for whoever asks.
    #[error("there is no such ticket")]
    NotFound,
    /// The command may not be done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ticket has another version than the command was meant for.
    #[error("the ticket has been changed since version {since}")]
    Changed {
        /// The version that it was meant for.
        since: u32,
        /// The ticket as it is.
        record: Box<TicketRecord>,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// A request with this idempotency key is being worked on.
    #[error("a request with this idempotency key is being worked on")]
    KeyInFlight,
    /// Others changed the ticket each time before this command could.
    #[error("the ticket is being changed by too many at once")]
    Contended,
    /// There is no such report.
    #[error(transparent)]
    Report(#[from] QueryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store> Engine<S> {
    /// An engine on the system's clock. A store without rules is given the built-in ones.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start(store: S) -> Result<Self, StoreError> {
        Self::start_with_clock(store, SystemClock).await
    }

    /// As [`start`](Self::start), on another clock.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start_with_clock(store: S, clock: impl Clock) -> Result<Self, StoreError> {
        Self::start_with(store, clock, EngineOptions::default()).await
    }

    /// As [`start`](Self::start), on another clock and with options.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start_with(store: S, clock: impl Clock, options: EngineOptions) -> Result<Self, StoreError> {
        let mut versions = store.rules_since(None).await?;
        if versions.is_empty() {
            // Somebody else may be doing so, with rules of their own.
            store.initial_rules(Rules::default(), clock.now()).await?;
            versions = store.rules_since(None).await?;
        }
        let (version, active) =
            versions.pop().ok_or_else(|| StoreError::Damaged("there is no version of the rules".into()))?;
        let rules = (version, Arc::new(Rulebook::new(active, versions.into_iter().map(|(_, rules)| rules))));
        let accounts = Accounts::start(&store, clock.now(), options).await?;
        let (clock, rules) = (Box::new(clock), RwLock::new(rules));
        let inner = Inner {
            store,
            clock,
            rules,
            accounts,
            in_flight: InFlight::default(),
            turns: Turns::default(),
            public: Semaphore::new(options.public_max.min(Semaphore::MAX_PERMITS)),
            references: References::default(),
            news: News::default(),
            anonymised: Arc::default(),
            unreadable: Unreadable::default(),
            reports: Reports::new(options.identity),
            counted: Counted::default(),
            newest_seen: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The active rules, as this process knows them.
    pub fn rules(&self) -> Rules {
        self.book().active().clone()
    }

    /// The active rules and all earlier ones, as this process knows them.
    pub fn book(&self) -> Arc<Rulebook> {
        Arc::clone(&self.inner.rules.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// The same, with those that these tickets were promised something under: another process may just have made them active.
    pub(crate) async fn book_for<'s>(
        &self,
        slas: impl IntoIterator<Item = &'s Sla>,
    ) -> Result<Arc<Rulebook>, StoreError> {
        let book = self.book();
        if slas.into_iter().all(|sla| book.knows(sla.agreement.as_ref())) {
            return Ok(book);
        }
        self.refresh_rules().await?;
        Ok(self.book())
    }

    /// Takes over what another process has changed: rules, users, tokens, signing keys. Answers the hash of the rules where they are new.
    /// Whoever runs an engine calls this twice a second.
    ///
    /// # Errors
    /// When the store fails, or has what this program cannot read; that stays as it was.
    pub async fn refresh(&self) -> Result<Option<RulesHash>, StoreError> {
        // Rules that cannot be read must not keep anybody's access alive.
        self.refresh_accounts().await?;
        self.refresh_rules().await
    }

    pub(crate) async fn refresh_rules(&self) -> Result<Option<RulesHash>, StoreError> {
        let known = self.inner.rules.read().unwrap_or_else(PoisonError::into_inner).0;
        if self.inner.store.active_version().await?.is_none_or(|version| version == known) {
            return Ok(None);
        }
        let news = self.inner.store.rules_since(Some(known)).await?;
        let mut current = self.inner.rules.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else in this process may have been here before.
        for (version, rules) in news {
            if version > current.0 {
                *current = (version, Arc::new(current.1.activated(rules)));
            }
        }
        Ok((current.0 > known).then(|| current.1.active().hash()))
    }

    /// Makes rules the active ones, here at once and in other processes as soon as they look.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn apply_rules(&self, rules: Rules) -> Result<RulesVersion, StoreError> {
        let version = self.inner.store.activate_rules(rules, self.now()).await?;
        self.refresh_rules().await?;
        Ok(version)
    }

    /// Forgets what need not be remembered any longer. Whoever runs an engine calls this every few minutes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        let (store, now) = (&self.inner.store, self.now());
        store.forget_keys_before(create::keys_valid_from(now)).await?;
        store.forget_attempts_before(Attempts::forgotten_before(now)).await?;
        store.forget_given_up_before(subscriptions::kept_since(now)).await?;
        if store.forget_signing_keys(now).await? > 0 {
            self.refresh_accounts().await?;
        }
        Ok(())
    }

    /// Whether the store reads and writes.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.inner.store.check().await
    }

    /// A place for one of the public, where there is one.
    fn enter_public(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        self.inner.public.try_acquire().map_err(|_| StoreError::Overloaded)
    }

    /// A ticket's state.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or the store's.
    pub async fn ticket(&self, id: TicketId) -> Result<Ticket, EngineError> {
        self.inner.store.load(id).await?.ok_or(EngineError::NotFound)
    }

    /// A ticket's events with their texts, oldest first.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], or the store's.
    pub async fn history(&self, id: TicketId) -> Result<Vec<NewEvent>, EngineError> {
        let events = self.inner.store.history(id).await?;
        if events.is_empty() { Err(EngineError::NotFound) } else { Ok(events) }
    }

    /// How many tickets this process has erased because the rules keep them no longer.
    pub fn anonymised(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.inner.anonymised)
    }

    /// The store, to read what the engine has no question for.
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// What the engine's clock says.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}
