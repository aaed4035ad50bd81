//! `cargo xtask bench`: how fast it is, on this machine, next to what one would write by hand.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{fs, thread};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::browser;
use crate::figures::{self, Record, Run};
use crate::postgres::Cluster;
use crate::process::{self, cargo, output};
use crate::stages::{Stages, check};
use crate::tally::Tally;
use crate::wasm;

/// Measure, beside what each is compared with, and write the figures into the docs: the core beside other validators, the service beside
/// a peer, what it takes of memory and disk, the stores, the npm package beside others.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to measure: everything where nothing is said. What was measured before stays.
    #[arg(value_enum)]
    stages: Vec<Stage>,
    /// Files of a million tickets and of ten million, which take an hour to fill and some twenty gigabytes.
    #[arg(long)]
    full: bool,
    /// Measure nothing: write pages and plot from the figures that are there.
    #[arg(long, conflicts_with = "stages")]
    draw: bool,
    /// Leave the docs as they are; the figures go into the target directory.
    #[arg(long)]
    no_docs: bool,
}

/// What is measured by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Stage {
    /// The core beside garde, validator and `serde_valid`.
    Core,
    /// Creation, look-up and lists beside axum and sqlx, a constant answer, rusqlite.
    Http,
    /// Creation at a steady rate that does not wait for answers.
    Open,
    /// Until the first answer; ten thousand idle connections.
    Memory,
    /// Latency as a file grows.
    Growth,
    /// Searches and lists in a large file.
    Lists,
    /// Reports over a year of tickets.
    Reports,
    /// Alarms.
    Clocks,
    /// Creation while others are told of it.
    Webhooks,
    /// The store in PostgreSQL beside pgbench.
    Postgres,
    /// The npm package beside other validators, in node and Chromium.
    Wasm,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Http => "http",
            Self::Open => "open",
            Self::Memory => "memory",
            Self::Growth => "growth",
            Self::Lists => "lists",
            Self::Reports => "reports",
            Self::Clocks => "clocks",
            Self::Webhooks => "webhooks",
            Self::Postgres => "postgres",
            Self::Wasm => "wasm",
        }
    }

    /// Whether a long run measures something else than a short one.
    fn has_full(self) -> bool {
        matches!(self, Self::Growth | Self::Lists | Self::Reports | Self::Clocks)
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let path = if args.no_docs { process::target_dir()?.join("figures.json") } else { figures::path() };
    let wanted = match (&args.stages[..], args.draw) {
        (_, true) => &[],
        ([], _) => Stage::value_variants(),
        (stages, _) => stages,
    };
    let mut stages = Stages::default();
    for stage in wanted {
        // Each is kept as soon as it is there: what fails or is interrupted later is measured again by itself.
        stages.run(stage.name(), || {
            let run = measure(*stage, args.full)?;
            let mut record = Record::read(&path)?;
            record.stages.insert(stage.name().to_owned(), run);
            record.write(&path)?;
            Ok(Tally::ONE_PASSED)
        });
    }
    let record = Record::read(&path)?;
    if !args.no_docs {
        stages.run("docs", || {
            figures::write_pages(&record)?;
            // What has measured is there already; where nothing was measured, the quicker build will do.
            let profile = if args.draw { &["run"][..] } else { &["run", "--release"] };
            process::run(cargo(profile).args(["--package", "ticketing-benches", "--", "plot"]))?;
            Ok(Tally::ONE_PASSED)
        });
    }
    let Tally { failed, .. } = stages.report();
    record.print(&wanted.iter().map(|stage| stage.name()).collect::<Vec<_>>());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a stage, and reads the figures that it has written.
fn measure(stage: Stage, full: bool) -> Result<Run> {
    let target = process::target_dir()?;
    let lines = target.join(format!("figures-{}.jsonl", stage.name()));
    let _ = fs::remove_file(&lines);
    let kept = [("TICKETING_FIGURES", lines.clone().into_os_string())];
    let bench = |args: &[&str]| {
        let mut command = benches(args, kept.clone());
        // Databases lie where the target directory does, on a disk.
        if !matches!(args, ["allocs" | "core" | "http" | "open" | "memory" | "growth", ..]) {
            command.arg("--dir").arg(&target);
        }
        process::run(&mut command)
    };
    let tickets = |short: &'static str, long: &'static str| if full { long } else { short };
    match stage {
        Stage::Core => {
            let quick = ["--", "--warm-up-time", "0.5", "--measurement-time", "2"];
            // Those of a benchmark that has another name now would be taken for this run's.
            let _ = fs::remove_dir_all(target.join("criterion"));
            // In the profile of everything else: the one of benchmarks keeps symbols, and would build all of it once more.
            let core = ["bench", "--profile", "release", "--package", "ticketing-benches", "--bench", "core"];
            process::run(cargo(core).args(quick))?;
            let criterion = target.join("criterion");
            process::run(benches(["core"], kept.clone()).arg("--criterion").arg(criterion))?;
            bench(&["allocs"])?;
        }
        Stage::Http => {
            process::run(&mut build_server())?;
            process::run(peer("build").arg("--release"))?;
            bench(&["http"])?;
        }
        Stage::Open => {
            process::run(&mut build_server())?;
            process::run(peer("build").arg("--release"))?;
            let oha = oha()?;
            process::run(benches(["open"], kept.clone()).arg("--oha").arg(oha))?;
        }
        Stage::Memory => {
            process::run(&mut build_server())?;
            bench(&["memory"])?;
        }
        Stage::Growth => {
            process::run(&mut build_server())?;
            bench(&["growth", "--tickets", tickets("100000", "10000000")])?;
        }
        Stage::Lists => bench(&["lists", "--tickets", tickets("20000", "1000000")])?,
        Stage::Reports => bench(&["reports", "--tickets", tickets("100000", "1000000")])?,
        Stage::Clocks => bench(&["clocks", "--tickets", tickets("20000", "1000000")])?,
        Stage::Webhooks => bench(&["webhooks"])?,
        Stage::Postgres => {
            let cluster = Cluster::durable()?;
            let mut command = benches(["postgres"], kept.clone());
            process::run(command.arg("--dir").arg(&target).envs(cluster.variables()))?;
        }
        Stage::Wasm => {
            wasm::build_package()?;
            process::run(browser_package()?.envs(kept.clone()))?;
        }
    }
    let text = fs::read_to_string(&lines).with_context(|| lines.display().to_string())?;
    let figures: Vec<_> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(!figures.is_empty(), "no figures were written");
    let full = if full && stage.has_full() { " --full" } else { "" };
    Ok(Run {
        command: format!("cargo xtask bench {}{full}", stage.name()),
        measured_on: output(Command::new("date").args(["-u", "+%F"]))?.trim().to_owned(),
        commit: commit(),
        machine: machine()?,
        versions: process::first_line(Command::new("rustc").arg("--version"))?,
        figures,
    })
}

/// Runs every benchmark for a moment: what they assert counts, not their figures. The peer only has to compile: its release
/// build takes minutes, and nothing here depends on how fast it is.
pub(crate) fn run_once() -> Result<Tally> {
    let peer = check(&mut peer("check"))?;
    process::run(&mut build_server())?;
    let http = check(&mut benches(["smoke"], []))?;
    // In the profile of everything above: the one of benchmarks keeps symbols, and would build all of it once more.
    let core = ["bench", "--profile", "release", "--package", "ticketing-benches", "--bench", "core", "--", "--test"];
    let core = check(&mut cargo(core))?;
    let browser = check(browser_package()?.arg("--once"))?;
    Ok(peer + http + core + browser)
}

/// A command of the benchmarks' program.
fn benches<S: AsRef<OsStr>>(
    args: impl IntoIterator<Item = S>,
    variables: impl IntoIterator<Item = (&'static str, std::ffi::OsString)>,
) -> Command {
    let mut command = cargo(["run", "--release", "--package", "ticketing-benches", "--"]);
    command.args(args).envs(variables);
    command
}

/// oha in a fixed version, in the target directory: what is installed for a user stays as it is.
fn oha() -> Result<PathBuf> {
    const VERSION: &str = "1.16.0";
    let tools = process::target_dir()?.join("tools");
    let program = tools.join("bin/oha");
    let installed = process::first_line(Command::new(&program).arg("--version"));
    if installed.ok().is_none_or(|version| version != format!("oha {VERSION}")) {
        let package = format!("oha@{VERSION}");
        let mut install = cargo(["install", "--locked", "--force", &package, "--root"]);
        // What was built of it stays until it is there: it takes minutes, and is gone on where it broke off.
        let built = tools.join("oha-build");
        process::run(install.arg(&tools).arg("--target-dir").arg(&built))?;
        let _ = fs::remove_dir_all(built);
    }
    Ok(program)
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

/// What is measured, and whether it was changed since.
fn commit() -> String {
    let git = |args: &[&str]| output(Command::new("git").args(args).current_dir(process::root()));
    let Ok(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "no commit".to_owned() };
    let is_changed =
        git(&["status", "--porcelain", "--untracked-files=no", "--", ":!docs"]).is_ok_and(|told| !told.is_empty());
    format!("{}{}", commit.trim(), if is_changed { ", changed" } else { "" })
}

/// The machine in a few words.
fn machine() -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let line = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let processors = thread::available_parallelism()?;
    let model = line(&read("/proc/cpuinfo"), "model name");
    let kibibytes: u64 = line(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    let kernel = read("/proc/sys/kernel/osrelease");
    Ok(format!("{processors} × {model}, {} GiB, Linux {}", kibibytes >> 20, kernel.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_know_the_stages() {
        let names: Vec<_> = Stage::value_variants().iter().map(|stage| stage.name()).collect();
        assert_eq!(names, figures::STAGES);
    }
}
