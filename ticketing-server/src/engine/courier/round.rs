use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Relaxed, Release},
        },
    },
    time::Duration,
};

use ticketing_core::{
    TicketId, TimeDelta, Timestamp,
    subscription::{Health, Outcome, Standing, back_off},
};
use tokio::{
    sync::{mpsc, watch},
    task::{Id, JoinError, JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};

use super::{
    Carried, Carrier, Progress, Recipient, Shared,
    pages::Page,
    queue::{Job, Queue},
};
use crate::store::{Delivery, Failure, FailureKind, FeedEntry, FeedPosition, Place, RecipientId, Store, StoreError};

/// How long what is under way may take to end where it is to stop.
const LAST_PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait for a store that cannot do what it is asked.
const STORE_PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether the time of something has come, at least: clocks may be set.
const LOOK: Duration = Duration::from_secs(1);

/// What is delivered to one recipient, from a place on. It ends when this is dropped.
pub(super) struct Round<R> {
    task: JoinHandle<()>,
    recipient: watch::Sender<Arc<R>>,
    stop: watch::Sender<bool>,
    progress: Arc<Progress>,
    generation: u32,
    kept: FeedPosition,
}

impl<R: Recipient> Round<R> {
    pub(super) fn set_out<S: Store, C: Carrier<S, Recipient = R>>(
        shared: Arc<Shared<S, C>>,
        recipient: Arc<R>,
        place: Place,
    ) -> Self {
        let progress = Arc::new(Progress { position: AtomicU64::new(place.position.0), pending: AtomicU64::default() });
        let (stop, stopped) = watch::channel(false);
        let recipient = watch::Sender::new(recipient);
        let task = tokio::spawn(walk(shared, recipient.subscribe(), stopped, place, Arc::clone(&progress)));
        Self { task, recipient, stop, progress, generation: place.generation, kept: place.position }
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Goes on with the recipient as it is now.
    pub(super) fn update(&self, recipient: Arc<R>) {
        self.recipient.send_if_modified(|known| {
            let is_news = known.version() != recipient.version();
            if is_news {
                *known = recipient;
            }
            is_news
        });
    }

    pub(super) fn position(&self) -> FeedPosition {
        self.progress.position()
    }

    pub(super) fn pending(&self) -> u64 {
        self.progress.pending.load(Relaxed)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Where it is, unless that is known to be kept.
    pub(super) fn place_to_keep(&self) -> Option<Place> {
        let place = Place { position: self.progress.position(), generation: self.generation };
        (place.position != self.kept).then_some(place)
    }

    pub(super) fn kept(&mut self, place: Place) {
        self.kept = place.position;
    }

    /// Begins nothing more.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub(super) async fn ended(&mut self) {
        // A panic of it has been reported; a store that does not answer is not waited for.
        let _ = timeout(2 * LAST_PATIENCE, &mut self.task).await;
    }
}

impl<R> Drop for Round<R> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn walk<S: Store, C: Carrier<S>>(
    shared: Arc<Shared<S, C>>,
    recipient: watch::Receiver<Arc<C::Recipient>>,
    stopped: watch::Receiver<bool>,
    place: Place,
    progress: Arc<Progress>,
) {
    let id = recipient.borrow().id();
    let undelivered = loop {
        match shared.engine.inner.store.undelivered(id).await {
            Ok(undelivered) => break undelivered,
            Err(error) => wait_for_store(id, &error).await,
        }
    };
    let health = recipient.borrow().health();
    let (sender, pages) = mpsc::channel(1);
    // It ends with its receiver.
    let reader = tokio::spawn(read_on(Arc::clone(&shared), place.position, sender));
    let walker = Walker {
        id,
        queue: Queue::new(place.position, undelivered),
        recipient,
        health,
        generation: place.generation,
        under_way: JoinSet::new(),
        jobs: HashMap::new(),
        left_alone_until: None,
        asked_to_wait_until: None,
        looked_at: shared.engine.now(),
        shared,
        progress,
    };
    walker.walk(pages, stopped).await;
    reader.abort();
}

/// Reads the feed page by page, as fast as somebody takes them.
async fn read_on<S: Store, C: Carrier<S>>(
    shared: Arc<Shared<S, C>>,
    mut position: FeedPosition,
    sender: mpsc::Sender<Page>,
) {
    let mut news = shared.pages.news();
    loop {
        let read = tokio::select! {
            () = sender.closed() => return,
            read = shared.pages.after(position, &mut news) => read,
        };
        match read {
            Ok(page) => {
                position = page.last;
                if sender.send(page).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "what happens could not be read");
                sleep(STORE_PATIENCE).await;
            }
        }
    }
}

struct Walker<S, C: Carrier<S>> {
    id: RecipientId,
    shared: Arc<Shared<S, C>>,
    recipient: watch::Receiver<Arc<C::Recipient>>,
    health: Health,
    generation: u32,
    queue: Queue<Arc<FeedEntry>>,
    under_way: JoinSet<Attempted>,
    /// Whose events are under way, and how often they were tried before: also where nothing comes back of it.
    jobs: HashMap<Id, (TicketId, u32)>,
    left_alone_until: Option<Instant>,
    /// The recipient has said so itself. It is not stored: one that is asked too early by another process says it again.
    asked_to_wait_until: Option<Instant>,
    /// What the clock said when it was last looked what to start.
    looked_at: Timestamp,
    progress: Arc<Progress>,
}

/// What became of a delivery that was under way.
enum Attempted {
    Carried(Carried),
    /// There is nothing to tell any more.
    Void,
    /// The ticket or the event could not be read, which is not the recipient's fault.
    Unreadable,
    /// The store is out of reach: it was not tried.
    Untried(StoreError),
    /// It panicked, which has been reported, and is not the recipient's fault.
    Panicked,
    /// It was cut short, as all is where a runtime ends.
    CutShort,
}

/// What has ended, by the task that did it.
type Ended = Result<(Id, Attempted), JoinError>;

impl<S: Store, C: Carrier<S>> Walker<S, C> {
    async fn walk(mut self, mut pages: mpsc::Receiver<Page>, mut stopped: watch::Receiver<bool>) {
        loop {
            self.tell_progress();
            if self.health.standing == Standing::Inactive {
                break;
            }
            self.start();
            let wait = self.wait();
            tokio::select! {
                _ = stopped.changed() => break,
                Ok(()) = self.recipient.changed() => self.begin_anew(),
                Some(ended) = self.under_way.join_next_with_id() => self.settle_all(ended).await,
                Some(page) = pages.recv(), if self.queue.has_room() => self.take(&page).await,
                () = sleep(wait) => {}
            }
        }
        let last = async {
            while let Some(ended) = self.under_way.join_next_with_id().await {
                self.settle_all(ended).await;
            }
        };
        let _ = timeout(LAST_PATIENCE, last).await;
        self.tell_progress();
    }

    fn tell_progress(&self) {
        self.progress.position.store(self.queue.place().0, Release);
        self.progress.pending.store(self.queue.stored() as u64, Relaxed);
    }

    /// Somebody has changed the recipient: it may be another one, which has not asked for anything.
    fn begin_anew(&mut self) {
        self.health = self.recipient.borrow_and_update().health();
        self.left_alone_until = None;
        self.asked_to_wait_until = None;
    }

    /// When it may be asked again, where that is not now.
    fn rests_until(&self) -> Option<Instant> {
        self.left_alone_until.max(self.asked_to_wait_until).filter(|until| Instant::now() < *until)
    }

    /// Whoever fails again and again is asked one thing at a time. Without the lease, nobody is asked anything.
    fn may_start(&self) -> bool {
        let at_once = match self.health.standing {
            Standing::Active => self.shared.options.concurrency.max(1),
            Standing::Degraded => 1,
            Standing::Inactive => 0,
        };
        self.under_way.len() < at_once && self.rests_until().is_none() && self.shared.holder.holds()
    }

    fn start(&mut self) {
        let now = self.shared.engine.now();
        if now < self.looked_at {
            self.queue.set_back(self.looked_at.since(now));
        }
        self.looked_at = now;
        while self.may_start()
            && let Some(job) = self.queue.next(self.shared.engine.now())
        {
            let (shared, recipient) = (Arc::clone(&self.shared), Arc::clone(&self.recipient.borrow()));
            let of = (job.ticket, job.attempts);
            let task = self.under_way.spawn(async move { attempt(&shared, &recipient, job).await });
            self.jobs.insert(task.id(), of);
        }
    }

    /// Until there may be something to start that nobody tells of.
    fn wait(&self) -> Duration {
        let left_alone = self.rests_until().map(|until| until.saturating_duration_since(Instant::now()));
        if self.queue.has_ready() {
            return left_alone.unwrap_or(LOOK).min(LOOK);
        }
        let due = self.queue.next_at().map(|at| at.since(self.shared.engine.now()).to_std().unwrap_or_default());
        // What is due already waits for something that is under way.
        due.filter(|due| !due.is_zero()).or(left_alone).unwrap_or(LOOK).min(LOOK)
    }

    async fn take(&mut self, page: &Page) {
        let (now, recipient) = (self.shared.engine.now(), Arc::clone(&self.recipient.borrow()));
        let mut waiting = Vec::new();
        for entry in &*page.entries {
            let wanted = recipient.wants(entry).then(|| (entry.id, Arc::clone(entry)));
            waiting.extend(self.queue.take(entry.position, wanted, now));
        }
        // What cannot be read at its end is passed by.
        waiting.extend(self.queue.take(page.last, None, now));
        if !waiting.is_empty() {
            self.keep(waiting).await;
        }
    }

    /// Settles what has ended, and what else has by now.
    async fn settle_all(&mut self, ended: Ended) {
        let mut next = Some(ended);
        while let Some(ended) = next {
            let (task, attempted) = match ended {
                Ok(done) => done,
                Err(error) if error.is_panic() => (error.id(), Attempted::Panicked),
                Err(error) => (error.id(), Attempted::CutShort),
            };
            if let Some((ticket, attempts)) = self.jobs.remove(&task) {
                self.settle(ticket, attempts, attempted).await;
            }
            next = self.under_way.try_join_next_with_id();
        }
    }

    async fn settle(&mut self, ticket: TicketId, attempts: u32, attempted: Attempted) {
        let figures = Arc::clone(&self.shared.figures);
        let failure = match attempted {
            Attempted::Untried(error) => {
                wait_for_store(self.id, &error).await;
                self.queue.again(ticket);
                return;
            }
            Attempted::CutShort => {
                self.queue.again(ticket);
                return;
            }
            Attempted::Carried(Carried::Delivered | Carried::Nothing | Carried::Refused) | Attempted::Void => None,
            Attempted::Carried(Carried::Failed(failure) | Carried::Busy(failure, _) | Carried::Gone(failure)) => {
                Some(failure)
            }
            Attempted::Unreadable => Some(Failure { kind: FailureKind::Unreadable, http_status: None }),
            Attempted::Panicked => {
                tracing::error!(recipient = %self.id.0, ticket.id = %ticket, "a delivery panicked");
                Some(Failure { kind: FailureKind::Internal, http_status: None })
            }
        };
        let mut asked = None;
        if let Attempted::Carried(carried) = attempted {
            if let Some(outcome) = carried.outcome() {
                self.judge(outcome).await;
            }
            if let Carried::Busy(_, wait) = carried {
                asked = Some(wait);
                self.wait_as_asked(wait);
            }
        }
        let Some(failure) = failure else {
            match attempted {
                Attempted::Carried(Carried::Delivered) => _ = figures.delivered.fetch_add(1, Relaxed),
                Attempted::Carried(Carried::Refused) => _ = figures.given_up.fetch_add(1, Relaxed),
                _ => {}
            }
            if let Some(position) = self.queue.delivered(ticket) {
                while let Err(error) = self.shared.engine.inner.store.forget_delivery(self.id, position).await {
                    wait_for_store(self.id, &error).await;
                }
            }
            return;
        };
        figures.failed.fetch_add(1, Relaxed);
        let now = self.shared.engine.now();
        let attempts = attempts.saturating_add(1);
        let wait = back_off::retry_after(&self.shared.options.retry_seconds, attempts, asked, random());
        let next = wait.map(|wait| now.checked_add(wait).unwrap_or(now));
        if next.is_none() {
            figures.given_up.fetch_add(1, Relaxed);
            tracing::warn!(recipient = %self.id.0, ticket.id = %ticket, attempts, "a delivery is given up");
        }
        let changed = self.queue.failed(ticket, now, next, failure);
        self.keep(changed).await;
    }

    /// What an attempt makes of the recipient's health.
    async fn judge(&mut self, outcome: Outcome) {
        let before = self.health;
        self.health = self.recipient.borrow().after(before, outcome);
        let pause = back_off::pause_after(self.health.failures, self.shared.options.pause_seconds_max);
        self.left_alone_until =
            pause.to_std().ok().filter(|pause| !pause.is_zero()).map(|pause| Instant::now() + pause);
        if self.health == before {
            return;
        }
        if self.health.standing != before.standing {
            let (standing, failures) = (self.health.standing.name(), before.failures.saturating_add(1));
            if self.health.standing == Standing::Active {
                tracing::info!(recipient = %self.id.0, standing, "deliveries arrive again");
            } else {
                tracing::warn!(recipient = %self.id.0, standing, failures, "deliveries do not arrive");
            }
        }
        let recipient = Arc::clone(&self.recipient.borrow());
        let store = &self.shared.engine.inner.store;
        while let Err(error) = self.shared.carrier.keep_health(store, &recipient, self.health).await {
            wait_for_store(self.id, &error).await;
        }
    }

    /// A recipient that has too much to do is brought nothing at all until then: what happens waits in the feed.
    fn wait_as_asked(&mut self, wait: TimeDelta) {
        let until = back_off::heeded(wait).to_std().ok().map(|wait| Instant::now() + wait);
        // Of several that were asked for at once, the last counts.
        self.asked_to_wait_until = self.asked_to_wait_until.max(until);
    }

    /// Has rows stored, however long that takes: what is not stored may not be passed by.
    async fn keep(&self, deliveries: Vec<Delivery>) {
        let store = &self.shared.engine.inner.store;
        while let Err(error) = store.keep_deliveries(self.id, self.generation, deliveries.clone()).await {
            wait_for_store(self.id, &error).await;
        }
    }
}

async fn attempt<S: Store, C: Carrier<S>>(
    shared: &Shared<S, C>,
    recipient: &C::Recipient,
    job: Job<Arc<FeedEntry>>,
) -> Attempted {
    let store = &shared.engine.inner.store;
    let unread = |error| match error {
        StoreError::Damaged(error) => {
            tracing::error!(%error, ticket.id = %job.ticket, "what is to be delivered cannot be read");
            Attempted::Unreadable
        }
        error => Attempted::Untried(error),
    };
    let entry = match job.entry {
        Some(entry) => entry,
        None => match store.feed(FeedPosition(job.position.0.saturating_sub(1)), 1).await {
            Ok(entries) => match entries.into_iter().find(|entry| entry.position == job.position) {
                Some(entry) => Arc::new(entry),
                None => return Attempted::Void,
            },
            Err(error) => return unread(error),
        },
    };
    let content = match shared.contents.of(&entry, &shared.engine, &shared.carrier).await {
        Ok(Some(content)) => content,
        Ok(None) => return Attempted::Void,
        Err(error) => return unread(error),
    };
    Attempted::Carried(shared.carrier.carry(recipient, &entry, &content, shared.engine.now()).await)
}

/// For back-off; the same for all where the system has none to give.
fn random() -> u32 {
    getrandom::u32().unwrap_or_default()
}

async fn wait_for_store(recipient: RecipientId, error: &StoreError) {
    tracing::error!(%error, recipient = %recipient.0, "deliveries wait for the store");
    sleep(STORE_PATIENCE).await;
}
