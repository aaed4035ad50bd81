//! A copy of a SQLite file, taken beside a server; and one put in the file's place.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::{
    Database,
    archive::erase_forgotten,
    block_on,
    files::{LOGS, beside, rename, sync_directory, with},
    lock::lock,
};
use crate::{
    archive::{Findings, verify},
    clock::{Clock, SystemClock},
    store::{
        AnyStore, Location, PrivacyStore,
        sqlite::{SqliteStore, check_file},
    },
};

#[derive(Args)]
pub(super) struct Backup {
    /// The file to write. There must be none.
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

#[derive(Args)]
pub(super) struct Restore {
    /// A file that `backup` has written.
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Backup {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let AnyStore::Sqlite(store) = self.database.existing()? else {
            bail!(
                "this is for SQLite files: of a PostgreSQL database, pg_dump takes a backup, and `export` an archive"
            );
        };
        ensure!(!self.file.exists(), "{} is there already", self.file.display());
        // SQLite would take it for the new file's.
        for log in LOGS.map(|ending| with(&self.file, ending)) {
            ensure!(!log.exists(), "{} is there, of another file: remove it, or name another file", log.display());
        }
        // The file has its name when it is known to be good.
        let partial = beside(&self.file, "partial");
        remove(&partial);
        let looked_at = block_on(async {
            store.back_up(&partial).await?;
            look_at(&partial).await
        });
        let findings = looked_at.inspect_err(|_| remove(&partial))?;
        rename(&partial, &self.file).with_context(|| self.file.display().to_string())?;
        eprintln!("{} has {} tickets with {} events", self.file.display(), findings.tickets, findings.events);
        for deviation in &findings.deviations {
            eprintln!("{deviation}");
        }
        // A copy of what is there is better than none.
        ensure!(findings.deviations.is_empty(), "the database is not as it must be, and so is its copy");
        Ok(())
    }
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Location::Sqlite(database) = self.database.location(&self.database.config.read()?)? else {
            bail!(
                "this is for SQLite files: into a PostgreSQL database, pg_restore takes a backup, and `import` an archive"
            );
        };
        ensure!(self.file.exists(), "there is no file {}", self.file.display());
        // Not all that is committed there stands in the file itself.
        ensure!(
            fs::metadata(with(&self.file, "-wal")).map_or(true, |log| log.len() == 0),
            "{} is in use, or whoever used it was killed: take a `backup` of it, and restore that",
            self.file.display()
        );
        let _lock = lock(&database)?;
        let partial = beside(&database, "partial");
        remove(&partial);
        let prepared = block_on(async {
            fs::copy(&self.file, &partial).with_context(|| format!("{} cannot be copied", self.file.display()))?;
            let findings =
                look_at(&partial).await.with_context(|| format!("{} is no good backup", self.file.display()))?;
            for deviation in &findings.deviations {
                eprintln!("{deviation}");
            }
            ensure!(findings.deviations.is_empty(), "{} is not as it must be", self.file.display());
            // What was made from the file that was here, such as the index of words, is of no use to this one.
            SqliteStore::open(&partial)?.become_another().await?;
            Ok(findings)
        });
        let findings = prepared.inspect_err(|_| remove(&partial))?;
        // Whoever was erased since the backup is erased in it too, before it is anybody's database: the file that is here knows who.
        erased_again(&database, &partial).inspect_err(|_| remove(&partial))?;
        let replaced = set_aside(&database).inspect_err(|_| remove(&partial))?;
        rename(&partial, &database).with_context(|| database.display().to_string())?;
        eprintln!("{} has {} tickets with {} events", database.display(), findings.tickets, findings.events);
        if let Some(replaced) = replaced {
            eprintln!("what was there before is {}", replaced.display());
        }
        Ok(())
    }
}

/// Erases in a backup whom the file that it replaces has erased. One that cannot be read any more does not say, and is no reason to do
/// without the backup.
fn erased_again(database: &Path, backup: &Path) -> anyhow::Result<()> {
    if !fs::metadata(database).is_ok_and(|file| file.len() > 0) {
        eprintln!("there is no database here yet: whoever was erased since the backup was made, elsewhere, is in it");
        return Ok(());
    }
    let read = SqliteStore::open(database).map_err(anyhow::Error::from).and_then(|store| block_on(store.forgotten()));
    let forgotten = read.unwrap_or_else(|error| {
        eprintln!("who was erased cannot be read from the file that is replaced ({error:#}): erase them again");
        Vec::new()
    });
    if !forgotten.is_empty() {
        let store = AnyStore::from(SqliteStore::open(backup)?);
        block_on(store.note_forgotten(forgotten))?;
        erase_forgotten(&store)?;
        drop(store);
        for ending in ["-words", "-words-wal", "-words-shm"] {
            let mut path = backup.as_os_str().to_owned();
            path.push(ending);
            // It may not be there.
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}

/// Whether a file is one of ours, each page of it and all that it says.
async fn look_at(path: &Path) -> anyhow::Result<Findings> {
    check_file(path)?;
    // With a schema that is up to date.
    let store = SqliteStore::open(path)?;
    Ok(verify(&store).await?)
}

/// Gives a file, with all that is committed in it, another name beside its own, if there is anything in it. Whoever is killed now leaves
/// it under both: there is always a database.
fn set_aside(database: &Path) -> anyhow::Result<Option<PathBuf>> {
    if fs::metadata(database).is_ok_and(|file| file.len() == 0) {
        return Ok(None);
    }
    // The last to close it puts its log into it. One that cannot be opened any more keeps its log, beside its other name.
    drop(SqliteStore::open(database));
    let replaced = beside(database, &format!("replaced-{}", SystemClock.now().unix_millis()));
    let set_aside = || {
        for ending in LOGS {
            match fs::rename(with(database, ending), with(&replaced, ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        // Not every file system knows two names for a file.
        fs::hard_link(database, &replaced).or_else(|_| fs::rename(database, &replaced))?;
        sync_directory(database)
    };
    set_aside().with_context(|| format!("{} cannot be set aside", database.display()))?;
    Ok(Some(replaced))
}

fn remove(path: &Path) {
    for ending in ["", "-words"].iter().chain(&LOGS) {
        // It may not be there.
        let _ = fs::remove_file(with(path, ending));
    }
}
