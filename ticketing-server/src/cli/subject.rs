//! A person who asks what there is of them, or to be forgotten.

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use ticketing_core::{Actor, EmailAddress, UserRole, ticket::Erased};

use super::{
    Database,
    archive::{Progress, private},
    block_on,
};
use crate::{
    Engine, EraseError, EraseOptions, Subject,
    store::{AnyStore, PrivacyStore, UserStore},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Write down what there is of a person, for them.
    Export(Export),
    /// Say what there is to erase of a person, and erase it. A running server follows within a second.
    Erase(Erase),
}

#[derive(Args)]
pub(super) struct Export {
    /// Their e-mail address, in any letter case.
    email: String,
    /// What it is written as.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Into a file that only you may read, instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// With what the desk has noted for itself. It may be about others: read it before you hand it out.
    #[arg(long)]
    with_internal: bool,
    #[command(flatten)]
    database: Database,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For programs, and for people who look closely.
    Json,
    /// For people.
    Text,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Erase {
    /// Their e-mail address, in any letter case.
    email: String,
    /// Only say what would be erased.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Also in tickets that are not over. They stay open, and nobody can be answered there any more.
    #[arg(long)]
    including_open: bool,
    /// Also the user who has the address.
    #[arg(long)]
    including_user: bool,
    /// The administrator who decided it, by their address, as the tickets' histories shall tell. Without, the system is named.
    #[arg(long, value_name = "ADDRESS")]
    by: Option<String>,
    /// Leave what was deleted in the unused parts of the files until something else is written there. Else they are written anew, for
    /// which others wait who write.
    #[arg(long)]
    no_scrub: bool,
    #[command(flatten)]
    database: Database,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Export(export) => export.run(),
            Self::Erase(erase) => erase.run(),
        }
    }
}

fn engine(database: &Database) -> anyhow::Result<Engine<AnyStore>> {
    block_on(Engine::start(database.existing()?)).context("the database cannot be used")
}

fn address(email: &str) -> anyhow::Result<EmailAddress> {
    EmailAddress::parse(email.trim()).with_context(|| format!("“{email}” is no e-mail address"))
}

impl Export {
    fn run(self) -> anyhow::Result<()> {
        let (address, engine) = (address(&self.email)?, engine(&self.database)?);
        let progress = Progress::new();
        let export = block_on(engine.export_subject(&address, self.with_internal, |read| progress.at(read)))?;
        drop(progress);
        let mut text = match self.format {
            Format::Json => serde_json::to_string_pretty(&export)?,
            Format::Text => outline(&serde_json::to_value(&export)?, 0),
        };
        text.truncate(text.trim_end().len());
        text.push('\n');
        match &self.output {
            Some(path) => {
                let mut file = private(path).with_context(|| path.display().to_string())?;
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
                    .with_context(|| path.display().to_string())?;
            }
            None => io::stdout().write_all(text.as_bytes())?,
        }
        eprintln!(
            "{} tickets of theirs, {} of others that name them; {} internal notes are not in it",
            export.tickets.len(),
            export.mentions.len(),
            export.internal_notes_left_out
        );
        Ok(())
    }
}

/// A value as lines, of which those inside it are further in. What is empty is left out.
fn outline(value: &serde_json::Value, depth: usize) -> String {
    use serde_json::Value;
    let indent = "  ".repeat(depth);
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    let mut lines = String::new();
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(_, member)| !is_empty(member)) {
                match member {
                    Value::Object(_) | Value::Array(_) => {
                        lines += &format!("{indent}{name}:\n{}", outline(member, depth + 1));
                    }
                    scalar => lines += &format!("{indent}{name}: {}", outline(scalar, depth + 1).trim_start()),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                lines += &format!("{indent}–\n{}", outline(item, depth + 1));
            }
        }
        Value::String(text) => {
            for line in text.lines() {
                lines += &format!("{indent}{line}\n");
            }
            if text.is_empty() {
                lines.push('\n');
            }
        }
        scalar => lines += &format!("{indent}{scalar}\n"),
    }
    lines
}

impl Erase {
    fn run(self) -> anyhow::Result<()> {
        let (address, engine) = (address(&self.email)?, engine(&self.database)?);
        let actor = self.actor(&engine)?;
        let progress = Progress::new();
        let subject = block_on(engine.find_subject(&address, |read| progress.at(read)))?;
        drop(progress);
        say(&subject);
        if self.dry_run {
            return Ok(());
        }
        let is_nothing = subject.user.is_none() && subject.tickets.iter().all(|ticket| ticket.erased.is_none());
        if !is_nothing && !self.yes {
            ensure!(io::stdin().is_terminal(), "nothing was erased: where nobody can be asked, say --yes");
            eprint!("Erase it for good? [y/N] ");
            let mut answer = String::new();
            io::stdin().read_line(&mut answer)?;
            ensure!(matches!(answer.trim(), "y" | "Y" | "yes" | "s" | "sí"), "nothing was erased");
        }
        let options = EraseOptions { open: self.including_open, user: self.including_user };
        let erased = match block_on(async {
            Ok::<_, anyhow::Error>(engine.erase_subject(&address, &actor, options).await)
        })? {
            Ok(erased) => erased,
            Err(EraseError::Open(labels)) => {
                let labels: Vec<_> = labels.iter().map(ToString::to_string).collect();
                bail!(
                    "nothing was erased: somebody still has to answer them in {}. Close these tickets first, or say --including-open",
                    labels.join(", ")
                );
            }
            Err(EraseError::User(user)) => bail!(
                "nothing was erased: {} logs in with this address as {}. Delete the user first, or say --including-user",
                user.name,
                user.role.name()
            ),
            Err(error) => return Err(error.into()),
        };
        println!(
            "{} tickets of theirs were erased, and their address in {} of others",
            erased.tickets, erased.mentions
        );
        if !self.no_scrub {
            block_on(engine.store().scrub()).context(
                "it was erased; but the files could not be written anew, so that it may still lie in unused parts of them: run this again",
            )?;
        }
        note();
        Ok(())
    }

    fn actor(&self, engine: &Engine<AnyStore>) -> anyhow::Result<Actor> {
        let Some(by) = &self.by else { return Ok(Actor::System) };
        let found = block_on(engine.store().find_user_by_email(&address(by)?.key()))?;
        let user = found.map(|record| record.user).filter(|user| user.is_active && user.role == UserRole::Admin);
        Ok(Actor::Admin(user.with_context(|| format!("{by} is no active administrator"))?.id))
    }
}

/// What there is. No word of it: who erases need not read it.
fn say(subject: &Subject) {
    let of = |what| subject.tickets.iter().filter(move |ticket| ticket.erased == Some(what));
    println!(
        "{} tickets that they asked for: who asked, and all that was said, would be erased",
        of(Erased::Person).count()
    );
    for ticket in of(Erased::Person) {
        let open = if ticket.is_open() { ", not over" } else { "" };
        println!("    {} ({}{open})", ticket.label, ticket.status.name());
    }
    println!("{} tickets of others in which their address stands: it would be taken out", of(Erased::Mentions).count());
    for ticket in of(Erased::Mentions) {
        println!("    {}", ticket.label);
    }
    if let Some(user) = &subject.user {
        println!("a user has the address: {}", user.role.name());
    }
    for ticket in subject.tickets.iter().filter(|ticket| ticket.is_classified_by) {
        println!(
            "{}: the address stands in what the ticket is sorted by (category, tags …), and stays there",
            ticket.label
        );
    }
}

/// Where this program does not reach.
fn note() {
    eprintln!(
        "Backups and archives that were made before still have them. Restored or imported beside this database they are erased \
         again; elsewhere they are not. What was told to other systems by webhooks and mails is theirs to erase. See docs/privacy.md."
    );
}

#[cfg(test)]
mod tests {
    use super::outline;

    #[test]
    fn an_outline_has_what_there_is() {
        let value = serde_json::json!({ "a": { "b": "one\ntwo", "c": null }, "d": [], "e": [{ "f": 1 }] });
        assert_eq!(outline(&value, 0), "a:\n  b: one\n    two\ne:\n  –\n    f: 1\n");
    }
}
