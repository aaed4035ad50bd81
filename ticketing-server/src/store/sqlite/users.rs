use rusqlite::{Connection, Params, Row, named_params};
use ticketing_core::{EmailAddress, User, Uuid, ticket::ActorId, user::UserRole};

use super::{
    SqliteStore,
    rows::{Columns, damaged},
};
use crate::store::{AccountsRevision, PasswordHash, StoreError, UserChange, UserRecord, UserStore, UserStored};

impl UserStore for SqliteStore {
    async fn accounts_revision(&self) -> Result<AccountsRevision, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT revision FROM accounts_revision")?;
            Ok(AccountsRevision(statement.query_row([], |row| row.get(0))?))
        })
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.read(|connection| {
            each(connection, "", [], |row| {
                let read = record(row).ok();
                // An error would leave everybody as they were known: whoever was disabled since would stay.
                if read.is_none() {
                    let id = row.get(0).map(Uuid::from_bytes).unwrap_or_default();
                    tracing::error!(user.id = %id, "a user cannot be read, and so can do nothing");
                }
                Ok(read.map(|record| record.user))
            })
        })
    }

    async fn find_user(&self, id: ActorId) -> Result<Option<UserRecord>, StoreError> {
        self.read(|connection| Ok(find(connection, "WHERE uuid = ?", [id.0.as_bytes()])?.pop()))
    }

    async fn find_user_by_email(&self, email_key: &str) -> Result<Option<UserRecord>, StoreError> {
        self.read(|connection| Ok(find(connection, "WHERE email_key = ?", [email_key])?.pop()))
    }

    async fn add_user(&self, record: UserRecord) -> Result<UserStored, StoreError> {
        self.write(move |connection| add(connection, &record)).await
    }

    async fn change_user(&self, change: UserChange) -> Result<UserStored, StoreError> {
        self.write(move |connection| self::change(connection, &change)).await
    }
}

/// Whoever changes users, tokens or keys says so.
pub(super) fn grow_revision(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE accounts_revision SET revision = revision + 1")?.execute([])?;
    Ok(())
}

fn find(connection: &Connection, condition: &str, wanted: impl Params) -> Result<Vec<UserRecord>, StoreError> {
    each(connection, condition, wanted, |row| record(row).map(Some))
}

fn each<T>(
    connection: &Connection,
    condition: &str,
    wanted: impl Params,
    read: impl Fn(&Row<'_>) -> Result<Option<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let sql = format!(
        "SELECT uuid, version, email, name, role, area, phone, is_active, tokens_valid_from, password
         FROM users {condition} ORDER BY id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(wanted)?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        all.extend(read(row)?);
    }
    Ok(all)
}

fn record(row: &Row<'_>) -> Result<UserRecord, StoreError> {
    let columns = &mut Columns::new(row);
    let user = User {
        id: ActorId(columns.uuid()?),
        version: columns.next()?,
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

fn add(connection: &Connection, UserRecord { user, password }: &UserRecord) -> Result<UserStored, StoreError> {
    if is_email_taken(connection, user)? {
        return Ok(UserStored::EmailTaken);
    }
    connection
        .prepare_cached(
            "INSERT INTO users (
                 uuid, version, email, email_key, name, role, area, phone, is_active, password, tokens_valid_from
             ) VALUES (
                 :uuid, :version, :email, :email_key, :name, :role, :area, :phone, :is_active, :password,
                 :tokens_valid_from
             )",
        )?
        .execute(named_params! {
            ":uuid": user.id.0.as_bytes(),
            ":version": user.version,
            ":email": user.email.as_ref().map(EmailAddress::as_str),
            ":email_key": user.email.as_ref().map(EmailAddress::key),
            ":name": user.name,
            ":role": user.role.name(),
            ":area": user.area,
            ":phone": user.phone,
            ":is_active": user.is_active,
            ":password": password.as_ref().map(|hash| &hash.0),
            ":tokens_valid_from": user.tokens_valid_from.unix_millis(),
        })?;
    grow_revision(connection)?;
    Ok(UserStored::Stored)
}

fn change(connection: &Connection, change: &UserChange) -> Result<UserStored, StoreError> {
    let UserChange { expected_version, user, password, needs_other_admin } = change;
    if is_email_taken(connection, user)? {
        return Ok(UserStored::EmailTaken);
    }
    if *needs_other_admin && !has_other_admin(connection, user)? {
        return Ok(UserStored::LastAdmin);
    }
    let updated = connection
        .prepare_cached(
            "UPDATE users SET
                 version = :version, email = :email, email_key = :email_key, name = :name, role = :role, area = :area,
                 phone = :phone, is_active = :is_active,
                 password = iif(:email IS NULL, NULL, coalesce(:password, password)),
                 tokens_valid_from = :tokens_valid_from
             WHERE uuid = :uuid AND version = :expected_version",
        )?
        .execute(named_params! {
            ":version": user.version,
            ":email": user.email.as_ref().map(EmailAddress::as_str),
            ":email_key": user.email.as_ref().map(EmailAddress::key),
            ":name": user.name,
            ":role": user.role.name(),
            ":area": user.area,
            ":phone": user.phone,
            ":is_active": user.is_active,
            ":password": password.as_ref().map(|hash| &hash.0),
            ":tokens_valid_from": user.tokens_valid_from.unix_millis(),
            ":uuid": user.id.0.as_bytes(),
            ":expected_version": expected_version,
        })?;
    if updated == 0 {
        return Ok(UserStored::Conflict);
    }
    grow_revision(connection)?;
    Ok(UserStored::Stored)
}

fn is_email_taken(connection: &Connection, user: &User) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM users WHERE email_key = ? AND uuid <> ?";
    let key = user.email.as_ref().map(EmailAddress::key);
    Ok(connection.prepare_cached(sql)?.exists((key, user.id.0.as_bytes()))?)
}

fn has_other_admin(connection: &Connection, user: &User) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM users WHERE role = ? AND is_active AND email IS NOT NULL AND uuid <> ?";
    Ok(connection.prepare_cached(sql)?.exists((UserRole::Admin.name(), user.id.0.as_bytes()))?)
}
