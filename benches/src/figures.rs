//! The table that the comparison over HTTP comes to.

use crate::{
    http::{Measured, Subject, Surroundings},
    load::quantile_ms,
    table::Table,
};

/// What is aimed at. No run fails for missing one.
mod targets {
    /// Creations per second, at least this many times the peer's.
    pub(super) const CREATION_RATIO_MIN: f64 = 10.0;
    /// Creations per second, at least this share of the store's own rate without HTTP.
    pub(super) const STORE_SHARE_MIN: f64 = 0.6;
    /// Look-ups per second, at least this share of the constant server's answers.
    pub(super) const LOOK_UP_SHARE_MIN: f64 = 0.5;
    /// The executable, at most this many MiB.
    pub(super) const EXECUTABLE_MIB_MAX: f64 = 15.0;
    /// Resident memory right after the start, at most this many MiB.
    pub(super) const RESIDENT_MIB_MAX: f64 = 25.0;
}

/// Every figure of the run in a row of its own, in the columns figure, ours, peer, ratio (ours to peer) and target.
pub(crate) fn table(
    ours: &Subject,
    peer: Option<&Subject>,
    constant: &Subject,
    surroundings: &Surroundings,
) -> Table<5> {
    let mut figures = Figures(Table::new(["figure", "ours", "peer", "ratio", "target"]));
    let creations = |subject: &Subject| Summary::of(&subject.creations);
    let look_ups = |subject: &Subject| Summary::of(&subject.look_ups);

    let target = format!("ratio ≥ {}", targets::CREATION_RATIO_MIN);
    figures.rows_of("creation", &creations(ours), peer.map(creations).as_ref(), &target);
    let store = median(surroundings.store_rates.iter().copied());
    let target = format!("ratio ≥ {}", targets::STORE_SHARE_MIN);
    figures.row("creation, requests/s (peer: the store without HTTP)", 0, creations(ours).rate, store, &target);
    figures.rows_of("look-up", &look_ups(ours), peer.map(look_ups).as_ref(), "");
    let target = format!("ratio ≥ {}", targets::LOOK_UP_SHARE_MIN);
    let (asked, ceiling) = (look_ups(ours), look_ups(constant));
    figures.row("look-up, requests/s (peer: a constant answer)", 0, asked.rate, ceiling.rate, &target);
    let (asked, ceiling) = (asked.processor_micros, ceiling.processor_micros);
    figures.row("look-up, processor µs/request (peer: a constant answer)", 1, asked, ceiling, "");

    let executable = |subject: &Subject| subject.server.executable_bytes().map(mebibytes);
    let target = format!("≤ {} MiB", targets::EXECUTABLE_MIB_MAX);
    figures.row("executable, MiB", 2, executable(ours), peer.and_then(executable), &target);
    let resident = |subject: &Subject| subject.resident_bytes.map(mebibytes);
    let target = format!("≤ {} MiB", targets::RESIDENT_MIB_MAX);
    figures.row("resident memory when idle, MiB", 2, resident(ours), peer.and_then(resident), &target);
    figures.0
}

/// What the rounds of one kind of load come to. `None` where there was nothing to measure it with.
struct Summary {
    /// Requests per second: the median of the rounds.
    rate: Option<f64>,
    /// Latencies in milliseconds that 50, 90 and 99 % of the requests of all rounds stayed below.
    quantiles_ms: Option<[f64; 3]>,
    /// The server's processor time per request in microseconds: the median of the rounds.
    processor_micros: Option<f64>,
}

impl Summary {
    fn of(rounds: &[Measured]) -> Self {
        let latencies = rounds.iter().map(|round| &round.outcome.latency).cloned().reduce(|sum, round| sum + round);
        Self {
            rate: median(rounds.iter().map(|round| round.outcome.rate())),
            quantiles_ms: latencies.map(|latencies| [0.50, 0.90, 0.99].map(|share| quantile_ms(&latencies, share))),
            processor_micros: median(rounds.iter().filter_map(|round| round.processor_micros)),
        }
    }
}

struct Figures(Table<5>);

impl Figures {
    fn rows_of(&mut self, load: &str, ours: &Summary, peer: Option<&Summary>, rate_target: &str) {
        self.row(&format!("{load}, requests/s"), 0, ours.rate, peer.and_then(|peer| peer.rate), rate_target);
        for (index, name) in ["p50", "p90", "p99"].into_iter().enumerate() {
            let quantile = |summary: &Summary| summary.quantiles_ms.map(|quantiles| quantiles[index]);
            self.row(&format!("{load}, {name} ms"), 3, quantile(ours), peer.and_then(quantile), "");
        }
        let processor = |summary: &Summary| summary.processor_micros;
        self.row(&format!("{load}, processor µs/request"), 1, processor(ours), peer.and_then(processor), "");
    }

    fn row(&mut self, figure: &str, decimals: usize, ours: Option<f64>, peer: Option<f64>, target: &str) {
        let number = |value: Option<f64>, decimals| value.map_or("–".into(), |value| format!("{value:.decimals$}"));
        let ratio = ours.zip(peer).filter(|(_, peer)| *peer > 0.0).map(|(ours, peer)| ours / peer);
        self.0.row([figure.into(), number(ours, decimals), number(peer, decimals), number(ratio, 2), target.into()]);
    }
}

/// The middle one; of an even number the upper of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[expect(clippy::cast_precision_loss, reason = "sizes of programs and processes are far below 2^52")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
