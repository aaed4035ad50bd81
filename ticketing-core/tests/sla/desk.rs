//! A ticket at a desk under given rules, through the public door only.

use serde_json::{Value, json};
use ticketing_core::{
    Actor, Command, Draft, Event, NewTicket, Refusal, Rulebook, Rules, Status, Ticket, TicketId, Timestamp, Uuid,
    sla::{ClockState, Interval, Reading, TargetKind},
    ticket::{ActorId, Agent, AskedBy, Message, NewEvent, Origin, Reason, Reply},
};

use crate::case::{at, zone};

pub(crate) use ticketing_core::sla::TargetKind::{FirstResponse, NextResponse, Resolution};

pub(crate) const AGENT: ActorId = ActorId(Uuid::from_u128(7));

/// Monday to Friday, eight to twelve and one to five.
pub(crate) fn office() -> Value {
    let day = json!([["08:00", "12:00"], ["13:00", "17:00"]]);
    json!({ "lun": day, "mar": day, "mie": day, "jue": day, "vie": day })
}

/// The same shifts on every day of the week.
pub(crate) fn daily(shifts: &Value) -> Value {
    json!({ "lun": shifts, "mar": shifts, "mie": shifts, "jue": shifts, "vie": shifts, "sab": shifts, "dom": shifts })
}

/// Rules with these policies, and an office in UTC by the name `oficina`.
pub(crate) fn rules(policies: &Value) -> Rules {
    with_calendars(&json!({ "oficina": { "semana": office() } }), policies)
}

/// Rules with these policies and calendars.
pub(crate) fn with_calendars(calendars: &Value, policies: &Value) -> Rules {
    Rules::from_json(&json!({ "calendarios": calendars, "sla": { "politicas": policies } }).to_string()).unwrap()
}

/// Rules with one policy, which promises a resolution in a calendar of these hours and exceptions, on the clocks of a zone.
pub(crate) fn in_zone(name: &str, week: &Value, exceptions: &Value, resolution: &Value) -> Rules {
    let mut resolution = resolution.clone();
    resolution["calendario"] = json!("horario");
    let document = json!({
        "zonas": [zone(name)],
        "calendarios": { "horario": { "zona": name, "semana": week, "excepciones": exceptions } },
        "sla": { "politicas": [{ "id": 1, "nombre": "Única", "resolucion": resolution }] },
    });
    Rules::from_json(&document.to_string()).unwrap()
}

/// Rules with one policy that has these members.
pub(crate) fn one_policy(members: &Value) -> Rules {
    let mut policy = json!({ "id": 1, "nombre": "Única" });
    let members = members.as_object().unwrap().clone();
    policy.as_object_mut().unwrap().extend(members);
    rules(&json!([policy]))
}

/// A form: an incident of high priority, with other values where they are given.
pub(crate) fn form(values: &Value) -> NewTicket {
    let mut form = json!({ "nombre": "Ana", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
        "descripcion": "No puedo iniciar", "prioridad": "ALTA" });
    form.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
    Draft::from_json(form.to_string().as_bytes()).unwrap().validate(&Rules::default()).unwrap()
}

pub(crate) fn reason() -> Reason {
    Reason::new("porque sí").unwrap()
}

pub(crate) fn desk() -> Actor {
    Actor::Desk(AGENT)
}

pub(crate) fn reply() -> Reply {
    Reply::new("lo estamos viendo").unwrap()
}

pub(crate) fn set(status: Status) -> Command {
    Command::Update { status: Some(status), priority: None, area: None, reply: None }
}

pub(crate) fn set_priority(priority: &str) -> Command {
    Command::Update { status: None, priority: Some(priority.into()), area: None, reply: None }
}

pub(crate) fn set_area(area: &str) -> Command {
    Command::Update { status: None, priority: None, area: Some(area.into()), reply: None }
}

pub(crate) fn say(reply: Reply) -> Command {
    Command::Update { status: None, priority: None, area: None, reply: Some(reply) }
}

pub(crate) fn comment() -> Command {
    Command::Comment { message: Message::new("ya no ocurre").unwrap() }
}

/// A ticket, its history, and the rules it is under.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) ticket: Ticket,
    pub(crate) history: Vec<Event>,
    pub(crate) book: Rulebook,
}

impl Desk {
    pub(crate) fn open(rules: &Rules, now: &str) -> Self {
        Self::open_as(&json!({}), rules, now)
    }

    pub(crate) fn open_as(values: &Value, rules: &Rules, now: &str) -> Self {
        Self::opened(Ticket::open(&form(values), Origin::Other, &Actor::Requester, at(now), rules).unwrap(), rules)
    }

    /// Taken over from another system, which has had it since an earlier instant.
    pub(crate) fn open_since(created_at: &str, rules: &Rules, now: &str) -> Self {
        let (created_at, now) = (at(created_at), at(now));
        let form = form(&json!({})).since(created_at);
        Self::opened(Ticket::open(&form, Origin::TicketsApi, &Actor::Token(AGENT), now, rules).unwrap(), rules)
    }

    fn opened(new: NewEvent, rules: &Rules) -> Self {
        let ticket = Ticket::opened(TicketId::default(), &new.event).unwrap();
        Self { ticket, history: vec![new.event], book: rules.clone().into() }
    }

    pub(crate) fn run(&mut self, now: Timestamp, command: Command, actor: &Actor) -> Result<Vec<Event>, Refusal> {
        let events = self.ticket.decide(command, actor, now, &self.book)?;
        let events: Vec<_> = events.into_iter().map(|new| new.event).collect();
        for event in &events {
            self.ticket.apply(event).unwrap();
        }
        self.history.extend(events.iter().cloned());
        Ok(events)
    }

    #[track_caller]
    pub(crate) fn does(&mut self, now: &str, command: Command) -> Vec<Event> {
        self.run(at(now), command, &desk()).unwrap()
    }

    #[track_caller]
    pub(crate) fn pauses(&mut self, now: &str) {
        self.does(now, Command::Pause { reason: reason() });
    }

    #[track_caller]
    pub(crate) fn resumes(&mut self, now: &str) {
        self.does(now, Command::Reopen { reason: reason() });
    }

    #[track_caller]
    pub(crate) fn enters(&mut self, now: &str, status: Status) {
        self.does(now, set(status));
    }

    #[track_caller]
    pub(crate) fn cancels(&mut self, now: &str) {
        self.does(now, Command::Cancel { reason: reason(), asked_by: AskedBy::Requester });
    }

    #[track_caller]
    pub(crate) fn replies(&mut self, now: &str) {
        self.does(now, say(reply()));
    }

    #[track_caller]
    pub(crate) fn assigns(&mut self, now: &str) {
        let agent = Agent { id: AGENT, area: None, is_active: true };
        self.does(now, Command::Assign { agent, reason: reason() });
    }

    #[track_caller]
    pub(crate) fn comments(&mut self, now: &str) {
        self.run(at(now), comment(), &Actor::Requester).unwrap();
    }

    #[track_caller]
    pub(crate) fn sets_due(&mut self, now: &str, due: Option<&str>) {
        self.does(now, Command::SetDue { due: due.map(at) });
    }

    /// What is noted at an instant: target, cycle, percent and when it was up.
    #[track_caller]
    pub(crate) fn keeps_time(&mut self, now: &str) -> Vec<String> {
        noted(&self.run(at(now), Command::KeepTime, &Actor::System).unwrap())
    }

    #[track_caller]
    pub(crate) fn rematches(&mut self, now: &str) -> Vec<Event> {
        self.run(at(now), Command::Rematch, &Actor::System).unwrap()
    }

    pub(crate) fn read(&self, kind: TargetKind, now: &str) -> Option<Reading> {
        self.ticket.sla.read_target(kind, &self.book, at(now))
    }

    /// When it is due, in seconds, or why there is no such instant.
    pub(crate) fn due(&self, kind: TargetKind, now: &str) -> String {
        match self.read(kind, now) {
            None => "no target".to_owned(),
            Some(Reading { due: None, .. }) => "never".to_owned(),
            Some(Reading { due: Some(due), .. }) => due.seconds().to_string(),
        }
    }

    #[track_caller]
    pub(crate) fn state(&self, kind: TargetKind, now: &str) -> ClockState {
        self.read(kind, now).unwrap().state
    }

    #[track_caller]
    pub(crate) fn elapsed_minutes(&self, kind: TargetKind, now: &str) -> i64 {
        self.read(kind, now).unwrap().elapsed.num_minutes()
    }

    #[track_caller]
    pub(crate) fn granted_minutes(&self, kind: TargetKind) -> i64 {
        self.ticket.sla.granted(kind, &self.book, self.ticket.recorded_at).unwrap().num_minutes()
    }

    #[track_caller]
    pub(crate) fn explain(&self, kind: TargetKind, now: &str) -> Vec<String> {
        let told = self.ticket.sla.explain(kind, &self.book, at(now)).unwrap();
        told.iter().map(interval).collect()
    }

    pub(crate) fn next_moment(&self, now: &str) -> Option<String> {
        self.ticket.sla.next_moment(&self.book, at(now)).map(|moment| moment.seconds().to_string())
    }
}

fn interval(interval: &Interval) -> String {
    format!("{} {} {:?}", interval.from.seconds(), interval.until.seconds(), interval.reason)
}

/// What events note, as `Resolution 0 80% 2026-03-23T09:00:00Z`.
pub(crate) fn noted(events: &[Event]) -> Vec<String> {
    let passed = events.iter().flat_map(|event| &event.changes.clocks.passed);
    passed
        .map(|threshold| {
            let at = threshold.at.to_string().replace(".000Z", "Z");
            format!("{:?} {} {}% {at}", threshold.target, threshold.cycle, threshold.percent)
        })
        .collect()
}
