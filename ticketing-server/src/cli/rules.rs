use std::path::PathBuf;

use clap::Subcommand;
use serde_json::Value;
use ticketing_core::Rules;

use super::{Database, block_on};
use crate::{
    Engine, RematchPreview, RulesChange, rules_file,
    store::{PrivacyStore, RulesStore},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the active rules as JSON.
    Show {
        #[command(flatten)]
        database: Database,
        /// Print the built-in rules instead.
        #[arg(long)]
        built_in: bool,
    },
    /// Check a rules file (TOML, or JSON by its ending) and print its hash.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Show what a rules file would change, then make it the active rules. A running server follows within a second.
    Apply {
        /// The file (TOML, or JSON by its ending).
        file: PathBuf,
        /// Only show what would change.
        #[arg(long)]
        dry_run: bool,
        /// Apply it to the tickets that are open, too. Without, they keep what they were promised until something changes them.
        #[arg(long)]
        rematch: bool,
        #[command(flatten)]
        database: Database,
    },
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Show { built_in: true, .. } => print(&Rules::default()),
            Self::Show { database, built_in: false } => {
                let store = database.existing()?;
                print(&block_on(store.active_rules())?.map_or_else(Rules::default, |(_, rules)| rules))
            }
            Self::Check { file } => {
                let rules = rules_file::read(&file)?;
                println!("{} is valid; its hash is {}", file.display(), rules.hash());
                if let Some(months) = rules.document().anonymise_months {
                    println!("what tickets say is erased for good {months} months after they are over");
                }
                Ok(())
            }
            Self::Apply { file, dry_run, rematch, database } => {
                let rules = rules_file::read(&file)?;
                if dry_run && !database.is_there()? {
                    return preview(&Rules::default(), &rules);
                }
                let engine = block_on(Engine::start(database.open()?))?;
                preview(&engine.rules(), &rules)?;
                print!("{}", of_open_tickets(block_on(engine.preview_rematch(&rules))?, rematch));
                if let Some(before) = rules.erases_before(engine.now()) {
                    let due = block_on(engine.store().count_over_until(before))?;
                    println!("{due} tickets are over for so long that what they say is erased at once, for good");
                }
                if !dry_run {
                    let version = block_on(engine.apply_rules(rules.clone()))?;
                    println!("version {} is active; its hash is {}", version.0, rules.hash());
                    if rematch {
                        println!("{} open tickets are under it now", super::rematch_open(&engine)?);
                    }
                }
                Ok(())
            }
        }
    }
}

fn print(rules: &Rules) -> anyhow::Result<()> {
    let value: Value = serde_json::from_str(&rules.to_json())?;
    println!("{}", serde_json::to_string_pretty(&value)?);
    Ok(())
}

fn preview(active: &Rules, new: &Rules) -> anyhow::Result<()> {
    let changes = RulesChange::between(active, new)?;
    if changes.is_empty() {
        println!("nothing changes");
    }
    for RulesChange { path, before, after } in changes {
        let show = |value: Option<Value>| value.map_or_else(|| "(nothing)".to_owned(), |value| shortened(&value));
        println!("{path}: {} → {}", show(before), show(after));
    }
    Ok(())
}

/// What becomes of the tickets that are open.
pub(super) fn of_open_tickets(preview: RematchPreview, rematch: bool) -> String {
    let RematchPreview { open, promised_otherwise, due_otherwise, overdue_at_once, overdue_no_more } = preview;
    if open == 0 {
        return "no ticket is open\n".to_owned();
    }
    let numbers = format!(
        "{promised_otherwise} promised something else, {due_otherwise} due at another time, {overdue_at_once} overdue at \
         once, {overdue_no_more} no longer overdue"
    );
    if rematch {
        format!("of {open} open tickets: {numbers}\n")
    } else {
        format!(
            "{open} open tickets keep what they were promised until something changes them; with --rematch: {numbers}\n"
        )
    }
}

/// A value in a line; a zone's table and the like are cut.
fn shortened(value: &Value) -> String {
    const CHARS: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
