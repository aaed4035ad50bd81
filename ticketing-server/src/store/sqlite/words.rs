//! What tickets say, to be searched: an index in a file of its own, beside the store's.
//!
//! It is behind by as much as the last [`Words::update`] is ago, and takes nothing from those who write: neither their lock nor
//! their transaction. It is made from the store and can be made again: one that is damaged, or another file's, is thrown away.
//! What it finds is looked up in the store, whose word on scope and filter is the last.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{
            AtomicU8,
            Ordering::{Acquire, Release},
        },
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, config::DbConfig};
use ticketing_core::{Status, ticket::Scope};

use super::{
    deadline,
    readers::{Follower, Readers},
    rows::{Columns, damaged},
};
use crate::store::{Filter, Hurry, Search, StoreError, Urgency, archive::LOOSE_ENDS_MAX};

/// Events that are taken in at once: the more, the less is merged afterwards. Whoever else writes to the index, such as somebody whose
/// data are erased, waits for that.
const BATCH: u32 = 8_000;
/// Of their tickets, as many are read from the store at once: meanwhile its log cannot be emptied, however long that takes on a machine
/// where others want all processors.
const PORTION: usize = 100;
/// Pieces are put together once nothing was taken in for as long.
const QUIET: Duration = Duration::from_secs(5);
/// At once, pieces are put together for as long, or longer where a single word is in so many tickets. Whoever else wants to write to the
/// index waits for that.
const MERGE: Duration = Duration::from_millis(100);
/// How long others may have to wait for one such word: less than they do.
const WORD_MAX: Duration = Duration::from_secs(3);
/// In so small steps, in pages.
const MERGE_PAGES: u32 = 16;
/// What could not be put together is left as it is for as long.
const RETRY: Duration = Duration::from_hours(1);

pub(super) struct Words {
    path: PathBuf,
    writing: Mutex<Writing>,
    /// Opened by the first who needs it: most programs that open a store search nothing.
    reader: Mutex<Option<Connection>>,
    state: AtomicU8,
    hurry: Mutex<Hurry>,
}

/// What one writes to the index with.
struct Writing {
    /// Opened by the first who needs it, too.
    connection: Option<Connection>,
    /// When its pieces are put together, unless something is taken in before; `None` where that is done.
    merge_at: Option<Instant>,
}

/// What is left to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Left {
    /// Nothing, for now.
    Nothing,
    /// There may be more to take in.
    Events,
    /// There may be more to put together.
    Pieces,
}

/// Not all that there was when this process began to index is in it.
const INCOMPLETE: u8 = 0;
/// It lacks what was said since the last update, and nothing else.
const COMPLETE: u8 = 1;
/// A search has found that it cannot be read.
const BROKEN: u8 = 2;

impl Words {
    /// The index beside a store's file.
    pub(super) fn beside(store: &Path) -> Self {
        let mut path = store.as_os_str().to_owned();
        path.push("-words");
        Self {
            path: path.into(),
            writing: Mutex::new(Writing { connection: None, merge_at: Some(Instant::now() + QUIET) }),
            reader: Mutex::default(),
            state: AtomicU8::new(INCOMPLETE),
            hurry: Mutex::default(),
        }
    }

    /// Whether the next update gives way to all other work. Who searches is refused until all is there, and so waits for it.
    pub(super) fn urgency(&self) -> Urgency {
        match self.state.load(Acquire) {
            COMPLETE => self.hurry.lock().unwrap_or_else(PoisonError::into_inner).urgency(Instant::now()),
            _ => Urgency::Awaited,
        }
    }

    /// Takes in the tickets of the store's next events. What takes longer than somebody's patience is given up, and has taken in nothing.
    /// Where there was nothing for a while and it is done aside, by whoever has patience, some pieces of the index are put together
    /// instead: a search looks for each word in every one of them.
    pub(super) fn advance(&self, store: &Readers, patience: Option<Duration>) -> Result<Left, StoreError> {
        let writing = &mut *self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have taken the file away.
        if self.state.load(Acquire) == BROKEN || (writing.connection.is_some() && !self.path.exists()) {
            tracing::warn!("the index of words is made anew");
            self.forget(writing)?;
        }
        let connection = match &mut writing.connection {
            Some(connection) => connection,
            closed => closed.insert(self.open_to_write()?),
        };
        let Updated { missing, has_taken_in, has_starved } = match update(connection, store, patience) {
            Ok(updated) => updated,
            Err(UpdateError::Store(error)) => return Err(error),
            Err(UpdateError::Index(error)) => return Err(self.failed(writing, error.into())),
        };
        {
            let mut hurry = self.hurry.lock().unwrap_or_else(PoisonError::into_inner);
            hurry.is_behind(missing);
            if has_starved {
                hurry.has_starved(Instant::now());
            }
        }
        if missing > 0 {
            return Ok(Left::Events);
        }
        self.state.store(COMPLETE, Release);
        let now = Instant::now();
        if has_taken_in {
            // What failed before is not tried again for that.
            writing.merge_at = writing.merge_at.max(Some(now + QUIET));
        }
        if patience.is_none() || writing.merge_at.is_none_or(|at| now < at) {
            return Ok(Left::Nothing);
        }
        match merge(connection).map_err(StoreError::from) {
            Ok(true) => return Ok(Left::Pieces),
            Ok(false) => writing.merge_at = None,
            Err(error @ StoreError::Damaged(_)) => return Err(self.failed(writing, error)),
            // All can be found as it is. A word of so many tickets that it takes longer than anybody may wait for will not take less soon.
            Err(error) => {
                tracing::debug!(%error, "the index of words is not put together");
                writing.merge_at = Some(now + RETRY);
            }
        }
        Ok(Left::Nothing)
    }

    /// Has the index made anew where it cannot be read.
    fn failed(&self, writing: &mut Writing, error: StoreError) -> StoreError {
        if let StoreError::Damaged(error) = &error {
            tracing::warn!(%error, "the index of words is made anew");
            if let Err(error) = self.forget(writing) {
                return error;
            }
        }
        StoreError::Unavailable(error.into())
    }

    /// Has nothing left in the file that is no ticket's words now. It is brought up to date, put together in one piece, which is what
    /// drops what was replaced, and written anew.
    pub(super) fn scrub(&self, store: &Readers) -> Result<(), StoreError> {
        while self.advance(store, None)? == Left::Events {}
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = &writing.connection else { return Ok(()) };
        connection.execute("INSERT INTO documents (documents) VALUES ('optimize')", [])?;
        connection.execute_batch("VACUUM")?;
        super::privacy::empty_log(connection)
    }

    /// Rows before one whose tickets have what is searched for, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while the index is made: who searches shall not take a part for the whole.
    /// [`StoreError::Overloaded`] where it takes too long.
    pub(super) fn find(
        &self,
        search: &Search,
        scope: &Scope,
        filter: &Filter,
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let Some(expression) = expression(search, scope, filter) else { return Ok(vec![]) };
        if self.state.load(Acquire) != COMPLETE {
            return Err(StoreError::Unavailable("the index of words is being made".into()));
        }
        self.look_up(&expression, before, limit).map_err(|error| {
            // Of a search that took too long, nothing is known but that.
            if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
                return StoreError::from(error);
            }
            tracing::warn!(%error, "the index of words cannot be read");
            self.state.store(BROKEN, Release);
            StoreError::Unavailable(error.into())
        })
    }

    /// The labels of tickets that an index does not have which says that it has all; some of them. One that is behind, of another file, or
    /// not there yet says nothing; one that cannot be read is told of.
    pub(super) fn unfound(&self, store: &Connection) -> Result<Vec<String>, StoreError> {
        if !self.path.exists() {
            return Ok(vec![]);
        }
        let indexed = || -> rusqlite::Result<(Vec<u8>, i64, HashSet<i64>)> {
            let index = self.open(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let (of, last) =
                index.query_row("SELECT store, last FROM progress", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut statement = index.prepare("SELECT id FROM documents_docsize")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok((of, last, rows.collect::<Result<_, _>>()?))
        };
        let (of, last, rows) = match indexed() {
            Ok(indexed) => indexed,
            Err(error) => {
                return match error.sqlite_error_code() {
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                        Ok(vec![format!("the index cannot be read and is made anew: {error}")])
                    }
                    // It is new, or somebody is making it.
                    _ => Ok(vec![]),
                };
            }
        };
        let identity: Vec<u8> = store.query_row("SELECT octets FROM identity", [], |row| row.get(0))?;
        let newest: i64 = store.query_row("SELECT ifnull(max(id), 0) FROM outbox", [], |row| row.get(0))?;
        if of != identity || last != newest {
            return Ok(vec![]);
        }
        let mut statement = store.prepare("SELECT id, label FROM tickets")?;
        let mut tickets = statement.query([])?;
        let mut unfound = Vec::new();
        while let Some(row) = tickets.next()? {
            if !rows.contains(&row.get(0)?) && unfound.len() < LOOSE_ENDS_MAX as usize {
                unfound.push(row.get(1)?);
            }
        }
        Ok(unfound)
    }

    fn look_up(&self, expression: &str, before: i64, limit: usize) -> rusqlite::Result<Vec<i64>> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = if let Some(connection) = reader.take() {
            connection
        } else {
            let mut connection = self.open(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            deadline::watch(&mut connection)?;
            connection
        };
        let connection = reader.insert(connection);
        let sql = "SELECT rowid FROM documents WHERE documents MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?";
        let mut statement = connection.prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map((expression, before, limit), |row| row.get(0))?;
        rows.collect()
    }

    fn open_to_write(&self) -> Result<Connection, StoreError> {
        let open = || -> rusqlite::Result<Connection> {
            let mut connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
            deadline::watch(&mut connection)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "journal_size_limit", super::LOG_OCTETS_MAX)?;
            // A power cut takes the last of it, which is then taken in again.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch(SCHEMA)?;
            connection.execute_batch(MERGING)?;
            Ok(connection)
        };
        match open().map_err(StoreError::from) {
            Err(StoreError::Damaged(error)) => {
                tracing::warn!(%error, "the index of words is made anew");
                self.remove().map_err(|error| StoreError::Unavailable(error.into()))?;
                Ok(open()?)
            }
            opened => opened,
        }
    }

    fn open(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    }

    /// Closes the index and removes it. The next update makes it anew.
    fn forget(&self, writing: &mut Writing) -> Result<(), StoreError> {
        writing.connection = None;
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.remove().map_err(|error| StoreError::Unavailable(error.into()))?;
        self.state.store(INCOMPLETE, Release);
        Ok(())
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

/// What is taken in at once is one piece, and pieces are put together eight at a time, not four: to write them again and again is
/// much of what the index costs. Those that are left, four or more of a size, are put together at quiet times: see [`merge`].
const MERGING: &str = "
    INSERT INTO documents (documents, rank) VALUES ('automerge', 8);
    INSERT INTO documents (documents, rank) VALUES ('hashsize', 4194304);
";

struct Document {
    row: i64,
    keys: String,
    words: String,
}

/// Whose fault it is that nothing was taken in.
enum UpdateError {
    /// The index's, which can be made anew.
    Index(rusqlite::Error),
    /// The store's, with which the index has nothing to do.
    Store(StoreError),
}

impl From<rusqlite::Error> for UpdateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Index(error)
    }
}

/// What became of an update.
struct Updated {
    /// Events that are still missing.
    missing: u64,
    /// There is more in the index than before.
    has_taken_in: bool,
    /// It had no processor.
    has_starved: bool,
}

fn update(connection: &mut Connection, store: &Readers, patience: Option<Duration>) -> Result<Updated, UpdateError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let progress: Option<(Vec<u8>, i64)> = transaction
        .query_row("SELECT store, last FROM progress", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let batch = store.run_aside(Follower::Words, |store| {
        let identity: Vec<u8> = store.query_row("SELECT octets FROM identity", [], |row| row.get(0))?;
        let newest: i64 = store.query_row("SELECT ifnull(max(id), 0) FROM outbox", [], |row| row.get(0))?;
        // Another file, or an older copy of the same one.
        let known = progress.filter(|(of, last)| *of == identity && *last <= newest);
        let after = known.as_ref().map(|(_, last)| *last);
        if after == Some(newest) {
            return Ok(None);
        }
        let (last, rows) = tickets(store, after.unwrap_or(0))?;
        Ok(Some((identity, after, last, newest, rows)))
    });
    let batch = batch.map_err(UpdateError::Store)?;
    let Some((identity, after, last, newest, rows)) = batch else {
        return Ok(Updated { missing: 0, has_taken_in: false, has_starved: false });
    };
    if after.is_none() {
        transaction.execute("INSERT INTO documents (documents) VALUES ('delete-all')", [])?;
    }
    // Whom it has waited for until here has nothing to do with processors.
    let began = Instant::now();
    {
        let sql = "INSERT OR REPLACE INTO documents (rowid, keys, words) VALUES (?, ?, ?)";
        let mut insert = transaction.prepare_cached(sql)?;
        // The oldest first, each once: the index writes a piece whenever it is told of an older one than before.
        for portion in rows.chunks(PORTION) {
            let documents =
                store.run_aside(Follower::Words, |store| documents(store, portion)).map_err(UpdateError::Store)?;
            for Document { row, keys, words } in documents {
                insert.execute((row, keys, words))?;
            }
            // Whoever else wants to write to the index waits.
            if patience.is_some_and(|patience| began.elapsed() >= patience) {
                let missing = newest.saturating_sub(after.unwrap_or(0)).unsigned_abs();
                return Ok(Updated { missing, has_taken_in: false, has_starved: true });
            }
        }
        let sql = "INSERT OR REPLACE INTO progress (id, store, last) VALUES (1, ?, ?)";
        transaction.prepare_cached(sql)?.execute((identity, last))?;
    }
    transaction.commit()?;
    let has_starved = patience.is_some_and(|patience| began.elapsed() >= patience);
    Ok(Updated { missing: newest.saturating_sub(last).unsigned_abs(), has_taken_in: true, has_starved })
}

/// Puts pieces of the index together for a moment; answers whether there may be more to do.
fn merge(connection: &mut Connection) -> rusqlite::Result<bool> {
    // Whom it has waited for until here has nothing to do with how long it takes.
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let began = Instant::now();
    let merge = || -> rusqlite::Result<bool> {
        let mut merge = transaction.prepare_cached("INSERT INTO documents (documents, rank) VALUES ('merge', ?)")?;
        while began.elapsed() < MERGE {
            let before = transaction.total_changes();
            merge.execute([MERGE_PAGES])?;
            // FTS5's way of saying that there was nothing to do: no change but this one.
            if transaction.total_changes() - before < 2 {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let has_more = deadline::within(WORD_MAX, merge)?;
    transaction.commit()?;
    Ok(has_more)
}

/// The last of the next events, and their tickets.
fn tickets(store: &Connection, after: i64) -> Result<(i64, Vec<i64>), StoreError> {
    let sql = "SELECT id, ticket FROM outbox WHERE id > ? ORDER BY id LIMIT ?";
    let mut statement = store.prepare_cached(sql)?;
    let events = statement.query_map((after, BATCH), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let events: Vec<(i64, i64)> = events.collect::<Result<_, _>>()?;
    let last = events.last().map_or(after, |(id, _)| *id);
    let mut rows: Vec<_> = events.into_iter().map(|(_, row)| row).collect();
    rows.sort_unstable();
    rows.dedup();
    Ok((last, rows))
}

/// What tickets say: now, which may be more than they said at the event for which they are read.
fn documents(store: &Connection, rows: &[i64]) -> Result<Vec<Document>, StoreError> {
    // One statement for all of them: to begin one costs as much as to go on to the next ticket.
    let sql = "SELECT t.id, f.area_key, f.status, f.priority_key, f.is_archived, t.version,
                   t.label, t.category, t.subcategory, i.name, i.email, i.phone, i.document, i.company, i.subject,
                   i.description, i.clients
               FROM json_each(?) o CROSS JOIN tickets t ON t.id = o.value JOIN facets f ON f.id = t.facet
               LEFT JOIN intake i ON i.ticket = t.id";
    let mut statement = store.prepare_cached(sql)?;
    let mut found = statement.query([serde_json::Value::from(rows).to_string()])?;
    let mut documents = Vec::new();
    while let Some(row) = found.next()? {
        match document(store, row) {
            Ok(document) => documents.push(document),
            // The others are still to be found.
            Err(StoreError::Damaged(error)) => {
                let row = row.get::<_, i64>(0)?;
                tracing::error!(%error, ticket.row = row, "what a ticket says cannot be indexed");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(documents)
}

fn document(store: &Connection, row: &Row<'_>) -> Result<Document, StoreError> {
    let columns = &mut Columns::new(row);
    let row = columns.next()?;
    let mut keys = String::with_capacity(96);
    for kind in [Key::Area, Key::Status, Key::Priority] {
        push_key(&mut keys, kind, columns.text()?);
        keys.push(' ');
    }
    push_key(&mut keys, Key::Archived, archived(columns.next()?));
    let version: u32 = columns.next()?;
    let mut words = String::with_capacity(512);
    let mut add = |text: &str| {
        words.push_str(text);
        words.push('\n');
    };
    for column in [
        "label",
        "category",
        "subcategory",
        "name",
        "email",
        "phone",
        "document",
        "company",
        "subject",
        "description",
        "clients",
    ] {
        let Some(text) = columns.optional_text()? else { continue };
        add(text);
        if column == "email" {
            keys.push(' ');
            push_key(&mut keys, Key::Email, &text.to_lowercase());
        }
    }
    // Nobody has said anything about a ticket that has only come to be.
    if version > 1 {
        let mut statement =
            store.prepare_cached("SELECT body FROM texts WHERE ticket = ? AND body IS NOT NULL ORDER BY seq")?;
        let mut texts = statement.query([row])?;
        while let Some(text) = texts.next()? {
            add(text.get_ref(0)?.as_str().map_err(damaged)?);
        }
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

/// A word that stands for a value, whatever characters that has. Two may have the same one: the store has the last word.
fn key(kind: Key, value: &str) -> String {
    let mut key = String::new();
    push_key(&mut key, kind, value);
    key
}

fn push_key(keys: &mut String, kind: Key, value: &str) {
    let letter = match kind {
        Key::Area => 'a',
        Key::Status => 's',
        Key::Priority => 'p',
        Key::Archived => 'x',
        Key::Email => 'm',
    };
    // FNV-1a: as good as any where nothing depends on it, and the same in every version of the program.
    let hash = value
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3));
    keys.push(letter);
    keys.extend(hash.to_be_bytes().into_iter().flat_map(|octet| [octet >> 4, octet & 15]).map(digit));
}

/// Of a number in base 16.
fn digit(value: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value })
}

fn archived(is_archived: bool) -> &'static str {
    if is_archived { "1" } else { "0" }
}

/// What to look for, as FTS5 writes it; `None` where there is nothing to look for.
fn expression(search: &Search, scope: &Scope, filter: &Filter) -> Option<String> {
    let mut keys = Vec::new();
    let any = |kind, values: &Vec<String>| {
        let words: Vec<_> = values.iter().map(|value| key(kind, value)).collect();
        format!("({})", words.join(" OR "))
    };
    if let Scope::Area(areas) = scope {
        keys.push(any(Key::Area, areas));
    }
    // Where tickets came from is for the store to look at.
    let Filter { area_keys, status, priority_keys, is_archived, origin: _ } = filter;
    keys.extend(area_keys.as_ref().map(|areas| any(Key::Area, areas)));
    keys.extend(status.map(|status| key(Key::Status, Status::name(status))));
    keys.extend(priority_keys.as_ref().map(|priorities| any(Key::Priority, priorities)));
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

#[cfg(test)]
mod tests {
    use ticketing_core::{Draft, Rules};

    use super::*;
    use crate::{CreateRequest, Engine, store::sqlite::SqliteStore};

    const FORM: &[u8] =
        br#"{ "nombre": "Ana", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
        "descripcion": "La impresora no imprime.", "prioridad": "ALTA" }"#;

    async fn create(engine: &Engine<SqliteStore>) -> i64 {
        let ticket = Draft::from_json(FORM).unwrap().validate(&Rules::default()).unwrap();
        let created = engine.create(CreateRequest::new(ticket)).await.unwrap();
        super::super::tickets::row_of(created.label.into())
    }

    fn find(words: &Words) -> Vec<i64> {
        words.look_up("words : (\"impresora\")", i64::MAX, 100).unwrap()
    }

    /// What an update that has no processor has not taken in is taken in by the next, which waits for none.
    #[tokio::test(flavor = "multi_thread")]
    async fn an_update_that_is_given_up_is_made_again_like_any_other_work() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("ticketing.db")).unwrap();
        let engine = Engine::start(store.clone()).await.unwrap();
        let (words, readers) = (&store.inner.words, &store.inner.readers);
        assert_eq!(words.urgency(), Urgency::Awaited, "somebody may wait for the first update");
        assert_eq!(words.advance(readers, None).unwrap(), Left::Nothing);
        assert_eq!(words.urgency(), Urgency::Aside);
        let row = create(&engine).await;

        assert_eq!(words.advance(readers, Some(Duration::ZERO)).unwrap(), Left::Events);
        assert_eq!(find(words), [0; 0]);
        assert_eq!(words.urgency(), Urgency::Awaited);
        assert_eq!(words.advance(readers, None).unwrap(), Left::Nothing);
        assert_eq!(find(words), [row]);
    }

    /// Where nothing comes any more, a search has few places to look.
    #[tokio::test(flavor = "multi_thread")]
    async fn an_index_that_has_everything_is_put_together_at_quiet_times_and_finds_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("ticketing.db")).unwrap();
        let engine = Engine::start(store.clone()).await.unwrap();
        let (words, readers) = (&store.inner.words, &store.inner.readers);
        let pieces = || {
            let index = words.open(OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
            let sql = "SELECT count(DISTINCT segid) FROM documents_idx";
            index.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap()
        };
        let merge_at = || words.writing.lock().unwrap().merge_at;
        let quiet_is_over = || words.writing.lock().unwrap().merge_at = Some(Instant::now());
        let (aside, began) = (Some(Duration::from_mins(1)), Instant::now());
        let mut rows = Vec::new();
        for _ in 0..5 {
            rows.insert(0, create(&engine).await);
            quiet_is_over();
            assert_eq!(words.advance(readers, aside).unwrap(), Left::Nothing);
        }
        assert_eq!((pieces(), find(words)), (5, rows.clone()), "what comes is taken in, and nothing else done");
        assert!(merge_at() >= Some(began + QUIET));
        let later = Some(began + RETRY);
        words.writing.lock().unwrap().merge_at = later;
        rows.insert(0, create(&engine).await);
        assert_eq!(words.advance(readers, aside).unwrap(), Left::Nothing);
        assert_eq!(merge_at(), later, "what failed is not tried again because something comes");
        assert_eq!(words.advance(readers, aside).unwrap(), Left::Nothing);
        assert_eq!(pieces(), 6, "it is not quiet for long enough");
        quiet_is_over();
        assert_eq!(words.advance(readers, None).unwrap(), Left::Nothing);
        assert_eq!(pieces(), 6, "whoever somebody waits for has other things to do");
        while words.advance(readers, aside).unwrap() == Left::Pieces {}
        assert_eq!((pieces(), find(words), merge_at()), (1, rows.clone(), None));

        // The same by itself, however little there is of a processor.
        for _ in 0..5 {
            rows.insert(0, create(&engine).await);
            words.advance(readers, None).unwrap();
        }
        assert!(pieces() > 5);
        let began = Instant::now();
        quiet_is_over();
        while pieces() > 3 {
            assert!(began.elapsed() < Duration::from_mins(1), "{} pieces", pieces());
            store.update_words().await.unwrap();
        }
        assert_eq!(find(words), rows);
    }
}
