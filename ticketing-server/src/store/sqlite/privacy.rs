use std::{
    net::IpAddr,
    thread::sleep,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use ticketing_core::{Status, TicketId, Timestamp, ticket::Intake};
use uuid::Uuid;

use super::{Access, SqliteOptions, SqliteStore, connect, rows::Columns, tickets};
use crate::store::{AddressHash, Appended, Erasure, Forgotten, PrivacyStore, StoreError};

impl PrivacyStore for SqliteStore {
    fn erase(&self, erasure: Erasure) -> impl Future<Output = Result<Appended, StoreError>> + Send {
        let erasure = Box::new(erasure);
        self.write(move |connection| {
            // Where a row was, nothing is left of it. All others only make room: that costs them less.
            connection.pragma_update(None, "secure_delete", true)?;
            let erased = erase(connection, &erasure);
            connection.pragma_update(None, "secure_delete", false)?;
            erased
        })
    }

    async fn over_until(&self, instant: Timestamp, skip: u32, max: u32) -> Result<Vec<TicketId>, StoreError> {
        self.read_long(move |connection, _| {
            let sql = "SELECT uuid FROM tickets
                       WHERE status IN ('CERRADO', 'CANCELADO') AND erased_at IS NULL AND ifnull(closed_at, updated_at) <= ?
                       ORDER BY ifnull(closed_at, updated_at) LIMIT ? OFFSET ?";
            debug_assert_eq!([Status::Closed, Status::Canceled].map(Status::name), ["CERRADO", "CANCELADO"]);
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map((instant.unix_millis(), max, skip), |row| row.get(0))?;
            rows.map(|uuid| Ok(TicketId(Uuid::from_bytes(uuid?)))).collect()
        })
        .await
    }

    async fn count_over_until(&self, instant: Timestamp) -> Result<u64, StoreError> {
        self.read_long(move |connection, _| {
            let sql = "SELECT count(*) FROM tickets
                       WHERE status IN ('CERRADO', 'CANCELADO') AND erased_at IS NULL AND ifnull(closed_at, updated_at) <= ?";
            let count: i64 = connection.prepare_cached(sql)?.query_row([instant.unix_millis()], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        })
        .await
    }

    async fn forgotten(&self) -> Result<Vec<Forgotten>, StoreError> {
        self.read_long(|connection, _| {
            let mut statement = connection.prepare_cached("SELECT key, hash, at FROM forgotten")?;
            let mut found = statement.query([])?;
            let mut people = Vec::new();
            while let Some(row) = found.next()? {
                let columns = &mut Columns::new(row);
                let (key, hash) = (columns.next()?, AddressHash(columns.next()?));
                people.push(Forgotten { key, hash, at: columns.timestamp()? });
            }
            Ok(people)
        })
        .await
    }

    async fn note_forgotten(&self, people: Vec<Forgotten>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "INSERT INTO forgotten (hash, key, at) VALUES (?, ?, ?)
                       ON CONFLICT (hash, key) DO UPDATE SET at = max(at, excluded.at)";
            for Forgotten { key, hash, at } in &people {
                connection.prepare_cached(sql)?.execute((hash.0, key, at.unix_millis()))?;
            }
            Ok(())
        })
        .await
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        self.blocking(|store| {
            store.words.scrub(&store.readers)?;
            // A connection of its own, as for a copy: what rewrites a file is no part of a transaction.
            let connection = connect(&store.path, &SqliteOptions::default(), Access::Write)?;
            store.readers.while_resting(|| connection.execute_batch("VACUUM"))?;
            store.readers.while_resting(|| empty_log(&connection))
        })
        .await
    }
}

/// Writes the log into its file and cuts it off. Readers keep what they read from for some milliseconds, also those of other processes.
pub(super) fn empty_log(connection: &Connection) -> Result<(), StoreError> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let began = Instant::now();
    loop {
        let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if !is_busy {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(StoreError::Unavailable(
                "somebody reads on from before, so that the log cannot be emptied".into(),
            ));
        }
        sleep(Duration::from_millis(50));
    }
}

fn erase(connection: &Connection, erasure: &Erasure) -> Result<Appended, StoreError> {
    let Erasure { follow_up, intake, address, history, forgets_keys } = erasure;
    let appended = tickets::append(connection, follow_up)?;
    if appended != Appended::Stored {
        return Ok(appended);
    }
    let id = "SELECT id FROM tickets WHERE uuid = ?";
    let row: i64 = connection.prepare_cached(id)?.query_row([follow_up.ticket.id.0.as_bytes()], |row| row.get(0))?;
    connection.prepare_cached("DELETE FROM texts WHERE ticket = ?")?.execute([row])?;
    connection.prepare_cached("DELETE FROM intake WHERE ticket = ?")?.execute([row])?;
    if *forgets_keys {
        // There are those of a day, and no index of their tickets.
        connection.prepare_cached("DELETE FROM idempotency_keys WHERE ticket = ?")?.execute([row])?;
    }
    for new in history.iter().filter(|new| new.text.is_some() || new.on_behalf.is_some()) {
        let sql = "INSERT INTO texts (ticket, seq, body, on_behalf) VALUES (?, ?, ?, ?)";
        connection.prepare_cached(sql)?.execute((row, new.event.seq, &new.text, &new.on_behalf))?;
    }
    insert_what_is_left(connection, row, intake, *address)?;
    Ok(appended)
}

/// Of a person who was erased, no row is left.
pub(super) fn insert_what_is_left(
    connection: &Connection,
    ticket: i64,
    intake: &Intake,
    address: Option<IpAddr>,
) -> Result<(), StoreError> {
    if *intake == Intake::default() && address.is_none() {
        return Ok(());
    }
    tickets::insert_intake(connection, ticket, intake, address)
}
