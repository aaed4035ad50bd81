use ticketing_core::{Timestamp, Token, Uuid, ticket::ActorId, token::Scopes};
use tokio_postgres::Row;

use super::{
    PostgresStore, ids,
    rows::Columns,
    transactions::Transaction,
    users::{grow_revision, lock_accounts},
};
use crate::store::{StoreError, TokenHash, TokenRecord, TokenStore, TokenStored};

impl TokenStore for PostgresStore {
    async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let sql = "SELECT uuid, name, prefix, hash, scopes, created_at, created_by, expires_at, revoked_at,
                                  last_used_at
                           FROM tokens ORDER BY id";
                let mut tokens = Vec::new();
                for row in transaction.query(sql, &[]).await? {
                    let read = record(&row).ok();
                    // An error would leave all of them as they were known: what was revoked since would stay.
                    if read.is_none() {
                        let id: Uuid = row.try_get(0).unwrap_or_default();
                        tracing::error!(token.id = %id, "a token cannot be read, and so can do nothing");
                    }
                    tokens.extend(read);
                }
                Ok(tokens)
            })
        })
        .await
    }

    async fn add_token(&self, record: TokenRecord) -> Result<TokenStored, StoreError> {
        let record = &record;
        self.write_again(|transaction| Box::pin(add(transaction, record))).await
    }

    async fn revoke_token(&self, id: ActorId, at: Timestamp) -> Result<bool, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                lock_accounts(transaction).await?;
                let sql = "UPDATE tokens SET revoked_at = $1 WHERE uuid = $2 AND revoked_at IS NULL";
                if transaction.execute(sql, &[&at.unix_millis(), &id.0]).await? > 0 {
                    grow_revision(transaction).await?;
                    return Ok(true);
                }
                Ok(transaction.query_opt("SELECT 1 FROM tokens WHERE uuid = $1", &[&id.0]).await?.is_some())
            })
        })
        .await
    }

    async fn note_token_uses(&self, uses: Vec<(ActorId, Timestamp)>) -> Result<(), StoreError> {
        let mut uses: Vec<_> = uses.into_iter().map(|(id, at)| (id.0, at.unix_millis())).collect();
        // In one order everywhere, and of each token once, its latest.
        uses.sort_unstable();
        uses.reverse();
        uses.dedup_by_key(|(id, _)| *id);
        let (tokens, times): (Vec<_>, Vec<_>) = uses.into_iter().unzip();
        let (tokens, times) = (&tokens, &times);
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "UPDATE tokens t SET last_used_at = greatest(coalesce(t.last_used_at, 0), n.used_at)
                           FROM unnest($1::uuid[], $2::bigint[]) AS n (uuid, used_at) WHERE t.uuid = n.uuid";
                transaction.execute(sql, &[tokens, times]).await?;
                Ok(())
            })
        })
        .await
    }
}

async fn add(transaction: &Transaction<'_>, record: &TokenRecord) -> Result<TokenStored, StoreError> {
    let TokenRecord { token, hash } = record;
    lock_accounts(transaction).await?;
    if transaction.query_opt("SELECT 1 FROM tokens WHERE uuid = $1", &[&token.id.0]).await?.is_some() {
        // By this very call, when nobody answered.
        return Ok(TokenStored::Stored);
    }
    let sql = "SELECT 1 FROM tokens
               WHERE name_key = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) LIMIT 1";
    let (name_key, created_at) = (token.name_key(), token.created_at.unix_millis());
    if transaction.query_opt(sql, &[&name_key, &created_at]).await?.is_some() {
        return Ok(TokenStored::NameTaken);
    }
    let id = ids::next_id(transaction, "tokens").await?;
    transaction
        .execute(
            "INSERT INTO tokens (
                 id, uuid, name, name_key, prefix, hash, scopes, created_at, created_by, expires_at, revoked_at,
                 last_used_at
             ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                &id,
                &token.id.0,
                &token.name,
                &name_key,
                &token.prefix,
                &hash.0.as_slice(),
                &token.scopes.to_string(),
                &created_at,
                &token.created_by.as_ref().map(|user| user.0),
                &token.expires_at.map(Timestamp::unix_millis),
                &token.revoked_at.map(Timestamp::unix_millis),
                &token.last_used_at.map(Timestamp::unix_millis),
            ],
        )
        .await?;
    grow_revision(transaction).await?;
    Ok(TokenStored::Stored)
}

fn record(row: &Row) -> Result<TokenRecord, StoreError> {
    let columns = &mut Columns::new(row);
    let (id, name, prefix) = (ActorId(columns.uuid()?), columns.next()?, columns.next()?);
    let hash = TokenHash(columns.octets()?);
    let token = Token {
        id,
        name,
        prefix,
        scopes: columns.named(Scopes::from_names)?,
        created_at: columns.timestamp()?,
        created_by: columns.optional_uuid()?.map(ActorId),
        expires_at: columns.optional_timestamp()?,
        revoked_at: columns.optional_timestamp()?,
        last_used_at: columns.optional_timestamp()?,
    };
    Ok(TokenRecord { token, hash })
}
