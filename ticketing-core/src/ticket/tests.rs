mod integration;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Draft, NewTicket, Rulebook, sla::ClockState};

const AGENT: ActorId = ActorId(Uuid::from_u128(7));

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_774_347_300_000 + minute * 60_000).unwrap()
}

fn new_ticket() -> NewTicket {
    let json = br#"{ "nombre": "Ana", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
        "descripcion": "No puedo iniciar", "prioridad": "ALTA" }"#;
    Draft::from_json(json).unwrap().validate(&Rules::default()).unwrap()
}

fn reason() -> Reason {
    Reason::new("porque sí").unwrap()
}

fn desk() -> Actor {
    Actor::Desk(AGENT)
}

fn area(area: &str) -> Actor {
    Actor::Area { id: AGENT, area: area.into() }
}

fn update() -> Command {
    Command::Update { status: None, priority: None, area: None, reply: None }
}

fn set(status: Status) -> Command {
    Command::Update { status: Some(status), priority: None, area: None, reply: None }
}

fn comment() -> Command {
    Command::Comment { message: Message::new("ya no ocurre").unwrap() }
}

/// A ticket and its history.
struct Desk {
    ticket: Ticket,
    history: Vec<Event>,
    book: Rulebook,
}

impl Desk {
    fn open() -> Self {
        Self::under(Rules::default())
    }

    fn under(rules: Rules) -> Self {
        let opened = Ticket::open(&new_ticket(), Origin::Other, &Actor::Requester, minute(0), &rules).unwrap().event;
        Self {
            ticket: Ticket::opened(TicketId::default(), &opened).unwrap(),
            history: vec![opened],
            book: rules.into(),
        }
    }

    fn at(status: Status) -> Self {
        let mut desk = Self::open();
        desk.run(0, set(status), &self::desk()).unwrap();
        desk
    }

    fn run(&mut self, at: i64, command: Command, actor: &Actor) -> Result<Option<Event>, Refusal> {
        let events = self.ticket.decide(command, actor, minute(at), &self.book)?;
        for new in &events {
            assert_eq!(new.event.has_text, new.text.is_some());
            self.ticket.apply(&new.event).unwrap();
            self.history.push(new.event.clone());
        }
        Ok(events.into_iter().next().map(|new| new.event))
    }
}

#[test]
fn an_update_is_one_event_with_everything_that_changed() {
    let mut desk = Desk::open();
    let command = Command::Update {
        status: Some(Status::InProgress),
        priority: Some("urgente".into()),
        area: Some("Redes".into()),
        reply: Some(Reply::new("Lo estamos viendo").unwrap()),
    };
    let event = desk.run(5, command, &self::desk()).unwrap().unwrap();
    assert_eq!(event.action, Action::Updated);
    assert_eq!(event.changes.status, Change::between(Status::Open, Status::InProgress));
    assert_eq!(event.changes.area, Change::between("MESA".into(), "Redes".into()));
    assert_eq!(desk.ticket.reply, Some(2));
    assert_eq!(desk.ticket.first_responded_at(), Some(minute(5)));
    // Re-matched: two hours from the start, not from the change.
    let reading = desk.ticket.sla.read(&desk.book, minute(5)).unwrap();
    assert_eq!(reading.due, Some(minute(120)));
}

#[test]
fn sending_back_what_was_shown_changes_nothing() {
    let mut desk = Desk::open();
    let command = Command::Update {
        status: Some(Status::Open),
        priority: Some("ALTA".into()),
        area: Some("Mesa de Ayuda".into()),
        reply: None,
    };
    assert_eq!(desk.run(5, command, &self::desk()), Ok(None));
    assert_eq!(Desk::at(Status::Canceled).run(5, set(Status::Canceled), &self::desk()), Ok(None));
}

#[test]
fn assigning_begins_the_work_and_is_no_response() {
    let mut desk = Desk::open();
    let agent = Agent { id: AGENT, area: None, is_active: true };
    desk.run(5, Command::Assign { agent, reason: reason() }, &self::desk()).unwrap();
    assert_eq!((desk.ticket.status, desk.ticket.assignee), (Status::InProgress, Some(AGENT)));
    assert_eq!(desk.ticket.first_responded_at(), None);
    // Another area takes the agent off it.
    let transfer = Command::Transfer { area: "Redes".into(), agent: None, reason: reason() };
    desk.run(6, transfer, &self::desk()).unwrap();
    assert_eq!(desk.ticket.assignee, None);
}

#[test]
fn an_agent_who_is_away_or_elsewhere_is_a_violation() {
    let mut desk = Desk::open();
    for agent in [
        Agent { id: AGENT, area: None, is_active: false },
        Agent { id: AGENT, area: Some("REDES".into()), is_active: true },
    ] {
        let refusal = desk.run(5, Command::Assign { agent, reason: reason() }, &self::desk()).unwrap_err();
        assert_eq!(refusal.to_string(), "agenteId: unavailable-agent");
    }
    let agent = Agent { id: AGENT, area: Some("mesa de ayuda".into()), is_active: true };
    assert!(desk.run(5, Command::Assign { agent, reason: reason() }, &self::desk()).is_ok());
}

#[test]
fn resolving_without_a_word_is_the_first_response() {
    let mut desk = Desk::open();
    desk.run(5, set(Status::Resolved), &self::desk()).unwrap();
    assert_eq!(desk.ticket.first_responded_at(), Some(minute(5)));
}

#[test]
fn a_pause_moves_the_deadline_and_reopening_goes_on() {
    let mut desk = Desk::open();
    desk.run(60, Command::Pause { reason: reason() }, &self::desk()).unwrap();
    desk.run(90, Command::Reopen { reason: reason() }, &self::desk()).unwrap();
    let reading = desk.ticket.sla.read(&desk.book, minute(100)).unwrap();
    assert_eq!((reading.due, reading.state), (Some(minute(270)), ClockState::Running));
}

#[test]
fn the_requesters_comment_sets_a_paused_ticket_going() {
    let mut desk = Desk::at(Status::Paused);
    let event = desk.run(1, comment(), &Actor::Requester).unwrap().unwrap();
    assert_eq!((event.action, desk.ticket.status), (Action::Commented, Status::InProgress));
    assert_eq!(desk.ticket.first_responded_at(), None);
}

#[test]
fn a_comment_reopens_within_fourteen_days_of_the_resolution() {
    let fortnight = 14 * 24 * 60;
    assert!(Desk::at(Status::Resolved).run(fortnight, comment(), &Actor::Requester).is_ok());
    let late = Desk::at(Status::Resolved).run(fortnight + 1, comment(), &Actor::Requester);
    assert_eq!(late, Err(Refusal::ReopenWindowOver));
    for status in [Status::Closed, Status::Canceled] {
        let refusal = Desk::at(status).run(1, comment(), &Actor::Requester).unwrap_err();
        assert_eq!(refusal.code(), "not-allowed");
    }
}

#[test]
fn a_ticket_to_which_too_much_has_happened_takes_only_what_ends_it() {
    let full = |status| {
        let mut desk = Desk::at(status);
        desk.ticket.version = crate::limits::TICKET_EVENTS_MAX;
        desk
    };
    for (command, actor) in [(comment(), Actor::Requester), (set(Status::Paused), desk())] {
        assert_eq!(full(Status::Open).run(1, command.clone(), &actor), Err(Refusal::Full));
        let mut nearly = full(Status::Open);
        nearly.ticket.version -= 1;
        assert!(nearly.run(1, command, &actor).is_ok());
    }
    assert_eq!(full(Status::Resolved).run(1, Command::Reopen { reason: reason() }, &desk()), Err(Refusal::Full));
    for command in [set(Status::Resolved), set(Status::Canceled), Command::Archive { reason: reason() }] {
        assert!(full(Status::Open).run(1, command, &desk()).is_ok());
    }
    // What changes nothing is no event, and clocks run on.
    assert_eq!(full(Status::Open).run(1, set(Status::Open), &desk()), Ok(None));
    assert!(full(Status::Open).run(5 * 60, Command::KeepTime, &Actor::System).unwrap().is_some());
    assert!(full(Status::Resolved).run(8 * 24 * 60, Command::CloseItself, &Actor::System).unwrap().is_some());
}

#[test]
fn a_resolved_ticket_closes_itself_after_seven_days() {
    let week = 7 * 24 * 60;
    assert!(Desk::at(Status::Resolved).run(week - 1, Command::CloseItself, &Actor::System).is_err());
    let mut desk = Desk::at(Status::Resolved);
    assert_eq!(desk.ticket.closes_itself_at(desk.book.active()), Some(minute(week)));
    desk.run(week, Command::CloseItself, &Actor::System).unwrap();
    assert_eq!(desk.ticket.status, Status::Closed);
    assert_eq!(desk.ticket.closes_itself_at(desk.book.active()), None);
}

#[test]
fn archiving_an_open_ticket_closes_it_and_freezes_it() {
    let mut desk = Desk::open();
    let event = desk.run(1, Command::Archive { reason: reason() }, &area("mesa de ayuda")).unwrap().unwrap();
    assert_eq!(event.changes.status, Change::between(Status::Open, Status::Closed));
    assert!(desk.ticket.is_archived());
    let refusal = desk.run(2, set(Status::Closed), &self::desk()).unwrap_err();
    assert_eq!(refusal.message(crate::Locale::Es), "El ticket está archivado: no se puede actualizar.");
    assert_eq!(desk.run(2, Command::Unarchive { reason: reason() }, &self::desk()), Err(Refusal::Forbidden));
    desk.run(2, Command::Unarchive { reason: reason() }, &Actor::Admin(AGENT)).unwrap();
    assert_eq!((desk.ticket.status, desk.ticket.is_archived()), (Status::Closed, false));
}

#[test]
fn an_area_user_may_not_touch_a_foreign_ticket_nor_reopen_a_finished_one() {
    let mut desk = Desk::at(Status::Resolved);
    assert_eq!(desk.run(1, update(), &area("REDES")), Err(Refusal::ForeignArea));
    assert_eq!(desk.run(1, set(Status::InProgress), &area("MESA")), Err(Refusal::Forbidden));
    assert!(desk.run(1, set(Status::Closed), &area("MESA")).is_ok());
}

#[test]
fn a_finished_ticket_keeps_its_priority_and_area() {
    for status in [Status::Resolved, Status::Closed, Status::Canceled] {
        let change = Command::Update { status: None, priority: Some("BAJA".into()), area: None, reply: None };
        assert_eq!(Desk::at(status).run(1, change, &desk()).unwrap_err().code(), "not-allowed");
    }
    let reopen = Command::Update { status: Some(Status::Open), priority: Some("BAJA".into()), area: None, reply: None };
    assert!(Desk::at(Status::Closed).run(1, reopen, &desk()).is_ok());
}

#[test]
fn finishing_and_editing_in_one_save_are_both_done() {
    let mut desk = Desk::open();
    let command =
        Command::Update { status: Some(Status::Resolved), priority: Some("BAJA".into()), area: None, reply: None };
    desk.run(1, command, &self::desk()).unwrap();
    assert_eq!((desk.ticket.status, desk.ticket.attributes.priority.as_deref()), (Status::Resolved, Some("BAJA")));
}

#[test]
fn values_of_a_command_have_the_limits_of_creation() {
    let mut desk = Desk::open();
    let mut refused = |command| desk.run(1, command, &self::desk()).unwrap_err().to_string();
    let reclassify = |priority: &str, category: &str| Command::Reclassify {
        priority: priority.into(),
        category: category.into(),
        reason: reason(),
    };
    assert_eq!(refused(reclassify(&"x".repeat(21), "Redes")), "nuevaPrioridad: too-long");
    assert_eq!(refused(reclassify("ALTA", " ")), "nuevaCategoria: required");
    let transfer = Command::Transfer { area: "a\0b".into(), agent: None, reason: reason() };
    assert_eq!(refused(transfer), "nuevaArea: control-character");
}

#[test]
fn a_clock_set_back_does_not_disorder_history() {
    let mut desk = Desk::open();
    desk.run(10, set(Status::InProgress), &self::desk()).unwrap();
    let event = desk.run(-10, set(Status::Paused), &self::desk()).unwrap().unwrap();
    assert_eq!(event.recorded_at, minute(10));
}

#[test]
fn events_that_are_no_history_are_refused() {
    let mut desk = Desk::open();
    desk.run(1, set(Status::InProgress), &self::desk()).unwrap();
    let [first, second] = &desk.history[..] else { panic!() };
    assert_eq!(Ticket::replay(TicketId::default(), []), Err(ReplayError::NotOpened));
    assert_eq!(Ticket::replay(TicketId::default(), [second]), Err(ReplayError::NotOpened));
    let doubled = Ticket::replay(TicketId::default(), [first, first]);
    assert_eq!(doubled, Err(ReplayError::OutOfOrder { expected: 2, found: 1 }));
}

fn any_command() -> impl Strategy<Value = Command> {
    let status = prop::option::of(prop::sample::select(&Status::ALL));
    let priority = prop::sample::select(&["ALTA", "baja", "Crítica", "otra", ""]).prop_map(String::from);
    let area = prop::sample::select(&["MESA", "mesa de ayuda", "Redes", "SISTEMAS"]).prop_map(String::from);
    let agent = (any::<u128>(), prop::option::of(area.clone()), any::<bool>())
        .prop_map(|(id, area, is_active)| Agent { id: ActorId(Uuid::from_u128(id)), area, is_active });
    let reply = prop::option::of(Just(Reply::new("una respuesta").unwrap()));
    prop_oneof![
        4 => (status, prop::option::of(priority.clone()), prop::option::of(area.clone()), reply)
            .prop_map(|(status, priority, area, reply)| Command::Update { status, priority, area, reply }),
        1 => agent.clone().prop_map(|agent| Command::Assign { agent, reason: reason() }),
        1 => (area, prop::option::of(agent)).prop_map(|(area, agent)| Command::Transfer { area, agent, reason: reason() }),
        1 => priority.prop_map(|priority| Command::Reclassify { priority, category: "Redes".into(), reason: reason() }),
        1 => Just(Command::Pause { reason: reason() }),
        1 => Just(Command::Reopen { reason: reason() }),
        1 => Just(Command::Cancel { reason: reason(), asked_by: AskedBy::Requester }),
        1 => Just(Command::Archive { reason: reason() }),
        1 => Just(Command::Unarchive { reason: reason() }),
        1 => Just(comment()),
        1 => Just(Command::CloseItself),
        6 => integration::any_command(),
    ]
}

fn any_actor() -> impl Strategy<Value = Actor> {
    prop::sample::select(vec![
        Actor::Requester,
        Actor::Admin(AGENT),
        desk(),
        area("MESA"),
        area("redes"),
        Actor::Token(AGENT),
        Actor::System,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn prop_replaying_the_history_gives_the_ticket(
        steps in prop::collection::vec((-100_i64..20_000, any_command(), any_actor()), 0..50),
    ) {
        let mut desk = Desk::open();
        let mut now = 0;
        for (minutes, command, actor) in steps {
            now += minutes;
            let before = desk.ticket.clone();
            if desk.run(now, command, &actor).is_err() {
                prop_assert_eq!(&before, &desk.ticket);
            }
        }
        // As it would come back from a store.
        let stored: Vec<String> = desk.history.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let read: Vec<Event> = stored.iter().map(|json| serde_json::from_str(json).unwrap()).collect();
        prop_assert_eq!(&read, &desk.history);
        prop_assert_eq!(&Ticket::replay(desk.ticket.id, &read).unwrap(), &desk.ticket);
        prop_assert!(desk.history.windows(2).all(|pair| pair[0].recorded_at <= pair[1].recorded_at));
        // The clocks know the status.
        prop_assert_eq!(desk.ticket.sla.status(), desk.ticket.status);
    }
}

/// A client sends back all that it was shown, also what newer rules would not take any more.
#[test]
fn what_stays_as_it_is_is_not_asked_of_the_rules() {
    let mut desk = Desk::open();
    let strict = r#"{ "areas": { "lista": [{ "nombre": "REDES" }], "predeterminada": "REDES", "soloConocidas": true },
        "prioridades": { "lista": [{ "nombre": "UNICA" }], "soloConocidas": true },
        "sla": { "politicas": [] } }"#;
    desk.book = desk.book.activated(Rules::from_json(strict).unwrap());
    let update = |priority: &str, area: &str| Command::Update {
        status: Some(Status::Resolved),
        priority: Some(priority.into()),
        area: Some(area.into()),
        reply: None,
    };
    let refused = desk.run(1, update("MEDIA", "Marte"), &self::desk()).unwrap_err();
    assert_eq!(refused.to_string(), "prioridad: unknown-value; area: unknown-value");
    desk.run(1, update(" ALTA ", "mesa"), &self::desk()).unwrap();
    assert_eq!(desk.ticket.status, Status::Resolved);
}

#[test]
fn a_refusal_says_what_is_not_possible() {
    let update = |status| Command::Update { status: Some(status), priority: None, area: None, reply: None };
    let said = |from, command| Desk::at(from).run(1, command, &desk()).unwrap_err().message(crate::Locale::Es);
    assert_eq!(
        said(Status::Resolved, update(Status::Canceled)),
        "El ticket está RESUELTO: no se puede pasar a CANCELADO. Ahora se puede: actualizar, reabrir, archivar."
    );
    let edit = Command::Update { status: None, priority: Some("BAJA".into()), area: None, reply: None };
    assert!(
        said(Status::Closed, edit).starts_with("El ticket está CERRADO: no se puede cambiar la prioridad ni el área.")
    );
}
