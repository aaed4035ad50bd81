use rusqlite::{Connection, OptionalExtension};
use ticketing_core::{Rules, Timestamp};

use super::{SqliteStore, rows::damaged};
use crate::store::{RulesStore, RulesVersion, StoreError};

impl RulesStore for SqliteStore {
    async fn active_rules(&self) -> Result<Option<(RulesVersion, Rules)>, StoreError> {
        self.read(active_rules)
    }

    async fn rules_since(&self, version: Option<RulesVersion>) -> Result<Vec<(RulesVersion, Rules)>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT id, json FROM rules_versions WHERE id > ? ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([version.map_or(i64::MIN, |version| version.0)])?;
            let mut versions = Vec::new();
            while let Some(row) = rows.next()? {
                versions.push((RulesVersion(row.get(0)?), read(&row.get::<_, String>(1)?)?));
            }
            Ok(versions)
        })
    }

    async fn active_version(&self) -> Result<Option<RulesVersion>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT max(id) FROM rules_versions")?;
            let version: Option<i64> = statement.query_row([], |row| row.get(0))?;
            Ok(version.map(RulesVersion))
        })
    }

    async fn initial_rules(&self, rules: Rules, from: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            if active_rules(connection)?.is_none() {
                insert(connection, &rules, from)?;
            }
            Ok(())
        })
        .await
    }

    async fn activate_rules(&self, rules: Rules, from: Timestamp) -> Result<RulesVersion, StoreError> {
        self.write(move |connection| {
            if let Some((version, active)) = active_rules(connection)?
                && active.hash() == rules.hash()
            {
                return Ok(version);
            }
            insert(connection, &rules, from)
        })
        .await
    }
}

fn insert(connection: &Connection, rules: &Rules, from: Timestamp) -> Result<RulesVersion, StoreError> {
    connection.prepare_cached("INSERT INTO rules_versions (hash, json, active_from) VALUES (?, ?, ?)")?.execute((
        rules.hash().0.as_bytes(),
        rules.to_json(),
        from.unix_millis(),
    ))?;
    Ok(RulesVersion(connection.last_insert_rowid()))
}

fn active_rules(connection: &Connection) -> Result<Option<(RulesVersion, Rules)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, json FROM rules_versions ORDER BY id DESC LIMIT 1")?;
    let row: Option<(i64, String)> = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((version, json)) = row else { return Ok(None) };
    Ok(Some((RulesVersion(version), read(&json)?)))
}

fn read(json: &str) -> Result<Rules, StoreError> {
    Rules::from_json(json).map_err(damaged)
}
