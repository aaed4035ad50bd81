//! Ids that people know things by. They come from rows that count, so that they stay small in whatever engine; an id of a
//! transaction that is rolled back is given again.

use super::{
    rows::{Columns, damaged},
    transactions::Transaction,
};
use crate::store::StoreError;

/// The next id of a series. Whoever takes one is alone with that series until the end of the transaction.
pub(super) async fn next_id(transaction: &Transaction<'_>, series: &str) -> Result<i32, StoreError> {
    let sql = "INSERT INTO id_counters (name, last) VALUES ($1, 1)
               ON CONFLICT (name) DO UPDATE SET last = id_counters.last + 1
               RETURNING last";
    let row = transaction.query_opt(sql, &[&series]).await?.ok_or_else(|| damaged("a counter counts nothing"))?;
    Columns::new(&row).next()
}
