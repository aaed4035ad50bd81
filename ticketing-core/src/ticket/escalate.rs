use super::{Action, Actor, Change, Changes, Event, NewEvent, Ticket};
use crate::{
    Rulebook, Timestamp,
    limits::SLA_BREACH_PERCENT,
    sla::{ClockChanges, EscalationStep, TargetKind, Threshold},
};

impl Ticket {
    /// When something is to be done about its clocks, as long as nothing happens to it: by [`Command::KeepTime`], or with whatever
    /// else is done to it then. `None`: never.
    ///
    /// [`Command::KeepTime`]: super::Command::KeepTime
    pub fn next_moment(&self, book: &Rulebook) -> Option<Timestamp> {
        self.sla.next_moment(book, self.recorded_at)
    }

    /// What its clocks came to until now, as events that follow on its last one, and the ticket after them; `None`: nothing.
    ///
    /// Each share of time that is up is noted once in its cycle, whoever comes first.
    pub(super) fn caught_up(&self, now: Timestamp, book: &Rulebook) -> Option<(Self, Vec<NewEvent>)> {
        // A policy may move a ticket to another, again and again; what is left is caught up with next time.
        const ROUNDS: usize = 64;
        let mut events: Vec<NewEvent> = Vec::new();
        let mut ticket = self.clone();
        // When whoever was never late would have done it, so that it comes to the same.
        let mut since = self.recorded_at;
        // Shares that were up at that instant. Policies that hand a ticket to one another would lift them for each other for ever.
        let mut noted: Vec<(TargetKind, u8)> = Vec::new();
        for _ in 0..ROUNDS {
            // One after the other: what is done about the first may change what the next one is.
            let Some(threshold) = ticket.sla.passed(book, now).into_iter().next() else { break };
            if threshold.at > since {
                since = threshold.at;
                noted.clear();
            }
            noted.push((threshold.target, threshold.percent));
            let step = ticket.escalation_step(&threshold, book).cloned();
            ticket.follow(&mut events, ticket.noted(threshold, step.as_ref(), now, book));
            if let Some(mut done) = step.and_then(|step| ticket.escalated(&step, since, now, book)) {
                let is_once = |share: &(TargetKind, u8)| noted.iter().filter(|noted| *noted == share).count() <= 1;
                done.changes.clocks.lifted.retain(is_once);
                ticket.follow(&mut events, done);
            }
        }
        (!events.is_empty()).then_some((ticket, events))
    }

    fn follow(&mut self, events: &mut Vec<NewEvent>, event: Event) {
        // It has the number after this ticket's last one.
        if self.apply(&event).is_ok() {
            events.push(NewEvent::new(event, None));
        }
    }

    pub(super) fn noted(
        &self,
        threshold: Threshold,
        step: Option<&EscalationStep>,
        now: Timestamp,
        book: &Rulebook,
    ) -> Event {
        let action = if threshold.percent < SLA_BREACH_PERCENT { Action::AtRisk } else { Action::Breached };
        let clocks = ClockChanges { passed: vec![threshold], ..ClockChanges::default() };
        let notify = step.map(|step| step.notify.clone()).unwrap_or_default();
        self.by_itself(action, false, Changes { clocks, notify, ..Changes::default() }, now, book)
    }

    /// The next event, of the engine itself.
    fn by_itself(&self, action: Action, public: bool, changes: Changes, now: Timestamp, book: &Rulebook) -> Event {
        Event {
            seq: self.version.saturating_add(1),
            recorded_at: now,
            occurred_at: None,
            author: Actor::System.author(),
            rules: book.active().hash(),
            action,
            public,
            has_text: false,
            changes,
            asked_by: None,
        }
    }

    /// What the policy that the ticket is under wants done at a threshold.
    fn escalation_step<'b>(&self, threshold: &Threshold, book: &'b Rulebook) -> Option<&'b EscalationStep> {
        let agreement = self.sla.agreement.as_ref()?;
        let policy = book.version(agreement.rules)?.policy(agreement.policy)?;
        let target = policy.targets().get(threshold.target).as_ref()?;
        target.escalation.iter().find(|step| step.at == threshold.percent)
    }

    /// What comes of moving it to another area and raising its priority; `None` where it is there already.
    fn escalated(&self, step: &EscalationStep, since: Timestamp, now: Timestamp, book: &Rulebook) -> Option<Event> {
        let rules = book.active();
        let mut changes = step.area.clone().map(|area| self.moved(area, rules)).unwrap_or_default();
        let own = self.attributes.priority.as_deref();
        let raised = step.priority.as_deref().filter(|priority| rules.is_more_urgent(priority, own));
        changes.priority =
            raised.and_then(|priority| Change::between(self.attributes.priority.clone(), Some(priority.to_owned())));
        if changes == Changes::default() {
            return None;
        }
        self.rematch(&mut changes, since, now, book);
        Some(self.by_itself(Action::Updated, true, changes, now, book))
    }
}
