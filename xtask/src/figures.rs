//! The figures of benchmarks, and the pages that have them. `docs/figures.json` is what was measured; pages have marked places that are
//! written from it, and `cargo xtask lint` holds them against it:
//!
//! - `<!-- figures: begin http -->` … `<!-- figures: end -->`: a stage's figures as a table; `aims` are all that have one, `runs` says
//!   when and on what each stage was measured;
//! - `<!-- figure http/creation -->…<!-- /figure -->`: one figure within a sentence; with `:ratio` or `:theirs`, those.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::process;

/// The pages that have figures.
const PAGES: [&str; 4] = ["docs/benchmarks.md", "docs/operations.md", "benches/README.md", "benches/CAPACITY.md"];

/// All that `cargo xtask bench` can measure.
pub(crate) const STAGES: [&str; 11] =
    ["core", "http", "open", "memory", "growth", "lists", "reports", "clocks", "webhooks", "postgres", "wasm"];
/// What a page says where nobody has measured a stage.
const NOT_YET: &str = "(not measured yet)";

/// What was measured, by stage.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Record {
    pub(crate) stages: BTreeMap<String, Run>,
}

/// The last run of one stage.
#[derive(Deserialize, Serialize)]
pub(crate) struct Run {
    /// The command that does the same again.
    pub(crate) command: String,
    /// The day, in UTC.
    pub(crate) measured_on: String,
    /// Of the repository.
    pub(crate) commit: String,
    pub(crate) machine: String,
    pub(crate) versions: String,
    pub(crate) figures: Vec<Figure>,
}

/// One figure, as the benchmarks write it (`benches/src/record.rs`).
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Figure {
    id: String,
    name: String,
    unit: String,
    value: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tickets: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    peer_value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aim: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<bool>,
}

/// Where the figures are.
pub(crate) fn path() -> PathBuf {
    process::root().join("docs/figures.json")
}

impl Record {
    /// What is there; nothing, where there is no file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, text).with_context(|| path.display().to_string())
    }

    /// Everything in one table, for a terminal.
    pub(crate) fn print(&self, stages: &[&str]) {
        let mut rows = vec![["figure", "ours", "beside", "theirs", "ratio", "aim"].map(ToOwned::to_owned)];
        for (stage, run) in &self.stages {
            if stages.contains(&stage.as_str()) {
                rows.extend(run.figures.iter().map(|figure| {
                    let [name, unit, cells @ ..] = figure.cells();
                    let [ours, beside, theirs, ratio, aim] = cells;
                    [format!("{stage}: {name}, {unit}"), ours, beside, theirs, ratio, aim]
                }));
            }
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: [usize; 6] = std::array::from_fn(width);
        for [name, ours, beside, theirs, ratio, aim] in &rows {
            println!(
                "{name:<0$}  {ours:>1$}  {beside:<2$}  {theirs:>3$}  {ratio:>4$}  {aim}",
                widths[0], widths[1], widths[2], widths[3], widths[4]
            );
        }
    }

    fn figure(&self, place: &str) -> Result<String> {
        let (name, part) = place.split_once(':').unwrap_or((place, "ours"));
        let (stage, id) = name.split_once('/').with_context(|| format!("{place} is no stage and id"))?;
        ensure!(STAGES.contains(&stage), "there is no stage {stage}");
        let Some(run) = self.stages.get(stage) else { return Ok(NOT_YET.to_owned()) };
        let figure = run.figures.iter().find(|figure| figure.id == id);
        let figure = figure.with_context(|| format!("no figure is called {name}"))?;
        let value = match part {
            "ours" => Some(figure.value),
            "theirs" => figure.peer_value,
            "ratio" => figure.ratio,
            _ => bail!("{place}: a figure has ours, theirs and ratio"),
        };
        value.map(shown).with_context(|| format!("{name} has no {part}"))
    }

    fn block(&self, name: &str) -> Result<String> {
        match name {
            "aims" => Ok(self.aims()),
            "runs" => Ok(self.runs()),
            _ => match self.stages.get(name) {
                Some(run) if name == "growth" => Ok(told(run) + &growth(&run.figures)),
                Some(run) => Ok(told(run) + &table(&run.figures)),
                None if STAGES.contains(&name) => Ok(format!("{NOT_YET}\n")),
                None => bail!("there is no stage {name}"),
            },
        }
    }

    fn aims(&self) -> String {
        let aimed = self.stages.values().flat_map(|run| &run.figures).filter(|figure| figure.aim.is_some());
        table(&aimed.cloned().collect::<Vec<_>>())
    }

    fn runs(&self) -> String {
        let mut text = "| stage | command | measured | at | on | with |\n|---|---|---|---|---|---|\n".to_owned();
        for (stage, Run { command, measured_on, commit, machine, versions, .. }) in &self.stages {
            let _ = writeln!(text, "| {stage} | `{command}` | {measured_on} | {commit} | {machine} | {versions} |");
        }
        text
    }

    /// A page with its places written from the figures.
    fn written(&self, page: &str) -> Result<String> {
        let blocks = replaced(page, "<!-- figures: begin ", "<!-- figures: end -->", |name| {
            Ok(format!("\n{}", self.block(name)?))
        })?;
        replaced(&blocks, "<!-- figure ", "<!-- /figure -->", |place| self.figure(place))
    }
}

/// Puts something between each pair of marks: what `make` makes of the name in the first.
fn replaced(text: &str, begin: &str, end: &str, make: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut parts = text.split(begin);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").with_context(|| format!("“{begin}” is not closed"))?;
        let (_, after) = rest.split_once(end).with_context(|| format!("“{begin}{name} -->” has no “{end}”"))?;
        let _ = write!(written, "{begin}{name} -->{}{end}{after}", make(name)?);
    }
    Ok(written)
}

/// Writes every place of every page.
pub(crate) fn write_pages(record: &Record) -> Result<()> {
    for page in PAGES {
        let path = process::root().join(page);
        let text = fs::read_to_string(&path).with_context(|| page.to_owned())?;
        let written = record.written(&text).with_context(|| page.to_owned())?;
        if written != text {
            fs::write(&path, written)?;
        }
    }
    Ok(())
}

/// Holds every page against the figures.
///
/// # Errors
/// Where a page says something else, or has a figure of its own.
pub(crate) fn check_pages() -> Result<()> {
    let record = Record::read(&path())?;
    for page in PAGES {
        let text = fs::read_to_string(process::root().join(page)).with_context(|| page.to_owned())?;
        let written = record.written(&text).with_context(|| page.to_owned())?;
        ensure!(
            written == text,
            "{page} does not say what docs/figures.json says: `cargo xtask bench --draw` writes it anew"
        );
        let typed = typed_figures(&text)?;
        ensure!(typed.is_empty(), "{page} has figures that nobody measured: {}", typed.join("; "));
    }
    Ok(())
}

/// Measures in a page's own words. What is said to be a limit is none, nor is what stands in code.
fn typed_figures(page: &str) -> Result<Vec<String>> {
    const UNITS: [&str; 14] =
        ["ms", "µs", "ns", "MiB", "KiB", "GiB", "MB", "kB", "GB", "TB", "times", "×", "%", "a second"];
    const LIMITS: [&str; 8] = ["most", "least", "than", "above", "below", "≤", "≥", "within"];
    let page = replaced(page, "<!-- figures: begin ", "<!-- figures: end -->", |_| Ok(String::new()))?;
    let page = replaced(&page, "<!-- figure ", "<!-- /figure -->", |_| Ok(String::new()))?;
    let mut typed = Vec::new();
    for (index, part) in page.split("```").enumerate() {
        // Between fences is code.
        for prose in part.split('`').step_by(2).filter(|_| index % 2 == 0) {
            let words: Vec<_> =
                prose.split([' ', '\n', '\u{a0}', '(', ')', '|']).filter(|word| !word.is_empty()).collect();
            for (at, word) in words.iter().enumerate() {
                let number = word.trim_end_matches(['%', '×']);
                let is_number = number.starts_with(|c: char| c.is_ascii_digit())
                    && number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
                let rest = words[at + 1..].iter().take(2).copied().collect::<Vec<_>>().join(" ");
                let has_unit = number != *word
                    || UNITS.iter().any(|unit| {
                        rest.strip_prefix(unit).is_some_and(|after| !after.starts_with(char::is_alphanumeric))
                    });
                let is_limit = at > 0 && LIMITS.contains(&words[at - 1].to_lowercase().as_str());
                if is_number && has_unit && !is_limit {
                    typed.push(format!("“{word} {rest}”"));
                }
            }
        }
    }
    Ok(typed)
}

/// Whose figures they are, above their table.
fn told(Run { command, measured_on, machine, .. }: &Run) -> String {
    format!("`{command}`, {measured_on}, {machine}:\n\n")
}

fn table(figures: &[Figure]) -> String {
    let mut text =
        "| figure | unit | ours | beside | theirs | ratio | aim |\n|---|---|--:|---|--:|--:|---|\n".to_owned();
    for figure in figures {
        let _ = writeln!(text, "| {} |", figure.cells().join(" | "));
    }
    text
}

/// Figures that differ by the number of tickets, side by side.
fn growth(figures: &[Figure]) -> String {
    let sizes: BTreeSet<u64> = figures.iter().filter_map(|figure| figure.tickets).collect();
    let heads: Vec<_> = sizes.iter().map(|size| format!("{} tickets", grouped(&size.to_string()))).collect();
    let mut text = format!("| figure | unit | {} |\n|---|---|{}\n", heads.join(" | "), "--:|".repeat(sizes.len()));
    let mut names: Vec<(&str, &str)> = Vec::new();
    for figure in figures {
        if !names.contains(&(&figure.name, &figure.unit)) {
            names.push((&figure.name, &figure.unit));
        }
    }
    for (name, unit) in names {
        let cell = |size: &u64| {
            let is_it = |figure: &&Figure| figure.name == name && figure.unit == unit && figure.tickets == Some(*size);
            figures.iter().find(is_it).map(|figure| shown(figure.value)).unwrap_or_default()
        };
        let cells: Vec<_> = sizes.iter().map(cell).collect();
        let _ = writeln!(text, "| {name} | {unit} | {} |", cells.join(" | "));
    }
    text
}

impl Figure {
    fn cells(&self) -> [String; 7] {
        let tickets = self.tickets.map(|size| format!(", {} tickets", grouped(&size.to_string()))).unwrap_or_default();
        let kept = self.kept.map(|kept| if kept { ": kept" } else { ": **missed**" }).unwrap_or_default();
        [
            format!("{}{tickets}", self.name),
            self.unit.clone(),
            shown(self.value),
            self.peer.clone().unwrap_or_default(),
            self.peer_value.map(shown).unwrap_or_default(),
            self.ratio.map(shown).unwrap_or_default(),
            self.aim.as_ref().map(|aim| format!("{aim}{kept}")).unwrap_or_default(),
        ]
    }
}

/// Three digits of it or more.
fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        0.0 => 0,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", grouped(whole)),
        None => grouped(&text),
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let figures = r#"[
            {"id":"creation","name":"creation","unit":"requests/s","value":21340.0,"peer":"axum + sqlx","peer_value":700.0,"ratio":30.49,"aim":"≥ 10 ×","kept":true},
            {"id":"p50","name":"look-up","unit":"ms","value":0.0712,"tickets":1000}
        ]"#;
        let run = Run {
            command: "cargo xtask bench http".into(),
            measured_on: "2026-11-30".into(),
            commit: "abc".into(),
            machine: "2 processors".into(),
            versions: "rustc".into(),
            figures: serde_json::from_str(figures).unwrap(),
        };
        Record { stages: BTreeMap::from([("http".to_owned(), run)]) }
    }

    #[test]
    fn pages_say_what_was_measured() {
        check_pages().unwrap();
    }

    #[test]
    fn places_are_written_and_stay_places() {
        let page = "It creates <!-- figure http/creation -->9<!-- /figure --> a second, <!-- figure http/creation:ratio -->?<!-- /figure --> times.\n<!-- figures: begin aims -->\nold\n<!-- figures: end -->\n";
        let written = record().written(page).unwrap();
        assert!(written.contains("<!-- figure http/creation -->21,340<!-- /figure --> a second"), "{written}");
        assert!(
            written.contains("| creation | requests/s | 21,340 | axum + sqlx | 700 | 30.5 | ≥ 10 ×: kept |"),
            "{written}"
        );
        assert!(!written.contains("old"));
        assert_eq!(record().written(&written).unwrap(), written);
        assert!(record().written("<!-- figure http/nothing --><!-- /figure -->").is_err());
        assert!(record().written("<!-- figure core/creation --><!-- /figure -->").unwrap().contains(NOT_YET));
        assert!(record().written("<!-- figures: begin nothing --><!-- figures: end -->").is_err());
    }

    #[test]
    fn a_figure_that_somebody_typed_is_found() {
        let found = |page: &str| typed_figures(page).unwrap().len();
        assert_eq!(found("It takes 12 ms, which is 3.5 times theirs, 40 % of it."), 3);
        assert_eq!(found("It creates 21,340 a second and keeps 14 GB."), 2);
        assert_eq!(found("At most 10 ms, less than 20 ms, in 3 steps of `12 ms`.\n```\n12 ms\n```\n"), 0);
        assert_eq!(found("<!-- figure x/y -->12<!-- /figure --> ms"), 0);
    }

    #[test]
    fn numbers_have_three_digits_or_more() {
        assert_eq!(
            [32_010.0, 123.4, 12.34, 1.234, 0.1234, 0.01234, 0.0].map(shown),
            ["32,010", "123", "12.3", "1.23", "0.123", "0.0123", "0"]
        );
    }
}
