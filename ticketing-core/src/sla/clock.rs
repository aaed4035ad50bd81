use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Agreement, Allowance, Calendar};
use crate::Timestamp;

/// A ticket's SLA: what was promised, and the instants at which its clock started and stood still.
///
/// It holds instants and no sums, so that another agreement ("carry": as if it had applied since the start) is the same
/// instants read again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sla {
    /// What was promised; `None`: nothing.
    pub agreement: Option<Agreement>,
    /// When the clock started: the ticket's creation.
    pub started_at: Timestamp,
    /// When it stood still (paused or finished): in order, disjoint, at most the last one open.
    pub stops: Vec<Stop>,
}

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
    /// When the budget is used up, a stop that still lasts being taken to end at the instant of reading. `None` beyond the
    /// year 9999.
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
    /// Its budget was used up while it ran.
    Breached,
}

impl Sla {
    /// A clock that starts at an instant.
    pub fn start(agreement: Option<Agreement>, at: Timestamp) -> Self {
        Self { agreement, started_at: at, stops: Vec::new() }
    }

    /// Stands still from an instant on; nothing happens if it does already.
    pub fn stop(&mut self, at: Timestamp) {
        if !self.is_stopped() {
            self.stops.push(Stop { from: at, until: None });
        }
    }

    /// Counts again from an instant on; nothing happens if it does already.
    pub fn resume(&mut self, at: Timestamp) {
        if let Some(Stop { until: until @ None, .. }) = self.stops.last_mut() {
            *until = Some(at);
        }
    }

    /// Whether it stands still.
    pub fn is_stopped(&self) -> bool {
        self.stops.last().is_some_and(|stop| stop.until.is_none())
    }

    /// The clock as it stands at an instant; `None` where nothing was promised.
    pub fn read(&self, calendar: &Calendar, at: Timestamp) -> Option<Reading> {
        let allowance = self.agreement.as_ref()?.resolution.into();
        Some(Reading::of(calendar, self.started_at, allowance, &self.stops, at))
    }
}

impl Reading {
    /// A clock that started at an instant with an allowance and stood still at times – in order and disjoint, a last one may be
    /// open – as it stands at another instant.
    pub fn of(calendar: &Calendar, started_at: Timestamp, allowance: Allowance, stops: &[Stop], at: Timestamp) -> Self {
        let allowed = calendar.allow(started_at, allowance);
        let total = allowed.total;
        let mut elapsed = TimeDelta::zero();
        let mut counted = TimeDelta::zero();
        let mut due = None;
        let mut found = false;
        let mut counted_from = started_at;
        for stop in stops {
            let working = calendar.working(counted_from, stop.from);
            if !found && counted + working >= total {
                due = calendar.after(counted_from, total - counted);
                found = true;
            }
            counted += working;
            elapsed += calendar.working(counted_from, stop.from.min(at));
            counted_from = stop.until.unwrap_or(at).max(stop.from).max(counted_from);
        }
        if !found {
            due = calendar.after(counted_from, total - counted);
        }
        elapsed += calendar.working(counted_from, at);
        if let Allowance::BusinessDays { .. } = allowance {
            // They end where they end, also outside of working time, as long as no stop took any of that.
            let stopped = |stop: &Stop, due: Timestamp| {
                let until = stop.until.unwrap_or(at).min(due);
                !calendar.working(stop.from.max(started_at), until).is_zero()
            };
            due = match allowed.due {
                Some(plain) if stops.iter().any(|stop| stopped(stop, plain)) => due,
                plain => plain,
            };
        }
        let overdue = elapsed >= total && due.is_some_and(|due| at >= due);
        let stopped = stops.iter().any(|stop| stop.from <= at && stop.until.is_none_or(|until| at < until));
        let state = match (overdue, stopped) {
            (true, _) => ClockState::Breached,
            (false, true) => ClockState::Paused,
            (false, false) => ClockState::Running,
        };
        Self { due, elapsed, remaining: total - elapsed, state }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_unix_millis(1_774_347_300_000 + minute * 60_000).unwrap()
    }

    fn sla(budget: &str, stops: &[(i64, Option<i64>)]) -> Sla {
        let stops = stops.iter().map(|(from, until)| Stop { from: at(*from), until: until.map(at) }).collect();
        let agreement = Agreement { policy: 1, resolution: budget.parse().unwrap() };
        Sla { agreement: Some(agreement), started_at: at(0), stops }
    }

    #[track_caller]
    fn check(sla: &Sla, read_at: i64, due: i64, elapsed_minutes: i64, state: ClockState) {
        let reading = sla.read(&Calendar::default(), at(read_at)).unwrap();
        assert_eq!(reading.due, Some(at(due)));
        assert_eq!(reading.elapsed, TimeDelta::minutes(elapsed_minutes));
        let total = sla.agreement.as_ref().unwrap().resolution.total();
        assert_eq!(reading.remaining, total - reading.elapsed);
        assert_eq!(reading.state, state);
    }

    #[test]
    fn without_stops_it_is_due_when_the_budget_has_passed() {
        let sla = sla("4h", &[]);
        check(&sla, 0, 240, 0, ClockState::Running);
        check(&sla, 239, 240, 239, ClockState::Running);
        check(&sla, 240, 240, 240, ClockState::Breached);
        check(&sla, 300, 240, 300, ClockState::Breached);
    }

    #[test]
    fn a_stop_moves_the_deadline_by_its_length() {
        let sla = sla("4h", &[(60, Some(90))]);
        check(&sla, 120, 270, 90, ClockState::Running);
    }

    #[test]
    fn a_stop_that_lasts_is_taken_to_end_now() {
        let sla = sla("4h", &[(60, None)]);
        check(&sla, 60, 240, 60, ClockState::Paused);
        check(&sla, 600, 780, 60, ClockState::Paused);
    }

    #[test]
    fn a_breach_before_a_stop_stays_one() {
        let sla = sla("1h", &[(90, None)]);
        check(&sla, 600, 60, 90, ClockState::Breached);
    }

    #[test]
    fn a_budget_that_ends_where_a_stop_begins_is_breached_there() {
        let sla = sla("1h", &[(60, Some(120))]);
        check(&sla, 60, 60, 60, ClockState::Breached);
    }

    #[test]
    fn nothing_promised_nothing_read() {
        assert_eq!(Sla::start(None, at(0)).read(&Calendar::default(), at(1)), None);
    }

    #[test]
    fn stopping_and_resuming_twice_is_once() {
        let mut sla = sla("4h", &[]);
        sla.resume(at(1));
        sla.stop(at(2));
        sla.stop(at(3));
        sla.resume(at(4));
        sla.resume(at(5));
        assert_eq!(sla.stops, [Stop { from: at(2), until: Some(at(4)) }]);
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
            let sla = sla(&format!("{budget}m"), &stops);
            let stands = |m: i64, open_until: i64| stops.iter().any(|(from, until)| *from <= m && m < until.unwrap_or(open_until));

            let elapsed = (0..read_at).filter(|m| !stands(*m, read_at)).count();
            let mut due = 0;
            let mut counted = 0;
            while counted < budget {
                counted += i64::from(!stands(due, read_at));
                due += 1;
            }
            let reading = sla.read(&Calendar::default(), at(read_at)).unwrap();
            prop_assert_eq!(reading.elapsed, TimeDelta::minutes(i64::try_from(elapsed).unwrap()));
            prop_assert_eq!(reading.due, Some(at(due)));
        }
    }
}
