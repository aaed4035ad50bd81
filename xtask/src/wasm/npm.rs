//! The tools that npm has: wasm-opt and esbuild, at the versions of `xtask/npm/package-lock.json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::binary::Binary;
use crate::process;

pub(super) struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// Installs them into the target directory, unless they are there.
    pub(super) fn prepare() -> Result<Self> {
        if !process::succeeds(Command::new("npm").arg("--version")) {
            process::apt_get_install(&["nodejs", "npm"])
                .context("npm, from which wasm-opt comes, is not installed; see https://nodejs.org")?;
        }
        let directory = process::target_dir()?.join("wasm/npm");
        let pinned = process::root().join("xtask/npm");
        let lock = fs::read(pinned.join("package-lock.json")).context("xtask/npm/package-lock.json")?;
        let installed = directory.join("node_modules");
        if !installed.is_dir() || fs::read(directory.join("package-lock.json")).ok().as_ref() != Some(&lock) {
            fs::create_dir_all(&directory)?;
            fs::copy(pinned.join("package.json"), directory.join("package.json"))?;
            fs::write(directory.join("package-lock.json"), &lock)?;
            process::run(Command::new("npm").args(["ci", "--no-fund", "--no-audit"]).current_dir(&directory))?;
        }
        Ok(Self { bin: installed.join(".bin") })
    }

    /// A tool's command.
    pub(super) fn command(&self, tool: &str) -> Command {
        Command::new(self.bin.join(tool))
    }

    /// Makes what is installed here known to a project, beside its own dependencies.
    pub(super) fn link_modules(&self, project: &Path) -> Result<()> {
        let modules = self.bin.parent().context("node_modules")?;
        for name in ["playwright-core", "vite"] {
            std::os::unix::fs::symlink(modules.join(name), project.join("node_modules").join(name))?;
        }
        Ok(())
    }

    /// Makes a module smaller. Returns where the small one lies, by the name given; it still names its functions.
    pub(super) fn optimise(&self, module: &Path, name: &str) -> Result<PathBuf> {
        // What rustc takes for granted since 1.87, and every browser has since 2022.
        const FEATURES: [&str; 6] = [
            "--enable-bulk-memory",
            "--enable-nontrapping-float-to-int",
            "--enable-sign-ext",
            "--enable-mutable-globals",
            "--enable-multivalue",
            "--enable-reference-types",
        ];
        let directory = process::target_dir()?.join("wasm/small");
        fs::create_dir_all(&directory)?;
        let small = directory.join(name);
        let octets = fs::read(module).with_context(|| module.display().to_string())?;
        fs::write(&small, Binary::read(&octets)?.without_panics()?)?;
        let mut wasm_opt = self.command("wasm-opt");
        // A large function that is called once stays one: with its variables among its caller's, both compress worse.
        wasm_opt.arg("--one-caller-inline-max-function-size=40");
        // The first page of the memory is the stack's far end.
        wasm_opt.args(["--low-memory-unused", "-O4", "-Oz", "--converge", "--debuginfo"]);
        wasm_opt.args(["--reorder-functions", "--reorder-locals"]);
        wasm_opt.args(["--strip-dwarf", "--strip-producers", "--strip-target-features"]);
        process::run(wasm_opt.args(FEATURES).arg(&small).arg("-o").arg(&small))?;
        Ok(small)
    }

    /// An entry as an application ships it: one minified script, and beside it its module. Returns the directory of both.
    pub(super) fn bundle(&self, package: &Path, entry: &str, module: &str) -> Result<PathBuf> {
        let out = process::target_dir()?.join("wasm/bundle");
        fs::create_dir_all(&out)?;
        let mut esbuild = self.command("esbuild");
        esbuild.arg(package.join(entry)).args(["--bundle", "--minify", "--format=esm", "--target=es2022"]);
        esbuild.args(["--charset=utf8", "--legal-comments=none", "--log-level=warning"]);
        process::run(esbuild.arg(format!("--outfile={}", out.join(entry).display())))?;
        fs::copy(package.join(module), out.join(module))?;
        Ok(out)
    }
}
