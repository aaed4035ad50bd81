use crate::{
    TicketId, Uuid,
    ticket::{Action, Changes, Event},
};

/// What an event is to whoever is told of it. Source: the v2 contract, `criteria.action`.
///
/// One event may be several things; in this order, the first that it is names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Happening {
    /// The ticket came to be.
    Created,
    /// All of the time of a target was up.
    SlaBreached,
    /// So much of the time of a target was up that it came to be at risk.
    SlaAtRisk,
    /// It has another status.
    StatusChanged,
    /// It has another agent, or another area.
    OwnerChanged,
    /// Somebody said something: a comment, or the desk's reply.
    Commented,
    /// Anything else has changed.
    Updated,
}

impl Happening {
    /// Every one, in the order in which they name an event.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::SlaBreached,
        Self::SlaAtRisk,
        Self::StatusChanged,
        Self::OwnerChanged,
        Self::Commented,
        Self::Updated,
    ];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::SlaBreached => "SLA_BREACHED",
            Self::SlaAtRisk => "SLA_AT_RISK",
            Self::StatusChanged => "STATUS_CHANGED",
            Self::OwnerChanged => "OWNER_CHANGED",
            Self::Commented => "COMMENTED",
            Self::Updated => "UPDATED",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|happening| happening.name() == name)
    }

    /// All that an event is, in order; at least one.
    ///
    /// A ticket that came to be was not changed. It is updated where something changed that has no name of its own (priority,
    /// category, what is promised), or nothing that has (archived, other rules).
    pub fn of(event: &Event) -> Vec<Self> {
        if event.changes.opened.is_some() {
            return vec![Self::Created];
        }
        let Changes { status, area, assignee, .. } = &event.changes;
        let alarm = match event.action {
            Action::Breached => Some(Self::SlaBreached),
            Action::AtRisk => Some(Self::SlaAtRisk),
            _ => None,
        };
        let says = event.replies() || (event.has_text && event.action == Action::Commented);
        let mut all: Vec<_> = alarm.into_iter().collect();
        all.extend(status.is_some().then_some(Self::StatusChanged));
        all.extend((assignee.is_some() || area.is_some()).then_some(Self::OwnerChanged));
        all.extend(says.then_some(Self::Commented));
        if all.is_empty() || has_further(&event.changes) {
            all.push(Self::Updated);
        }
        all
    }
}

/// Something changed besides status and owner. What clocks come to and who is let know follows from the rest.
fn has_further(changes: &Changes) -> bool {
    let further = Changes {
        opened: None,
        status: None,
        area: None,
        assignee: None,
        clocks: crate::sla::ClockChanges::default(),
        notify: vec![],
        ..changes.clone()
    };
    further != Changes::default()
}

/// What a subscription wants to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Criteria {
    /// Only this; `None`: everything.
    pub action: Option<Happening>,
}

impl Criteria {
    /// What an event is to whoever has these criteria; `None` where they do not want it. Who wants one thing is told that one,
    /// also of an event that is others too.
    pub fn action_of(&self, event: &Event) -> Option<Happening> {
        let all = Happening::of(event);
        match self.action {
            Some(wanted) => all.contains(&wanted).then_some(wanted),
            None => all.first().copied(),
        }
    }
}

/// The identity of a ticket's event to those who are told of it: the same at each attempt, to each of them, and in any store.
/// UUIDv5 of the event's number in the ticket's namespace.
pub fn event_id(ticket: TicketId, seq: u32) -> Uuid {
    Uuid::new_v5(&ticket.0, seq.to_string().as_bytes())
}
