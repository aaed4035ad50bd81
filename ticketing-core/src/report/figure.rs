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
        Self(MEASURES.each_ref().map(|spec| {
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

/// Counts of some tickets in some time. They wrap, so that they come to the same in whatever order and parts they are added and taken away.
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

/// Lengths of time by cell, from the first block of cells that has any to the last one; the places are kept when it begins anew.
///
/// Of the cells of a block it is known which are used: of the thousands that there are, that is a few dozen, and those lie together.
#[derive(Clone)]
struct Lengths {
    /// The first cell that has a place.
    first: u32,
    counts: Vec<i64>,
    /// By block, a bit for each cell to which anything was added.
    used: [u64; Self::BLOCKS],
}

impl Default for Lengths {
    fn default() -> Self {
        Self { first: 0, counts: Vec::new(), used: [0; Self::BLOCKS] }
    }
}

impl Lengths {
    /// Cells of a block.
    const BLOCK: u32 = 64;
    /// So many blocks have all cells.
    const BLOCKS: usize = (histogram::CELL_MAX / Self::BLOCK) as usize + 1;
    /// Of a block of which more are used, it is quicker to add all.
    const FEW: u32 = 8;

    #[inline]
    fn add(&mut self, cell: u32, count: i64) {
        let place = cell.wrapping_sub(self.first) as usize;
        match (self.counts.get_mut(place), self.used.get_mut((cell / Self::BLOCK) as usize)) {
            (Some(sum), Some(used)) => {
                *sum = sum.wrapping_add(count);
                *used |= 1 << (cell % Self::BLOCK);
            }
            _ => self.add_beyond(cell, count),
        }
    }

    #[cold]
    fn add_beyond(&mut self, cell: u32, count: i64) {
        let place = self.make_place(cell);
        if let (Some(sum), Some(used)) = (self.counts.get_mut(place), self.used.get_mut((cell / Self::BLOCK) as usize))
        {
            *sum = sum.wrapping_add(count);
            *used |= 1 << (cell % Self::BLOCK);
        }
    }

    /// Makes places for all of a cell's block, and answers which is the cell's.
    fn make_place(&mut self, cell: u32) -> usize {
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
        cell.saturating_sub(self.first) as usize
    }

    fn merge(&mut self, other: &Self) {
        for (first, used, counts) in other.blocks() {
            if used.count_ones() <= Self::FEW {
                for (cell, count) in each_of(used, counts) {
                    self.add(first.saturating_add(cell), count);
                }
                continue;
            }
            let place = first.wrapping_sub(self.first) as usize;
            let place = if place < self.counts.len() { place } else { self.make_place(first) };
            // As many as a block has, which is known when it is compiled: several are added at once.
            let own = self.counts.get_mut(place..).and_then(|own| own.first_chunk_mut::<{ Self::BLOCK as usize }>());
            if let (Some(own), Some(is_used)) = (own, self.used.get_mut((first / Self::BLOCK) as usize)) {
                for (own, count) in own.iter_mut().zip(counts) {
                    *own = own.wrapping_add(*count);
                }
                *is_used |= used;
            }
        }
    }

    /// Begins anew, in the same places.
    fn clear(&mut self) {
        for (counts, used) in self
            .counts
            .chunks_exact_mut(Self::BLOCK as usize)
            .zip(self.used.iter_mut().skip((self.first / Self::BLOCK) as usize))
        {
            if *used != 0 {
                counts.fill(0);
                *used = 0;
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// Of the blocks in which anything is used, in order: the first cell, which ones are used, and the counts.
    fn blocks(&self) -> impl Iterator<Item = (u32, u64, &[i64; Self::BLOCK as usize])> {
        let (blocks, _) = self.counts.as_chunks();
        let used = self.used.iter().skip((self.first / Self::BLOCK) as usize);
        let firsts = (self.first..).step_by(Self::BLOCK as usize);
        firsts
            .zip(used)
            .zip(blocks)
            .filter(|((_, used), _)| **used != 0)
            .map(|((first, used), block)| (first, *used, block))
    }

    fn figure(&self) -> Figure {
        let mut sums = [0_i64; Self::BLOCKS];
        let mut total = 0_i64;
        for (own, (.., counts)) in sums.iter_mut().zip(self.blocks()) {
            *own = counts.iter().fold(0, |sum, count| sum.wrapping_add(*count));
            total = total.wrapping_add(*own);
        }
        let mut told = [(50, None), (90, None), (99, None)];
        if total > 0 {
            let mut seen = 0_i64;
            let mut blocks = self.blocks().zip(sums).peekable();
            for (percent, percentile) in &mut told {
                let rank = histogram::rank(*percent, total);
                while let Some((_, sum)) = blocks.next_if(|(_, sum)| seen.wrapping_add(*sum) < rank) {
                    seen = seen.wrapping_add(sum);
                }
                let Some(((first, used, counts), _)) = blocks.peek() else { break };
                let mut within = seen;
                let found = each_of(*used, counts).find(|(_, count)| {
                    within = within.wrapping_add(*count);
                    within >= rank
                });
                *percentile = found.map(|(cell, _)| histogram::middle(first.saturating_add(cell)));
            }
        }
        let [(_, p50), (_, p90), (_, p99)] = told;
        let percentiles = || Some(Percentiles { p50: p50?, p90: p90?, p99: p99? });
        Figure::Times { count: total, percentiles: percentiles() }
    }
}

/// Cells of a block that are used, and their counts.
fn each_of(used: u64, counts: &[i64; Lengths::BLOCK as usize]) -> impl Iterator<Item = (u32, i64)> {
    let mut left = used;
    core::iter::from_fn(move || {
        let cell = left.checked_ilog2().map(|_| left.trailing_zeros())?;
        left &= left.wrapping_sub(1);
        Some((cell, counts.get(cell as usize).copied()?))
    })
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
