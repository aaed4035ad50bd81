use ticketing_core::{
    Timestamp, Uuid,
    subscription::{Criteria, Happening, Health, Standing, Subscription, SubscriptionId, Webhook, WebhookUrl},
};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    deliveries::{grow_revision, insert_recipient, lock_recipients, set_place},
    feed::{newest_position, row_of},
    ids,
    rows::{Columns, damaged, json, signed},
    transactions::{Parameters, Transaction},
};
use crate::store::{
    FeedStore, RecipientId, Secret, Secrets, StoreError, SubscriptionChange, SubscriptionRecord, SubscriptionStore,
    SubscriptionStored,
};

impl SubscriptionStore for PostgresStore {
    async fn subscriptions(&self) -> Result<Vec<SubscriptionRecord>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                each(transaction, "", &[], |row| {
                    let read = record(row).ok();
                    if read.is_none() {
                        let id: Uuid = row.try_get(0).unwrap_or_default();
                        tracing::error!(subscription.id = %id, "a subscription cannot be read, and is told nothing");
                    }
                    Ok(read)
                })
                .await
            })
        })
        .await
    }

    async fn find_subscription(&self, id: SubscriptionId) -> Result<Option<SubscriptionRecord>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                Ok(each(transaction, "WHERE uuid = $1", &[&id.0], |row| record(row).map(Some)).await?.pop())
            })
        })
        .await
    }

    async fn add_subscription(&self, record: SubscriptionRecord, max: u32) -> Result<bool, StoreError> {
        let record = &record;
        // What has happened before is before its place.
        self.give_positions().await?;
        self.write_again(|transaction| Box::pin(add(transaction, record, max))).await
    }

    async fn change_subscription(&self, change: SubscriptionChange) -> Result<SubscriptionStored, StoreError> {
        let change = &change;
        if change.resumes {
            self.give_positions().await?;
        }
        self.write(|transaction| Box::pin(self::change(transaction, change))).await
    }

    async fn delete_subscription(&self, id: SubscriptionId) -> Result<bool, StoreError> {
        self.write(|transaction| {
            Box::pin(async move {
                lock_recipients(transaction).await?;
                // With the subscription and its deliveries.
                let sql = "DELETE FROM recipients WHERE uuid IN (SELECT uuid FROM subscriptions WHERE uuid = $1)";
                let was_there = transaction.execute(sql, &[&id.0]).await? > 0;
                if was_there {
                    grow_revision(transaction).await?;
                }
                Ok(was_there)
            })
        })
        .await
    }

    async fn keep_health(&self, id: SubscriptionId, version: u32, health: Health) -> Result<(), StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "UPDATE subscriptions SET standing = $1, failures = $2 WHERE uuid = $3 AND version = $4";
                let (failures, version) = (signed(health.failures)?, signed(version)?);
                transaction.execute(sql, &[&health.standing.name(), &failures, &id.0, &version]).await?;
                Ok(())
            })
        })
        .await
    }
}

async fn each<T>(
    transaction: &Transaction<'_>,
    condition: &str,
    wanted: Parameters<'_>,
    read: impl Fn(&Row) -> Result<Option<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let sql = format!(
        "SELECT uuid, version, url, headers, action, standing, failures, created_at, updated_at, secret,
                previous_secret, previous_until
         FROM subscriptions {condition} ORDER BY id"
    );
    let rows = transaction.query(&sql, wanted).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        all.extend(read(row)?);
    }
    Ok(all)
}

fn record(row: &Row) -> Result<SubscriptionRecord, StoreError> {
    let columns = &mut Columns::new(row);
    let (id, version) = (SubscriptionId(columns.uuid()?), columns.number()?);
    let url = WebhookUrl::parse(columns.text()?).map_err(damaged)?;
    let webhook = Webhook::new(url, columns.json()?).map_err(damaged)?;
    let criteria = Criteria { action: columns.optional_named(Happening::from_name)? };
    let health = Health { standing: columns.named(Standing::from_name)?, failures: columns.number()? };
    let (created_at, updated_at) = (columns.timestamp()?, columns.timestamp()?);
    let current = Secret(columns.octets()?);
    let previous = columns.optional_octets()?.map(Secret).zip(columns.optional_timestamp()?);
    Ok(SubscriptionRecord {
        subscription: Subscription { id, version, webhook, criteria, health, created_at, updated_at },
        secrets: Secrets { current, previous },
    })
}

pub(super) async fn add(
    transaction: &Transaction<'_>,
    record: &SubscriptionRecord,
    max: u32,
) -> Result<bool, StoreError> {
    let SubscriptionRecord { subscription, secrets } = record;
    lock_recipients(transaction).await?;
    let sql = "SELECT count(*), count(*) FILTER (WHERE uuid = $1) FROM subscriptions";
    let counted = transaction.query_opt(sql, &[&subscription.id.0]).await?;
    let counted = counted.ok_or_else(|| damaged("subscriptions were not counted"))?;
    let columns = &mut Columns::new(&counted);
    let (there_are, same): (i64, i64) = (columns.next()?, columns.next()?);
    if same > 0 {
        // Stored by this very call, when nobody answered.
        return Ok(true);
    }
    if there_are >= i64::from(max) {
        return Ok(false);
    }
    insert_recipient(transaction, RecipientId(subscription.id.0)).await?;
    let id = ids::next_id(transaction, "subscriptions").await?;
    transaction
        .execute(
            "INSERT INTO subscriptions (
                 id, uuid, version, url, headers, action, standing, failures, secret, previous_secret, previous_until,
                 created_at, updated_at
             ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            &[
                &id,
                &subscription.id.0,
                &signed(subscription.version)?,
                &subscription.webhook.url().as_str(),
                &json(&subscription.webhook.headers())?,
                &subscription.criteria.action.map(Happening::name),
                &subscription.health.standing.name(),
                &signed(subscription.health.failures)?,
                &secrets.current.0.as_slice(),
                &secrets.previous.as_ref().map(|(secret, _)| secret.0.as_slice()),
                &secrets.previous.as_ref().map(|(_, until)| until.unix_millis()),
                &subscription.created_at.unix_millis(),
                &subscription.updated_at.unix_millis(),
            ],
        )
        .await?;
    grow_revision(transaction).await?;
    Ok(true)
}

async fn change(transaction: &Transaction<'_>, change: &SubscriptionChange) -> Result<SubscriptionStored, StoreError> {
    let SubscriptionChange { expected_version, record, sets_health, resumes } = change;
    let SubscriptionRecord { subscription, secrets } = record;
    lock_recipients(transaction).await?;
    let updated = transaction
        .execute(
            "UPDATE subscriptions SET
                 version = $1, url = $2, headers = $3, action = $4,
                 standing = CASE WHEN $5 THEN $6 ELSE standing END, failures = CASE WHEN $5 THEN $7 ELSE failures END,
                 secret = $8, previous_secret = $9, previous_until = $10,
                 updated_at = $11
             WHERE uuid = $12 AND version = $13",
            &[
                &signed(subscription.version)?,
                &subscription.webhook.url().as_str(),
                &json(&subscription.webhook.headers())?,
                &subscription.criteria.action.map(Happening::name),
                sets_health,
                &subscription.health.standing.name(),
                &signed(subscription.health.failures)?,
                &secrets.current.0.as_slice(),
                &secrets.previous.as_ref().map(|(secret, _)| secret.0.as_slice()),
                &secrets.previous.as_ref().map(|(_, until): &(Secret, Timestamp)| until.unix_millis()),
                &subscription.updated_at.unix_millis(),
                &subscription.id.0,
                &signed(*expected_version)?,
            ],
        )
        .await?;
    if updated == 0 {
        return Ok(SubscriptionStored::Conflict);
    }
    if *resumes {
        let newest = newest_position(transaction).await?;
        set_place(transaction, RecipientId(subscription.id.0), row_of(newest)).await?;
    }
    grow_revision(transaction).await?;
    Ok(SubscriptionStored::Stored)
}
