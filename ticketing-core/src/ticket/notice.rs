//! Who is told of an event, by mail or by whatever else carries notices.

use chrono::TimeDelta;

use super::{Action, ActorId, Change, Event, Origin, Role, Status, Ticket};
use crate::{Rules, User, UserRole, limits::NOTICE_LATE_MINUTES_MAX, sla::Audience};

/// Somebody to be told of an event, and as what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Notice {
    /// Who.
    pub to: Recipient,
    /// What it is to them.
    pub kind: NoticeKind,
}

/// Who is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Recipient {
    /// The person who asks.
    Requester,
    /// One agent.
    Agent(ActorId),
    /// Those who work the ticket's area.
    Area,
    /// Those who work every area.
    Desk,
    /// The administrators.
    Admins,
}

/// What an event is to whoever is told of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NoticeKind {
    /// The desk has the ticket.
    Created,
    /// The desk says something.
    Replied,
    /// The desk has solved it; there may be a reply to it.
    Resolved,
    /// It was closed without having been resolved before.
    Closed,
    /// It was ended without a solution, for good.
    Canceled,
    /// The ticket is an agent's now.
    Assigned,
    /// A target of it is at risk.
    AtRisk,
    /// A target of it is breached.
    Breached,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Replied,
        Self::Resolved,
        Self::Closed,
        Self::Canceled,
        Self::Assigned,
        Self::AtRisk,
        Self::Breached,
    ];

    /// Its name, in kebab-case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Replied => "replied",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Canceled => "canceled",
            Self::Assigned => "assigned",
            Self::AtRisk => "at-risk",
            Self::Breached => "breached",
        }
    }
}

impl Ticket {
    /// Who is told of an event; `self` is the ticket as it was right after it. Each recipient is there once.
    ///
    /// - The requester hears that the ticket came to be, also where they made it themselves: that is their receipt. Then only of
    ///   events that they may see and did not cause: a reply, and each end that the ticket comes to. That a resolved ticket is
    ///   closed is none: they were told how long they may object. Nor are assignments, pauses and other moves, which the
    ///   look-up tells.
    /// - An agent hears of a ticket that somebody else gives them.
    /// - Of an alarm, those hear whom the step of the escalation names; where it names nobody, the assignee.
    /// - What happened long before it was recorded is a history that was taken over: nobody hears of it.
    pub fn notices(&self, event: &Event) -> Vec<Notice> {
        if is_taken_over(event) {
            return Vec::new();
        }
        let requester = self.to_requester(event).map(|kind| Notice { to: Recipient::Requester, kind });
        let assigned = given_to(event).map(|id| Notice { to: Recipient::Agent(id), kind: NoticeKind::Assigned });
        let mut notices: Vec<_> = requester.into_iter().chain(assigned).collect();
        let alarm = match event.action {
            Action::AtRisk => NoticeKind::AtRisk,
            Action::Breached => NoticeKind::Breached,
            _ => return notices,
        };
        let named: &[Audience] = match event.changes.notify.as_slice() {
            [] => &[Audience::Assignee],
            named => named,
        };
        for to in named.iter().filter_map(|audience| self.recipient(*audience)) {
            let notice = Notice { to, kind: alarm };
            if !notices.contains(&notice) {
                notices.push(notice);
            }
        }
        notices
    }

    fn to_requester(&self, event: &Event) -> Option<NoticeKind> {
        if !self.has_requester || !self.attributes.visibility.is_public() || !event.public {
            return None;
        }
        if event.action == Action::Opened {
            return Some(NoticeKind::Created);
        }
        if event.author.role == Role::Requester {
            return None;
        }
        match event.changes.status {
            Some(Change { after: Status::Resolved, .. }) => Some(NoticeKind::Resolved),
            Some(Change { after: Status::Canceled, .. }) => Some(NoticeKind::Canceled),
            Some(Change { before, after: Status::Closed }) if before.is_open() => Some(NoticeKind::Closed),
            _ => event.answers_requester().then_some(NoticeKind::Replied),
        }
    }

    fn recipient(&self, audience: Audience) -> Option<Recipient> {
        match audience {
            Audience::Assignee => self.assignee.map(Recipient::Agent),
            Audience::Area => Some(Recipient::Area),
            Audience::Desk => Some(Recipient::Desk),
            Audience::Admins => Some(Recipient::Admins),
        }
    }
}

/// It happened so long before it was recorded that it is no news. A client that gives each event its own time is a little late
/// with all of them.
fn is_taken_over(event: &Event) -> bool {
    let late = event.occurred_at.map(|occurred_at| event.recorded_at.since(occurred_at));
    late.is_some_and(|late| late > TimeDelta::minutes(NOTICE_LATE_MINUTES_MAX))
}

/// The agent whose the ticket is from then on, unless they took it themselves.
fn given_to(event: &Event) -> Option<ActorId> {
    let assignee = event.changes.assignee.as_ref()?.after;
    assignee.filter(|agent| event.author.id != Some(*agent))
}

impl Recipient {
    /// Whether a user is among them, for a ticket of an area. Nobody is who does not work at the desk, or not any more.
    pub fn includes(self, user: &User, area: &str, rules: &Rules) -> bool {
        let works_area = || user.area.as_deref().is_some_and(|own| rules.area_key(own) == rules.area_key(area));
        user.is_active
            && user.role.is_staff()
            && match self {
                Self::Requester => false,
                Self::Agent(id) => user.id == id,
                Self::Area => works_area(),
                Self::Desk => user.role == UserRole::Desk,
                Self::Admins => user.role == UserRole::Admin,
            }
    }
}

impl Origin {
    /// Whether anybody may have made such a ticket in anybody's name: what they wrote there is not sent to the address that they
    /// gave before somebody at the desk has looked at it.
    pub const fn is_open_to_all(self) -> bool {
        matches!(self, Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        Actor, Command, Draft, NewTicket, Rulebook, TicketId, Timestamp,
        ticket::{Agent, AskedBy, Message, Reason, Reply},
    };

    const MARIO: ActorId = ActorId(Uuid::from_u128(1));
    const RITA: ActorId = ActorId(Uuid::from_u128(2));

    fn hour(hour: i64) -> Timestamp {
        Timestamp::from_unix_millis(1_774_347_300_000 + hour * 3_600_000).unwrap()
    }

    fn new_ticket() -> NewTicket {
        let json = br#"{ "nombre": "Ana", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
            "descripcion": "No puedo iniciar", "prioridad": "ALTA" }"#;
        Draft::from_json(json).unwrap().validate(&Rules::default()).unwrap()
    }

    fn reason() -> Reason {
        Reason::new("porque sí").unwrap()
    }

    fn mario() -> Actor {
        Actor::Desk(MARIO)
    }

    fn set(status: Status, reply: Option<&str>) -> Command {
        let reply = reply.map(|reply| Reply::new(reply).unwrap());
        Command::Update { status: Some(status), priority: None, area: None, reply }
    }

    fn assign(id: ActorId) -> Command {
        Command::Assign { agent: Agent { id, area: None, is_active: true }, reason: reason() }
    }

    fn rules(escalation: &str) -> Rules {
        let json = r#"{ "sla": { "politicas": [{ "id": 1, "nombre": "Todas", "resolucion": { "otras": "4h", "enRiesgo": [50],
            "escalar": [] } }] } }"#;
        Rules::from_json(&json.replace(r#""escalar": []"#, &format!(r#""escalar": [{escalation}]"#))).unwrap()
    }

    struct Desk {
        ticket: Ticket,
        book: Rulebook,
    }

    impl Desk {
        fn under(rules: Rules) -> Self {
            let opened = Ticket::open(&new_ticket(), Origin::Other, &Actor::Requester, hour(0), &rules).unwrap().event;
            Self { ticket: Ticket::opened(TicketId::default(), &opened).unwrap(), book: rules.into() }
        }

        fn open() -> Self {
            Self::under(Rules::default())
        }

        /// Everybody who is told of what a command comes to.
        fn told(&mut self, at: i64, command: Command, actor: &Actor) -> Vec<(Recipient, &'static str)> {
            let events = self.ticket.decide(command, actor, hour(at), &self.book).unwrap();
            let mut told = Vec::new();
            for new in events {
                self.ticket.apply(&new.event).unwrap();
                told.extend(self.ticket.notices(&new.event));
            }
            told.into_iter().map(|Notice { to, kind }| (to, kind.name())).collect()
        }
    }

    fn told_of_opening(event: &Event) -> Vec<Notice> {
        Ticket::opened(TicketId::default(), event).unwrap().notices(event)
    }

    #[test]
    fn a_requester_has_a_receipt_whoever_made_the_ticket() {
        let created = [Notice { to: Recipient::Requester, kind: NoticeKind::Created }];
        for actor in [Actor::Requester, mario(), Actor::Token(RITA)] {
            let rules = Rules::default();
            let opened = Ticket::open(&new_ticket(), Origin::of(&actor), &actor, hour(0), &rules).unwrap().event;
            assert_eq!(told_of_opening(&opened), created);
        }
    }

    #[test]
    fn without_a_requester_nobody_is_told_of_what_they_would_see() {
        let mut opened =
            Ticket::open(&new_ticket(), Origin::TicketsApi, &mario(), hour(0), &Rules::default()).unwrap().event;
        opened.changes.opened.as_mut().unwrap().has_requester = false;
        assert_eq!(told_of_opening(&opened), []);
        let ticket = Ticket::opened(TicketId::default(), &opened).unwrap();
        let mut desk = Desk { ticket, book: Rulebook::default() };
        assert_eq!(desk.told(1, set(Status::Resolved, Some("Ya está")), &mario()), []);
    }

    /// A client that gives each ticket its own time is no import.
    #[test]
    fn a_ticket_that_was_taken_over_is_no_news_and_one_that_is_a_little_late_is() {
        for (created_at, told) in [(hour(-100), 0), (hour(-2), 0), (hour(-1), 1), (hour(0), 1), (hour(7), 1)] {
            let opened =
                Ticket::open(&new_ticket().since(created_at), Origin::TicketsApi, &mario(), hour(0), &Rules::default())
                    .unwrap();
            assert_eq!(told_of_opening(&opened.event).len(), told, "{created_at}");
        }
    }

    #[test]
    fn a_requester_hears_of_replies_and_of_each_end_and_of_nothing_else() {
        let requester = |kind| vec![(Recipient::Requester, kind)];
        let mut desk = Desk::open();
        assert_eq!(desk.told(1, set(Status::InProgress, None), &mario()), []);
        assert_eq!(desk.told(1, set(Status::InProgress, Some("Lo vemos")), &mario()), requester("replied"));
        assert_eq!(desk.told(1, Command::Pause { reason: reason() }, &mario()), []);
        assert_eq!(desk.told(1, set(Status::Resolved, Some("Reinicie")), &mario()), requester("resolved"));
        assert_eq!(desk.told(1, Command::Reopen { reason: reason() }, &mario()), []);
        assert_eq!(desk.told(1, set(Status::Resolved, None), &mario()), requester("resolved"));
        // They were told how long they may object.
        assert_eq!(desk.told(1, set(Status::Closed, None), &mario()), []);

        assert_eq!(Desk::open().told(1, set(Status::Closed, None), &mario()), requester("closed"));
        assert_eq!(Desk::open().told(1, Command::Archive { reason: reason() }, &mario()), requester("closed"));
        assert_eq!(Desk::open().told(1, set(Status::Canceled, None), &mario()), requester("canceled"));
        // Somebody else did what they asked for.
        let cancel = Command::Cancel { reason: reason(), asked_by: AskedBy::Requester };
        assert_eq!(Desk::open().told(1, cancel, &mario()), requester("canceled"));
    }

    #[test]
    fn nobody_is_told_of_what_they_did_themselves() {
        let mut desk = Desk::open();
        let comment = || Command::Comment { message: Message::new("sigue igual").unwrap() };
        assert_eq!(desk.told(1, comment(), &Actor::Requester), []);
        assert_eq!(desk.told(1, assign(MARIO), &mario()), []);
        assert_eq!(desk.told(1, assign(RITA), &mario()), [(Recipient::Agent(RITA), "assigned")]);
        // Nor of what they have already.
        assert_eq!(desk.told(1, assign(RITA), &mario()), []);
        let transfer = Command::Transfer {
            area: "Redes".into(),
            agent: Some(Agent { id: MARIO, area: None, is_active: true }),
            reason: reason(),
        };
        assert_eq!(desk.told(1, transfer, &Actor::Admin(RITA)), [(Recipient::Agent(MARIO), "assigned")]);
        // Whom a ticket leaves hears of nothing.
        let transfer = Command::Transfer { area: "Sistemas".into(), agent: None, reason: reason() };
        assert_eq!(desk.told(1, transfer, &Actor::Admin(RITA)), []);
    }

    #[test]
    fn of_an_alarm_those_hear_whom_the_escalation_names_and_else_the_assignee() {
        let mut desk = Desk::under(rules(
            r#"{ "al": 50, "notificar": ["AREA", "AGENTE", "ADMIN"] }, { "al": 100, "notificar": ["AGENTE", "MESA"] }"#,
        ));
        assert_eq!(
            desk.told(2, Command::KeepTime, &Actor::System),
            [(Recipient::Area, "at-risk"), (Recipient::Admins, "at-risk")]
        );
        desk.told(2, assign(RITA), &mario());
        assert_eq!(
            desk.told(4, Command::KeepTime, &Actor::System),
            [(Recipient::Agent(RITA), "breached"), (Recipient::Desk, "breached")]
        );

        let mut unnamed = Desk::under(rules(""));
        assert_eq!(unnamed.told(2, Command::KeepTime, &Actor::System), []);
        unnamed.told(3, assign(MARIO), &mario());
        // Also where the agent's own command is what notes it.
        assert_eq!(unnamed.told(5, set(Status::Paused, None), &mario()), [(Recipient::Agent(MARIO), "breached")]);
    }

    #[test]
    fn audiences_are_those_who_work_there_now() {
        let user = |role, area: Option<&str>| User {
            id: RITA,
            version: 1,
            email: None,
            name: "Rita".into(),
            role,
            area: area.map(str::to_owned),
            phone: None,
            is_active: true,
            tokens_valid_from: hour(0),
        };
        let rules = Rules::default();
        let included = |user: &User, area: &str| {
            let all =
                [Recipient::Requester, Recipient::Agent(RITA), Recipient::Area, Recipient::Desk, Recipient::Admins];
            all.map(|recipient| recipient.includes(user, area, &rules))
        };
        assert_eq!(included(&user(UserRole::Area, Some("redes")), " Redes"), [false, true, true, false, false]);
        assert_eq!(included(&user(UserRole::Area, Some("redes")), "MESA"), [false, true, false, false, false]);
        assert_eq!(included(&user(UserRole::Desk, Some("mesa de ayuda")), "MESA"), [false, true, true, true, false]);
        assert_eq!(included(&user(UserRole::Desk, None), "MESA"), [false, true, false, true, false]);
        assert_eq!(included(&user(UserRole::Admin, None), "MESA"), [false, true, false, false, true]);
        assert_eq!(included(&user(UserRole::Requester, Some("MESA")), "MESA"), [false; 5]);
        let away = User { is_active: false, ..user(UserRole::Admin, None) };
        assert_eq!(included(&away, "MESA"), [false; 5]);
    }
}
