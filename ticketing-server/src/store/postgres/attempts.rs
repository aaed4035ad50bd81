use std::collections::BTreeMap;

use ticketing_core::{
    Timestamp,
    user::{Attempts, Tally},
};

use super::{
    PostgresStore,
    rows::{Columns, damaged},
    transactions::Transaction,
};
use crate::store::{Attempt, AttemptKey, AttemptStore, Attempted, Settlement, StoreError};

/// What was counted under each key, in the order in which their rows are locked: whoever counts under several waits for nobody who
/// waits for them.
type Counted = BTreeMap<[u8; 32], Attempts>;

impl AttemptStore for PostgresStore {
    async fn count_attempt(&self, attempt: Attempt) -> Result<Attempted, StoreError> {
        let attempt = &attempt;
        self.write(|transaction| {
            Box::pin(async move {
                let so_far = so_far(transaction, attempt.keys.iter().map(|(key, _)| *key)).await?;
                let decided = attempt.decide(|key| Ok(so_far.get(&key.0).copied().unwrap_or_default()))?;
                match decided {
                    Ok(counted) => {
                        keep(transaction, counted.into_iter().map(|(key, attempts)| (key.0, attempts)).collect())
                            .await?;
                        Ok(Attempted::Counted)
                    }
                    Err(wait) => {
                        // It leaves no rows that only locking has made.
                        keep(transaction, so_far).await?;
                        Ok(Attempted::TooEarly { wait })
                    }
                }
            })
        })
        .await
    }

    async fn settle_attempt(&self, settlement: Settlement) -> Result<(), StoreError> {
        let settlement = &settlement;
        self.write(|transaction| {
            Box::pin(async move {
                let mut counted = so_far(transaction, settlement.keys.iter().map(|(key, _)| *key)).await?;
                for (key, settled) in &settlement.keys {
                    let attempts = counted.entry(key.0).or_default();
                    *attempts = attempts.settled(settlement.made_at, *settled);
                }
                keep(transaction, counted).await
            })
        })
        .await
    }

    async fn forget_attempts_before(&self, instant: Timestamp) -> Result<usize, StoreError> {
        self.write_again(|transaction| {
            Box::pin(async move {
                let sql = "DELETE FROM login_attempts WHERE last_at < $1";
                let forgotten = transaction.execute(sql, &[&instant.unix_millis()]).await?;
                Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
            })
        })
        .await
    }
}

/// What was counted under keys, which are locked: rows are made where there are none, so that there is something to lock.
async fn so_far(transaction: &Transaction<'_>, keys: impl Iterator<Item = AttemptKey>) -> Result<Counted, StoreError> {
    let mut counted: Counted = keys.map(|key| (key.0, Attempts::default())).collect();
    let keys: Vec<&[u8]> = counted.keys().map(<[u8; 32]>::as_slice).collect();
    let none = Attempts::default().last_at().unix_millis();
    let sql = "INSERT INTO login_attempts (key, wrong, wrong_at, open, open_at, last_at)
               SELECT key, 0, $2, 0, $2, $2 FROM unnest($1::bytea[]) AS key ORDER BY key
               ON CONFLICT (key) DO UPDATE SET last_at = login_attempts.last_at
               RETURNING key, wrong, wrong_at, open, open_at";
    for row in transaction.query(sql, &[&keys, &none]).await? {
        let columns = &mut Columns::new(&row);
        let key = columns.octets()?;
        let mut tally = || {
            let count = columns.next::<i64>()?.try_into().map_err(damaged)?;
            Ok::<_, StoreError>(Tally { count, last_at: columns.timestamp()? })
        };
        counted.insert(key, Attempts { wrong: tally()?, open: tally()? });
    }
    Ok(counted)
}

async fn keep(transaction: &Transaction<'_>, counted: Counted) -> Result<(), StoreError> {
    let (nothing, something): (Vec<_>, Vec<_>) =
        counted.iter().partition(|(_, attempts)| **attempts == Attempts::default());
    if !nothing.is_empty() {
        let keys: Vec<&[u8]> = nothing.iter().map(|(key, _)| key.as_slice()).collect();
        transaction.execute("DELETE FROM login_attempts WHERE key = ANY($1)", &[&keys]).await?;
    }
    if !something.is_empty() {
        let keys: Vec<&[u8]> = something.iter().map(|(key, _)| key.as_slice()).collect();
        let of =
            |value: fn(&Attempts) -> i64| something.iter().map(|(_, attempts)| value(attempts)).collect::<Vec<_>>();
        let sql = "UPDATE login_attempts a
                   SET wrong = n.wrong, wrong_at = n.wrong_at, open = n.open, open_at = n.open_at, last_at = n.last_at
                   FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
                        AS n (key, wrong, wrong_at, open, open_at, last_at)
                   WHERE a.key = n.key";
        transaction
            .execute(
                sql,
                &[
                    &keys,
                    &of(|attempts| attempts.wrong.count.into()),
                    &of(|attempts| attempts.wrong.last_at.unix_millis()),
                    &of(|attempts| attempts.open.count.into()),
                    &of(|attempts| attempts.open.last_at.unix_millis()),
                    &of(|attempts| attempts.last_at().unix_millis()),
                ],
            )
            .await?;
    }
    Ok(())
}
