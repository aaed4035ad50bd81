//! Figures as data. What a run measures is printed as a table, and written as lines of JSON to where `TICKETING_FIGURES` says:
//! `cargo xtask bench` collects them.

use std::{env, fs::OpenOptions, io::Write as _};

use anyhow::Context as _;
use serde::Serialize;

use crate::table::Table;

/// One figure, alone or beside a peer's of the same run.
#[derive(Clone, Serialize)]
pub(crate) struct Figure {
    /// What pages know it by, within its stage.
    id: String,
    /// What it is the figure of.
    name: String,
    unit: &'static str,
    value: f64,
    /// With how many tickets in the file, where that is what differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    tickets: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_value: Option<f64>,
    /// The value as a multiple of the peer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<bool>,
}

/// What is aimed at. No run fails for missing one.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    /// So many times the peer's, or more.
    RatioMin(f64),
    /// So many times the peer's, or less.
    RatioMax(f64),
    /// So much, or less.
    Max(f64),
}

impl Figure {
    pub(crate) fn new(id: impl Into<String>, name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        let (peer, peer_value, ratio, aim, kept) = (None, None, None, None, None);
        Self {
            id: id.into(),
            name: name.into(),
            unit,
            value: digits(value),
            tickets: None,
            peer,
            peer_value,
            ratio,
            aim,
            kept,
        }
    }

    /// Beside a peer's, of the same run.
    pub(crate) fn beside(mut self, peer: impl Into<String>, value: f64) -> Self {
        self.peer = Some(peer.into());
        self.peer_value = Some(digits(value));
        self.ratio = (value > 0.0).then(|| digits(self.value / value));
        self
    }

    /// Beside a peer's, where there is one.
    pub(crate) fn beside_any(self, peer: &str, value: Option<f64>) -> Self {
        match value {
            Some(value) => self.beside(peer, value),
            None => self,
        }
    }

    /// What is aimed at. A ratio that nobody measured is neither kept nor missed.
    pub(crate) fn aim(mut self, aim: Aim) -> Self {
        let (text, kept) = match aim {
            Aim::RatioMin(least) => (format!("≥ {least} ×"), self.ratio.map(|ratio| ratio >= least)),
            Aim::RatioMax(most) => (format!("≤ {most} ×"), self.ratio.map(|ratio| ratio <= most)),
            Aim::Max(most) => (format!("≤ {most} {}", self.unit), Some(self.value <= most)),
        };
        (self.aim, self.kept) = (Some(text), kept);
        self
    }

    /// Measured with so many tickets in the file.
    pub(crate) fn with_tickets(mut self, tickets: u64) -> Self {
        self.tickets = Some(tickets);
        self
    }
}

/// The figures of a run.
#[derive(Default)]
pub(crate) struct Figures(Vec<Figure>);

impl Figures {
    pub(crate) fn add(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    /// Prints them as a table and writes them to where they are collected.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn finish(&self) -> anyhow::Result<()> {
        println!("{}", self.table());
        let Some(path) = env::var_os("TICKETING_FIGURES") else { return Ok(()) };
        let lines: Vec<_> = self.0.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let written = file.and_then(|mut file| writeln!(file, "{}", lines.join("\n")));
        written.with_context(|| path.display().to_string())
    }

    fn table(&self) -> Table<6> {
        let mut table = Table::new(["figure", "ours", "beside", "theirs", "ratio", "aim"]);
        for figure in &self.0 {
            let tickets = figure.tickets.map(|tickets| format!(", {tickets} tickets")).unwrap_or_default();
            let aim = figure.aim.clone().unwrap_or_default();
            let kept = figure.kept.map(|kept| if kept { " kept" } else { " missed" }).unwrap_or_default();
            table.row([
                format!("{}{tickets}, {}", figure.name, figure.unit),
                shown(Some(figure.value)),
                figure.peer.clone().unwrap_or_default(),
                shown(figure.peer_value),
                figure.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
                format!("{aim}{kept}"),
            ]);
        }
        table
    }
}

fn shown(value: Option<f64>) -> String {
    value.map(|value| if value < 100.0 { format!("{value:.3}") } else { format!("{value:.0}") }).unwrap_or_default()
}

/// Four digits of it: more are noise, and make files differ that say the same.
fn digits(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aim_is_kept_or_missed_or_neither() {
        let figure = |ours, aim| Figure::new("x", "x", "ms", ours).beside("peer", 100.0).aim(aim).kept;
        assert_eq!(figure(1000.0, Aim::RatioMin(10.0)), Some(true));
        assert_eq!(figure(999.0, Aim::RatioMin(10.0)), Some(false));
        assert_eq!(figure(151.0, Aim::RatioMax(1.5)), Some(false));
        assert_eq!(figure(9.0, Aim::Max(10.0)), Some(true));
        assert_eq!(Figure::new("x", "x", "ms", 1.0).aim(Aim::RatioMin(10.0)).kept, None);
    }

    #[test]
    fn four_digits_are_kept() {
        assert_eq!(digits(123_456.0).to_string(), "123500");
        assert_eq!(digits(0.000_123_456).to_string(), "0.0001235");
        assert_eq!(digits(0.0).to_string(), "0");
    }
}
