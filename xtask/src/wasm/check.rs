//! The package as the people use it who install it: packed, installed, and run under node, in Chromium and by tsc.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::npm::Tools;
use crate::browser;
use crate::process::{self, cargo};
use crate::stages::tests;
use crate::tally::{Runner, Tally};

/// Generated forms whose verdicts are compared.
const CASES: u64 = 200_000;

/// Packs and installs the package, and passes its tests.
pub(super) fn check(tools: &Tools, package: &Path, scale: u64) -> Result<Tally> {
    let source = process::root().join("ticketing-wasm/tests/js");
    let consumer = process::target_dir()?.join("wasm/consumer");
    install(package, &source, &consumer)?;
    tools.link_modules(&consumer)?;

    let verdicts = consumer.join("verdicts.ndjson");
    write_verdicts(&verdicts, &(CASES * scale).to_string())?;
    let said = |what: &str| -> Result<_> {
        let file = consumer.join(format!("{what}.ndjson"));
        write_verdicts(&file, what)?;
        Ok(file)
    };
    let sites = build_sites(tools, package, &source, &consumer)?;
    let chromium = browser::chromium()?;
    let mut node = browser::node_tests(&consumer);
    node.args(["package.test.mjs", "desk.test.mjs", "differential.test.mjs", "browser.test.mjs"]);
    node.env("TICKETING_RULES", said("rules")?)
        .env("TICKETING_LIFECYCLE", said("lifecycle")?)
        .env("TICKETING_EXPLANATIONS", said("explanations")?)
        .env("TICKETING_VECTORS", said("vectors")?)
        .env("TICKETING_VERDICTS", &verdicts)
        .env("TICKETING_SITES", &sites)
        .env("TICKETING_CHROMIUM", &chromium);
    let tally = tests(&mut node, Runner::Node)?;

    let mut tsc = tools.command("tsc");
    tsc.args([
        "--strict",
        "--noEmit",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--lib",
        "es2022,dom,dom.iterable",
    ]);
    process::run(tsc.args(["--types", "", "consumer.ts"]).current_dir(&consumer))?;
    Ok(tally + Tally::ONE_PASSED)
}

/// A new project that depends on the packed package and on nothing else.
fn install(package: &Path, source: &Path, consumer: &Path) -> Result<()> {
    if consumer.exists() {
        fs::remove_dir_all(consumer)?;
    }
    fs::create_dir_all(consumer)?;
    fs::write(consumer.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            fs::copy(&path, consumer.join(name))?;
        }
    }
    process::run(Command::new("npm").args(["pack", "--silent"]).arg(package).current_dir(consumer))?;
    let tarball = format!("./ticketing-wasm-{}.tgz", env!("CARGO_PKG_VERSION"));
    let install = ["install", "--no-fund", "--no-audit", "--offline"];
    process::run(Command::new("npm").args(install).arg(tarball).current_dir(consumer))
}

fn write_verdicts(file: &Path, what: &str) -> Result<()> {
    // Quick enough as it is; to link it as a server is linked takes longer than all that it says.
    let linked = ["--config", "profile.release.lto='off'", "--config", "profile.release.codegen-units=16"];
    let mut verdicts = cargo(["run", "--release", "--quiet", "--package", "ticketing-wasm", "--example", "verdicts"]);
    verdicts.args(linked).arg("--");
    verdicts.arg(what).stdout(File::create(file).with_context(|| file.display().to_string())?);
    process::run(&mut verdicts)
}

/// One page twice: with the package's own files, and as Vite builds it for production.
fn build_sites(tools: &Tools, package: &Path, source: &Path, consumer: &Path) -> Result<std::path::PathBuf> {
    let (sites, page) = (consumer.join("sites"), consumer.join("page"));
    let bare = sites.join("bare");
    fs::create_dir_all(&bare)?;
    fs::create_dir_all(&page)?;
    for name in ["index.html", "main.js"] {
        fs::copy(source.join("site").join(name), page.join(name))?;
    }
    fs::copy(source.join("site/index.html"), bare.join("index.html"))?;
    let main = fs::read_to_string(source.join("site/main.js"))?;
    fs::write(bare.join("main.js"), main.replace("\"ticketing-wasm\"", "\"./ticketing-wasm/index.js\""))?;
    fs::create_dir_all(bare.join("ticketing-wasm"))?;
    for entry in fs::read_dir(package)? {
        let path = entry?.path();
        if let Some(name) = path.file_name() {
            fs::copy(&path, bare.join("ticketing-wasm").join(name))?;
        }
    }
    let mut vite = tools.command("vite");
    vite.args(["build", "--base", "./", "--logLevel", "warn", "--target", "es2022", "--outDir"])
        .arg(sites.join("vite"));
    process::run(vite.arg("page").current_dir(consumer))?;
    Ok(sites)
}
