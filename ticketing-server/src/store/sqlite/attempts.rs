use rusqlite::Connection;
use ticketing_core::{Timestamp, user::Attempts};

use super::{SqliteStore, rows::Columns};
use crate::store::{Attempt, AttemptKey, AttemptStore, Attempted, StoreError};

impl AttemptStore for SqliteStore {
    async fn count_attempt(&self, attempt: Attempt) -> Result<Attempted, StoreError> {
        self.write(move |connection| {
            let counted = match attempt.decide(|key| so_far(connection, key))? {
                Ok(counted) => counted,
                Err(wait) => return Ok(Attempted::TooEarly { wait }),
            };
            let sql = "INSERT OR REPLACE INTO login_attempts (key, count, last_at) VALUES (?, ?, ?)";
            let mut statement = connection.prepare_cached(sql)?;
            for (key, Attempts { count, last_at }) in counted {
                statement.execute((key.0, count, last_at.unix_millis()))?;
            }
            Ok(Attempted::Counted)
        })
        .await
    }

    async fn settle_attempt(&self, forget: Vec<AttemptKey>, take_back: Vec<AttemptKey>) -> Result<(), StoreError> {
        self.write(move |connection| {
            for key in &take_back {
                let sql = "UPDATE login_attempts SET count = count - 1 WHERE key = ? AND count > 0";
                connection.prepare_cached(sql)?.execute([key.0])?;
            }
            for key in &forget {
                connection.prepare_cached("DELETE FROM login_attempts WHERE key = ?")?.execute([key.0])?;
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

fn so_far(connection: &Connection, key: AttemptKey) -> Result<Option<Attempts>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count, last_at FROM login_attempts WHERE key = ?")?;
    let mut found = statement.query([key.0])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let columns = &mut Columns::new(row);
    Ok(Some(Attempts { count: columns.next()?, last_at: columns.timestamp()? }))
}
