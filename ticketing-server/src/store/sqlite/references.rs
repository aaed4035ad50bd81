use rusqlite::{Connection, OptionalExtension, Row};
use ticketing_core::integration::{Reference, ReferenceKind};

use super::{List, SqliteStore, pages, rows::damaged};
use crate::store::{IntegrationStore, Named, Narrow, Page, PageQuery, StoreError};

impl IntegrationStore for SqliteStore {
    async fn page(&self, query: PageQuery) -> Result<Page, StoreError> {
        // What no index counts is looked through.
        let kind = List::of(query.search.is_some() || query.narrow != Narrow::default());
        self.read_list(kind, move |connection, words| pages::page(connection, words, &query)).await
    }

    async fn offered(&self, kind: ReferenceKind) -> Result<Vec<Named>, StoreError> {
        self.read_long(move |connection, _| {
            let sql = "SELECT id, name FROM refs WHERE kind = ? AND is_offered ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([kind.name()], named)?;
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

    async fn identify(&self, names: Vec<(ReferenceKind, String)>) -> Result<Vec<u32>, StoreError> {
        self.write(move |connection| {
            names.iter().map(|(kind, name)| Ok(identify(connection, *kind, name)?.id)).collect()
        })
        .await
    }

    async fn offer(&self, names: Vec<(ReferenceKind, String)>) -> Result<Vec<Named>, StoreError> {
        self.write(move |connection| names.iter().map(|(kind, name)| offer(connection, *kind, name)).collect()).await
    }
}

fn find(connection: &Connection, kind: ReferenceKind, reference: &Reference) -> Result<Option<Named>, StoreError> {
    match reference {
        Reference::Id(id) => one(connection, "SELECT id, name FROM refs WHERE kind = ? AND id = ?", kind, id),
        Reference::Name(name) => {
            let offered = find_offered(connection, kind, name)?;
            if offered.is_some() { Ok(offered) } else { find_written(connection, kind, name) }
        }
    }
}

fn find_offered(connection: &Connection, kind: ReferenceKind, name: &str) -> Result<Option<Named>, StoreError> {
    let sql = "SELECT id, name FROM refs WHERE kind = ? AND key = ? AND is_offered ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((kind.name(), kind.key(name)), named)?;
    let mut spellings: Vec<Named> = rows.collect::<Result<_, _>>()?;
    let own = spellings.iter().position(|spelling| spelling.name == name).unwrap_or_default();
    Ok((own < spellings.len()).then(|| spellings.swap_remove(own)))
}

fn find_written(connection: &Connection, kind: ReferenceKind, name: &str) -> Result<Option<Named>, StoreError> {
    one(connection, "SELECT id, name FROM refs WHERE kind = ? AND name = ?", kind, &name)
}

fn one(
    connection: &Connection,
    sql: &str,
    kind: ReferenceKind,
    value: &dyn rusqlite::ToSql,
) -> Result<Option<Named>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row((kind.name(), value), named).optional()?)
}

fn named(row: &Row<'_>) -> rusqlite::Result<Named> {
    Ok(Named { id: row.get(0)?, name: row.get(1)? })
}

fn identify(connection: &Connection, kind: ReferenceKind, name: &str) -> Result<Named, StoreError> {
    if let Some(known) = find_written(connection, kind, name)? {
        return Ok(known);
    }
    let sql = "SELECT ifnull(max(id), 0) FROM refs WHERE kind = ?";
    let last: u32 = connection.prepare_cached(sql)?.query_row([kind.name()], |row| row.get(0))?;
    let id = i32::try_from(last).ok().and_then(|last| last.checked_add(1)).ok_or_else(|| damaged("ids are used up"))?;
    let sql = "INSERT INTO refs (kind, id, name, key, is_offered) VALUES (?, ?, ?, ?, FALSE)";
    connection.prepare_cached(sql)?.execute((kind.name(), id, name, kind.key(name)))?;
    Ok(Named { id: id.unsigned_abs(), name: name.to_owned() })
}

fn offer(connection: &Connection, kind: ReferenceKind, name: &str) -> Result<Named, StoreError> {
    if let Some(offered) = find_offered(connection, kind, name)? {
        return Ok(offered);
    }
    let new = identify(connection, kind, name)?;
    let sql = "UPDATE refs SET is_offered = TRUE WHERE kind = ? AND id = ?";
    connection.prepare_cached(sql)?.execute((kind.name(), new.id))?;
    Ok(new)
}
