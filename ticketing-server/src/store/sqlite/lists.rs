//! Lists: the tickets of some facets, merged, newest first; and what the facets count.

use std::collections::BinaryHeap;

use rusqlite::{Connection, params_from_iter, types::ToSqlOutput};
use ticketing_core::{Status, ticket::Scope};

use super::{
    rows::{self, Columns, damaged, listed_columns},
    tickets::row_of,
    words::Words,
};
use crate::store::{Filter, ListPage, ListQuery, ListedTicket, Search, StoreError, Total};

/// Facets `f` that are in a scope and pass a filter: five parameters, of [`conditions`].
macro_rules! of_facets {
    () => {
        "(?1 IS NULL OR f.area_key = ?1) AND (?2 IS NULL OR f.area_key = ?2) AND (?3 IS NULL OR f.status = ?3)
         AND (?4 IS NULL OR f.priority_key = ?4) AND (?5 IS NULL OR f.is_archived = ?5)"
    };
}

type Parameter<'a> = ToSqlOutput<'a>;

fn conditions<'a>(scope: &'a Scope, filter: &'a Filter) -> [Parameter<'a>; 5] {
    fn text(text: Option<&str>) -> Parameter<'_> {
        text.map_or(ToSqlOutput::Owned(rusqlite::types::Value::Null), ToSqlOutput::from)
    }
    let scope = match scope {
        Scope::Everything => None,
        Scope::Area(key) => Some(key.as_str()),
    };
    [
        text(scope),
        text(filter.area_key.as_deref()),
        text(filter.status.map(Status::name)),
        text(filter.priority_key.as_deref()),
        filter.is_archived.map_or_else(|| text(None), ToSqlOutput::from),
    ]
}

pub(super) fn totals(connection: &Connection, scope: &Scope) -> Result<Vec<Total>, StoreError> {
    let sql = concat!(
        "SELECT f.area_key, f.status, f.priority_key, f.is_archived, f.tickets FROM facets f
         WHERE f.tickets > 0 AND ",
        of_facets!()
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params_from_iter(conditions(scope, &Filter::default())))?;
    let mut totals = Vec::new();
    while let Some(row) = found.next()? {
        let columns = &mut Columns::new(row);
        totals.push(Total {
            area_key: columns.next()?,
            status: columns.named(Status::from_name)?,
            priority_key: columns.next()?,
            is_archived: columns.next()?,
            tickets: columns.next()?,
        });
    }
    Ok(totals)
}

pub(super) fn page(connection: &Connection, words: &Words, query: &ListQuery) -> Result<ListPage, StoreError> {
    let facets = facets(connection, query)?;
    let before = query.before.map_or(i64::MAX, row_of);
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut page = Page { connection, query, tickets: Vec::new(), wanted, has_more: false };
    match &query.search {
        // No facet, no ticket.
        _ if facets.is_empty() => {}
        None if query.scope == Scope::Everything && query.filter == Filter::default() => page.take_all(before)?,
        None => {
            let mut newest = Newest::new(connection, &facets, before, wanted)?;
            while !page.has_more
                && let Some(row) = newest.next()?
            {
                page.take(row)?;
            }
        }
        Some(Search::Label(label)) => {
            let row = row_of((*label).into());
            if row < before {
                page.take(row)?;
            }
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

struct Facet {
    id: i64,
    tickets: u32,
}

fn facets(connection: &Connection, query: &ListQuery) -> Result<Vec<Facet>, StoreError> {
    let sql = concat!("SELECT f.id, f.tickets FROM facets f WHERE f.tickets > 0 AND ", of_facets!());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params_from_iter(conditions(&query.scope, &query.filter)), |row| {
        Ok(Facet { id: row.get(0)?, tickets: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page as it fills.
struct Page<'a> {
    connection: &'a Connection,
    query: &'a ListQuery,
    tickets: Vec<ListedTicket>,
    wanted: usize,
    /// There is one that no longer fits.
    has_more: bool,
}

impl Page<'_> {
    /// Takes the newest tickets of all in: they stand in that order.
    fn take_all(&mut self, before: i64) -> Result<(), StoreError> {
        let sql = concat!(
            "SELECT ",
            listed_columns!(),
            "
             FROM tickets t LEFT JOIN intake i ON i.ticket = t.id
             WHERE t.id < ? ORDER BY t.id DESC LIMIT ?"
        );
        let mut statement = self.connection.prepare_cached(sql)?;
        let one_more = i64::from(self.query.limit) + 1;
        let mut found = statement.query((before, one_more))?;
        while let Some(row) = found.next()? {
            if self.tickets.len() == self.wanted {
                self.has_more = true;
            } else {
                self.tickets.push(rows::listed(&mut Columns::new(row))?);
            }
        }
        Ok(())
    }

    /// Takes a row's ticket in, if it is in the scope and passes the filter.
    fn take(&mut self, row: i64) -> Result<(), StoreError> {
        if self.has_more {
            return Ok(());
        }
        let sql = concat!(
            "SELECT ",
            listed_columns!(),
            "
             FROM tickets t
             JOIN facets f ON f.id = t.facet
             LEFT JOIN intake i ON i.ticket = t.id
             WHERE t.id = ?6 AND ",
            of_facets!()
        );
        let mut statement = self.connection.prepare_cached(sql)?;
        let conditions = conditions(&self.query.scope, &self.query.filter);
        let mut found = statement.query(params_from_iter(conditions.into_iter().chain([ToSqlOutput::from(row)])))?;
        if let Some(row) = found.next()? {
            if self.tickets.len() == self.wanted {
                self.has_more = true;
            } else {
                self.tickets.push(rows::listed(&mut Columns::new(row))?);
            }
        }
        Ok(())
    }
}

/// The rows of several facets, newest first. The index has each facet's rows in that order: they are read some at a time and
/// merged, so that a page costs the same however many tickets there are.
struct Newest<'a> {
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
    fn new(connection: &'a Connection, facets: &[Facet], before: i64, wanted: usize) -> Result<Self, StoreError> {
        // Few at a time where there are many facets, of which most have no row on the page.
        let at_once = (wanted / facets.len().max(1)).clamp(4, 256);
        let facets = facets.iter().map(|facet| Reading { facet: facet.id, last: Some(before), waiting: 0 });
        let mut newest = Self { connection, heap: BinaryHeap::new(), facets: facets.collect(), at_once };
        for index in 0..newest.facets.len() {
            newest.read(index)?;
        }
        Ok(newest)
    }

    fn next(&mut self) -> Result<Option<i64>, StoreError> {
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
