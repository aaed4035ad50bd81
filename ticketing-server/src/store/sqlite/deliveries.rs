use rusqlite::{Connection, OptionalExtension, params};
use ticketing_core::{TicketId, Timestamp};

use super::{
    SqliteStore,
    feed::{position, row_of},
    rows::{Columns, damaged},
};
use crate::store::{
    Delivery, DeliveryId, DeliveryStore, FailedDelivery, Failure, FailureKind, FeedPosition, GivenUp, Place,
    RecipientId, StoreError,
};

impl DeliveryStore for SqliteStore {
    async fn recipients_revision(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT revision FROM recipients_revision")?;
            let revision: i64 = statement.query_row([], |row| row.get(0))?;
            Ok(revision.unsigned_abs())
        })
    }

    async fn find_recipient(&self, id: RecipientId) -> Result<Option<Place>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT position, generation FROM recipients WHERE uuid = ?")?;
            let mut found = statement.query([id.0.as_bytes()])?;
            let Some(row) = found.next()? else { return Ok(None) };
            let columns = &mut Columns::new(row);
            Ok(Some(Place { position: position(columns.next()?), generation: columns.next()? }))
        })
    }

    async fn add_recipient(&self, id: RecipientId) -> Result<(), StoreError> {
        self.write(move |connection| add_recipient(connection, id)).await
    }

    async fn remove_recipient(&self, id: RecipientId) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "DELETE FROM recipients WHERE uuid = ? AND uuid NOT IN (SELECT uuid FROM subscriptions)";
            let removed = connection.prepare_cached(sql)?.execute([id.0.as_bytes()])?;
            if removed > 0 { grow_revision(connection) } else { Ok(()) }
        })
        .await
    }

    async fn undelivered(&self, id: RecipientId) -> Result<Vec<Delivery>, StoreError> {
        self.read_long(move |connection, _| {
            let sql = concat!(
                "SELECT ",
                delivery_columns!(),
                "
                 FROM recipients r JOIN deliveries d ON d.recipient = r.uuid
                 WHERE r.uuid = ? AND (d.next_attempt_at IS NOT NULL OR d.position > r.position) ORDER BY d.position"
            );
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = statement.query([id.0.as_bytes()])?;
            let mut all = Vec::new();
            while let Some(row) = found.next()? {
                all.push(delivery(&mut Columns::new(row))?);
            }
            Ok(all)
        })
        .await
    }

    async fn keep_places(&self, places: Vec<(RecipientId, Place)>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "UPDATE recipients SET position = ? WHERE uuid = ? AND generation = ?";
            let mut statement = connection.prepare_cached(sql)?;
            for (id, Place { position, generation }) in &places {
                statement.execute((row_of(*position), id.0.as_bytes(), generation))?;
            }
            Ok(())
        })
        .await
    }

    async fn keep_deliveries(
        &self,
        recipient: RecipientId,
        generation: u32,
        deliveries: Vec<Delivery>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| keep(connection, recipient, generation, &deliveries)).await
    }

    async fn forget_delivery(&self, recipient: RecipientId, position: FeedPosition) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "DELETE FROM deliveries WHERE recipient = ? AND position = ?";
            connection.prepare_cached(sql)?.execute((recipient.0.as_bytes(), row_of(position)))?;
            Ok(())
        })
        .await
    }

    async fn failed_deliveries(
        &self,
        recipient: Option<RecipientId>,
        after: Option<DeliveryId>,
        max: u32,
    ) -> Result<Vec<FailedDelivery>, StoreError> {
        self.read_long(move |connection, _| failed(connection, recipient, after, max)).await
    }

    async fn revive_deliveries(&self, which: GivenUp, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let condition = match which {
                GivenUp::One(_) => "id = ?2",
                GivenUp::Of(_) => "recipient = ?2",
            };
            let sql = format!(
                "UPDATE deliveries SET next_attempt_at = ?1, attempts = 0 WHERE next_attempt_at IS NULL AND {condition}"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let now = now.unix_millis();
            let revived = match which {
                GivenUp::One(id) => statement.execute((now, i64::try_from(id.0).unwrap_or(i64::MAX)))?,
                GivenUp::Of(recipient) => statement.execute((now, recipient.0.as_bytes()))?,
            };
            if revived > 0 {
                // Whoever delivers reads all of a recipient anew.
                let sql = "UPDATE recipients SET generation = generation + 1
                           WHERE uuid IN (SELECT recipient FROM deliveries WHERE next_attempt_at = ? AND attempts = 0)";
                connection.prepare_cached(sql)?.execute([now])?;
                grow_revision(connection)?;
            }
            Ok(revived)
        })
        .await
    }

    async fn set_place(&self, id: RecipientId, after: FeedPosition) -> Result<bool, StoreError> {
        self.write(move |connection| set_place(connection, id, row_of(after))).await
    }

    async fn position_before(&self, instant: Timestamp) -> Result<FeedPosition, StoreError> {
        self.read_long(move |connection, _| position_before(connection, instant)).await
    }

    async fn forget_given_up_before(&self, instant: Timestamp) -> Result<usize, StoreError> {
        self.write(move |connection| {
            let sql = "DELETE FROM deliveries WHERE next_attempt_at IS NULL AND last_attempt_at < ?";
            Ok(connection.prepare_cached(sql)?.execute([instant.unix_millis()])?)
        })
        .await
    }
}

/// Whoever changes recipients says so.
pub(super) fn grow_revision(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE recipients_revision SET revision = revision + 1")?.execute([])?;
    Ok(())
}

/// From what comes after the newest event on, unless they are there.
pub(super) fn add_recipient(connection: &Connection, id: RecipientId) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO recipients (uuid, position, generation)
               SELECT ?, ifnull(max(id), 0), 0 FROM outbox";
    let added = connection.prepare_cached(sql)?.execute([id.0.as_bytes()])?;
    if added > 0 { grow_revision(connection) } else { Ok(()) }
}

pub(super) fn keep(
    connection: &Connection,
    recipient: RecipientId,
    generation: u32,
    deliveries: &[Delivery],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO deliveries (
                   recipient, position, ticket, attempts, next_attempt_at, last_attempt_at, failure, http_status
               )
               SELECT uuid, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM recipients WHERE uuid = ?1 AND generation = ?2
               ON CONFLICT (recipient, position) DO UPDATE SET
                   attempts = ?5, next_attempt_at = ?6, last_attempt_at = ?7, failure = ?8, http_status = ?9";
    let mut statement = connection.prepare_cached(sql)?;
    for delivery in deliveries {
        let Delivery { position, ticket, attempts, next_attempt_at, last_attempt_at, failure } = delivery;
        statement.execute(params![
            recipient.0.as_bytes(),
            generation,
            row_of(*position),
            ticket.0.as_bytes(),
            attempts,
            next_attempt_at.map(Timestamp::unix_millis),
            last_attempt_at.unix_millis(),
            failure.map(|failure| failure.kind.name()),
            failure.and_then(|failure| failure.http_status),
        ])?;
    }
    Ok(())
}

pub(super) fn set_place(connection: &Connection, id: RecipientId, after: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE recipients SET position = ?, generation = generation + 1 WHERE uuid = ?";
    let is_there = connection.prepare_cached(sql)?.execute((after, id.0.as_bytes()))? > 0;
    if is_there {
        // What was given up is told again like everything else.
        let sql = "DELETE FROM deliveries WHERE recipient = ? AND position > ? AND next_attempt_at IS NULL";
        connection.prepare_cached(sql)?.execute((id.0.as_bytes(), after))?;
        grow_revision(connection)?;
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
    let (position, ticket, attempts) = (position(columns.next()?), TicketId(columns.uuid()?), columns.next()?);
    let (next_attempt_at, last_attempt_at) = (columns.optional_timestamp()?, columns.timestamp()?);
    let (kind, http_status) = (columns.optional_named(FailureKind::from_name)?, columns.next()?);
    let failure = kind.map(|kind| Failure { kind, http_status });
    Ok(Delivery { position, ticket, attempts, next_attempt_at, last_attempt_at, failure })
}

fn failed(
    connection: &Connection,
    recipient: Option<RecipientId>,
    after: Option<DeliveryId>,
    max: u32,
) -> Result<Vec<FailedDelivery>, StoreError> {
    let sql = concat!(
        "SELECT d.id, d.recipient, t.label, ",
        delivery_columns!(),
        "
         FROM deliveries d LEFT JOIN tickets t ON t.uuid = d.ticket
         WHERE (?1 IS NULL OR d.recipient = ?1) AND d.id > ?2 ORDER BY d.id LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let after = after.map_or(0, |after| i64::try_from(after.0).unwrap_or(i64::MAX));
    let mut found = statement.query((recipient.map(|recipient| recipient.0.into_bytes()), after, max))?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        let (id, recipient) = (DeliveryId(columns.next::<i64>()?.unsigned_abs()), RecipientId(columns.uuid()?));
        let label = columns.optional_text()?.map(|label| label.parse().map_err(damaged)).transpose()?;
        all.push(FailedDelivery { id, recipient, label, delivery: delivery(columns)? });
    }
    Ok(all)
}

/// Events of one ticket stand in their order, those of different ones do not: what another store has been before is restored
/// ticket by ticket. So the feed is looked through, up to the first one that is recent enough.
fn position_before(connection: &Connection, instant: Timestamp) -> Result<FeedPosition, StoreError> {
    let sql = "SELECT o.id FROM outbox o JOIN events e ON e.id = o.ticket << 17 | o.seq
               WHERE e.recorded_at >= ? ORDER BY o.id LIMIT 1";
    let first: Option<i64> =
        connection.prepare_cached(sql)?.query_row([instant.unix_millis()], |row| row.get(0)).optional()?;
    let last = "SELECT ifnull(max(id), 0) FROM outbox";
    let before = match first {
        Some(first) => first - 1,
        None => connection.prepare_cached(last)?.query_row([], |row| row.get(0))?,
    };
    Ok(position(before))
}
