//! The HTTP API against its OpenAPI documents: Schemathesis draws requests from them, good and bad ones, and holds the answers of
//! a real server against what they say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::server::Server;
use crate::stages::check;
use crate::tally::Tally;

/// Requests that are drawn for each operation, times `TICKETING_SCALE`, beside those of the coverage phase, which are always the
/// same.
const EXAMPLES: u64 = 20;

/// Where the documents are.
const DOCUMENTS: [&str; 2] = ["/v2/openapi.json", "/openapi.json"];

/// What is left out, and why.
const EXCLUDED: [(&str, &str); 1] = [("/api/eventos", "a stream without an end; tests/desk/events.rs reads it")];

/// Whoever calls the desk, which is theirs alone, and tells nobody else what happens there.
const DESK: [(&str, &str); 5] = [
    ("TICKETING_ADMIN_EMAIL", "raiz@example.com"),
    ("TICKETING_ADMIN_PASSWORD", "correct horse battery staple"),
    ("TICKETING_TOKEN_MINUTES", "1440"),
    ("TICKETING_WEBHOOKS", "off"),
    ("TICKETING_LOG", "warn"),
];

pub(crate) fn run(scale: u64) -> Result<Tally> {
    let tool = Schemathesis::prepare()?;
    let directory = process::target_dir()?.join("conformance");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let server = Server::start(&directory.join("desk.db"), &DESK)?;
    let session = tool.fill(&server, &directory)?;
    for (path, reason) in EXCLUDED {
        println!("    left out: {path}: {reason}");
    }
    DOCUMENTS.into_iter().try_fold(Tally::default(), |sum, document| {
        let mut command = tool.command("schemathesis");
        command.arg("--config-file").arg(directory.join("schemathesis.toml"));
        command.args(["run", &format!("{}{document}", server.url), "--no-color"]);
        command.args(["--max-examples", &(EXAMPLES * scale).to_string()]);
        command.args(EXCLUDED.iter().flat_map(|(path, _)| ["--exclude-path", path]));
        // What it leaves is left there.
        command.envs(session.iter().map(|(name, value)| (name, value))).current_dir(&directory);
        Ok(sum + check(&mut command)?)
    })
}

/// The tool at the versions of `xtask/schemathesis/requirements.txt`, in the target directory.
struct Schemathesis {
    bin: PathBuf,
    /// Its settings here.
    settings: PathBuf,
}

impl Schemathesis {
    /// Installs it, unless it is there.
    fn prepare() -> Result<Self> {
        let settings = process::root().join("xtask/schemathesis");
        let wanted = settings.join("requirements.txt");
        let environment = process::target_dir()?.join("tools/schemathesis");
        let installed = environment.join("requirements.txt");
        let bin = environment.join("bin");
        let versions = fs::read(&wanted).with_context(|| wanted.display().to_string())?;
        if fs::read(&installed).ok().as_ref() != Some(&versions) {
            process::python()?;
            process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
            let mut pip = Command::new(bin.join("pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            process::run(pip.arg(&wanted))?;
            // Last: what broke off is begun anew.
            fs::write(installed, versions)?;
        }
        Ok(Self { bin, settings })
    }

    fn command(&self, program: &str) -> Command {
        Command::new(self.bin.join(program))
    }

    /// Gives the desk something that requests can be about. Returns who calls it, as variables.
    fn fill(&self, server: &Server, directory: &Path) -> Result<Vec<(String, String)>> {
        fs::copy(self.settings.join("hooks.py"), directory.join("hooks.py"))?;
        for (kind, name) in [("service", "Correo"), ("service", "Redes"), ("justification", "Duplicado")] {
            process::run(&mut server.beside(&["reference", "create", "--kind", kind, "--name", name]))?;
        }
        let mut prepare = self.command("python");
        prepare.arg(self.settings.join("prepare.py")).arg(&server.url).arg(directory).envs(DESK);
        let told = process::output(&mut prepare)?;
        Ok(told
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect())
    }
}
