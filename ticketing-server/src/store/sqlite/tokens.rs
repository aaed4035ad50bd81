use rusqlite::{Connection, Row, named_params};
use ticketing_core::{Timestamp, Token, Uuid, ticket::ActorId, token::Scopes};

use super::{SqliteStore, rows::Columns, users::grow_revision};
use crate::store::{StoreError, TokenHash, TokenRecord, TokenStore, TokenStored};

impl TokenStore for SqliteStore {
    async fn tokens(&self) -> Result<Vec<TokenRecord>, StoreError> {
        self.read(|connection| {
            let sql =
                "SELECT uuid, name, prefix, hash, scopes, created_at, created_by, expires_at, revoked_at, last_used_at
                       FROM tokens ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = statement.query([])?;
            let mut tokens = Vec::new();
            while let Some(row) = found.next()? {
                let read = record(row).ok();
                // An error would leave all of them as they were known: what was revoked since would stay.
                if read.is_none() {
                    let id = row.get(0).map(Uuid::from_bytes).unwrap_or_default();
                    tracing::error!(token.id = %id, "a token cannot be read, and so can do nothing");
                }
                tokens.extend(read);
            }
            Ok(tokens)
        })
    }

    async fn add_token(&self, record: TokenRecord) -> Result<TokenStored, StoreError> {
        self.write(move |connection| add(connection, &record)).await
    }

    async fn revoke_token(&self, id: ActorId, at: Timestamp) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE tokens SET revoked_at = ? WHERE uuid = ? AND revoked_at IS NULL";
            if connection.prepare_cached(sql)?.execute((at.unix_millis(), id.0.as_bytes()))? > 0 {
                grow_revision(connection)?;
                return Ok(true);
            }
            Ok(connection.prepare_cached("SELECT 1 FROM tokens WHERE uuid = ?")?.exists([id.0.as_bytes()])?)
        })
        .await
    }

    async fn note_token_uses(&self, uses: Vec<(ActorId, Timestamp)>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE tokens SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE uuid = ?";
            let mut statement = connection.prepare_cached(sql)?;
            for (id, at) in &uses {
                statement.execute((at.unix_millis(), id.0.as_bytes()))?;
            }
            Ok(())
        })
        .await
    }
}

fn add(connection: &Connection, record: &TokenRecord) -> Result<TokenStored, StoreError> {
    let TokenRecord { token, hash } = record;
    let sql = "SELECT 1 FROM tokens
               WHERE name_key = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)";
    if connection.prepare_cached(sql)?.exists((token.name_key(), token.created_at.unix_millis()))? {
        return Ok(TokenStored::NameTaken);
    }
    connection
        .prepare_cached(
            "INSERT INTO tokens (
                 uuid, name, name_key, prefix, hash, scopes, created_at, created_by, expires_at, revoked_at,
                 last_used_at
             ) VALUES (
                 :uuid, :name, :name_key, :prefix, :hash, :scopes, :created_at, :created_by, :expires_at, :revoked_at,
                 :last_used_at
             )",
        )?
        .execute(named_params! {
            ":uuid": token.id.0.as_bytes(),
            ":name": token.name,
            ":name_key": token.name_key(),
            ":prefix": token.prefix,
            ":hash": hash.0,
            ":scopes": token.scopes.to_string(),
            ":created_at": token.created_at.unix_millis(),
            ":created_by": token.created_by.as_ref().map(|user| user.0.as_bytes()),
            ":expires_at": token.expires_at.map(Timestamp::unix_millis),
            ":revoked_at": token.revoked_at.map(Timestamp::unix_millis),
            ":last_used_at": token.last_used_at.map(Timestamp::unix_millis),
        })?;
    grow_revision(connection)?;
    Ok(TokenStored::Stored)
}

fn record(row: &Row<'_>) -> Result<TokenRecord, StoreError> {
    let columns = &mut Columns::new(row);
    let (id, name, prefix) = (ActorId(columns.uuid()?), columns.next()?, columns.next()?);
    let hash = TokenHash(columns.next()?);
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
