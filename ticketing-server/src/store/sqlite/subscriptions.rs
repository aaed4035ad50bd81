use rusqlite::{Connection, Params, Row, named_params};
use ticketing_core::{
    Uuid,
    subscription::{Criteria, Happening, Health, Standing, Subscription, SubscriptionId, Webhook, WebhookUrl},
};

use super::{
    SqliteStore,
    deliveries::{grow_revision, set_place},
    rows::{Columns, damaged, json},
};
use crate::store::{
    RecipientId, Secret, Secrets, StoreError, SubscriptionChange, SubscriptionRecord, SubscriptionStore,
    SubscriptionStored,
};

impl SubscriptionStore for SqliteStore {
    async fn subscriptions(&self) -> Result<Vec<SubscriptionRecord>, StoreError> {
        self.read(|connection| {
            each(connection, "", [], |row| {
                let read = record(row).ok();
                if read.is_none() {
                    let id = row.get(0).map(Uuid::from_bytes).unwrap_or_default();
                    tracing::error!(subscription.id = %id, "a subscription cannot be read, and is told nothing");
                }
                Ok(read)
            })
        })
    }

    async fn find_subscription(&self, id: SubscriptionId) -> Result<Option<SubscriptionRecord>, StoreError> {
        self.read(|connection| {
            Ok(each(connection, "WHERE uuid = ?", [id.0.as_bytes()], |row| record(row).map(Some))?.pop())
        })
    }

    async fn add_subscription(&self, record: SubscriptionRecord, max: u32) -> Result<bool, StoreError> {
        self.write(move |connection| add(connection, &record, max)).await
    }

    async fn change_subscription(&self, change: SubscriptionChange) -> Result<SubscriptionStored, StoreError> {
        self.write(move |connection| self::change(connection, &change)).await
    }

    async fn delete_subscription(&self, id: SubscriptionId) -> Result<bool, StoreError> {
        self.write(move |connection| {
            // With the subscription and its deliveries.
            let sql = "DELETE FROM recipients WHERE uuid IN (SELECT uuid FROM subscriptions WHERE uuid = ?)";
            let was_there = connection.prepare_cached(sql)?.execute([id.0.as_bytes()])? > 0;
            if was_there {
                grow_revision(connection)?;
            }
            Ok(was_there)
        })
        .await
    }

    async fn keep_health(&self, id: SubscriptionId, version: u32, health: Health) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE subscriptions SET standing = ?, failures = ? WHERE uuid = ? AND version = ?";
            let row = (health.standing.name(), health.failures, id.0.as_bytes(), version);
            connection.prepare_cached(sql)?.execute(row)?;
            Ok(())
        })
        .await
    }
}

fn each<T>(
    connection: &Connection,
    condition: &str,
    wanted: impl Params,
    read: impl Fn(&Row<'_>) -> Result<Option<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let sql = format!(
        "SELECT uuid, version, url, headers, action, standing, failures, created_at, updated_at, secret,
                previous_secret, previous_until
         FROM subscriptions {condition} ORDER BY id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(wanted)?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        all.extend(read(row)?);
    }
    Ok(all)
}

fn record(row: &Row<'_>) -> Result<SubscriptionRecord, StoreError> {
    let columns = &mut Columns::new(row);
    let (id, version) = (SubscriptionId(columns.uuid()?), columns.next()?);
    let url = WebhookUrl::parse(columns.text()?).map_err(damaged)?;
    let webhook = Webhook::new(url, columns.json()?).map_err(damaged)?;
    let criteria = Criteria { action: columns.optional_named(Happening::from_name)? };
    let health = Health { standing: columns.named(Standing::from_name)?, failures: columns.next()? };
    let (created_at, updated_at) = (columns.timestamp()?, columns.timestamp()?);
    let current = Secret(columns.next()?);
    let previous = columns.next::<Option<[u8; 32]>>()?.map(Secret).zip(columns.optional_timestamp()?);
    Ok(SubscriptionRecord {
        subscription: Subscription { id, version, webhook, criteria, health, created_at, updated_at },
        secrets: Secrets { current, previous },
    })
}

pub(super) fn add(connection: &Connection, record: &SubscriptionRecord, max: u32) -> Result<bool, StoreError> {
    let SubscriptionRecord { subscription, secrets } = record;
    let there_are: u32 =
        connection.prepare_cached("SELECT count(*) FROM subscriptions")?.query_row([], |row| row.get(0))?;
    if there_are >= max {
        return Ok(false);
    }
    let id = subscription.id.0.as_bytes();
    let sql = "INSERT INTO recipients (uuid, position, generation) SELECT ?, ifnull(max(id), 0), 0 FROM outbox";
    connection.prepare_cached(sql)?.execute([id])?;
    connection
        .prepare_cached(
            "INSERT INTO subscriptions (
                 uuid, version, url, headers, action, standing, failures, secret, previous_secret, previous_until,
                 created_at, updated_at
             ) VALUES (
                 :uuid, :version, :url, :headers, :action, :standing, :failures, :secret, :previous_secret,
                 :previous_until, :created_at, :updated_at
             )",
        )?
        .execute(named_params! {
            ":uuid": id,
            ":version": subscription.version,
            ":url": subscription.webhook.url().as_str(),
            ":headers": json(&subscription.webhook.headers())?,
            ":action": subscription.criteria.action.map(Happening::name),
            ":standing": subscription.health.standing.name(),
            ":failures": subscription.health.failures,
            ":secret": secrets.current.0,
            ":previous_secret": secrets.previous.as_ref().map(|(secret, _)| secret.0),
            ":previous_until": secrets.previous.as_ref().map(|(_, until)| until.unix_millis()),
            ":created_at": subscription.created_at.unix_millis(),
            ":updated_at": subscription.updated_at.unix_millis(),
        })?;
    grow_revision(connection)?;
    Ok(true)
}

fn change(connection: &Connection, change: &SubscriptionChange) -> Result<SubscriptionStored, StoreError> {
    let SubscriptionChange { expected_version, record, sets_health, resumes } = change;
    let SubscriptionRecord { subscription, secrets } = record;
    let updated = connection
        .prepare_cached(
            "UPDATE subscriptions SET
                 version = :version, url = :url, headers = :headers, action = :action,
                 standing = iif(:sets_health, :standing, standing), failures = iif(:sets_health, :failures, failures),
                 secret = :secret, previous_secret = :previous_secret, previous_until = :previous_until,
                 updated_at = :updated_at
             WHERE uuid = :uuid AND version = :expected_version",
        )?
        .execute(named_params! {
            ":version": subscription.version,
            ":url": subscription.webhook.url().as_str(),
            ":headers": json(&subscription.webhook.headers())?,
            ":action": subscription.criteria.action.map(Happening::name),
            ":sets_health": sets_health,
            ":standing": subscription.health.standing.name(),
            ":failures": subscription.health.failures,
            ":secret": secrets.current.0,
            ":previous_secret": secrets.previous.as_ref().map(|(secret, _)| secret.0),
            ":previous_until": secrets.previous.as_ref().map(|(_, until)| until.unix_millis()),
            ":updated_at": subscription.updated_at.unix_millis(),
            ":uuid": subscription.id.0.as_bytes(),
            ":expected_version": expected_version,
        })?;
    if updated == 0 {
        return Ok(SubscriptionStored::Conflict);
    }
    if *resumes {
        let newest: Option<i64> =
            connection.prepare_cached("SELECT max(id) FROM outbox")?.query_row([], |row| row.get(0))?;
        set_place(connection, RecipientId(subscription.id.0), newest.unwrap_or_default())?;
    }
    grow_revision(connection)?;
    Ok(SubscriptionStored::Stored)
}
