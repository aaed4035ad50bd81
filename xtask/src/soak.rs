//! `cargo xtask soak`: a real server at work for a while, with everything that people and other systems do.

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{self, cargo};
use crate::stages::check;
use crate::tally::Tally;

/// Put a mixed load on a server for minutes: each ticket that was acknowledged must be there once, memory and latency must stay flat.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long.
    #[arg(long, default_value_t = 3)]
    minutes: u64,
    /// Half an hour; the log goes into the docs.
    #[arg(long, conflicts_with = "minutes")]
    full: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    process::run(&mut cargo(["build", "--release", "--package", "ticketing-server"]))?;
    let minutes = if args.full { 30 } else { args.minutes };
    let mut soak = cargo(["run", "--release", "--package", "ticketing-benches", "--", "soak"]);
    soak.args(["--seconds", &(minutes * 60).to_string()]);
    if args.full {
        soak.arg("--log").arg(process::root().join("docs/soak.log"));
    }
    process::run(&mut soak)?;
    Ok(ExitCode::SUCCESS)
}

/// For some seconds, in a debug build.
pub(crate) fn briefly(scale: u64) -> Result<Tally> {
    process::run(&mut cargo(["build", "--package", "ticketing-server"]))?;
    let server = process::target_dir()?.join("debug").join(format!("ticketing-server{}", env::consts::EXE_SUFFIX));
    let mut soak = cargo(["run", "--package", "ticketing-benches", "--", "soak", "--rate", "100"]);
    check(soak.args(["--seconds", &(6 * scale).to_string(), "--server"]).arg(server))
}
