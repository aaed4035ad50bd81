use anyhow::{Context, anyhow};
use clap::{Subcommand, ValueEnum};
use comfy_table::{Table, presets};
use serde_json::json;
use ticketing_core::{Locale, integration::ReferenceKind};

use super::{Database, block_on};
use crate::{Engine, store::AnyStore};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Have something that other systems may refer to, and print its id.
    Create {
        /// What it is.
        #[arg(long)]
        kind: Kind,
        /// What it is called.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        database: Database,
    },
    /// List what other systems may refer to, with the ids.
    List {
        /// Only of this kind.
        #[arg(long)]
        kind: Option<Kind>,
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: Database,
    },
}

/// What has ids. Those of urgencies and teams come from the rules, too.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    Category,
    Service,
    Urgency,
    Justification,
    Tag,
    Team,
}

impl From<Kind> for ReferenceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Category => Self::Category,
            Kind::Service => Self::Service,
            Kind::Urgency => Self::Urgency,
            Kind::Justification => Self::Justification,
            Kind::Tag => Self::Tag,
            Kind::Team => Self::Team,
        }
    }
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create { kind, name, database } => {
                let kind = ReferenceKind::from(kind);
                let engine = engine(&database)?;
                let name = kind.name_of(&name, &engine.rules());
                let name = name.map_err(|problem| anyhow!("the name: {}", problem.message(Locale::En)))?;
                let id = block_on(engine.offer(kind, &name))?;
                // By itself on stdout, for scripts.
                println!("{id}");
                eprintln!("{} {id} is “{name}”", kind.name());
                Ok(())
            }
            Self::List { kind, json, database } => list(&engine(&database)?, kind.map(ReferenceKind::from), json),
        }
    }
}

fn list(engine: &Engine<AnyStore>, only: Option<ReferenceKind>, as_json: bool) -> anyhow::Result<()> {
    let kinds = ReferenceKind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind));
    let mut all = Vec::new();
    for kind in kinds {
        all.extend(block_on(engine.offered(kind))?.into_iter().map(|named| (kind.name(), named)));
    }
    if as_json {
        let all: Vec<_> =
            all.iter().map(|(kind, named)| json!({ "kind": kind, "id": named.id, "name": named.name })).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["kind", "id", "name"]);
    for (kind, named) in all {
        table.add_row([kind.to_owned(), named.id.to_string(), named.name]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

fn engine(database: &Database) -> anyhow::Result<Engine<AnyStore>> {
    block_on(Engine::start(database.existing()?)).context("the database cannot be used")
}
