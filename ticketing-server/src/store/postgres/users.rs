use ticketing_core::{EmailAddress, User, Uuid, ticket::ActorId, user::UserRole};
use tokio_postgres::Row;

use super::{
    PostgresStore, ids,
    rows::{Columns, damaged, signed},
    transactions::{Parameters, Transaction},
};
use crate::store::{AccountsRevision, PasswordHash, StoreError, UserChange, UserRecord, UserStore, UserStored};

impl UserStore for PostgresStore {
    async fn accounts_revision(&self) -> Result<AccountsRevision, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let row = transaction.query_opt("SELECT revision FROM accounts_revision WHERE id = 1", &[]).await?;
                let row = row.ok_or_else(|| damaged("there is no revision of the accounts"))?;
                Ok(AccountsRevision(row.try_get(0).map_err(damaged)?))
            })
        })
        .await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                each(transaction, "", &[], |row| {
                    let read = record(row).ok();
                    // An error would leave everybody as they were known: whoever was disabled since would stay.
                    if read.is_none() {
                        let id: Uuid = row.try_get(0).unwrap_or_default();
                        tracing::error!(user.id = %id, "a user cannot be read, and so can do nothing");
                    }
                    Ok(read.map(|record| record.user))
                })
                .await
            })
        })
        .await
    }

    async fn find_user(&self, id: ActorId) -> Result<Option<UserRecord>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move { Ok(find(transaction, "WHERE uuid = $1", &[&id.0]).await?.pop()) })
        })
        .await
    }

    async fn find_user_by_email(&self, email_key: &str) -> Result<Option<UserRecord>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move { Ok(find(transaction, "WHERE email_key = $1", &[&email_key]).await?.pop()) })
        })
        .await
    }

    async fn add_user(&self, record: UserRecord) -> Result<UserStored, StoreError> {
        let record = &record;
        self.write_again(|transaction| Box::pin(add(transaction, record))).await
    }

    async fn change_user(&self, change: UserChange) -> Result<UserStored, StoreError> {
        let change = &change;
        self.write(|transaction| Box::pin(self::change(transaction, change))).await
    }
}

/// Whoever changes users, tokens or keys does so alone, from before they look at what there is: what only one may have, and who
/// is the last of their kind, is so also where others change something at the same time.
pub(super) async fn lock_accounts(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.query("SELECT revision FROM accounts_revision WHERE id = 1 FOR UPDATE", &[]).await?;
    Ok(())
}

/// Whoever changes users, tokens or keys says so.
pub(super) async fn grow_revision(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("UPDATE accounts_revision SET revision = revision + 1 WHERE id = 1", &[]).await?;
    Ok(())
}

async fn find(
    transaction: &Transaction<'_>,
    condition: &str,
    wanted: Parameters<'_>,
) -> Result<Vec<UserRecord>, StoreError> {
    each(transaction, condition, wanted, |row| record(row).map(Some)).await
}

async fn each<T>(
    transaction: &Transaction<'_>,
    condition: &str,
    wanted: Parameters<'_>,
    read: impl Fn(&Row) -> Result<Option<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let sql = format!(
        "SELECT uuid, version, email, name, role, area, phone, is_active, tokens_valid_from, password
         FROM users {condition} ORDER BY id"
    );
    let rows = transaction.query(&sql, wanted).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        all.extend(read(row)?);
    }
    Ok(all)
}

fn record(row: &Row) -> Result<UserRecord, StoreError> {
    let columns = &mut Columns::new(row);
    let user = User {
        id: ActorId(columns.uuid()?),
        version: columns.number()?,
        email: columns.optional_text()?.map(|email| EmailAddress::parse(email).map_err(damaged)).transpose()?,
        name: columns.next()?,
        role: columns.named(UserRole::from_name)?,
        area: columns.next()?,
        phone: columns.next()?,
        is_active: columns.next()?,
        tokens_valid_from: columns.timestamp()?,
    };
    Ok(UserRecord { user, password: columns.next::<Option<String>>()?.map(PasswordHash) })
}

async fn add(
    transaction: &Transaction<'_>,
    UserRecord { user, password }: &UserRecord,
) -> Result<UserStored, StoreError> {
    lock_accounts(transaction).await?;
    if !find(transaction, "WHERE uuid = $1", &[&user.id.0]).await?.is_empty() {
        // By this very call, when nobody answered.
        return Ok(UserStored::Stored);
    }
    if is_email_taken(transaction, user).await? {
        return Ok(UserStored::EmailTaken);
    }
    let id = ids::next_id(transaction, "users").await?;
    transaction
        .execute(
            "INSERT INTO users (
                 id, uuid, version, email, email_key, name, role, area, phone, is_active, password, tokens_valid_from
             ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                &id,
                &user.id.0,
                &signed(user.version)?,
                &user.email.as_ref().map(EmailAddress::as_str),
                &user.email.as_ref().map(EmailAddress::key),
                &user.name,
                &user.role.name(),
                &user.area,
                &user.phone,
                &user.is_active,
                &password.as_ref().map(|hash| &hash.0),
                &user.tokens_valid_from.unix_millis(),
            ],
        )
        .await?;
    grow_revision(transaction).await?;
    Ok(UserStored::Stored)
}

async fn change(transaction: &Transaction<'_>, change: &UserChange) -> Result<UserStored, StoreError> {
    let UserChange { expected_version, user, password, needs_other_admin } = change;
    lock_accounts(transaction).await?;
    if is_email_taken(transaction, user).await? {
        return Ok(UserStored::EmailTaken);
    }
    if *needs_other_admin && !has_other_admin(transaction, user).await? {
        return Ok(UserStored::LastAdmin);
    }
    let updated = transaction
        .execute(
            "UPDATE users SET
                 version = $1, email = $2::text, email_key = $3, name = $4, role = $5, area = $6,
                 phone = $7, is_active = $8,
                 password = CASE WHEN $2::text IS NULL THEN NULL ELSE coalesce($9, password) END,
                 tokens_valid_from = $10
             WHERE uuid = $11 AND version = $12",
            &[
                &signed(user.version)?,
                &user.email.as_ref().map(EmailAddress::as_str),
                &user.email.as_ref().map(EmailAddress::key),
                &user.name,
                &user.role.name(),
                &user.area,
                &user.phone,
                &user.is_active,
                &password.as_ref().map(|hash| &hash.0),
                &user.tokens_valid_from.unix_millis(),
                &user.id.0,
                &signed(*expected_version)?,
            ],
        )
        .await?;
    if updated == 0 {
        return Ok(UserStored::Conflict);
    }
    grow_revision(transaction).await?;
    Ok(UserStored::Stored)
}

async fn is_email_taken(transaction: &Transaction<'_>, user: &User) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM users WHERE email_key = $1 AND uuid <> $2";
    let key = user.email.as_ref().map(EmailAddress::key);
    Ok(transaction.query_opt(sql, &[&key, &user.id.0]).await?.is_some())
}

async fn has_other_admin(transaction: &Transaction<'_>, user: &User) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM users WHERE role = $1 AND is_active AND email IS NOT NULL AND uuid <> $2 LIMIT 1";
    Ok(transaction.query_opt(sql, &[&UserRole::Admin.name(), &user.id.0]).await?.is_some())
}
