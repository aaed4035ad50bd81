use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

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

/// A stretch as a part of what some time comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Term {
    pub(super) stretch: Stretch,
    /// How often: once, or -1 times where it is taken away.
    pub(super) times: i64,
}

/// How one comes from one quarter of an hour to another, forwards and backwards: what lies in a stretch that is gone through backwards
/// is taken away. So a month in another zone is the desk's month, less the hours that it has too many at one end, and those that are
/// missing at the other.
pub(super) struct Ways {
    /// Where stretches that are kept begin and end, and those, by either end.
    ends: BTreeMap<u32, Vec<Stretch>>,
}

impl Ways {
    pub(super) fn new(kept: impl IntoIterator<Item = Stretch>) -> Self {
        let mut ends: BTreeMap<u32, Vec<Stretch>> = BTreeMap::new();
        for stretch in kept.into_iter().filter(|stretch| stretch.from < stretch.until) {
            ends.entry(stretch.from).or_default().push(stretch);
            ends.entry(stretch.until).or_default().push(stretch);
        }
        Self { ends }
    }

    /// What the time between two quarters is made of, so that least is read.
    ///
    /// It is the same when of what is kept nothing is known but that: of two ways that cost the same it is the one whose last stretch is
    /// kept as a whole, and there the one that comes from the earliest quarter.
    pub(super) fn cheapest(&self, from: u32, until: u32) -> Vec<Term> {
        if from >= until {
            return Vec::new();
        }
        // Source: Dijkstra, A note on two problems in connexion with graphs.
        let mut reached: BTreeMap<u32, Reached> = BTreeMap::new();
        let mut next = BinaryHeap::from([Reverse((0_u64, from))]);
        let mut done = BTreeSet::new();
        while let Some(Reverse((cost, at))) = next.pop() {
            if at == until {
                break;
            }
            if !done.insert(at) {
                continue;
            }
            let own = self.ends.get(&at).into_iter().flatten().copied();
            for stretch in own.chain(self.hours_beside(at, [from, until])) {
                let to = if stretch.from == at { stretch.until } else { stretch.from };
                let way = Reached { cost: cost.saturating_add(cost_of(stretch)), by: stretch, before: at };
                if reached.get(&to).is_none_or(|known| way.rank() < known.rank()) {
                    reached.insert(to, way);
                    next.push(Reverse((way.cost, to)));
                }
            }
        }
        let mut terms: Vec<Term> = Vec::new();
        let mut at = until;
        while at != from
            && let Some(way) = reached.get(&at)
        {
            match terms.last_mut() {
                // Hours that follow each other are read as one: nobody turns back on a shortest way.
                Some(last) if last.stretch.holds == Holds::Hours && way.by.holds == Holds::Hours => {
                    last.stretch.from = last.stretch.from.min(way.by.from);
                    last.stretch.until = last.stretch.until.max(way.by.until);
                }
                _ => terms.push(Term { stretch: way.by, times: if way.before < at { 1 } else { -1 } }),
            }
            at = way.before;
        }
        terms.reverse();
        terms
    }

    /// The hours up to where one can go on otherwise, on both sides.
    fn hours_beside(&self, at: u32, also: [u32; 2]) -> impl Iterator<Item = Stretch> {
        let after = self.ends.range(at.saturating_add(1)..).next().map(|(end, _)| *end);
        let before = self.ends.range(..at).next_back().map(|(end, _)| *end);
        let after = after.into_iter().chain(also).filter(|end| *end > at).min();
        let before = before.into_iter().chain(also).filter(|end| *end < at).max();
        let later = after.map(|end| Stretch::hours(at, end));
        later.into_iter().chain(before.map(|end| Stretch::hours(end, at)))
    }
}

/// How a quarter of an hour is reached.
#[derive(Clone, Copy)]
struct Reached {
    cost: u64,
    /// Through which stretch, and from where.
    by: Stretch,
    before: u32,
}

impl Reached {
    /// What makes one way better than another.
    fn rank(&self) -> (u64, bool, u32) {
        (self.cost, self.by.holds == Holds::Hours, self.before)
    }
}

/// About how much is read of a stretch, in quarters of an hour: of many of them together there is less than of each.
const fn cost_of(stretch: Stretch) -> u64 {
    let quarters = stretch.until.saturating_sub(stretch.from);
    match stretch.holds {
        Holds::Hours => quarters as u64,
        Holds::Whole => quarters.saturating_mul(16).isqrt() as u64,
        Holds::Stock => 64,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Days and weeks, some of which are kept, beside quarters of an hour.
    fn any_kept() -> impl Strategy<Value = Vec<Stretch>> {
        let whole = (0..20_u32, 0..3_u32, prop_oneof![Just(96_u32), Just(672), 1..300_u32])
            .prop_map(|(day, offset, length)| Stretch::whole(day * 96 + offset, day * 96 + offset + length));
        let stock = (1..20_u32).prop_map(|day| Stretch::stock(day * 96));
        prop::collection::vec(prop_oneof![4 => whole, 1 => stock], 0..40)
    }

    proptest! {
        #[test]
        fn prop_the_cheapest_way_has_each_quarter_once_and_costs_no_more_than_going_on(
            kept in any_kept(), from in 0..2200_u32, until in 0..2200_u32, is_gone in prop::collection::vec(any::<bool>(), 40),
        ) {
            let terms = Ways::new(kept.iter().copied()).cheapest(from, until);
            let mut times = vec![0_i64; 4000];
            for Term { stretch, times: own } in &terms {
                prop_assert!(stretch.holds == Holds::Hours || kept.contains(stretch));
                (stretch.from..stretch.until).for_each(|quarter| times[quarter as usize] += own);
            }
            let expected = |quarter: usize| i64::from((from as usize..until as usize).contains(&quarter));
            prop_assert!((0..4000).all(|quarter| times[quarter] == expected(quarter)));
            let cost: u64 = terms.iter().map(|term| cost_of(term.stretch)).sum();
            let going_on = cover(from, until, &kept);
            prop_assert!(cost <= going_on.iter().map(|stretch| cost_of(*stretch)).sum());
            // Of what is not on the way, nobody need know.
            let mut is_gone = is_gone.iter();
            let on_it = |own: &Stretch| terms.iter().any(|term| term.stretch == *own);
            let rest = kept.iter().copied().filter(|own| on_it(own) || !is_gone.next().unwrap());
            prop_assert_eq!(Ways::new(rest).cheapest(from, until), terms);
        }
    }

    #[test]
    fn a_month_of_another_zone_is_the_desks_less_some_hours_and_others_more() {
        let days = (0..40).map(|day| Stretch::whole(day * 96, (day + 1) * 96));
        let month = Stretch::whole(96, 31 * 96);
        let ways = Ways::new(days.chain([month]));
        let term = |stretch, times| Term { stretch, times };
        let five_hours_later =
            [term(Stretch::hours(96, 116), -1), term(month, 1), term(Stretch::hours(31 * 96, 31 * 96 + 20), 1)];
        assert_eq!(ways.cheapest(116, 31 * 96 + 20), five_hours_later);
        let five_hours_earlier =
            [term(Stretch::hours(76, 96), 1), term(month, 1), term(Stretch::hours(31 * 96 - 20, 31 * 96), -1)];
        assert_eq!(ways.cheapest(76, 31 * 96 - 20), five_hours_earlier);
    }
}
