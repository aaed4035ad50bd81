//! How large the package is where it counts: on its way to a browser.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::binary::Binary;
use super::package::{DESK, MODULE};
use crate::process;

/// Prints what takes the room in a module that still names its functions.
pub(super) fn print_largest(module: &Path) -> Result<()> {
    /// How many functions are listed.
    const LISTED: usize = 24;
    let octets = fs::read(module).with_context(|| module.display().to_string())?;
    let binary = Binary::read(&octets)?;
    let functions = binary.functions()?;
    let code: usize = functions.iter().map(|function| function.octets).sum();
    println!("{:<28}{:>10}", format!("{} functions, octets", functions.len()), code);
    for function in functions.iter().take(LISTED) {
        println!("{:>10}  {}", function.octets, function.name);
    }
    println!("{:<28}{:>10}", "data", binary.data());
    println!("{:<28}{:>10}", "types, exports and the like", binary.rest());
    Ok(())
}

/// Prints octets as they are and compressed, and holds them against `ticketing-wasm/budget.json`.
pub(super) fn check(bundle: &Path) -> Result<()> {
    let path = process::root().join("ticketing-wasm/budget.json");
    let budget: serde_json::Value = serde_json::from_slice(&fs::read(&path)?)?;
    let mut too_large = Vec::new();
    for (entry, files) in [("desk", [DESK, "desk.js"]), ("form", [MODULE, "index.js"])] {
        let mut sum = [0; 2];
        println!("{:<28}{:>10}{:>10}", format!("{entry} entry, octets"), "raw", "brotli");
        for name in files {
            let sizes = [fs::metadata(bundle.join(name))?.len(), brotli(&bundle.join(name))?];
            println!("{name:<28}{:>10}{:>10}", sizes[0], sizes[1]);
            sum = [sum[0] + sizes[0], sum[1] + sizes[1]];
        }
        println!("{:<28}{:>10}{:>10}", "together", sum[0], sum[1]);
        let most = budget[entry]["brotliOctets"].as_u64();
        let most = most.with_context(|| format!("{}: {entry}", path.display()))?;
        if sum[1] > most {
            too_large.push(format!("the {entry} entry takes {} octets, {most} are allowed", sum[1]));
        }
    }
    ensure!(too_large.is_empty(), "{} ({})", too_large.join("; "), path.display());
    Ok(())
}

/// The octets of a file, compressed as a server would once and for all.
fn brotli(file: &Path) -> Result<u64> {
    const SCRIPT: &str = "const z = require('zlib'), c = z.constants, f = require('fs').readFileSync(process.argv[1]);
        const params = { [c.BROTLI_PARAM_QUALITY]: 11, [c.BROTLI_PARAM_SIZE_HINT]: f.length };
        console.log(z.brotliCompressSync(f, { params }).length)";
    Ok(process::first_line(Command::new("node").args(["-e", SCRIPT]).arg(file))?.parse()?)
}
