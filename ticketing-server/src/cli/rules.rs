use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Subcommand;
use serde_json::Value;
use ticketing_core::{Rules, RulesDocument};

use super::{Database, block_on};
use crate::{
    clock::{Clock, SystemClock},
    store::RulesStore,
    zones,
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
                let rules = read(&file)?;
                println!("{} is valid; its hash is {}", file.display(), rules.hash());
                Ok(())
            }
            Self::Apply { file, dry_run, database } => {
                let rules = read(&file)?;
                let path = database.path(&database.config.read()?);
                if dry_run && !path.exists() {
                    return preview(&Rules::default(), &rules);
                }
                let store = super::open(&path)?;
                let active = block_on(store.active_rules())?.map_or_else(Rules::default, |(_, rules)| rules);
                preview(&active, &rules)?;
                if !dry_run {
                    let version = block_on(store.activate_rules(rules.clone(), SystemClock.now()))?;
                    println!("version {} is active; its hash is {}", version.0, rules.hash());
                }
                Ok(())
            }
        }
    }
}

fn read(file: &PathBuf) -> anyhow::Result<Rules> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let document: anyhow::Result<RulesDocument> =
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            RulesDocument::from_json(&text).map_err(anyhow::Error::from)
        } else {
            toml::from_str(&text).map_err(anyhow::Error::from)
        };
    let rules = document.and_then(|mut document| {
        zones::complete(&mut document)?;
        Ok(Rules::new(document)?)
    });
    rules.with_context(|| format!("{} holds no valid rules", file.display()))
}

fn print(rules: &Rules) -> anyhow::Result<()> {
    let value: Value = serde_json::from_str(&rules.to_json())?;
    println!("{}", serde_json::to_string_pretty(&value)?);
    Ok(())
}

fn preview(active: &Rules, new: &Rules) -> anyhow::Result<()> {
    let mut changes = Vec::new();
    let (before, after) = (serde_json::from_str(&active.to_json())?, serde_json::from_str(&new.to_json())?);
    compare("", Some(&before), Some(&after), &mut changes);
    if changes.is_empty() {
        println!("nothing changes");
    }
    for change in changes {
        println!("{change}");
    }
    Ok(())
}

/// `path: before → after` for each value that differs.
fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<String>) {
    match (before, after) {
        _ if before == after => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, old.get(name), new.get(name), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{index}]"), old.get(index), new.get(index), changes);
            }
        }
        _ => {
            let show = |value: Option<&Value>| value.map_or_else(|| "(nothing)".to_owned(), Value::to_string);
            changes.push(format!("{path}: {} → {}", show(before), show(after)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_names_each_value_that_differs() {
        let before = serde_json::json!({ "a": 1, "b": { "c": [1, 2], "d": true } });
        let after = serde_json::json!({ "a": 1, "b": { "c": [1, 3, 4] }, "e": "x" });
        let mut changes = vec![];
        compare("", Some(&before), Some(&after), &mut changes);
        changes.sort();
        assert_eq!(
            changes,
            ["b.c[1]: 2 → 3", "b.c[2]: (nothing) → 4", "b.d: true → (nothing)", "e: (nothing) → \"x\""]
        );
    }
}
