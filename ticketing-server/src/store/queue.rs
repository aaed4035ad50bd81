//! The line in front of a store's writer, and how long anybody stands in it.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread::Thread,
    time::Duration,
};
#[cfg(feature = "sqlite")]
use std::{thread, time::Instant};

use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::timeout,
};

use super::{StoreError, Written};

/// A place in the line. Its work is there until it is taken: by the writer, who begins with it, or by whoever has waited too long,
/// who takes it away. So what was refused is not done later, and what was begun is not refused.
pub(super) struct Place<J>(Arc<Mutex<Option<J>>>);

impl<J> Place<J> {
    /// A place, for those who wait and those who work.
    pub(super) fn new(job: J) -> (Self, Self) {
        let work = Arc::new(Mutex::new(Some(job)));
        (Self(Arc::clone(&work)), Self(work))
    }

    /// The work, for whoever comes first.
    pub(super) fn take(&self) -> Option<J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The line's end, where work joins it.
pub(super) struct Queue<J> {
    jobs: mpsc::Sender<Place<J>>,
    bell: Arc<Bell>,
    tally: Arc<Tally>,
    /// How long work may stand in the line.
    wait_max: Duration,
}

impl<J> Queue<J> {
    /// A line for so much work, and its head.
    pub(super) fn new(max: usize, wait_max: Duration) -> (Self, mpsc::Receiver<Place<J>>) {
        let (jobs, waiting) = mpsc::channel(max.max(1));
        (Self { jobs, bell: Arc::default(), tally: Arc::default(), wait_max }, waiting)
    }

    /// Has work done and waits for its answer. Where the line is full, or nobody has begun with it in time, it is refused.
    ///
    /// It is done also when nobody waits for the answer any more. (The work joins the line here and not in the future, which would
    /// have to make room for it.)
    pub(super) fn run<A>(
        &self,
        job: J,
        mut answer: oneshot::Receiver<Result<A, StoreError>>,
    ) -> impl Future<Output = Result<A, StoreError>> + use<J, A> {
        let (here, there) = Place::new(job);
        let joined = self.jobs.try_send(there).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Closed(_) => stopped(),
        });
        self.bell.joined(|| self.len());
        let wait_max = self.wait_max;
        async move {
            joined?;
            let answered = match timeout(wait_max, &mut answer).await {
                Ok(answered) => answered,
                Err(_) if here.take().is_some() => return Err(StoreError::Overloaded),
                // It has been begun, and will be answered.
                Err(_) => answer.await,
            };
            answered.map_err(|_| stopped())?
        }
    }

    /// Waits until nobody works at its head any more.
    #[cfg(feature = "sqlite")]
    pub(super) async fn closed(&self) {
        self.jobs.closed().await;
    }

    /// What tells whoever works at its head how much stands in it.
    #[cfg(feature = "sqlite")]
    pub(super) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// Where whoever works at its head counts what they have done.
    pub(super) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// What was done of it.
    pub(super) fn written(&self) -> Written {
        self.tally.written()
    }

    /// How much stands in it.
    pub(super) fn len(&self) -> usize {
        self.jobs.max_capacity() - self.jobs.capacity()
    }
}

/// What was done of a line.
#[derive(Default)]
pub(super) struct Tally {
    transactions: AtomicU64,
    writes: AtomicU64,
}

impl Tally {
    /// So much was done at once.
    pub(super) fn add(&self, writes: usize) {
        self.transactions.fetch_add(1, Relaxed);
        self.writes.fetch_add(writes as u64, Relaxed);
    }

    fn written(&self) -> Written {
        Written { transactions: self.transactions.load(Relaxed), writes: self.writes.load(Relaxed) }
    }
}

/// Rings when so much stands in a line.
#[derive(Default)]
pub(super) struct Bell {
    /// How much; 0: nobody listens.
    at: AtomicUsize,
    listener: OnceLock<Thread>,
}

impl Bell {
    /// Waits until so much stands in the line, and not for longer than that. It is for one thread, always the same.
    #[cfg(feature = "sqlite")]
    pub(super) fn wait(&self, at: usize, len: impl Fn() -> usize, timeout: Duration) {
        self.listener.get_or_init(thread::current);
        let began = Instant::now();
        while let Some(left) = timeout.checked_sub(began.elapsed()) {
            self.at.store(at, SeqCst);
            // It may have come before anybody would have rung.
            if len() >= at {
                break;
            }
            // It may also be woken by who rang too late for the last time.
            thread::park_timeout(left);
        }
        self.at.store(0, SeqCst);
    }

    /// Somebody may have joined the line.
    fn joined(&self, len: impl Fn() -> usize) {
        let at = self.at.load(SeqCst);
        // Of those who come at once, one rings.
        if at > 0
            && len() >= at
            && self.at.compare_exchange(at, 0, SeqCst, Relaxed).is_ok()
            && let Some(listener) = self.listener.get()
        {
            listener.unpark();
        }
    }
}

/// One more, as long as it lives.
pub(super) struct Counted<'c>(&'c AtomicUsize);

impl<'c> Counted<'c> {
    pub(super) fn new(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

pub(super) fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn what_waited_too_long_is_taken_away() {
        let (queue, mut head) = Queue::new(2, SOON);
        let (_reply, answer) = oneshot::channel::<Result<(), _>>();
        assert!(matches!(queue.run("a", answer).await, Err(StoreError::Overloaded)));
        assert_eq!(head.recv().await.unwrap().take(), None);
    }

    #[tokio::test]
    async fn what_was_begun_is_answered_however_late() {
        let (queue, mut head) = Queue::new(2, SOON);
        let (reply, answer) = oneshot::channel();
        let working = tokio::spawn(async move {
            assert_eq!(head.recv().await.unwrap().take(), Some("a"));
            tokio::time::sleep(4 * SOON).await;
            reply.send(Ok(1)).unwrap();
        });
        assert_eq!(queue.run("a", answer).await.unwrap(), 1);
        working.await.unwrap();
    }

    /// Times are there to end a wait for what does not come.
    #[cfg(feature = "sqlite")]
    #[test]
    fn the_bell_rings_when_as_much_stands_in_the_line_as_is_waited_for() {
        const LATE: Duration = Duration::from_mins(1);
        let (queue, head) = Queue::new(4, LATE);
        let bell = queue.bell();
        let mut answers = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                for job in ["a", "b", "c"] {
                    thread::sleep(SOON / 5);
                    let (reply, answer) = oneshot::channel::<Result<(), _>>();
                    answers.push((reply, queue.run(job, answer)));
                }
            });
            let began = Instant::now();
            bell.wait(3, || head.len(), LATE);
            assert_eq!(head.len(), 3);
            assert!(began.elapsed() < LATE, "nobody has rung");
        });
        let began = Instant::now();
        bell.wait(3, || head.len(), LATE);
        assert!(began.elapsed() < LATE, "what is there is waited for");
        let began = Instant::now();
        bell.wait(4, || head.len(), SOON);
        assert!(began.elapsed() >= SOON, "what does not come is not waited for");
    }

    #[tokio::test]
    async fn a_full_line_takes_nothing_and_says_so_at_once() {
        let (queue, _head) = Queue::new(1, Duration::from_hours(1));
        let (queue, (_reply, answer)) = (Arc::new(queue), oneshot::channel::<Result<(), _>>());
        let first = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.run("a", answer).await }
        });
        while queue.len() == 0 {
            tokio::task::yield_now().await;
        }
        let (_reply, answer) = oneshot::channel::<Result<(), _>>();
        assert!(matches!(queue.run("b", answer).await, Err(StoreError::Overloaded)));
        first.abort();
    }
}
