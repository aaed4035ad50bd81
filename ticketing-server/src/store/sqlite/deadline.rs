//! Until when a statement may go on: one that writes has then written nothing.
//!
//! SQLite asks as it works, on the thread that works. So the deadline is that thread's, and counts for whatever connections it
//! uses.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use rusqlite::Connection;

/// How often SQLite asks, in steps of its machine: some milliseconds apart at most, at no cost that can be measured.
const STEPS: i32 = 20_000;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Has a connection ask.
pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.progress_handler(STEPS, Some(|| DEADLINE.get().is_some_and(|deadline| Instant::now() >= deadline)))
}

/// Runs what SQLite gives up once it has taken so long.
pub(super) fn within<T>(max: Duration, work: impl FnOnce() -> T) -> T {
    /// The thread works for others after this, also where this panics.
    struct Over;

    impl Drop for Over {
        fn drop(&mut self) {
            DEADLINE.set(None);
        }
    }

    let _over = Over;
    DEADLINE.set(Some(Instant::now() + max));
    work()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    #[test]
    fn a_read_without_an_end_ends_and_its_connection_reads_on() {
        let mut connection = Connection::open_in_memory().unwrap();
        watch(&mut connection).unwrap();
        let read = |sql: &str| Ok::<i64, StoreError>(connection.query_row(sql, [], |row| row.get(0))?);
        let began = Instant::now();
        let outcome = within(Duration::from_millis(50), || read(ENDLESS));
        assert!(matches!(outcome, Err(StoreError::Overloaded)), "{outcome:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        // Past the deadline, which was that read's alone.
        let counted =
            read("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT count(*) FROM n");
        assert_eq!(counted.unwrap(), 100_000);
    }
}
