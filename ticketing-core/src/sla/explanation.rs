use chrono::{NaiveDate, TimeDelta};

use super::{Calendar, Sla, TargetKind};
use crate::{Rulebook, Status, Timestamp};

/// A time in a clock's run, all of which counted or was skipped for one reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// Why it counted, or did not.
    pub reason: Reason,
}

/// Why a time counted, or did not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// It counted: working time, in which the clock ran.
    Working,
    /// It is outside of the calendar's hours.
    OutsideHours,
    /// It is on a date that the calendar has closed.
    ClosedDate(NaiveDate),
    /// The clock stood still: the ticket was in a status that pauses it, or finished.
    Status(Status),
}

impl Interval {
    /// How long it is.
    pub fn length(&self) -> TimeDelta {
        self.until.since(self.from)
    }

    /// It counted.
    pub const fn counts(&self) -> bool {
        matches!(self.reason, Reason::Working)
    }
}

impl Sla {
    /// Every interval of a clock's run up to an instant, in order and without gaps, each with why it counted or did not. Those that
    /// counted are together exactly what has elapsed. `None` where there is no such clock.
    pub fn explain(&self, kind: TargetKind, book: &Rulebook, at: Timestamp) -> Option<Vec<Interval>> {
        let run = self.run(kind, at)?;
        let calendar = book.calendar(run.promise);
        let stands = |status: Status| status.is_finished() || run.promise.pauses.contains(&status);
        let mut intervals = Vec::new();
        // Statuses in which it ran are one stretch.
        let mut from = run.started_at;
        let mut stood = stands(Status::Open).then_some(Status::Open);
        for entered in &self.statuses {
            let stands = stands(entered.status).then_some(entered.status);
            if stands != stood {
                calendar.explain(&mut intervals, from, entered.at.min(run.read_at), stood);
                from = from.max(entered.at);
                stood = stands;
            }
        }
        calendar.explain(&mut intervals, from, run.read_at, stood);
        Some(intervals)
    }
}

impl Calendar {
    /// What a time between two instants is: working time, or why it is none.
    pub fn intervals(&self, from: Timestamp, until: Timestamp) -> Vec<Interval> {
        let mut intervals = Vec::new();
        self.explain(&mut intervals, from, until, None);
        intervals
    }

    /// Appends what a time is in which the clock ran, or stood still in a status.
    fn explain(&self, intervals: &mut Vec<Interval>, from: Timestamp, until: Timestamp, stood: Option<Status>) {
        let mut push = |from: Timestamp, until: Timestamp, reason| {
            if from >= until {
                return;
            }
            match intervals.last_mut() {
                Some(last) if last.reason == reason && last.until == from => last.until = until,
                _ => intervals.push(Interval { from, until, reason }),
            }
        };
        if let Some(status) = stood {
            return push(from, until, Reason::Status(status));
        }
        let mut at = from;
        for (begins, ends) in self.worked(from, until) {
            self.each_closed(at, begins, &mut push);
            push(begins, ends, Reason::Working);
            at = ends;
        }
        self.each_closed(at, until, &mut push);
    }

    /// The dates of a time without working time.
    fn each_closed(&self, from: Timestamp, until: Timestamp, push: &mut impl FnMut(Timestamp, Timestamp, Reason)) {
        let mut at = from;
        while at < until {
            let (ends, closed) = self.date_at(at);
            let ends = ends.min(until).max(at);
            push(at, ends, closed.map_or(Reason::OutsideHours, Reason::ClosedDate));
            if ends == at {
                break;
            }
            at = ends;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Zone,
        sla::{Hours, Shift},
    };

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_weekend_and_a_holiday_are_told_apart() {
        let day = || vec![Shift::parse("08:00", "12:00").unwrap()];
        let hours = Hours::weekly([day(), day(), day(), day(), day(), vec![], vec![]])
            .with_exception(NaiveDate::from_ymd_opt(2026, 12, 25).unwrap(), vec![]);
        let calendar = Calendar::new(hours, Zone::fixed("America/Bogota", -5 * 3600));
        let told = calendar.intervals(at("2026-12-24T16:00:00Z"), at("2026-12-28T14:00:00Z"));
        let told: Vec<_> = told
            .iter()
            .map(|interval| format!("{} {} {:?}", interval.from.seconds(), interval.until.seconds(), interval.reason))
            .collect();
        assert_eq!(
            told,
            [
                "2026-12-24T16:00:00Z 2026-12-24T17:00:00Z Working",
                "2026-12-24T17:00:00Z 2026-12-25T05:00:00Z OutsideHours",
                "2026-12-25T05:00:00Z 2026-12-26T05:00:00Z ClosedDate(2026-12-25)",
                "2026-12-26T05:00:00Z 2026-12-28T13:00:00Z OutsideHours",
                "2026-12-28T13:00:00Z 2026-12-28T14:00:00Z Working",
            ]
        );
    }
}
