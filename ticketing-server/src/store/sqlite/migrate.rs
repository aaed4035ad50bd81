//! Brings a file's schema up to date.

use std::{path::Path, thread::sleep, time::Duration};

use refinery::error::Kind;

use super::{Access, SqliteOptions, connect};
use crate::store::StoreError;

mod embedded {
    refinery::embed_migrations!("src/store/sqlite/migrations");
}

pub(super) fn migrate(path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    const ATTEMPTS: u32 = 20;
    let mut connection = connect(path, options, Access::Write)?;
    // Grouped, all of them and the note that they were done are one transaction: a process that is killed leaves all or none.
    // A missing migration is one of a newer program, whose file is not ours to touch.
    let runner = embedded::migrations::runner().set_grouped(true).set_abort_missing(true).set_abort_divergent(true);
    for attempt in 1.. {
        match runner.run(&mut connection) {
            Ok(_) => return Ok(()),
            Err(error) if attempt == ATTEMPTS || !matches!(error.kind(), Kind::Connection(..)) => {
                return Err(StoreError::Damaged(error.into()));
            }
            // Two processes that start at once on a new file both create its tables: one of them fails and finds, on its next
            // attempt, what the other has done.
            Err(_) => sleep(Duration::from_millis(100)),
        }
    }
    Ok(())
}
