//! A server that is started for a test.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::process::{self, cargo};

/// A server with a new database and no rate limits; it ends with this value.
pub(crate) struct Server {
    program: PathBuf,
    database: PathBuf,
    child: Child,
    /// Where it answers.
    pub(crate) url: String,
}

impl Server {
    /// Builds the server and starts it, with variables of its own.
    pub(crate) fn start(database: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        process::run(cargo(["build"]).args(["--package", "ticketing-server"]))?;
        let program = process::target_dir()?.join("debug").join(format!("ticketing-server{}", env::consts::EXE_SUFFIX));
        let mut child = Command::new(&program)
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(database)
            .env("TICKETING_RATE_LIMITS", "off")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| program.display().to_string())?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the server's output")?).read_line(&mut line)?;
        let url = line.trim().strip_prefix("listening on ").context("the server did not start")?.to_owned();
        Ok(Self { program, database: database.to_owned(), child, url })
    }

    /// The program.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Another command of the program, beside the server.
    pub(crate) fn beside(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).arg("--database").arg(&self.database);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; what it left is in the target directory.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
