//! `cargo xtask wasm`: the npm package `ticketing-wasm`, and the copy of it that the server embeds.
//!
//! modules → wasm-opt → `ticketing-wasm/pkg`, with scripts and tables, ready for `npm pack` → sizes, against the budget. The same
//! sources and toolchain give the same octets.

mod binary;
mod check;
mod lifecycle;
mod module;
mod npm;
mod package;
mod size;
mod tables;
mod types;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use self::binary::Binary;
use self::module::Toolchain;
use self::npm::Tools;
use crate::process;
use crate::tally::Tally;

/// Build the npm package ticketing-wasm and the server's copy of it, and say how large they are.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The toolchain that builds the module.
    #[arg(long, value_enum, default_value_t)]
    toolchain: Toolchain,
    /// Also pass its tests: packed, installed, under node, in Chromium and by tsc.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let tools = Tools::prepare()?;
    let package = build(&tools, args.toolchain)?;
    if args.check {
        check::check(&tools, &package, process::scale()?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the package with whatever toolchain can.
pub(crate) fn build_package() -> Result<()> {
    build(&Tools::prepare()?, Toolchain::Auto).map(drop)
}

/// Builds the package and passes its tests; `scale` times as many generated forms as usual.
pub(crate) fn check_package(scale: u64) -> Result<Tally> {
    let tools = Tools::prepare()?;
    let package = build(&tools, Toolchain::Auto)?;
    check::check(&tools, &package, scale)
}

fn build(tools: &Tools, toolchain: Toolchain) -> Result<PathBuf> {
    let package = package::assemble()?;
    for (feature, name) in [("desk", package::DESK), ("form", package::MODULE)] {
        let small = tools.optimise(&module::build(toolchain, feature)?, name)?;
        fs::write(package.join(name), Binary::read(&fs::read(&small)?)?.stripped())?;
        size::print_largest(&small)?;
    }
    let bundle = tools.bundle(&package, "index.js", package::MODULE)?;
    tools.bundle(&package, "desk.js", package::DESK)?;
    package::embed(&bundle, &process::root().join("ticketing-server/assets/ticketing-wasm"))?;
    size::check(&bundle)?;
    println!("{} is ready for `npm pack`", package.display());
    Ok(package)
}
