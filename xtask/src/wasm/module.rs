//! The core as a WebAssembly module, by whatever toolchain can build one.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's build of the toolchain that can build its own standard library for WebAssembly.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Toolchain {
    /// The current toolchain if it has the target or rustup can add it, else Debian's.
    #[default]
    Auto,
    /// The current toolchain, with the target that rustup adds where it is missing.
    Current,
    /// Debian's rustc-web, which apt-get installs where it is missing.
    Debian,
}

/// Builds the module of a feature and returns where it lies.
pub(super) fn build(toolchain: Toolchain, feature: &str) -> Result<PathBuf> {
    // A directory of its own: this build must neither wait for another one nor invalidate it.
    let target_dir = process::target_dir()?.join("wasm");
    let current_can = toolchain != Toolchain::Debian && current_toolchain_has_target();
    let mut cargo = match toolchain {
        Toolchain::Current if !current_can => bail!("the current toolchain has no {TARGET}, and rustup cannot add it"),
        Toolchain::Auto | Toolchain::Current if current_can => current_cargo()?,
        _ => debian_cargo()?,
    };
    cargo
        .args(["--package", "ticketing-wasm", "--lib", "--no-default-features", "--features", feature])
        .args(["--release", "--target", TARGET, "--target-dir"])
        .arg(&target_dir);
    // Smaller than for size alone (`z`) once it is compressed, and quicker. What takes the room is told by the functions' names.
    cargo.args(["--config", "profile.release.opt-level='s'", "--config", "profile.release.strip=false"]);
    // There is nothing to unwind to: a panic, which the core does not have, ends the module.
    cargo.args(["--config", "profile.release.panic='abort'"]);
    process::run(&mut cargo)?;

    Ok(target_dir.join(TARGET).join("release/ticketing_wasm.wasm"))
}

/// Whether the current toolchain has a standard library for the target, if need be after rustup has fetched it.
fn current_toolchain_has_target() -> bool {
    let has_target =
        || rustc_prints(&["target-libdir", "--target", TARGET]).is_ok_and(|libraries| Path::new(&libraries).is_dir());
    has_target() || (process::run(Command::new("rustup").args(["target", "add", TARGET])).is_ok() && has_target())
}

/// The current toolchain's cargo. Neither the places of panics, which do not happen, nor this machine's paths are in the module.
fn current_cargo() -> Result<Command> {
    let mut rustflags = env::var_os("RUSTFLAGS").unwrap_or_default();
    rustflags.push(" -Zlocation-detail=none");
    for (path, name) in [(process::root(), "ticketing"), (process::cargo_home()?, "cargo")] {
        rustflags.push(format!(" --remap-path-prefix={}={name}", path.display()));
    }
    let mut cargo = process::cargo(["build"]);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", rustflags);
    Ok(cargo)
}

/// Debian's cargo, set up to build the standard library for the target along with the module.
fn debian_cargo() -> Result<Command> {
    println!("    {TARGET}: with Debian's {}", DEBIAN_PACKAGES.join(", "));
    if !process::succeeds(Command::new("dpkg").arg("--status").args(DEBIAN_PACKAGES)) {
        process::apt_get_install(&DEBIAN_PACKAGES)?;
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
