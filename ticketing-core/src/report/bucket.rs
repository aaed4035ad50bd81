use crate::Timestamp;

/// How long the stretches of time are that facts are summed in. Each is a whole number of the next shorter one, counted from the
/// epoch in UTC.
///
/// The shortest has a quarter of an hour: every zone's offset from UTC is a multiple of that since long before the first ticket, so
/// that the civil days of all of them are made of whole ones, those of 23 and 25 hours too. The longer ones hold the same sums, so
/// that a year is read in a few dozen stretches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// A quarter of an hour.
    Quarter,
    /// An hour.
    Hour,
    /// Six hours.
    SixHours,
    /// A day, in UTC.
    Day,
    /// Thirty-two days.
    Days32,
}

impl Level {
    /// Every level, the shortest first.
    pub const ALL: [Self; 5] = [Self::Quarter, Self::Hour, Self::SixHours, Self::Day, Self::Days32];

    /// How long its stretches are, in milliseconds.
    pub const fn millis(self) -> i64 {
        const MINUTE: i64 = 60_000;
        match self {
            Self::Quarter => 15 * MINUTE,
            Self::Hour => 60 * MINUTE,
            Self::SixHours => 6 * 60 * MINUTE,
            Self::Day => 24 * 60 * MINUTE,
            Self::Days32 => 32 * 24 * 60 * MINUTE,
        }
    }

    /// Its number in stores. Never changes.
    pub const fn number(self) -> u8 {
        match self {
            Self::Quarter => 0,
            Self::Hour => 1,
            Self::SixHours => 2,
            Self::Day => 3,
            Self::Days32 => 4,
        }
    }

    /// The level of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }
}

/// A stretch of time: the `number`-th of its level since the epoch, from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Bucket {
    /// How long it is.
    pub level: Level,
    /// Which.
    pub number: u32,
}

impl Bucket {
    /// The one of a level that has an instant.
    pub fn of(level: Level, at: Timestamp) -> Self {
        Self { level, number: number(at.unix_millis().div_euclid(level.millis())) }
    }
}

/// Stretches of a level that follow each other: from `from` up to but not including `until`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buckets {
    /// How long each is.
    pub level: Level,
    /// The first.
    pub from: u32,
    /// The first after them.
    pub until: u32,
}

/// An instant, moved back to where a quarter of an hour begins.
pub(super) fn floored(at: Timestamp) -> Timestamp {
    Timestamp::saturating_from_unix_millis(
        at.unix_millis().saturating_sub(at.unix_millis().rem_euclid(Level::Quarter.millis())),
    )
}

/// The few stretches that make up the time between two instants, both moved back to where a quarter of an hour begins: the longest
/// that fit, oldest first.
///
/// ```
/// use ticketing_core::{Timestamp, report::{Buckets, Level, cover}};
///
/// // A day in Kathmandu, which is 5:45 ahead.
/// let [from, until] = ["2026-03-23T18:15:00Z", "2026-03-24T18:15:00Z"].map(|at| Timestamp::parse(at).unwrap());
/// let counts: Vec<_> = cover(from, until).iter().map(|some| (some.level, some.until - some.from)).collect();
/// use Level::{Hour, Quarter, SixHours};
/// assert_eq!(counts, [(Quarter, 3), (Hour, 5), (SixHours, 3), (Quarter, 1)]);
/// ```
pub fn cover(from: Timestamp, until: Timestamp) -> Vec<Buckets> {
    let mut covered = Vec::new();
    fill(&Level::ALL, floored(from).unix_millis(), floored(until).unix_millis(), &mut covered);
    covered
}

fn fill(levels: &[Level], from: i64, until: i64, covered: &mut Vec<Buckets>) {
    let Some((level, shorter)) = levels.split_last().filter(|_| from < until) else { return };
    let first = from.saturating_add(level.millis().saturating_sub(1)).div_euclid(level.millis());
    let end = until.div_euclid(level.millis());
    if first >= end {
        return fill(shorter, from, until, covered);
    }
    fill(shorter, from, first.saturating_mul(level.millis()), covered);
    covered.push(Buckets { level: *level, from: number(first), until: number(end) });
    fill(shorter, end.saturating_mul(level.millis()), until, covered);
}

fn number(number: i64) -> u32 {
    // A timestamp ends with the year 9999, which is fewer than 2³² quarters of an hour.
    u32::try_from(number).unwrap_or_default()
}
