//! Lists: the tickets of some facets, merged, newest first; and what the facets count.

use ticketing_core::{
    Status,
    ticket::{Origin, Scope},
};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use super::{
    rows::{self, Columns, listed_columns},
    tickets::{id_of, ordinal_of},
    transactions::{Transaction, Typed},
    words,
};
use crate::store::{Filter, ListPage, ListQuery, ListedTicket, Search, StoreError, Total};

/// Which facets `f` are in a scope and pass a filter.
pub(super) struct Conditions {
    sql: String,
    values: Vec<Typed<'static>>,
}

impl Conditions {
    pub(super) fn new(scope: &Scope, filter: &Filter) -> Self {
        let mut conditions = Self { sql: "TRUE".to_owned(), values: Vec::new() };
        if let Scope::Area(keys) = scope {
            conditions.any("area_key", keys);
        }
        let Filter { area_keys, status, priority_keys, is_archived, origin } = filter;
        if let Some(keys) = area_keys {
            conditions.any("area_key", keys);
        }
        if let Some(status) = status {
            conditions.add("f.status =", (Box::new(status.name()), Type::TEXT));
        }
        if let Some(keys) = priority_keys {
            conditions.any("priority_key", keys);
        }
        if let Some(is_archived) = is_archived {
            conditions.add("f.is_archived =", (Box::new(*is_archived), Type::BOOL));
        }
        if let Some(origin) = origin {
            conditions.add("f.origin =", (Box::new(origin.name()), Type::TEXT));
        }
        conditions
    }

    fn any(&mut self, column: &str, keys: &[String]) {
        let keys: Vec<_> = keys.iter().filter(|key| is_kept(key)).cloned().collect();
        self.values.push((Box::new(keys), Type::TEXT_ARRAY));
        self.sql += &format!(" AND f.{column} = ANY (${})", self.values.len());
    }

    fn add(&mut self, condition: &str, value: Typed<'static>) {
        self.values.push(value);
        self.sql += &format!(" AND {condition} ${}", self.values.len());
    }
}

/// PostgreSQL keeps no text that has a NUL in it, so nothing that is there has that value.
pub(super) fn is_kept(text: &str) -> bool {
    !text.contains('\0')
}

pub(super) async fn totals(look: &Transaction<'_>, scope: &Scope) -> Result<Vec<Total>, StoreError> {
    let Conditions { sql, values } = Conditions::new(scope, &Filter::default());
    let sql = format!(
        "SELECT f.area_key, f.status, f.priority_key, f.is_archived, f.origin, sum(c.tickets)::bigint
         FROM facets f JOIN facet_counts c ON c.facet = f.id
         WHERE {sql}
         GROUP BY f.area_key, f.status, f.priority_key, f.is_archived, f.origin
         HAVING sum(c.tickets) > 0"
    );
    let found = look.query_planned(&sql, &values).await?;
    let total = |row: &Row| {
        let columns = &mut Columns::new(row);
        Ok(Total {
            area_key: columns.next()?,
            status: columns.named(Status::from_name)?,
            priority_key: columns.next()?,
            is_archived: columns.next()?,
            origin: columns.named(Origin::from_name)?,
            tickets: u32::try_from(columns.next::<i64>()?).unwrap_or(u32::MAX),
        })
    };
    found.iter().map(total).collect()
}

pub(super) async fn page(read: &Transaction<'_>, query: &ListQuery) -> Result<ListPage, StoreError> {
    let facets = facets(read, &Conditions::new(&query.scope, &query.filter)).await?;
    let before = query.before.map_or(i64::MAX, ordinal_of);
    let one_more = i64::from(query.limit) + 1;
    let is_everything = query.scope == Scope::Everything && query.filter == Filter::default();
    let found = match &query.search {
        // No facet, no ticket.
        _ if facets.is_empty() => Vec::new(),
        None if is_everything => {
            let sql = concat!(
                "SELECT t.ordinal, ",
                listed_columns!(),
                "
                 FROM tickets t LEFT JOIN intake i ON i.ticket = t.id
                 WHERE t.ordinal < $1 ORDER BY t.ordinal DESC LIMIT $2"
            );
            read.query(sql, &[&before, &one_more]).await?
        }
        None => {
            let newest = newest(read, &facets, before, 0, one_more).await?;
            let ids: Vec<_> = newest.into_iter().map(id_of).collect();
            let sql = concat!(
                "SELECT t.ordinal, ",
                listed_columns!(),
                "
                 FROM tickets t LEFT JOIN intake i ON i.ticket = t.id
                 WHERE t.id = ANY ($1) ORDER BY t.ordinal DESC"
            );
            read.query(sql, &[&ids]).await?
        }
        Some(Search::Label(label)) => {
            let ordinal = ordinal_of((*label).into());
            let sql = concat!(
                "SELECT t.ordinal, ",
                listed_columns!(),
                "
                 FROM tickets t LEFT JOIN intake i ON i.ticket = t.id
                 WHERE t.id = $1 AND t.ordinal < $2 AND t.facet = ANY ($3)"
            );
            let ids: Vec<_> = facets.iter().map(|facet| facet.id).collect();
            read.query(sql, &[&id_of(ordinal), &before, &ids]).await?
        }
        Some(search) => {
            let Some(expression) = words::expression(search, &query.scope, &query.filter) else {
                return Ok(ListPage { tickets: Vec::new(), has_more: false, total: None });
            };
            let sql = concat!(
                "SELECT t.ordinal, ",
                listed_columns!(),
                "
                 FROM documents d
                 JOIN tickets t ON t.id = d.ticket
                 LEFT JOIN intake i ON i.ticket = t.id
                 WHERE d.words @@ $1::tsquery AND d.ordinal < $2 AND t.facet = ANY ($3)
                 ORDER BY d.ordinal DESC LIMIT $4"
            );
            let ids: Vec<_> = facets.iter().map(|facet| facet.id).collect();
            let sql = sql.replace("$1::tsquery", "($1::text)::tsquery");
            let values: [Typed<'_>; 4] = [
                (Box::new(expression), Type::TEXT),
                (Box::new(before), Type::INT8),
                (Box::new(ids), Type::UUID_ARRAY),
                (Box::new(one_more), Type::INT8),
            ];
            read.query_planned(&sql, &values).await?
        }
    };
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let has_more = found.len() > wanted;
    let mut tickets = Vec::with_capacity(found.len().min(wanted));
    for row in found.iter().take(wanted) {
        tickets.extend(listed(row)?);
    }
    if let Some(Search::Label(label)) = &query.search {
        // Numbers are unique in their year, whatever stands before it.
        tickets.retain(|ticket| ticket.label == *label);
    }
    let total = query.search.is_none().then(|| facets.iter().map(|facet| facet.tickets).sum());
    Ok(ListPage { tickets, has_more, total })
}

/// One that cannot be read is left out: the others are still to be worked.
fn listed(row: &Row) -> Result<Option<ListedTicket>, StoreError> {
    let columns = &mut Columns::new(row);
    let ordinal: i64 = columns.next()?;
    match rows::listed(columns) {
        Ok(ticket) => Ok(Some(ticket)),
        Err(StoreError::Damaged(error)) => {
            tracing::error!(%error, ticket.row = ordinal, "a ticket cannot be listed");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Of more facets than these, each with its own search in the index, it is first tried to find the page's tickets among the
/// newest of all.
const FACETS_TO_MERGE: usize = 64;
/// So many of the newest tickets are looked at for that.
const ROWS_TO_TRY: i64 = 4_000;

pub(super) struct Facet {
    pub(super) id: Uuid,
    pub(super) tickets: u64,
}

pub(super) async fn facets(read: &Transaction<'_>, conditions: &Conditions) -> Result<Vec<Facet>, StoreError> {
    let Conditions { sql, values } = conditions;
    let sql = format!(
        "SELECT f.id, sum(c.tickets)::bigint FROM facets f JOIN facet_counts c ON c.facet = f.id
         WHERE {sql} GROUP BY f.id HAVING sum(c.tickets) > 0"
    );
    let found = read.query_planned(&sql, values).await?;
    let facet = |row: &Row| {
        let columns = &mut Columns::new(row);
        Ok(Facet { id: columns.uuid()?, tickets: u64::try_from(columns.next::<i64>()?).unwrap_or_default() })
    };
    found.iter().map(facet).collect()
}

/// The places of the newest tickets of some facets before one, without the first of them, and at most so many. The index has each
/// facet's tickets in their order: a page costs the same however many there are.
pub(super) async fn newest(
    read: &Transaction<'_>,
    facets: &[Facet],
    before: i64,
    skipped: i64,
    wanted: i64,
) -> Result<Vec<i64>, StoreError> {
    let facets: Vec<_> = facets.iter().map(|facet| facet.id).collect();
    if facets.len() > FACETS_TO_MERGE && skipped == 0 {
        let sql = "SELECT n.ordinal FROM (
                       SELECT ordinal, facet FROM tickets WHERE ordinal < $1 ORDER BY ordinal DESC LIMIT $2
                   ) n
                   WHERE n.facet = ANY ($3) ORDER BY n.ordinal DESC LIMIT $4";
        let found = ordinals(&read.query(sql, &[&before, &ROWS_TO_TRY, &facets, &wanted]).await?)?;
        if i64::try_from(found.len()).is_ok_and(|found| found >= wanted) {
            return Ok(found);
        }
    }
    let each = skipped.saturating_add(wanted);
    let sql = "SELECT n.ordinal FROM unnest($1::uuid[]) AS f (id)
               CROSS JOIN LATERAL (
                   SELECT ordinal FROM tickets WHERE facet = f.id AND ordinal < $2 ORDER BY ordinal DESC LIMIT $3
               ) n
               ORDER BY n.ordinal DESC LIMIT $4 OFFSET $5";
    ordinals(&read.query(sql, &[&facets, &before, &each, &wanted, &skipped]).await?)
}

pub(super) fn ordinals(rows: &[Row]) -> Result<Vec<i64>, StoreError> {
    rows.iter().map(|row| Columns::new(row).next()).collect()
}
