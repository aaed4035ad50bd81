use rusqlite::{Connection, OptionalExtension};
use ticketing_core::integration::{Reference, ReferenceKind};

use super::{SqliteStore, pages, rows::damaged};
use crate::store::{IntegrationStore, Named, Page, PageQuery, StoreError};

impl IntegrationStore for SqliteStore {
    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        self.read_long(move |connection, words| pages::page(connection, words, &query)).await
    }

    async fn offered(&self, kind: ReferenceKind) -> Result<Vec<Named>, StoreError> {
        self.read_long(move |connection, _| {
            let sql = "SELECT id, name FROM refs WHERE kind = ? AND is_offered ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([kind.name()], |row| Ok(Named { id: row.get(0)?, name: row.get(1)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn find_references(
        &self,
        references: Vec<(ReferenceKind, Reference)>,
    ) -> Result<Vec<Option<Named>>, StoreError> {
        self.read(|connection| references.iter().map(|(kind, reference)| find(connection, *kind, reference)).collect())
    }

    async fn identify(&self, names: Vec<(ReferenceKind, String)>, is_offered: bool) -> Result<Vec<u32>, StoreError> {
        self.write(move |connection| {
            names.iter().map(|(kind, name)| identify(connection, *kind, name, is_offered)).collect()
        })
        .await
    }
}

fn find(connection: &Connection, kind: ReferenceKind, reference: &Reference) -> Result<Option<Named>, StoreError> {
    let named = |sql: &str, value: &dyn rusqlite::ToSql| {
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_row((kind.name(), value), |row| Ok(Named { id: row.get(0)?, name: row.get(1)? }));
        found.optional()
    };
    Ok(match reference {
        Reference::Id(id) => named("SELECT id, name FROM refs WHERE kind = ? AND id = ?", id)?,
        Reference::Name(name) => {
            let as_written = named("SELECT id, name FROM refs WHERE kind = ? AND name = ?", name)?;
            if as_written.is_some() {
                return Ok(as_written);
            }
            let sql = "SELECT id, name FROM refs WHERE kind = ? AND key = ? AND is_offered ORDER BY id LIMIT 1";
            named(sql, &ReferenceKind::key(name))?
        }
    })
}

fn identify(connection: &Connection, kind: ReferenceKind, name: &str, is_offered: bool) -> Result<u32, StoreError> {
    let sql = "SELECT id, is_offered FROM refs WHERE kind = ? AND name = ?";
    let known: Option<(u32, bool)> = connection
        .prepare_cached(sql)?
        .query_row((kind.name(), name), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, was_offered)) = known {
        if is_offered && !was_offered {
            let sql = "UPDATE refs SET is_offered = TRUE WHERE kind = ? AND id = ?";
            connection.prepare_cached(sql)?.execute((kind.name(), id))?;
        }
        return Ok(id);
    }
    let sql = "SELECT ifnull(max(id), 0) FROM refs WHERE kind = ?";
    let last: u32 = connection.prepare_cached(sql)?.query_row([kind.name()], |row| row.get(0))?;
    let id = i32::try_from(last).ok().and_then(|last| last.checked_add(1)).ok_or_else(|| damaged("ids are used up"))?;
    let sql = "INSERT INTO refs (kind, id, name, key, is_offered) VALUES (?, ?, ?, ?, ?)";
    connection.prepare_cached(sql)?.execute((kind.name(), id, name, ReferenceKind::key(name), is_offered))?;
    Ok(id.unsigned_abs())
}
