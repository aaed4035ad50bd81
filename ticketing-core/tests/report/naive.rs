//! Every figure from whole histories, the plain way: each ticket's life is told once, then what is asked is counted in it.

use chrono::{DateTime, Datelike, Utc};
use ticketing_core::{
    Event, Rulebook, Rules, Status, Ticket, TicketId, Timestamp,
    report::{Dimension, Figure, Measure, Period},
    sla::{ClockState, TargetKind},
    ticket::{Action, ActorId, Origin},
};

/// What a ticket was, from an instant on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) ticket_type: Option<String>,
    pub(crate) priority: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) area: String,
    pub(crate) agent: Option<ActorId>,
    pub(crate) origin: Origin,
    status: Status,
    archived: bool,
}

impl State {
    fn waits(&self) -> bool {
        matches!(self.status, Status::Open | Status::InProgress | Status::Paused) && !self.archived
    }

    /// What a report calls its value of a dimension, however it is spelt; nothing where it has none.
    pub(crate) fn value(&self, by: Dimension, rules: &Rules) -> String {
        let value = match by {
            Dimension::Area => Some(self.area.clone()),
            Dimension::Type => self.ticket_type.clone(),
            Dimension::Priority => self.priority.clone(),
            Dimension::Category => self.category.clone(),
            Dimension::Agent => self.agent.map(|agent| agent.0.to_string()),
            Dimension::Origin => Some(self.origin.name().to_owned()),
        };
        value.map(|value| same(&value, by, rules)).unwrap_or_default()
    }
}

/// One form of all spellings of a value.
pub(crate) fn same(value: &str, by: Dimension, rules: &Rules) -> String {
    let known = match by {
        Dimension::Area => rules.known_area(value),
        Dimension::Priority => rules.known_priority(value),
        _ => None,
    };
    known.unwrap_or(value).trim().to_uppercase()
}

/// Something that happened once.
#[derive(Clone, Debug)]
pub(crate) enum Moment {
    Created,
    Canceled,
    Closed,
    Reopened,
    Left,
    Ended { kind: TargetKind, working: i64, calendar: i64, in_time: Option<bool> },
    Resolved { was_first: Option<bool>, open: i64, paused: i64 },
    Missed(TargetKind),
}

/// A ticket's life.
pub(crate) struct Life {
    pub(crate) created_at: Timestamp,
    /// Since when it was what, in order.
    pub(crate) states: Vec<(Timestamp, State)>,
    pub(crate) moments: Vec<(Timestamp, State, Moment)>,
}

pub(crate) fn life(history: &[Event], book: &Rulebook) -> Life {
    let first = &history[0];
    let opened = first.changes.opened.as_ref().unwrap();
    let created_at = first.occurred_at.unwrap_or(first.recorded_at);
    let mut state = State {
        ticket_type: opened.attributes.ticket_type.clone(),
        priority: opened.attributes.priority.clone(),
        category: opened.attributes.category.clone(),
        area: opened.attributes.area.clone(),
        agent: first.changes.assignee.as_ref().and_then(|change| change.after),
        origin: opened.origin,
        status: Status::Open,
        archived: false,
    };
    let mut states = vec![(created_at, state.clone())];
    let mut moments = vec![(created_at, state.clone(), Moment::Created)];
    for (index, event) in history.iter().enumerate() {
        let now = Ticket::replay(TicketId::default(), &history[..=index]).unwrap();
        let heard_before =
            index > 0 && Ticket::replay(TicketId::default(), &history[..index]).unwrap().first_responded_at().is_some();
        let before = state.clone();
        for passed in event.changes.clocks.passed.iter().filter(|passed| passed.percent == 100) {
            moments.push((passed.at, before.clone(), Moment::Missed(passed.target)));
        }
        let changes = &event.changes;
        if index > 0 {
            state.priority = changes.priority.as_ref().map_or(state.priority, |change| change.after.clone());
            state.category = changes.category.as_ref().map_or(state.category, |change| change.after.clone());
            state.area = changes.area.as_ref().map_or(state.area, |change| change.after.clone());
            state.agent = changes.assignee.as_ref().map_or(state.agent, |change| change.after);
        }
        if event.action == Action::Archived || event.action == Action::Unarchived {
            state.archived = event.action == Action::Archived;
        }
        let rules = book.version(event.rules).unwrap();
        if same(&before.area, Dimension::Area, rules) != same(&state.area, Dimension::Area, rules) {
            moments.push((event.recorded_at, before.clone(), Moment::Left));
        }
        let entered = match (index, &changes.status) {
            (_, None) => vec![],
            (0, Some(_)) => opened.statuses(first),
            (_, Some(change)) => vec![(change.after, event.recorded_at)],
        };
        let answers = [
            (TargetKind::FirstResponse, now.sla.clocks.first_response.ended_at),
            (TargetKind::NextResponse, now.sla.clocks.next_response.ended_at),
        ];
        for (kind, at) in answers {
            // An answer ends as many waits as there are; each is told once, by the event that ended it.
            let Some(at) = at else { continue };
            let is_told = moments.iter().any(|(told, _, moment)| {
                *told == at && matches!(moment, Moment::Ended { kind: other, .. } if *other == kind)
            });
            let ended_now = index == 0 || event.answers_requester() && at == event.recorded_at;
            if ended_now && !(is_told && kind == TargetKind::FirstResponse) && began(kind, &now, history, index) {
                let mut as_it_is = state.clone();
                as_it_is.status = now.status;
                moments.push((at, as_it_is, ended(kind, &now, &states, book, event, at)));
            }
        }
        if entered.is_empty() {
            states.push((event.recorded_at, state.clone()));
        }
        for (status, at) in entered {
            let last = state.status;
            state.status = status;
            states.push((at, state.clone()));
            match (last.is_open(), status.is_open()) {
                (true, false) if status == Status::Canceled => moments.push((at, state.clone(), Moment::Canceled)),
                (true, false) => {
                    moments.push((at, state.clone(), ended(TargetKind::Resolution, &now, &states, book, event, at)));
                    let was_reopened = moments.iter().any(|(_, _, moment)| matches!(moment, Moment::Reopened))
                        || opened.reopened_at.is_some();
                    let is_heard = now.first_responded_at().is_some();
                    let was_first = (index > 0).then_some(!heard_before && is_heard && !was_reopened);
                    let (open, paused) = open_since_then(&states);
                    moments.push((at, state.clone(), Moment::Resolved { was_first, open, paused }));
                }
                (false, true) => moments.push((at, state.clone(), Moment::Reopened)),
                _ => {}
            }
            if status == Status::Closed {
                moments.push((at, state.clone(), Moment::Closed));
            }
        }
    }
    Life { created_at, states, moments }
}

/// Somebody waited for what this event ended.
fn began(kind: TargetKind, now: &Ticket, history: &[Event], index: usize) -> bool {
    match (kind, index) {
        (TargetKind::NextResponse, 0) => false,
        (TargetKind::NextResponse, _) => {
            let before = Ticket::replay(TicketId::default(), &history[..index]).unwrap();
            before.sla.clocks.next_response.ended_at.is_none() && now.sla.clocks.next_response.started_at.is_some()
        }
        _ => true,
    }
}

/// What a clock came to at its end: what the SLA's account says; without a promise, stretch by stretch.
fn ended(
    kind: TargetKind,
    now: &Ticket,
    states: &[(Timestamp, State)],
    book: &Rulebook,
    event: &Event,
    at: Timestamp,
) -> Moment {
    let in_time = now.sla.read_target(kind, book, at).map(|reading| reading.state != ClockState::Breached);
    let account = now.sla.account(kind, book, at).filter(|account| account.promise.is_some());
    let (working, calendar) = if let Some(account) = account {
        (account.reading.elapsed, account.calendar_time)
    } else {
        let from = now.sla.clocks.get(kind).started_at.unwrap_or(now.created_at);
        let calendar = book.version(event.rules).unwrap().working_calendar();
        let mut working = ticketing_core::TimeDelta::zero();
        let ends = states.iter().skip(1).map(|(until, _)| *until).chain([at]);
        for ((since, state), until) in states.iter().zip(ends) {
            let stands = state.status.is_finished() || kind == TargetKind::Resolution && state.status == Status::Paused;
            if !stands {
                working += calendar.working((*since).max(from), until.min(at));
            }
        }
        (working, at.since(from))
    };
    let millis = |length: ticketing_core::TimeDelta| length.num_milliseconds().max(0);
    Moment::Ended { kind, working: millis(working), calendar: millis(calendar), in_time }
}

/// The last stretch in which it was open, and how much of it was paused; the last state is the one that ended it.
fn open_since_then(states: &[(Timestamp, State)]) -> (i64, i64) {
    let (mut open, mut paused) = (0, 0);
    for pair in states.windows(2).rev() {
        let length = pair[1].0.since(pair[0].0).num_milliseconds();
        match pair[0].1.status {
            Status::Open | Status::InProgress => open += length,
            Status::Paused => (open, paused) = (open + length, paused + length),
            _ => break,
        }
    }
    (open, paused)
}

/// The name of the period that an instant is in, on the clocks of a zone.
pub(crate) fn period_name(period: Period, zone: chrono_tz::Tz, at: Timestamp) -> String {
    let local = DateTime::<Utc>::from_timestamp_millis(at.unix_millis()).unwrap().with_timezone(&zone).naive_local();
    match period {
        Period::Hour => local.format("%Y-%m-%dT%H").to_string(),
        Period::Day => local.format("%Y-%m-%d").to_string(),
        Period::Week => local.format("%G-W%V").to_string(),
        Period::Month => local.format("%Y-%m").to_string(),
        Period::Quarter => format!("{}-Q{}", local.year(), local.month().div_ceil(3)),
        Period::Year => local.year().to_string(),
    }
}

/// Holds a figure against lives: what happened from an instant to another, and what there is at the latter.
pub(crate) fn check(
    measure: Measure,
    told: Figure,
    lives: &[Life],
    is_meant: &dyn Fn(&State) -> bool,
    (from, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<(), String> {
    use Measure as M;
    let moments: Vec<&Moment> = lives
        .iter()
        .flat_map(|life| &life.moments)
        .filter(|(at, state, _)| (from..until).contains(at) && is_meant(state))
        .map(|(_, _, moment)| moment)
        .collect();
    let count = |wanted: &dyn Fn(&Moment) -> bool| i64::try_from(moments.iter().filter(|m| wanted(m)).count()).unwrap();
    let created = || count(&|m| matches!(m, Moment::Created));
    let reopened = || count(&|m| matches!(m, Moment::Reopened));
    let resolved = || count(&|m| matches!(m, Moment::Resolved { .. }));
    let canceled = || count(&|m| matches!(m, Moment::Canceled));
    let missed = |target| count(&|m| matches!(m, Moment::Missed(kind) if *kind == target));
    let in_time = |target: TargetKind| {
        let of = |wanted: &dyn Fn(bool) -> bool| {
            count(
                &|m| matches!(m, Moment::Ended { kind, in_time: Some(in_time), .. } if *kind == target && wanted(*in_time)),
            )
        };
        Figure::Share { part: of(&|in_time| in_time), whole: of(&|_| true) }
    };
    let lengths = |target: TargetKind, is_working: bool| -> Vec<i64> {
        let length = |moment: &&Moment| match moment {
            Moment::Ended { kind, working, calendar, .. } if *kind == target => {
                Some(if is_working { *working } else { *calendar })
            }
            _ => None,
        };
        moments.iter().filter_map(length).collect()
    };
    // What it was just before the end.
    let waiting: Vec<&Life> = lives
        .iter()
        .filter(|life| {
            let last = life.states.iter().rev().find(|(at, _)| *at < until);
            last.is_some_and(|(_, state)| state.waits() && is_meant(state))
        })
        .collect();
    let exact = match measure {
        M::Created => Figure::Count(created()),
        M::Reopened => Figure::Count(reopened()),
        M::Inflow => Figure::Count(created() + reopened()),
        M::Resolved => Figure::Count(resolved()),
        M::Canceled => Figure::Count(canceled()),
        M::Outflow => Figure::Count(resolved() + canceled()),
        M::Closed => Figure::Count(count(&|m| matches!(m, Moment::Closed))),
        M::Transferred => Figure::Count(count(&|m| matches!(m, Moment::Left))),
        M::FirstResponseWorking => return times(told, lengths(TargetKind::FirstResponse, true)),
        M::FirstResponseCalendar => return times(told, lengths(TargetKind::FirstResponse, false)),
        M::NextResponseWorking => return times(told, lengths(TargetKind::NextResponse, true)),
        M::NextResponseCalendar => return times(told, lengths(TargetKind::NextResponse, false)),
        M::ResolutionWorking => return times(told, lengths(TargetKind::Resolution, true)),
        M::ResolutionCalendar => return times(told, lengths(TargetKind::Resolution, false)),
        M::FirstResponseInTime => in_time(TargetKind::FirstResponse),
        M::NextResponseInTime => in_time(TargetKind::NextResponse),
        M::ResolutionInTime => in_time(TargetKind::Resolution),
        M::FirstResponseBreached => Figure::Count(missed(TargetKind::FirstResponse)),
        M::NextResponseBreached => Figure::Count(missed(TargetKind::NextResponse)),
        M::ResolutionBreached => Figure::Count(missed(TargetKind::Resolution)),
        M::ReopenRate => Figure::Share { part: reopened(), whole: resolved() },
        M::OneTouchRate => Figure::Share {
            part: count(&|m| matches!(m, Moment::Resolved { was_first: Some(true), .. })),
            whole: count(&|m| matches!(m, Moment::Resolved { was_first: Some(_), .. })),
        },
        M::PauseShare => {
            let lengths = moments.iter().filter_map(|moment| match moment {
                Moment::Resolved { open, paused, .. } => Some((*open, *paused)),
                _ => None,
            });
            let (open, paused): (Vec<_>, Vec<_>) = lengths.unzip();
            Figure::Share { part: paused.iter().sum(), whole: open.iter().sum() }
        }
        M::Backlog => Figure::Count(i64::try_from(waiting.len()).unwrap()),
        M::BacklogAge => {
            let mut bands = [0; 6];
            for life in waiting {
                let created_at = life.created_at.unix_millis() / 3_600_000 * 3_600_000;
                // Nobody is older than they are now.
                let hours = (until.min(now).unix_millis() - created_at) / 3_600_000;
                bands[[24, 72, 168, 720, 2160].into_iter().take_while(|bound| hours >= *bound).count()] += 1;
            }
            Figure::Ages(bands)
        }
    };
    if exact == told { Ok(()) } else { Err(format!("{measure:?}: {told:?}, and it is {exact:?}")) }
}

/// Percentiles by nearest rank, to one in a hundred.
fn times(told: Figure, mut lengths: Vec<i64>) -> Result<(), String> {
    lengths.sort_unstable();
    let Figure::Times { count, percentiles } = told else { return Err(format!("{told:?}")) };
    if count != i64::try_from(lengths.len()).unwrap() || percentiles.is_none() != lengths.is_empty() {
        return Err(format!("{told:?} of {lengths:?}"));
    }
    let Some(percentiles) = percentiles else { return Ok(()) };
    for (percent, told) in [(50, percentiles.p50), (90, percentiles.p90), (99, percentiles.p99)] {
        let exact = lengths[(lengths.len() * percent).div_ceil(100) - 1];
        if (told.num_milliseconds() - exact).abs() * 100 > exact {
            return Err(format!("p{percent}: {told}, and it is {exact} ms, of {lengths:?}"));
        }
    }
    Ok(())
}
