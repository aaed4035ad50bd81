use ticketing_core::{Rules, Timestamp};
use uuid::Uuid;

use super::{
    PostgresStore, ids,
    rows::{Columns, damaged},
    transactions::Transaction,
};
use crate::store::{RulesStore, RulesVersion, StoreError};

impl RulesStore for PostgresStore {
    async fn active_rules(&self) -> Result<Option<(RulesVersion, Rules)>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let sql = "SELECT id, json FROM rules_versions ORDER BY id DESC LIMIT 1";
                let row = transaction.query_opt(sql, &[]).await?;
                row.map(|row| version(&mut Columns::new(&row))).transpose()
            })
        })
        .await
    }

    async fn rules_since(&self, after: Option<RulesVersion>) -> Result<Vec<(RulesVersion, Rules)>, StoreError> {
        let after = after.map_or(i64::MIN, |version| version.0);
        self.look(|transaction| {
            Box::pin(async move {
                let sql = "SELECT id, json FROM rules_versions WHERE id > $1 ORDER BY id";
                let rows = transaction.query(sql, &[&after]).await?;
                rows.iter().map(|row| version(&mut Columns::new(row))).collect()
            })
        })
        .await
    }

    async fn active_version(&self) -> Result<Option<RulesVersion>, StoreError> {
        self.look(|transaction| {
            Box::pin(async move {
                let row = transaction.query_opt("SELECT max(id) FROM rules_versions", &[]).await?;
                let version: Option<i64> = row.map_or(Ok(None), |row| row.try_get(0)).map_err(damaged)?;
                Ok(version.map(RulesVersion))
            })
        })
        .await
    }

    async fn initial_rules(&self, rules: Rules, from: Timestamp) -> Result<(), StoreError> {
        let rules = &rules;
        self.write_again(|transaction| {
            Box::pin(async move {
                ids::lock(transaction, KIND).await?;
                if active(transaction).await?.is_none() {
                    insert(transaction, rules, from).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn activate_rules(&self, rules: Rules, from: Timestamp) -> Result<RulesVersion, StoreError> {
        let rules = &rules;
        self.write_again(|transaction| {
            Box::pin(async move {
                ids::lock(transaction, KIND).await?;
                if let Some((version, hash)) = active(transaction).await?
                    && hash == rules.hash().0
                {
                    return Ok(version);
                }
                insert(transaction, rules, from).await
            })
        })
        .await
    }
}

/// Of their ids. Whoever activates rules locks them first: of two who do so at once, the second sees what the first has done.
const KIND: &str = "rules_versions";

async fn insert(transaction: &Transaction<'_>, rules: &Rules, from: Timestamp) -> Result<RulesVersion, StoreError> {
    let id = i64::from(ids::next_id(transaction, KIND).await?);
    let sql = "INSERT INTO rules_versions (id, hash, json, active_from) VALUES ($1, $2, $3, $4)";
    transaction.execute(sql, &[&id, &rules.hash().0, &rules.to_json(), &from.unix_millis()]).await?;
    Ok(RulesVersion(id))
}

async fn active(transaction: &Transaction<'_>) -> Result<Option<(RulesVersion, Uuid)>, StoreError> {
    let sql = "SELECT id, hash FROM rules_versions ORDER BY id DESC LIMIT 1";
    let Some(row) = transaction.query_opt(sql, &[]).await? else { return Ok(None) };
    let columns = &mut Columns::new(&row);
    Ok(Some((RulesVersion(columns.next()?), columns.uuid()?)))
}

fn version(columns: &mut Columns<'_>) -> Result<(RulesVersion, Rules), StoreError> {
    Ok((RulesVersion(columns.next()?), Rules::from_json(columns.text()?).map_err(damaged)?))
}
