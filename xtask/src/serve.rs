//! `cargo xtask serve`: the main job, from a clone to a running help desk in one command.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::{process, wasm};

/// Build the server and run it on 127.0.0.1:8080, with its tickets in ticketing.db in the current directory.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments passed on to `ticketing-server serve`, after `--`.
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

const GREETING: &str = r#"
The help desk answers at http://127.0.0.1:8080 unless the arguments or the environment say otherwise. Create a ticket:

curl -X POST http://127.0.0.1:8080/api/tickets/crear \
  -H "Content-Type: application/json" \
  -d '{
    "nombre": "Ana García",
    "email": "ana.garcia@example.com",
    "tipo": "INCIDENTE",
    "categoria": "Sistemas",
    "descripcion": "Desde esta mañana no puedo iniciar sesión en Outlook.",
    "prioridad": "ALTA"
  }'

Ctrl-C stops it.
"#;

pub(crate) fn run(Args { args }: Args) -> Result<ExitCode> {
    const SERVER: [&str; 3] = ["--release", "--package", "ticketing-server"];
    if let Err(error) = wasm::build_package() {
        eprintln!("warning: the pages go without checks in the browser: {error:#}");
    }
    process::run(process::cargo(["build"]).args(SERVER))?;
    println!("{GREETING}");
    let manifest = process::root().join("Cargo.toml");
    let mut server = process::cargo(["run", "--quiet", "--manifest-path"]);
    server.arg(manifest).args(SERVER).args(["--", "serve"]).args(args).current_dir(env::current_dir()?);
    process::become_command(&mut server)
}
