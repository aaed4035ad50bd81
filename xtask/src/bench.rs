//! `cargo xtask bench`: how fast it is, on this machine, next to what one would write by hand.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::browser;
use crate::postgres::Cluster;
use crate::process::{self, cargo};
use crate::stages::check;
use crate::tally::Tally;
use crate::wasm;

/// Measure the functions of the core, the HTTP service next to its peer, and the npm package next to other validators.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Lists in a file of a million tickets, which takes minutes to fill, instead of some thousands.
    #[arg(long)]
    full: bool,

    /// Arguments passed on to the HTTP benchmark, after `--`.
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

pub(crate) fn run(Args { full, args }: Args) -> Result<ExitCode> {
    process::run(&mut build_server())?;
    process::run(peer("build").arg("--release"))?;
    process::run(&mut cargo(["bench", "--package", "ticketing-benches", "--bench", "core"]))?;
    process::run(cargo(["run", "--release", "--package", "ticketing-benches", "--", "http"]).args(args))?;
    let cluster = Cluster::durable()?;
    process::run(
        cargo(["run", "--release", "--package", "ticketing-benches", "--", "postgres"]).envs(cluster.variables()),
    )?;
    drop(cluster);
    let tickets = if full { "1000000" } else { "20000" };
    let dir = process::target_dir()?;
    let lists = ["run", "--release", "--package", "ticketing-benches", "--", "lists", "--tickets", tickets, "--dir"];
    process::run(cargo(lists).arg(&dir))?;
    let clocks = ["run", "--release", "--package", "ticketing-benches", "--", "clocks", "--tickets", tickets, "--dir"];
    process::run(cargo(clocks).arg(&dir))?;
    wasm::build_package()?;
    process::run(&mut browser_package()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs every benchmark for a moment: what they assert counts, not their figures. The peer only has to compile: its release
/// build takes minutes, and nothing here depends on how fast it is.
pub(crate) fn run_once() -> Result<Tally> {
    let peer = check(&mut peer("check"))?;
    process::run(&mut build_server())?;
    let http = check(&mut cargo(["run", "--release", "--package", "ticketing-benches", "--", "smoke"]))?;
    // In the profile of everything above: the one of benchmarks keeps symbols, and would build all of it once more.
    let core = ["bench", "--profile", "release", "--package", "ticketing-benches", "--bench", "core", "--", "--test"];
    let core = check(&mut cargo(core))?;
    let browser = check(browser_package()?.arg("--once"))?;
    Ok(peer + http + core + browser)
}

/// The npm package beside other validators, in node and in Chromium. It must have been built.
fn browser_package() -> Result<Command> {
    let project = process::root().join("benches/js");
    let chromium = browser::chromium()?;
    process::run(Command::new("npm").args(["ci", "--no-fund", "--no-audit"]).current_dir(&project))?;
    let mut node = Command::new("node");
    node.arg("bench.mjs").current_dir(project).env("TICKETING_CHROMIUM", chromium);
    Ok(node)
}

/// The HTTP benchmark starts it from where this build puts it.
fn build_server() -> Command {
    cargo(["build", "--release", "--package", "ticketing-server"])
}

/// A command of Cargo in the peer's own workspace.
fn peer(subcommand: &str) -> Command {
    let mut command = cargo([subcommand, "--manifest-path"]);
    command.arg(process::root().join("benches/peer-axum-sqlx/Cargo.toml"));
    command
}
