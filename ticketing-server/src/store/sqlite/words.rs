//! What tickets say, to be searched: an index in a file of its own, beside the store's.
//!
//! It is behind by as much as the last [`Words::update`] is ago, and takes nothing from those who write: neither their lock nor
//! their transaction. It is made from the store and can be made again: one that is damaged, or another file's, is thrown away.
//! What it finds is looked up in the store, whose word on scope and filter is the last.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension, config::DbConfig};
use sha2::{Digest, Sha256};
use ticketing_core::{Status, ticket::Scope};

use super::{readers::Readers, rows::damaged};
use crate::store::{Filter, Search, StoreError};

/// Events that are taken in at once.
const BATCH: u32 = 500;

pub(super) struct Words {
    path: PathBuf,
    /// Opened by the first who needs it: most programs that open a store search nothing.
    writer: Mutex<Option<Connection>>,
    reader: Mutex<Option<Connection>>,
}

impl Words {
    /// The index beside a store's file.
    pub(super) fn beside(store: &Path) -> Self {
        let mut path = store.as_os_str().to_owned();
        path.push("-words");
        Self { path: path.into(), writer: Mutex::default(), reader: Mutex::default() }
    }

    /// Takes in the tickets of the store's next events; answers whether there may be more.
    pub(super) fn update(&self, store: &Readers) -> Result<bool, StoreError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_none() {
            *writer = Some(self.open_to_write()?);
        }
        let Some(connection) = writer.as_mut() else { return Ok(false) };
        let outcome = update(connection, store);
        if let Err(StoreError::Damaged(error)) = &outcome {
            tracing::warn!(%error, "the index of words is made anew");
            *writer = None;
            *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.remove().map_err(|error| StoreError::Unavailable(error.into()))?;
            return Ok(true);
        }
        outcome
    }

    /// Rows before one whose tickets have what is searched for, newest first.
    pub(super) fn find(
        &self,
        search: &Search,
        scope: &Scope,
        filter: &Filter,
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let Some(expression) = expression(search, scope, filter) else { return Ok(vec![]) };
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.is_none() {
            *reader = Some(self.open()?);
        }
        let Some(connection) = reader.as_ref() else { return Ok(vec![]) };
        let sql = "SELECT rowid FROM documents WHERE documents MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?";
        let mut statement = connection.prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((expression, before, limit), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn open_to_write(&self) -> Result<Connection, StoreError> {
        match self.open() {
            Err(StoreError::Damaged(error)) => {
                tracing::warn!(%error, "the index of words is made anew");
                self.remove().map_err(|error| StoreError::Unavailable(error.into()))?;
                self.open()
            }
            opened => opened,
        }
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A power cut takes the last of it, which is then taken in again.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(connection)
    }

    fn remove(&self) -> io::Result<()> {
        for ending in ["", "-wal", "-shm"] {
            let mut path = self.path.as_os_str().to_owned();
            path.push(ending);
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The index holds no text, only where each word is. Words are found without accents and case; `keys` are what lists filter
/// by, so that a search in a small list need not look at all that has the words.
const SCHEMA: &str = "
    CREATE VIRTUAL TABLE IF NOT EXISTS documents USING fts5 (
        keys, words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
    );
    CREATE TABLE IF NOT EXISTS progress (
        id    INTEGER PRIMARY KEY CHECK (id = 1),
        store BLOB NOT NULL,                         -- identity of the file that this is made from
        last  INTEGER NOT NULL                       -- the last row of its outbox that was taken in
    ) STRICT;
";

struct Document {
    row: i64,
    keys: String,
    words: String,
}

fn update(connection: &mut Connection, store: &Readers) -> Result<bool, StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let progress: Option<(Vec<u8>, i64)> = transaction
        .query_row("SELECT store, last FROM progress", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let batch = store.run_long(|store| {
        let identity: Vec<u8> = store.query_row("SELECT octets FROM identity", [], |row| row.get(0))?;
        let newest: i64 = store.query_row("SELECT ifnull(max(id), 0) FROM outbox", [], |row| row.get(0))?;
        // Another file, or an older copy of the same one.
        let known = progress.filter(|(of, last)| *of == identity && *last <= newest);
        let after = known.as_ref().map(|(_, last)| *last);
        if after == Some(newest) {
            return Ok(None);
        }
        let (last, documents) = documents(store, after.unwrap_or(0))?;
        Ok(Some((identity, after.is_none(), last, newest, documents)))
    })?;
    let Some((identity, is_new, last, newest, documents)) = batch else { return Ok(false) };
    if is_new {
        transaction.execute("INSERT INTO documents (documents) VALUES ('delete-all')", [])?;
    }
    {
        let sql = "INSERT OR REPLACE INTO documents (rowid, keys, words) VALUES (?, ?, ?)";
        let mut insert = transaction.prepare_cached(sql)?;
        for Document { row, keys, words } in documents {
            insert.execute((row, keys, words))?;
        }
        let sql = "INSERT OR REPLACE INTO progress (id, store, last) VALUES (1, ?, ?)";
        transaction.prepare_cached(sql)?.execute((identity, last))?;
    }
    transaction.commit()?;
    Ok(last < newest)
}

/// The tickets of the next events, and the last of those events.
fn documents(store: &Connection, after: i64) -> Result<(i64, Vec<Document>), StoreError> {
    let sql = "SELECT id, ticket FROM outbox WHERE id > ? ORDER BY id LIMIT ?";
    let mut statement = store.prepare_cached(sql)?;
    let events = statement.query_map((after, BATCH), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let events: Vec<(i64, i64)> = events.collect::<Result<_, _>>()?;
    let last = events.last().map_or(after, |(id, _)| *id);
    let mut rows: Vec<_> = events.into_iter().map(|(_, row)| row).collect();
    rows.sort_unstable();
    rows.dedup();
    let documents = rows.into_iter().map(|row| document(store, row)).collect::<Result<_, _>>()?;
    Ok((last, documents))
}

fn document(store: &Connection, row: i64) -> Result<Document, StoreError> {
    let sql = "SELECT f.area_key, f.status, f.priority_key, f.is_archived, i.email,
                   t.label, t.category, t.subcategory, i.name, i.email, i.phone, i.document, i.company, i.subject,
                   i.description
               FROM tickets t JOIN facets f ON f.id = t.facet LEFT JOIN intake i ON i.ticket = t.id
               WHERE t.id = ?";
    let mut statement = store.prepare_cached(sql)?;
    let mut found = statement.query([row])?;
    let found = found.next()?.ok_or_else(|| damaged("an event of no ticket"))?;
    let email: Option<String> = found.get(4)?;
    let mut keys = [
        key(Key::Area, &found.get::<_, String>(0)?),
        key(Key::Status, &found.get::<_, String>(1)?),
        key(Key::Priority, &found.get::<_, String>(2)?),
        key(Key::Archived, archived(found.get(3)?)),
    ]
    .join(" ");
    if let Some(email) = email {
        let _ = write!(keys, " {}", key(Key::Email, &email.to_lowercase()));
    }
    let mut words = String::new();
    let mut add = |text: &str| {
        words.push_str(text);
        words.push('\n');
    };
    for column in 5..15 {
        if let Some(text) = found.get_ref(column)?.as_str_or_null().map_err(damaged)? {
            add(text);
        }
    }
    let mut statement = store.prepare_cached("SELECT body FROM texts WHERE ticket = ? ORDER BY seq")?;
    let mut texts = statement.query([row])?;
    while let Some(text) = texts.next()? {
        add(text.get_ref(0)?.as_str().map_err(damaged)?);
    }
    Ok(Document { row, keys, words })
}

#[derive(Clone, Copy)]
enum Key {
    Area,
    Status,
    Priority,
    Archived,
    Email,
}

/// A word that stands for a value, whatever characters that has.
fn key(kind: Key, value: &str) -> String {
    let letter = match kind {
        Key::Area => 'a',
        Key::Status => 's',
        Key::Priority => 'p',
        Key::Archived => 'x',
        Key::Email => 'm',
    };
    let digest = Sha256::digest(value.as_bytes());
    let mut word = String::from(letter);
    for octet in digest.iter().take(8) {
        let _ = write!(word, "{octet:02x}");
    }
    word
}

fn archived(is_archived: bool) -> &'static str {
    if is_archived { "1" } else { "0" }
}

/// What to look for, as FTS5 writes it; `None` where there is nothing to look for.
fn expression(search: &Search, scope: &Scope, filter: &Filter) -> Option<String> {
    let mut keys = Vec::new();
    if let Scope::Area(area) = scope {
        keys.push(key(Key::Area, area));
    }
    let Filter { area_key, status, priority_key, is_archived } = filter;
    keys.extend(area_key.as_ref().map(|area| key(Key::Area, area)));
    keys.extend(status.map(|status| key(Key::Status, Status::name(status))));
    keys.extend(priority_key.as_ref().map(|priority| key(Key::Priority, priority)));
    keys.extend(is_archived.map(|is_archived| key(Key::Archived, archived(is_archived))));
    let words = match search {
        // Found without an index of words.
        Search::Label(_) => return None,
        Search::Email(email) => {
            keys.push(key(Key::Email, &email.as_str().to_lowercase()));
            Vec::new()
        }
        // What has neither letter nor digit is no word.
        Search::Words(words) => {
            let words: Vec<_> = words.iter().filter(|word| word.contains(char::is_alphanumeric)).collect();
            if words.is_empty() {
                return None;
            }
            // What FTS5 reads ends at a NUL, inside of quotes too; it separates words as any other control character does.
            let quoted = |word: &String| format!("\"{}\"", word.replace('"', "\"\"").replace('\0', " "));
            words.into_iter().map(quoted).collect()
        }
    };
    let keys = (!keys.is_empty()).then(|| format!("keys : ({})", keys.join(" AND ")));
    let words = (!words.is_empty()).then(|| format!("words : ({})", words.join(" AND ")));
    Some(keys.into_iter().chain(words).collect::<Vec<_>>().join(" AND "))
}
