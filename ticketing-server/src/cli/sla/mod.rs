//! `sla`: what service levels come to, and why.

mod explain;
mod replay;
mod vectors;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use ticketing_core::sla::ClockState;

use super::Database;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Tell what a ticket was promised, what has become of it, and why: every time that counted and that did not.
    Explain {
        /// Its label, as people type it.
        label: String,
        /// As JSON, with the names of the API.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Tell what the service levels of all tickets would have come to under other rules. Changes nothing.
    Replay {
        /// The rules (TOML, or JSON by the file's ending).
        #[arg(long, value_name = "FILE")]
        rules: PathBuf,
        /// Only count, and do not list the tickets.
        #[arg(long)]
        summary: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Check files of conformance vectors: what each case's clock says beside what it is expected to.
    CheckVectors {
        /// JSON files, each an array of cases.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

impl Command {
    /// Status 1 where a vector failed.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Explain { label, json, database } => explain::explain(&database, &label, json)?,
            Self::Replay { rules, summary, database } => replay::replay(&database, &rules, summary)?,
            Self::CheckVectors { files } => return vectors::check_files(files),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a clock does, for people.
const fn in_words(state: ClockState) -> &'static str {
    match state {
        ClockState::Running => "running",
        ClockState::Paused => "standing still",
        ClockState::Met => "met",
        ClockState::Breached => "breached",
    }
}
