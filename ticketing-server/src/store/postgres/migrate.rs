//! Brings a database's schema up to date.

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use refinery::error::Kind;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::connect::unavailable;
use crate::store::StoreError;

mod embedded {
    refinery::embed_migrations!("src/store/postgres/migrations");
}

/// Servers may start at once on a new database: a row says which of them makes its tables. It stands in a table of its own,
/// which is made first; the others wait, and then find that all has been done.
pub(super) async fn migrate(pool: &Pool) -> Result<(), StoreError> {
    let mut connection = pool.get().await?;
    if is_done(&mut connection).await? {
        return Ok(());
    }
    make_lease(&connection).await?;
    let holder = Uuid::now_v7();
    let began = Instant::now();
    while !take_lease(&connection, holder).await? {
        if began.elapsed() > PATIENCE {
            return Err(unavailable("another process is changing the database's schema"));
        }
        sleep(Duration::from_millis(50)).await;
    }
    let outcome = tokio::select! {
        outcome = run(pool) => outcome,
        error = hold_lease(&connection, holder) => Err(error),
    };
    release_lease(&connection, holder).await?;
    outcome
}

/// Whether there are tables of a store's, of whatever version.
pub(super) async fn has_tables(pool: &Pool) -> Result<bool, StoreError> {
    let connection = pool.get().await?;
    Ok(connection.query_one("SELECT to_regclass('label_counters') IS NOT NULL", &[]).await?.get(0))
}

/// How long a lease is taken for, and how long whoever holds it may work.
const LEASE: &str = "30 seconds";
const PATIENCE: Duration = Duration::from_mins(10);

async fn make_lease(connection: &Object) -> Result<(), StoreError> {
    const ATTEMPTS: u32 = 20;
    for attempt in 1.. {
        let made = connection
            .batch_execute(
                "CREATE TABLE IF NOT EXISTS migration_lease (
                     id integer PRIMARY KEY, holder uuid NOT NULL, held_until timestamptz NOT NULL
                 )",
            )
            .await;
        match made {
            Ok(()) => break,
            Err(error) if attempt == ATTEMPTS => return Err(error.into()),
            // Of two that make it at once, one may fail for that.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
    Ok(())
}

async fn take_lease(connection: &Object, holder: Uuid) -> Result<bool, StoreError> {
    let sql = format!(
        "INSERT INTO migration_lease (id, holder, held_until) VALUES (1, $1, now() + INTERVAL '{LEASE}')
         ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
         WHERE migration_lease.held_until <= now() OR migration_lease.holder = excluded.holder"
    );
    match connection.execute(&sql, &[&holder]).await {
        Ok(rows) => Ok(rows > 0),
        // Somebody else was faster.
        Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::T_R_SERIALIZATION_FAILURE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Prolongs the lease for as long as this runs; it ends only where that fails.
async fn hold_lease(connection: &Object, holder: Uuid) -> StoreError {
    loop {
        sleep(Duration::from_secs(5)).await;
        match take_lease(connection, holder).await {
            Ok(true) => {}
            Ok(false) => return unavailable("another process has begun to change the database's schema"),
            Err(error) => return error,
        }
    }
}

async fn release_lease(connection: &Object, holder: Uuid) -> Result<(), StoreError> {
    connection.execute("DELETE FROM migration_lease WHERE id = 1 AND holder = $1", &[&holder]).await?;
    Ok(())
}

/// Every start looks; nearly none has anything to do.
async fn is_done(connection: &mut Object) -> Result<bool, StoreError> {
    let known = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !connection.query_one(known, &[]).await?.get::<_, bool>(0) {
        return Ok(false);
    }
    let runner = embedded::migrations::runner();
    let applied = runner.get_applied_migrations_async(&mut ***connection).await.map_err(told)?;
    let wanted = runner.get_migrations();
    let is_same = |(applied, wanted): (&refinery::Migration, &refinery::Migration)| {
        applied.version() == wanted.version() && applied.checksum() == wanted.checksum()
    };
    Ok(applied.len() == wanted.len() && applied.iter().zip(wanted).all(is_same))
}

async fn run(pool: &Pool) -> Result<(), StoreError> {
    let mut connection = pool.get().await?;
    // It takes what it takes. The connection is not used for anything else.
    connection
        .batch_execute("SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        .await?;
    // Grouped, all of them and the note that they were done are one transaction: a process that is killed leaves all or none.
    // A missing migration is one of a newer program, whose database is not ours to touch.
    let runner = embedded::migrations::runner().set_grouped(true).set_abort_missing(true).set_abort_divergent(true);
    let outcome = runner.run_async(&mut **connection).await.map(|_| ()).map_err(told);
    drop(Object::take(connection));
    outcome
}

fn told(error: refinery::Error) -> StoreError {
    match error.kind() {
        Kind::Connection(..) => StoreError::Unavailable(error.into()),
        _ => StoreError::Damaged(error.into()),
    }
}
