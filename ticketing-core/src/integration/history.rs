//! A ticket's history as other systems read it: what was said, and how long it stayed as it was.

use core::iter;

use crate::{
    Rulebook, Status, TimeDelta, Timestamp,
    ticket::{Action, ActorId, Change, Event, Intake, NewEvent, Origin, Permanency, Role, Stay, Visibility},
};

/// Something that was said of a ticket, to the requester or among the desk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The number of its event.
    pub seq: u32,
    /// Who may read it.
    pub visibility: Visibility,
    /// By which way it came.
    pub origin: Origin,
    /// What was said; `None` where that was erased.
    pub text: Option<String>,
    /// The status that the ticket had after it.
    pub status: Status,
    /// The named reason of that.
    pub justification: Option<String>,
    /// When it was said.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<String>,
}

/// A status that a ticket had, or has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusChange {
    /// Which, since when, and how long.
    pub stay: Stay<Status>,
    /// The named reason of it.
    pub justification: Option<String>,
    /// Who gave it.
    pub by: Option<String>,
}

/// An owner whom a ticket no longer has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerChange {
    /// Who it was, in which area, until when, and how long.
    pub stay: Stay<(Option<ActorId>, String)>,
    /// Who took it from them.
    pub by: Option<String>,
}

/// What was said of a ticket, oldest first: its description, replies, comments and notes.
pub fn said(history: &[NewEvent], intake: &Intake) -> Vec<Said> {
    let (mut status, mut justification) = (Status::Open, None);
    let mut all = Vec::new();
    for new in history {
        let event = &new.event;
        if let Some(Change { after, .. }) = event.changes.status {
            status = after;
        }
        if let Some(Change { after, .. }) = &event.changes.justification {
            justification.clone_from(after);
        }
        let is_first = event.action == Action::Opened;
        let is_said = match event.action {
            Action::Opened => intake.description.is_some(),
            Action::Commented => true,
            _ => event.replies(),
        };
        if !is_said {
            continue;
        }
        let described_at = event.changes.opened.as_ref().and_then(|opened| opened.described_at);
        let described_by = intake.described_by.clone().filter(|_| is_first);
        let is_internal = if is_first { intake.description_is_internal } else { !event.public };
        all.push(Said {
            seq: event.seq,
            visibility: if is_internal { Visibility::Internal } else { Visibility::Public },
            origin: origin(event),
            text: if is_first { intake.description.clone() } else { new.text.clone() },
            status,
            justification: justification.clone(),
            at: described_at.or(event.occurred_at).unwrap_or(event.recorded_at),
            by: described_by.or_else(|| new.by()),
        });
    }
    all
}

fn origin(event: &Event) -> Origin {
    if let Some(opened) = &event.changes.opened {
        return opened.origin;
    }
    match event.author.role {
        Role::Requester => Origin::Other,
        Role::Admin | Role::Desk | Role::Area => Origin::AgentInSystem,
        Role::Token => Origin::TicketsApi,
        Role::System => Origin::SystemTrigger,
    }
}

/// The statuses that a ticket had, and has, oldest first.
pub fn status_changes(history: &[NewEvent], book: &Rulebook, at: Timestamp) -> Vec<StatusChange> {
    let stays = permanency(history, book, at).map(|permanency| permanency.statuses).unwrap_or_default();
    // Each ends with the event that begins the next; what was handed over in its third status had two before, by the same event.
    let ends: Vec<_> = stays.iter().skip(1).map(|next| next.seq).chain([u32::MAX]).collect();
    let change = |(stay, end): (Stay<Status>, u32)| {
        let during = history.iter().filter(|new| (stay.seq..end).contains(&new.event.seq));
        // The reason may have been given, or corrected, later.
        let justified = during.filter_map(|new| new.event.changes.justification.as_ref()).next_back();
        StatusChange {
            justification: justified.and_then(|justification| justification.after.clone()),
            by: history.iter().find(|new| new.event.seq == stay.seq).and_then(NewEvent::by),
            stay,
        }
    };
    iter::zip(stays, ends).map(change).collect()
}

/// The owners that a ticket no longer has, oldest first.
pub fn owner_changes(history: &[NewEvent], book: &Rulebook, at: Timestamp) -> Vec<OwnerChange> {
    let stays = permanency(history, book, at).map(|permanency| permanency.owners).unwrap_or_default();
    let ends: Vec<_> = stays.iter().skip(1).map(|next| next.seq).collect();
    let by = |seq| history.iter().find(|new| new.event.seq == seq).and_then(NewEvent::by);
    iter::zip(stays, ends).map(|(stay, end)| OwnerChange { stay, by: by(end) }).collect()
}

fn permanency(history: &[NewEvent], book: &Rulebook, at: Timestamp) -> Option<Permanency> {
    Permanency::of(history.iter().map(|new| &new.event), book, at)
}

/// Whole seconds and their parts, as numbers that are never negative.
pub fn seconds(span: TimeDelta) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a ticket's life are exact in a double")]
    let millis = span.num_milliseconds().max(0) as f64;
    millis / 1000.0
}
