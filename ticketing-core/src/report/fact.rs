use chrono::TimeDelta;

use crate::{
    Event, Rulebook, Status, Ticket, TicketId, Timestamp,
    limits::SLA_BREACH_PERCENT,
    sla::{Calendar, ClockState, Entered, Sla, Taken, TargetKind},
    ticket::{ActorId, Origin, ReplayError},
};

/// What facts are: another number, and sums of earlier ones are made anew. It grows with each change of what an event says.
pub const FACTS_VERSION: u32 = 1;

/// Something that counts, when, and of what kind of ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The instant at which it counts.
    pub at: Timestamp,
    /// What the ticket was then.
    pub dimensions: Dimensions,
    /// What it is.
    pub what: What,
}

/// What figures are told by. As given: which names are the same is asked of the rules when a report is made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Dimensions {
    /// The ticket's type.
    pub ticket_type: Option<String>,
    /// Its priority.
    pub priority: Option<String>,
    /// Its category.
    pub category: Option<String>,
    /// The area that has it.
    pub area: String,
    /// Whom it is assigned to.
    pub agent: Option<ActorId>,
    /// Where it came from.
    pub origin: Origin,
}

impl From<&Ticket> for Dimensions {
    fn from(ticket: &Ticket) -> Self {
        let attributes = &ticket.attributes;
        Self {
            ticket_type: attributes.ticket_type.clone(),
            priority: attributes.priority.clone(),
            category: attributes.category.clone(),
            area: attributes.area.clone(),
            agent: ticket.assignee,
            origin: ticket.origin,
        }
    }
}

/// What counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// A ticket came to be.
    Created,
    /// It was resolved or closed, and had been open.
    Resolved {
        /// How long that took.
        taken: Taken,
        /// Whether it was in time; `None` where there was no time.
        in_time: Option<bool>,
        /// Whether that was the first that the requester heard; `None` where nobody knows, for it happened elsewhere.
        one_touch: Option<bool>,
        /// How long it was open since it came to be or was last re-opened.
        open: TimeDelta,
        /// How much of that it was PAUSADO.
        paused: TimeDelta,
    },
    /// It ended without a solution.
    Canceled,
    /// It was closed.
    Closed,
    /// It was finished and is worked again.
    Reopened,
    /// It left for another area.
    Transferred,
    /// The requester was answered.
    Responded {
        /// For the first time, or again: never the resolution.
        kind: TargetKind,
        /// How long they waited.
        taken: Taken,
        /// Whether it was in time; `None` where there was no time.
        in_time: Option<bool>,
    },
    /// The time of a target was up.
    Breached(TargetKind),
    /// A ticket came into the backlog.
    Entered {
        /// When the ticket came to be: from then on it ages.
        created_at: Timestamp,
    },
    /// It left the backlog.
    Left {
        /// When the ticket came to be.
        created_at: Timestamp,
    },
}

/// What an event does to the figures: of the ticket before it – `None` for the event that opens it – and after it.
///
/// They depend on nothing but their arguments, and of the book on no rules but those that the ticket's events name: read again under
/// other rules, a history gives the same facts.
pub fn facts(before: Option<&Ticket>, event: &Event, after: &Ticket, book: &Rulebook) -> Vec<Fact> {
    let mut reader = Reader { before, event, after, book, facts: Vec::new() };
    match before {
        Some(before) => reader.went_on(before),
        None => reader.opened(),
    }
    reader.facts
}

/// What a whole history does to the figures, oldest event first: for whoever sums all of it anew.
///
/// # Errors
/// [`ReplayError`] when the events are no history.
pub fn history_facts<'e>(
    id: TicketId,
    events: impl IntoIterator<Item = &'e Event>,
    book: &Rulebook,
) -> Result<Vec<Fact>, ReplayError> {
    let mut events = events.into_iter();
    let first = events.next().ok_or(ReplayError::NotOpened)?;
    let mut ticket = Ticket::opened(id, first)?;
    let mut all = facts(None, first, &ticket, book);
    for event in events {
        let before = ticket.clone();
        ticket.apply(event)?;
        all.extend(facts(Some(&before), event, &ticket, book));
    }
    Ok(all)
}

struct Reader<'a> {
    before: Option<&'a Ticket>,
    event: &'a Event,
    after: &'a Ticket,
    book: &'a Rulebook,
    facts: Vec<Fact>,
}

impl Reader<'_> {
    fn opened(&mut self) {
        let created_at = self.after.created_at;
        self.counts(created_at, What::Created);
        self.counts(created_at, What::Entered { created_at });
        self.breaches(self.after);
        self.responses();
        let mut last = Status::Open;
        for (status, at) in self.event.changes.opened.iter().flat_map(|opened| opened.statuses(self.event)) {
            self.entered(last, status, at);
            if last.is_open() && status.is_finished() {
                self.counts(at, What::Left { created_at });
            }
            last = status;
        }
    }

    fn went_on(&mut self, before: &Ticket) {
        let at = self.event.recorded_at;
        self.breaches(before);
        self.responses();
        self.entered(before.status, self.after.status, at);
        let (left, area) = (&before.attributes.area, &self.after.attributes.area);
        let rules = self.book.version(self.event.rules).unwrap_or(self.book.active());
        if left != area && rules.area_key(left) != rules.area_key(area) {
            self.counts_for(before, at, What::Transferred);
        }
        let created_at = self.after.created_at;
        let was_there = is_backlog(before);
        let is_there = is_backlog(self.after);
        let moves = was_there && is_there && Dimensions::from(before) != Dimensions::from(self.after);
        if was_there && !is_there || moves {
            self.counts_for(before, at, What::Left { created_at });
        }
        if is_there && !was_there || moves {
            self.counts(at, What::Entered { created_at });
        }
    }

    fn breaches(&mut self, ticket: &Ticket) {
        for passed in &self.event.changes.clocks.passed {
            if passed.percent >= SLA_BREACH_PERCENT {
                self.counts_for(ticket, passed.at, What::Breached(passed.target));
            }
        }
    }

    fn responses(&mut self) {
        for kind in [TargetKind::FirstResponse, TargetKind::NextResponse] {
            let ended = |ticket: &Ticket| ticket.sla.clocks.get(kind).ended_at;
            let Some(at) = ended(self.after).filter(|at| self.before.and_then(ended) != Some(*at)) else { continue };
            if let Some(taken) = self.taken(kind, at) {
                self.counts(at, What::Responded { kind, taken, in_time: self.in_time(kind, at) });
            }
        }
    }

    /// What it is that a ticket has another status.
    fn entered(&mut self, last: Status, status: Status, at: Timestamp) {
        match (last.is_open(), status) {
            (true, Status::Resolved | Status::Closed) => self.resolved(at),
            (true, Status::Canceled) => self.counts(at, What::Canceled),
            (false, Status::Open | Status::InProgress | Status::Paused) => self.counts(at, What::Reopened),
            _ => {}
        }
        if status == Status::Closed && last != Status::Closed {
            self.counts(at, What::Closed);
        }
    }

    fn resolved(&mut self, at: Timestamp) {
        let Some(taken) = self.taken(TargetKind::Resolution, at) else { return };
        let is_first = |before: &Ticket| {
            before.first_responded_at().is_none()
                && self.after.first_responded_at().is_some()
                && self.after.reopened_at.is_none()
        };
        let (open, paused) = last_stretch(&self.after.sla);
        let resolved = What::Resolved {
            taken,
            in_time: self.in_time(TargetKind::Resolution, at),
            one_touch: self.before.map(is_first),
            open,
            paused,
        };
        self.counts(at, resolved);
    }

    fn taken(&self, kind: TargetKind, at: Timestamp) -> Option<Taken> {
        // What is promised says in which calendar. Elsewhere it is that of the rules which the event was decided under, so that it
        // is the same one tomorrow.
        let rules = self.book.version(self.event.rules).unwrap_or(self.book.active());
        let has_promise = self.after.sla.agreement.as_ref().is_some_and(|own| own.promises.get(kind).is_some());
        let otherwise = if has_promise { Calendar::default() } else { rules.working_calendar() };
        self.after.sla.taken(kind, self.book, &otherwise, at)
    }

    fn in_time(&self, kind: TargetKind, at: Timestamp) -> Option<bool> {
        let reading = self.after.sla.read_target(kind, self.book, at)?;
        Some(reading.state != ClockState::Breached)
    }

    fn counts(&mut self, at: Timestamp, what: What) {
        self.counts_for(self.after, at, what);
    }

    fn counts_for(&mut self, ticket: &Ticket, at: Timestamp, what: What) {
        self.facts.push(Fact { at, dimensions: ticket.into(), what });
    }
}

fn is_backlog(ticket: &Ticket) -> bool {
    ticket.status.is_open() && !ticket.is_archived()
}

/// How long a ticket was open since it came to be or was last re-opened, and how much of that it was PAUSADO.
fn last_stretch(sla: &Sla) -> (TimeDelta, TimeDelta) {
    let mut last = Entered { at: sla.started_at, status: Status::Open };
    let (mut open, mut paused) = (TimeDelta::zero(), TimeDelta::zero());
    for entered in &sla.statuses {
        let length = entered.at.since(last.at).max(TimeDelta::zero());
        if last.status.is_open() {
            open += length;
        } else if entered.status.is_open() {
            (open, paused) = (TimeDelta::zero(), TimeDelta::zero());
        }
        if last.status == Status::Paused {
            paused += length;
        }
        last = *entered;
    }
    (open, paused)
}
