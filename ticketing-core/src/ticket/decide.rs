use super::{
    Action, Actor, Agent, AskedBy, Change, Changes, Command, Event, NewEvent, Opened, Origin, Refusal, Status, Ticket,
    lifecycle::{self, Denied, Operation},
    reopen_window_is_over,
};
use crate::{Field, NewTicket, Rules, Timestamp, Violations, text, violation::Problem};

impl Ticket {
    /// The event that opens a ticket. Its text is the ticket's [`Intake`](super::Intake), which is stored beside it.
    pub fn open(new: &NewTicket, origin: Origin, actor: &Actor, now: Timestamp, rules: &Rules) -> NewEvent {
        let opened = Opened {
            attributes: new.attributes().clone(),
            origin,
            has_requester: new.intake().requester.is_some(),
            agreement: rules.agreement(new.attributes(), origin),
        };
        let event = Event {
            seq: 1,
            recorded_at: now,
            occurred_at: None,
            author: actor.author(),
            rules: rules.hash(),
            action: Action::Opened,
            public: true,
            has_text: false,
            changes: Changes { opened: Some(opened), ..Changes::default() },
            asked_by: None,
        };
        NewEvent { event, text: None }
    }

    /// What a command comes to: the events to store, in order and in one transaction. No events: nothing changes, and that
    /// is fine.
    ///
    /// The events are recorded at `now`, or at the time of the ticket's last event where `now` is before it.
    ///
    /// # Errors
    /// [`Refusal`]: the role is asked first, then the area, then the lifecycle, then the values.
    pub fn decide(
        &self,
        command: Command,
        actor: &Actor,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<Vec<NewEvent>, Refusal> {
        Decision { ticket: self, actor, now: now.max(self.updated_at), rules }.decide(command)
    }
}

/// Both values, or everything that is wrong with them.
fn both<A, B>(one: Result<A, Refusal>, other: Result<B, Refusal>) -> Result<(A, B), Refusal> {
    match (one, other) {
        (Err(Refusal::Invalid(one)), Err(Refusal::Invalid(other))) => {
            let all = one.iter().chain(other.iter()).cloned().collect();
            Err(Violations::new(all).map_or(Refusal::Invalid(one), Refusal::Invalid))
        }
        (one, other) => Ok((one?, other?)),
    }
}

struct Decision<'a> {
    ticket: &'a Ticket,
    actor: &'a Actor,
    now: Timestamp,
    rules: &'a Rules,
}

impl Decision<'_> {
    fn decide(&self, command: Command) -> Result<Vec<NewEvent>, Refusal> {
        match command {
            Command::Update { status, priority, area, reply } => {
                self.update(status, priority, area, reply.map(super::Reply::into_string))
            }
            Command::Assign { agent, reason } => {
                let status = self.permit(Operation::Assign)?;
                self.check_agent(&agent, &self.ticket.attributes.area, "agenteId")?;
                let assignee = Change::between(self.ticket.assignee, Some(agent.id));
                let changes = Changes { assignee, ..Changes::default() };
                Ok(self.event(Action::Assigned, status, changes, Some(reason.into_string())))
            }
            Command::Transfer { area, agent, reason } => {
                let status = self.permit(Operation::Transfer)?;
                let area = self.checked_area(area, "nuevaArea")?;
                if let Some(agent) = &agent {
                    self.check_agent(agent, &area, "agenteId")?;
                }
                let mut changes = self.moved(area);
                if let Some(agent) = agent {
                    changes.assignee = Change::between(self.ticket.assignee, Some(agent.id));
                }
                Ok(self.event(Action::Transferred, status, changes, Some(reason.into_string())))
            }
            Command::Reclassify { priority, category, reason } => {
                let status = self.permit(Operation::Reclassify)?;
                let priority = self.checked_priority(priority, "nuevaPrioridad")?;
                let category = self.checked_text(Field::Category, category, "nuevaCategoria")?;
                let attributes = &self.ticket.attributes;
                let changes = Changes {
                    priority: Change::between(attributes.priority.clone(), Some(priority)),
                    category: Change::between(attributes.category.clone(), Some(category)),
                    ..Changes::default()
                };
                Ok(self.event(Action::Reclassified, status, changes, Some(reason.into_string())))
            }
            Command::Pause { reason } => self.simple(Operation::Pause, Action::Paused, Some(reason.into_string())),
            Command::Reopen { reason } => self.simple(Operation::Reopen, Action::Reopened, Some(reason.into_string())),
            Command::Cancel { reason, asked_by } => self.cancel(reason.into_string(), asked_by),
            Command::Archive { reason } => {
                self.simple(Operation::Archive, Action::Archived, Some(reason.into_string()))
            }
            Command::Unarchive { reason } => {
                self.simple(Operation::Unarchive, Action::Unarchived, Some(reason.into_string()))
            }
            Command::Comment { message } => {
                let status = self.permit(Operation::Comment)?;
                if reopen_window_is_over(self.ticket.status, self.ticket.resolved_at, self.rules, self.now) {
                    return Err(Refusal::ReopenWindowOver);
                }
                Ok(self.event(Action::Commented, status, Changes::default(), Some(message.into_string())))
            }
            Command::CloseItself => {
                let status = self.permit(Operation::CloseItself)?;
                if self.ticket.closes_itself_at(self.rules).is_none_or(|at| self.now < at) {
                    return Err(self.not_allowed(Operation::CloseItself));
                }
                Ok(self.event(Action::ClosedItself, status, Changes::default(), None))
            }
        }
    }

    fn update(
        &self,
        status: Option<Status>,
        priority: Option<String>,
        area: Option<String>,
        reply: Option<String>,
    ) -> Result<Vec<NewEvent>, Refusal> {
        let ticket = self.ticket;
        let status = self.permit(Operation::SetStatus(status.unwrap_or(ticket.status)))?;
        // A client sends back what it was shown: only what differs is a change, and asked whether the rules take it.
        let own = ticket.attributes.priority.as_deref();
        let priority = priority.filter(|given| own != Some(text::trimmed(given)));
        let own = self.rules.area_key(&ticket.attributes.area);
        let area = area.filter(|given| self.rules.area_key(given) != own);
        let priority = priority.map(|priority| self.checked_priority(priority, "prioridad")).transpose();
        let area = area.map(|area| self.checked_area(area, "area")).transpose();
        let (priority, area) = both(priority, area)?;
        let mut changes = area.map(|area| self.moved(area)).unwrap_or_default();
        changes.priority =
            priority.and_then(|priority| Change::between(ticket.attributes.priority.clone(), Some(priority)));
        if changes != Changes::default() {
            // What re-opens a ticket may change it too.
            self.permit_from(Operation::Edit, if status.is_open() { status } else { ticket.status })?;
        }
        if reply.is_some() {
            self.permit(Operation::Reply)?;
        }
        if status == ticket.status && changes == Changes::default() && reply.is_none() {
            return Ok(vec![]);
        }
        Ok(self.event(Action::Updated, status, changes, reply))
    }

    fn cancel(&self, reason: String, asked_by: AskedBy) -> Result<Vec<NewEvent>, Refusal> {
        let mut events = self.simple(Operation::Cancel, Action::Canceled, Some(reason))?;
        for new in &mut events {
            new.event.asked_by = Some(asked_by);
        }
        Ok(events)
    }

    fn simple(&self, operation: Operation, action: Action, text: Option<String>) -> Result<Vec<NewEvent>, Refusal> {
        let status = self.permit(operation)?;
        Ok(self.event(action, status, Changes::default(), text))
    }

    /// The status after an operation that this actor may do to this ticket.
    fn permit(&self, operation: Operation) -> Result<Status, Refusal> {
        self.permit_from(operation, self.ticket.status)
    }

    fn permit_from(&self, operation: Operation, from: Status) -> Result<Status, Refusal> {
        self.actor.check_operation(operation)?;
        // Before the status is asked, of which a refusal tells.
        self.actor.check_area(&self.ticket.attributes.area, self.rules)?;
        match lifecycle::after(operation, from, self.ticket.is_archived(), self.actor.role()) {
            Ok(status) => Ok(status),
            Err(Denied::Role) => Err(Refusal::Forbidden),
            Err(Denied::Status) => Err(self.not_allowed(operation)),
        }
    }

    fn not_allowed(&self, operation: Operation) -> Refusal {
        let (status, archived) = (self.ticket.status, self.ticket.is_archived());
        let allowed = lifecycle::allowed(status, archived, self.actor.role());
        Refusal::NotAllowed { operation, status, archived, allowed }
    }

    /// A ticket that moves to another area leaves its agent behind.
    fn moved(&self, area: String) -> Changes {
        let ticket = self.ticket;
        if self.rules.area_key(&area) == self.rules.area_key(&ticket.attributes.area) {
            return Changes::default();
        }
        Changes {
            area: Change::between(ticket.attributes.area.clone(), area),
            assignee: Change::between(ticket.assignee, None),
            ..Changes::default()
        }
    }

    /// One event, with the status and the agreement that follow from it.
    fn event(&self, action: Action, status: Status, mut changes: Changes, text: Option<String>) -> Vec<NewEvent> {
        let ticket = self.ticket;
        changes.status = Change::between(ticket.status, status);
        if changes.priority.is_some() || changes.category.is_some() || changes.area.is_some() {
            let mut attributes = ticket.attributes.clone();
            let Changes { priority, category, area, .. } = &changes;
            if let Some(change) = priority {
                attributes.priority.clone_from(&change.after);
            }
            if let Some(change) = category {
                attributes.category.clone_from(&change.after);
            }
            if let Some(change) = area {
                attributes.area.clone_from(&change.after);
            }
            let agreement = self.rules.agreement(&attributes, ticket.origin);
            changes.agreement = Change::between(ticket.sla.agreement.clone(), agreement);
        }
        let event = Event {
            seq: ticket.version.saturating_add(1),
            recorded_at: self.now,
            occurred_at: None,
            author: self.actor.author(),
            rules: self.rules.hash(),
            action,
            public: true,
            has_text: text.is_some(),
            changes,
            asked_by: None,
        };
        vec![NewEvent { event, text }]
    }

    fn check_agent(&self, agent: &Agent, area: &str, field: &'static str) -> Result<(), Refusal> {
        let works_here = agent.area.as_ref().is_none_or(|own| self.rules.area_key(own) == self.rules.area_key(area));
        if agent.is_active && works_here {
            return Ok(());
        }
        Err(Violations::of(field, Problem::UnavailableAgent).into())
    }

    fn checked_area(&self, area: String, field: &'static str) -> Result<String, Refusal> {
        let area = self.checked_text(Field::Area, area, field)?;
        self.rules.check_area(&area).map_err(|problem| Violations::of(field, problem))?;
        Ok(area)
    }

    fn checked_priority(&self, priority: String, field: &'static str) -> Result<String, Refusal> {
        let priority = self.checked_text(Field::Priority, priority, field)?;
        self.rules.check_priority(&priority).map_err(|problem| Violations::of(field, problem))?;
        Ok(priority)
    }

    /// A text under the limits that creation has for it.
    fn checked_text(&self, limits_of: Field, text: String, field: &'static str) -> Result<String, Refusal> {
        let trimmed = text::trimmed(&text);
        let problem =
            if trimmed.is_empty() { Err(Problem::Required) } else { self.rules.text_rule(limits_of).check(trimmed) };
        problem.map_err(|problem| Violations::of(field, problem))?;
        Ok(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
    }
}
