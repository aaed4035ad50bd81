//! Creation with everything taken away but the rows: rusqlite inserts those that the store writes for a ticket, in the store's own
//! tables, at the same durability and with as many tickets in a transaction.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use rusqlite::{Connection, types::Value};
use ticketing_benches::seed;
use ticketing_core::Draft;
use ticketing_server::{CreateRequest, Engine, store::sqlite::SqliteStore};

/// Tickets stored per second, so many in a transaction.
///
/// # Errors
/// When the file cannot be written, or no ticket can be copied in it.
pub(crate) fn raw_rate(database: &Path, batch: usize, measured: Duration) -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let engine = Engine::start(SqliteStore::open(database)?).await?;
        let ticket = Draft::from_json(seed::CREATE_BODY)?.validate(&engine.rules())?;
        anyhow::Ok(engine.create(CreateRequest::new(ticket)).await?)
    })?;
    let mut connection = Connection::open(database)?;
    // As the store sets its own up.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let mut tables = ["tickets", "events", "intake", "outbox"]
        .map(|table| Copied::of(&connection, table))
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;

    let began = Instant::now();
    let mut stored = 0_u32;
    while began.elapsed() < measured {
        let transaction = connection.transaction()?;
        for _ in 0..batch {
            stored += 1;
            let count = "UPDATE label_counters SET last = last + 1 RETURNING year << 32 | last";
            let row: i64 = transaction.prepare_cached(count)?.query_row([], |row| row.get(0))?;
            for table in &mut tables {
                table.insert(&transaction, row)?;
            }
            transaction.prepare_cached("UPDATE facets SET tickets = tickets + 1")?.execute([])?;
        }
        transaction.commit()?;
    }
    let took = began.elapsed();
    let kept: u32 = connection.query_row("SELECT count(*) FROM tickets", [], |row| row.get(0))?;
    anyhow::ensure!(kept == stored + 1, "{kept} tickets are there instead of {}", stored + 1);
    Ok(f64::from(stored) / took.as_secs_f64())
}

/// A row of a table, to be inserted again under other keys.
struct Copied {
    sql: String,
    names: Vec<String>,
    values: Vec<Value>,
}

impl Copied {
    fn of(connection: &Connection, table: &str) -> anyhow::Result<Self> {
        // Without the columns that are made of others.
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?)")?;
        let names = statement.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let columns = names.join(", ");
        let values = connection
            .query_row(&format!("SELECT {columns} FROM {table} LIMIT 1"), [], |row| {
                (0..names.len()).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>()
            })
            .with_context(|| table.to_owned())?;
        let places = vec!["?"; names.len()].join(", ");
        Ok(Self { sql: format!("INSERT INTO {table} ({columns}) VALUES ({places})"), names, values })
    }

    fn insert(&mut self, connection: &Connection, row: i64) -> anyhow::Result<()> {
        let is_outbox = self.sql.starts_with("INSERT INTO outbox");
        let is_event = self.sql.starts_with("INSERT INTO events");
        for (name, value) in self.names.iter().zip(&mut self.values) {
            *value = match name.as_str() {
                "id" if is_outbox => Value::Null,
                "id" if is_event => Value::Integer(row << 17 | 1),
                "id" | "ticket" => Value::Integer(row),
                "uuid" => Value::Blob([[0; 8], row.to_be_bytes()].concat()),
                "label" => Value::Text(format!("TKT-{}-{:05}", row >> 32, row & 0xFFFF_FFFF)),
                _ => continue,
            };
        }
        connection.prepare_cached(&self.sql)?.execute(rusqlite::params_from_iter(&self.values))?;
        Ok(())
    }
}
