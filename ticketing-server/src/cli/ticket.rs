use std::fmt;

use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use ticketing_core::{Actor, Rules, TicketId};

use super::{Database, block_on};
use crate::{DeskTicket, Engine, api::tickets::Detail, store::AnyStore};

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
            Self::Show(asked) => {
                let (engine, rules, ticket) = asked.find()?;
                print(asked.json, &Detail::new(&engine, &rules, &ticket).ticket, show)
            }
            Self::History(asked) => {
                let (engine, rules, ticket) = asked.find()?;
                print(asked.json, &Detail::new(&engine, &rules, &ticket).historial, history)
            }
        }
    }
}

impl Asked {
    fn find(&self) -> anyhow::Result<(Engine<AnyStore>, Rules, DeskTicket)> {
        let (engine, id) = find(&self.database, &self.label)?;
        let rules = engine.rules();
        let ticket = block_on(engine.desk_ticket(id, &Actor::System))?;
        Ok((engine, rules, ticket))
    }
}

/// The ticket that has a label, as people type it.
pub(super) fn find(database: &Database, label: &str) -> anyhow::Result<(Engine<AnyStore>, TicketId)> {
    let engine = block_on(Engine::start(database.existing()?)).context("the database cannot be used")?;
    let label = engine.rules().labels().parse(label).with_context(|| format!("“{label}” is no label"))?;
    let id = block_on(engine.find_label(label)).with_context(|| format!("there is no ticket {label}"))?;
    Ok((engine, id))
}

fn print<T: Serialize>(
    as_json: bool,
    shown: &T,
    table: fn(&T) -> Result<Table, serde_json::Error>,
) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(shown)?);
    } else {
        println!("{}", table(shown)?.trim_fmt());
    }
    Ok(())
}

/// A line for each field that has a value, in the API's order.
fn show(ticket: &impl Serialize) -> Result<Table, serde_json::Error> {
    let Members(members) = serde_json::from_str(&serde_json::to_string(ticket)?)?;
    let mut table = table();
    for (name, value) in members.into_iter().filter(|(_, value)| !value.is_null()) {
        table.add_row([name, text(&value)]);
    }
    Ok(table)
}

/// An object's members in their order.
struct Members(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// A line for each event: when, who, what, and what it changed.
fn history(history: &Vec<impl Serialize>) -> Result<Table, serde_json::Error> {
    let mut table = table();
    table.set_header(["#", "when", "what", "who", "role", "changes", "why"]);
    for event in history {
        let event = serde_json::to_value(event)?;
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
    Ok(table)
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
