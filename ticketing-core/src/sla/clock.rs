use core::cmp;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    Agreement, Calendar, ClockState, PerTarget, Promise, Reading, Rematch, Stop, TargetKind, is_default,
    reading::{Course, working},
};
use crate::{Rulebook, Status, Timestamp, limits::SLA_BREACH_PERCENT, ticket::lifecycle};

/// A ticket's service levels: what was promised, and the instants that its clocks depend on.
///
/// It holds instants and no sums, so that another agreement ("carry": as if it had applied since the start) is the same
/// instants read again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sla {
    /// What was promised; `None`: no policy is for this ticket.
    pub agreement: Option<Agreement>,
    /// When its clocks started: the ticket's creation.
    pub started_at: Timestamp,
    /// Its statuses since, oldest first; before the first of them it was open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Entered>,
    /// What else its clocks depend on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub clocks: PerTarget<Clock>,
    /// The instant by which somebody wants it resolved, whatever the agreement says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_by_hand: Option<DueByHand>,
}

/// A status from an instant on. In JSON a list of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "(Timestamp, Status)", into = "(Timestamp, Status)")]
pub struct Entered {
    /// Since when.
    pub at: Timestamp,
    /// Which.
    pub status: Status,
}

impl From<(Timestamp, Status)> for Entered {
    fn from((at, status): (Timestamp, Status)) -> Self {
        Self { at, status }
    }
}

impl From<Entered> for (Timestamp, Status) {
    fn from(entered: Entered) -> Self {
        (entered.at, entered.status)
    }
}

/// What one clock depends on, beside the ticket's statuses.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Clock {
    /// When it started: for a next response, when the requester began to wait; for the others, where that is not the ticket's
    /// creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When a response ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How often it has begun anew: each re-opening, each wait for a next response, each restart.
    #[serde(skip_serializing_if = "is_default")]
    pub cycle: u32,
    /// The shares of its time that are up in this cycle: percents, and when.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<(u8, Timestamp)>,
}

/// How long a clock took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The time that counted.
    pub working: TimeDelta,
    /// All of it, from its start to its end.
    pub calendar: TimeDelta,
}

/// A due date that somebody set. It stands, whatever the clock does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DueByHand {
    /// When the ticket is due.
    pub due: Timestamp,
    /// When that was set.
    pub set_at: Timestamp,
}

/// A share of a target's time that is up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Threshold {
    /// Which target's.
    pub target: TargetKind,
    /// In which of its cycles, from 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cycle: u32,
    /// How much of it; 100 is the deadline.
    pub percent: u8,
    /// When it was.
    pub at: Timestamp,
}

/// What an event changed about clocks, as far as instants alone do not tell.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockChanges {
    /// Shares that are up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Threshold>,
    /// Shares that were up under what was promised before, and are not any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lifted: Vec<(TargetKind, u8)>,
    /// Clocks that start anew with the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub restarted: Vec<TargetKind>,
}

impl ClockChanges {
    /// It changes nothing.
    pub const fn is_empty(&self) -> bool {
        self.passed.is_empty() && self.lifted.is_empty() && self.restarted.is_empty()
    }
}

/// The fold: what events do to it.
impl Sla {
    /// Clocks that start at an instant.
    pub const fn start(agreement: Option<Agreement>, at: Timestamp) -> Self {
        const fn clock() -> Clock {
            Clock { started_at: None, ended_at: None, cycle: 0, passed: Vec::new() }
        }
        let clocks = PerTarget { first_response: clock(), next_response: clock(), resolution: clock() };
        Self { agreement, started_at: at, statuses: Vec::new(), clocks, due_by_hand: None }
    }

    /// The ticket has another status. Where that re-opens it, its resolution is in a new cycle.
    pub fn enter(&mut self, status: Status, at: Timestamp) {
        if self.status().is_finished() && status.is_open() {
            self.clocks.resolution.begin_cycle();
        }
        self.statuses.push(Entered { at, status });
    }

    /// The requester is answered: nobody waits any longer.
    pub fn answer(&mut self, at: Timestamp) {
        self.clocks.first_response.ended_at.get_or_insert(at);
        if self.clocks.next_response.started_at.is_some() {
            self.clocks.next_response.ended_at.get_or_insert(at);
        }
    }

    /// The requester says something: from the first thing that is not answered, they wait.
    pub fn ask(&mut self, at: Timestamp) {
        let clock = &mut self.clocks.next_response;
        if clock.started_at.is_none() || clock.ended_at.is_some() {
            if clock.started_at.is_some() {
                clock.begin_cycle();
            }
            clock.started_at = Some(at);
            clock.ended_at = None;
        }
    }

    /// What an event says of the clocks themselves.
    pub fn change(&mut self, changes: &ClockChanges, at: Timestamp) {
        for kind in &changes.restarted {
            // What was up of a due date set by hand stays so: that date does not move.
            let is_by_hand = *kind == TargetKind::Resolution && self.due_by_hand.is_some();
            let clock = self.clocks.get_mut(*kind);
            if !is_by_hand {
                clock.begin_cycle();
            }
            clock.started_at = Some(at);
        }
        for (kind, percent) in &changes.lifted {
            self.clocks.get_mut(*kind).passed.retain(|(passed, _)| passed != percent);
        }
        for Threshold { target, cycle: _, percent, at } in &changes.passed {
            self.clocks.get_mut(*target).passed.push((*percent, *at));
        }
    }

    /// When the ticket came to its status.
    pub fn entered_at(&self) -> Timestamp {
        self.statuses.last().map_or(self.started_at, |entered| entered.at)
    }

    /// The ticket's status.
    pub fn status(&self) -> Status {
        self.statuses.last().map_or(Status::Open, |entered| entered.status)
    }
}

impl Clock {
    fn begin_cycle(&mut self) {
        self.cycle = self.cycle.saturating_add(1);
        self.passed.clear();
    }

    fn has_passed(&self, percent: u8) -> bool {
        self.passed.iter().any(|(passed, _)| *passed == percent)
    }
}

/// What it comes to at an instant.
impl Sla {
    /// The resolution's clock at an instant; `None` where nothing is promised.
    pub fn read(&self, book: &Rulebook, at: Timestamp) -> Option<Reading> {
        self.read_target(TargetKind::Resolution, book, at)
    }

    /// A clock at an instant; `None` where nothing is promised, or where nobody waits for a next response.
    pub fn read_target(&self, kind: TargetKind, book: &Rulebook, at: Timestamp) -> Option<Reading> {
        let run = self.run(kind, at);
        let promised = run.as_ref().map(|run| run.with_course(book, |course| run.judged(course.read())));
        match self.due_by_hand.filter(|_| kind == TargetKind::Resolution) {
            Some(by_hand) => Some(self.read_by_hand(by_hand, promised, at)),
            None => promised,
        }
    }

    /// The working time that is granted; `None` where nothing is promised, or where nobody waits.
    pub fn granted(&self, kind: TargetKind, book: &Rulebook, at: Timestamp) -> Option<TimeDelta> {
        Some(self.run(kind, at)?.with_course(book, |course| course.allowed().total))
    }

    /// How long a clock has taken at an instant, or had when it ended. Where nothing is promised, its working time is that of a
    /// calendar, and it stands still where such clocks do when rules do not say. `None` where nobody waits for a next response.
    pub fn taken(&self, kind: TargetKind, book: &Rulebook, otherwise: &Calendar, at: Timestamp) -> Option<Taken> {
        let Ran { started_at, read_at, .. } = self.ran(kind, at)?;
        let working = match self.run(kind, at) {
            Some(run) => run.with_course(book, |course| course.elapsed()),
            None => working(otherwise, started_at, &self.stops(&kind.pauses(), read_at), read_at),
        };
        Some(Taken { working, calendar: read_at.since(started_at) })
    }

    /// A clock's run up to an instant; `None` where nothing is promised, or where nobody waits.
    pub(super) fn run(&self, kind: TargetKind, at: Timestamp) -> Option<Run<'_>> {
        let promise = self.agreement.as_ref()?.promises.get(kind).as_ref()?;
        let Ran { started_at, read_at, is_met } = self.ran(kind, at)?;
        Some(Run { promise, started_at, stops: self.stops(&promise.pauses, read_at), read_at, is_met })
    }

    /// From when to when a clock runs, whatever is promised; `None` where nobody waits.
    fn ran(&self, kind: TargetKind, at: Timestamp) -> Option<Ran> {
        let clock = self.clocks.get(kind);
        let started_at = match kind {
            TargetKind::NextResponse => clock.started_at?,
            TargetKind::FirstResponse | TargetKind::Resolution => clock.started_at.unwrap_or(self.started_at),
        };
        let finished = self.finished(at);
        let responded = clock.ended_at.filter(|ended| *ended <= at);
        let resolved = finished.filter(|(_, status)| kind == TargetKind::Resolution && *status != Status::Canceled);
        let is_met = responded.is_some() || resolved.is_some();
        // An answer to a finished ticket is an answer: it counts as such also once the ticket is re-opened.
        let ends_at = responded.or(finished.map(|(at, _)| at));
        Some(Ran { started_at, read_at: ends_at.unwrap_or(at), is_met })
    }

    /// The ticket's status at an instant.
    fn status_at(&self, at: Timestamp) -> Status {
        let until = self.statuses.partition_point(|entered| entered.at <= at);
        let last = until.checked_sub(1).and_then(|index| self.statuses.get(index));
        last.map_or(Status::Open, |entered| entered.status)
    }

    /// Since when the ticket has been finished at an instant, and how; `None` while it is open.
    fn finished(&self, at: Timestamp) -> Option<(Timestamp, Status)> {
        let until = self.statuses.partition_point(|entered| entered.at <= at);
        let seen = self.statuses.get(..until)?;
        let finished = seen.iter().rev().take_while(|entered| entered.status.is_finished()).last()?;
        Some((finished.at, seen.last()?.status))
    }

    /// When a clock stood still that pauses in some statuses, up to an instant. In finished ones every clock does.
    fn stops(&self, pauses: &[Status], until: Timestamp) -> Vec<Stop> {
        let mut stops: Vec<Stop> = Vec::new();
        let opened = Entered { at: self.started_at, status: Status::Open };
        let seen = self.statuses.iter().take_while(|entered| entered.at <= until);
        for Entered { at, status } in core::iter::once(&opened).chain(seen) {
            let stands = status.is_finished() || pauses.contains(status);
            match (stops.last_mut(), stands) {
                (Some(Stop { until: None, .. }), true) => {}
                (Some(Stop { until: end @ None, .. }), false) => *end = Some(*at),
                (_, true) => stops.push(Stop { from: *at, until: None }),
                (_, false) => {}
            }
        }
        stops
    }

    fn read_by_hand(&self, by_hand: DueByHand, promised: Option<Reading>, at: Timestamp) -> Reading {
        let finished = self.finished(at);
        let read_at = finished.map_or(at, |(finished, _)| finished);
        let state = match (read_at >= by_hand.due, finished) {
            (true, _) => ClockState::Breached,
            (false, Some((_, Status::Canceled))) => ClockState::Paused,
            (false, Some(_)) => ClockState::Met,
            (false, None) if lifecycle::pauses_work(self.status_at(at)) => ClockState::Paused,
            (false, None) => ClockState::Running,
        };
        let elapsed = promised.map_or_else(|| read_at.since(by_hand.set_at), |reading| reading.elapsed);
        Reading { due: Some(by_hand.due), elapsed, remaining: by_hand.due.since(read_at), state }
    }
}

/// When a clock started, up to when it is read, and whether what it is for has been done.
struct Ran {
    started_at: Timestamp,
    read_at: Timestamp,
    is_met: bool,
}

/// A clock's run, from its start to an instant.
pub(super) struct Run<'a> {
    pub(super) promise: &'a Promise,
    pub(super) started_at: Timestamp,
    stops: Vec<Stop>,
    /// The instant, or when the clock ended.
    pub(super) read_at: Timestamp,
    is_met: bool,
}

impl Run<'_> {
    fn with_course<T>(&self, book: &Rulebook, then: impl FnOnce(Course<'_>) -> T) -> T {
        let Self { promise, started_at, ref stops, read_at, .. } = *self;
        let calendar = &book.calendar(promise);
        then(Course { calendar, started_at, allowance: promise.allowance, stops, at: read_at })
    }

    fn judged(&self, reading: Reading) -> Reading {
        let state = match reading.state {
            ClockState::Running | ClockState::Paused if self.is_met => ClockState::Met,
            state => state,
        };
        Reading { state, ..reading }
    }

    fn stands(&self) -> bool {
        self.stops.last().is_some_and(|stop| stop.until.is_none())
    }
}

/// When something is to be done about it.
impl Sla {
    /// The shares of time that are up at an instant and have not been noted, in the order in which they were.
    pub fn passed(&self, book: &Rulebook, at: Timestamp) -> Vec<Threshold> {
        let mut passed: Vec<_> = self.thresholds(book, at).into_iter().filter(|threshold| threshold.at <= at).collect();
        passed.sort_by_key(|Threshold { target, percent, at, .. }| (*at, *target, *percent));
        passed
    }

    /// The next instant at which a share of time is up, as long as nothing happens to the ticket; `None`: never.
    pub fn next_moment(&self, book: &Rulebook, at: Timestamp) -> Option<Timestamp> {
        self.thresholds(book, at).into_iter().map(|threshold| threshold.at).min()
    }

    /// Of all clocks that run, the shares that have not been noted; of those that stand still, the ones that are up.
    fn thresholds(&self, book: &Rulebook, at: Timestamp) -> Vec<Threshold> {
        let mut thresholds = Vec::new();
        if self.status().is_finished() {
            return thresholds;
        }
        for kind in TargetKind::ALL {
            let clock = self.clocks.get(kind);
            if clock.ended_at.is_some() {
                continue;
            }
            self.each_moment(kind, book, at, |percent, moment, stands| {
                let moment = moment.filter(|moment| !clock.has_passed(percent) && (!stands || *moment <= at));
                if let Some(at) = moment {
                    thresholds.push(Threshold { target: kind, cycle: clock.cycle, percent, at });
                }
            });
        }
        thresholds
    }

    /// Each share of a clock at which something happens, when it is up – `None` beyond 2099 – and whether the clock stands still.
    pub(super) fn each_moment(
        &self,
        kind: TargetKind,
        book: &Rulebook,
        at: Timestamp,
        mut each: impl FnMut(u8, Option<Timestamp>, bool),
    ) {
        let run = self.run(kind, at);
        let at_risk = run.as_ref().map_or(&[][..], |run| &run.promise.at_risk);
        let percents = at_risk.iter().copied().chain([SLA_BREACH_PERCENT]);
        if let Some(DueByHand { due, set_at }) = self.due_by_hand.filter(|_| kind == TargetKind::Resolution) {
            let span = due.since(set_at).num_milliseconds().max(0);
            for percent in percents {
                let share = span.saturating_mul(percent.into()).saturating_add(99) / 100;
                let moment = set_at.checked_add(TimeDelta::milliseconds(share));
                each(percent, moment.map(|moment| cmp::min(moment, due)), false);
            }
        } else if let Some(run) = &run {
            run.with_course(book, |course| {
                // Business days of which all working time is used end where they end, also while the clock stands.
                let stands = run.stands() && course.read().remaining > TimeDelta::zero();
                for percent in percents {
                    each(percent, course.moment(percent), stands);
                }
            });
        }
    }

    /// What comes of another agreement: which one it is, and what that does to the clocks. Clocks that start anew do so `now`; what
    /// is up is asked of `since`, when there was cause for the other agreement.
    pub(crate) fn rematched(
        &self,
        matched: Option<Agreement>,
        rematch: Rematch,
        book: &Rulebook,
        since: Timestamp,
        now: Timestamp,
    ) -> (Option<Agreement>, ClockChanges) {
        if rematch == Rematch::Keep {
            return (self.agreement.clone(), ClockChanges::default());
        }
        let mut changes = ClockChanges::default();
        let mut after = Self { agreement: self.with_settled_response(matched), ..self.clone() };
        if rematch == Rematch::Restart {
            changes.restarted = TargetKind::ALL.into_iter().filter(|kind| self.restarts(*kind, &after, book)).collect();
            after.change(&changes, now);
        }
        changes.lifted = after.up_no_more(book, since);
        (after.agreement, changes)
    }

    /// What a due date set by hand, or taken away, does to the clocks.
    pub(crate) fn moved_by_hand(&self, by_hand: Option<DueByHand>, book: &Rulebook, now: Timestamp) -> ClockChanges {
        let after = Self { due_by_hand: by_hand, ..self.clone() };
        ClockChanges { lifted: after.up_no_more(book, now), ..ClockChanges::default() }
    }

    /// Another agreement, with the first response of this one where that has been met or breached.
    fn with_settled_response(&self, matched: Option<Agreement>) -> Option<Agreement> {
        let clock = &self.clocks.first_response;
        let is_settled = clock.ended_at.is_some() || clock.has_passed(SLA_BREACH_PERCENT);
        if !is_settled {
            return matched;
        }
        let own = self.agreement.as_ref();
        let first_response = own.and_then(|own| own.promises.first_response.clone());
        match (matched, own) {
            (Some(Agreement { policy, rules, promises }), _) => {
                Some(Agreement { policy, rules, promises: PerTarget { first_response, ..promises } })
            }
            (None, Some(own)) if first_response.is_some() => Some(Agreement {
                policy: own.policy,
                rules: own.rules,
                promises: PerTarget { first_response, ..PerTarget::default() },
            }),
            (None, _) => None,
        }
    }

    /// Whether a clock starts anew with another agreement: it runs, and what it runs by is another target.
    fn restarts(&self, kind: TargetKind, after: &Self, book: &Rulebook) -> bool {
        let of = |sla: &Self| {
            let agreement = sla.agreement.as_ref()?;
            let promise = agreement.promises.get(kind).clone()?;
            // Rules that changed elsewhere have the same calendar by another reference.
            let calendar = book.calendar(&promise);
            // When it is at risk is no part of how long it has.
            Some((agreement.policy, calendar, Promise { calendar: None, at_risk: Vec::new(), ..promise }))
        };
        let clock = self.clocks.get(kind);
        let runs = match kind {
            TargetKind::FirstResponse => clock.ended_at.is_none() && !clock.has_passed(SLA_BREACH_PERCENT),
            TargetKind::NextResponse => clock.started_at.is_some() && clock.ended_at.is_none(),
            TargetKind::Resolution => true,
        };
        let promised = of(after);
        runs && promised.is_some() && of(self) != promised
    }

    /// The shares that have been noted and are not up as things stand, so that they can be again.
    fn up_no_more(&self, book: &Rulebook, now: Timestamp) -> Vec<(TargetKind, u8)> {
        let mut lifted = Vec::new();
        for kind in TargetKind::ALL {
            let clock = self.clocks.get(kind);
            let mut are_up = Vec::new();
            self.each_moment(kind, book, now, |percent, moment, _| {
                if moment.is_some_and(|moment| moment <= now) {
                    are_up.push(percent);
                }
            });
            let is_up = |(percent, _): &&(u8, Timestamp)| are_up.contains(percent);
            lifted.extend(clock.passed.iter().filter(|passed| !is_up(passed)).map(|(percent, _)| (kind, *percent)));
        }
        lifted
    }
}
