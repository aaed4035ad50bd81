use rusqlite::Connection;
use ticketing_core::{
    Timestamp,
    user::{Attempts, Tally},
};

use super::{SqliteStore, rows::Columns};
use crate::store::{Attempt, AttemptKey, AttemptStore, Attempted, Settlement, StoreError};

impl AttemptStore for SqliteStore {
    async fn count_attempt(&self, attempt: Attempt) -> Result<Attempted, StoreError> {
        self.write(move |connection| {
            let counted = match attempt.decide(|key| so_far(connection, key))? {
                Ok(counted) => counted,
                Err(wait) => return Ok(Attempted::TooEarly { wait }),
            };
            for (key, attempts) in counted {
                keep(connection, key, attempts)?;
            }
            Ok(Attempted::Counted)
        })
        .await
    }

    async fn settle_attempt(&self, settlement: Settlement) -> Result<(), StoreError> {
        self.write(move |connection| {
            for (key, settled) in &settlement.keys {
                keep(connection, *key, so_far(connection, *key)?.settled(settlement.made_at, *settled))?;
            }
            Ok(())
        })
        .await
    }

    async fn forget_attempts_before(&self, instant: Timestamp) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let sql = "DELETE FROM login_attempts WHERE last_at < ?";
            Ok(connection.prepare_cached(sql)?.execute([instant.unix_millis()])?)
        })
        .await
    }
}

fn so_far(connection: &Connection, key: AttemptKey) -> Result<Attempts, StoreError> {
    let sql = "SELECT wrong, wrong_at, open, open_at FROM login_attempts WHERE key = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([key.0])?;
    let Some(row) = found.next()? else { return Ok(Attempts::default()) };
    let columns = &mut Columns::new(row);
    let mut tally = || Ok::<_, StoreError>(Tally { count: columns.next()?, last_at: columns.timestamp()? });
    Ok(Attempts { wrong: tally()?, open: tally()? })
}

fn keep(connection: &Connection, key: AttemptKey, attempts: Attempts) -> Result<(), StoreError> {
    if attempts == Attempts::default() {
        connection.prepare_cached("DELETE FROM login_attempts WHERE key = ?")?.execute([key.0])?;
        return Ok(());
    }
    let sql = "INSERT OR REPLACE INTO login_attempts (key, wrong, wrong_at, open, open_at, last_at)
               VALUES (?, ?, ?, ?, ?, ?)";
    let Attempts { wrong, open } = attempts;
    let [wrong_at, open_at, last_at] = [wrong.last_at, open.last_at, attempts.last_at()].map(Timestamp::unix_millis);
    connection.prepare_cached(sql)?.execute((key.0, wrong.count, wrong_at, open.count, open_at, last_at))?;
    Ok(())
}
