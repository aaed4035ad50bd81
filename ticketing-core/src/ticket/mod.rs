//! A ticket as a fold over its events.
//!
//! - [`Ticket::open`] and [`Ticket::decide`]: a command, an actor and `now` become events, or a [`Refusal`]. Pure.
//! - [`Ticket::apply`]: an event becomes state. Pure; replaying a history gives the identical ticket.
//! - [`lifecycle`]: the one table of who may do what, from where to where.
//! - [`Ticket::notices`]: who is told of an event.
//!
//! Personal data and free text never stand in events or in this state. They are rows that an event refers to by its number
//! ([`Intake`] to the first), so that erasing a person leaves history and statistics whole.

mod actor;
mod attributes;
mod command;
mod decide;
mod erase;
mod escalate;
mod event;
pub mod lifecycle;
mod notice;
mod permanency;
mod refusal;
mod verdict;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    actor::{Actor, ActorId, Author, Role, Scope},
    attributes::{Attributes, Intake, Origin, PublicIntake, Requester, Visibility},
    command::{Agent, AskedBy, Command, Edit, Message, Order, Reason, Reply, Statement},
    erase::{Erased, REDACTED, Subjects, Trace},
    event::{Action, Change, Changes, Event, NewEvent, Opened, PublicEvent, Words},
    lifecycle::Status,
    notice::{Notice, NoticeKind, Recipient},
    permanency::{Permanency, Stay},
    refusal::Refusal,
    verdict::{Verdict, Verdicts},
};
use crate::{Rules, Timestamp, sla::Sla};

/// A ticket's identity. Its label is its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub Uuid);

impl core::fmt::Display for TicketId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// A ticket's state: what its events come to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// Its identity.
    pub id: TicketId,
    /// The number of the last event applied.
    pub version: u32,
    /// The number of the last event that was not the clocks' own: what somebody who changes the ticket has to have seen.
    pub revision: u32,
    /// What it is about and who is to work it.
    pub attributes: Attributes,
    /// Where it came from.
    pub origin: Origin,
    /// There is a requester, who may look it up.
    pub has_requester: bool,
    /// Where it stands.
    pub status: Status,
    /// The named reason of its status, where other systems gave one.
    pub justification: Option<String>,
    /// Whom it is assigned to.
    pub assignee: Option<ActorId>,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// What was promised, and when its clock ran.
    pub sla: Sla,
    /// When it came to be; for an imported ticket, in the system that it comes from.
    pub created_at: Timestamp,
    /// When its last event was recorded that was not the clocks' own.
    pub updated_at: Timestamp,
    /// When its last event was recorded.
    pub recorded_at: Timestamp,
    /// When it was resolved; `None` once re-opened.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed; `None` once re-opened.
    pub closed_at: Option<Timestamp>,
    /// When it was last re-opened after it was finished.
    pub reopened_at: Option<Timestamp>,
    /// When it was taken out of the working set; `None` while it is in it.
    pub archived_at: Option<Timestamp>,
    /// When the person who asked was erased, and all that was said; `None` while they are here.
    pub erased_at: Option<Timestamp>,
    /// The event whose text is the desk's last reply.
    pub reply: Option<u32>,
    /// The last event that the requester may see.
    pub last_public: PublicEvent,
}

/// What keeps events from being a ticket's history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReplayError {
    /// The first event does not open a ticket.
    #[error("a history begins with the event that opens the ticket")]
    NotOpened,
    /// An event is missing, doubled or out of order.
    #[error("event {expected} was expected and {found} found")]
    OutOfOrder {
        /// The number that comes next.
        expected: u32,
        /// The number that came.
        found: u32,
    },
}

impl Ticket {
    /// The state after a whole history, oldest event first.
    ///
    /// # Errors
    /// [`ReplayError`] when the events are no history.
    pub fn replay<'e>(id: TicketId, events: impl IntoIterator<Item = &'e Event>) -> Result<Self, ReplayError> {
        let mut events = events.into_iter();
        let first = events.next().ok_or(ReplayError::NotOpened)?;
        let mut ticket = Self::opened(id, first)?;
        for event in events {
            ticket.apply(event)?;
        }
        Ok(ticket)
    }

    /// The state after the event that opens a ticket.
    ///
    /// # Errors
    /// [`ReplayError::NotOpened`] when the event is another one.
    pub fn opened(id: TicketId, event: &Event) -> Result<Self, ReplayError> {
        let Some(opened) = event.changes.opened.as_ref().filter(|_| event.seq == 1) else {
            return Err(ReplayError::NotOpened);
        };
        let created_at = event.occurred_at.unwrap_or(event.recorded_at);
        let mut ticket = Self {
            id,
            version: event.seq,
            revision: event.seq,
            attributes: opened.attributes.clone(),
            origin: opened.origin,
            has_requester: opened.has_requester,
            status: Status::Open,
            justification: None,
            assignee: None,
            tags: Vec::new(),
            sla: Sla::start(opened.agreement.clone(), created_at),
            created_at,
            updated_at: event.recorded_at,
            recorded_at: event.recorded_at,
            resolved_at: None,
            closed_at: None,
            reopened_at: opened.reopened_at,
            archived_at: None,
            erased_at: None,
            reply: None,
            last_public: event.into(),
        };
        ticket.change(&event.changes);
        for (status, at) in opened.statuses(event) {
            ticket.enter(status, at);
            // Also one that is closed by now.
            if status == Status::Resolved && event.public && event.author.role != Role::Requester {
                ticket.sla.answer(at);
            }
        }
        // What was up already when an old ticket was taken over.
        ticket.sla.change(&event.changes.clocks, event.recorded_at);
        Ok(ticket)
    }

    /// Goes on by one event.
    ///
    /// # Errors
    /// [`ReplayError::OutOfOrder`] when it is not the next one; the ticket is unchanged.
    pub fn apply(&mut self, event: &Event) -> Result<(), ReplayError> {
        let expected = self.version.saturating_add(1);
        if event.seq != expected {
            return Err(ReplayError::OutOfOrder { expected, found: event.seq });
        }
        self.version = event.seq;
        self.recorded_at = event.recorded_at;
        if !event.action.is_of_clocks() {
            self.revision = event.seq;
            self.updated_at = event.recorded_at;
        }
        self.change(&event.changes);
        self.sla.change(&event.changes.clocks, event.recorded_at);
        if let Some(Change { after, .. }) = event.changes.status {
            self.enter(after, event.recorded_at);
        }
        match event.action {
            Action::Archived => self.archived_at = Some(event.recorded_at),
            Action::Unarchived => self.archived_at = None,
            Action::Updated if event.replies() => self.reply = Some(event.seq),
            Action::Erased if event.changes.erased == Some(Erased::Person) => {
                self.erased_at = Some(event.recorded_at);
                self.has_requester = false;
            }
            _ => {}
        }
        if event.public {
            self.last_public = event.into();
            if event.answers_requester() {
                self.sla.answer(event.recorded_at);
            }
            if event.asks_desk() {
                self.sla.ask(event.recorded_at);
            }
        }
        Ok(())
    }

    /// Takes over what an event changed, but for statuses and clocks, which depend on when that was.
    fn change(&mut self, changes: &Changes) {
        fn take<T: Clone>(own: &mut T, change: Option<&Change<T>>) {
            if let Some(Change { after, .. }) = change {
                own.clone_from(after);
            }
        }
        let Changes {
            opened: _,
            status: _,
            priority,
            category,
            area,
            assignee,
            service,
            visibility,
            tags,
            justification,
            // Those are not here.
            reworded: _,
            agreement,
            due_by_hand,
            clocks: _,
            notify: _,
            // Of a ticket that says nothing any more, the state is as before.
            erased: _,
        } = changes;
        take(&mut self.attributes.priority, priority.as_ref());
        take(&mut self.attributes.category, category.as_ref());
        take(&mut self.attributes.area, area.as_ref());
        take(&mut self.attributes.service, service.as_ref());
        take(&mut self.attributes.visibility, visibility.as_ref());
        take(&mut self.assignee, assignee.as_ref());
        take(&mut self.tags, tags.as_ref());
        take(&mut self.justification, justification.as_ref());
        take(&mut self.sla.agreement, agreement.as_ref());
        take(&mut self.sla.due_by_hand, due_by_hand.as_ref());
    }

    fn enter(&mut self, status: Status, at: Timestamp) {
        if self.status.is_finished() && status.is_open() {
            self.reopened_at = Some(at);
            self.resolved_at = None;
            self.closed_at = None;
        }
        match status {
            Status::Resolved => self.resolved_at = Some(at),
            Status::Closed => self.closed_at = Some(at),
            Status::Open | Status::InProgress | Status::Paused | Status::Canceled => {}
        }
        self.sla.enter(status, at);
        self.status = status;
    }

    /// When somebody at the desk first answered the requester, or resolved the ticket without.
    pub fn first_responded_at(&self) -> Option<Timestamp> {
        self.sla.clocks.first_response.ended_at
    }

    /// The person who asked was erased.
    pub fn is_erased(&self) -> bool {
        self.erased_at.is_some()
    }

    /// Since when it is over: when it was closed, or when something was last done to one that was canceled. `None` while it is not.
    pub fn over_since(&self) -> Option<Timestamp> {
        match self.status {
            Status::Closed => Some(self.closed_at.unwrap_or(self.updated_at)),
            Status::Canceled => Some(self.updated_at),
            Status::Open | Status::InProgress | Status::Paused | Status::Resolved => None,
        }
    }

    /// It is out of the working set, and frozen.
    pub fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// When a resolved ticket closes by itself; `None` when it does not.
    pub fn closes_itself_at(&self, rules: &Rules) -> Option<Timestamp> {
        let resolved_at = self.resolved_at.filter(|_| self.status == Status::Resolved && !self.is_archived())?;
        resolved_at.checked_add(rules.closes_after()?)
    }

    /// Until when a requester's comment re-opens a resolved ticket; `None` when it does not.
    pub fn reopens_until(&self, rules: &Rules) -> Option<Timestamp> {
        reopens_until(self.status, self.resolved_at, rules)
    }
}

fn reopens_until(status: Status, resolved_at: Option<Timestamp>, rules: &Rules) -> Option<Timestamp> {
    let days = rules.document().reopen_days;
    let resolved_at = resolved_at.filter(|_| status == Status::Resolved)?;
    if days == 0 { None } else { resolved_at.checked_add(chrono::TimeDelta::days(days.into())) }
}

/// Whether a ticket is past the time in which a comment re-opens it. One that is not resolved has no such time.
fn reopen_window_is_over(status: Status, resolved_at: Option<Timestamp>, rules: &Rules, now: Timestamp) -> bool {
    status == Status::Resolved && reopens_until(status, resolved_at, rules).is_none_or(|until| now > until)
}

/// The status that a ticket has after a comment of its requester; `None` where it takes none. For pages that ask before there
/// is a comment, of a ticket of which they know no more.
pub fn status_after_comment(
    status: Status,
    is_archived: bool,
    resolved_at: Option<Timestamp>,
    rules: &Rules,
    now: Timestamp,
) -> Option<Status> {
    let after = lifecycle::after(lifecycle::Operation::Comment, status, is_archived, Role::Requester).ok()?;
    (!reopen_window_is_over(status, resolved_at, rules, now)).then_some(after)
}

#[cfg(test)]
mod tests;
