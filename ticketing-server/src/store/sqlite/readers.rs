//! The connections that read, and the snapshots that they keep.
//!
//! To begin and to end a read transaction costs a point read a quarter of its time, most of it in file locks. So a reader
//! keeps its transaction, and with it its snapshot, for the reads that follow, until
//!
//! - this process commits: what was answered is seen by every later read;
//! - it is [`SNAPSHOT_AGE_MAX`] old: what another process has committed is seen within that time;
//! - this process is about to commit. A log can be emptied only where nobody reads it, so the writer first ends the snapshots
//!   of readers that do nothing, and nobody keeps one until it has committed.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

use crate::store::StoreError;

/// How long a snapshot is read from.
const SNAPSHOT_AGE_MAX: Duration = Duration::from_millis(20);

/// Connections that read, each used by one thread at a time.
pub(super) struct Readers {
    /// For what takes microseconds.
    short: Vec<Mutex<Reader>>,
    /// For what takes longer, so that nothing short waits behind it.
    long: Vec<Mutex<Reader>>,
    /// For what may be kept from a processor for long, so that nobody waits for that.
    aside: [Mutex<Reader>; 2],
    /// Commits of this process, counted when they begin and again when they end: an odd number while there is one.
    commits: AtomicU64,
}

/// Who reads what has happened, with nobody waiting for it.
#[derive(Clone, Copy)]
pub(super) enum Follower {
    /// The index of words.
    Words,
    /// Reports.
    Sums,
}

struct Reader {
    connection: Connection,
    snapshot: Option<Snapshot>,
}

/// A transaction that is open.
struct Snapshot {
    since: Instant,
    /// [`Readers::commits`] before it began.
    commits: u64,
}

impl Readers {
    pub(super) fn new(short: Vec<Connection>, long: Vec<Connection>, aside: [Connection; 2]) -> Self {
        let reader = |connection| Mutex::new(Reader { connection, snapshot: None });
        let readers = |connections: Vec<Connection>| connections.into_iter().map(reader).collect();
        Self { short: readers(short), long: readers(long), aside: aside.map(reader), commits: AtomicU64::new(0) }
    }

    /// Runs a short read on this thread.
    pub(super) fn run<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.run_on(&self.short, work)
    }

    /// Runs a long read on this thread.
    pub(super) fn run_long<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.run_on(&self.long, work)
    }

    /// Runs a read of which nobody waits for the end, of one instant, and keeps nothing.
    pub(super) fn run_aside<T>(
        &self,
        follower: Follower,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let [words, sums] = &self.aside;
        let reader = match follower {
            Follower::Words => words,
            Follower::Sums => sums,
        };
        let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        // Left by work that has panicked.
        reader.end()?;
        reader.connection.prepare_cached("BEGIN")?.execute([])?;
        let outcome = work(&reader.connection);
        let ended = reader.end();
        let outcome = outcome?;
        ended?;
        Ok(outcome)
    }

    /// On the first connection that is free: the fewer are used, the warmer their caches.
    fn run_on<T>(
        &self,
        readers: &[Mutex<Reader>],
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let wait = || readers.first().map(|reader| reader.lock().unwrap_or_else(PoisonError::into_inner));
        let mut reader = readers.iter().find_map(free).or_else(wait).ok_or(StoreError::Overloaded)?;
        let now = Instant::now();
        if reader.is_stale(self.commits.load(Acquire), now) {
            reader.end()?;
        }
        if reader.snapshot.is_none() {
            // Those who have nothing to do do not notice by themselves.
            self.end_idle(|idle| idle.is_stale(self.commits.load(Acquire), now));
            // Counted first: the snapshot is taken by the first statement and has at least these commits.
            let snapshot = Snapshot { since: now, commits: self.commits.load(Acquire) };
            reader.connection.prepare_cached("BEGIN")?.execute([])?;
            reader.snapshot = Some(snapshot);
        }
        let outcome = work(&reader.connection);
        if outcome.is_err() || self.commits.load(Acquire) % 2 == 1 {
            reader.end()?;
        }
        outcome
    }

    /// Commits, with as few readers in the way as may be.
    pub(super) fn while_resting<T>(&self, commit: impl FnOnce() -> T) -> T {
        self.commits.fetch_add(1, Release);
        self.end_idle(|_| true);
        let outcome = commit();
        self.commits.fetch_add(1, Release);
        outcome
    }

    fn end_idle(&self, condition: impl Fn(&Reader) -> bool) {
        for mut reader in self.short.iter().chain(&self.long).chain(&self.aside).filter_map(free) {
            if condition(&reader)
                && let Err(error) = reader.end()
            {
                tracing::warn!(%error, "a snapshot could not be ended");
            }
        }
    }
}

/// A reader that nobody uses.
fn free(reader: &Mutex<Reader>) -> Option<MutexGuard<'_, Reader>> {
    match reader.try_lock() {
        Ok(reader) => Some(reader),
        // A read that panicked left nothing behind: a statement that is dropped is reset.
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl Reader {
    /// It has a snapshot that lacks what it should show.
    fn is_stale(&self, commits: u64, now: Instant) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| {
            snapshot.commits != commits || now.saturating_duration_since(snapshot.since) > SNAPSHOT_AGE_MAX
        })
    }

    fn end(&mut self) -> rusqlite::Result<()> {
        if !self.connection.is_autocommit() {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        self.snapshot = None;
        Ok(())
    }
}
