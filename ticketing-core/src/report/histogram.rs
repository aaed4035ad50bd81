//! Lengths of time in cells with fixed boundaries, so that percentiles can be told from counts that were summed anywhere.
//!
//! The boundaries never change. Below 128 ms each millisecond is a cell. From there on, each power of two is divided into 64 cells
//! of one width: of `v` milliseconds with 2ᵉ ≤ v < 2ᵉ⁺¹, the cell is `64·(e − 6) + ⌊v / 2ᵉ⁻⁶⌋`. A cell is at most a 64th as wide as where
//! it begins, and stands for its middle: what is told of it is wrong by less than 0.8 %.
//!
//! A percentile is by nearest rank: the p-th of n lengths is the ⌈p·n / 100⌉-th shortest.

use chrono::TimeDelta;

const CELLS_PER_OCTAVE_BITS: u32 = 6;

/// The cell of a length of time; one that is negative is none.
///
/// ```
/// use ticketing_core::{TimeDelta, report::histogram};
///
/// let four_hours = TimeDelta::hours(4);
/// let told = histogram::middle(histogram::cell(four_hours));
/// assert!((told - four_hours).abs() * 100 < four_hours);
/// ```
pub fn cell(length: TimeDelta) -> u32 {
    let millis = length.num_milliseconds().max(0).unsigned_abs();
    let shift = millis.checked_ilog2().unwrap_or_default().saturating_sub(CELLS_PER_OCTAVE_BITS);
    let part = u32::try_from(millis >> shift).unwrap_or(u32::MAX);
    (shift << CELLS_PER_OCTAVE_BITS).saturating_add(part)
}

/// The length that a cell stands for.
pub fn middle(cell: u32) -> TimeDelta {
    let shift = (cell >> CELLS_PER_OCTAVE_BITS).saturating_sub(1).min(56);
    let part = u64::from(cell.saturating_sub(shift << CELLS_PER_OCTAVE_BITS));
    let middle = part.checked_shl(shift).unwrap_or(u64::MAX).saturating_add((1_u64 << shift) >> 1);
    TimeDelta::milliseconds(i64::try_from(middle).unwrap_or(i64::MAX))
}

/// The cell of the longest length that there is.
pub const CELL_MAX: u32 = 64 * 56 + 127;

/// A percentile of lengths that were counted by cell, the shortest first; `None` where there are none.
pub fn percentile(percent: u8, counts: impl IntoIterator<Item = (u32, i64)> + Clone) -> Option<TimeDelta> {
    let total: i64 = counts.clone().into_iter().map(|(_, count)| count).sum();
    let rank = rank(percent, total);
    let mut seen = 0_i64;
    let found = counts.into_iter().find(|(_, count)| {
        seen = seen.saturating_add(*count);
        seen >= rank
    });
    found.filter(|_| total > 0).map(|(cell, _)| middle(cell))
}

/// The how-manieth shortest of so many a percentile is.
pub(super) fn rank(percent: u8, total: i64) -> i64 {
    total.saturating_mul(percent.into()).saturating_add(99) / 100
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_follow_each_other_from_a_millisecond_to_a_thousand_years() {
        let mut last = cell(TimeDelta::zero());
        assert_eq!(last, 0);
        for exponent in 0..45 {
            for part in 0..64 {
                let millis = (1_i64 << exponent) + (((1_i64 << exponent) * part) >> 6);
                let next = cell(TimeDelta::milliseconds(millis));
                assert!(next == last || next == last + 1, "{millis} ms: {last} {next}");
                last = next;
            }
        }
        assert_eq!(cell(TimeDelta::MAX), CELL_MAX);
        // Written in stores: these stay.
        assert_eq!(
            [127, 128, 129, 1000, 3_600_000].map(|millis| cell(TimeDelta::milliseconds(millis))),
            [127, 128, 128, 317, 1069]
        );
    }

    proptest! {
        #[test]
        fn prop_a_cell_tells_a_length_within_eight_thousandths(millis in prop_oneof![0..200_i64, 0..100_000_i64, 0..4_000_000_000_000_i64]) {
            let told = middle(cell(TimeDelta::milliseconds(millis))).num_milliseconds();
            prop_assert!((told - millis).abs() * 1000 <= 8 * millis, "{told} {millis}");
        }
    }
}
