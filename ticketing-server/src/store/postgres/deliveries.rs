use ticketing_core::{TicketId, Timestamp};

use super::{
    PostgresStore,
    feed::{newest_position, position, row_of},
    ids,
    rows::{Columns, damaged, signed},
    transactions::Transaction,
};
use crate::store::{
    Delivery, DeliveryId, DeliveryStore, FailedDelivery, Failure, FailureKind, FeedPosition, FeedStore, GivenUp, Place,
    RecipientId, StoreError,
};

impl DeliveryStore for PostgresStore {
    async fn recipients_revision(&self) -> Result<u64, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let row = transaction.query_opt("SELECT revision FROM recipients_revision WHERE id = 1", &[]).await?;
                let row = row.ok_or_else(|| damaged("there is no revision of the recipients"))?;
                Ok(Columns::new(&row).next::<i64>()?.unsigned_abs())
            })
        })
        .await
    }

    async fn find_recipient(&self, id: RecipientId) -> Result<Option<Place>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let sql = "SELECT position, generation FROM recipients WHERE uuid = $1";
                let Some(row) = transaction.query_opt(sql, &[&id.0]).await? else { return Ok(None) };
                let columns = &mut Columns::new(&row);
                Ok(Some(Place { position: position(columns.next()?), generation: columns.number()? }))
            })
        })
        .await
    }

    async fn add_recipient(&self, id: RecipientId) -> Result<(), StoreError> {
        if self.find_recipient(id).await?.is_some() {
            return Ok(());
        }
        // What has happened before is before their place.
        self.give_positions().await?;
        self.write_again(|transaction| {
            Box::pin(async move {
                lock_recipients(transaction).await?;
                if insert_recipient(transaction, id).await? { grow_revision(transaction).await } else { Ok(()) }
            })
        })
        .await
    }

    async fn remove_recipient(&self, id: RecipientId) -> Result<(), StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                lock_recipients(transaction).await?;
                let sql = "DELETE FROM recipients WHERE uuid = $1 AND uuid NOT IN (SELECT uuid FROM subscriptions)";
                let removed = transaction.execute(sql, &[&id.0]).await?;
                if removed > 0 { grow_revision(transaction).await } else { Ok(()) }
            })
        })
        .await
    }

    async fn undelivered(&self, id: RecipientId) -> Result<Vec<Delivery>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let sql = concat!(
                    "SELECT ",
                    delivery_columns!(),
                    "
                     FROM recipients r JOIN deliveries d ON d.recipient = r.uuid
                     WHERE r.uuid = $1 AND (d.next_attempt_at IS NOT NULL OR d.position > r.position) ORDER BY d.position"
                );
                transaction.query(sql, &[&id.0]).await?.iter().map(|row| delivery(&mut Columns::new(row))).collect()
            })
        })
        .await
    }

    async fn keep_places(&self, mut places: Vec<(RecipientId, Place)>) -> Result<(), StoreError> {
        // In one order everywhere: whoever sets several waits for nobody who waits for them.
        places.sort_unstable_by_key(|(id, _)| *id);
        let ids: Vec<_> = places.iter().map(|(id, _)| id.0).collect();
        let positions: Vec<_> = places.iter().map(|(_, place)| row_of(place.position)).collect();
        let generations: Vec<_> = places.iter().map(|(_, place)| i64::from(place.generation)).collect();
        let (ids, positions, generations) = (&ids, &positions, &generations);
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "UPDATE recipients r SET position = n.position
                           FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS n (uuid, position, generation)
                           WHERE r.uuid = n.uuid AND r.generation = n.generation";
                transaction.execute(sql, &[ids, positions, generations]).await?;
                Ok(())
            })
        })
        .await
    }

    async fn keep_deliveries(
        &self,
        recipient: RecipientId,
        generation: u32,
        deliveries: Vec<Delivery>,
    ) -> Result<(), StoreError> {
        let rows = &Rows::of(&deliveries)?;
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "SELECT 1 FROM recipients WHERE uuid = $1 AND generation = $2 FOR UPDATE";
                if transaction.query_opt(sql, &[&recipient.0, &signed(generation)?]).await?.is_some() {
                    rows.keep(transaction, recipient).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn forget_delivery(&self, recipient: RecipientId, position: FeedPosition) -> Result<(), StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "DELETE FROM deliveries WHERE recipient = $1 AND position = $2";
                transaction.execute(sql, &[&recipient.0, &row_of(position)]).await?;
                Ok(())
            })
        })
        .await
    }

    async fn failed_deliveries(
        &self,
        recipient: Option<RecipientId>,
        after: Option<DeliveryId>,
        max: u32,
    ) -> Result<Vec<FailedDelivery>, StoreError> {
        self.look(|transaction| Box::pin(failed(transaction, recipient, after, max))).await
    }

    async fn revive_deliveries(&self, which: GivenUp, now: Timestamp) -> Result<usize, StoreError> {
        self.write(|transaction| Box::pin(revive(transaction, which, now))).await
    }

    async fn set_place(&self, id: RecipientId, after: FeedPosition) -> Result<bool, StoreError> {
        self.write(|transaction| {
            Box::pin(async move {
                lock_recipients(transaction).await?;
                set_place(transaction, id, row_of(after)).await
            })
        })
        .await
    }

    async fn position_before(&self, instant: Timestamp) -> Result<FeedPosition, StoreError> {
        self.read(|transaction| Box::pin(position_before(transaction, instant))).await
    }

    async fn forget_given_up_before(&self, instant: Timestamp) -> Result<usize, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "DELETE FROM deliveries WHERE next_attempt_at IS NULL AND last_attempt_at < $1";
                let forgotten = transaction.execute(sql, &[&instant.unix_millis()]).await?;
                Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
            })
        })
        .await
    }
}

/// Whoever changes recipients or subscriptions does so alone.
pub(super) async fn lock_recipients(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.query("SELECT revision FROM recipients_revision WHERE id = 1 FOR UPDATE", &[]).await?;
    Ok(())
}

/// Whoever changes recipients says so.
pub(super) async fn grow_revision(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("UPDATE recipients_revision SET revision = revision + 1 WHERE id = 1", &[]).await?;
    Ok(())
}

/// One who is told what comes after the newest event; `false` where there is one.
pub(super) async fn insert_recipient(transaction: &Transaction<'_>, id: RecipientId) -> Result<bool, StoreError> {
    let newest = row_of(newest_position(transaction).await?);
    let sql = "INSERT INTO recipients (uuid, position, generation) VALUES ($1, $2, 0) ON CONFLICT (uuid) DO NOTHING";
    Ok(transaction.execute(sql, &[&id.0, &newest]).await? > 0)
}

pub(super) async fn set_place(transaction: &Transaction<'_>, id: RecipientId, after: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE recipients SET position = $1, generation = generation + 1 WHERE uuid = $2";
    let is_there = transaction.execute(sql, &[&after, &id.0]).await? > 0;
    if is_there {
        // What was given up is told again like everything else.
        let sql = "DELETE FROM deliveries WHERE recipient = $1 AND position > $2 AND next_attempt_at IS NULL";
        transaction.execute(sql, &[&id.0, &after]).await?;
        grow_revision(transaction).await?;
    }
    Ok(is_there)
}

/// Columns of `deliveries d`, in the order in which [`delivery`] reads them.
macro_rules! delivery_columns {
    () => {
        "d.position, d.ticket, d.attempts, d.next_attempt_at, d.last_attempt_at, d.failure, d.http_status"
    };
}
use delivery_columns;

fn delivery(columns: &mut Columns<'_>) -> Result<Delivery, StoreError> {
    let (position, ticket, attempts) = (position(columns.next()?), TicketId(columns.uuid()?), columns.number()?);
    let (next_attempt_at, last_attempt_at) = (columns.optional_timestamp()?, columns.timestamp()?);
    let kind = columns.optional_named(FailureKind::from_name)?;
    let http_status = columns.optional_number()?.map(|status| status.try_into().map_err(damaged)).transpose()?;
    let failure = kind.map(|kind| Failure { kind, http_status });
    Ok(Delivery { position, ticket, attempts, next_attempt_at, last_attempt_at, failure })
}

/// Deliveries as columns, to be stored in one statement.
#[derive(Default)]
pub(super) struct Rows {
    positions: Vec<i64>,
    tickets: Vec<uuid::Uuid>,
    attempts: Vec<i32>,
    next_attempts_at: Vec<Option<i64>>,
    last_attempts_at: Vec<i64>,
    failures: Vec<Option<&'static str>>,
    http_statuses: Vec<Option<i32>>,
}

impl Rows {
    pub(super) fn of(deliveries: &[Delivery]) -> Result<Self, StoreError> {
        let mut rows = Self::default();
        for Delivery { position, ticket, attempts, next_attempt_at, last_attempt_at, failure } in deliveries {
            rows.positions.push(row_of(*position));
            rows.tickets.push(ticket.0);
            rows.attempts.push(signed(*attempts)?);
            rows.next_attempts_at.push(next_attempt_at.map(Timestamp::unix_millis));
            rows.last_attempts_at.push(last_attempt_at.unix_millis());
            rows.failures.push(failure.map(|failure| failure.kind.name()));
            rows.http_statuses.push(failure.and_then(|failure| failure.http_status).map(i32::from));
        }
        Ok(rows)
    }

    /// Those that are known are changed, so that they keep their numbers; the others get new ones.
    pub(super) async fn keep(&self, transaction: &Transaction<'_>, recipient: RecipientId) -> Result<(), StoreError> {
        let Self { positions, tickets, attempts, next_attempts_at, last_attempts_at, failures, http_statuses } = self;
        let sql = "UPDATE deliveries d
                   SET attempts = n.attempts, next_attempt_at = n.next_attempt_at, last_attempt_at = n.last_attempt_at,
                       failure = n.failure, http_status = n.http_status
                   FROM unnest($2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[], $7::integer[])
                        AS n (position, attempts, next_attempt_at, last_attempt_at, failure, http_status)
                   WHERE d.recipient = $1 AND d.position = n.position";
        let known = transaction
            .execute(
                sql,
                &[&recipient.0, positions, attempts, next_attempts_at, last_attempts_at, failures, http_statuses],
            )
            .await?;
        let Some(new) = positions.len().checked_sub(usize::try_from(known).map_err(damaged)?).filter(|new| *new > 0)
        else {
            return Ok(());
        };
        let first = i64::from(ids::next_of(transaction, "deliveries", new).await?);
        let sql = "INSERT INTO deliveries (
                       id, recipient, position, ticket, attempts, next_attempt_at, last_attempt_at, failure, http_status
                   )
                   SELECT $1 + row_number() OVER (ORDER BY n.position) - 1, $2, n.*
                   FROM unnest($3::bigint[], $4::uuid[], $5::integer[], $6::bigint[], $7::bigint[], $8::text[],
                               $9::integer[])
                        AS n (position, ticket, attempts, next_attempt_at, last_attempt_at, failure, http_status)
                   WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.recipient = $2 AND d.position = n.position)";
        transaction
            .execute(
                sql,
                &[
                    &first,
                    &recipient.0,
                    positions,
                    tickets,
                    attempts,
                    next_attempts_at,
                    last_attempts_at,
                    failures,
                    http_statuses,
                ],
            )
            .await?;
        Ok(())
    }
}

async fn failed(
    transaction: &Transaction<'_>,
    recipient: Option<RecipientId>,
    after: Option<DeliveryId>,
    max: u32,
) -> Result<Vec<FailedDelivery>, StoreError> {
    let sql = concat!(
        "SELECT d.id, d.recipient, t.label, ",
        delivery_columns!(),
        "
         FROM deliveries d LEFT JOIN tickets t ON t.uuid = d.ticket
         WHERE ($1::uuid IS NULL OR d.recipient = $1) AND d.id > $2 ORDER BY d.id LIMIT $3"
    );
    let after = after.map_or(0, |after| i64::try_from(after.0).unwrap_or(i64::MAX));
    let mut all = Vec::new();
    for row in transaction.query(sql, &[&recipient.map(|recipient| recipient.0), &after, &i64::from(max)]).await? {
        let columns = &mut Columns::new(&row);
        let (id, recipient) = (DeliveryId(columns.next::<i64>()?.unsigned_abs()), RecipientId(columns.uuid()?));
        let label = columns.optional_text()?.map(|label| label.parse().map_err(damaged)).transpose()?;
        all.push(FailedDelivery { id, recipient, label, delivery: delivery(columns)? });
    }
    Ok(all)
}

async fn revive(transaction: &Transaction<'_>, which: GivenUp, now: Timestamp) -> Result<usize, StoreError> {
    lock_recipients(transaction).await?;
    let (id, recipient) = match which {
        GivenUp::One(id) => (Some(i64::try_from(id.0).unwrap_or(i64::MAX)), None),
        GivenUp::Of(recipient) => (None, Some(recipient.0)),
    };
    // Whoever delivers reads all of a recipient anew.
    let sql = "UPDATE recipients SET generation = generation + 1
               WHERE uuid IN (
                   SELECT recipient FROM deliveries
                   WHERE next_attempt_at IS NULL AND (id = $1::bigint OR recipient = $2::uuid)
               )";
    transaction.execute(sql, &[&id, &recipient]).await?;
    let sql = "UPDATE deliveries SET next_attempt_at = $3, attempts = 0
               WHERE next_attempt_at IS NULL AND (id = $1::bigint OR recipient = $2::uuid)";
    let revived = transaction.execute(sql, &[&id, &recipient, &now.unix_millis()]).await?;
    if revived > 0 {
        grow_revision(transaction).await?;
    }
    Ok(usize::try_from(revived).unwrap_or(usize::MAX))
}

/// Events of one ticket stand in their order, those of different ones do not: what another store has been before is restored
/// ticket by ticket. So the feed is looked through, up to the first one that is recent enough.
async fn position_before(transaction: &Transaction<'_>, instant: Timestamp) -> Result<FeedPosition, StoreError> {
    let sql = "SELECT f.position - 1 FROM feed f JOIN events e ON e.ticket = f.ticket AND e.seq = f.seq
               WHERE e.recorded_at >= $1 ORDER BY f.position LIMIT 1";
    match transaction.query_opt(sql, &[&instant.unix_millis()]).await? {
        Some(row) => Ok(position(Columns::new(&row).next()?)),
        None => newest_position(transaction).await,
    }
}
