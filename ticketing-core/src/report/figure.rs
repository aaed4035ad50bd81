use chrono::TimeDelta;

use super::{Counter, MEASURES, Measure, SumsError, histogram, sums::Counts};
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
    pub(super) fn of(flows: &Tally, backlog: Backlog) -> Self {
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
                Measure::Backlog => Figure::Count(backlog.count),
                Measure::BacklogAge => Figure::Ages(backlog.ages),
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
    /// Adds what is counted of a counter so many times: once, or -1 times to take it away.
    #[inline]
    pub(super) fn add(&mut self, counter: Counter, counts: &mut Counts<'_, '_>, times: i64) -> Result<(), SumsError> {
        if counter == Counter::BacklogCreated {
            return counts.each(|cell, count| self.created.push((cell, count.wrapping_mul(times))));
        }
        if let Some(lengths) = lengths_of(counter).and_then(|index| self.lengths.get_mut(index)) {
            return counts.each(|cell, count| lengths.add(cell, count.wrapping_mul(times)));
        }
        if let Some(sum) = self.counts.get_mut(usize::from(counter.number())) {
            return counts.each(|_, count| *sum = sum.wrapping_add(count.wrapping_mul(times)));
        }
        Ok(())
    }

    /// Adds what happened; what there is, is not what was plus what is.
    pub(super) fn merge(&mut self, other: &Self) {
        for (own, count) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.wrapping_add(*count);
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

/// Lengths of time by cell, in blocks: of the thousands of cells that there are, a few dozen have any, and those lie together.
#[derive(Clone)]
struct Lengths {
    /// By block, where among the blocks it is, counted from one; 0 where nothing was ever counted.
    places: [u8; BLOCKS],
    blocks: Vec<Block>,
}

/// So many blocks have all cells.
const BLOCKS: usize = (histogram::CELL_MAX / Block::CELLS) as usize + 1;

impl Default for Lengths {
    fn default() -> Self {
        Self { places: [0; BLOCKS], blocks: Vec::new() }
    }
}

impl Lengths {
    #[inline]
    fn add(&mut self, cell: u32, count: i64) {
        if let Some(block) = self.block((cell / Block::CELLS) as usize) {
            block.add(cell % Block::CELLS, count);
        }
    }

    #[inline]
    fn block(&mut self, number: usize) -> Option<&mut Block> {
        let place = self.places.get_mut(number)?;
        if *place == 0 {
            self.blocks.push(Block::default());
            *place = u8::try_from(self.blocks.len()).unwrap_or_default();
        }
        self.blocks.get_mut(usize::from(*place).wrapping_sub(1))
    }

    fn merge(&mut self, other: &Self) {
        for (number, block) in other.in_order() {
            if let Some(own) = self.block(number) {
                own.merge(block);
            }
        }
    }

    /// Begins anew, in the same blocks.
    fn clear(&mut self) {
        for block in self.blocks.iter_mut().filter(|block| block.is_used()) {
            *block = Block::default();
        }
    }

    fn is_empty(&self) -> bool {
        self.blocks.iter().all(|block| block.counts.iter().all(|count| *count == 0))
    }

    /// Blocks in which something is counted, the shortest lengths first, with their numbers.
    fn in_order(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.places.iter().enumerate().filter_map(|(number, place)| {
            let block = self.blocks.get(usize::from(*place).wrapping_sub(1))?;
            block.is_used().then_some((number, block))
        })
    }

    fn figure(&self) -> Figure {
        let total = self.blocks.iter().fold(0_i64, |total, block| total.wrapping_add(block.total));
        let mut told = [(50, None), (90, None), (99, None)];
        if total > 0 {
            let mut blocks = self.in_order().peekable();
            let mut seen = 0_i64;
            for (percent, percentile) in &mut told {
                let rank = histogram::rank(*percent, total);
                while let Some((_, earlier)) = blocks.next_if(|(_, block)| seen.wrapping_add(block.total) < rank) {
                    seen = seen.wrapping_add(earlier.total);
                }
                *percentile = blocks.peek().map(|(number, block)| {
                    let first = u32::try_from(*number).unwrap_or(u32::MAX).saturating_mul(Block::CELLS);
                    histogram::middle(first.saturating_add(block.cell_of(rank.wrapping_sub(seen))))
                });
            }
        }
        let [(_, p50), (_, p90), (_, p99)] = told;
        let percentiles = || Some(Percentiles { p50: p50?, p90: p90?, p99: p99? });
        Figure::Times { count: total, percentiles: percentiles() }
    }
}

/// Counts of some cells that follow each other.
#[derive(Clone)]
struct Block {
    counts: [i64; Self::CELLS as usize],
    /// A bit for each of which anything was counted.
    used: u64,
    total: i64,
}

impl Default for Block {
    fn default() -> Self {
        Self { counts: [0; Self::CELLS as usize], used: 0, total: 0 }
    }
}

impl Block {
    const CELLS: u32 = 64;
    /// Where more are used, it is quicker to add all.
    const FEW: u32 = 12;

    #[inline]
    fn add(&mut self, cell: u32, count: i64) {
        if let Some(sum) = self.counts.get_mut(cell as usize) {
            *sum = sum.wrapping_add(count);
            self.used |= 1 << cell;
            self.total = self.total.wrapping_add(count);
        }
    }

    fn merge(&mut self, other: &Self) {
        if other.used.count_ones() > Self::FEW {
            for (own, count) in self.counts.iter_mut().zip(&other.counts) {
                *own = own.wrapping_add(*count);
            }
            self.used |= other.used;
            self.total = self.total.wrapping_add(other.total);
            return;
        }
        let mut left = other.used;
        while left != 0 {
            let cell = left.trailing_zeros();
            self.add(cell, other.counts.get(cell as usize).copied().unwrap_or_default());
            left &= left.wrapping_sub(1);
        }
    }

    const fn is_used(&self) -> bool {
        self.used != 0
    }

    /// The cell that has the so-manieth of what is counted.
    fn cell_of(&self, rank: i64) -> u32 {
        let mut seen = 0_i64;
        let mut left = self.used;
        let mut cell = 0;
        while left != 0 && seen < rank {
            cell = left.trailing_zeros();
            seen = seen.wrapping_add(self.counts.get(cell as usize).copied().unwrap_or_default());
            left &= left.wrapping_sub(1);
        }
        cell
    }
}

/// What there is at an instant: the sum of what came and what left.
#[derive(Clone, Default)]
pub(super) struct Stock {
    count: i64,
    /// By the hour in which it came to be, in order, each once.
    created: Vec<(u32, i64)>,
    /// Where the next ones are put together.
    next: Vec<(u32, i64)>,
}

/// A backlog at an instant.
#[derive(Clone, Copy, Default)]
pub(super) struct Backlog {
    count: i64,
    ages: [i64; AGE_BANDS_DAYS.len() + 1],
}

impl Stock {
    /// What there is after something has happened.
    pub(super) fn apply(&mut self, tally: &mut Tally) {
        self.count = self.count.wrapping_add(tally.get(Counter::Backlog));
        settle(&mut tally.created);
        if tally.created.is_empty() {
            return;
        }
        self.next.clear();
        let mut own = self.created.iter().copied().peekable();
        for (hour, count) in &tally.created {
            while let Some(earlier) = own.next_if(|(first, _)| first < hour) {
                self.next.push(earlier);
            }
            let sum = own.next_if(|(first, _)| first == hour).map_or(0, |(_, sum)| sum).wrapping_add(*count);
            if sum != 0 {
                self.next.push((*hour, sum));
            }
        }
        self.next.extend(own);
        core::mem::swap(&mut self.created, &mut self.next);
    }

    /// How much it is, and how old.
    pub(super) fn at(&self, at: Timestamp) -> Backlog {
        let mut backlog = Backlog { count: self.count, ..Backlog::default() };
        let mut younger = self.created.as_slice();
        // The oldest are the first.
        for (band, days) in backlog.ages.iter_mut().skip(1).zip(AGE_BANDS_DAYS).rev() {
            let is_older = |(hour, _): &(u32, i64)| {
                at.unix_millis().saturating_sub(i64::from(*hour).saturating_mul(3_600_000)) >= days * 86_400_000
            };
            let (older, rest) = younger.split_at_checked(younger.partition_point(is_older)).unwrap_or_default();
            *band = sum_of(older);
            younger = rest;
        }
        if let Some(youngest) = backlog.ages.first_mut() {
            *youngest = sum_of(younger);
        }
        backlog
    }
}

impl Backlog {
    /// Adds that of other tickets at the same instant.
    pub(super) fn merge(&mut self, other: Self) {
        self.count = self.count.wrapping_add(other.count);
        for (own, count) in self.ages.iter_mut().zip(other.ages) {
            *own = own.wrapping_add(count);
        }
    }
}

fn sum_of(cells: &[(u32, i64)]) -> i64 {
    cells.iter().fold(0, |sum, (_, count)| sum.wrapping_add(*count))
}

/// Each cell once and in order, without those that come to nothing.
fn settle(cells: &mut Vec<(u32, i64)>) {
    // Mostly some that are in order, one behind the other: that is what a stable sort is quick at.
    cells.sort_by_key(|(cell, _)| *cell);
    cells.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            earlier.1 = earlier.1.wrapping_add(later.1);
        }
        is_same
    });
    cells.retain(|(_, count)| *count != 0);
}
