//! Delivers what happens to those outside: each event at least once, the events of one ticket in their order.
//!
//! - A [`Carrier`] knows its recipients and how something gets to them; the courier knows what, to whom and when.
//! - Each recipient has a place in the feed and goes its own pace: one that is slow or dead keeps nobody waiting. What goes well
//!   leaves nothing in the store but the place, noted once a second for all: after a crash, the events of the last second are
//!   delivered again, under the same identities.
//! - What fails becomes a row, and is tried again when its time has come; later events of its ticket wait behind it.
//! - Of the processes that share a store, one delivers: the one that has the lease.

mod contents;
mod lease;
mod pages;
mod queue;
mod round;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Relaxed},
        },
    },
    time::Duration,
};

use ticketing_core::{
    TimeDelta, Timestamp, Uuid,
    subscription::{Health, Outcome, Standing, back_off::RETRY_SECONDS},
};
use tokio::time::Instant;

use self::{contents::Contents, lease::Holder, pages::Pages, round::Round};
use super::{Engine, maintain::every};
use crate::store::{Failure, FeedEntry, FeedPosition, Lease, Place, RecipientId, Store, StoreError};

/// How something gets to those who are told what happens.
pub trait Carrier<S>: Send + Sync + 'static {
    /// The name of the lease: of all processes that have it, one carries.
    const NAME: &'static str;

    /// Somebody who is told.
    type Recipient: Recipient;
    /// What is made of a ticket for all recipients.
    type Content: Send + Sync + 'static;

    /// Those who are to be told now, those who are inactive among them.
    fn recipients(&self, store: &S) -> impl Future<Output = Result<Vec<Self::Recipient>, StoreError>> + Send;

    /// What of an event's ticket, as it is now, goes to each recipient alike, and the version that the ticket has; `None`: there is no
    /// such ticket any more. Made once for all of them.
    fn content(
        &self,
        engine: &Engine<S>,
        entry: &FeedEntry,
    ) -> impl Future<Output = Result<Option<(Self::Content, u32)>, StoreError>> + Send;

    /// Takes an event and its ticket to a recipient. It may be dropped at any time, and what was under way is carried again.
    fn carry(
        &self,
        recipient: &Self::Recipient,
        entry: &FeedEntry,
        content: &Self::Content,
        now: Timestamp,
    ) -> impl Future<Output = Carried> + Send;

    /// Notes what deliveries have made of a recipient's health.
    fn keep_health(
        &self,
        store: &S,
        recipient: &Self::Recipient,
        health: Health,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Somebody who is told what happens, event by event.
pub trait Recipient: Send + Sync + 'static {
    /// Its identity.
    fn id(&self) -> RecipientId;

    /// Another number says that somebody has changed it.
    fn version(&self) -> u32;

    /// How the last deliveries to it went.
    fn health(&self) -> Health;

    /// Whether it is to be told of an event.
    fn wants(&self, entry: &FeedEntry) -> bool;

    /// What an attempt makes of its health.
    fn after(&self, health: Health, outcome: Outcome) -> Health {
        health.after(outcome)
    }
}

/// What came of carrying.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    /// It was taken.
    Delivered,
    /// There was nothing to carry, which says nothing of the recipient.
    Nothing,
    /// It was not taken, and is carried again later.
    Failed(Failure),
    /// It was not, and the recipient asks to be left alone for so long.
    Busy(Failure, TimeDelta),
    /// It was not and never will be, which is its own fault and nobody else's. Who carries it has told why.
    Refused,
    /// It was not, and the recipient wants nothing any more.
    Gone(Failure),
}

impl Carried {
    /// What it says of the recipient, if anything.
    fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Nothing => None,
            Self::Delivered | Self::Refused => Some(Outcome::Delivered),
            Self::Failed(_) | Self::Busy(..) => Some(Outcome::Failed),
            Self::Gone(_) => Some(Outcome::Gone),
        }
    }
}

/// How often, and how much at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CourierOptions {
    /// Most deliveries to one recipient at the same time.
    pub concurrency: usize,
    /// Seconds between the attempts of a delivery; after the last, it is given up.
    pub retry_seconds: Vec<u32>,
    /// Longest time in seconds for which a recipient that is degraded is left alone between two attempts.
    pub pause_seconds_max: u32,
    /// By which processes tell each other apart. One that knows that it is the only one may have the same each time that it is
    /// started, and need not wait until the lease of its predecessor is over.
    pub identity: Uuid,
}

impl Default for CourierOptions {
    fn default() -> Self {
        Self { concurrency: 16, retry_seconds: RETRY_SECONDS.into(), pause_seconds_max: 60, identity: Uuid::now_v7() }
    }
}

/// What a courier has done and has before it.
#[derive(Debug, Default)]
pub struct CourierFigures {
    /// Attempts that were taken.
    pub delivered: AtomicU64,
    /// Attempts that were not.
    pub failed: AtomicU64,
    /// Deliveries that were given up: after the last attempt, or because they were refused for good.
    pub given_up: AtomicU64,
    /// Deliveries that are to be tried again, or wait behind one.
    pub pending: AtomicU64,
    /// By how many positions of the feed the last of the active recipients is behind.
    pub lag: AtomicU64,
}

/// How often it is looked whether somebody has changed recipients.
const TICK: Duration = Duration::from_millis(250);
/// How often places are noted.
const KEEP_PLACES: Duration = Duration::from_secs(1);

impl<S: Store> Engine<S> {
    /// Delivers what happens until it is to stop; then finishes what is under way, for two seconds at most. Where another process
    /// does so already, it waits until that one does not any more.
    pub async fn deliver<C: Carrier<S>>(
        &self,
        carrier: C,
        options: CourierOptions,
        figures: Arc<CourierFigures>,
        stop: impl Future<Output = ()>,
    ) {
        let holder = Holder::new(Lease { name: C::NAME, holder: options.identity });
        let shared = Shared {
            engine: self.clone(),
            carrier,
            holder,
            pages: Pages::new(self.clone()),
            contents: Contents::new(),
            options,
            figures,
        };
        let mut courier = Courier {
            shared: Arc::new(shared),
            revision: None,
            recipients: vec![],
            is_out: false,
            rounds: HashMap::new(),
            kept_at: None,
        };
        let mut ticks = every(TICK);
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = ticks.tick() => {}
            }
            if let Err(error) = courier.look().await {
                tracing::error!(%error, courier = C::NAME, "what is to be delivered could not be looked at");
            }
        }
        courier.end().await;
    }
}

/// What all rounds have in common.
struct Shared<S, C: Carrier<S>> {
    engine: Engine<S>,
    carrier: C,
    holder: Holder,
    pages: Pages<S>,
    contents: Contents<C::Content>,
    options: CourierOptions,
    figures: Arc<CourierFigures>,
}

struct Courier<S, C: Carrier<S>> {
    shared: Arc<Shared<S, C>>,
    /// Of the recipients as they are known.
    revision: Option<u64>,
    /// Those who are told something.
    recipients: Vec<Arc<C::Recipient>>,
    /// There is a round for each of them.
    is_out: bool,
    rounds: HashMap<RecipientId, Round<C::Recipient>>,
    kept_at: Option<Instant>,
}

impl<S: Store, C: Carrier<S>> Courier<S, C> {
    async fn look(&mut self) -> Result<(), StoreError> {
        let revision = self.shared.engine.inner.store.recipients_revision().await?;
        if self.revision != Some(revision) {
            self.read_recipients().await?;
            self.revision = Some(revision);
            self.is_out = false;
        }
        if !self.hold().await {
            // Whoever has no lease stops, and has nothing before them.
            self.rounds.clear();
            self.is_out = false;
            self.shared.figures.lag.store(0, Relaxed);
            self.shared.figures.pending.store(0, Relaxed);
            return Ok(());
        }
        if !self.is_out {
            // Others may have delivered until now, and health is no change.
            self.read_recipients().await?;
            self.set_out().await?;
            self.is_out = true;
        }
        if self.kept_at.is_none_or(|at| at.elapsed() >= KEEP_PLACES) {
            self.keep_places().await?;
            self.kept_at = Some(Instant::now());
            self.tell_figures().await?;
            // A round ends by itself where its recipient has become inactive, or it has panicked: who is still to be told, is.
            self.is_out = !self.rounds.values().any(Round::has_ended);
        }
        Ok(())
    }

    async fn read_recipients(&mut self) -> Result<(), StoreError> {
        let all = self.shared.carrier.recipients(&self.shared.engine.inner.store).await?;
        let told = all.into_iter().filter(|recipient| recipient.health().standing != Standing::Inactive);
        self.recipients = told.map(Arc::new).collect();
        Ok(())
    }

    /// Takes or holds the lease, where there is something to do.
    async fn hold(&self) -> bool {
        let Shared { engine, holder, .. } = &*self.shared;
        if self.recipients.is_empty() {
            holder.release(engine).await;
            return false;
        }
        holder.hold(engine).await
    }

    /// A round for each recipient, as it is now.
    async fn set_out(&mut self) -> Result<(), StoreError> {
        let store = &self.shared.engine.inner.store;
        let mut rounds = HashMap::with_capacity(self.recipients.len());
        for recipient in &self.recipients {
            // One that was set another place begins anew, as does one that has ended by itself.
            let Some(place) = store.find_recipient(recipient.id()).await? else { continue };
            let known = self.rounds.remove(&recipient.id());
            let goes_on = |round: &Round<_>| round.generation() == place.generation && !round.has_ended();
            let round = match known.filter(goes_on) {
                Some(round) => {
                    round.update(Arc::clone(recipient));
                    round
                }
                None => Round::set_out(Arc::clone(&self.shared), Arc::clone(recipient), place),
            };
            rounds.insert(recipient.id(), round);
        }
        // Those that are left end here.
        self.rounds = rounds;
        Ok(())
    }

    async fn keep_places(&mut self) -> Result<(), StoreError> {
        let changed: Vec<(RecipientId, Place)> =
            self.rounds.iter().filter_map(|(id, round)| Some((*id, round.place_to_keep()?))).collect();
        if changed.is_empty() {
            return Ok(());
        }
        self.shared.engine.inner.store.keep_places(changed.clone()).await?;
        for (id, place) in changed {
            if let Some(round) = self.rounds.get_mut(&id) {
                round.kept(place);
            }
        }
        Ok(())
    }

    async fn tell_figures(&self) -> Result<(), StoreError> {
        let newest = self.shared.engine.inner.store.newest_position().await?;
        let rounds = || self.rounds.values().filter(|round| !round.has_ended());
        let last = rounds().map(Round::position).min().unwrap_or(newest);
        self.shared.figures.lag.store(newest.0.saturating_sub(last.0), Relaxed);
        self.shared.figures.pending.store(self.rounds.values().map(Round::pending).sum(), Relaxed);
        Ok(())
    }

    async fn end(mut self) {
        for round in self.rounds.values() {
            round.stop();
        }
        for round in self.rounds.values_mut() {
            round.ended().await;
        }
        if let Err(error) = self.keep_places().await {
            tracing::warn!(%error, "some events are going to be delivered again: how far they were was not noted");
        }
        self.rounds.clear();
        self.shared.holder.release(&self.shared.engine).await;
    }
}

/// What a round tells of itself while it goes on.
#[derive(Debug)]
struct Progress {
    position: AtomicU64,
    pending: AtomicU64,
}

impl Progress {
    fn position(&self) -> FeedPosition {
        FeedPosition(self.position.load(Acquire))
    }
}
