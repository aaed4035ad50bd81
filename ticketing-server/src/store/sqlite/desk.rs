use std::net::IpAddr;

use rusqlite::Connection;
use ticketing_core::{Status, TicketId, TicketLabel, Timestamp, ticket::Scope};
use uuid::Uuid;

use super::{
    List, SqliteStore, lists,
    rows::{self, Columns, damaged, intake_columns, ticket_columns},
    tickets,
};
use crate::store::{DeskStore, LabelKey, ListPage, ListQuery, StoreError, TicketRecord, Total};

impl DeskStore for SqliteStore {
    async fn record(&self, id: TicketId) -> Result<Option<Box<TicketRecord>>, StoreError> {
        // A history may be long.
        self.read_list(List::Plain, move |connection, _| record(connection, id)).await
    }

    async fn find_label(&self, label: LabelKey) -> Result<Option<(TicketId, TicketLabel)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT uuid, label FROM tickets WHERE id = ?")?;
            let mut found = statement.query([tickets::row_of(label)])?;
            let Some(row) = found.next()? else { return Ok(None) };
            let columns = &mut Columns::new(row);
            Ok(Some((TicketId(columns.uuid()?), columns.text()?.parse().map_err(damaged)?)))
        })
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        let kind = List::of(query.search.is_some());
        self.read_list(kind, move |connection, words| lists::page(connection, words, &query)).await
    }

    async fn totals(&self, scope: &Scope) -> Result<Vec<Total>, StoreError> {
        let scope = scope.clone();
        self.read_list(List::Plain, move |connection, _| lists::totals(connection, &scope)).await
    }

    async fn resolved_until(&self, instant: Timestamp, skip: u32, max: u32) -> Result<Vec<TicketId>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT uuid FROM tickets
                       WHERE status = 'RESUELTO' AND archived_at IS NULL AND resolved_at <= ?
                       ORDER BY resolved_at LIMIT ? OFFSET ?";
            debug_assert_eq!(Status::Resolved.name(), "RESUELTO", "the index is of these");
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map((instant.unix_millis(), max, skip), |row| row.get(0))?;
            rows.map(|uuid| Ok(TicketId(Uuid::from_bytes(uuid?)))).collect()
        })
    }

    async fn moments_until(&self, instant: Timestamp, skip: u32, max: u32) -> Result<Vec<TicketId>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT uuid FROM tickets WHERE next_moment <= ? ORDER BY next_moment LIMIT ? OFFSET ?";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map((instant.unix_millis(), max, skip), |row| row.get(0))?;
            rows.map(|uuid| Ok(TicketId(Uuid::from_bytes(uuid?)))).collect()
        })
    }

    async fn index_words(&self) -> Result<bool, StoreError> {
        self.update_words().await
    }
}

/// The connection's transaction makes one instant of the two statements.
fn record(connection: &Connection, id: TicketId) -> Result<Option<Box<TicketRecord>>, StoreError> {
    let sql = concat!(
        "SELECT t.label, i.address, ",
        ticket_columns!(),
        ", ",
        intake_columns!(),
        " FROM tickets t LEFT JOIN intake i ON i.ticket = t.id WHERE t.uuid = ?"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([id.0.as_bytes()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let columns = &mut Columns::new(row);
    let label = columns.text()?.parse().map_err(damaged)?;
    let address: Option<String> = columns.next()?;
    Ok(Some(Box::new(TicketRecord {
        label,
        address: address.map(|address| address.parse::<IpAddr>().map_err(damaged)).transpose()?,
        ticket: rows::ticket(columns)?,
        intake: rows::intake(columns)?,
        history: tickets::history(connection, id)?,
    })))
}
