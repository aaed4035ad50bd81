//! The command line.

mod archive;
mod backup;
mod calendar;
mod database;
mod files;
mod key;
mod label;
mod lock;
#[cfg(feature = "mail")]
mod mail;
mod reference;
mod report;
mod rules;
mod serve;
mod settings;
mod sheet;
mod sla;
mod subject;
mod ticket;
mod token;
mod user;
mod webhook;

use std::{path::PathBuf, process::ExitCode, sync::OnceLock};

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Runtime;

use self::database::Database;
use crate::store::AnyStore;

/// A help desk in one program and one file.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API until interrupted.
    Serve(serve::Serve),
    /// Show, check or apply the desk's rules.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Show calendars, and take holidays into them from a file.
    #[command(subcommand)]
    Calendar(calendar::Command),
    /// Create, list and change the people who log in.
    #[command(subcommand)]
    User(user::Command),
    /// Create, list and revoke the tokens of other systems.
    #[command(subcommand)]
    Token(token::Command),
    /// Work with the keys that sign the tokens of whoever logs in.
    #[command(subcommand)]
    Key(key::Command),
    /// Show a ticket and what has happened to it.
    #[command(subcommand)]
    Ticket(ticket::Command),
    /// Hand out or erase what there is of a person.
    #[command(subcommand)]
    Subject(subject::Command),
    /// Work with ticket labels.
    #[command(subcommand)]
    Label(label::Command),
    /// Create and list what other systems refer to by an id: categories, services, tags and so on.
    #[command(subcommand)]
    Reference(reference::Command),
    /// Copy a SQLite file while a server works on it, and look whether the copy is good.
    Backup(backup::Backup),
    /// Put a backup in the place of a SQLite file, once it was looked at.
    Restore(backup::Restore),
    /// Write everything into a file of lines.
    Export(archive::ExportArgs),
    /// Take in what `export` has written, or the tickets of another help desk from a CSV file. What is here already stays, and goes on.
    Import(archive::ImportArgs),
    /// Move everything to another database. Run again, it takes what has happened since.
    MigrateStore(archive::MigrateArgs),
    /// Look at every ticket, counter and event, and name what is not as it must be.
    Verify(archive::VerifyArgs),
    /// Work with service levels.
    #[command(subcommand)]
    Sla(sla::Command),
    /// Tell what tickets come to in figures, by period and by what they are.
    Report(report::ReportArgs),
    /// Tell other systems what happens, and see what did not get there.
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// See whether mail works, and what mails say.
    #[cfg(feature = "mail")]
    #[command(subcommand)]
    Mail(mail::Command),
}

#[derive(Args)]
struct Config {
    /// The settings file. What a flag or a variable says wins over it. [default: ticketing.toml, where there is one]
    #[arg(long, env = "TICKETING_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Config {
    fn read(&self) -> anyhow::Result<settings::Settings> {
        settings::read(self.config.as_deref())
    }
}

/// Applies the active rules to open tickets, when whoever else works on the database knows of them.
fn rematch_open(engine: &crate::Engine<AnyStore>) -> anyhow::Result<u32> {
    // Servers look twice a second.
    std::thread::sleep(std::time::Duration::from_secs(1));
    block_on(engine.rematch_open())
}

/// Waits for an answer. Every time on the same runtime: connections belong to the one on which they were made.
fn block_on<T, E: Into<anyhow::Error>>(answer: impl Future<Output = Result<T, E>>) -> anyhow::Result<T> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = if let Some(runtime) = RUNTIME.get() {
        runtime
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        RUNTIME.get_or_init(|| runtime)
    };
    runtime.block_on(answer).map_err(Into::into)
}

/// Runs the command that the process was given. Anything that goes wrong is one message on stderr and status 1; a command
/// line that has no meaning is status 2.
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    // A server whose log nobody reads any more goes on; a command whose output nobody reads has nothing more to do.
    if !matches!(command, Command::Serve(_)) {
        sigpipe::reset();
    }
    let outcome = match command {
        Command::Serve(command) => command.run(),
        Command::Rules(command) => command.run(),
        Command::Calendar(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Key(command) => command.run(),
        Command::Ticket(command) => command.run(),
        Command::Subject(command) => command.run(),
        Command::Label(command) => command.run(),
        Command::Reference(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::MigrateStore(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Webhook(command) => command.run(),
        Command::Report(command) => command.run(),
        #[cfg(feature = "mail")]
        Command::Mail(command) => command.run(),
        Command::Sla(command) => match command.run() {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error and what caused it, in one line. Some say their cause themselves: nothing is said twice.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told {
        told if told.is_empty() => cause,
        told if told.ends_with(&cause) => told,
        told => format!("{told}: {cause}"),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
