//! Brings a file's schema up to date.

use std::{fs, path::Path, thread::sleep, time::Duration};

use chrono::DateTime;
use refinery::error::Kind;
use rusqlite::Connection;

use super::{Access, SqliteOptions, connect, rows::damaged};
use crate::store::StoreError;

mod embedded {
    refinery::embed_migrations!("src/store/sqlite/migrations");
}

pub(super) fn migrate(path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    const ATTEMPTS: u32 = 20;
    is_ours(path, options)?;
    let mut connection = connect(path, options, Access::Write)?;
    // Grouped, all of them and the note that they were done are one transaction: a process that is killed leaves all or none.
    // A missing migration is one of a newer program, whose file is not ours to touch.
    let runner = embedded::migrations::runner().set_grouped(true).set_abort_missing(true).set_abort_divergent(true);
    for attempt in 1.. {
        match runner.run(&mut connection) {
            Ok(_) => return Ok(()),
            Err(error) if attempt == ATTEMPTS || !is_race(&error) => return Err(told(&error)),
            // Two processes that start at once on a new file both create its tables: one of them fails and finds, on its next
            // attempt, what the other has done.
            Err(_) => sleep(Duration::from_millis(100)),
        }
    }
    Ok(())
}

/// Looks, before anything is written, whether a file is a database of this program, or empty.
fn is_ours(path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) || !path.exists() {
        return Ok(());
    }
    match connect(path, options, Access::Copy).and_then(|connection| has_our_tables(&connection)) {
        Err(error @ StoreError::Damaged(_)) => Err(error),
        // What cannot be read now is found out when it is written.
        _ => Ok(()),
    }
}

fn has_our_tables(connection: &Connection) -> Result<(), StoreError> {
    let sql =
        "SELECT count(*), ifnull(sum(name = 'refinery_schema_history'), 0) FROM sqlite_schema WHERE type = 'table'";
    let (tables, histories): (u32, u32) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if tables == 0 {
        return Ok(());
    }
    if histories == 0 {
        return Err(damaged("it is another program's: nothing was changed in it"));
    }
    // What the migrations library does not expect to be otherwise.
    let mut statement =
        connection.prepare("SELECT version, name, applied_on, checksum FROM refinery_schema_history")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let (version, _, applied_on, checksum): (i32, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        if DateTime::parse_from_rfc3339(&applied_on).is_err() || checksum.parse::<u64>().is_err() {
            return Err(damaged(format!("how its schema came to be cannot be read, at version {version}")));
        }
    }
    Ok(())
}

fn is_race(error: &refinery::Error) -> bool {
    // What no attempt makes better is told at once.
    matches!(error.kind(), Kind::Connection(..)) && !matches!(told(error), StoreError::Unwritable(_))
}

fn is_known(version: i32) -> bool {
    embedded::migrations::runner().get_migrations().iter().any(|migration| migration.version() == version)
}

/// In few words: some errors have all of the SQL in them that was run.
fn told(error: &refinery::Error) -> StoreError {
    match error.kind() {
        Kind::MissingVersion(migration) if is_known(migration.version()) => {
            damaged(format!("how its schema came to be is not whole: version {} is missing", migration.version()))
        }
        Kind::MissingVersion(migration) => damaged(format!(
            "it was written by a newer version of this program (its schema is version {}): use that one",
            migration.version()
        )),
        Kind::DivergentVersion(applied, _) => {
            damaged(format!("its schema is not this program's, from version {} on", applied.version()))
        }
        Kind::Connection(_, source) => match source.downcast_ref::<rusqlite::Error>() {
            Some(rusqlite::Error::SqliteFailure(failure, message)) => {
                rusqlite::Error::SqliteFailure(*failure, message.clone()).into()
            }
            Some(rusqlite::Error::SqlInputError { msg, .. }) => {
                damaged(format!("its schema cannot be brought up to date: {msg}"))
            }
            _ => damaged(format!("its schema cannot be brought up to date: {source}")),
        },
        kind => damaged(kind.to_string()),
    }
}
