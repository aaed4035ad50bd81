//! The directory that `npm pack` packs.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, anyhow};
use wasm_bindgen_cli_support::Bindgen;

use super::types;
use crate::process;

/// The module's file name.
pub(super) const MODULE: &str = "ticketing_wasm_bg.wasm";

/// Gives a module its JavaScript half. Returns the directory of both.
pub(super) fn bind(module: &Path) -> Result<PathBuf> {
    let out = process::target_dir()?.join("wasm/bound");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).typescript(false).remove_name_section(true).remove_producers_section(true);
    bindgen.web(true).and_then(|bindgen| bindgen.generate(&out)).map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    Ok(out)
}

/// Puts the package together in `ticketing-wasm/pkg`.
pub(super) fn assemble(bound: &Path) -> Result<PathBuf> {
    let root = process::root();
    let source = root.join("ticketing-wasm");
    let package = source.join("pkg");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::create_dir_all(&package)?;
    for name in ["ticketing_wasm.js", MODULE] {
        copy(&bound.join(name), &package.join(name))?;
    }
    for name in ["index.js", "index.d.ts", "form.js", "node.js"] {
        copy(&source.join("js").join(name), &package.join(name))?;
    }
    copy(&source.join("README.md"), &package.join("README.md"))?;
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root.join(license), &package.join(license))?;
    }
    fs::write(package.join("types.d.ts"), types::declarations())?;
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
    "./ticketing_wasm_bg.wasm": "./ticketing_wasm_bg.wasm",
    "./package.json": "./package.json"
  },
  "files": ["*.js", "*.d.ts", "*.wasm", "LICENSE-*"],
  "sideEffects": ["./node.js"],
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
    for name in ["index.js", MODULE] {
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
