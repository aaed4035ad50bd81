use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use ticketing_core::{Actor, Rules};

use super::{Database, block_on};
use crate::{DeskTicket, Engine, api::tickets::Detail, store::sqlite::SqliteStore};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show a ticket, as the desk sees it.
    Show(Asked),
    /// Show what has happened to a ticket.
    History(Asked),
}

#[derive(Args)]
pub(super) struct Asked {
    /// Its label, as people type it.
    label: String,
    /// As JSON, with the names of the API.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: Database,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Show(asked) => asked.run(|detail| detail["ticket"].take(), show),
            Self::History(asked) => asked.run(|detail| detail["historial"].take(), history),
        }
    }
}

impl Asked {
    fn run(
        self,
        part: fn(&mut serde_json::Value) -> serde_json::Value,
        table: fn(&serde_json::Value) -> Table,
    ) -> anyhow::Result<()> {
        let engine = block_on(Engine::start(self.database.existing()?)).context("the database cannot be used")?;
        let (rules, ticket) = find(&engine, &self.label)?;
        let part = part(&mut serde_json::to_value(Detail::new(&engine, &rules, &ticket))?);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&part)?);
        } else {
            println!("{}", table(&part).trim_fmt());
        }
        Ok(())
    }
}

fn find(engine: &Engine<SqliteStore>, label: &str) -> anyhow::Result<(Rules, DeskTicket)> {
    let rules = engine.rules();
    let parsed = rules.labels().parse(label).with_context(|| format!("“{label}” is no label"))?;
    let found = block_on(async {
        let id = engine.find_label(parsed).await?;
        engine.desk_ticket(id, &Actor::System).await
    });
    Ok((rules, found.with_context(|| format!("there is no ticket {parsed}"))?))
}

/// A line for each field that has a value.
fn show(ticket: &serde_json::Value) -> Table {
    let mut table = table();
    let fields = ticket.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    for (name, value) in fields {
        table.add_row([name.clone(), text(value)]);
    }
    table
}

/// A line for each event: when, who, what, and what it changed.
fn history(history: &serde_json::Value) -> Table {
    let mut table = table();
    table.set_header(["#", "when", "what", "who", "role", "changes", "why"]);
    for event in history.as_array().into_iter().flatten() {
        let changes: Vec<_> = ["estado", "prioridad", "area", "agente"]
            .into_iter()
            .filter_map(|name| change(name, &event[format!("{name}_antes")], &event[format!("{name}_despues")]))
            .chain(event["comentario"].as_str().map(str::to_owned))
            .collect();
        let mut row: Vec<_> =
            ["secuencia", "fecha", "accion", "actor_nombre", "actor_rol"].map(|name| text(&event[name])).into();
        row.extend([changes.join("\n"), text(&event["motivo"])]);
        table.add_row(row);
    }
    table
}

fn change(name: &str, before: &serde_json::Value, after: &serde_json::Value) -> Option<String> {
    (before != after).then(|| format!("{name}: {} → {}", text(before), text(after)))
}

fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "–".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}
