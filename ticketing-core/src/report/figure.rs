use std::collections::BTreeMap;

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
    pub(super) fn of(flows: &Tally, stock: &Tally, at: Timestamp) -> Self {
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
                Measure::Backlog => Figure::Count(stock.get(C::Backlog)),
                Measure::BacklogAge => stock.ages(at),
            };
            (spec.measure, figure)
        }))
    }
}

/// Counts of some tickets in some time.
#[derive(Clone, Default)]
pub(super) struct Tally(BTreeMap<(Counter, u32), i64>);

impl Tally {
    pub(super) fn add(&mut self, counter: Counter, cell: u32, count: i64) {
        let sum = self.0.entry((counter, cell)).or_default();
        *sum = sum.saturating_add(count);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for ((counter, cell), count) in &other.0 {
            self.add(*counter, *cell, *count);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(|count| *count == 0)
    }

    pub(super) fn get(&self, counter: Counter) -> i64 {
        self.0.get(&(counter, 0)).copied().unwrap_or_default()
    }

    fn cells(&self, counter: Counter) -> impl Iterator<Item = (u32, i64)> + Clone {
        self.0.range((counter, 0)..=(counter, u32::MAX)).map(|((_, cell), count)| (*cell, *count))
    }

    fn times(&self, counter: Counter) -> Figure {
        let percentile = |percent| histogram::percentile(percent, self.cells(counter));
        let percentiles = || Some(Percentiles { p50: percentile(50)?, p90: percentile(90)?, p99: percentile(99)? });
        Figure::Times { count: self.cells(counter).map(|(_, count)| count).sum(), percentiles: percentiles() }
    }

    fn ages(&self, at: Timestamp) -> Figure {
        let mut bands = [0_i64; AGE_BANDS_DAYS.len() + 1];
        for (hour, count) in self.cells(Counter::BacklogCreated) {
            let age = at.unix_millis().saturating_sub(i64::from(hour).saturating_mul(3_600_000));
            let passed = AGE_BANDS_DAYS.iter().filter(|days| age >= **days * 86_400_000).count();
            if let Some(band) = bands.get_mut(passed) {
                *band = band.saturating_add(count);
            }
        }
        Figure::Ages(bands)
    }
}
