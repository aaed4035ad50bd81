//! Embeds the pages' files: whatever lies in `assets/`, among it `assets/ticketing-wasm/`, which is built by
//! `cargo xtask wasm` and not there in a clean clone.

use std::{env, fmt::Write as _, fs, io, path::Path};

/// The endings of what pages are made of; types, maps and notes stay out.
const SERVED: [&str; 4] = ["css", "js", "svg", "wasm"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("Cargo sets it")).join("assets");
    let mut names = Vec::new();
    collect(&root, "", &mut names)?;
    names.sort();
    let mut table = String::from("&[\n");
    for name in names {
        let path = root.join(&name);
        let path = path.to_str().ok_or_else(|| io::Error::other("the path of the sources is not UTF-8"))?;
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("a `String` takes everything");
    }
    table.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR").expect("Cargo sets it")).join("assets.rs"), table)
}

/// The names of all files below a directory, relative to the first one, with `/` between their parts.
fn collect(directory: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), names)?;
        } else if path.extension().is_some_and(|ending| SERVED.iter().any(|served| ending == *served)) {
            names.push(format!("{prefix}{name}"));
        }
    }
    Ok(())
}
