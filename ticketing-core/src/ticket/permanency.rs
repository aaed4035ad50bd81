use chrono::TimeDelta;

use super::{ActorId, Change, Event, Status};
use crate::{Rulebook, Timestamp, sla::Agreement};

/// How long a ticket stayed in each status, and with each owner, oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permanency {
    /// By status.
    pub statuses: Vec<Stay<Status>>,
    /// By owner: whom it was assigned to, if to anybody, and the area that had it.
    pub owners: Vec<Stay<(Option<ActorId>, String)>>,
}

/// How long something stayed as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stay<T> {
    /// What it was.
    pub value: T,
    /// The number of the event that made it so.
    pub seq: u32,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// How long that was, or is up to now.
    pub full_time: TimeDelta,
    /// How much of that was working time.
    pub working_time: TimeDelta,
}

impl Permanency {
    /// Of a ticket's whole history, oldest event first, up to an instant. `None` where it does not begin with the event that opens the
    /// ticket.
    ///
    /// Working time is counted in the calendar of the last agreement's resolution, else the deployment's, else all time counts.
    pub fn of<'e>(history: impl IntoIterator<Item = &'e Event>, book: &Rulebook, at: Timestamp) -> Option<Self> {
        let mut history = history.into_iter();
        let first = history.next()?;
        let opened = first.changes.opened.as_ref()?;
        let started_at = first.occurred_at.unwrap_or(first.recorded_at);
        let mut agreement: Option<&Agreement> = opened.agreement.as_ref();
        let mut statuses = vec![(Status::Open, first.seq, started_at)];
        statuses.extend(opened.statuses(first).into_iter().map(|(status, at)| (status, first.seq, at)));
        // One that lasted no time is none.
        if let [(_, _, from), (_, _, until), ..] = &statuses[..]
            && from == until
        {
            statuses.remove(0);
        }
        let owner = first.changes.assignee.as_ref().and_then(|owner| owner.after);
        let mut owners = vec![((owner, opened.attributes.area.clone()), first.seq, started_at)];
        for event in history {
            let changes = &event.changes;
            if let Some(Change { after, .. }) = &changes.agreement {
                agreement = after.as_ref();
            }
            if let Some(Change { after, .. }) = changes.status {
                statuses.push((after, event.seq, event.recorded_at));
            }
            if changes.assignee.is_some() || changes.area.is_some() {
                let (mut owner, mut area) = owners.last().map(|(owner, _, _)| owner.clone()).unwrap_or_default();
                if let Some(Change { after, .. }) = &changes.assignee {
                    owner = *after;
                }
                if let Some(Change { after, .. }) = &changes.area {
                    area.clone_from(after);
                }
                owners.push(((owner, area), event.seq, event.recorded_at));
            }
        }
        let calendar = book.working_calendar(agreement);
        let stay = |seq, from: Timestamp, until: Option<Timestamp>| {
            let end = until.unwrap_or(at).max(from);
            Stay { value: (), seq, from, until, full_time: end.since(from), working_time: calendar.working(from, end) }
        };
        Some(Self { statuses: stays(statuses, stay), owners: stays(owners, stay) })
    }
}

fn stays<T>(
    changes: Vec<(T, u32, Timestamp)>,
    stay: impl Fn(u32, Timestamp, Option<Timestamp>) -> Stay<()>,
) -> Vec<Stay<T>> {
    let ends: Vec<_> = changes.iter().skip(1).map(|(_, _, at)| Some(*at)).chain([None]).collect();
    let one = |((value, seq, from), until)| {
        let Stay { value: (), seq, from, until, full_time, working_time } = stay(seq, from, until);
        Stay { value, seq, from, until, full_time, working_time }
    };
    changes.into_iter().zip(ends).map(one).collect()
}
