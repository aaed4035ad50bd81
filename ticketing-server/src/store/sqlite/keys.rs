use rusqlite::Row;
use ticketing_core::{Timestamp, Uuid};

use super::{SqliteStore, rows::Columns, users::grow_revision};
use crate::store::{KeyId, KeySecret, KeyStore, SigningKey, StoreError};

impl KeyStore for SqliteStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT uuid, secret, created_at, tokens_until FROM signing_keys ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = statement.query([])?;
            let mut keys = Vec::new();
            while let Some(row) = found.next()? {
                let read = key(row).ok();
                if read.is_none() {
                    let id = row.get(0).map(Uuid::from_bytes).unwrap_or_default();
                    tracing::error!(key.id = %id, "a signing key cannot be read: its tokens say nothing");
                }
                keys.extend(read);
            }
            Ok(keys)
        })
    }

    async fn add_signing_key(&self, key: SigningKey, only_as_first: bool) -> Result<(), StoreError> {
        self.write(move |connection| {
            if only_as_first && connection.prepare_cached("SELECT 1 FROM signing_keys")?.exists([])? {
                return Ok(());
            }
            let sql = "INSERT INTO signing_keys (uuid, secret, created_at, tokens_until) VALUES (?, ?, ?, ?)";
            let SigningKey { id, secret, created_at, tokens_until } = &key;
            let row = (id.0.as_bytes(), secret.0, created_at.unix_millis(), tokens_until.unix_millis());
            connection.prepare_cached(sql)?.execute(row)?;
            grow_revision(connection)
        })
        .await
    }

    async fn keep_signing_key(&self, id: KeyId, until: Timestamp) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE signing_keys SET tokens_until = max(tokens_until, ?) WHERE uuid = ?";
            Ok(connection.prepare_cached(sql)?.execute((until.unix_millis(), id.0.as_bytes()))? > 0)
        })
        .await
    }

    async fn forget_signing_keys(&self, expired_before: Timestamp) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let sql = "DELETE FROM signing_keys
                       WHERE tokens_until < ? AND id < (SELECT max(id) FROM signing_keys)";
            let forgotten = connection.prepare_cached(sql)?.execute([expired_before.unix_millis()])?;
            if forgotten > 0 {
                grow_revision(connection)?;
            }
            Ok(forgotten)
        })
        .await
    }
}

fn key(row: &Row<'_>) -> Result<SigningKey, StoreError> {
    let columns = &mut Columns::new(row);
    Ok(SigningKey {
        id: KeyId(columns.uuid()?),
        secret: KeySecret(columns.next()?),
        created_at: columns.timestamp()?,
        tokens_until: columns.timestamp()?,
    })
}
