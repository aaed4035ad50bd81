//! Transactions, and when they are run again.

use std::{
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use deadpool_postgres::{Object, Pool, PoolError, TimeoutType};
use tokio::time::{sleep, timeout};
use tokio_postgres::{
    Row, Statement,
    error::SqlState,
    types::{ToSql, Type},
};

use super::{
    PostgresStore,
    connect::{Causes, GRACE, unavailable},
};
use crate::store::StoreError;

/// Work of a transaction, as it is done each time that it is run.
pub(super) type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// What a statement comes to.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, tokio_postgres::Error>> + Send + 'a>>;

/// What a statement is given.
pub(super) type Parameters<'p> = &'p [&'p (dyn ToSql + Sync)];

/// A value of a statement that is put together before it is sent.
pub(super) type Parameter<'p> = Box<dyn ToSql + Sync + Send + 'p>;

/// A value with its type, of a statement that is planned for its values.
pub(super) type Typed<'p> = (Parameter<'p>, Type);

/// Statements that are sent together.
#[derive(Default)]
pub(super) struct Statements<'p>(Vec<(&'static str, Vec<Parameter<'p>>)>);

impl<'p> Statements<'p> {
    pub(super) fn add(&mut self, sql: &'static str, parameters: Vec<Parameter<'p>>) {
        self.0.push((sql, parameters));
    }

    /// A statement for so many rows; none for none.
    pub(super) fn add_some(&mut self, sql: &'static str, parameters: Vec<Parameter<'p>>, rows: usize) {
        if rows > 0 {
            self.add(sql, parameters);
        }
    }

    /// Sends them.
    pub(super) async fn send(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        self.send_with(transaction, None).await
    }

    /// Sends them, and with them the commit: nothing is left to be done for the transaction but to answer.
    pub(super) async fn commit(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        self.send_with(transaction, Some("COMMIT")).await
    }

    async fn send_with(&self, transaction: &Transaction<'_>, end: Option<&'static str>) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let parameters: Vec<Vec<&(dyn ToSql + Sync)>> =
            self.0.iter().map(|(_, parameters)| parameters.iter().map(borrowed).collect()).collect();
        let statements: Vec<_> =
            self.0.iter().zip(&parameters).map(|((sql, _), given)| (*sql, given.as_slice())).collect();
        transaction.send_all(&statements, end).await?;
        Ok(())
    }
}

fn borrowed<'b>(parameter: &'b Parameter<'_>) -> &'b (dyn ToSql + Sync) {
    &**parameter
}

/// Parameters of a statement that takes an array for each column: what each row has in it.
macro_rules! each {
    ($rows:expr, $row:ident => [$($value:expr),* $(,)?]) => {
        vec![$($crate::store::postgres::transactions::column($rows.iter().map(|$row| {
            let _ = &$row;
            $value
        }))),*]
    };
    ($rows:expr, $names:tt => [$($value:expr),* $(,)?]) => {
        vec![$($crate::store::postgres::transactions::column($rows.iter().map(|row| {
            $crate::store::postgres::transactions::named!(row, $names);
            $value
        }))),*]
    };
}

/// Names parts of a row, of which a column needs some.
macro_rules! named {
    ($row:ident, ($($name:ident),+)) => {
        let ($($name),+) = $row;
        let _ = ($(&$name),+);
    };
}

pub(super) fn column<'p, T: ToSql + Sync + Send + 'p>(values: impl Iterator<Item = T>) -> Parameter<'p> {
    Box::new(values.collect::<Vec<_>>())
}

pub(super) use {each, named};

/// A transaction, or a read of a single statement, on a connection of its own. Statements are prepared once a connection.
///
/// `'a` is how long what the work borrows lives.
pub(super) struct Transaction<'a> {
    /// `None` once it is over.
    connection: Option<Object>,
    /// What is still to be sent, with the first statement.
    begin: Mutex<Option<&'static str>>,
    /// It is a transaction, and no statement by itself.
    has_begin: bool,
    /// The commit was sent along with the last statements.
    is_committing: AtomicBool,
    borrows: PhantomData<&'a ()>,
}

/// The connections of a store, and what is done on them.
pub(super) struct Sessions {
    pub(super) writes: Pool,
    pub(super) reads: Pool,
    pub(super) statement_timeout: Duration,
}

impl PostgresStore {
    /// Runs work that writes in one transaction, which is committed where it answers `Ok`. It may be run several times, and is
    /// committed once; where nobody answers whether it was, that is [`StoreError::Unavailable`].
    ///
    /// A statement that fails ends the transaction: nothing is stored, also where the work goes on and answers `Ok`.
    pub(super) async fn write<'a, T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        self.sessions().run(Mode::Write, work).await
    }

    /// As [`write`](Self::write), of work that does no harm when it is done twice: it is run again also where nobody answers
    /// whether it was committed.
    pub(super) async fn write_again<'a, T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        self.sessions().run(Mode::WriteAgain(&AtomicBool::new(false)), work).await
    }

    /// Runs a read of several statements, which see the database as it is at one instant.
    pub(super) async fn read<'a, T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        self.sessions().run(Mode::Read, work).await
    }

    /// Runs a read of one statement, which needs no transaction around it.
    pub(super) async fn look<'a, T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        self.sessions().run(Mode::Look, work).await
    }
}

impl Sessions {
    /// As [`PostgresStore::write`].
    pub(super) async fn write<'a, T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        self.run(Mode::Write, work).await
    }

    /// Runs work as [`PostgresStore::write_again`] does, work that finds out what was stored before where there is doubt: that is
    /// noted before it is run again.
    pub(super) async fn write_in_doubt<'a, T, W>(&self, doubt: &AtomicBool, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        self.run(Mode::WriteAgain(doubt), work).await
    }

    async fn run<'a, T, W>(&self, mode: Mode<'_>, work: W) -> Result<T, StoreError>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        for attempt in 0.. {
            let (error, reason) = match self.attempt(mode, &work).await {
                Ok(value) => return Ok(value),
                Err(Failed { error, again: Some(reason) }) => (error, reason),
                Err(Failed { error, again: None }) => return Err(error),
            };
            if reason == Again::Connection {
                // Those that nobody uses now are no better: they would all be tried, one after the other.
                self.writes.retain(|_, _| false);
                self.reads.retain(|_, _| false);
            }
            if attempt >= reason.attempts() {
                return Err(error);
            }
            tracing::debug!(%error, attempt, "a transaction is run again");
            sleep(pause(attempt)).await;
        }
        Err(StoreError::Overloaded)
    }

    async fn attempt<'a, T, W>(&self, mode: Mode<'_>, work: &W) -> Result<T, Failed>
    where
        W: for<'t> Fn(&'t Transaction<'a>) -> Work<'t, T> + Send + Sync,
        T: Send,
    {
        let pool = if mode.is_read() { &self.reads } else { &self.writes };
        let connection = pool.get().await.map_err(|error| Failed { error: error.into(), again: None })?;
        let mut transaction = Transaction {
            connection: Some(connection),
            begin: Mutex::new(mode.begin()),
            has_begin: mode.begin().is_some(),
            is_committing: AtomicBool::new(false),
            borrows: PhantomData,
        };
        let limit = self.statement_timeout + GRACE;
        let Ok(outcome) = timeout(limit, work(&transaction)).await else {
            // Its connection goes with it.
            return Err(if transaction.is_committing.load(Relaxed) {
                Failed { error: unknown("it does not answer in time"), again: mode.after_unknown() }
            } else {
                Failed { error: unavailable("the database does not answer in time"), again: None }
            });
        };
        match outcome {
            Ok(value) => match timeout(limit, transaction.end("COMMIT")).await {
                Ok(Ok(())) => Ok(value),
                Ok(Err(error)) => Err(Failed::to_commit(error, mode)),
                Err(_) => Err(Failed { error: unknown("it does not answer in time"), again: mode.after_unknown() }),
            },
            Err(error) => {
                let again = Again::after(&error);
                if again == Some(Again::Connection) && transaction.is_committing.load(Relaxed) {
                    return Err(Failed { error: unknown(error), again: mode.after_unknown() });
                }
                if again != Some(Again::Connection) {
                    // A connection that cannot do that is given up.
                    let _ = timeout(limit, transaction.end("ROLLBACK")).await;
                }
                Err(Failed { error, again })
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Mode<'d> {
    Write,
    /// Where it is not known whether it was committed, that is noted.
    WriteAgain(&'d AtomicBool),
    Read,
    Look,
}

impl Mode<'_> {
    /// How it begins. Isolation of writes is the database's own: they are right under any.
    const fn begin(self) -> Option<&'static str> {
        match self {
            Self::Write | Self::WriteAgain(_) => Some("BEGIN"),
            Self::Read => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Self::Look => None,
        }
    }

    const fn is_read(self) -> bool {
        matches!(self, Self::Read | Self::Look)
    }

    fn after_unknown(self) -> Option<Again> {
        match self {
            Self::Write => return None,
            Self::WriteAgain(doubt) => doubt.store(true, Relaxed),
            Self::Read | Self::Look => {}
        }
        Some(Again::Connection)
    }
}

struct Failed {
    error: StoreError,
    /// Nothing was stored, and the next attempt may succeed.
    again: Option<Again>,
}

impl Failed {
    fn to_commit(error: tokio_postgres::Error, mode: Mode<'_>) -> Self {
        // What the server says itself is an answer: it was not committed.
        if error.code().is_some_and(|code| !is_no_answer(code)) {
            let error = error.into();
            return Self { again: Again::after(&error), error };
        }
        Self { error: unknown(Causes(&error).to_string()), again: mode.after_unknown() }
    }
}

fn unknown(why: impl std::fmt::Display) -> StoreError {
    unavailable(format!("whether a transaction was committed is not known: {why}"))
}

/// Why a transaction is run again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Again {
    /// Others got in its way.
    Conflict,
    /// Its connection is of no use any more.
    Connection,
}

impl Again {
    fn after(error: &StoreError) -> Option<Self> {
        let error = cause(error)?;
        let Some(code) = error.code() else {
            return (error.is_closed() || is_io(error)).then_some(Self::Connection);
        };
        match code {
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Some(Self::Conflict),
            // It was the primary; or another process has changed a table, or somebody between us and the server the connection.
            &SqlState::READ_ONLY_SQL_TRANSACTION
            | &SqlState::FEATURE_NOT_SUPPORTED
            | &SqlState::INVALID_SQL_STATEMENT_NAME => Some(Self::Connection),
            code if is_no_answer(code) => Some(Self::Connection),
            _ if violation(error).is_some_and(|constraint| RACES.contains(&constraint)) => Some(Self::Conflict),
            _ => None,
        }
    }

    const fn attempts(self) -> u32 {
        match self {
            Self::Conflict => 20,
            Self::Connection => 3,
        }
    }
}

/// What is said where a connection ends, or by an engine that does not know itself what has become of a transaction: it leaves open
/// what was done.
fn is_no_answer(code: &SqlState) -> bool {
    matches!(
        code,
        &SqlState::ADMIN_SHUTDOWN
            | &SqlState::CRASH_SHUTDOWN
            | &SqlState::CANNOT_CONNECT_NOW
            | &SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
    ) || code.code().starts_with("08")
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// What the database has said, where the error is its.
pub(super) fn cause(error: &StoreError) -> Option<&tokio_postgres::Error> {
    match error {
        StoreError::Unavailable(error) | StoreError::Unwritable(error) | StoreError::Damaged(error) => {
            error.downcast_ref()
        }
        StoreError::Overloaded => None,
    }
}

/// The constraint that would have been violated, where that is what failed.
fn violation(error: &tokio_postgres::Error) -> Option<&str> {
    let error = error.as_db_error()?;
    let is_violation = matches!(error.code(), &SqlState::UNIQUE_VIOLATION | &SqlState::FOREIGN_KEY_VIOLATION);
    if is_violation { error.constraint() } else { None }
}

/// What fails only because somebody else did something between two statements, and does not the next time: a key that is used for
/// the first time twice at once, a facet that was taken away because no ticket had it.
const RACES: [&str; 2] = ["idempotency_keys_once", "facet_counts_facet"];

/// Up to twice as long each time, but never long: somebody waits.
fn pause(attempt: u32) -> Duration {
    let most = 4_000_u64 << attempt.min(6);
    let random = u64::from(getrandom::u32().unwrap_or(u32::MAX));
    Duration::from_micros(most * random / u64::from(u32::MAX))
}

impl Transaction<'_> {
    /// The rows that a statement answers.
    pub(super) async fn query(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepare(sql).await?;
        self.send(|client| client.query(&statement, parameters)).await
    }

    /// The rows that a statement answers which is planned anew each time: how it is best found depends on what is looked for.
    pub(super) async fn query_planned(&self, sql: &str, parameters: &[Typed<'_>]) -> Result<Vec<Row>, StoreError> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> =
            parameters.iter().map(|(value, value_type)| (borrowed(value), value_type.clone())).collect();
        self.send(|client| client.query_typed(sql, &parameters)).await
    }

    /// The row that a statement answers, if it answers one.
    pub(super) async fn query_opt(&self, sql: &str, parameters: Parameters<'_>) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// Runs a statement; answers how many rows it has changed.
    pub(super) async fn execute(&self, sql: &str, parameters: Parameters<'_>) -> Result<u64, StoreError> {
        let statement = self.prepare(sql).await?;
        self.send(|client| client.execute(&statement, parameters)).await
    }

    /// Runs statements in their order, all sent before the first is answered; answers what each has answered.
    pub(super) async fn pipeline(&self, statements: &[(&str, Parameters<'_>)]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.send_all(statements, None).await
    }

    async fn send_all(
        &self,
        statements: &[(&str, Parameters<'_>)],
        last: Option<&'static str>,
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut prepared = Vec::with_capacity(statements.len());
        for (sql, parameters) in statements {
            prepared.push((self.prepare(sql).await?, *parameters));
        }
        let client = self.client()?;
        let alone = |sql| -> Answer<'_, Vec<Row>> {
            Box::pin(async move { client.batch_execute(sql).await.map(|()| Vec::new()) })
        };
        let begin = self.begin().map(alone);
        let skipped = usize::from(begin.is_some());
        let mut waiting: Vec<Answer<'_, Vec<Row>>> = begin.into_iter().collect();
        for (statement, parameters) in &prepared {
            waiting.push(Box::pin(client.query(statement, parameters)));
        }
        waiting.extend(last.map(alone));
        if last.is_some() {
            self.is_committing.store(true, Relaxed);
        }
        let mut answers = in_order(waiting).await?;
        Ok(answers.drain(skipped..skipped + prepared.len()).collect())
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, StoreError> {
        Ok(self.client()?.prepare_cached(sql).await?)
    }

    /// Sends a statement, behind the one that begins the transaction where that is still to be sent.
    async fn send<'s, T, F>(&'s self, send: impl FnOnce(&'s tokio_postgres::Client) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let client = self.client()?;
        match self.begin() {
            None => Ok(send(client).await?),
            Some(begin) => {
                let (open, answer) = tokio::join!(biased; client.batch_execute(begin), send(client));
                open?;
                Ok(answer?)
            }
        }
    }

    /// What begins the transaction, for whoever sends the first statement.
    fn begin(&self) -> Option<&'static str> {
        self.begin.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn client(&self) -> Result<&deadpool_postgres::ClientWrapper, StoreError> {
        self.connection.as_deref().ok_or_else(|| unavailable("the transaction is over"))
    }

    /// Ends it, where it was begun and has not ended, and gives the connection back to the pool.
    async fn end(&mut self, how: &'static str) -> Result<(), tokio_postgres::Error> {
        let is_begun = self.has_begin && self.begin.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        if let Some(connection) = &self.connection
            && is_begun
            && !self.is_committing.load(Relaxed)
        {
            connection.batch_execute(how).await?;
        }
        self.connection = None;
        Ok(())
    }
}

/// One that nobody has ended, because its connection broke or nobody waits for it any more: its connection is closed.
impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

/// What futures come to that are polled in their order, so that what they send is sent in it. The first error is that of the
/// first that has one: those behind it only say that there was one.
async fn in_order<T>(mut waiting: Vec<Answer<'_, T>>) -> Result<Vec<T>, tokio_postgres::Error> {
    let mut answers: Vec<Option<Result<T, _>>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut is_pending = false;
        for (future, answer) in waiting.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(outcome) => *answer = Some(outcome),
                    Poll::Pending => is_pending = true,
                }
            }
        }
        if is_pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    answers.into_iter().flatten().collect()
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        // Values that are none, constraints, tables that are not there.
        let is_damage = |code: &SqlState| ["22", "23", "42"].iter().any(|class| code.code().starts_with(class));
        match error.code() {
            Some(code) if is_damage(code) => Self::Damaged(error.into()),
            Some(&SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED) => Self::Damaged(error.into()),
            Some(&SqlState::DISK_FULL) => Self::Unwritable(error.into()),
            // Another process has had a lock for longer than anybody waits.
            Some(&SqlState::LOCK_NOT_AVAILABLE) => Self::Overloaded,
            _ => Self::Unavailable(error.into()),
        }
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => Self::Overloaded,
            error => unavailable(format!("the database is out of reach: {}", Causes(&error))),
        }
    }
}
