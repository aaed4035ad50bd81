use rusqlite::Connection;
use ticketing_core::{TicketId, ticket::NewEvent};

use super::{
    SqliteStore,
    rows::{self, Columns, damaged, event_columns},
};
use crate::store::{FeedEntry, FeedPosition, FeedStore, StoreError};

/// A position is a row of the outbox. Transactions write one after the other, so that rows are there in their order: nobody who
/// goes on after the last one comes too late for another.
impl FeedStore for SqliteStore {
    async fn feed(&self, after: FeedPosition, max: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.read_long(move |connection, _| feed(connection, after, max)).await
    }

    async fn feed_positions(&self, after: FeedPosition, max: u32) -> Result<Vec<FeedPosition>, StoreError> {
        self.read_long(move |connection, _| {
            let mut statement = connection.prepare_cached("SELECT id FROM outbox WHERE id > ? ORDER BY id LIMIT ?")?;
            let positions = statement.query_map((row_of(after), max), |row| row.get(0).map(position))?;
            Ok(positions.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn newest_position(&self) -> Result<FeedPosition, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT max(id) FROM outbox")?;
            let newest: Option<i64> = statement.query_row([], |row| row.get(0))?;
            Ok(position(newest.unwrap_or_default()))
        })
    }

    async fn give_positions(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

fn feed(connection: &Connection, after: FeedPosition, max: u32) -> Result<Vec<FeedEntry>, StoreError> {
    // What is told of and not there is damage, and not passed over.
    let sql = concat!(
        "SELECT o.id, t.uuid, t.label, t.area, nullif(i.name, ''), ",
        event_columns!(),
        "
         FROM outbox o
         LEFT JOIN tickets t ON t.id = o.ticket
         LEFT JOIN events e ON e.id = o.ticket << 17 | o.seq
         LEFT JOIN intake i ON i.ticket = o.ticket
         LEFT JOIN texts x ON x.ticket = o.ticket AND x.seq = o.seq
         WHERE o.id > ? ORDER BY o.id LIMIT ?"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query((row_of(after), max))?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        let (position, id) = (position(columns.next()?), TicketId(columns.uuid()?));
        let label = columns.text()?.parse().map_err(damaged)?;
        let (area, requester_name) = (columns.next()?, columns.next()?);
        let NewEvent { event, text, on_behalf } = rows::event(columns)?;
        entries.push(FeedEntry { position, id, label, area, requester_name, event, text, on_behalf });
    }
    Ok(entries)
}

/// Beyond what a row number can be, there is nothing.
pub(super) fn row_of(position: FeedPosition) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

/// Of a row, whose numbers begin with 1.
pub(super) fn position(row: i64) -> FeedPosition {
    FeedPosition(u64::try_from(row).unwrap_or_default())
}
