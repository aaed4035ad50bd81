//! `cargo xtask lint`: what a reviewer should not have to say.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::figures;
use crate::process::{cargo, root};
use crate::stages::{Stages, check};
use crate::tally::Tally;

/// Packages with a lock file of their own, which `--workspace` does not reach.
const OUTSIDE_THE_WORKSPACE: [&str; 2] = ["ticketing-core/fuzz", "benches/peer-axum-sqlx"];

pub(crate) fn run() -> ExitCode {
    let mut stages = Stages::default();
    stages.run("formatting", || {
        let workspace = check(&mut cargo(["fmt", "--all", "--check"]))?;
        OUTSIDE_THE_WORKSPACE.iter().try_fold(workspace, |sum, package| Ok(sum + check(&mut fmt(package))?))
    });
    stages.run("clippy", || {
        let targets = ["--workspace", "--all-targets", "--all-features"];
        check(cargo(["clippy"]).args(targets).args(["--", "-D", "warnings"]))
    });
    stages.run("documentation", || {
        let documentation = ["--workspace", "--no-deps", "--all-features"];
        check(cargo(["doc"]).args(documentation).env("RUSTDOCFLAGS", "-D warnings"))
    });
    stages.run("figures in the docs", || figures::check_pages().map(|()| Tally::ONE_PASSED));
    let Tally { passed, failed, .. } = stages.report();
    println!("lint: {passed} checks passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fmt(package: &str) -> Command {
    let manifest = root().join(Path::new(package)).join("Cargo.toml");
    let mut command = cargo(["fmt", "--check", "--manifest-path"]);
    command.arg(manifest);
    command
}
