//! Numbered pages, with how many tickets there are on all of them. What facets count is not counted again; the rest is, in an
//! index.

use ticketing_core::ticket::Scope;
use tokio_postgres::{Row, types::Type};

use super::{
    lists::{self, Conditions, is_kept, newest, ordinals},
    rows::{self, Columns, damaged, intake_columns, ticket_columns},
    tickets::{id_of, ordinal_of},
    transactions::{Transaction, Typed},
    words,
};
use crate::store::{Filter, Narrow, Page, PageQuery, PageStart, Search, StoreError, TicketOnPage};

/// The transaction makes one instant of all statements.
pub(super) async fn page(read: &Transaction<'_>, query: &PageQuery) -> Result<Page, StoreError> {
    let Rows { mut rows, total } = if query.search.is_none() && query.narrow == Narrow::default() {
        of_facets(read, query).await?
    } else {
        of_index(read, query).await?
    };
    let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > wanted;
    rows.truncate(wanted);
    let ids: Vec<_> = rows.into_iter().map(id_of).collect();
    let sql = concat!(
        "SELECT t.ordinal, t.label, ",
        ticket_columns!(),
        ", ",
        intake_columns!(),
        " FROM tickets t LEFT JOIN intake i ON i.ticket = t.id WHERE t.id = ANY ($1) ORDER BY t.ordinal DESC"
    );
    let mut tickets = Vec::with_capacity(ids.len());
    for row in read.query(sql, &[&ids]).await? {
        let columns = &mut Columns::new(&row);
        let ordinal: i64 = columns.next()?;
        match ticket(columns) {
            Ok(ticket) => tickets.push(ticket),
            Err(StoreError::Damaged(error)) => {
                tracing::error!(%error, ticket.row = ordinal, "a ticket cannot be listed");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Page { tickets, has_more, total })
}

/// The rows of a page and one more, if there is one, by their places in the order of tickets.
struct Rows {
    rows: Vec<i64>,
    total: u64,
}

fn ticket(columns: &mut Columns<'_>) -> Result<TicketOnPage, StoreError> {
    let label = columns.text()?.parse().map_err(damaged)?;
    Ok(TicketOnPage { label, ticket: rows::ticket(columns)?, intake: rows::intake(columns)? })
}

async fn of_facets(read: &Transaction<'_>, query: &PageQuery) -> Result<Rows, StoreError> {
    let facets = lists::facets(read, &Conditions::new(&query.scope, &query.filter)).await?;
    let total = facets.iter().map(|facet| facet.tickets).sum();
    let wanted = i64::from(query.limit) + 1;
    if is_everything(query) {
        let newest = match query.start {
            PageStart::After(skipped) => nth(read, skipped, total).await?,
            PageStart::Before(label) => Some(ordinal_of(label) - 1),
        };
        let Some(newest) = newest else { return Ok(Rows { rows: Vec::new(), total }) };
        let sql = "SELECT ordinal FROM tickets WHERE ordinal <= $1 ORDER BY ordinal DESC LIMIT $2";
        return Ok(Rows { rows: ordinals(&read.query(sql, &[&newest, &wanted]).await?)?, total });
    }
    let (skipped, before) = match query.start {
        PageStart::After(skipped) => (skipped, i64::MAX),
        PageStart::Before(label) => (0, ordinal_of(label)),
    };
    let rows = if skipped < total { newest(read, &facets, before, int(skipped), wanted).await? } else { Vec::new() };
    Ok(Rows { rows, total })
}

/// The newest ticket but so many. Where labels have no gaps and all of them are there, their counters tell it at once.
async fn nth(read: &Transaction<'_>, skipped: u64, total: u64) -> Result<Option<i64>, StoreError> {
    if skipped >= total {
        return Ok(None);
    }
    let mut series = Vec::new();
    for row in read.query("SELECT year, last FROM label_counters ORDER BY year DESC", &[]).await? {
        let columns = &mut Columns::new(&row);
        let year = i64::from(columns.number()?);
        series.push((year, u64::try_from(columns.next::<i64>()?).unwrap_or_default()));
    }
    if series.iter().map(|(_, last)| last).sum::<u64>() == total {
        let mut left = skipped;
        for (year, last) in series {
            if left < last {
                return Ok(i64::try_from(last - left).ok().map(|number| year << 32 | number));
            }
            left -= last;
        }
    }
    let sql = "SELECT ordinal FROM tickets ORDER BY ordinal DESC LIMIT 1 OFFSET $1";
    Ok(ordinals(&read.query(sql, &[&int(skipped)]).await?)?.pop())
}

fn is_everything(query: &PageQuery) -> bool {
    query.scope == Scope::Everything && query.filter == Filter::default()
}

/// What tickets must have.
struct Where {
    from: &'static str,
    sql: String,
    values: Vec<Typed<'static>>,
}

impl Where {
    /// `None`: no ticket has that.
    async fn new(read: &Transaction<'_>, query: &PageQuery) -> Result<Option<Self>, StoreError> {
        let Narrow { category, assignee, tag, created, updated } = &query.narrow;
        let mut wanted = Self { from: "FROM tickets t", sql: "TRUE".to_owned(), values: Vec::new() };
        if [category, tag].into_iter().flatten().any(|text| !is_kept(text)) {
            return Ok(None);
        }
        match &query.search {
            None => {}
            // Numbers are unique in their year, whatever stands before it; the printed form is looked at by whoever has it.
            Some(Search::Label(label)) => {
                let ordinal = ordinal_of((*label).into());
                let found = read.query_opt("SELECT label FROM tickets WHERE id = $1", &[&id_of(ordinal)]).await?;
                let Some(row) = found else { return Ok(None) };
                if Columns::new(&row).text()?.parse() != Ok(*label) {
                    return Ok(None);
                }
                wanted.and("t.ordinal =", (Box::new(ordinal), Type::INT8));
            }
            Some(search) => {
                let Some(expression) = words::expression(search, &query.scope, &query.filter) else { return Ok(None) };
                wanted.from = "FROM documents d JOIN tickets t ON t.id = d.ticket";
                wanted.values.push((Box::new(expression), Type::TEXT));
                wanted.sql += " AND d.words @@ ($1::text)::tsquery";
            }
        }
        if let Some(tag) = tag {
            wanted.values.push((Box::new(tag.clone()), Type::TEXT));
            wanted.sql +=
                &format!(" AND t.id IN (SELECT g.ticket FROM ticket_tags g WHERE g.tag = ${})", wanted.values.len());
        }
        if let Some(assignee) = assignee {
            wanted.and("t.assignee =", (Box::new(assignee.0), Type::UUID));
        }
        if let Some(category) = category {
            wanted.and("t.category =", (Box::new(category.clone()), Type::TEXT));
        }
        for (column, range) in [("t.created_at", created), ("t.updated_at", updated)] {
            if let Some(range) = range {
                wanted.and(&format!("{column} >="), (Box::new(range.start.unix_millis()), Type::INT8));
                wanted.and(&format!("{column} <"), (Box::new(range.end.unix_millis()), Type::INT8));
            }
        }
        if !is_everything(query) {
            let facets = lists::facets(read, &Conditions::new(&query.scope, &query.filter)).await?;
            let ids: Vec<_> = facets.iter().map(|facet| facet.id).collect();
            wanted.values.push((Box::new(ids), Type::UUID_ARRAY));
            wanted.sql += &format!(" AND t.facet = ANY (${})", wanted.values.len());
        }
        Ok(Some(wanted))
    }

    fn and(&mut self, condition: &str, value: Typed<'static>) {
        self.values.push(value);
        self.sql += &format!(" AND {condition} ${}", self.values.len());
    }
}

async fn of_index(read: &Transaction<'_>, query: &PageQuery) -> Result<Rows, StoreError> {
    let Some(Where { from, sql, mut values }) = Where::new(read, query).await? else {
        return Ok(Rows { rows: Vec::new(), total: 0 });
    };
    let counted = read.query_planned(&format!("SELECT count(*)::bigint {from} WHERE {sql}"), &values).await?;
    let total = counted.first().map_or(Ok(0), |row: &Row| Columns::new(row).next::<i64>())?;
    let total = u64::try_from(total).unwrap_or_default();
    let (before, skipped) = match query.start {
        PageStart::After(skipped) => (i64::MAX, skipped),
        PageStart::Before(label) => (ordinal_of(label), 0),
    };
    if skipped >= total {
        return Ok(Rows { rows: Vec::new(), total });
    }
    let bounds = [before, i64::from(query.limit) + 1, int(skipped)];
    values.extend(bounds.map(|bound| -> Typed<'static> { (Box::new(bound), Type::INT8) }));
    let last = values.len();
    let listed = format!(
        "SELECT t.ordinal {from} WHERE {sql} AND t.ordinal < ${} ORDER BY t.ordinal DESC LIMIT ${} OFFSET ${last}",
        last - 2,
        last - 1
    );
    Ok(Rows { rows: ordinals(&read.query_planned(&listed, &values).await?)?, total })
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
