use super::{
    Action, Actor, Agent, AskedBy, Change, Changes, Command, Edit, Erased, Event, NewEvent, Opened, Origin, Refusal,
    Status, Ticket, Visibility, Words,
    lifecycle::{self, Denied, Operation},
    reopen_window_is_over,
};
use crate::{
    Arrival, Field, NewTicket, Rulebook, Rules, TicketId, Timestamp, Violations,
    limits::{TICKET_EVENTS_MAX, TICKET_TAGS_MAX},
    sla::DueByHand,
    text,
    violation::Problem,
};

impl Ticket {
    /// The event that opens a ticket. Its text is the ticket's [`Intake`](super::Intake), which is stored beside it.
    ///
    /// A ticket that another system has had since an earlier instant has its clocks started then. What was up of their time before
    /// `now` is noted, and nobody is alarmed.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] where the actor may not give a new ticket the status or the agent that it is to have.
    pub fn open(
        new: &NewTicket,
        origin: Origin,
        actor: &Actor,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<NewEvent, Refusal> {
        let Arrival {
            status,
            justification,
            assignee,
            tags,
            due,
            created_at,
            described_at,
            resolved_at,
            reopened_at,
            closed_at,
        } = new.arrival().clone();
        // What the engine takes over itself, from a file, has the status that it had.
        let takes_over = matches!(actor, Actor::System);
        if let Some(status) = status.filter(|_| !takes_over) {
            actor.check_operation(Operation::SetStatus(status))?;
        }
        if assignee.is_some() && !takes_over {
            actor.check_operation(Operation::Assign)?;
        }
        let agreement = rules.agreement(new.attributes(), origin);
        let opened = Opened {
            attributes: new.attributes().clone(),
            origin,
            has_requester: new.intake().requester.is_some(),
            agreement,
            described_at,
            resolved_at,
            reopened_at,
            closed_at,
        };
        let changes = Changes {
            opened: Some(opened),
            status: Change::between(Status::Open, status.unwrap_or(Status::Open)),
            justification: Change::between(None, justification),
            assignee: Change::between(None, assignee),
            tags: Change::between(Vec::new(), tags),
            due_by_hand: Change::between(None, due.map(|due| DueByHand { due, set_at: now })),
            ..Changes::default()
        };
        let mut event = Event {
            seq: 1,
            recorded_at: now,
            occurred_at: created_at.filter(|created_at| *created_at < now),
            author: actor.author(),
            rules: rules.hash(),
            action: Action::Opened,
            public: true,
            has_text: false,
            changes,
            asked_by: None,
        };
        if event.occurred_at.is_some() {
            let ticket = Self::opened(TicketId::default(), &event);
            let passed = ticket.map(|ticket| ticket.sla.passed(&Rulebook::from(rules.clone()), now));
            event.changes.clocks.passed = passed.unwrap_or_default();
        }
        Ok(NewEvent::new(event, None))
    }

    /// What a command comes to: the events to store, in order and in one transaction. No events: nothing changes, and that
    /// is fine. Where time was up before, and nobody has noted it, that comes first.
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
        book: &Rulebook,
    ) -> Result<Vec<NewEvent>, Refusal> {
        let now = now.max(self.recorded_at);
        let keeps_time = matches!(command, Command::KeepTime);
        let (caught_up, mut events) = self.caught_up(now, book).unzip();
        let ticket = caught_up.as_ref().unwrap_or(self);
        let decided = Decision { ticket, actor, now, book, rules: book.active() }.decide(command)?;
        if decided.is_empty() && !keeps_time {
            return Ok(decided);
        }
        let ends = |new: &NewEvent| {
            let is_over = new.event.changes.status.as_ref().is_some_and(|status| status.after.is_finished());
            is_over || matches!(new.event.action, Action::Archived | Action::Erased)
        };
        let is_from_outside = !matches!(actor, Actor::System) && !decided.is_empty();
        if ticket.version >= TICKET_EVENTS_MAX && is_from_outside && !decided.iter().any(ends) {
            return Err(Refusal::Full);
        }
        let events = events.get_or_insert_default();
        events.extend(decided);
        Ok(core::mem::take(events))
    }

    /// What comes of giving it to an area. A ticket that moves to another one leaves its agent behind.
    pub(super) fn moved(&self, area: String, rules: &Rules) -> Changes {
        if rules.area_key(&area) == rules.area_key(&self.attributes.area) {
            return Changes::default();
        }
        Changes {
            area: Change::between(self.attributes.area.clone(), area),
            assignee: Change::between(self.assignee, None),
            ..Changes::default()
        }
    }

    /// Adds what changed attributes come to: which policy is for the ticket now, and what that does to its clocks. There has been
    /// cause for it `since`.
    pub(super) fn rematch(&self, changes: &mut Changes, since: Timestamp, now: Timestamp, book: &Rulebook) {
        let mut attributes = self.attributes.clone();
        let Changes { priority, category, area, .. } = &*changes;
        if let Some(change) = priority {
            attributes.priority.clone_from(&change.after);
        }
        if let Some(change) = category {
            attributes.category.clone_from(&change.after);
        }
        if let Some(change) = area {
            attributes.area.clone_from(&change.after);
        }
        let rules = book.active();
        let matched = rules.agreement(&attributes, self.origin);
        let policy = matched.as_ref().and_then(|agreement| rules.policy(agreement.policy));
        let rematch = policy.map(|policy| policy.rematch).unwrap_or_default();
        let (agreement, clocks) = self.sla.rematched(matched, rematch, book, since, now);
        changes.agreement = Change::between(self.sla.agreement.clone(), agreement);
        if changes.agreement.is_some() {
            changes.clocks = clocks;
        }
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
    book: &'a Rulebook,
    /// Those that are active.
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
                let mut changes = self.ticket.moved(area, self.rules);
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
            Command::Edit(edit) => self.edit(edit),
            Command::SetStatus { status, justification, is_said } => self.set_status(status, justification, is_said),
            Command::Say { visibility, statement, status, justification, said_at } => {
                self.say(visibility, statement.into_string(), (status, justification), said_at)
            }
            Command::SetDue { due } => self.set_due(due),
            Command::KeepTime => self.permit(Operation::KeepTime).map(|_| Vec::new()),
            Command::Rematch => self.rematch(),
            Command::Erase(what) => self.erase(what),
            Command::Anonymise => {
                let before = self.rules.erases_before(self.now);
                let is_due = before.zip(self.ticket.over_since()).is_some_and(|(before, since)| since <= before);
                if !is_due || self.ticket.is_erased() {
                    return Err(self.not_allowed(Operation::Erase));
                }
                self.erase(Erased::Person)
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
        let mut changes = area.map(|area| self.ticket.moved(area, self.rules)).unwrap_or_default();
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

    fn edit(&self, edit: Edit) -> Result<Vec<NewEvent>, Refusal> {
        let Ticket { attributes, tags, .. } = self.ticket;
        let operation = match edit {
            Edit::Owner(_) => Operation::Assign,
            Edit::Category(_) => Operation::Reclassify,
            Edit::Priority(_) => Operation::Edit,
            Edit::Service(_)
            | Edit::Clients(_)
            | Edit::Subject(_)
            | Edit::Visibility(_)
            | Edit::Tag(_)
            | Edit::Untag(_) => Operation::Describe,
        };
        let status = self.permit(operation)?;
        let mut changes = Changes::default();
        let mut words = None;
        match edit {
            Edit::Category(category) => {
                let category =
                    category.map(|name| self.checked_text(Field::Category, name, "category.name")).transpose()?;
                changes.category = Change::between(attributes.category.clone(), category);
            }
            Edit::Priority(priority) => {
                let priority = priority.map(|name| self.checked_priority(name, "urgency.id")).transpose()?;
                changes.priority = Change::between(attributes.priority.clone(), priority);
            }
            Edit::Owner(agent) => {
                self.check_agent(&agent, &attributes.area, "ownerId")?;
                changes.assignee = Change::between(self.ticket.assignee, Some(agent.id));
            }
            Edit::Service(service) => changes.service = Change::between(attributes.service.clone(), service),
            Edit::Visibility(visibility) => {
                changes.visibility = Change::between(attributes.visibility, visibility);
            }
            Edit::Subject(subject) => {
                changes.reworded = Some(Words::Subject);
                words = Some(subject);
            }
            Edit::Clients(clients) => {
                changes.reworded = Some(Words::Clients);
                words = Some(clients.join("\n"));
            }
            Edit::Tag(tag) => {
                let mut more = tags.clone();
                if !tags.contains(&tag) {
                    more.push(tag);
                }
                if u32::try_from(more.len()).is_ok_and(|tags| tags > TICKET_TAGS_MAX) {
                    return Err(Violations::of("tag", Problem::TooMany { max: TICKET_TAGS_MAX }).into());
                }
                changes.tags = Change::between(tags.clone(), more);
            }
            Edit::Untag(tag) => {
                let fewer = tags.iter().filter(|own| **own != tag).cloned().collect();
                changes.tags = Change::between(tags.clone(), fewer);
            }
        }
        if changes == Changes::default() && status == self.ticket.status {
            return Ok(vec![]);
        }
        let mut events = self.event(Action::Updated, status, changes, words);
        if operation == Operation::Describe {
            for new in &mut events {
                new.event.public = false;
            }
        }
        Ok(events)
    }

    /// What another system does to a status is what the desk would have done, where the desk has a name for it.
    fn set_status(&self, to: Status, justification: Option<String>, is_said: bool) -> Result<Vec<NewEvent>, Refusal> {
        let from = self.ticket.status;
        let status = self.permit(Operation::SetStatus(to))?;
        let own = &self.ticket.justification;
        if status == from {
            if !is_said || *own == justification {
                return Ok(vec![]);
            }
            self.permit(Operation::Describe)?;
        }
        let action = match (from, status) {
            (Status::Open | Status::InProgress, Status::Paused) => Action::Paused,
            (Status::Paused, Status::InProgress) => Action::Reopened,
            (Status::Resolved | Status::Closed, to) if to.is_open() => Action::Reopened,
            (Status::Open | Status::InProgress | Status::Paused, Status::Canceled) => Action::Canceled,
            _ => Action::Updated,
        };
        let reason = justification.clone();
        // Another status may have the same reason: that it is given says so, whatever the one before had.
        let is_new = status != from && justification.is_some();
        let changed = Some(Change { before: own.clone(), after: justification });
        let justification = changed.filter(|change| is_new || change.before != change.after);
        Ok(self.event(action, status, Changes { justification, ..Changes::default() }, reason))
    }

    fn say(
        &self,
        visibility: Visibility,
        statement: String,
        (status, justification): (Option<Status>, Option<String>),
        said_at: Option<Timestamp>,
    ) -> Result<Vec<NewEvent>, Refusal> {
        let (operation, action) = match visibility {
            Visibility::Public => (Operation::Reply, Action::Updated),
            Visibility::Internal => (Operation::Describe, Action::Commented),
        };
        self.permit(operation)?;
        let is_justified = justification.is_some();
        let mut events = self.set_status(status.unwrap_or(self.ticket.status), justification, is_justified)?;
        let said = self.event(action, self.ticket.status, Changes::default(), Some(statement));
        for mut new in said {
            new.event.public = visibility.is_public();
            new.event.occurred_at = said_at.filter(|said_at| *said_at < self.now);
            if let Some(before) = events.last() {
                new.event.seq = before.event.seq.saturating_add(1);
            }
            events.push(new);
        }
        Ok(events)
    }

    fn set_due(&self, due: Option<Timestamp>) -> Result<Vec<NewEvent>, Refusal> {
        let status = self.permit(Operation::Edit)?;
        let own = self.ticket.sla.due_by_hand;
        if own.map(|own| own.due) == due {
            return Ok(vec![]);
        }
        let set = due.map(|due| DueByHand { due, set_at: self.now });
        let clocks = self.ticket.sla.moved_by_hand(set, self.book, self.now);
        let changes = Changes { due_by_hand: Change::between(own, set), clocks, ..Changes::default() };
        Ok(self.event(Action::Updated, status, changes, None))
    }

    /// The active rules for what was promised under others.
    fn rematch(&self) -> Result<Vec<NewEvent>, Refusal> {
        let status = self.permit(Operation::Rematch)?;
        let mut changes = Changes::default();
        self.ticket.rematch(&mut changes, self.now, self.now, self.book);
        if changes.agreement.is_none() {
            return Ok(vec![]);
        }
        let mut events = self.event(Action::Rematched, status, changes, None);
        for new in &mut events {
            new.event.public = false;
        }
        Ok(events)
    }

    /// The event says that it happened, who did it and when. What is erased stands beside it, and is the store's to forget.
    fn erase(&self, what: Erased) -> Result<Vec<NewEvent>, Refusal> {
        let status = self.permit(Operation::Erase)?;
        let mut events = self.event(Action::Erased, status, Changes { erased: Some(what), ..Changes::default() }, None);
        for new in &mut events {
            // Whoever might have seen it is not here any more, or somebody else is meant.
            new.event.public = false;
        }
        Ok(events)
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

    /// One event, with the status and the agreement that follow from it.
    fn event(&self, action: Action, status: Status, mut changes: Changes, text: Option<String>) -> Vec<NewEvent> {
        let ticket = self.ticket;
        changes.status = Change::between(ticket.status, status);
        if changes.status.is_some() && changes.justification.is_none() {
            // It was of the status before.
            changes.justification = Change::between(ticket.justification.clone(), None);
        }
        if changes.priority.is_some() || changes.category.is_some() || changes.area.is_some() {
            ticket.rematch(&mut changes, self.now, self.now, self.book);
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
        vec![NewEvent::new(event, text)]
    }

    fn check_agent(&self, agent: &Agent, area: &str, field: &'static str) -> Result<(), Refusal> {
        if agent.works(area, self.rules) {
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
