//! The embedded store: one SQLite file in WAL mode, one writer, several readers.
//!
//! - Writes go through one thread, which commits what waits together in one transaction and answers after the commit. With
//!   `synchronous=FULL`, what was answered survives a power cut.
//! - Point reads run on the caller's thread: they take microseconds, less than handing them to another thread would.
//! - Lists run on tokio's threads for what blocks, on connections of their own, and no longer than they may: one that is slow
//!   keeps nobody else from theirs.
//! - Whoever waits does so for a while, and is then refused. (So it needs a tokio runtime with its timer to be called from.)
//! - What tickets say is indexed in a second file, `…-words`, after the fact: it can be made again from the first.

mod archive;
mod aside;
mod attempts;
mod backup;
mod counts;
mod deadline;
mod deliveries;
mod desk;
mod facets;
mod feed;
mod keys;
mod leases;
mod lists;
mod loose_ends;
mod migrate;
mod pages;
mod priority;
mod privacy;
mod readers;
mod references;
mod reports;
mod room;
mod rows;
mod rules;
mod subscriptions;
mod tickets;
mod tokens;
mod users;
mod words;
mod writer;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, config::DbConfig};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{sleep, timeout},
};

pub use self::backup::check_file;
use self::{
    aside::Aside,
    readers::Readers,
    words::{Left, Words},
    writer::Writer,
};
use super::{Hurry, QueueStore, StoreError, Urgency, WAIT_MAX, Waiting, Written, queue::Counted};

/// A log that a burst has blown up is cut off to this once all of it is in its file.
const LOG_OCTETS_MAX: u32 = 64 << 20;

/// A store in a SQLite file. Cheap to clone; the last clone that is dropped finishes what is waiting and closes the file.
///
/// Any number of processes may open one file: each sees at once what it has committed itself, and what another has committed
/// within 20 milliseconds.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    // Given up before the writer, which as the last connection puts its log into the file and removes it.
    readers: Arc<Readers>,
    writer: Writer,
    words: Words,
    /// Where words are indexed.
    indexes: Aside,
    /// Where events are read that are summed up.
    sums: Aside,
    /// As many as there are connections for long reads: who waits for one holds no thread.
    long_reads: Semaphore,
    /// Fewer, so that searches leave a connection to lists.
    searches: Semaphore,
    /// Who waits for one of either.
    waiting_reads: AtomicUsize,
    wait_max: Duration,
    read_max: Duration,
    path: PathBuf,
}

/// How a [`SqliteStore`] works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Connections for reads that take microseconds.
    pub readers: usize,
    /// Connections for lists and searches.
    pub long_readers: usize,
    /// Octets of memory in which all [`readers`](Self::readers) of this store together keep the file's pages that they come to. Taken as
    /// it is needed. The server's default is four times as much.
    pub cache_octets: usize,
    /// Most writes in one transaction.
    pub batch_max: usize,
    /// Most writes that may wait; one more is [`StoreError::Overloaded`].
    pub queue_max: usize,
    /// How long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// How long a write, a list or a search waits to be begun; after that it is [`StoreError::Overloaded`].
    pub wait_max: Duration,
    /// How long a list or a search takes, once begun; after that it is given up, and [`StoreError::Overloaded`].
    pub read_max: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            // A thread runs one of them at a time, and a runtime has as many threads.
            readers: thread::available_parallelism().map_or(4, NonZeroUsize::get).clamp(2, 16),
            long_readers: 3,
            cache_octets: 64 << 20,
            batch_max: 512,
            queue_max: 4096,
            busy_timeout: Duration::from_secs(5),
            wait_max: WAIT_MAX,
            read_max: Duration::from_secs(5),
        }
    }
}

impl SqliteStore {
    /// Opens a file, creates it where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened or written, [`StoreError::Damaged`] when it is no SQLite
    /// database or a newer program's.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, &SqliteOptions::default())
    }

    /// As [`open`](Self::open), with options.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, options: &SqliteOptions) -> Result<Self, StoreError> {
        let path = path.as_ref();
        migrate::migrate(path, options)?;
        let reader = |cache_octets: usize| connect(path, options, Access::Read { cache_octets });
        let readers = |count: usize, cache_octets: usize| (0..count).map(|_| reader(cache_octets)).collect();
        let (count, long_readers) = (options.readers.max(1), options.long_readers.max(1));
        let short: Result<_, StoreError> = readers(count, options.cache_octets / count);
        // More than the upper levels of ten million tickets' indices.
        let long: Result<_, StoreError> = readers(long_readers, 16 << 20);
        // Whoever follows comes to the same page once.
        let aside = [reader(1 << 20)?, reader(1 << 20)?];
        let readers = Arc::new(Readers::new(short?, long?, aside));
        let writer = Writer::start(connect(path, options, Access::Write)?, Arc::clone(&readers), path, options)?;
        let words = Words::beside(path);
        Ok(Self {
            inner: Arc::new(Inner {
                readers,
                writer,
                words,
                indexes: Aside::default(),
                sums: Aside::default(),
                long_reads: Semaphore::new(long_readers),
                searches: Semaphore::new((long_readers - 1).max(1)),
                waiting_reads: AtomicUsize::new(0),
                wait_max: options.wait_max,
                read_max: options.read_max,
                path: path.to_owned(),
            }),
        })
    }

    /// Waits until the store has given up writing, because what it put into its file could not be synced: it is for another process to
    /// open the file, and to go on from the log, which has everything. Until then, reads go on and every write is refused.
    pub async fn given_up(&self) {
        self.inner.writer.given_up().await;
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(work).await
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.inner.readers.run(work)
    }

    /// Runs a list that somebody waits for: soon and not for long, or not at all.
    async fn read_list<T: Send + 'static>(
        &self,
        kind: List,
        work: impl FnOnce(&Connection, &Words) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = &self.inner;
        let places = async {
            let _waiting = Counted::new(&inner.waiting_reads);
            let search = match kind {
                List::Search => Some(inner.searches.acquire().await),
                List::Plain => None,
            };
            Ok::<_, tokio::sync::AcquireError>((search.transpose()?, inner.long_reads.acquire().await?))
        };
        let (_search, _permit): (Option<SemaphorePermit<'_>>, _) = match timeout(inner.wait_max, places).await {
            Ok(places) => places.map_err(|error| StoreError::Unavailable(error.into()))?,
            Err(_) => return Err(StoreError::Overloaded),
        };
        let read_max = inner.read_max;
        self.blocking(move |store| {
            deadline::within(read_max, || store.readers.run_long(|connection| work(connection, &store.words)))
        })
        .await
    }

    /// Runs a read that takes longer where it keeps nobody waiting.
    async fn read_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Words) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.inner.long_reads.acquire().await.map_err(|error| StoreError::Unavailable(error.into()))?;
        self.blocking(move |store| store.readers.run_long(|connection| work(connection, &store.words))).await
    }

    /// Takes what has been said lately into the index of words; where nothing was, puts some of that together.
    async fn update_words(&self) -> Result<bool, StoreError> {
        // Whoever else wants to write to the index looks for a gap every tenth of a second.
        const PAUSE: Duration = Duration::from_millis(200);
        let left = match self.inner.words.urgency() {
            Urgency::Awaited => self.blocking(|store| store.words.advance(&store.readers, None)).await?,
            Urgency::Aside => {
                let advance = |store: &Inner| store.words.advance(&store.readers, Some(Hurry::PATIENCE));
                self.aside(|store| &store.indexes, advance).await?
            }
        };
        if left == Left::Pieces {
            sleep(PAUSE).await;
        }
        Ok(left != Left::Nothing)
    }

    /// Runs what gives way to all other work.
    async fn aside<T: Send + 'static>(
        &self,
        aside: fn(&Inner) -> &Aside,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        // Of those that the store belongs to, the thread that does it is never the last.
        let inner = Arc::clone(&self.inner);
        self.blocking(move |store| aside(store).run(move || work(&inner))).await
    }

    /// Runs what takes longer where it keeps nobody waiting.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        // It panicked, or the runtime ends.
        done.unwrap_or_else(|error| Err(StoreError::Unavailable(error.into())))
    }
}

impl QueueStore for SqliteStore {
    fn waiting(&self) -> Waiting {
        Waiting { writes: self.inner.writer.waiting(), reads: self.inner.waiting_reads.load(Relaxed) }
    }

    fn written(&self) -> Written {
        self.inner.writer.written()
    }
}

/// What somebody waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    /// It takes what its page takes.
    Plain,
    /// It may look through much for little.
    Search,
}

impl List {
    const fn of(search: bool) -> Self {
        if search { Self::Search } else { Self::Plain }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// With so much memory for pages, taken as it is needed.
    Read {
        cache_octets: usize,
    },
    Write,
    /// To read all of it, into another file.
    Copy,
}

fn connect(path: &Path, options: &SqliteOptions, access: Access) -> Result<Connection, StoreError> {
    let began = Instant::now();
    loop {
        match try_connect(path, options, access) {
            // SQLite itself does not wait while another connection makes the log or, as the last one, removes it.
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && began.elapsed() < options.busy_timeout =>
            {
                thread::sleep(Duration::from_millis(10));
            }
            outcome => return Ok(outcome?),
        }
    }
}

fn try_connect(path: &Path, options: &SqliteOptions, access: Access) -> rusqlite::Result<Connection> {
    let flags = match access {
        Access::Read { .. } | Access::Copy => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(options.busy_timeout)?;
    if matches!(access, Access::Read { .. }) {
        deadline::watch(&mut connection)?;
    }
    connection.set_prepared_statement_cache_capacity(64);
    // Without it, SQLite may plan a prepared statement anew for each value that is bound to it, which costs ten times what
    // running it does. Ours are to be found by the same index whatever they look for.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if access == Access::Write {
        // SQLite opens what may not be written all the same, to read only.
        if connection.is_readonly(MAIN_DB)? {
            let read_only = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
            return Err(rusqlite::Error::SqliteFailure(read_only, Some("the file may not be written".into())));
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_size_limit", LOG_OCTETS_MAX)?;
    } else if let Access::Read { cache_octets } = access {
        connection.pragma_update(None, "query_only", true)?;
        // In KiB where it is negative, in pages where it is not.
        connection.pragma_update(None, "cache_size", -i32::try_from(cache_octets >> 10).unwrap_or(i32::MAX).max(1))?;
    }
    Ok(connection)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use ErrorCode::{DatabaseCorrupt, NotADatabase, OperationInterrupted, TypeMismatch};
        match &error {
            rusqlite::Error::SqliteFailure(failure, _)
                if matches!(failure.code, DatabaseCorrupt | NotADatabase | TypeMismatch) =>
            {
                Self::Damaged(error.into())
            }
            rusqlite::Error::SqliteFailure(failure, _) if failure.code == OperationInterrupted => Self::Overloaded,
            rusqlite::Error::SqliteFailure(failure, _) if is_of_writing(*failure) => Self::Unwritable(error.into()),
            rusqlite::Error::SqliteFailure(..) => Self::Unavailable(error.into()),
            _ => Self::Damaged(error.into()),
        }
    }
}

/// Whether it is what is written to that fails, and not what is read.
fn is_of_writing(failure: rusqlite::ffi::Error) -> bool {
    use rusqlite::ffi::{
        SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE,
    };
    match failure.code {
        ErrorCode::DiskFull | ErrorCode::ReadOnly => true,
        ErrorCode::SystemIoFailure => matches!(
            failure.extended_code,
            SQLITE_IOERR_WRITE
                | SQLITE_IOERR_FSYNC
                | SQLITE_IOERR_DIR_FSYNC
                | SQLITE_IOERR_TRUNCATE
                | SQLITE_IOERR_SHMSIZE
        ),
        _ => false,
    }
}
