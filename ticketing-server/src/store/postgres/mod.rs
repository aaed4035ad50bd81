//! The store for more than one machine: PostgreSQL, or an engine that speaks its protocol.
//!
//! - Any number of processes share a database. Nothing is kept in one of them that another would have to know of.
//! - Transactions run again where the database says that they got in each other's way, or where a connection broke before the
//!   commit was sent. What became of a commit that nobody answered is looked up before it is done again.
//! - Creations and follow-ups that wait together are committed together: what all of them need, the label's counter above all,
//!   is locked once a batch.
//! - Only what distributed engines have too is used: no advisory locks, no `LISTEN`, no `SERIAL`. Ids come from rows that count.

mod archive;
mod attempts;
mod connect;
mod deliveries;
mod desk;
mod facets;
mod feed;
mod ids;
mod keys;
mod labels;
mod leases;
mod lists;
mod loose_ends;
mod migrate;
mod pages;
mod privacy;
mod references;
mod reports;
mod rows;
mod rules;
mod subscriptions;
mod tickets;
mod tokens;
mod transactions;
mod users;
mod words;
mod writer;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{AcquireError, Semaphore, SemaphorePermit},
    time::timeout,
};

pub(super) use self::connect::read_url;
use self::{connect::Access, transactions::Sessions, writer::Writer};
use super::{QueueStore, StoreError, WAIT_MAX, Waiting, Written, queue::Counted};

/// A store in a PostgreSQL database, or in one of an engine that speaks its protocol. Cheap to clone.
///
/// What one process has committed, all see at once; its events have their place in the feed within half a second.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    sessions: Arc<Sessions>,
    writer: Writer,
    /// Fewer than there are connections that read, so that lists leave some to what takes a moment.
    lists: Semaphore,
    /// Fewer still, so that searches leave some to lists.
    searches: Semaphore,
    /// Who waits for one of either.
    waiting_reads: AtomicUsize,
    wait_max: Duration,
    /// This process has seen that all was taken in that tickets say: since then it is behind by a moment.
    has_words: AtomicBool,
}

/// How a [`PostgresStore`] works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Most connections of this process.
    pub connections_max: usize,
    /// How long to wait for a new connection.
    pub connect_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How long whoever waits for a connection waits, for what writes to begin with their work, or for a lock that another process has;
    /// after that it is [`StoreError::Overloaded`].
    pub wait_max: Duration,
    /// A file of certificates (PEM) by which the server's is judged; `None`: the platform's.
    pub tls_ca: Option<PathBuf>,
    /// How many numbers of labels a process takes at once. `None`: each is taken by the transaction that stores its ticket, so
    /// that there are no gaps.
    pub label_block: Option<u32>,
    /// Most creations, or follow-ups, in one transaction.
    pub batch_max: usize,
    /// Most of them that may wait; one more is [`StoreError::Overloaded`].
    pub queue_max: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections_max: 16,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            wait_max: WAIT_MAX,
            tls_ca: None,
            label_block: None,
            batch_max: 512,
            queue_max: 4096,
        }
    }
}

impl PostgresStore {
    /// Connects to a database, `postgres://user:password@host/database`, and brings its schema up to date. Several hosts, with
    /// commas between them, are tried in turn for the one that takes writes.
    ///
    /// Where the server offers TLS it is used, and its certificate is checked; `?sslmode=require` refuses a server that does not,
    /// `?sslmode=disable` does without. To this machine it is not used unless it is asked for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database is out of reach or the address says nothing, [`StoreError::Damaged`] when
    /// its schema is a newer program's.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, &PostgresOptions::default()).await
    }

    /// As [`connect`](Self::connect), with options.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_with(url: &str, options: &PostgresOptions) -> Result<Self, StoreError> {
        let pool = connect::pool(url, options, Access::Write)?;
        migrate::migrate(&pool).await?;
        let reads = connect::pool(url, options, Access::Read)?;
        let sessions = Arc::new(Sessions { writes: pool, reads, statement_timeout: options.statement_timeout });
        let writer = Writer::start(&sessions, options);
        let read_max = Access::Read.connections(options);
        Ok(Self {
            inner: Arc::new(Inner {
                sessions,
                writer,
                lists: Semaphore::new((read_max / 2).max(1)),
                searches: Semaphore::new((read_max / 4).max(1)),
                waiting_reads: AtomicUsize::new(0),
                wait_max: options.wait_max,
                has_words: AtomicBool::new(false),
            }),
        })
    }

    /// Whether a store has been in a database before. Nothing is changed there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database is out of reach or the address says nothing.
    pub async fn is_in(url: &str, options: &PostgresOptions) -> Result<bool, StoreError> {
        migrate::has_tables(&connect::pool(url, options, Access::Read)?).await
    }

    fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    /// A place for a list, or for a search, as long as it is held; soon, or not at all.
    async fn place(&self, search: bool) -> Result<[Option<SemaphorePermit<'_>>; 2], StoreError> {
        let inner = &self.inner;
        let places = async {
            let search = if search { Some(inner.searches.acquire().await?) } else { None };
            Ok::<_, AcquireError>([search, Some(inner.lists.acquire().await?)])
        };
        let _waiting = Counted::new(&inner.waiting_reads);
        let places = timeout(inner.wait_max, places).await;
        places.map_err(|_| StoreError::Overloaded)?.map_err(|error| StoreError::Unavailable(error.into()))
    }
}

impl QueueStore for PostgresStore {
    fn waiting(&self) -> Waiting {
        let Inner { sessions, writer, waiting_reads, .. } = &*self.inner;
        Waiting {
            writes: writer.waiting() + sessions.writes.status().waiting,
            reads: waiting_reads.load(Relaxed) + sessions.reads.status().waiting,
        }
    }

    fn written(&self) -> Written {
        self.inner.writer.written()
    }
}
