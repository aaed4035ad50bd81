use std::{
    net::IpAddr,
    sync::atomic::Ordering::{Acquire, Release},
};

use ticketing_core::{Status, TicketId, TicketLabel, Timestamp, ticket::Scope};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    connect::unavailable,
    lists,
    rows::{self, Columns, damaged, event_columns, intake_columns, ticket_columns},
    tickets,
    transactions::{Parameters, Transaction},
    words,
};
use crate::store::{DeskStore, FeedStore, LabelKey, ListPage, ListQuery, Search, StoreError, TicketRecord, Total};

impl DeskStore for PostgresStore {
    async fn record(&self, id: TicketId) -> Result<Option<Box<TicketRecord>>, StoreError> {
        let _place = self.place(false).await?;
        self.read(|read| Box::pin(record(read, id))).await
    }

    async fn find_label(&self, label: LabelKey) -> Result<Option<(TicketId, TicketLabel)>, StoreError> {
        let id = tickets::id_of(tickets::ordinal_of(label));
        self.look(|look| {
            Box::pin(async move {
                let found = look.query_opt("SELECT uuid, label FROM tickets WHERE id = $1", &[&id]).await?;
                let Some(row) = found else { return Ok(None) };
                let columns = &mut Columns::new(&row);
                Ok(Some((TicketId(columns.uuid()?), columns.text()?.parse().map_err(damaged)?)))
            })
        })
        .await
    }

    async fn list(&self, query: ListQuery) -> Result<ListPage, StoreError> {
        let query = &query;
        self.is_searchable(query.search.as_ref())?;
        let _place = self.place(query.search.is_some()).await?;
        self.read(|read| Box::pin(lists::page(read, query))).await
    }

    async fn totals(&self, scope: &Scope) -> Result<Vec<Total>, StoreError> {
        let _place = self.place(false).await?;
        self.look(|look| Box::pin(lists::totals(look, scope))).await
    }

    async fn resolved_until(&self, instant: Timestamp, skip: u32, max: u32) -> Result<Vec<TicketId>, StoreError> {
        let sql = "SELECT uuid FROM tickets
                   WHERE status = 'RESUELTO' AND archived_at IS NULL AND resolved_at <= $1
                   ORDER BY resolved_at LIMIT $2 OFFSET $3";
        debug_assert_eq!(Status::Resolved.name(), "RESUELTO", "the index is of these");
        self.look(|look| {
            Box::pin(async move { ids(look, sql, &[&instant.unix_millis(), &i64::from(max), &i64::from(skip)]).await })
        })
        .await
    }

    async fn moments_until(&self, instant: Timestamp, skip: u32, max: u32) -> Result<Vec<TicketId>, StoreError> {
        let sql = "SELECT uuid FROM tickets WHERE next_moment <= $1 ORDER BY next_moment LIMIT $2 OFFSET $3";
        self.look(|look| {
            Box::pin(async move { ids(look, sql, &[&instant.unix_millis(), &i64::from(max), &i64::from(skip)]).await })
        })
        .await
    }

    async fn index_words(&self) -> Result<bool, StoreError> {
        self.give_positions().await?;
        let mut more = !self.look(|look| Box::pin(words::is_complete(look))).await?;
        if more {
            more = self.write_again(|transaction| Box::pin(words::update(transaction))).await?;
        }
        if !more {
            self.inner.has_words.store(true, Release);
        }
        Ok(more)
    }
}

impl PostgresStore {
    /// Who searches shall not take a part for the whole.
    pub(super) fn is_searchable(&self, search: Option<&Search>) -> Result<(), StoreError> {
        if matches!(search, None | Some(Search::Label(_))) || self.inner.has_words.load(Acquire) {
            return Ok(());
        }
        Err(unavailable("what tickets say is being indexed"))
    }
}

async fn ids(look: &Transaction<'_>, sql: &str, parameters: Parameters<'_>) -> Result<Vec<TicketId>, StoreError> {
    let found = look.query(sql, parameters).await?;
    found.iter().map(|row: &Row| Ok(TicketId(Columns::new(row).uuid()?))).collect()
}

async fn record(read: &Transaction<'_>, id: TicketId) -> Result<Option<Box<TicketRecord>>, StoreError> {
    let ticket = concat!(
        "SELECT t.label, i.address, ",
        ticket_columns!(),
        ", ",
        intake_columns!(),
        " FROM tickets t LEFT JOIN intake i ON i.ticket = t.id WHERE t.uuid = $1"
    );
    let history = concat!(
        "SELECT ",
        event_columns!(),
        "
         FROM tickets t
         JOIN events e ON e.ticket = t.id
         LEFT JOIN texts x ON x.ticket = e.ticket AND x.seq = e.seq
         WHERE t.uuid = $1 ORDER BY e.seq"
    );
    let answers = read.pipeline(&[(ticket, &[&id.0]), (history, &[&id.0])]).await?;
    let [ticket, events] = answers.as_slice() else { return Ok(None) };
    let Some(row) = ticket.first() else { return Ok(None) };
    let columns = &mut Columns::new(row);
    let label = columns.text()?.parse().map_err(damaged)?;
    let address = columns.optional_text()?;
    Ok(Some(Box::new(TicketRecord {
        label,
        address: address.map(|address| address.parse::<IpAddr>().map_err(damaged)).transpose()?,
        ticket: rows::ticket(columns)?,
        intake: rows::intake(columns)?,
        history: events.iter().map(|row| rows::event(&mut Columns::new(row))).collect::<Result<_, _>>()?,
    })))
}
