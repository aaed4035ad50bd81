use ticketing_core::{Timestamp, Uuid};
use tokio_postgres::Row;

use super::{
    PostgresStore, ids,
    rows::Columns,
    users::{grow_revision, lock_accounts},
};
use crate::store::{KeyId, KeySecret, KeyStore, SigningKey, StoreError};

impl KeyStore for PostgresStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let sql = "SELECT uuid, secret, created_at, tokens_until FROM signing_keys ORDER BY id";
                let mut keys = Vec::new();
                for row in transaction.query(sql, &[]).await? {
                    let read = key(&row).ok();
                    if read.is_none() {
                        let id: Uuid = row.try_get(0).unwrap_or_default();
                        tracing::error!(key.id = %id, "a signing key cannot be read: its tokens say nothing");
                    }
                    keys.extend(read);
                }
                Ok(keys)
            })
        })
        .await
    }

    async fn add_signing_key(&self, key: SigningKey, only_as_first: bool) -> Result<(), StoreError> {
        let SigningKey { id, secret, created_at, tokens_until } = &key;
        self.write_again(|transaction| {
            Box::pin(async move {
                lock_accounts(transaction).await?;
                // There is one, or it was stored by this very call, when nobody answered.
                let sql = "SELECT 1 FROM signing_keys WHERE $1 OR uuid = $2 LIMIT 1";
                if transaction.query_opt(sql, &[&only_as_first, &id.0]).await?.is_some() {
                    return Ok(());
                }
                let number = ids::next_id(transaction, "signing_keys").await?;
                let sql = "INSERT INTO signing_keys (id, uuid, secret, created_at, tokens_until)
                           VALUES ($1, $2, $3, $4, $5)";
                let (created_at, tokens_until) = (created_at.unix_millis(), tokens_until.unix_millis());
                transaction.execute(sql, &[&number, &id.0, &secret.0.as_slice(), &created_at, &tokens_until]).await?;
                grow_revision(transaction).await
            })
        })
        .await
    }

    async fn keep_signing_key(&self, id: KeyId, until: Timestamp) -> Result<bool, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "UPDATE signing_keys SET tokens_until = greatest(tokens_until, $1) WHERE uuid = $2";
                Ok(transaction.execute(sql, &[&until.unix_millis(), &id.0]).await? > 0)
            })
        })
        .await
    }

    async fn forget_signing_keys(&self, expired_before: Timestamp) -> Result<usize, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                lock_accounts(transaction).await?;
                let sql = "DELETE FROM signing_keys
                           WHERE tokens_until < $1 AND id < (SELECT max(id) FROM signing_keys)";
                let forgotten = transaction.execute(sql, &[&expired_before.unix_millis()]).await?;
                if forgotten > 0 {
                    grow_revision(transaction).await?;
                }
                Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
            })
        })
        .await
    }
}

fn key(row: &Row) -> Result<SigningKey, StoreError> {
    let columns = &mut Columns::new(row);
    Ok(SigningKey {
        id: KeyId(columns.uuid()?),
        secret: KeySecret(columns.octets()?),
        created_at: columns.timestamp()?,
        tokens_until: columns.timestamp()?,
    })
}
