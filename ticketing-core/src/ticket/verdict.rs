use super::{Change, Changes, Event, ReplayError, Ticket, TicketId};
use crate::{
    Rulebook, Rules, Timestamp,
    limits::SLA_BREACH_PERCENT,
    sla::{ClockChanges, ClockState, PerTarget},
};

/// What a ticket's service levels came to, or would have under other rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verdicts {
    /// The policy that it is under.
    pub policy: Option<u32>,
    /// By the kinds of targets; `None` where nothing is promised.
    pub targets: PerTarget<Option<Verdict>>,
}

/// What a target came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What its clock does, or has done.
    pub state: ClockState,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// How often it was breached, in all its cycles.
    pub breaches: u32,
}

impl Verdicts {
    /// Of a ticket's history, oldest event first, as it was decided.
    ///
    /// # Errors
    /// [`ReplayError`] when the events are no history.
    pub fn as_decided<'e>(
        history: impl IntoIterator<Item = &'e Event>,
        book: &Rulebook,
        at: Timestamp,
    ) -> Result<Self, ReplayError> {
        let mut breaches = PerTarget::default();
        let mut history = history.into_iter();
        let first = history.next().ok_or(ReplayError::NotOpened)?;
        let mut ticket = Ticket::opened(TicketId::default(), first)?;
        count(&mut breaches, first);
        for event in history {
            ticket.apply(event)?;
            count(&mut breaches, event);
        }
        Ok(Self::at_last(ticket, breaches, book, at))
    }

    /// Of a ticket's history, as if the rules had been these from the beginning. What people did, and what was done by itself, is what
    /// it was; what was promised is what these rules promise.
    ///
    /// # Errors
    /// [`ReplayError`] when the events are no history.
    pub fn under<'e>(
        rules: &Rules,
        history: impl IntoIterator<Item = &'e Event>,
        at: Timestamp,
    ) -> Result<Self, ReplayError> {
        let book = Rulebook::from(rules.clone());
        let mut breaches = PerTarget::default();
        let mut history = history.into_iter();
        let mut first = history.next().ok_or(ReplayError::NotOpened)?.clone();
        if let Some(opened) = &mut first.changes.opened {
            opened.agreement = rules.agreement(&opened.attributes, opened.origin);
        }
        first.changes.clocks = ClockChanges::default();
        let mut ticket = Ticket::opened(TicketId::default(), &first)?;
        for event in history.filter(|event| !event.action.is_of_clocks()) {
            note(&mut ticket, &mut breaches, event.recorded_at, &book);
            let Changes { agreement: _, clocks: _, due_by_hand, .. } = &event.changes;
            let mut changes = Changes { agreement: None, clocks: ClockChanges::default(), ..event.changes.clone() };
            if changes.priority.is_some() || changes.category.is_some() || changes.area.is_some() {
                ticket.rematch(&mut changes, event.recorded_at, event.recorded_at, &book);
            }
            if let Some(Change { after, .. }) = due_by_hand {
                changes.clocks = ticket.sla.moved_by_hand(*after, &book, event.recorded_at);
            }
            ticket.apply(&Event { seq: ticket.version.saturating_add(1), changes, ..event.clone() })?;
        }
        Ok(Self::at_last(ticket, breaches, &book, at))
    }

    fn at_last(mut ticket: Ticket, mut breaches: PerTarget<u32>, book: &Rulebook, at: Timestamp) -> Self {
        note(&mut ticket, &mut breaches, at, book);
        let sla = &ticket.sla;
        let targets = breaches.map(|kind, breaches| {
            let reading = sla.read_target(kind, book, at)?;
            Some(Verdict { state: reading.state, due: reading.due, breaches })
        });
        Self { policy: sla.agreement.as_ref().map(|agreement| agreement.policy), targets }
    }
}

/// Notes what clocks came to until an instant, and does nothing about it: what was done stands in the history.
fn note(ticket: &mut Ticket, breaches: &mut PerTarget<u32>, at: Timestamp, book: &Rulebook) {
    for threshold in ticket.sla.passed(book, at) {
        let event = ticket.noted(threshold, None, at.max(ticket.recorded_at), book);
        count(breaches, &event);
        // It has the number after the ticket's last one.
        let _ = ticket.apply(&event);
    }
}

fn count(breaches: &mut PerTarget<u32>, event: &Event) {
    for passed in event.changes.clocks.passed.iter().filter(|passed| passed.percent == SLA_BREACH_PERCENT) {
        let count = breaches.get_mut(passed.target);
        *count = count.saturating_add(1);
    }
}
