//! `cargo xtask test`: everything that has to pass, in one command.
//!
//! Tests are counted where they run first. Where the same tests run again under other features, and where a program
//! either works or does not, the stage counts one.

use std::process::ExitCode;
use std::{env, process::Command};

use anyhow::Result;

use crate::bench;
use crate::browser;
use crate::conformance;
use crate::deploy;
use crate::fuzz::{CargoFuzz, Target};
use crate::package;
use crate::postgres::Cluster;
use crate::process::{cargo, python, scale, succeeds};
use crate::soak;
use crate::stages::{Stages, check, tests};
use crate::tally::{Runner, Tally};
use crate::wasm;

/// How long each fuzz target runs, times `TICKETING_SCALE`.
const FUZZ_SECONDS: u64 = 10;

/// Set up what the tests need and pass every one of them: units, properties, documentation, features, the npm package and
/// the service on PostgreSQL too, the pages and the console in a browser, the API against its documents, examples, benchmarks once, fuzzing for seconds, packages.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Ten times the soaks, loads and fuzzing (`TICKETING_SCALE=10`, unless it is set).
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let scale = match env::var_os("TICKETING_SCALE") {
        None if args.full => 10,
        _ => scale()?,
    };
    let mut stages = Stages::default();
    // First: the server embeds the package.
    stages.run("wasm package", || wasm::check_package(scale));
    let workspace = |args: &[&str], variables: &[(&str, String)]| {
        // The tests of mails set up a mail server themselves, with Python's own tools.
        python()?;
        let (mut command, runner) = workspace_tests(args);
        tests(command.env("TICKETING_SCALE", scale.to_string()).envs(variables.iter().cloned()), runner)
    };
    // What is long is long enough once; each answer takes a few journeys to the server.
    let shorter = format!("{}.{}", scale / 5, scale % 5 * 2);
    match Cluster::start() {
        Ok(postgres) => {
            stages.run("workspace", || workspace(&[], &postgres.variables()));
            let variables = [("TICKETING_TEST_STORE", "postgres".to_owned()), ("TICKETING_SCALE", shorter)];
            let variables = [&variables[..], &postgres.variables()].concat();
            stages.run("on PostgreSQL", || workspace(&ON_POSTGRES, &variables));
            let strict = [("TICKETING_TEST_POSTGRES_ISOLATION", "serializable".to_owned()), variables[1].clone()];
            let strict = [&strict[..], &postgres.variables()].concat();
            stages.run("at SERIALIZABLE", || workspace(&AT_SERIALIZABLE, &strict));
        }
        Err(error) => {
            stages.run("workspace", || workspace(&[], &[]));
            stages.run("on PostgreSQL", || Err(error));
        }
    }
    stages.run("documentation", || {
        tests(&mut cargo(["test", "--workspace", "--doc", "--no-fail-fast"]), Runner::Libtest)
    });
    stages.run("core alone", || check(&mut cargo(["test", "--package", "ticketing-core"])));
    stages.run("server: features", server_features);
    stages.run("examples", examples);
    stages.run("pages in a browser", browser::pages);
    stages.run("console in a browser", browser::console);
    stages.run("forms in a browser", browser::forms);
    stages.run("API as documented", || conformance::run(scale));
    stages.run("deployment", deploy::check);
    stages.run("soak, briefly", || soak::briefly(scale));
    stages.run("fuzz", || fuzz(FUZZ_SECONDS * scale));
    stages.run("benchmarks, once", bench::run_once);
    stages.run("packages", package::verify_packages);

    let Tally { passed, failed, .. } = stages.report();
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The tests of the service, which run on every store. (What all stores do is a suite of its own, and runs on all of them at once.)
const ON_POSTGRES: [&str; 32] = [
    "--test",
    "auth",
    "--test",
    "calendars",
    "--test",
    "desk",
    "--test",
    "durability",
    "--test",
    "escalation",
    "--test",
    "hostile",
    "--test",
    "idempotency",
    "--test",
    "integration",
    "--test",
    "mail",
    "--test",
    "pages",
    "--test",
    "rate_limits",
    "--test",
    "reports",
    "--test",
    "seed",
    "--test",
    "sheet",
    "--test",
    "tokens",
    "--test",
    "webhooks",
];

/// What all stores do, where transactions that get in each other's way are refused and have to be run again.
const AT_SERIALIZABLE: [&str; 3] = ["--test", "store_suite", "postgres::"];

fn workspace_tests(args: &[&str]) -> (Command, Runner) {
    let all = ["--lib", "--bins", "--tests"];
    if succeeds(&mut cargo(["nextest", "--version"])) {
        let mut command = cargo(["nextest", "run", "--workspace", "--no-fail-fast"]);
        command.args(args);
        return (command, Runner::Nextest);
    }
    println!("    cargo-nextest is not installed: the same tests with `cargo test`");
    let mut command = cargo(["test", "--workspace", "--no-fail-fast"]);
    command.args(if args.is_empty() { &all } else { args });
    (command, Runner::Libtest)
}

/// Each set of features builds alone, without what tests and other packages would switch on.
fn server_features() -> Result<Tally> {
    const ALONE: [&str; 3] = ["--package", "ticketing-server", "--no-default-features"];
    let engine_only = check(cargo(["check"]).args(ALONE))?;
    let http = check(cargo(["check"]).args(ALONE).args(["--features", "http"]))?;
    let sqlite = check(cargo(["check"]).args(ALONE).args(["--features", "sqlite"]))?;
    let postgres = check(cargo(["check"]).args(ALONE).args(["--features", "postgres"]))?;
    let mail = check(cargo(["check"]).args(ALONE).args(["--features", "sqlite,mail"]))?;
    let without_mail = check(cargo(["check"]).args(ALONE).args(["--features", "cli"]))?;
    // What an application links that embeds the engine.
    let embedded = check(cargo(["test"]).args(ALONE).args(["--features", "sqlite"]))?;
    Ok(engine_only + http + sqlite + postgres + mail + without_mail + embedded)
}

fn examples() -> Result<Tally> {
    ["embed", "axum-mount", "http-client", "webhook-receiver", "ticket-mirror"]
        .iter()
        // By itself each is built with its own features only, as its reader would build it.
        .try_fold(Tally::default(), |sum, example| {
            Ok(sum + check(&mut cargo(["run", "--package", &format!("example-{example}")]))?)
        })
}

fn fuzz(seconds: u64) -> Result<Tally> {
    let cargo_fuzz = CargoFuzz::prepare()?;
    Target::ALL.into_iter().try_fold(Tally::default(), |sum, target| {
        cargo_fuzz.fuzz(target, seconds)?;
        Ok(sum + Tally::ONE_PASSED)
    })
}
