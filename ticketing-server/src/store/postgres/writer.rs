//! What writes creations and follow-ups. What waits together is committed together: one transaction for many, a few statements for
//! all of them, and what everybody needs is locked once.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use ticketing_core::{TicketId, ticket::ActorId};
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{
    PostgresOptions,
    connect::unavailable,
    labels::{self, Blocks},
    tickets,
    transactions::Sessions,
};
use crate::store::{
    Appended, Created, Creation, FollowUp, Idempotency, StoreError, Written,
    queue::{Place, Queue, Tally, stopped},
};

pub(super) struct Writer {
    creations: Queue<Job<Creation, Created>>,
    follow_ups: Queue<Job<FollowUp, Appended>>,
}

/// Work, and who is told what became of it.
struct Job<W, A> {
    work: W,
    reply: oneshot::Sender<Result<A, StoreError>>,
}

impl Writer {
    /// Two tasks, which end when the writer is dropped and all that waited is done.
    pub(super) fn start(sessions: &Arc<Sessions>, options: &PostgresOptions) -> Self {
        let (creations, new) = Queue::new(options.queue_max, options.wait_max);
        let (follow_ups, following) = Queue::new(options.queue_max, options.wait_max);
        let batch_max = options.batch_max.max(1);
        let creator = Creator {
            sessions: Arc::clone(sessions),
            shard: Uuid::now_v7(),
            block: options.label_block.filter(|numbers| *numbers > 0),
            blocks: Blocks::default(),
        };
        let follower = Follower { sessions: Arc::clone(sessions), shard: Uuid::now_v7() };
        tokio::spawn(write(creator, new, creations.tally(), batch_max));
        tokio::spawn(write(follower, following, follow_ups.tally(), batch_max));
        Self { creations, follow_ups }
    }

    pub(super) fn create(&self, creation: Creation) -> impl Future<Output = Result<Created, StoreError>> + use<> {
        run(&self.creations, creation)
    }

    pub(super) fn append(&self, follow_up: FollowUp) -> impl Future<Output = Result<Appended, StoreError>> + use<> {
        run(&self.follow_ups, follow_up)
    }

    /// How much waits.
    pub(super) fn waiting(&self) -> usize {
        self.creations.len() + self.follow_ups.len()
    }

    /// What they have done.
    pub(super) fn written(&self) -> Written {
        let (new, following) = (self.creations.written(), self.follow_ups.written());
        Written { transactions: new.transactions + following.transactions, writes: new.writes + following.writes }
    }
}

/// Has work done in the next transaction, and answers once that is committed.
fn run<W, A>(jobs: &Queue<Job<W, A>>, work: W) -> impl Future<Output = Result<A, StoreError>> + use<W, A> {
    let (reply, answer) = oneshot::channel();
    jobs.run(Job { work, reply }, answer)
}

/// What two pieces of work may be about.
#[derive(PartialEq, Eq, Hash)]
enum Key<'w> {
    Ticket(TicketId),
    Idempotency(Option<ActorId>, &'w str),
}

fn keys(id: TicketId, idempotency: Option<&Idempotency>) -> [Option<Key<'_>>; 2] {
    [Some(Key::Ticket(id)), idempotency.map(|used| Key::Idempotency(used.owner, &used.key))]
}

/// What is done with a batch.
trait Lane: Send + 'static {
    type Work: Send + Sync;
    type Answer: Send;

    /// What no two of a batch may have in common: the second is done in the next one.
    fn keys(work: &Self::Work) -> [Option<Key<'_>>; 2];

    /// Does all of it or nothing. Where it may have been done before, `doubt` says so, and says so afterwards.
    fn store(
        &mut self,
        batch: &[&Self::Work],
        doubt: &AtomicBool,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;

    /// Nothing more comes.
    fn end(self) -> impl Future<Output = ()> + Send;
}

/// What stands in a lane's line.
type Waiting<L> = mpsc::Receiver<Place<Job<<L as Lane>::Work, <L as Lane>::Answer>>>;

async fn write<L: Lane>(mut lane: L, mut waiting: Waiting<L>, tally: Arc<Tally>, batch_max: usize) {
    let mut places = Vec::with_capacity(batch_max);
    let mut jobs = Vec::with_capacity(batch_max);
    let mut last = Batch::default();
    while !jobs.is_empty() || waiting.recv_many(&mut places, batch_max).await > 0 {
        last.gather(jobs.len(), &mut places, &mut waiting, batch_max).await;
        jobs.extend(places.drain(..).filter_map(|place| place.take()));
        if jobs.is_empty() {
            continue;
        }
        let began = Instant::now();
        let mut known = HashSet::new();
        let mut is_new = Vec::with_capacity(jobs.len());
        for job in &jobs {
            let keys = L::keys(&job.work);
            is_new.push(keys.iter().flatten().all(|key| !known.contains(key)));
            known.extend(keys.into_iter().flatten());
        }
        drop(known);
        let mut is_new = is_new.into_iter();
        let (batch, later): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|_| is_new.next().unwrap_or_default());
        last.jobs = batch.len();
        store(&mut lane, batch).await;
        last.took = began.elapsed();
        tally.add(last.jobs);
        jobs = later;
    }
    lane.end().await;
}

/// The batch before this one.
#[derive(Clone, Copy, Default)]
struct Batch {
    jobs: usize,
    took: Duration,
}

impl Batch {
    /// Takes in who waits. Those who were just answered may be about to come again, and the first of them shall not have a transaction
    /// for itself while all others wait for the next one: as many as last time are waited for, for a small part of what it took.
    async fn gather<J>(self, at_work: usize, places: &mut Vec<J>, waiting: &mut mpsc::Receiver<J>, batch_max: usize) {
        let began = Instant::now();
        let patience = self.took / 8;
        loop {
            while at_work + places.len() < batch_max
                && let Ok(place) = waiting.try_recv()
            {
                places.push(place);
            }
            if at_work + places.len() >= self.jobs || began.elapsed() >= patience {
                return;
            }
            // The timer's unit is a millisecond.
            if patience > Duration::from_millis(2) { sleep(Duration::from_millis(1)).await } else { yield_now().await }
        }
    }
}

async fn store<L: Lane>(lane: &mut L, batch: Vec<Job<L::Work, L::Answer>>) {
    let doubt = AtomicBool::new(false);
    let works: Vec<_> = batch.iter().map(|job| &job.work).collect();
    let error = match lane.store(&works, &doubt).await {
        Ok(answers) => {
            for (job, answer) in batch.into_iter().zip(answers) {
                // Whoever asked may be gone.
                let _ = job.reply.send(Ok(answer));
            }
            return;
        }
        Err(error) => error,
    };
    if batch.len() > 1 && matches!(error, StoreError::Damaged(_)) {
        // One of them cannot be stored. The others can.
        for job in batch {
            let answer = lane.store(&[&job.work], &doubt).await;
            let _ = job.reply.send(answer.and_then(|mut answers| answers.pop().ok_or_else(stopped)));
        }
        return;
    }
    tracing::error!(%error, writes = batch.len(), "a transaction was not committed");
    let (told, is_unwritable) = (error.to_string(), matches!(error, StoreError::Unwritable(_)));
    let is_overloaded = matches!(error, StoreError::Overloaded);
    let mut error = Some(error);
    for job in batch {
        let again = || {
            if is_overloaded {
                StoreError::Overloaded
            } else if is_unwritable {
                StoreError::Unwritable(told.clone().into())
            } else {
                unavailable(told.clone())
            }
        };
        let error = error.take().unwrap_or_else(again);
        let _ = job.reply.send(Err(error));
    }
}

struct Creator {
    sessions: Arc<Sessions>,
    /// Whose counts these are.
    shard: Uuid,
    /// How many numbers of labels are taken ahead.
    block: Option<u32>,
    blocks: Blocks,
}

impl Lane for Creator {
    type Work = Creation;
    type Answer = Created;

    /// The second of two with one key is told what became of the first.
    fn keys(work: &Creation) -> [Option<Key<'_>>; 2] {
        keys(work.id, work.idempotency.as_ref())
    }

    async fn store(&mut self, batch: &[&Creation], doubt: &AtomicBool) -> Result<Vec<Created>, StoreError> {
        let shard = self.shard;
        let Some(block) = self.block else {
            return self
                .sessions
                .write_in_doubt(doubt, |transaction| {
                    Box::pin(tickets::create(transaction, batch, shard, None, doubt.load(Relaxed)))
                })
                .await;
        };
        let mut years: Vec<_> = batch.iter().map(|creation| creation.label_year).collect();
        years.sort_unstable();
        let mut numbers = Vec::new();
        for of_year in years.chunk_by(|one, other| one == other) {
            let Some(year) = of_year.first().copied() else { continue };
            numbers.push((year, self.numbers(year, of_year.len(), block).await?));
        }
        let numbers = &numbers;
        let stored = self
            .sessions
            .write_in_doubt(doubt, |transaction| {
                Box::pin(tickets::create(transaction, batch, shard, Some(numbers), doubt.load(Relaxed)))
            })
            .await;
        match &stored {
            Ok(answers) => {
                for answer in answers {
                    if let Created::New(label) = answer {
                        self.blocks.given(label.year(), label.number());
                    }
                }
            }
            // They may stand in the database.
            Err(_) if doubt.load(Relaxed) => {
                for (year, numbers) in numbers {
                    self.blocks.given(*year, numbers.last().copied().unwrap_or_default());
                }
            }
            Err(_) => {}
        }
        stored
    }

    async fn end(self) {
        let rests = self.blocks.rests();
        let rests = rests.as_slice();
        // What is not given back is a gap.
        if !rests.is_empty()
            && let Err(error) = self.sessions.write(|transaction| Box::pin(labels::give_back(transaction, rests))).await
        {
            tracing::warn!(%error, "numbers of labels could not be given back");
        }
    }
}

impl Creator {
    async fn numbers(&mut self, year: u16, wanted: usize, block: u32) -> Result<Vec<u32>, StoreError> {
        loop {
            let numbers = self.blocks.next(year, wanted);
            if numbers.len() == wanted {
                return Ok(numbers);
            }
            let after = self.blocks.last(year);
            // Numbers of a transaction of which nobody knows whether it was committed are a gap.
            let taken =
                self.sessions.write(|transaction| Box::pin(labels::take_block(transaction, year, after, block)));
            let (first, last) = taken.await?;
            self.blocks.add(year, first, last);
        }
    }
}

struct Follower {
    sessions: Arc<Sessions>,
    shard: Uuid,
}

impl Lane for Follower {
    type Work = FollowUp;
    type Answer = Appended;

    /// The second of two for one ticket is stored if the first was not.
    fn keys(work: &FollowUp) -> [Option<Key<'_>>; 2] {
        keys(work.ticket.id, work.idempotency.as_ref())
    }

    async fn store(&mut self, batch: &[&FollowUp], doubt: &AtomicBool) -> Result<Vec<Appended>, StoreError> {
        let shard = self.shard;
        self.sessions
            .write_in_doubt(doubt, |transaction| {
                Box::pin(tickets::append(transaction, batch, shard, doubt.load(Relaxed)))
            })
            .await
    }

    async fn end(self) {}
}
