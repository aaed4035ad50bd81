//! How long to wait after a delivery that failed.

use chrono::TimeDelta;

use crate::limits::{SUBSCRIPTION_FAILURES_DEGRADED, SUBSCRIPTION_RETRY_AFTER_SECONDS_MAX};

const HOUR: u32 = 60 * 60;

/// Seconds between the attempts of one delivery; after the last of them it is given up. Source: the Standard Webhooks
/// specification, “Retry schedule”.
pub const RETRY_SECONDS: [u32; 9] =
    [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The time between a delivery's last attempt, of so many, and its next; `None`: it is given up. A recipient that has asked for
/// more than the schedule has is given it ([`heeded`]). Up to a tenth is added as a random number says, so that what failed together
/// does not come back together.
pub fn retry_after(schedule: &[u32], attempts: u32, asked: Option<TimeDelta>, random: u32) -> Option<TimeDelta> {
    let before = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let scheduled = TimeDelta::seconds((*schedule.get(before)?).into());
    let millis = asked.map_or(scheduled, |asked| scheduled.max(heeded(asked))).num_milliseconds();
    let share = millis / 10 * i64::from(random) / i64::from(u32::MAX);
    Some(TimeDelta::milliseconds(millis + share))
}

/// Whether an answer of this status may say when to come back: too much was asked of its sender, or it is not there for now.
/// Source: RFC 6585, 4; RFC 9110, 15.6.4. Others that may say so are about something else.
pub const fn may_ask_for_time(http_status: u16) -> bool {
    matches!(http_status, 429 | 503)
}

/// The time for which a recipient is left alone that asks for it: what it says, and a day at most.
pub fn heeded(asked: TimeDelta) -> TimeDelta {
    asked.clamp(TimeDelta::zero(), TimeDelta::seconds(SUBSCRIPTION_RETRY_AFTER_SECONDS_MAX.into()))
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
        let waits: Vec<_> = (1..=10).map(|attempts| retry_after(&RETRY_SECONDS, attempts, None, 0)).collect();
        assert_eq!(waits[0], Some(TimeDelta::seconds(5)));
        assert_eq!(waits[8], Some(TimeDelta::hours(24)));
        assert_eq!(waits[9], None);
        let all = waits.into_iter().flatten().fold(TimeDelta::zero(), |sum, wait| sum + wait);
        assert_eq!(all.num_hours(), 75);
        assert_eq!(retry_after(&RETRY_SECONDS, 0, None, 0), None);
    }

    #[test]
    fn chance_adds_a_tenth_at_most_and_takes_nothing_away() {
        for random in [0, 1, u32::MAX / 2, u32::MAX] {
            let wait = retry_after(&RETRY_SECONDS, 2, None, random).unwrap();
            assert!((300_000..=330_000).contains(&wait.num_milliseconds()), "{wait}");
        }
        assert_eq!(retry_after(&RETRY_SECONDS, 2, None, u32::MAX), Some(TimeDelta::seconds(330)));
    }

    #[test]
    fn who_asks_for_time_is_given_it_up_to_a_day_and_no_less_than_the_schedule() {
        let after = |attempts, asked, random| {
            retry_after(&RETRY_SECONDS, attempts, Some(TimeDelta::seconds(asked)), random)
                .map(|wait| wait.num_seconds())
        };
        assert_eq!((after(1, 120, 0), after(1, 120, u32::MAX)), (Some(120), Some(132)));
        assert_eq!([after(1, 0, 0), after(1, -7, 0), after(2, 120, 0)], [Some(5), Some(5), Some(300)]);
        assert_eq!([after(1, 86_400, 0), after(1, i64::from(u32::MAX), 0)], [Some(86_400); 2]);
        assert_eq!(retry_after(&RETRY_SECONDS, 1, Some(TimeDelta::MAX), 0), Some(TimeDelta::days(1)));
        assert_eq!(after(10, 120, 0), None, "what was tried often enough is given up all the same");
        assert_eq!([200, 301, 413, 429, 500, 503].map(may_ask_for_time), [false, false, false, true, false, true]);
    }

    #[test]
    fn who_is_degraded_is_left_alone_ever_longer() {
        let seconds = [9, 10, 11, 12, 16, 499, u32::MAX].map(|failures| pause_after(failures, 60).num_seconds());
        assert_eq!(seconds, [0, 1, 2, 4, 60, 60, 60]);
    }
}
