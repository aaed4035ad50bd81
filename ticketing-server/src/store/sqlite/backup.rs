//! A file's copy, taken while others work on it, and what is looked at before one is relied on.

use std::{fs::File, path::Path};

use rusqlite::{Connection, OpenFlags};

use super::{Access, SqliteStore, connect};
use crate::store::{StoreError, sqlite::SqliteOptions};

impl SqliteStore {
    /// Writes all that is committed now into a new file, which is on the disk when this answers. Nobody waits for it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the file is there already or cannot be written, and the store's.
    pub async fn back_up(&self, to: impl AsRef<Path>) -> Result<(), StoreError> {
        let to = to.as_ref().to_owned();
        self.blocking(move |store| {
            let name = to.to_str().ok_or_else(|| StoreError::Unavailable("the file's name is not UTF-8".into()))?;
            // A connection of its own: it reads for as long as it takes.
            let connection = connect(&store.path, &SqliteOptions::default(), Access::Copy)?;
            connection.execute("VACUUM INTO ?", [name])?;
            sync(&to)
        })
        .await
    }

    /// Has all that was made from the file elsewhere made anew: it is another one from now on, though it holds the same.
    ///
    /// # Errors
    /// The store's.
    pub async fn become_another(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            connection.execute("UPDATE identity SET octets = randomblob(16)", [])?;
            Ok(())
        })
        .await
    }
}

/// Looks at each page of a file, whether it is what SQLite has written and refers to what is there. (An empty file is a database, but
/// not one that was ever ours.)
///
/// # Errors
/// [`StoreError::Damaged`] with the first things that are wrong.
pub fn check_file(path: impl AsRef<Path>) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    if !connection.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tickets'")?.exists([])? {
        return Err(StoreError::Damaged("it has no tickets".into()));
    }
    let mut statement = connection.prepare("PRAGMA integrity_check(5)")?;
    let said: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if said != ["ok"] {
        return Err(StoreError::Damaged(said.join("; ").into()));
    }
    if connection.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(StoreError::Damaged("something refers to a ticket that is not there".into()));
    }
    Ok(())
}

/// Has a file, and its name in its directory, on the disk.
fn sync(path: &Path) -> Result<(), StoreError> {
    let on_disk = || {
        File::open(path)?.sync_all()?;
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => File::open(parent)?.sync_all(),
            None => File::open(".")?.sync_all(),
        }
    };
    on_disk().map_err(|error: std::io::Error| StoreError::Unavailable(error.into()))
}
