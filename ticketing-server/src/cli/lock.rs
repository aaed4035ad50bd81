//! One server at a time on a file.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use anyhow::{Context, bail};

/// Two servers on one file would each hold its own rate limits and background work. The lock goes with the process, also
/// when it is killed.
pub(super) fn lock(database: &Path) -> anyhow::Result<File> {
    // One file, one lock, by whatever path it is named. A new one has to be there for that; to SQLite, an empty file is new.
    let named = || format!("the database {} cannot be used", database.display());
    OpenOptions::new().create(true).append(true).open(database).with_context(named)?;
    let database = database.canonicalize().with_context(named)?;
    let mut path = OsString::from(&database);
    path.push(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("the lock file {} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another `ticketing-server serve` is running on {}; stop it first, or name another file with --database",
            database.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} cannot be locked", path.display())),
    }
}
