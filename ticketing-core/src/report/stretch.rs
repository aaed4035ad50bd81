use std::collections::BTreeMap;

use crate::Timestamp;

const QUARTER_MILLIS: i64 = 15 * 60_000;
/// Quarters of an hour in an hour.
const QUARTERS: u32 = 4;

/// A stretch of time of which sums are kept: from one quarter of an hour up to but not including another, both counted from the
/// epoch in UTC.
///
/// Every zone's offset from UTC is a multiple of a quarter of an hour since long before the first ticket: the civil days of all of them
/// are made of whole ones, those of 23 and 25 hours too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stretch {
    /// What the sums are of.
    pub holds: Holds,
    /// Its first quarter.
    pub from: u32,
    /// The first quarter after it.
    pub until: u32,
}

/// What sums of a stretch are of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Holds {
    /// Of an hour, told apart by quarters – slots of its [`Sums`](super::Sums). All else is made of these, and can be made again.
    Hours,
    /// Of all of a longer stretch.
    Whole,
    /// What there was at its end of all that came before: the backlog. It begins with the epoch.
    Stock,
}

impl Holds {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hours, Self::Whole, Self::Stock];

    /// Its number in stores. Never changes.
    pub const fn number(self) -> u8 {
        match self {
            Self::Hours => 0,
            Self::Whole => 1,
            Self::Stock => 2,
        }
    }

    /// What has that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|holds| holds.number() == number)
    }
}

impl Stretch {
    /// The hour that a quarter is of.
    pub const fn hour_of(quarter: u32) -> Self {
        let from = quarter.saturating_sub(quarter % QUARTERS);
        Self { holds: Holds::Hours, from, until: from.saturating_add(QUARTERS) }
    }

    /// What of hours lies between two quarters.
    pub const fn hours(from: u32, until: u32) -> Self {
        Self { holds: Holds::Hours, from, until }
    }

    /// What there was at a quarter.
    pub const fn stock(until: u32) -> Self {
        Self { holds: Holds::Stock, from: 0, until }
    }

    /// All that happened between two quarters.
    pub const fn whole(from: u32, until: u32) -> Self {
        Self { holds: Holds::Whole, from, until }
    }

    /// Whether what happens in a quarter changes its sums.
    pub const fn depends_on(&self, quarter: u32) -> bool {
        self.from <= quarter && quarter < self.until
    }
}

/// The quarter of an hour that has an instant.
pub fn quarter(at: Timestamp) -> u32 {
    // A timestamp ends with the year 9999, which is fewer than 2³² quarters.
    u32::try_from(at.unix_millis().div_euclid(QUARTER_MILLIS)).unwrap_or_default()
}

/// Where a quarter of an hour begins.
pub fn begins(quarter: u32) -> Timestamp {
    Timestamp::saturating_from_unix_millis(i64::from(quarter).saturating_mul(QUARTER_MILLIS))
}

/// An instant, moved back to where a quarter of an hour begins.
pub(super) fn floored(at: Timestamp) -> Timestamp {
    begins(quarter(at))
}

/// The few stretches that make up the time between two quarters, in order: of those of which the sum is kept the longest that fit, and
/// hours where there is none.
///
/// ```
/// use ticketing_core::{Timestamp, report::{Stretch, cover, quarter}};
///
/// // A day in Kathmandu, which is 5:45 ahead, where days and months of UTC are kept.
/// let at = |text| quarter(Timestamp::parse(text).unwrap());
/// let day = |text| Stretch::whole(at(text), at(text) + 96);
/// let kept = [day("2026-03-23T00:00:00Z"), day("2026-03-24T00:00:00Z"), day("2026-03-25T00:00:00Z")];
/// let (from, until) = (at("2026-03-23T18:15:00Z"), at("2026-03-25T18:15:00Z"));
/// let covered = cover(from, until, &kept);
/// assert_eq!(covered.len(), 3);
/// assert_eq!(covered[1], kept[1]);
/// // The hours at both ends, of which a part is read.
/// assert_eq!(covered[0], Stretch::hours(from, kept[1].from));
/// assert_eq!(covered[2], Stretch::hours(kept[1].until, until));
/// ```
pub fn cover(from: u32, until: u32, kept: &[Stretch]) -> Vec<Stretch> {
    let mut wholes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for stretch in kept.iter().filter(|stretch| stretch.holds == Holds::Whole) {
        wholes.entry(stretch.from).or_default().push(stretch.until);
    }
    cover_with(from, until, &wholes)
}

/// The same, of whole stretches by where they begin.
pub(super) fn cover_with(from: u32, until: u32, wholes: &BTreeMap<u32, Vec<u32>>) -> Vec<Stretch> {
    let mut covered = Vec::new();
    let fits = |ends: &Vec<u32>, at: u32| ends.iter().copied().filter(|end| *end <= until && *end > at).max();
    let mut at = from;
    while at < until {
        if let Some(end) = wholes.get(&at).and_then(|ends| fits(ends, at)) {
            covered.push(Stretch::whole(at, end));
            at = end;
            continue;
        }
        let next = wholes.range(at.saturating_add(1)..until.max(at.saturating_add(1)));
        let next = next.filter(|(start, ends)| fits(ends, **start).is_some()).map(|(start, _)| *start).next();
        let end = next.unwrap_or(until);
        covered.push(Stretch::hours(at, end));
        at = end;
    }
    covered
}
