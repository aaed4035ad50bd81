//! `cargo xtask serve`: the main job, from a clone to a running help desk in one command.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::{process, wasm};

/// Build the server and run it on 127.0.0.1:8080, with its tickets in ticketing.db in the current directory.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build it as it is to be measured and run for good, which takes much longer than a build to try it with.
    #[arg(long)]
    release: bool,
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

pub(crate) fn run(Args { release, args }: Args) -> Result<ExitCode> {
    let server = ["--package", "ticketing-server", "--profile", if release { "release" } else { "dev" }];
    if let Err(error) = wasm::build_package() {
        eprintln!("warning: the pages go without checks in the browser: {error:#}");
    }
    process::run(process::cargo(["build"]).args(server))?;
    if !release {
        println!("\nThis build is to try the server with, and slow: `cargo xtask serve --release` is what to measure.");
    }
    println!("{GREETING}");
    let manifest = process::root().join("Cargo.toml");
    let mut serve = process::cargo(["run", "--quiet", "--manifest-path"]);
    serve.arg(manifest).args(server).args(["--", "serve"]).args(args).current_dir(env::current_dir()?);
    process::become_command(&mut serve)
}
