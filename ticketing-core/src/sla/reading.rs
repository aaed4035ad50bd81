use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Allowance, Allowed, Calendar};
use crate::{Timestamp, limits::SLA_BREACH_PERCENT};

/// A time in which the clock stands still: from `from`, up to but not including `until`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it; `None` while it lasts.
    pub until: Option<Timestamp>,
}

/// A clock as read at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// When the time is used up, a stop that still lasts being taken to end at the instant of reading. `None` beyond 2099.
    pub due: Option<Timestamp>,
    /// Working time used.
    pub elapsed: TimeDelta,
    /// Working time left; negative once overdue.
    pub remaining: TimeDelta,
    /// What the clock does.
    pub state: ClockState,
}

/// What a clock does at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// It counts.
    Running,
    /// It stands still.
    Paused,
    /// What it was for has been done in time.
    Met,
    /// Its time was used up while it ran.
    Breached,
}

impl Reading {
    /// A clock that started at an instant with an allowance and stood still at times – in order and disjoint, a last one may be
    /// open – as it stands at another instant.
    pub fn of(calendar: &Calendar, started_at: Timestamp, allowance: Allowance, stops: &[Stop], at: Timestamp) -> Self {
        Course { calendar, started_at, allowance, stops, at }.read()
    }
}

/// A clock and an instant: when it started, with how much time, and when it stood still.
#[derive(Clone, Copy)]
pub(super) struct Course<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) started_at: Timestamp,
    pub(super) allowance: Allowance,
    /// In order and disjoint; a last one that lasts is taken to end at the instant.
    pub(super) stops: &'a [Stop],
    pub(super) at: Timestamp,
}

impl Course<'_> {
    pub(super) fn read(&self) -> Reading {
        let Self { at, stops, .. } = *self;
        let allowed = self.allowed();
        let total = allowed.total;
        let elapsed = self.elapsed();
        let due = self.due(allowed);
        let overdue = elapsed >= total && due.is_some_and(|due| at >= due);
        let stopped = stops.iter().any(|stop| stop.from <= at && stop.until.is_none_or(|until| at < until));
        let state = match (overdue, stopped) {
            (true, _) => ClockState::Breached,
            (false, true) => ClockState::Paused,
            (false, false) => ClockState::Running,
        };
        Reading { due, elapsed, remaining: total - elapsed, state }
    }

    pub(super) fn allowed(&self) -> Allowed {
        self.calendar.allow(self.started_at, self.allowance)
    }

    /// When so many percents of the working time are up; `None` beyond 2099.
    pub(super) fn moment(&self, percent: u8) -> Option<Timestamp> {
        let allowed = self.allowed();
        if percent >= SLA_BREACH_PERCENT {
            return self.due(allowed);
        }
        if let (Allowance::BusinessDays { .. }, None) = (self.allowance, allowed.due) {
            // There is no telling how much time they have.
            return None;
        }
        // Up, so that it is not early by a part of a millisecond.
        let share = (allowed.total.num_milliseconds().saturating_mul(percent.into()).saturating_add(99)) / 100;
        self.reaches(TimeDelta::milliseconds(share))
    }

    pub(super) fn elapsed(&self) -> TimeDelta {
        working(self.calendar, self.started_at, self.stops, self.at)
    }

    fn end_of(&self, stop: &Stop) -> Timestamp {
        end_of(stop, self.at)
    }

    fn due(&self, allowed: Allowed) -> Option<Timestamp> {
        let Allowance::BusinessDays { .. } = self.allowance else { return self.reaches(allowed.total) };
        // They end where they end, also outside of working time, as long as no stop took any of that.
        let takes = |stop: &Stop, due: Timestamp| {
            let until = stop.until.unwrap_or(self.at).min(due);
            !self.calendar.working(stop.from.max(self.started_at), until).is_zero()
        };
        match allowed.due {
            Some(plain) if self.stops.iter().any(|stop| takes(stop, plain)) => self.reaches(allowed.total),
            plain => plain,
        }
    }

    /// The earliest instant by which so much has elapsed; `None` beyond 2099.
    fn reaches(&self, total: TimeDelta) -> Option<Timestamp> {
        let mut counted = TimeDelta::zero();
        let mut counted_from = self.started_at;
        for stop in self.stops {
            let working = self.calendar.working(counted_from, stop.from);
            if counted + working >= total {
                break;
            }
            counted += working;
            counted_from = self.end_of(stop).max(counted_from);
        }
        self.calendar.after(counted_from, total - counted)
    }
}

/// The working time from an instant to another, without that of stops in between.
pub(super) fn working(calendar: &Calendar, started_at: Timestamp, stops: &[Stop], at: Timestamp) -> TimeDelta {
    let mut elapsed = TimeDelta::zero();
    let mut counted_from = started_at;
    for stop in stops {
        elapsed += calendar.working(counted_from, stop.from.min(at));
        counted_from = end_of(stop, at).max(counted_from);
    }
    elapsed + calendar.working(counted_from, at)
}

fn end_of(stop: &Stop, at: Timestamp) -> Timestamp {
    stop.until.unwrap_or(at).max(stop.from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_unix_millis(1_774_347_300_000 + minute * 60_000).unwrap()
    }

    /// How many minutes, and its stops.
    type Clock = (u32, Vec<Stop>);

    fn clock(minutes: u32, stops: &[(i64, Option<i64>)]) -> Clock {
        let stops = stops.iter().map(|(from, until)| Stop { from: at(*from), until: until.map(at) });
        (minutes, stops.collect())
    }

    fn read((minutes, stops): &Clock, read_at: i64) -> Reading {
        let allowance = format!("{minutes}m").parse().unwrap();
        Reading::of(&Calendar::default(), at(0), allowance, stops, at(read_at))
    }

    #[track_caller]
    fn check(clock: &Clock, read_at: i64, due: i64, elapsed_minutes: i64, state: ClockState) {
        let elapsed = TimeDelta::minutes(elapsed_minutes);
        let remaining = TimeDelta::minutes(clock.0.into()) - elapsed;
        assert_eq!(read(clock, read_at), Reading { due: Some(at(due)), elapsed, remaining, state });
    }

    #[test]
    fn without_stops_it_is_due_when_the_budget_has_passed() {
        let clock = clock(240, &[]);
        check(&clock, 0, 240, 0, ClockState::Running);
        check(&clock, 239, 240, 239, ClockState::Running);
        check(&clock, 240, 240, 240, ClockState::Breached);
        check(&clock, 300, 240, 300, ClockState::Breached);
    }

    #[test]
    fn a_stop_moves_the_deadline_by_its_length() {
        let clock = clock(240, &[(60, Some(90))]);
        check(&clock, 120, 270, 90, ClockState::Running);
    }

    #[test]
    fn a_stop_that_lasts_is_taken_to_end_now() {
        let clock = clock(240, &[(60, None)]);
        check(&clock, 60, 240, 60, ClockState::Paused);
        check(&clock, 600, 780, 60, ClockState::Paused);
    }

    #[test]
    fn a_breach_before_a_stop_stays_one() {
        let clock = clock(60, &[(90, None)]);
        check(&clock, 600, 60, 90, ClockState::Breached);
    }

    #[test]
    fn a_budget_that_ends_where_a_stop_begins_is_breached_there() {
        let clock = clock(60, &[(60, Some(120))]);
        check(&clock, 60, 60, 60, ClockState::Breached);
    }

    #[test]
    fn shares_of_the_time_are_up_on_the_way_to_the_deadline() {
        let (calendar, stops) = (Calendar::default(), clock(240, &[(60, Some(90))]).1);
        let allowance = "4h".parse().unwrap();
        let course = Course { calendar: &calendar, started_at: at(0), allowance, stops: &stops, at: at(0) };
        let moments = [25, 50, 80, 99, 100].map(|percent| course.moment(percent).unwrap());
        // A share that is up as the clock stops is up then.
        assert_eq!(moments[..3], [at(60), at(150), at(222)]);
        assert_eq!(moments[3].unix_millis(), at(267).unix_millis() + 36_000);
        assert_eq!(moments[4], at(270));
    }

    proptest! {
        /// The closed form beside counting minute by minute.
        #[test]
        fn prop_agrees_with_counting_minutes(
            budget in 1_i64..300, gaps in prop::collection::vec((1_i64..60, 1_i64..60), 0..5), open: bool, read_at in 0_i64..700,
        ) {
            let mut stops = vec![];
            let mut minute = 0;
            for (run, stand) in gaps {
                stops.push((minute + run, Some(minute + run + stand)));
                minute += run + stand;
            }
            if let (true, Some(last)) = (open, stops.last_mut()) {
                last.1 = None;
            }
            // A stop cannot begin after the instant of reading.
            prop_assume!(stops.last().is_none_or(|(from, _)| *from <= read_at));
            let clock = clock(u32::try_from(budget).unwrap(), &stops);
            let stands = |m: i64, open_until: i64| stops.iter().any(|(from, until)| *from <= m && m < until.unwrap_or(open_until));

            let elapsed = (0..read_at).filter(|m| !stands(*m, read_at)).count();
            let mut due = 0;
            let mut counted = 0;
            while counted < budget {
                counted += i64::from(!stands(due, read_at));
                due += 1;
            }
            let reading = read(&clock, read_at);
            prop_assert_eq!(reading.elapsed, TimeDelta::minutes(i64::try_from(elapsed).unwrap()));
            prop_assert_eq!(reading.due, Some(at(due)));
        }
    }
}
