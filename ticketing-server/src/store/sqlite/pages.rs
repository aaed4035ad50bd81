//! Numbered pages, with how many tickets there are on all of them. What facets count is not counted again; the rest is, in an
//! index.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params_from_iter, types::Value};
use ticketing_core::{TicketLabel, Timestamp, ticket::Scope};

use super::{
    lists::{self, Conditions, Newest},
    rows::{self, Columns, damaged, intake_columns, ticket_columns},
    tickets::row_of,
    words::Words,
};
use crate::store::{Filter, Narrow, Page, PageQuery, PageStart, Search, StoreError, TicketOnPage};

/// The connection's transaction makes one instant of all statements.
pub(super) fn page(connection: &Connection, words: &Words, query: &PageQuery) -> Result<Page, StoreError> {
    let Rows { mut rows, total } = match &query.search {
        Some(search) => of_search(connection, words, query, search)?,
        None if query.narrow == Narrow::default() => of_facets(connection, query)?,
        None => of_index(connection, query)?,
    };
    let wanted = count(query.limit.into());
    let has_more = rows.len() > wanted;
    rows.truncate(wanted);
    let sql = concat!(
        "SELECT t.label, ",
        ticket_columns!(),
        ", ",
        intake_columns!(),
        " FROM tickets t LEFT JOIN intake i ON i.ticket = t.id WHERE t.id = ?"
    );
    let mut statement = connection.prepare_cached(sql)?;
    let mut tickets = Vec::with_capacity(rows.len());
    for row in rows {
        match ticket(&mut statement, row) {
            Ok(ticket) => tickets.push(ticket),
            Err(StoreError::Damaged(error)) => tracing::error!(%error, ticket.row = row, "a ticket cannot be listed"),
            Err(error) => return Err(error),
        }
    }
    Ok(Page { tickets, has_more, total })
}

/// The rows of a page and one more, if there is one.
struct Rows {
    rows: Vec<i64>,
    total: u64,
}

fn ticket(statement: &mut CachedStatement<'_>, row: i64) -> Result<TicketOnPage, StoreError> {
    let mut found = statement.query([row])?;
    let columns = &mut Columns::new(found.next()?.ok_or_else(|| damaged("an index names a ticket that is not there"))?);
    let label = columns.text()?.parse().map_err(damaged)?;
    Ok(TicketOnPage { label, ticket: rows::ticket(columns)?, intake: rows::intake(columns)? })
}

fn of_facets(connection: &Connection, query: &PageQuery) -> Result<Rows, StoreError> {
    let conditions = Conditions::new(&query.scope, &query.filter);
    let facets = lists::facets(connection, &conditions)?;
    let total = facets.iter().map(|facet| u64::from(facet.tickets)).sum();
    let wanted = count(query.limit.into()).saturating_add(1);
    if is_everything(query) {
        let newest = match query.start {
            PageStart::After(skipped) => nth(connection, skipped, total)?,
            PageStart::Before(label) => Some(row_of(label) - 1),
        };
        let Some(newest) = newest else { return Ok(Rows { rows: Vec::new(), total }) };
        let sql = "SELECT id FROM tickets WHERE id <= ? ORDER BY id DESC LIMIT ?";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map((newest, limit(wanted)), |row| row.get(0))?;
        return Ok(Rows { rows: rows.collect::<Result<_, _>>()?, total });
    }
    let (skipped, before) = match query.start {
        PageStart::After(skipped) => (skipped, i64::MAX),
        PageStart::Before(label) => (0, row_of(label)),
    };
    let mut rows = Vec::new();
    if skipped < total {
        let mut newest = Newest::new(connection, &facets, before, count(skipped).saturating_add(wanted))?;
        for _ in 0..skipped {
            newest.next()?;
        }
        while rows.len() < wanted
            && let Some(row) = newest.next()?
        {
            rows.push(row);
        }
    }
    Ok(Rows { rows, total })
}

/// The newest ticket but so many. Labels have no gaps: where all of them are there, their counters tell it at once.
fn nth(connection: &Connection, skipped: u64, total: u64) -> Result<Option<i64>, StoreError> {
    if skipped >= total {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached("SELECT year, last FROM label_counters ORDER BY year DESC")?;
    let series = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let series: Vec<(i64, u32)> = series.collect::<Result<_, _>>()?;
    if series.iter().map(|(_, last)| u64::from(*last)).sum::<u64>() == total {
        let mut left = skipped;
        for (year, last) in series {
            let last = u64::from(last);
            if left < last {
                return Ok(i64::try_from(last - left).ok().map(|number| year << 32 | number));
            }
            left -= last;
        }
    }
    let sql = "SELECT id FROM tickets ORDER BY id DESC LIMIT 1 OFFSET ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([i64::try_from(skipped).unwrap_or(i64::MAX)])?;
    Ok(found.next()?.map(|row| row.get(0)).transpose()?)
}

fn is_everything(query: &PageQuery) -> bool {
    query.scope == Scope::Everything && query.filter == Filter::default()
}

/// What tickets must have, the first of it found in an index, the rest looked at in what that has.
struct Where {
    from: &'static str,
    sql: String,
    values: Vec<Value>,
}

impl Where {
    fn new(connection: &Connection, query: &PageQuery) -> Result<Self, StoreError> {
        let Narrow { category, assignee, tag, created, updated } = &query.narrow;
        let mut wanted = Self { from: "FROM tickets t", sql: String::new(), values: Vec::new() };
        if let Some(tag) = tag {
            wanted.from = "FROM ticket_tags g JOIN tickets t ON t.id = g.ticket";
            wanted.and("g.tag = ?", [tag.clone().into()]);
        }
        if let Some(assignee) = assignee {
            wanted.indexed("t.assignee = ?", [assignee.0.as_bytes().to_vec().into()]);
        }
        if let Some(category) = category {
            wanted.indexed("t.category = ?", [category.clone().into()]);
        }
        let millis = |instant: Timestamp| Value::from(instant.unix_millis());
        if let Some(created) = created {
            wanted.indexed("t.created_at >= ?", [millis(created.start)]);
            let operand = if wanted.values.len() == 1 { "t.created_at < ?" } else { "+t.created_at < ?" };
            wanted.and(operand, [millis(created.end)]);
        }
        if let Some(updated) = updated {
            let is_first = wanted.values.is_empty();
            wanted.indexed("t.updated_at >= ?", [millis(updated.start)]);
            wanted.and(if is_first { "t.updated_at < ?" } else { "+t.updated_at < ?" }, [millis(updated.end)]);
        }
        if !is_everything(query) {
            let facets = lists::facets(connection, &Conditions::new(&query.scope, &query.filter))?;
            let ids: Vec<_> = facets.iter().map(|facet| facet.id).collect();
            let ids = serde_json::Value::from(ids).to_string();
            wanted.and("+t.facet IN (SELECT value FROM json_each(?))", [ids.into()]);
        }
        Ok(wanted)
    }

    /// A condition that an index may find, if it is the first.
    fn indexed(&mut self, condition: &str, values: [Value; 1]) {
        if self.values.is_empty() {
            self.and(condition, values);
        } else {
            self.and(&format!("+{condition}"), values);
        }
    }

    fn and(&mut self, condition: &str, values: [Value; 1]) {
        self.sql += if self.sql.is_empty() { " WHERE " } else { " AND " };
        self.sql += condition;
        self.values.extend(values);
    }
}

fn of_index(connection: &Connection, query: &PageQuery) -> Result<Rows, StoreError> {
    let Where { from, sql, values } = Where::new(connection, query)?;
    let counted = format!("SELECT count(*) {from}{sql}");
    let total: i64 = connection.prepare_cached(&counted)?.query_row(params_from_iter(&values), |row| row.get(0))?;
    let total = u64::try_from(total).unwrap_or_default();
    let (before, skipped) = match query.start {
        PageStart::After(skipped) => (i64::MAX, skipped),
        PageStart::Before(label) => (row_of(label), 0),
    };
    if skipped >= total {
        return Ok(Rows { rows: Vec::new(), total });
    }
    let listed = format!("SELECT t.id {from}{sql} AND t.id < ? ORDER BY t.id DESC LIMIT ? OFFSET ?");
    let wanted = count(query.limit.into()).saturating_add(1);
    let bounds = [before, limit(wanted), i64::try_from(skipped).unwrap_or(i64::MAX)].map(Value::from);
    let mut statement = connection.prepare_cached(&listed)?;
    let rows = statement.query_map(params_from_iter(values.iter().chain(&bounds)), |row| row.get(0))?;
    Ok(Rows { rows: rows.collect::<Result<_, _>>()?, total })
}

/// Whatever has the words, looked through for what passes the rest.
fn of_search(connection: &Connection, words: &Words, query: &PageQuery, search: &Search) -> Result<Rows, StoreError> {
    const AT_ONCE: usize = 10_000;
    let found = match search {
        // Numbers are unique in their year, whatever stands before it.
        Search::Label(label) => labelled(connection, *label)?.into_iter().collect(),
        search => words.find(search, &query.scope, &query.filter, i64::MAX, usize::MAX)?,
    };
    let Where { from, mut sql, values } = Where::new(connection, query)?;
    sql += if sql.is_empty() { " WHERE " } else { " AND " };
    let sql = format!("SELECT t.id {from}{sql}t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id DESC");
    let mut passing: Vec<i64> = Vec::new();
    for found in found.chunks(AT_ONCE) {
        let ids = Value::from(serde_json::Value::from(found).to_string());
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values.iter().chain([&ids])), |row| row.get(0))?;
        for row in rows {
            passing.push(row?);
        }
    }
    let total = u64::try_from(passing.len()).unwrap_or(u64::MAX);
    let rows: Vec<_> = match query.start {
        PageStart::After(skipped) => passing.into_iter().skip(count(skipped)).collect(),
        PageStart::Before(label) => passing.into_iter().filter(|row| *row < row_of(label)).collect(),
    };
    Ok(Rows { rows, total })
}

fn labelled(connection: &Connection, label: TicketLabel) -> Result<Option<i64>, StoreError> {
    let row = row_of(label.into());
    let sql = "SELECT label FROM tickets WHERE id = ?";
    let printed: Option<String> = connection.prepare_cached(sql)?.query_row([row], |row| row.get(0)).optional()?;
    let is_same = |printed: &String| printed.parse() == Ok(label);
    Ok(printed.filter(is_same).map(|_| row))
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn limit(wanted: usize) -> i64 {
    i64::try_from(wanted).unwrap_or(i64::MAX)
}
