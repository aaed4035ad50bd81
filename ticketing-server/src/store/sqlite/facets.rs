//! What tickets have in common that lists filter by, with a count each.

use rusqlite::{Connection, OptionalExtension};
use ticketing_core::{Status, Ticket, ticket::Origin};

use crate::store::StoreError;

/// What all tickets of a facet have; area and priority by which they compare.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    area: String,
    status: Status,
    priority: String,
    is_archived: bool,
    origin: Origin,
}

impl Key {
    pub(super) fn of(ticket: &Ticket) -> Self {
        Self {
            area: ticket.attributes.area_key(),
            status: ticket.status,
            priority: ticket.attributes.priority_key(),
            is_archived: ticket.is_archived(),
            origin: ticket.origin,
        }
    }
}

/// The facet of a ticket that had another one before, or the same, with it counted there.
pub(super) fn moved(connection: &Connection, before: i64, ticket: &Ticket) -> Result<i64, StoreError> {
    let after = find(connection, &Key::of(ticket))?;
    if after != before {
        count(connection, before, -1)?;
        count(connection, after, 1)?;
    }
    Ok(after)
}

/// Takes a facet away that its last ticket has left: there are as many as there are tickets that differ, and no more.
pub(super) fn left(connection: &Connection, facet: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM facets WHERE id = ? AND tickets = 0")?.execute([facet])?;
    Ok(())
}

/// The facet of a key, made where there is none.
pub(super) fn find(connection: &Connection, key: &Key) -> Result<i64, StoreError> {
    let Key { area, status, priority, is_archived, origin } = key;
    let key = (area, status.name(), priority, is_archived, origin.name());
    let sql = "SELECT id FROM facets
               WHERE area_key = ? AND status = ? AND priority_key = ? AND is_archived = ? AND origin = ?";
    let known = connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
    if let Some(facet) = known {
        return Ok(facet);
    }
    let sql =
        "INSERT INTO facets (area_key, status, priority_key, is_archived, origin, tickets) VALUES (?, ?, ?, ?, ?, 0)";
    connection.prepare_cached(sql)?.execute(key)?;
    Ok(connection.last_insert_rowid())
}

/// So many tickets more, or fewer.
pub(super) fn count(connection: &Connection, facet: i64, change: i64) -> Result<(), StoreError> {
    let sql = "UPDATE facets SET tickets = tickets + ? WHERE id = ?";
    connection.prepare_cached(sql)?.execute((change, facet))?;
    Ok(())
}
