//! The published conformance vectors of service levels, and the zones that they name.

use std::{fs, path::Path};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::zones;

/// The tables of their zones by name, then each case.
pub(crate) fn vectors() -> anyhow::Result<Vec<Value>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ticketing-core/vectors");
    let mut zones = Map::new();
    let mut cases = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let of_file: Vec<Value> = serde_json::from_str(&fs::read_to_string(&path)?)?;
        for case in &of_file {
            let zone = case["zone"].as_str().context("a case without a zone")?;
            if !zones.contains_key(zone) {
                zones.insert(zone.to_owned(), json!(zones::table(zone)?));
            }
        }
        cases.extend(of_file);
    }
    cases.insert(0, json!({ "zones": zones }));
    Ok(cases)
}
