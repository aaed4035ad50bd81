//! What is tested in a real browser: Chromium, driven from node.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::process::{self, cargo};
use crate::stages::tests;
use crate::tally::{Runner, Tally};

/// The public pages of a server that is started for it, as people use them.
pub(crate) fn pages() -> Result<Tally> {
    let project = process::root().join("ticketing-server/tests/browser");
    let chromium = chromium()?;
    process::run(npm(&project).args(["ci", "--no-fund", "--no-audit"]))?;
    process::run(cargo(["build"]).args(["--package", "ticketing-server"]))?;
    let directory = process::target_dir()?.join("pages");
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    let server = Server::start(&directory)?;
    let mut node = node_tests(&project);
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

/// A server with an empty database; it ends with this value.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(directory: &Path) -> Result<Self> {
        let program = process::target_dir()?.join("debug").join(format!("ticketing-server{}", env::consts::EXE_SUFFIX));
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(directory.join("pages.db"))
            .env("TICKETING_RATE_LIMITS", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| program.display().to_string())?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the server's output")?).read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ").context("the server did not start")?.to_owned();
        Ok(Self { child, url })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; what it left is in the target directory.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
