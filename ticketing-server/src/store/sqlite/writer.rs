//! The one thread that writes. What waits together is committed together.

use std::{
    any::Any,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicI32,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime},
};

use rusqlite::{Connection, ErrorCode, config::DbConfig, ffi, hooks::Wal};
use tokio::sync::{mpsc, oneshot};

use super::{SqliteOptions, counts::Counts, is_of_writing, priority::go_first, readers::Readers};
use crate::store::{
    StoreError, Written,
    queue::{self, Bell, Queue, Tally, stopped},
};

/// A place in the line of what is to be written.
type Place = queue::Place<Box<dyn Job>>;

pub(super) struct Writer {
    /// `None` only while it is dropped.
    jobs: Option<Queue<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    /// The disk did not take what was written last, as far as is known.
    is_in_trouble: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn start(
        mut connection: Connection,
        readers: Arc<Readers>,
        path: &Path,
        options: &SqliteOptions,
    ) -> Result<Self, StoreError> {
        let log = Log::of(&mut connection, path)?;
        let (jobs, waiting) = Queue::new(options.queue_max, options.wait_max);
        let batch_max = options.batch_max.max(1);
        let is_in_trouble = Arc::<AtomicBool>::default();
        let (bell, tally, trouble) = (jobs.bell(), jobs.tally(), Arc::clone(&is_in_trouble));
        let thread = std::thread::Builder::new()
            .name("ticketing-writer".into())
            .spawn(move || {
                go_first();
                let line = Line { waiting, bell, tally, batch_max };
                write(&connection, &readers, &log, line, &trouble);
                // The readers' connections are closed before this one.
                drop(readers);
            })
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), is_in_trouble })
    }

    /// Whether the disk did not take what was written last.
    pub(super) fn is_in_trouble(&self) -> bool {
        self.is_in_trouble.load(Acquire)
    }

    /// Somebody has seen that there is room again.
    pub(super) fn is_out_of_trouble(&self) {
        if self.is_in_trouble.swap(false, Release) {
            tracing::info!("the disk takes what is written again");
        }
    }

    /// Runs work in the next transaction and answers once that is committed. Work that fails leaves nothing behind and does
    /// not disturb what is committed with it; where it does fail, the work of others may be run a second time. Work that
    /// waits is done also when nobody waits for the answer any more, unless it has waited too long.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let after_counts = move |connection: &Connection, counts: &mut Counts| {
            counts.write(connection)?;
            work(connection)
        };
        self.run_counting(after_counts).await
    }

    /// The same, of work that counts with others of its transaction.
    pub(super) async fn run_counting<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection, &mut Counts) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        // What the work was made of comes back, to be given up where nobody waits for that.
        let (outcome, _work) = jobs.run(Box::new(Call { work, outcome: None, reply }), answer).await?;
        Ok(outcome)
    }

    /// Waits until nothing is written any more, because the file could not be synced.
    pub(super) async fn given_up(&self) {
        if let Some(jobs) = &self.jobs {
            jobs.closed().await;
        }
    }

    /// How much waits.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.as_ref().map_or(0, Queue::len)
    }

    /// What it has done.
    pub(super) fn written(&self) -> Written {
        self.jobs.as_ref().map_or_else(Written::default, Queue::written)
    }
}

/// Finishes what waits.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // It ends by itself; a panic of it has been reported.
            let _ = thread.join();
        }
    }
}

trait Job: Send {
    /// Does the work and remembers its outcome; tells whether it succeeded.
    fn run(&mut self, connection: &Connection, counts: &mut Counts) -> bool;

    /// Takes its outcome back: what it has counted could not be written.
    fn fail(&mut self, error: StoreError);

    /// Whether it failed because the disk takes nothing.
    fn is_unwritable(&self) -> bool;

    /// Answers: the outcome, or why it was not committed.
    fn answer(self: Box<Self>, committed: Result<(), &Arc<rusqlite::Error>>);
}

struct Call<T, F> {
    work: F,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<(T, F), StoreError>>,
}

impl<T: Send, F: Fn(&Connection, &mut Counts) -> Result<T, StoreError> + Send> Job for Call<T, F> {
    fn run(&mut self, connection: &Connection, counts: &mut Counts) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(connection, counts)))
            .unwrap_or_else(|panic| Err(StoreError::Damaged(panic_message(&*panic).into())));
        self.outcome.insert(outcome).is_ok()
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Some(Err(error));
    }

    fn is_unwritable(&self) -> bool {
        matches!(self.outcome, Some(Err(StoreError::Unwritable(_))))
    }

    fn answer(self: Box<Self>, committed: Result<(), &Arc<rusqlite::Error>>) {
        let Self { work, outcome, reply } = *self;
        let outcome = match (committed, outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(stopped()),
            (Err(error), _) => Err(not_committed(error)),
        };
        // Whoever asked may be gone.
        let _ = reply.send(outcome.map(|outcome| (outcome, work)));
    }
}

/// The same for all that were in the transaction.
fn not_committed(error: &Arc<rusqlite::Error>) -> StoreError {
    let shared = Box::new(Arc::clone(error));
    match error.sqlite_error_code() {
        _ if says_unwritable(error) => StoreError::Unwritable(shared),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(shared),
        _ => StoreError::Unavailable(shared),
    }
}

fn says_unwritable(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _) if is_of_writing(*failure))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a write panicked".into())
}

/// Where work comes from.
struct Line {
    waiting: mpsc::Receiver<Place>,
    bell: Arc<Bell>,
    tally: Arc<Tally>,
    /// As much is taken from it at once.
    batch_max: usize,
}

fn write(connection: &Connection, readers: &Readers, log: &Log, mut line: Line, is_in_trouble: &AtomicBool) {
    let mut places = Vec::with_capacity(line.batch_max);
    let mut batch = Vec::with_capacity(line.batch_max);
    let mut gathering = Gathering::default();
    while line.waiting.blocking_recv_many(&mut places, line.batch_max) > 0 {
        gathering.gather(&mut line, &mut places);
        let began = Instant::now();
        // Another process may be writing, for seconds. Nothing is begun before it is our turn.
        let turn = begin(connection);
        batch.extend(places.drain(..).filter_map(|place| place.take()));
        let committed = turn.and_then(|()| commit(connection, readers, &mut batch)).map_err(Arc::new);
        gathering.committed(batch.len(), line.waiting.len(), began.elapsed());
        if !batch.is_empty() {
            line.tally.add(batch.len());
        }
        let mut kept = Ok(());
        if let Err(error) = &committed {
            tracing::error!(%error, writes = batch.len(), "a transaction was not committed");
            // Whatever is left of it. There may be nothing left.
            let _ = connection.execute_batch("ROLLBACK");
            if says_unwritable(error) {
                is_in_trouble.store(true, Release);
                write_over(connection);
                kept = log.make_room(connection, readers);
            }
        } else if is_in_trouble.load(Acquire) {
            // What was in the way may be gone.
            kept = log.make_room(connection, readers);
        }
        for job in batch.drain(..) {
            job.answer(committed.as_ref().copied());
        }
        if let Err(error) = kept.and_then(|()| log.keep_short(connection, readers)) {
            give_up(connection, &error);
            line.waiting.close();
            let error = Arc::new(error);
            while let Some(place) = line.waiting.blocking_recv() {
                if let Some(job) = place.take() {
                    job.answer(Err(&error));
                }
            }
            return;
        }
    }
}

/// Writes something over what a transaction has left in the log that was not committed.
///
/// Where it is the sync that failed, all of the transaction stands in the log, its end too. Whoever opened the file after this process
/// died would take it for committed, though its sender was told that it was not. The next transaction stands in its place; this one
/// changes nothing. It need not get to the disk: what the disk has of either is not known any more until a sync succeeds.
///
/// (To go on after a failed sync of the log is safe. The system may have dropped what it could not write, and the next sync says
/// nothing of that; but SQLite counts on none of it: the next transaction is written from the same place again, whole. After a failed
/// sync of the file itself it is not: see [`give_up`].)
fn write_over(connection: &Connection) {
    let unchanged = || {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        touch(connection)?;
        connection.execute_batch("COMMIT")
    };
    if unchanged().is_err() {
        let _ = connection.execute_batch("ROLLBACK");
    }
}

/// Writes nothing more, and leaves the log where it is.
///
/// SQLite puts a log that others read from into the file piece by piece, and syncs the file when it has all of it. Where that sync fails,
/// the system may have dropped what it could not write of earlier pieces, which are not written again: the next sync would succeed,
/// the log be emptied, and what was acknowledged be in neither. Whoever opens the file next takes no piece for written; until then
/// the log has everything. So it is for another process to go on.
fn give_up(connection: &Connection, error: &rusqlite::Error) {
    tracing::error!(%error, "the database's file could not be synced: its log has everything, and is put into it by who opens it next");
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::error!(%error, "the log could not be kept");
    }
}

/// The log, which is put into the file from time to time. SQLite would do so by itself and say nothing of how it went.
struct Log {
    /// The file that it is the log of.
    file: PathBuf,
    /// Its pages after the last commit.
    pages: Arc<AtomicI32>,
}

impl Log {
    /// From how many pages on it is put into the file: SQLite's own number.
    const PAGES: i32 = 1_000;

    fn of(connection: &mut Connection, file: &Path) -> rusqlite::Result<Self> {
        let pages = Arc::<AtomicI32>::default();
        let noted = Arc::clone(&pages);
        // In the place of SQLite's own, which begins a checkpoint.
        connection.wal_hook(Some(move |_: &mut Wal, pages: i32| {
            noted.store(pages, Relaxed);
            Ok(())
        }))?;
        Ok(Self { file: file.to_owned(), pages })
    }

    /// Puts it into the file where it is long.
    fn keep_short(&self, connection: &Connection, readers: &Readers) -> rusqlite::Result<()> {
        if self.pages.load(Relaxed) < Self::PAGES {
            return Ok(());
        }
        self.put(connection, readers, "PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// Puts it into the file and cuts it off. There may be no commit any more after which it would be: a log that has grown while
    /// somebody read from it holds the very room that is missing.
    fn make_room(&self, connection: &Connection, readers: &Readers) -> rusqlite::Result<()> {
        // Whoever reads for long is not waited for.
        const PATIENCE: Duration = Duration::from_millis(50);
        let patience = connection.pragma_query_value(None, "busy_timeout", |row| row.get::<_, u32>(0));
        let set = |patience| {
            if let Err(error) = connection.busy_timeout(patience) {
                tracing::error!(%error, "how long others are waited for could not be set");
            }
        };
        set(PATIENCE);
        let put = self.put(connection, readers, "PRAGMA wal_checkpoint(TRUNCATE)");
        set(patience.map_or(SqliteOptions::default().busy_timeout, |millis| Duration::from_millis(millis.into())));
        put
    }

    /// Fails where the file could not be synced, and nowhere else: whatever else is in the way is so for now.
    fn put(&self, connection: &Connection, readers: &Readers, sql: &str) -> rusqlite::Result<()> {
        let before = self.file_changed();
        let is_busy = |row: &rusqlite::Row<'_>| row.get::<_, bool>(0);
        let Err(error) = readers.while_resting(|| connection.query_row(sql, [], is_busy)) else { return Ok(()) };
        // The log is synced first, and the file written only after that: where it was not, it is the log's sync that failed.
        let is_of_sync = matches!(&error, rusqlite::Error::SqliteFailure(failure, _)
            if failure.extended_code == ffi::SQLITE_IOERR_FSYNC);
        if is_of_sync && (before.is_none() || self.file_changed() != before) {
            return Err(error);
        }
        tracing::error!(%error, "the log could not be put into the file");
        Ok(())
    }

    /// When the file was last written. (Asked by its name: to open and close it would end SQLite's locks on it.)
    fn file_changed(&self) -> Option<SystemTime> {
        fs::metadata(&self.file).and_then(|file| file.modified()).ok()
    }
}

/// Writes a number that nothing uses, as it is: a page goes to the disk.
pub(super) fn touch(connection: &Connection) -> rusqlite::Result<()> {
    let unused: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", unused)
}

/// How long a transaction waits for those who write again and again.
///
/// Whoever has been answered asks next while the transaction after theirs is on its way to the disk. Without a pause, the first of
/// them has a transaction alone while all others wait for it. So one waits for more than half of as many as were in the last one or
/// stood behind it, for as long as they keep coming, and no longer than the last one took: while these are written, the rest has
/// the time to be answered and to ask again. To wait for all would leave the writer idle for as long as that takes. Where nobody else
/// writes, nobody waits.
#[derive(Default)]
struct Gathering {
    /// How many may come.
    expected: usize,
    /// How long the last transaction took.
    took: Duration,
}

impl Gathering {
    /// Whether they keep coming is not seen in less.
    const PAUSE_MIN: Duration = Duration::from_micros(50);
    /// The most that anybody is kept waiting.
    const PATIENCE_MAX: Duration = Duration::from_millis(2);

    fn gather(&self, line: &mut Line, batch: &mut Vec<Place>) {
        let Line { waiting, bell, batch_max, tally: _ } = line;
        let (expected, patience) = (self.expected.min(*batch_max), self.took.min(Self::PATIENCE_MAX));
        let pause = (patience / 8).max(Self::PAUSE_MIN);
        let began = Instant::now();
        let mut there = batch.len() + waiting.len();
        while there < expected && began.elapsed() + pause <= patience {
            bell.wait(expected - batch.len(), || waiting.len(), pause);
            let before = std::mem::replace(&mut there, batch.len() + waiting.len());
            if there == before {
                break;
            }
        }
        while batch.len() < *batch_max
            && let Ok(place) = waiting.try_recv()
        {
            batch.push(place);
        }
    }

    fn committed(&mut self, written: usize, waiting: usize, took: Duration) {
        // Of two who write, two: half of them would be each alone.
        *self = Self { expected: usize::midpoint(written, waiting) + 1, took };
    }
}

fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(|_| ())
}

/// The transaction of a batch, once it is begun. All of it succeeds nearly always, so nothing is prepared for the undoing of a single job: where
/// one fails, everything is undone and done again, with a savepoint for each job. (A savepoint copies every page that its job
/// is the first to touch: a fifth of the cost of a creation.)
fn commit(connection: &Connection, readers: &Readers, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]).map(|_| ());
    let mut counts = Counts::default();
    if !batch.iter_mut().all(|job| job.run(connection, &mut counts)) || counts.write(connection).is_err() {
        if !connection.is_autocommit() {
            run("ROLLBACK")?;
        }
        begin(connection)?;
        for job in batch {
            run("SAVEPOINT job")?;
            let mut counts = Counts::default();
            let done =
                job.run(connection, &mut counts) && counts.write(connection).map_err(|error| job.fail(error)).is_ok();
            if !done {
                if connection.is_autocommit() {
                    // A full disk and the like end the whole transaction, and with it what came before in this batch.
                    let code = if job.is_unwritable() { ffi::SQLITE_FULL } else { ffi::SQLITE_ABORT };
                    return Err(rusqlite::Error::SqliteFailure(
                        ffi::Error::new(code),
                        Some("the transaction was rolled back: the disk is full or failing".into()),
                    ));
                }
                run("ROLLBACK TO job")?;
            }
            run("RELEASE job")?;
        }
    }
    readers.while_resting(|| run("COMMIT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Job for Nothing {
        fn run(&mut self, _: &Connection, _: &mut Counts) -> bool {
            true
        }

        fn fail(&mut self, _: StoreError) {}

        fn is_unwritable(&self) -> bool {
            false
        }

        fn answer(self: Box<Self>, _: Result<(), &Arc<rusqlite::Error>>) {}
    }

    /// How many are gathered where one is there, others wait, and more come, one after the other.
    fn gathered(gathering: &Gathering, waiting: usize, coming: usize, batch_max: usize) -> (usize, Duration) {
        let (jobs, line) = mpsc::channel::<Place>(64);
        let mut line = Line { waiting: line, bell: Arc::default(), tally: Arc::default(), batch_max };
        let place = || Place::new(Box::new(Nothing) as Box<dyn Job>).0;
        let send = |count| (0..count).for_each(|_| assert!(jobs.try_send(place()).is_ok()));
        let mut batch = vec![place()];
        send(waiting);
        let began = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                // Quicker than the pauses, so that one of them is in each.
                for _ in 0..coming {
                    send(1);
                    std::thread::sleep(Duration::from_micros(100));
                }
            });
            gathering.gather(&mut line, &mut batch);
        });
        (batch.len(), began.elapsed())
    }

    #[test]
    fn whoever_writes_alone_waits_for_nobody() {
        let mut gathering = Gathering::default();
        // Long enough to be noticed, were it waited for.
        gathering.committed(1, 0, Duration::from_hours(1));
        let (count, took) = gathered(&gathering, 0, 0, 512);
        assert_eq!(count, 1);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    #[test]
    fn what_waits_is_taken_and_no_more_than_fits() {
        let mut gathering = Gathering::default();
        gathering.committed(4, 4, Duration::from_micros(10));
        assert_eq!(gathered(&gathering, 5, 0, 512).0, 6);
        assert_eq!(gathered(&gathering, 40, 0, 8).0, 8);
    }

    #[test]
    fn nobody_is_kept_for_long_by_those_who_do_not_come() {
        let mut gathering = Gathering::default();
        gathering.committed(30, 30, Duration::from_hours(1));
        let (count, took) = gathered(&gathering, 3, 0, 512);
        assert_eq!(count, 4);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    #[test]
    fn those_who_come_again_are_waited_for() {
        let mut gathering = Gathering::default();
        gathering.committed(5, 4, Duration::from_hours(1));
        // On a machine that is busy with others, they may come later than anybody waits.
        assert!((0..500).any(|_| gathered(&gathering, 0, 8, 512).0 == 5), "more than half of them are not waited for");
    }
}
