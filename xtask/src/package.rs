//! `cargo package --workspace`, as if it had never run before.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};

use crate::process::{self, cargo, in_ci};
use crate::stages::check;
use crate::tally::Tally;

/// How the names of the workspace's packages begin that others depend on.
const OURS: &str = "ticketing-";

/// Packs every package, unpacks it, and builds what came out.
pub(crate) fn verify_packages() -> Result<Tally> {
    let target_dir = process::target_dir()?.join("packages");
    forget_earlier_packages(&target_dir)?;
    let mut package = cargo(["package", "--workspace", "--target-dir"]);
    package.arg(target_dir);
    if !in_ci() {
        println!("    outside CI: changes that are not committed are packed too (--allow-dirty)");
        package.arg("--allow-dirty");
    }
    check(&mut package)
}

/// To build a package that depends on another one of the workspace, Cargo puts that one into a registry of its own making.
/// A version in a registry never changes, so Cargo takes the sources and the build of an earlier run where it finds them,
/// however much the code has changed since. They have to go; this is also why these builds have a directory of their own.
fn forget_earlier_packages(target_dir: &Path) -> Result<()> {
    remove(&target_dir.join("package"))?;
    remove_entries(&target_dir.join("debug/.fingerprint"), OURS)?;
    let sources = process::cargo_home()?.join("registry/src");
    // The name of an unpacked registry is its host's and a hash; one that is a directory has no host.
    for registry in entries(&sources, "-")? {
        remove_entries(&registry, OURS)?;
    }
    Ok(())
}

fn remove_entries(directory: &Path, prefix: &str) -> Result<()> {
    entries(directory, prefix)?.iter().try_for_each(|entry| remove(entry))
}

/// What lies in a directory under names that begin so; nothing where there is no directory.
fn entries(directory: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    let found = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found.with_context(|| directory.display().to_string())?,
    };
    let mut paths = Vec::new();
    for entry in found {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.with_context(|| directory.display().to_string()),
    }
}
