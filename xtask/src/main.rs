//! `cargo xtask …`: what a developer of this workspace types, as a program.
//!
//! | Command | Does |
//! |---|---|
//! | `serve` | builds the server and runs it |
//! | `test`  | sets up what the tests need and passes every one of them |
//! | `lint`  | formatting, clippy and documentation, warnings refused; the figures in the docs |
//! | `bench` | measures everything side by side with its peers, and writes the figures into the docs |
//! | `conformance` | holds the API against its OpenAPI documents |
//! | `deploy` | holds the files in `deploy/` against systemd, nginx, Caddy and Prometheus |
//! | `fuzz`  | runs the fuzz targets of the core |
//! | `postgres` | starts a PostgreSQL server that is thrown away, for a command or until interrupted |
//! | `soak`  | a mixed load for minutes: nothing is lost, memory and latency stay flat |
//! | `wasm`  | builds the npm package `ticketing-wasm` and says how large it is |
//!
//! Every command prints the command lines that it runs, so that each can be repeated by hand.

mod bench;
mod browser;
mod conformance;
mod deploy;
mod figures;
mod fuzz;
mod lint;
mod package;
mod postgres;
mod process;
mod serve;
mod server;
mod soak;
mod stages;
mod tally;
mod test;
mod wasm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The developer's commands of the ticketing workspace.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Args),
    Test(test::Args),
    /// Check formatting, clippy, documentation and the figures in it; a warning is an error.
    Lint,
    Bench(bench::Args),
    /// Hold the API against its OpenAPI documents, with requests that are drawn from them (`TICKETING_SCALE` times as many).
    Conformance,
    Deploy(deploy::Args),
    Fuzz(fuzz::Args),
    Postgres(postgres::Args),
    Soak(soak::Args),
    Wasm(wasm::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Test(args) => test::run(&args),
        Command::Lint => Ok(lint::run()),
        Command::Bench(args) => bench::run(&args),
        Command::Conformance => process::scale().and_then(conformance::run).map(|_| ExitCode::SUCCESS),
        Command::Deploy(args) => deploy::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Postgres(args) => postgres::run_beside(&args),
        Command::Soak(args) => soak::run(&args),
        Command::Wasm(args) => wasm::run(&args),
    };
    result.unwrap_or_else(|error| {
        // The command that failed has said why; where in this program it was called is of no use to anybody.
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
