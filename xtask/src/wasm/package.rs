//! The directory that `npm pack` packs.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use super::{lifecycle, tables, types};
use crate::process;

/// The file name of the module for forms.
pub(super) const MODULE: &str = "ticketing_wasm_bg.wasm";
/// The file name of the module for agents' pages.
pub(super) const DESK: &str = "desk.wasm";

/// Puts the package together in `ticketing-wasm/pkg`: all but the modules.
pub(super) fn assemble() -> Result<PathBuf> {
    let root = process::root();
    let source = root.join("ticketing-wasm");
    let package = source.join("pkg");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::create_dir_all(&package)?;
    for entry in fs::read_dir(source.join("js"))? {
        let name = entry?.file_name();
        copy(&source.join("js").join(&name), &package.join(&name))?;
    }
    copy(&source.join("README.md"), &package.join("README.md"))?;
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root.join(license), &package.join(license))?;
    }
    fs::write(package.join("types.d.ts"), types::declarations())?;
    fs::write(package.join("tables.js"), tables::script())?;
    fs::write(package.join("lifecycle.js"), lifecycle::script())?;
    fs::write(package.join("package.json"), manifest())?;
    Ok(package)
}

/// Written by hand, because the order of conditions counts.
fn manifest() -> String {
    const MANIFEST: &str = r#"{
  "name": "ticketing-wasm",
  "version": "{version}",
  "description": "The rules of a help desk in the browser: form checks, labels and deadlines, as the server decides them",
  "license": "{license}",
  "repository": { "type": "git", "url": "{repository}" },
  "type": "module",
  "main": "./index.js",
  "types": "./index.d.ts",
  "exports": {
    ".": { "types": "./index.d.ts", "node": "./node.js", "default": "./index.js" },
    "./desk": { "types": "./desk.d.ts", "node": "./desk-node.js", "default": "./desk.js" },
    "./ticketing_wasm_bg.wasm": "./ticketing_wasm_bg.wasm",
    "./desk.wasm": "./desk.wasm",
    "./package.json": "./package.json"
  },
  "files": ["*.js", "*.d.ts", "*.wasm", "LICENSE-*"],
  "sideEffects": ["./node.js", "./desk-node.js"],
  "engines": { "node": ">=18" },
  "keywords": ["ticketing", "help-desk", "validation", "form", "wasm", "standard-schema"]
}
"#;
    MANIFEST
        .replace("{version}", env!("CARGO_PKG_VERSION"))
        .replace("{license}", env!("CARGO_PKG_LICENSE"))
        .replace("{repository}", env!("CARGO_PKG_REPOSITORY"))
}

/// Copies what an application ships to where the server embeds it.
pub(super) fn embed(bundle: &Path, assets: &Path) -> Result<()> {
    fs::create_dir_all(assets)?;
    for name in ["index.js", MODULE, "desk.js", DESK] {
        let (from, to) = (bundle.join(name), assets.join(name));
        // Untouched where it is the same, so that the server is not built again.
        if fs::read(&from).with_context(|| from.display().to_string())? != fs::read(&to).unwrap_or_default() {
            copy(&from, &to)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}
