use chrono::TimeDelta;

use super::{DueByHand, Interval, Promise, Reading, Sla, TargetKind};
use crate::{Rulebook, Timestamp};

/// All that there is to say of a clock at an instant: what was promised, what has become of it, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Of which target.
    pub kind: TargetKind,
    /// In which cycle, from 0.
    pub cycle: u32,
    /// What was promised; `None` where somebody has set the due date, and nothing was.
    pub promise: Option<Promise>,
    /// The due date that somebody has set.
    pub due_by_hand: Option<DueByHand>,
    /// When the clock started.
    pub started_at: Timestamp,
    /// The instant, or when the clock ended.
    pub read_at: Timestamp,
    /// The working time that was promised.
    pub granted: Option<TimeDelta>,
    /// What it comes to.
    pub reading: Reading,
    /// How much time has passed since it started, whether it counted or not.
    pub calendar_time: TimeDelta,
    /// The shares of its time at which something happens, in order.
    pub shares: Vec<Share>,
    /// What counted and what did not, in order and without gaps; none where nothing was promised.
    pub intervals: Vec<Interval>,
}

/// A share of a target's time at which something happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// How much of it; 100 is the deadline.
    pub percent: u8,
    /// When it is up, as things stand; `None` beyond 2099.
    pub at: Option<Timestamp>,
    /// When it was up, where that has been noted in this cycle.
    pub passed_at: Option<Timestamp>,
}

impl Sla {
    /// All that there is to say of a clock at an instant; `None` where there is none.
    pub fn account(&self, kind: TargetKind, book: &Rulebook, at: Timestamp) -> Option<Account> {
        let reading = self.read_target(kind, book, at)?;
        let run = self.run(kind, at);
        let clock = self.clocks.get(kind);
        let due_by_hand = self.due_by_hand.filter(|_| kind == TargetKind::Resolution);
        let started_at = run.as_ref().map_or(self.started_at, |run| run.started_at);
        let read_at = run.as_ref().map_or(at, |run| run.read_at);
        let passed_at = |percent| clock.passed.iter().find(|(passed, _)| *passed == percent).map(|(_, at)| *at);
        let mut shares = Vec::new();
        self.each_moment(kind, book, at, |percent, moment, _| {
            shares.push(Share { percent, at: moment, passed_at: passed_at(percent) });
        });
        Some(Account {
            kind,
            cycle: clock.cycle,
            promise: run.as_ref().map(|run| run.promise.clone()),
            due_by_hand,
            started_at,
            read_at,
            granted: self.granted(kind, book, at),
            reading,
            calendar_time: read_at.since(started_at),
            shares,
            intervals: self.explain(kind, book, at).unwrap_or_default(),
        })
    }
}
