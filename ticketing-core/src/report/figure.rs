use chrono::TimeDelta;

use super::{Counter, MEASURES, Measure, histogram};
use crate::Timestamp;

/// Where the ages of a backlog are divided: less than so many days. What is older is in a last band.
pub const AGE_BANDS_DAYS: [i64; 5] = [1, 3, 7, 30, 90];

/// A figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Figure {
    /// A number of tickets.
    Count(i64),
    /// So many among so many.
    Share {
        /// How many are meant.
        part: i64,
        /// Among how many.
        whole: i64,
    },
    /// Lengths of time.
    Times {
        /// How many.
        count: i64,
        /// Their percentiles; `None` where there are none.
        percentiles: Option<Percentiles>,
    },
    /// Tickets by age, youngest band first.
    Ages([i64; AGE_BANDS_DAYS.len() + 1]),
}

/// Percentiles of lengths of time, by nearest rank, as a [`histogram`] tells them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Percentiles {
    /// As long as half of them at least.
    pub p50: TimeDelta,
    /// As long as nine in ten.
    pub p90: TimeDelta,
    /// As long as ninety-nine in a hundred.
    pub p99: TimeDelta,
}

impl Figure {
    /// Of a share, what it is; `None` where nothing counts, and of other figures.
    ///
    /// ```
    /// use ticketing_core::report::Figure;
    ///
    /// assert_eq!(Figure::Share { part: 3, whole: 4 }.ratio(), Some(0.75));
    /// assert_eq!(Figure::Share { part: 0, whole: 0 }.ratio(), None);
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "a share has no 53 bits of meaning")]
    pub fn ratio(self) -> Option<f64> {
        match self {
            Self::Share { part, whole } if whole != 0 => Some(part as f64 / whole as f64),
            _ => None,
        }
    }
}

/// Every figure of some tickets in some time, in the order of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures([(Measure, Figure); MEASURES.len()]);

impl Figures {
    /// One of them; there is one for each measure.
    pub fn get(&self, measure: Measure) -> Option<&Figure> {
        self.0.iter().find(|(own, _)| *own == measure).map(|(_, figure)| figure)
    }

    /// Measures and figures.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, Figure)> {
        self.0.iter().copied()
    }

    /// What counts come to: those of what happened, and those of what there is at an instant.
    pub(super) fn of(flows: &Tally, stock: &Stock, at: Timestamp) -> Self {
        use Counter as C;
        let count = |counter| Figure::Count(flows.get(counter));
        let sum = |one, other| Figure::Count(flows.get(one).saturating_add(flows.get(other)));
        let share = |part, whole| Figure::Share { part: flows.get(part), whole: flows.get(whole) };
        Self(MEASURES.map(|spec| {
            let figure = match spec.measure {
                Measure::Created => count(C::Created),
                Measure::Reopened => count(C::Reopened),
                Measure::Inflow => sum(C::Created, C::Reopened),
                Measure::Resolved => count(C::Resolved),
                Measure::Canceled => count(C::Canceled),
                Measure::Outflow => sum(C::Resolved, C::Canceled),
                Measure::Closed => count(C::Closed),
                Measure::Transferred => count(C::Transferred),
                Measure::FirstResponseWorking => flows.times(C::FirstResponseWorking),
                Measure::FirstResponseCalendar => flows.times(C::FirstResponseCalendar),
                Measure::NextResponseWorking => flows.times(C::NextResponseWorking),
                Measure::NextResponseCalendar => flows.times(C::NextResponseCalendar),
                Measure::ResolutionWorking => flows.times(C::ResolutionWorking),
                Measure::ResolutionCalendar => flows.times(C::ResolutionCalendar),
                Measure::FirstResponseInTime => share(C::FirstResponseInTime, C::FirstResponsePromised),
                Measure::NextResponseInTime => share(C::NextResponseInTime, C::NextResponsePromised),
                Measure::ResolutionInTime => share(C::ResolutionInTime, C::ResolutionPromised),
                Measure::FirstResponseBreached => count(C::FirstResponseBreached),
                Measure::NextResponseBreached => count(C::NextResponseBreached),
                Measure::ResolutionBreached => count(C::ResolutionBreached),
                Measure::ReopenRate => share(C::Reopened, C::Resolved),
                Measure::OneTouchRate => share(C::OneTouch, C::TouchKnown),
                Measure::PauseShare => share(C::PausedMillis, C::OpenMillis),
                Measure::Backlog => Figure::Count(stock.backlog),
                Measure::BacklogAge => stock.ages(at),
            };
            (spec.measure, figure)
        }))
    }
}

/// Counts of some tickets in some time.
#[derive(Clone)]
pub(super) struct Tally {
    /// By number of the counter.
    counts: [i64; COUNTERS],
    /// By number of the counter, from the first that has lengths of time.
    lengths: [Lengths; LENGTHS],
    /// Of the backlog, what came and what left by the hour in which it came to be: in no order, and an hour may be there twice.
    created: Vec<(u32, i64)>,
}

const COUNTERS: usize = 39;
const LENGTHS: usize = 6;

impl Default for Tally {
    fn default() -> Self {
        Self { counts: [0; COUNTERS], lengths: Default::default(), created: Vec::new() }
    }
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, counter: Counter, cell: u32, count: i64) {
        let number = usize::from(counter.number());
        if counter == Counter::BacklogCreated {
            self.created.push((cell, count));
        } else if let Some(lengths) = lengths_of(counter).and_then(|index| self.lengths.get_mut(index)) {
            lengths.add(cell, count);
        } else if let Some(sum) = self.counts.get_mut(number) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Adds what happened; what there is, is not what was plus what is.
    pub(super) fn merge(&mut self, other: &Self) {
        for (own, count) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.saturating_add(*count);
        }
        for (own, lengths) in self.lengths.iter_mut().zip(&other.lengths) {
            own.merge(lengths);
        }
    }

    /// Begins anew, in the same place.
    pub(super) fn clear(&mut self) {
        self.counts = [0; COUNTERS];
        self.lengths.iter_mut().for_each(Lengths::clear);
        self.created.clear();
    }

    /// Whether all of it comes to nothing.
    pub(super) fn is_empty(&mut self) -> bool {
        settle(&mut self.created);
        self.counts.iter().all(|count| *count == 0)
            && self.lengths.iter().all(Lengths::is_empty)
            && self.created.is_empty()
    }

    pub(super) fn get(&self, counter: Counter) -> i64 {
        self.counts.get(usize::from(counter.number())).copied().unwrap_or_default()
    }

    fn times(&self, counter: Counter) -> Figure {
        let lengths = lengths_of(counter).and_then(|index| self.lengths.get(index));
        lengths.map_or(Figure::Times { count: 0, percentiles: None }, Lengths::figure)
    }
}

fn lengths_of(counter: Counter) -> Option<usize> {
    let index = usize::from(counter.number()).checked_sub(usize::from(Counter::FirstResponseWorking.number()))?;
    (index < LENGTHS).then_some(index)
}

/// Lengths of time by cell, from the first cell that has any; the places are kept when it begins anew.
#[derive(Clone, Default)]
struct Lengths {
    first: u32,
    counts: Vec<i64>,
    total: i64,
}

impl Lengths {
    /// So many cells are made at once.
    const BLOCK: u32 = 64;

    #[inline]
    fn add(&mut self, cell: u32, count: i64) {
        self.total = self.total.saturating_add(count);
        let place = cell.checked_sub(self.first).and_then(|index| self.counts.get_mut(index as usize));
        match place {
            Some(sum) => *sum = sum.saturating_add(count),
            None => self.add_beyond(cell, count),
        }
    }

    #[cold]
    fn add_beyond(&mut self, cell: u32, count: i64) {
        let block = cell.saturating_sub(cell % Self::BLOCK);
        if self.counts.is_empty() {
            self.first = block;
        }
        if block < self.first {
            let more = self.first.saturating_sub(block) as usize;
            self.counts.splice(0..0, core::iter::repeat_n(0, more));
            self.first = block;
        }
        let needed = block.saturating_sub(self.first).saturating_add(Self::BLOCK) as usize;
        if self.counts.len() < needed {
            self.counts.resize(needed, 0);
        }
        let index = cell.saturating_sub(self.first) as usize;
        if let Some(sum) = self.counts.get_mut(index) {
            *sum = sum.saturating_add(count);
        }
    }

    fn merge(&mut self, other: &Self) {
        if other.total == 0 && other.is_empty() {
            return;
        }
        for (cell, count) in other.cells().filter(|(_, count)| *count != 0) {
            self.add(cell, count);
        }
    }

    fn clear(&mut self) {
        if self.total != 0 || !self.is_empty() {
            self.counts.fill(0);
        }
        self.total = 0;
    }

    fn is_empty(&self) -> bool {
        self.total == 0 && self.counts.iter().all(|count| *count == 0)
    }

    fn cells(&self) -> impl Iterator<Item = (u32, i64)> {
        (self.first..).zip(self.counts.iter().copied())
    }

    fn figure(&self) -> Figure {
        let mut told = [(50, None), (90, None), (99, None)];
        if self.total > 0 {
            let mut seen = 0_i64;
            let mut cells = self.cells();
            let mut last = None;
            for (percent, percentile) in &mut told {
                let rank = histogram::rank(*percent, self.total);
                while seen < rank
                    && let Some((cell, count)) = cells.next()
                {
                    seen = seen.saturating_add(count);
                    last = Some(cell);
                }
                *percentile = last.map(histogram::middle);
            }
        }
        let [(_, p50), (_, p90), (_, p99)] = told;
        let percentiles = || Some(Percentiles { p50: p50?, p90: p90?, p99: p99? });
        Figure::Times { count: self.total, percentiles: percentiles() }
    }
}

/// What there is at an instant: the sum of what came and what left.
#[derive(Clone, Default)]
pub(super) struct Stock {
    backlog: i64,
    /// By the hour in which it came to be, in order.
    created: Vec<(u32, i64)>,
}

impl Stock {
    /// What there is after something has happened.
    pub(super) fn apply(&mut self, tally: &mut Tally) {
        self.backlog = self.backlog.saturating_add(tally.get(Counter::Backlog));
        if tally.created.is_empty() {
            return;
        }
        settle(&mut tally.created);
        self.created.extend_from_slice(&tally.created);
        settle(&mut self.created);
    }

    fn ages(&self, at: Timestamp) -> Figure {
        let mut bands = [0_i64; AGE_BANDS_DAYS.len() + 1];
        for (hour, count) in &self.created {
            let age = at.unix_millis().saturating_sub(i64::from(*hour).saturating_mul(3_600_000));
            let passed = AGE_BANDS_DAYS.iter().filter(|days| age >= **days * 86_400_000).count();
            if let Some(band) = bands.get_mut(passed) {
                *band = band.saturating_add(*count);
            }
        }
        Figure::Ages(bands)
    }
}

/// Each cell once and in order, without those that come to nothing.
fn settle(cells: &mut Vec<(u32, i64)>) {
    // Mostly two that are in order, one behind the other: that is what a stable sort is quick at.
    cells.sort_by_key(|(cell, _)| *cell);
    cells.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            earlier.1 = earlier.1.saturating_add(later.1);
        }
        is_same
    });
    cells.retain(|(_, count)| *count != 0);
}
