//! What `cargo bench --bench core` has measured, as figures: criterion keeps its results in files.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::record::{Aim, Figure, Figures};

/// Where the results are.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Criterion's directory in the target directory.
    #[arg(long, default_value = "target/criterion")]
    criterion: PathBuf,
}

const OURS: &str = "ticketing-core";
/// Valid or not, checking a form is at least so many times as fast as by whichever of the others is quickest.
const VALIDATION: Aim = Aim::RatioMin(2.0);
/// What a group is called, its unit, and how many of those one call does.
const GROUPS: [(&str, &str, &str, f64); 11] = [
    ("form/accepted", "accepted form, parsed and validated", "forms/s", 1.0),
    ("form/refused", "refused form, parsed and validated", "forms/s", 1.0),
    ("validation/accepted", "accepted form, validated", "forms/s", 1.0),
    ("validation/refused", "refused form, validated", "forms/s", 1.0),
    ("ticket/accepted", "accepted form, validated and made a ticket", "forms/s", 1.0),
    ("ticket/refused", "refused form, validated to be made a ticket", "forms/s", 1.0),
    ("email", "e-mail address", "addresses/s", 1.0),
    ("label/parse", "label, as it is typed", "labels/s", 1.0),
    ("label/print", "label, printed", "labels/s", 1.0),
    ("deadline", "deadline", "deadlines/s", 1.0),
    ("replay", "history of 50 events, replayed", "events/s", 50.0),
];

/// Records what the last run of each benchmark came to.
///
/// # Errors
/// When there are no results, or one of them cannot be read.
pub(crate) fn record(arguments: &Arguments) -> anyhow::Result<()> {
    let mut results = BTreeMap::new();
    collect(&arguments.criterion, &mut results)?;
    ensure!(!results.is_empty(), "{} has no results: run `cargo bench` first", arguments.criterion.display());
    let mut figures = Figures::default();
    for (group, functions) in &results {
        let Some((kind, name, unit, each)) =
            GROUPS.iter().find(|(kind, ..)| group == kind || group.starts_with(&format!("{kind}/")))
        else {
            continue;
        };
        let Some(ours) = functions.get(OURS) else { continue };
        let id = group.replace(['/', ' '], "-");
        let name = format!("{name}{}", group.strip_prefix(kind).unwrap_or_default().replace('/', ", "));
        let rate = |nanos: f64| 1e9 * each / nanos;
        let figure = |id: String| Figure::new(id, &name, unit, rate(*ours));
        let peers: Vec<_> = functions.iter().filter(|(function, _)| *function != OURS).collect();
        for (peer, nanos) in &peers {
            let figure = figure(format!("{id}-{peer}")).beside(*peer, rate(**nanos));
            let is_quickest = peers.iter().all(|(_, other)| nanos <= other);
            let is_aimed_at = is_quickest && (group.starts_with("form/") || group.starts_with("validation/"));
            figures.add(if is_aimed_at { figure.aim(VALIDATION) } else { figure });
        }
        if peers.is_empty() {
            figures.add(figure(id));
        }
    }
    figures.finish()
}

/// Nanoseconds of a call, the median, by group and function.
fn collect(dir: &Path, results: &mut BTreeMap<String, BTreeMap<String, f64>>) -> anyhow::Result<()> {
    let read = |name: &str| -> anyhow::Result<Value> {
        let path = dir.join(name);
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_slice(&text)?)
    };
    if dir.ends_with("new") {
        let (benchmark, estimates) = (read("benchmark.json")?, read("estimates.json")?);
        let text = |name: &str| benchmark[name].as_str().map(ToOwned::to_owned);
        let median = estimates["median"]["point_estimate"].as_f64();
        let (group, function) = text("group_id").zip(text("function_id")).context("a result without a name")?;
        results.entry(group).or_default().insert(function, median.context("a result without a median")?);
        return Ok(());
    }
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, results)?;
        }
    }
    Ok(())
}
