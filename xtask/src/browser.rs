//! What is tested in a real browser: Chromium, driven from node.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::server::Server;
use crate::stages::tests;
use crate::tally::{Runner, Tally};

/// The public pages of a server that is started for it, as people use them.
pub(crate) fn pages() -> Result<Tally> {
    driven("pages", &["look-up.test.js", "looks.test.js", "request.test.js"])
}

/// The console, with ten thousand tickets that its tests create. One file after the other: some of them measure.
pub(crate) fn console() -> Result<Tally> {
    let files = ["console/desk.test.js", "console/dashboard.test.js", "console/admin.test.js", "console/looks.test.js"];
    driven("console", &[&["--test-concurrency=1"][..], &files].concat())
}

fn driven(name: &str, args: &[&str]) -> Result<Tally> {
    const ADMIN: [(&str, &str); 2] =
        [("TICKETING_ADMIN_EMAIL", "raiz@example.com"), ("TICKETING_ADMIN_PASSWORD", "una clave larga")];
    let project = process::root().join("ticketing-server/tests/browser");
    let chromium = chromium()?;
    process::run(npm(&project).args(["ci", "--no-fund", "--no-audit"]))?;
    let directory = process::target_dir()?.join(name);
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    let server = Server::start(&directory.join("pages.db"), &ADMIN)?;
    let mut node = node_tests(&project);
    node.args(args).envs(ADMIN);
    node.env("TICKETING_URL", &server.url).env("TICKETING_SCREENSHOTS", directory.join("screenshots"));
    tests(node.env("TICKETING_CHROMIUM", chromium), Runner::Node)
}

/// The examples of forms.
pub(crate) fn forms() -> Result<Tally> {
    let project = process::root().join("examples/forms-test");
    let chromium = chromium()?;
    process::run(npm(&project).args(["run", "pretest"]))?;
    tests(node_tests(&project).env("TICKETING_CHROMIUM", chromium), Runner::Node)
}

/// `node --test` in a directory, with a summary that is counted.
pub(crate) fn node_tests(directory: &Path) -> Command {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=tap"]).current_dir(directory);
    node
}

fn npm(directory: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(directory);
    npm
}

/// Where Chromium is, installed if need be.
pub(crate) fn chromium() -> Result<String> {
    let found = || {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(|name| process::first_line(Command::new("sh").args(["-c", &format!("command -v {name}")])).ok())
    };
    if let Some(path) = found() {
        return Ok(path);
    }
    process::apt_get_install(&["chromium"])?;
    found().context("chromium is not installed")
}
