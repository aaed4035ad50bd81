//! What the comparison over HTTP comes to.

use crate::{
    http::{LISTS, Measured, Subject, Surroundings},
    load::quantile_ms,
    record::{Aim, Figure, Figures},
};

/// What is aimed at. No run fails for missing one.
mod targets {
    use super::Aim;

    /// Creations per second, beside the peer's.
    pub(super) const CREATION_RATIO: Aim = Aim::RatioMin(10.0);
    /// Creations per second, beside the store's own without HTTP.
    pub(super) const STORE_SHARE: Aim = Aim::RatioMin(0.75);
    /// Look-ups per second, beside the peer's.
    pub(super) const LOOK_UP_RATIO: Aim = Aim::RatioMin(2.0);
    /// Look-ups per second, beside the constant server's answers.
    pub(super) const LOOK_UP_SHARE: Aim = Aim::RatioMin(0.6);
    /// The executable, in MiB.
    pub(super) const EXECUTABLE_MIB: Aim = Aim::Max(15.0);
    /// Resident memory right after the start, in MiB.
    pub(super) const RESIDENT_MIB: Aim = Aim::Max(25.0);
}

const PEER: &str = "axum + sqlx";
const CONSTANT: &str = "a constant answer";

/// Every figure of the run.
pub(crate) fn of(ours: &Subject, peer: Option<&Subject>, constant: &Subject, surroundings: &Surroundings) -> Figures {
    let mut figures = Figures::default();
    let of_peer = |rounds: fn(&Subject) -> &[Measured]| peer.map(|peer| Summary::of(rounds(peer)));

    let creations = Summary::of(&ours.creations);
    let theirs = of_peer(|subject| &subject.creations);
    add_summary(&mut figures, ("creation", "creation"), &creations, theirs.as_ref(), Some(targets::CREATION_RATIO));
    let beside = |id: &str, peer: &str, rates: &[f64]| {
        let rate = Figure::new(id, "creation", "requests/s", creations.rate);
        rate.beside(peer, median(rates.iter().copied()).unwrap_or_default())
    };
    let store = beside("creation-store", "the store without HTTP", &surroundings.store_rates);
    figures.add(store.aim(targets::STORE_SHARE));
    figures.add(beside("creation-raw", "rusqlite, the same rows, 32 a transaction", &surroundings.raw_rates));

    let look_ups = Summary::of(&ours.look_ups);
    let theirs = of_peer(|subject| &subject.look_ups);
    add_summary(&mut figures, ("look-up", "look-up"), &look_ups, theirs.as_ref(), Some(targets::LOOK_UP_RATIO));
    let ceiling = Summary::of(&constant.look_ups);
    let rate = Figure::new("look-up-constant", "look-up", "requests/s", look_ups.rate);
    figures.add(rate.beside(CONSTANT, ceiling.rate).aim(targets::LOOK_UP_SHARE));
    if let Some((ours, theirs)) = look_ups.processor_micros.zip(ceiling.processor_micros) {
        let figure = Figure::new("look-up-constant-processor", "look-up, processor", "µs/request", ours);
        figures.add(figure.beside(CONSTANT, theirs));
    }

    for (index, list) in LISTS.iter().enumerate() {
        let read = Summary::of(&ours.lists[index]);
        let theirs = peer.map(|peer| Summary::of(&peer.lists[index]));
        add_summary(&mut figures, (list.id, list.name), &read, theirs.as_ref(), None);
        let ceiling = Summary::of(&surroundings.constant_lists[index]);
        let rate = Figure::new(format!("{}-constant", list.id), list.name, "requests/s", read.rate);
        figures.add(rate.beside(CONSTANT, ceiling.rate));
    }

    let executable = |subject: &Subject| subject.server.executable_bytes().map(mebibytes);
    if let Some(size) = executable(ours) {
        let figure = Figure::new("executable", "executable", "MiB", size);
        figures.add(figure.beside_any(PEER, peer.and_then(executable)).aim(targets::EXECUTABLE_MIB));
    }
    let resident = |subject: &Subject| subject.resident_bytes.map(mebibytes);
    if let Some(size) = resident(ours) {
        let figure = Figure::new("resident", "resident memory when idle", "MiB", size);
        figures.add(figure.beside_any(PEER, peer.and_then(resident)).aim(targets::RESIDENT_MIB));
    }
    figures
}

/// What the rounds of one kind of load come to.
struct Summary {
    /// Requests per second: the median of the rounds.
    rate: f64,
    /// Latencies in milliseconds that 50, 90 and 99 % of the requests of all rounds stayed below.
    quantiles_ms: [f64; 3],
    /// The server's processor time per request in microseconds: the median of the rounds. `None` where the system does not say it.
    processor_micros: Option<f64>,
}

impl Summary {
    fn of(rounds: &[Measured]) -> Self {
        let latencies = rounds.iter().map(|round| &round.outcome.latency).cloned().reduce(|sum, round| sum + round);
        let quantile = |share| latencies.as_ref().map(|latencies| quantile_ms(latencies, share)).unwrap_or_default();
        Self {
            rate: median(rounds.iter().map(|round| round.outcome.rate())).unwrap_or_default(),
            quantiles_ms: [0.50, 0.90, 0.99].map(quantile),
            processor_micros: median(rounds.iter().filter_map(|round| round.processor_micros)),
        }
    }
}

fn add_summary(
    figures: &mut Figures,
    (id, name): (&str, &str),
    ours: &Summary,
    peer: Option<&Summary>,
    rate_aim: Option<Aim>,
) {
    let rate = Figure::new(id, name, "requests/s", ours.rate).beside_any(PEER, peer.map(|peer| peer.rate));
    figures.add(match rate_aim {
        Some(aim) => rate.aim(aim),
        None => rate,
    });
    for (index, quantile) in ["p50", "p90", "p99"].into_iter().enumerate() {
        let figure =
            Figure::new(format!("{id}-{quantile}"), format!("{name}, {quantile}"), "ms", ours.quantiles_ms[index]);
        figures.add(figure.beside_any(PEER, peer.map(|peer| peer.quantiles_ms[index])));
    }
    if let Some(micros) = ours.processor_micros {
        let figure = Figure::new(format!("{id}-processor"), format!("{name}, processor"), "µs/request", micros);
        figures.add(figure.beside_any(PEER, peer.and_then(|peer| peer.processor_micros)));
    }
}

/// The middle one; of an even number the upper of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[expect(clippy::cast_precision_loss, reason = "sizes of programs and processes are far below 2^52")]
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
