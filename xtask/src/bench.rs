//! `cargo xtask bench`: how fast it is, on this machine, next to what one would write by hand.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{self, cargo};
use crate::stages::check;
use crate::tally::Tally;

/// Measure the functions of the core, and the HTTP service next to its peer.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments passed on to the HTTP benchmark, after `--`.
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

pub(crate) fn run(Args { args }: Args) -> Result<ExitCode> {
    build_servers()?;
    process::run(&mut cargo(["bench", "--package", "ticketing-benches", "--bench", "core"]))?;
    process::run(cargo(["run", "--release", "--package", "ticketing-benches", "--", "http"]).args(args))?;
    Ok(ExitCode::SUCCESS)
}

/// Runs every benchmark for a moment: what they assert counts, not their figures.
pub(crate) fn run_once() -> Result<Tally> {
    build_servers()?;
    let http = check(&mut cargo(["run", "--release", "--package", "ticketing-benches", "--", "smoke"]))?;
    // In the profile of everything above: the one of benchmarks keeps symbols, and would build all of it once more.
    let core = ["bench", "--profile", "release", "--package", "ticketing-benches", "--bench", "core", "--", "--test"];
    let core = check(&mut cargo(core))?;
    Ok(http + core)
}

/// Builds the server and its peer, which the HTTP benchmark starts.
fn build_servers() -> Result<()> {
    process::run(&mut cargo(["build", "--release", "--package", "ticketing-server"]))?;
    let peer = process::root().join("benches/peer-axum-sqlx/Cargo.toml");
    process::run(cargo(["build", "--release", "--manifest-path"]).arg(peer))
}
