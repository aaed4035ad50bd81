//! Lists: the tickets of some facets, merged, newest first; and what the facets count.

use std::collections::{BinaryHeap, HashSet};

use rusqlite::{CachedStatement, Connection, Row, params_from_iter, types::Value};
use ticketing_core::{
    Status,
    ticket::{Origin, Scope},
};

use super::{
    rows::{self, Columns, damaged, listed_columns},
    tickets::row_of,
    words::Words,
};
use crate::store::{Filter, ListPage, ListQuery, ListedTicket, Search, StoreError, Total};

/// Which facets `f` are in a scope and pass a filter. One text for each combination of conditions, so that each is found by
/// the index that it can be found by.
pub(super) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    pub(super) fn new(scope: &Scope, filter: &Filter) -> Self {
        let mut conditions = Self { sql: "f.tickets > 0".to_owned(), values: Vec::new() };
        if let Scope::Area(keys) = scope {
            conditions.any("area_key", keys);
        }
        let Filter { area_keys, status, priority_keys, is_archived, origin } = filter;
        if let Some(keys) = area_keys {
            conditions.any("area_key", keys);
        }
        if let Some(status) = status {
            conditions.add("f.status = ?", status.name().to_owned().into());
        }
        if let Some(keys) = priority_keys {
            conditions.any("priority_key", keys);
        }
        if let Some(is_archived) = is_archived {
            conditions.add("f.is_archived = ?", (*is_archived).into());
        }
        if let Some(origin) = origin {
            conditions.add("f.origin = ?", origin.name().to_owned().into());
        }
        conditions
    }

    fn any(&mut self, column: &str, keys: &[String]) {
        let keys = serde_json::Value::from(keys).to_string();
        self.add(&format!("f.{column} IN (SELECT value FROM json_each(?))"), keys.into());
    }

    fn add(&mut self, condition: &str, value: Value) {
        self.sql += " AND ";
        self.sql += condition;
        self.values.push(value);
    }

    /// A statement with the conditions at its end.
    fn prepare<'c>(&self, connection: &'c Connection, sql: &str) -> rusqlite::Result<CachedStatement<'c>> {
        connection.prepare_cached(&format!("{sql}{}", self.sql))
    }
}

pub(super) fn totals(connection: &Connection, scope: &Scope) -> Result<Vec<Total>, StoreError> {
    let conditions = Conditions::new(scope, &Filter::default());
    let sql = "SELECT f.area_key, f.status, f.priority_key, f.is_archived, f.origin, f.tickets FROM facets f WHERE ";
    let mut statement = conditions.prepare(connection, sql)?;
    let mut found = statement.query(params_from_iter(&conditions.values))?;
    let mut totals = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        totals.push(Total {
            area_key: columns.next()?,
            status: columns.named(Status::from_name)?,
            priority_key: columns.next()?,
            is_archived: columns.next()?,
            origin: columns.named(Origin::from_name)?,
            tickets: columns.next()?,
        });
    }
    Ok(totals)
}

pub(super) fn page(connection: &Connection, words: &Words, query: &ListQuery) -> Result<ListPage, StoreError> {
    let conditions = Conditions::new(&query.scope, &query.filter);
    let before = query.before.map_or(i64::MAX, row_of);
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut page = Page { connection, conditions, tickets: Vec::new(), wanted, has_more: false };
    if query.search.is_none() && query.scope == Scope::Everything && query.filter == Filter::default() {
        page.take_all(before)?;
        let sql = "SELECT ifnull(sum(tickets), 0) FROM facets";
        let total: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        return Ok(ListPage { tickets: page.tickets, has_more: page.has_more, total: u64::try_from(total).ok() });
    }
    let facets = facets(connection, &page.conditions)?;
    match &query.search {
        // No facet, no ticket.
        _ if facets.is_empty() => {}
        None => {
            let passed = if facets.len() > FACETS_TO_MERGE { page.take_passing(&facets, before)? } else { before };
            if !page.has_more && passed > 0 {
                let mut newest = Newest::new(connection, &facets, passed, wanted)?;
                while !page.has_more
                    && let Some(row) = newest.next()?
                {
                    page.take(row)?;
                }
            }
        }
        Some(Search::Label(label)) => {
            let row = row_of((*label).into());
            if row < before {
                page.take(row)?;
            }
            // Numbers are unique in their year, whatever stands before it.
            page.tickets.retain(|ticket| ticket.label == *label);
        }
        Some(search) => {
            let mut before = before;
            while !page.has_more {
                let found = words.find(search, &query.scope, &query.filter, before, wanted.saturating_add(1))?;
                let Some(last) = found.last() else { break };
                before = *last;
                for row in found {
                    page.take(row)?;
                }
            }
        }
    }
    let total = query.search.is_none().then(|| facets.iter().map(|facet| u64::from(facet.tickets)).sum());
    Ok(ListPage { tickets: page.tickets, has_more: page.has_more, total })
}

/// Of more facets than these, each with its own search in the index, it is first tried to find the page's tickets among the
/// newest of all.
const FACETS_TO_MERGE: usize = 64;
/// So many of the newest tickets are looked at for that.
const ROWS_TO_TRY: u32 = 4_000;

pub(super) struct Facet {
    pub(super) id: i64,
    pub(super) tickets: u32,
}

pub(super) fn facets(connection: &Connection, conditions: &Conditions) -> Result<Vec<Facet>, StoreError> {
    let mut statement = conditions.prepare(connection, "SELECT f.id, f.tickets FROM facets f WHERE ")?;
    let rows = statement
        .query_map(params_from_iter(&conditions.values), |row| Ok(Facet { id: row.get(0)?, tickets: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page as it fills.
struct Page<'a> {
    connection: &'a Connection,
    conditions: Conditions,
    tickets: Vec<ListedTicket>,
    wanted: usize,
    /// There is one that no longer fits.
    has_more: bool,
}

impl Page<'_> {
    /// Takes the newest tickets of all in: they stand in that order.
    fn take_all(&mut self, before: i64) -> Result<(), StoreError> {
        let sql = concat!(
            "SELECT t.id, ",
            listed_columns!(),
            "
             FROM tickets t LEFT JOIN intake i ON i.ticket = t.id
             WHERE t.id < ? ORDER BY t.id DESC LIMIT ?"
        );
        let mut statement = self.connection.prepare_cached(sql)?;
        let one_more = i64::try_from(self.wanted).unwrap_or(i64::MAX).saturating_add(1);
        let mut found = statement.query((before, one_more))?;
        while let Some(row) = found.next()? {
            self.add(row)?;
        }
        Ok(())
    }

    /// Takes those of the newest tickets in that have one of these facets; answers before which row it has not looked.
    fn take_passing(&mut self, facets: &[Facet], before: i64) -> Result<i64, StoreError> {
        let facets: HashSet<i64> = facets.iter().map(|facet| facet.id).collect();
        let sql = "SELECT id, facet FROM tickets WHERE id < ? ORDER BY id DESC LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut newest = statement.query((before, ROWS_TO_TRY))?;
        let mut passed = 0;
        let mut looked_at = 0;
        while !self.has_more
            && let Some(row) = newest.next()?
        {
            passed = row.get(0)?;
            looked_at += 1;
            if facets.contains(&row.get(1)?) {
                self.take(passed)?;
            }
        }
        // There were no more.
        Ok(if looked_at < ROWS_TO_TRY && !self.has_more { 0 } else { passed })
    }

    /// Takes a row's ticket in, if it is in the scope and passes the filter.
    fn take(&mut self, row: i64) -> Result<(), StoreError> {
        if self.has_more {
            return Ok(());
        }
        let sql = concat!(
            "SELECT t.id, ",
            listed_columns!(),
            "
             FROM tickets t
             JOIN facets f ON f.id = t.facet
             LEFT JOIN intake i ON i.ticket = t.id
             WHERE t.id = ? AND "
        );
        let mut statement = self.conditions.prepare(self.connection, sql)?;
        let row = Value::from(row);
        let mut found = statement.query(params_from_iter(std::iter::once(&row).chain(&self.conditions.values)))?;
        if let Some(row) = found.next()? {
            self.add(row)?;
        }
        Ok(())
    }

    /// One that cannot be read is left out: the others are still to be worked.
    fn add(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
        if self.tickets.len() == self.wanted {
            self.has_more = true;
            return Ok(());
        }
        let columns = &mut Columns::new(row);
        let number: i64 = columns.next()?;
        match rows::listed(columns) {
            Ok(ticket) => self.tickets.push(ticket),
            Err(StoreError::Damaged(error)) => {
                tracing::error!(%error, ticket.row = number, "a ticket cannot be listed");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The rows of several facets, newest first. The index has each facet's rows in that order: they are read some at a time and
/// merged, so that a page costs the same however many tickets there are.
pub(super) struct Newest<'a> {
    connection: &'a Connection,
    /// Rows that were read, with their facets.
    heap: BinaryHeap<(i64, usize)>,
    facets: Vec<Reading>,
    at_once: usize,
}

/// How far a facet has been read.
struct Reading {
    facet: i64,
    /// The last row that was read; `None` where there are no more.
    last: Option<i64>,
    /// Of the rows that were read, how many are still in the heap.
    waiting: usize,
}

impl<'a> Newest<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        facets: &[Facet],
        before: i64,
        wanted: usize,
    ) -> Result<Self, StoreError> {
        // Few at a time where there are many facets, of which most have no row on the page.
        let at_once = (wanted / facets.len().max(1)).clamp(4, 256);
        let facets = facets.iter().map(|facet| Reading { facet: facet.id, last: Some(before), waiting: 0 });
        let mut newest = Self { connection, heap: BinaryHeap::new(), facets: facets.collect(), at_once };
        for index in 0..newest.facets.len() {
            newest.read(index)?;
        }
        Ok(newest)
    }

    pub(super) fn next(&mut self) -> Result<Option<i64>, StoreError> {
        let Some((row, index)) = self.heap.pop() else { return Ok(None) };
        let facet = self.facets.get_mut(index).ok_or_else(|| damaged("a facet is missing"))?;
        facet.waiting -= 1;
        if facet.waiting == 0 {
            self.read(index)?;
        }
        Ok(Some(row))
    }

    /// Reads a facet's next rows.
    fn read(&mut self, index: usize) -> Result<(), StoreError> {
        let Some(facet) = self.facets.get_mut(index) else { return Ok(()) };
        let Some(before) = facet.last else { return Ok(()) };
        let sql = "SELECT id FROM tickets WHERE facet = ? AND id < ? ORDER BY id DESC LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = i64::try_from(self.at_once).unwrap_or(i64::MAX);
        let mut rows = statement.query((facet.facet, before, limit))?;
        facet.last = None;
        let mut read = 0;
        while let Some(row) = rows.next()? {
            let row = row.get(0)?;
            facet.last = Some(row);
            facet.waiting += 1;
            read += 1;
            self.heap.push((row, index));
        }
        if read < self.at_once {
            facet.last = None;
        }
        Ok(())
    }
}
