//! How long to wait after a delivery that failed.

use chrono::TimeDelta;

use crate::limits::SUBSCRIPTION_FAILURES_DEGRADED;

const HOUR: u32 = 60 * 60;

/// Seconds between the attempts of one delivery; after the last of them it is given up. Source: the Standard Webhooks
/// specification, “Retry schedule”.
pub const RETRY_SECONDS: [u32; 9] =
    [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The time between a delivery's last attempt, of so many, and its next; `None`: it is given up. Up to a tenth is added as a
/// random number says, so that what failed together does not come back together.
pub fn retry_after(schedule: &[u32], attempts: u32, random: u32) -> Option<TimeDelta> {
    let before = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let millis = i64::from(*schedule.get(before)?) * 1000;
    let share = millis / 10 * i64::from(random) / i64::from(u32::MAX);
    Some(TimeDelta::milliseconds(millis + share))
}

/// The time for which a recipient that is degraded is left alone between two attempts, whatever is to be delivered: a second at
/// first, twice as long with each further failure, and at most so many. What happens meanwhile waits.
///
/// So a target that is down for an hour is not counted out by the events of that hour.
pub fn pause_after(failures: u32, seconds_max: u32) -> TimeDelta {
    let Some(beyond) = failures.checked_sub(SUBSCRIPTION_FAILURES_DEGRADED) else { return TimeDelta::zero() };
    let doubled = 1_u32.checked_shl(beyond).unwrap_or(u32::MAX);
    TimeDelta::seconds(doubled.min(seconds_max).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_ten_times_over_three_days() {
        let waits: Vec<_> = (1..=10).map(|attempts| retry_after(&RETRY_SECONDS, attempts, 0)).collect();
        assert_eq!(waits[0], Some(TimeDelta::seconds(5)));
        assert_eq!(waits[8], Some(TimeDelta::hours(24)));
        assert_eq!(waits[9], None);
        let all = waits.into_iter().flatten().fold(TimeDelta::zero(), |sum, wait| sum + wait);
        assert_eq!(all.num_hours(), 75);
        assert_eq!(retry_after(&RETRY_SECONDS, 0, 0), None);
    }

    #[test]
    fn chance_adds_a_tenth_at_most_and_takes_nothing_away() {
        for random in [0, 1, u32::MAX / 2, u32::MAX] {
            let wait = retry_after(&RETRY_SECONDS, 2, random).unwrap();
            assert!((300_000..=330_000).contains(&wait.num_milliseconds()), "{wait}");
        }
        assert_eq!(retry_after(&RETRY_SECONDS, 2, u32::MAX), Some(TimeDelta::seconds(330)));
    }

    #[test]
    fn who_is_degraded_is_left_alone_ever_longer() {
        let seconds = [9, 10, 11, 12, 16, 499, u32::MAX].map(|failures| pause_after(failures, 60).num_seconds());
        assert_eq!(seconds, [0, 1, 2, 4, 60, 60, 60]);
    }
}
