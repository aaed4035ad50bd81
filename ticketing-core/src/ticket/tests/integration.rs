//! What other systems do to a ticket, and tickets that they hand over.

use super::*;
use crate::{
    integration::{IntegrationDraft, Reference},
    limits::TICKET_TAGS_MAX,
};

fn token() -> Actor {
    Actor::Token(ActorId(Uuid::from_u128(3)))
}

fn edit(edit: Edit) -> Command {
    Command::Edit(edit)
}

fn set_status(status: Status, justification: Option<&str>) -> Command {
    let justification = justification.map(str::to_owned);
    Command::SetStatus { status, is_said: justification.is_some(), justification }
}

fn say(visibility: Visibility, status: Option<Status>, justification: Option<&str>) -> Command {
    let statement = Statement::new("algo").unwrap();
    let justification = justification.map(str::to_owned);
    Command::Say { visibility, statement, status, justification, said_at: None }
}

pub(super) fn any_command() -> impl Strategy<Value = Command> {
    let status = || prop::sample::select(&Status::ALL);
    let name = || prop::option::of(prop::sample::select(&["Redes", "Correo", "ALTA"]).prop_map(String::from));
    let tag = || prop::sample::select(&["vip", "caro"]).prop_map(String::from);
    let visibility = || prop::sample::select(&Visibility::ALL);
    let instant = || prop::option::of((-1_000_i64..50_000).prop_map(minute));
    let agent = (any::<u128>(), any::<bool>()).prop_map(|(id, is_active)| Agent {
        id: ActorId(Uuid::from_u128(id)),
        area: None,
        is_active,
    });
    let edit = prop_oneof![
        name().prop_map(Edit::Category),
        name().prop_map(Edit::Priority),
        name().prop_map(Edit::Service),
        Just(Edit::Clients(vec![])),
        agent.prop_map(Edit::Owner),
        Just(Edit::Subject("otro".into())),
        visibility().prop_map(Edit::Visibility),
        tag().prop_map(Edit::Tag),
        tag().prop_map(Edit::Untag),
    ];
    prop_oneof![
        4 => edit.prop_map(Command::Edit),
        3 => (status(), name(), any::<bool>())
            .prop_map(|(status, justification, is_said)| Command::SetStatus { status, justification, is_said }),
        2 => (visibility(), prop::option::of(status()), name(), instant()).prop_map(
            |(visibility, status, justification, said_at)| Command::Say {
                visibility,
                statement: Statement::new("algo").unwrap(),
                status,
                justification,
                said_at,
            }
        ),
        1 => instant().prop_map(|due| Command::SetDue { due }),
    ]
}

/// A ticket as another system hands it over at minute 0.
fn handed_over(json: &str) -> Ticket {
    let rules = Rules::default();
    let draft = IntegrationDraft::from_json(json.as_bytes(), &rules, minute(0)).unwrap();
    let name = |_, reference: &Reference| match reference {
        Reference::Name(name) => Some(name.clone()),
        Reference::Id(_) => Some("ALTA".into()),
    };
    let new = draft.validate(&rules, name, |id| Some(Agent { id, area: None, is_active: true })).unwrap();
    let opened = Ticket::open(&new, Origin::TicketsApi, &token(), minute(0), &rules).unwrap().event;
    let ticket = Ticket::opened(TicketId::default(), &opened).unwrap();
    let stored: Event = serde_json::from_str(&serde_json::to_string(&opened).unwrap()).unwrap();
    assert_eq!(Ticket::replay(TicketId::default(), [&stored]).unwrap(), ticket);
    ticket
}

#[test]
fn a_status_that_an_action_of_the_desk_leads_to_is_that_action() {
    use Status::{Canceled, Closed, InProgress, Open, Paused, Resolved};

    for from in Status::ALL {
        for to in Status::ALL {
            let mut desk = Desk::at(from);
            let Ok(Some(event)) = desk.run(1, set_status(to, None), &token()) else { continue };
            let expected = match (from, to) {
                (Open | InProgress, Paused) => Action::Paused,
                (Paused, InProgress) | (Resolved | Closed, Open | InProgress | Paused) => Action::Reopened,
                (Open | InProgress | Paused, Canceled) => Action::Canceled,
                _ => Action::Updated,
            };
            assert_eq!((event.action, event.public), (expected, true), "{from:?} → {to:?}");
        }
    }
}

/// What may be done, and what comes of it, is the same by either way.
#[test]
fn a_status_is_set_as_an_update_sets_it() {
    for from in Status::ALL {
        for to in Status::ALL {
            for actor in [Actor::Admin(AGENT), desk(), area("MESA"), area("REDES"), token(), Actor::Requester] {
                for is_archived in [false, true] {
                    let mut one = Desk::at(from);
                    if is_archived {
                        one.run(0, Command::Archive { reason: reason() }, &desk()).unwrap();
                    }
                    let mut other = Desk { ticket: one.ticket.clone(), history: vec![], book: one.book.clone() };
                    let (by_update, here) = (one.run(1, set(to), &actor), other.run(1, set_status(to, None), &actor));
                    assert_eq!(by_update.as_ref().err(), here.as_ref().err(), "{from:?} → {to:?} by {actor:?}");
                    assert_eq!(one.ticket.status, other.ticket.status);
                    assert_eq!(one.ticket.sla, other.ticket.sla);
                }
            }
        }
    }
}

#[test]
fn a_reason_lasts_as_long_as_its_status() {
    let mut desk = Desk::open();
    let reason_of = |desk: &Desk| desk.ticket.justification.clone();
    let event = desk.run(1, set_status(Status::Paused, Some("a")), &token()).unwrap().unwrap();
    assert!(event.has_text && !event.replies(), "it is the motive, and no reply");
    // The same status is no change, where nothing is said of the reason or the same.
    let unsaid = Command::SetStatus { status: Status::Paused, justification: None, is_said: false };
    for command in [unsaid, set_status(Status::Paused, Some("a"))] {
        assert_eq!(desk.run(2, command, &token()), Ok(None));
    }
    assert_eq!(reason_of(&desk).as_deref(), Some("a"));
    // The same reason of another status is one.
    let event = desk.run(3, set_status(Status::InProgress, Some("a")), &token()).unwrap().unwrap();
    assert!(event.has_text);
    assert_eq!(reason_of(&desk).as_deref(), Some("a"));
    desk.run(4, set_status(Status::InProgress, Some("b")), &token()).unwrap().unwrap();
    assert_eq!(reason_of(&desk).as_deref(), Some("b"));
    let nothing = Command::SetStatus { status: Status::InProgress, justification: None, is_said: true };
    desk.run(5, nothing, &token()).unwrap().unwrap();
    assert_eq!(reason_of(&desk), None);
    desk.run(6, set_status(Status::Resolved, Some("c")), &token()).unwrap().unwrap();
    assert_eq!((reason_of(&desk).as_deref(), desk.ticket.reply), (Some("c"), None));
    desk.run(7, set(Status::Closed), &self::desk()).unwrap().unwrap();
    assert_eq!(reason_of(&desk), None, "the desk's own status takes it away");
    // Of what is over for good, the reason stays, too.
    let mut desk = Desk::at(Status::Canceled);
    assert_eq!(desk.run(1, set_status(Status::Canceled, None), &token()), Ok(None));
    assert!(matches!(desk.run(1, set_status(Status::Canceled, Some("a")), &token()), Err(Refusal::NotAllowed { .. })));
}

#[test]
fn what_is_said_to_the_requester_answers_and_what_is_noted_does_not() {
    let mut desk = Desk::open();
    let event = desk.run(1, say(Visibility::Internal, None, None), &token()).unwrap().unwrap();
    assert_eq!((event.action, event.public, event.has_text), (Action::Commented, false, true));
    assert_eq!((desk.ticket.first_responded_at(), desk.ticket.last_public.seq), (None, 1));
    let event = desk.run(2, say(Visibility::Public, None, None), &token()).unwrap().unwrap();
    assert_eq!((event.action, event.public), (Action::Updated, true));
    assert_eq!((desk.ticket.first_responded_at(), desk.ticket.reply), (Some(minute(2)), Some(3)));
    // When it was said is told, and moves no clock.
    let mut desk = Desk::open();
    let statement = Statement::new("algo").unwrap();
    let earlier = Command::Say {
        visibility: Visibility::Public,
        statement,
        status: None,
        justification: None,
        said_at: Some(minute(1)),
    };
    let event = desk.run(9, earlier, &token()).unwrap().unwrap();
    assert_eq!((event.occurred_at, event.recorded_at), (Some(minute(1)), minute(9)));
    assert_eq!(desk.ticket.first_responded_at(), Some(minute(9)));
}

#[test]
fn a_status_that_is_said_comes_before_what_is_said() {
    let mut desk = Desk::open();
    desk.run(1, say(Visibility::Internal, Some(Status::Paused), Some("a")), &token()).unwrap();
    let actions: Vec<_> = desk.history[1..].iter().map(|event| (event.action, event.public, event.seq)).collect();
    assert_eq!(actions, [(Action::Paused, true, 2), (Action::Commented, false, 3)]);
    assert_eq!((desk.ticket.status, desk.ticket.justification.as_deref()), (Status::Paused, Some("a")));
    // The status that it has, without a reason, takes none away; a reason alone is one.
    desk.run(2, say(Visibility::Internal, Some(Status::Paused), None), &token()).unwrap();
    assert_eq!((desk.history.len(), desk.ticket.justification.as_deref()), (4, Some("a")));
    desk.run(3, say(Visibility::Internal, None, Some("b")), &token()).unwrap();
    assert_eq!((desk.history.len(), desk.ticket.justification.as_deref()), (6, Some("b")));
    // Where one may not be done, neither is.
    let mut desk = Desk::at(Status::Resolved);
    let before = desk.ticket.clone();
    let refused = desk.run(1, say(Visibility::Internal, Some(Status::Open), None), &area("MESA"));
    assert_eq!(refused, Err(Refusal::Forbidden));
    let refused = desk.run(1, say(Visibility::Public, Some(Status::Canceled), None), &token());
    assert!(matches!(refused, Err(Refusal::NotAllowed { .. })));
    assert_eq!(desk.ticket, before);
}

#[test]
fn words_tags_and_the_like_are_nothing_to_the_requester() {
    let mut desk = Desk::open();
    for command in [
        Edit::Subject("otro".into()),
        Edit::Clients(vec!["a".into(), "b".into()]),
        Edit::Service(Some("Correo".into())),
        Edit::Tag("vip".into()),
        Edit::Visibility(Visibility::Internal),
    ] {
        let event = desk.run(1, edit(command), &token()).unwrap().unwrap();
        assert_eq!((event.action, event.public, event.replies()), (Action::Updated, false, false));
    }
    assert_eq!((desk.ticket.last_public.seq, desk.ticket.reply), (1, None));
    for command in [Edit::Service(Some("Correo".into())), Edit::Tag("vip".into()), Edit::Untag("otra".into())] {
        assert_eq!(desk.run(2, edit(command), &token()), Ok(None), "what is so already");
    }
    desk.run(3, edit(Edit::Untag("vip".into())), &token()).unwrap().unwrap();
    assert_eq!(desk.ticket.tags, [""; 0]);
    for number in 0..TICKET_TAGS_MAX {
        desk.run(4, edit(Edit::Tag(number.to_string())), &token()).unwrap().unwrap();
    }
    let refused = desk.run(5, edit(Edit::Tag("una más".into())), &token()).unwrap_err();
    assert!(matches!(refused, Refusal::Invalid(violations) if violations.to_string() == "tag: too-many"));
    assert_eq!(desk.run(5, edit(Edit::Tag("7".into())), &token()), Ok(None));
}

#[test]
fn another_urgency_or_category_is_matched_anew() {
    let mut desk = Desk::open();
    let due = |desk: &Desk| desk.ticket.sla.read(&desk.book, minute(9)).unwrap().due;
    assert_eq!(due(&desk), Some(minute(240)));
    let event = desk.run(1, edit(Edit::Priority(Some("urgente".into()))), &token()).unwrap().unwrap();
    assert!(event.public);
    assert_eq!(due(&desk), Some(minute(120)));
    desk.run(2, edit(Edit::Priority(None)), &token()).unwrap().unwrap();
    assert_eq!(due(&desk), Some(minute(24 * 60)));
    desk.run(3, edit(Edit::Category(None)), &token()).unwrap().unwrap();
    assert_eq!((&desk.ticket.attributes.priority, &desk.ticket.attributes.category), (&None, &None));
    let path = |command| match Desk::open().run(1, edit(command), &token()) {
        Err(Refusal::Invalid(violations)) => violations.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(path(Edit::Priority(Some("x".repeat(21)))), "urgency.id: too-long");
    assert_eq!(path(Edit::Category(Some("x".into()))), "category.name: too-short");
    let gone = Agent { id: AGENT, area: None, is_active: false };
    assert_eq!(path(Edit::Owner(gone)), "ownerId: unavailable-agent");
}

#[test]
fn what_is_set_by_hand_is_due_then_and_is_given_back() {
    let mut desk = Desk::open();
    let due = |desk: &Desk| desk.ticket.sla.read(&desk.book, minute(9)).unwrap().due;
    desk.run(1, Command::SetDue { due: Some(minute(1000)) }, &token()).unwrap().unwrap();
    assert_eq!(due(&desk), Some(minute(1000)));
    assert_eq!(desk.run(2, Command::SetDue { due: Some(minute(1000)) }, &token()), Ok(None));
    desk.run(3, Command::SetDue { due: None }, &token()).unwrap().unwrap();
    assert_eq!(due(&desk), Some(minute(240)));
    assert_eq!(desk.run(4, Command::SetDue { due: None }, &token()), Ok(None));
}

#[test]
fn a_ticket_is_handed_over_as_it_stood_elsewhere() {
    let day = |text: &str| Timestamp::parse(&format!("2022-{text}T00:00:00Z")).unwrap();
    let statuses = |json: &str| {
        let rules = Rules::default();
        let draft = IntegrationDraft::from_json(json.as_bytes(), &rules, minute(0)).unwrap();
        let new = draft.validate(&rules, |_, _| None, |_| None).unwrap();
        let event = Ticket::open(&new, Origin::TicketsApi, &token(), minute(0), &rules).unwrap().event;
        event.changes.opened.as_ref().unwrap().statuses(&event)
    };
    let created = r#""createdAt": "2022-01-01T00:00:00Z""#;
    for (rest, expected) in [
        ("", vec![]),
        (r#", "status": {"id": 1}, "reopenedAt": "2022-02-01T00:00:00Z""#, vec![]),
        (r#", "status": {"id": 2}"#, vec![(Status::InProgress, day("01-01"))]),
        (r#", "status": {"id": 3}, "reopenedAt": "2022-02-01T00:00:00Z""#, vec![(Status::Paused, day("02-01"))]),
        (r#", "status": {"id": 4}"#, vec![(Status::Resolved, minute(0))]),
        (r#", "status": {"id": 4}, "resolvedAt": "2022-03-01T00:00:00Z""#, vec![(Status::Resolved, day("03-01"))]),
        (r#", "status": {"id": 5}"#, vec![(Status::Closed, minute(0))]),
        (r#", "status": {"id": 5}, "closedAt": "2022-04-01T00:00:00Z""#, vec![(Status::Closed, day("04-01"))]),
        (
            r#", "status": {"id": 5}, "resolvedAt": "2022-03-01T00:00:00Z", "closedAt": "2022-04-01T00:00:00Z""#,
            vec![(Status::Resolved, day("03-01")), (Status::Closed, day("04-01"))],
        ),
        (r#", "status": {"id": 6}"#, vec![(Status::Canceled, minute(0))]),
    ] {
        assert_eq!(statuses(&format!("{{{created}{rest}}}")), expected, "{rest}");
    }
    let closed = handed_over(
        r#"{"status": {"id": 5}, "createdAt": "2022-01-01T00:00:00Z", "reopenedAt": "2022-02-01T00:00:00Z",
            "resolvedAt": "2022-03-01T00:00:00Z", "closedAt": "2022-04-01T00:00:00Z"}"#,
    );
    assert_eq!((closed.created_at, closed.recorded_at, closed.updated_at), (day("01-01"), minute(0), minute(0)));
    let dates = (closed.reopened_at, closed.resolved_at, closed.closed_at);
    assert_eq!(dates, (Some(day("02-01")), Some(day("03-01")), Some(day("04-01"))));
    assert_eq!(closed.first_responded_at(), Some(day("03-01")), "who resolves answers, also where it is closed by now");
    // Closed without having been resolved, it was never answered.
    let closed = handed_over(r#"{"status": {"id": 5}, "createdAt": "2022-01-01T00:00:00Z"}"#);
    assert_eq!(closed.first_responded_at(), None);
}

#[test]
fn what_was_up_before_a_ticket_was_handed_over_alarms_nobody() {
    let book = Rulebook::from(Rules::default());
    let late = handed_over(r#"{"urgency": {"id": 1}, "createdAt": "2022-01-01T00:00:00Z"}"#);
    assert_eq!(late.sla.read(&book, minute(0)).unwrap().due, Timestamp::parse("2022-01-01T04:00:00Z"));
    assert_eq!(late.next_moment(&book), None);
    assert_eq!(late.decide(Command::KeepTime, &Actor::System, minute(9), &book), Ok(vec![]));
    // Whether it was late elsewhere is told by its dates.
    for (resolved_at, is_late) in [("2022-01-01T03:59:59Z", false), ("2022-01-01T04:00:01Z", true)] {
        let json = format!(
            r#"{{"urgency": {{"id": 1}}, "status": {{"id": 5}}, "createdAt": "2022-01-01T00:00:00Z", "resolvedAt": "{resolved_at}"}}"#
        );
        let closed = handed_over(&json);
        let state = closed.sla.read(&book, minute(0)).unwrap().state;
        assert_eq!(state == ClockState::Breached, is_late, "{resolved_at}: {state:?}");
        assert_eq!(closed.next_moment(&book), None);
    }
    let fresh = handed_over(r#"{"urgency": {"id": 1}}"#);
    assert!(fresh.next_moment(&book).is_some_and(|moment| moment <= minute(240)));
}

#[test]
fn who_may_not_assign_hands_over_nobody_s_tickets() {
    let rules = Rules::default();
    let json = br#"{"ownerId": "00000000-0000-0000-0000-000000000007"}"#;
    let draft = IntegrationDraft::from_json(json, &rules, minute(0)).unwrap();
    let agent = |id| Some(Agent { id, area: None, is_active: true });
    let new = draft.validate(&rules, |_, _| None, agent).unwrap();
    let open = |actor: &Actor| Ticket::open(&new, Origin::TicketsApi, actor, minute(0), &rules);
    assert_eq!(open(&area("MESA")), Err(Refusal::Forbidden));
    assert_eq!(open(&token()).unwrap().event.changes.assignee, Change::between(None, Some(AGENT)));
}
