//! `cargo xtask wasm`: the core as a WebAssembly module.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::process;

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's build of the toolchain that can build its own standard library for WebAssembly.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Build ticketing-wasm for wasm32-unknown-unknown, optimised for size, and say how large it is.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The toolchain that builds it.
    #[arg(long, value_enum, default_value_t)]
    toolchain: Toolchain,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Toolchain {
    /// The current toolchain if it has the target or rustup can add it, else Debian's.
    #[default]
    Auto,
    /// The current toolchain, with the target that rustup adds where it is missing.
    Current,
    /// Debian's rustc-web, which apt-get installs where it is missing.
    Debian,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    build(args.toolchain)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the module with whatever toolchain can.
pub(crate) fn build_module() -> Result<PathBuf> {
    build(Toolchain::Auto)
}

/// Builds the module and returns where it lies.
fn build(toolchain: Toolchain) -> Result<PathBuf> {
    // A directory of its own: this build must neither wait for another one nor invalidate it.
    let target_dir = process::target_dir()?.join("wasm");
    let current_can = toolchain != Toolchain::Debian && current_toolchain_has_target();
    let mut cargo = match toolchain {
        Toolchain::Current if !current_can => bail!("the current toolchain has no {TARGET}, and rustup cannot add it"),
        Toolchain::Auto | Toolchain::Current if current_can => process::cargo(["build"]),
        _ => debian_cargo()?,
    };
    cargo
        .args(["--package", "ticketing-wasm", "--lib", "--release", "--target", TARGET, "--target-dir"])
        .arg(&target_dir);
    // For size; and wasm-bindgen reads sections of the module that stripping would take away.
    cargo.args(["--config", "profile.release.opt-level='s'", "--config", "profile.release.strip=false"]);
    process::run(&mut cargo)?;

    let module = target_dir.join(TARGET).join("release/ticketing_wasm.wasm");
    let octets = fs::read(&module).with_context(|| module.display().to_string())?;
    let loaded = octets_loaded(&octets).with_context(|| format!("{} is no WebAssembly", module.display()))?;
    println!("{}: {} octets, {loaded} of them code and data", module.display(), octets.len());
    Ok(module)
}

/// The octets of a module that a browser has use for: without custom sections, which are names and notes for tools.
///
/// Source: WebAssembly Core Specification 2.0, 5.5.2 (sections) and 5.2.2 (LEB128).
fn octets_loaded(module: &[u8]) -> Option<usize> {
    const CUSTOM: u8 = 0;
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0")?;
    let mut loaded = module.len() - rest.len();
    while let [id, after_id @ ..] = rest {
        let last = after_id.iter().take(5).position(|octet| octet & 0x80 == 0)?;
        let (size, content) = after_id.split_at(last + 1);
        let size = size.iter().rev().fold(0, |sum, octet| sum << 7 | usize::from(octet & 0x7F));
        let after = content.get(size..)?;
        if *id != CUSTOM {
            loaded += rest.len() - after.len();
        }
        rest = after;
    }
    Some(loaded)
}

/// Whether the current toolchain has a standard library for the target, if need be after rustup has fetched it.
fn current_toolchain_has_target() -> bool {
    let has_target =
        || rustc_prints(&["target-libdir", "--target", TARGET]).is_ok_and(|libraries| Path::new(&libraries).is_dir());
    has_target() || (process::run(Command::new("rustup").args(["target", "add", TARGET])).is_ok() && has_target())
}

/// Debian's cargo, set up to build the standard library for the target along with the module.
fn debian_cargo() -> Result<Command> {
    println!("    {TARGET}: with Debian's {}", DEBIAN_PACKAGES.join(", "));
    if !process::succeeds(Command::new("dpkg").arg("--status").args(DEBIAN_PACKAGES)) {
        process::run(Command::new("apt-get").arg("update"))?;
        let install = ["install", "-y", "--no-install-recommends"];
        process::run(
            Command::new("apt-get").args(install).args(DEBIAN_PACKAGES).env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
    }
    let mut rustflags = env::var_os("RUSTFLAGS").unwrap_or_default();
    rustflags.push(" -Zunstable-options -Cpanic=immediate-abort");
    let mut cargo = Command::new("/usr/bin/cargo");
    process::as_from_a_shell(&mut cargo);
    // Both lead to the toolchain that runs this program, and Debian's would load its libraries.
    cargo.env_remove("LD_LIBRARY_PATH").env_remove("CARGO");
    cargo.current_dir(process::root()).arg("build");
    cargo.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
    cargo.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", rustflags);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
    Ok(cargo)
}

/// The linker of the current toolchain: Debian's has none for the target.
fn linker() -> Result<PathBuf> {
    let libraries = rustc_prints(&["target-libdir"])?;
    let linker = Path::new(&libraries).with_file_name("bin").join("rust-lld");
    if !linker.is_file() {
        bail!("{} is missing: the toolchain from rustup brings it", linker.display());
    }
    Ok(linker)
}

fn rustc_prints(what: &[&str]) -> Result<String> {
    process::first_line(Command::new("rustc").arg("--print").args(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_sections_do_not_count() {
        let module = [b"\0asm\x01\0\0\0".as_slice(), &[1, 1, 0], &[0, 2, 1, b'x'], &[10, 0x83, 0, 0, 0, 0]].concat();
        assert_eq!(octets_loaded(&module), Some(8 + 3 + 6));
        assert_eq!(octets_loaded(&module[..module.len() - 1]), None);
        assert_eq!(octets_loaded(b"\0asm"), None);
    }
}
