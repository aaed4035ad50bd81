//! Ids that people know things by: integers, counted in a row for each kind of thing.

use super::{rows::damaged, transactions::Transaction};
use crate::store::StoreError;

/// Keeps others from taking ids of a kind until this transaction is over; answers the last one taken.
///
/// The row is written also where nothing is taken, so that of two transactions on snapshots of their own one is run again.
pub(super) async fn lock(transaction: &Transaction<'_>, kind: &str) -> Result<i32, StoreError> {
    let sql = "INSERT INTO id_counters (name, last) VALUES ($1, 0)
               ON CONFLICT (name) DO UPDATE SET last = id_counters.last RETURNING last";
    last(transaction.query_opt(sql, &[&kind]).await?)
}

/// Takes the next id of a kind.
pub(super) async fn next_id(transaction: &Transaction<'_>, kind: &str) -> Result<i32, StoreError> {
    next_of(transaction, kind, 1).await
}

/// Takes so many ids that follow one another; answers the first.
pub(super) async fn next_of(transaction: &Transaction<'_>, kind: &str, count: usize) -> Result<i32, StoreError> {
    let count = i32::try_from(count).map_err(damaged)?;
    // Beyond what an integer can be, the database refuses.
    let sql = "INSERT INTO id_counters (name, last) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET last = id_counters.last + excluded.last RETURNING last";
    Ok(last(transaction.query_opt(sql, &[&kind, &count]).await?)? - count + 1)
}

/// Ids that are given from now on come after this one.
pub(super) async fn at_least(transaction: &Transaction<'_>, kind: &str, id: i32) -> Result<(), StoreError> {
    let sql = "INSERT INTO id_counters (name, last) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET last = greatest(id_counters.last, excluded.last)";
    transaction.execute(sql, &[&kind, &id]).await?;
    Ok(())
}

fn last(row: Option<tokio_postgres::Row>) -> Result<i32, StoreError> {
    row.ok_or_else(|| damaged("an id was not counted"))?.try_get(0).map_err(damaged)
}
