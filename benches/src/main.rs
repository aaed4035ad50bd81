//! Measures the help desk beside what it is compared with, and prints the figures as tables.
//!
//! No figure fails a run; a wrong answer does.

mod allocations;
mod canned;
mod clocks;
mod constant;
mod core;
mod figures;
mod growth;
mod http;
mod lists;
mod load;
mod memory;
mod open;
mod plot;
mod postgres;
mod raw;
mod record;
mod reports;
mod servers;
mod soak;
mod store;
mod table;
mod varied;
mod verify;
mod webhooks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting<mimalloc::MiMalloc> = Counting(mimalloc::MiMalloc);

/// Measures the help desk beside what it is compared with.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Creation, look-up and lists over HTTP, beside an axum and sqlx service and a constant answer.
    Http(http::Arguments),
    /// `http` and others for a moment, and `allocs`: the answers count, not the figures. Does without the peer when it is not built.
    Smoke(http::Places),
    /// Allocations of one parse and validation, beside garde, validator and `serde_valid`.
    Allocs,
    /// What `cargo bench --bench core` has measured, as figures.
    Core(core::Arguments),
    /// Creation at a steady rate that does not wait for answers, by oha.
    Open(open::Arguments),
    /// What a server takes while nobody asks it anything.
    Memory(memory::Arguments),
    /// Latency as a file grows from a thousand tickets on.
    Growth(growth::Arguments),
    /// Everything at once at a steady rate, for half an hour; fails where a ticket is lost or memory grows.
    Soak(soak::Arguments),
    /// Draws the plot in the docs from the figures beside it.
    Plot(plot::Arguments),
    /// Creations by the engine and its store, without HTTP.
    Store(store::Arguments),
    /// The desk's lists, searches and counts in a large file, and creation beside them.
    Lists(lists::Arguments),
    /// Reports over a year of tickets, and how their sums follow.
    Reports(reports::Arguments),
    /// What alarms cost over a file of open tickets: while nothing is up, and when the time of many is up at once.
    Clocks(clocks::Arguments),
    /// What happens, told to several systems while tickets are created.
    Webhooks(webhooks::Arguments),
    /// The store in PostgreSQL, beside the one in a file and beside pgbench.
    Postgres(postgres::Arguments),
    #[command(hide = true)]
    PostgresReader(postgres::Reader),
    /// Puts load on a server that already runs: creations, then look-ups of what was created.
    Load(load::Arguments),
    /// Answers every request with the same kilobyte of JSON: what HTTP itself costs.
    Constant(constant::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Carries a command out; `false` when an answer was wrong.
fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Http(arguments) => http::compare(&arguments),
        Command::Smoke(places) => {
            lists::run(&lists::Arguments::brief(std::env::temp_dir()))?;
            clocks::run(&clocks::Arguments::brief(std::env::temp_dir()))?;
            webhooks::run(&webhooks::Arguments::brief(std::env::temp_dir()))?;
            reports::run(&reports::Arguments::brief(std::env::temp_dir()))?;
            memory::run(&memory::Arguments::brief(places.server.clone(), std::env::temp_dir()))?;
            growth::run(&growth::Arguments::brief(places.server.clone(), std::env::temp_dir()))?;
            Ok(http::compare(&http::Arguments::brief(places))? & allocations::compare()?)
        }
        Command::Allocs => allocations::compare(),
        Command::Core(arguments) => core::record(&arguments).map(|()| true),
        Command::Open(arguments) => open::run(&arguments).map(|()| true),
        Command::Memory(arguments) => memory::run(&arguments).map(|()| true),
        Command::Growth(arguments) => growth::run(&arguments).map(|()| true),
        Command::Soak(arguments) => soak::run(&arguments).map(|()| true),
        Command::Plot(arguments) => plot::run(&arguments).map(|()| true),
        Command::Store(arguments) => store::run(&arguments).map(|()| true),
        Command::Clocks(arguments) => clocks::run(&arguments).map(|()| true),
        Command::Webhooks(arguments) => webhooks::run(&arguments).map(|()| true),
        Command::Reports(arguments) => reports::run(&arguments).map(|()| true),
        Command::Lists(arguments) => lists::run(&arguments).map(|()| true),
        Command::Postgres(arguments) => postgres::run(&arguments).map(|()| true),
        Command::PostgresReader(arguments) => postgres::read(&arguments).map(|()| true),
        Command::Load(arguments) => load::run(&arguments),
        Command::Constant(arguments) => constant::serve(&arguments).map(|()| true),
    }
}
