use std::collections::HashMap;

use ticketing_core::{TicketId, ticket::NewEvent};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    rows::{self, Columns, damaged, event_columns},
    transactions::Transaction,
};
use crate::store::{FeedEntry, FeedPosition, FeedStore, StoreError};

/// Transactions of many processes are committed in any order. Events get their positions afterwards, from one transaction at a
/// time, which is committed before the next one begins: nobody who goes on after the last one comes too late for another.
impl FeedStore for PostgresStore {
    async fn feed(&self, after: FeedPosition, max: u32) -> Result<Vec<FeedEntry>, StoreError> {
        self.look(|look| Box::pin(feed(look, after, max))).await
    }

    async fn feed_positions(&self, after: FeedPosition, max: u32) -> Result<Vec<FeedPosition>, StoreError> {
        self.look(|look| {
            Box::pin(async move {
                let sql = "SELECT position FROM feed WHERE position > $1 ORDER BY position LIMIT $2";
                let rows = look.query(sql, &[&row_of(after), &i64::from(max)]).await?;
                rows.iter().map(|row| Columns::new(row).next().map(position)).collect()
            })
        })
        .await
    }

    async fn newest_position(&self) -> Result<FeedPosition, StoreError> {
        self.look(|look| Box::pin(newest_position(look))).await
    }

    async fn give_positions(&self) -> Result<bool, StoreError> {
        let mut has_given = false;
        while self.look(|look| Box::pin(is_waiting(look))).await? {
            self.write_again(|transaction| Box::pin(give_positions(transaction))).await?;
            has_given = true;
        }
        Ok(has_given)
    }
}

/// What is told of and not there is damage, and not passed over.
async fn feed(look: &Transaction<'_>, after: FeedPosition, max: u32) -> Result<Vec<FeedEntry>, StoreError> {
    let sql = concat!(
        "SELECT o.position, t.uuid, t.label, t.area, nullif(i.name, ''), ",
        event_columns!(),
        "
         FROM (SELECT position, ticket, seq FROM feed WHERE position > $1 ORDER BY position LIMIT $2) o
         LEFT JOIN tickets t ON t.id = o.ticket
         LEFT JOIN events e ON e.ticket = o.ticket AND e.seq = o.seq
         LEFT JOIN intake i ON i.ticket = o.ticket
         LEFT JOIN texts x ON x.ticket = o.ticket AND x.seq = o.seq
         ORDER BY o.position"
    );
    let rows = look.query(sql, &[&row_of(after), &i64::from(max)]).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<FeedEntry, StoreError> {
    let columns = &mut Columns::new(row);
    let (position, id) = (position(columns.next()?), TicketId(columns.uuid()?));
    let label = columns.text()?.parse().map_err(damaged)?;
    let (area, requester_name) = (columns.next()?, columns.next()?);
    let NewEvent { event, text, on_behalf } = rows::event(columns)?;
    Ok(FeedEntry { position, id, label, area, requester_name, event, text, on_behalf })
}

pub(super) async fn newest_position(look: &Transaction<'_>) -> Result<FeedPosition, StoreError> {
    let head = look.query_opt("SELECT last FROM feed_head WHERE id = 1", &[]).await?;
    let head = head.ok_or_else(|| damaged("the feed has no head"))?;
    Ok(position(Columns::new(&head).next()?))
}

async fn is_waiting(look: &Transaction<'_>) -> Result<bool, StoreError> {
    let waiting = look.query_opt("SELECT EXISTS (SELECT 1 FROM outbox)", &[]).await?;
    waiting.map_or(Ok(false), |row| Columns::new(&row).next())
}

/// Events that get their positions at once.
const AT_ONCE: i64 = 2_000;

/// The head is locked before it is looked what waits: what another process has given a position meanwhile is no longer there.
pub(super) async fn give_positions(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    // Of a ticket, what came before is taken too: the database's clock may have been set back.
    let oldest = "SELECT o.ticket, o.seq FROM outbox o
                  JOIN (SELECT ticket, max(seq) AS seq FROM (SELECT ticket, seq FROM outbox ORDER BY stored_at LIMIT $1) s
                        GROUP BY ticket) w
                  ON w.ticket = o.ticket AND o.seq <= w.seq
                  ORDER BY o.stored_at, o.ticket & 281474976710655, o.seq";
    let answers = transaction
        .pipeline(&[("SELECT last FROM feed_head WHERE id = 1 FOR UPDATE", &[]), (oldest, &[&AT_ONCE])])
        .await?;
    let [head, waiting] = answers.as_slice() else { return Err(damaged("the feed has no head")) };
    let head = head.first().ok_or_else(|| damaged("the feed has no head"))?;
    let last: i64 = Columns::new(head).next()?;
    if waiting.is_empty() {
        return Ok(());
    }
    let (mut tickets, mut seqs) = (Vec::with_capacity(waiting.len()), Vec::with_capacity(waiting.len()));
    for row in waiting {
        let columns = &mut Columns::new(row);
        tickets.push(columns.next::<i64>()?);
        seqs.push(columns.next::<i32>()?);
    }
    in_order_of_each_ticket(&tickets, &mut seqs);
    let positions: Vec<i64> = (last + 1..).take(tickets.len()).collect();
    let newest = positions.last().copied().unwrap_or(last);
    transaction
        .pipeline(&[
            (
                "INSERT INTO feed (position, ticket, seq)
                 SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[])",
                &[&positions, &tickets, &seqs],
            ),
            (
                "DELETE FROM outbox o USING unnest($1::bigint[], $2::integer[]) AS w (ticket, seq)
                 WHERE o.ticket = w.ticket AND o.seq = w.seq",
                &[&tickets, &seqs],
            ),
            ("UPDATE feed_head SET last = $1 WHERE id = 1", &[&newest]),
        ])
        .await?;
    Ok(())
}

/// Each ticket's events keep their places among the others, and stand there by their numbers.
fn in_order_of_each_ticket(tickets: &[i64], seqs: &mut [i32]) {
    let mut of_ticket: HashMap<i64, Vec<usize>> = HashMap::new();
    for (place, ticket) in tickets.iter().enumerate() {
        of_ticket.entry(*ticket).or_default().push(place);
    }
    for places in of_ticket.values().filter(|places| places.len() > 1) {
        let mut sorted: Vec<_> = places.iter().filter_map(|place| seqs.get(*place).copied()).collect();
        sorted.sort_unstable();
        for (place, seq) in places.iter().zip(sorted) {
            if let Some(slot) = seqs.get_mut(*place) {
                *slot = seq;
            }
        }
    }
}

/// Beyond what a row number can be, there is nothing.
pub(super) fn row_of(position: FeedPosition) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

/// Of a row, whose numbers begin with 1.
pub(super) fn position(row: i64) -> FeedPosition {
    FeedPosition(u64::try_from(row).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::in_order_of_each_ticket;

    #[test]
    fn the_events_of_one_ticket_are_in_their_order_whatever_the_clock_said() {
        let mut seqs = [2, 1, 1, 3, 2];
        in_order_of_each_ticket(&[7, 8, 7, 7, 8], &mut seqs);
        assert_eq!(seqs, [1, 1, 2, 3, 2]);
    }
}
