use serde_json::{Value, json};

use super::*;
use crate::{
    Actor, Command, Draft, Field, FormError, Locale, Rulebook, Rules, Status, Ticket, TicketId,
    ticket::{Action, Change, Event, Message, Origin, Reason, Reply},
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn read(form: &Value) -> Result<NewSubscription, FormError> {
    NewSubscription::from_json(form.to_string().as_bytes())
}

fn form() -> Value {
    json!({ "eventType": "TICKET", "webhook": { "url": "https://hooks.example/in", "headers": { "X-Desk": "1" } } })
}

fn subscription() -> Subscription {
    Subscription::new(SubscriptionId::default(), read(&form()).unwrap(), at("2026-03-24T10:15:00Z"))
}

#[track_caller]
fn refused(form: &Value, expected: &[(&str, &str)]) {
    let Err(FormError::Invalid(violations)) = read(form) else { panic!("{form} is taken") };
    let found: Vec<_> = violations.iter().map(|violation| (violation.field, violation.problem.code())).collect();
    assert_eq!(found, expected, "{form}");
}

#[test]
fn a_subscription_needs_a_type_and_an_address_and_wants_everything() {
    let subscription = subscription();
    assert_eq!(subscription.webhook.url().as_str(), "https://hooks.example/in");
    assert_eq!(subscription.webhook.headers(), [("x-desk".to_owned(), "1".to_owned())]);
    assert_eq!((subscription.version, subscription.health, subscription.criteria.action), (1, Health::default(), None));
    let mut inactive = form();
    inactive["status"] = "INACTIVE".into();
    inactive["criteria"] = json!({ "action": "SLA_BREACHED" });
    inactive["id"] = 7.into();
    let inactive = Subscription::new(SubscriptionId::default(), read(&inactive).unwrap(), at("2026-03-24T10:15:00Z"));
    assert_eq!(inactive.health.standing, Standing::Inactive);
    assert_eq!(inactive.criteria.action, Some(Happening::SlaBreached));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    refused(&json!({}), &[("eventType", "required"), ("webhook", "required")]);
    refused(
        &json!({ "eventType": "AGENT", "webhook": { "url": "ftp://a", "headers": { "Host": "a" } }, "status": "DEGRADED",
                 "criteria": { "action": "DELETED" } }),
        &[
            ("eventType", "unknown-value"),
            ("status", "unknown-value"),
            ("webhook.url", "invalid-url"),
            ("webhook.headers", "invalid-headers"),
            ("criteria.action", "unknown-value"),
        ],
    );
    refused(
        &json!({ "eventType": 1, "webhook": "https://a", "status": true, "criteria": [] }),
        &[("eventType", "wrong-type"), ("webhook", "wrong-type"), ("status", "wrong-type"), ("criteria", "wrong-type")],
    );
    let with = |webhook: Value| json!({ "eventType": "TICKET", "webhook": webhook });
    refused(&with(json!({})), &[("webhook.url", "required")]);
    refused(&with(json!({ "url": format!("https://a/{}", "a".repeat(2_000)) })), &[("webhook.url", "too-long")]);
    refused(&with(json!({ "url": "https://a", "headers": { "x": 1 } })), &[("webhook.headers", "invalid-headers")]);
    refused(&with(json!({ "url": "https://a", "headers": [1] })), &[("webhook.headers", "wrong-type")]);
    let repeated = br#"{"eventType": "TICKET", "webhook": {}, "webhook": {"url": "https://a", "url": "https://b"}}"#;
    let Err(FormError::Invalid(violations)) = NewSubscription::from_json(repeated) else { panic!() };
    assert_eq!(violations.summary(Locale::En), "webhook: This field is given more than once.");
    assert!(matches!(NewSubscription::from_json(b"{"), Err(FormError::Malformed(_))));
}

#[test]
fn a_change_counts_and_one_that_changes_nothing_does_not() {
    let (before, later) = (subscription(), at("2026-03-24T11:00:00Z"));
    let patch = |json: &str| SubscriptionPatch::from_json(json.as_bytes()).unwrap();
    assert_eq!(before.patched(patch("{}"), later), None);
    assert_eq!(before.patched(patch(r#"{"status": "ACTIVE", "webhook": null, "criteria": 1}"#), later), None);
    let moved = before.patched(patch(r#"{"webhook": {"url": "https://other.example"}}"#), later).unwrap();
    assert_eq!((moved.version, moved.updated_at, moved.created_at), (2, later, before.created_at));
    assert!(moved.webhook.headers().is_empty(), "a header goes to no address that it was not meant for");
    assert!(SubscriptionPatch::from_json(br#"{"status": "DEGRADED"}"#).is_err());
}

#[test]
fn who_is_made_active_again_is_forgiven() {
    let later = at("2026-03-24T11:00:00Z");
    let failing = |standing, failures| Subscription { health: Health { standing, failures }, ..subscription() };
    for before in [failing(Standing::Inactive, 500), failing(Standing::Degraded, 20), failing(Standing::Active, 3)] {
        let after = before.patched(SubscriptionPatch::activity_only(true), later).unwrap();
        assert_eq!(after.health, Health::default());
        assert_eq!(before.is_resumed_by(&after), before.health.standing == Standing::Inactive);
        let stopped = after.patched(SubscriptionPatch::activity_only(false), later).unwrap();
        assert_eq!((stopped.health.standing, stopped.version), (Standing::Inactive, 3));
    }
}

// What events are

fn ticket() -> (Ticket, Event) {
    let draft = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, "ana@example.com")
        .with(Field::Type, "CONSULTA")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "No puedo entrar.")
        .with(Field::Priority, "BAJA");
    let rules = Rules::default();
    let new = draft.validate(&rules).unwrap();
    let opened =
        Ticket::open(&new, Origin::Other, &Actor::Requester, at("2026-03-24T10:15:00Z"), &rules).unwrap().event;
    (Ticket::opened(TicketId::default(), &opened).unwrap(), opened)
}

fn event(action: Action, has_text: bool, change: impl FnOnce(&mut Event)) -> Event {
    let mut event = Event { action, has_text, seq: 2, ..ticket().1 };
    event.changes = crate::ticket::Changes::default();
    change(&mut event);
    event
}

#[track_caller]
fn check(event: &Event, expected: &[Happening]) {
    assert_eq!(Happening::of(event), expected, "{:?}", event.action);
    assert_eq!(Criteria::default().action_of(event), Some(expected[0]));
    for wanted in Happening::ALL {
        let told = Criteria { action: Some(wanted) }.action_of(event);
        assert_eq!(told, expected.contains(&wanted).then_some(wanted));
    }
}

#[test]
fn an_event_may_be_several_things_the_most_telling_first() {
    use Happening::{Commented, Created, OwnerChanged, SlaAtRisk, SlaBreached, StatusChanged, Updated};
    let (ticket, opened) = ticket();
    check(&opened, &[Created]);
    let status = |event: &mut Event| {
        event.changes.status = Change::between(Status::Open, Status::InProgress);
    };
    let area = |event: &mut Event| event.changes.area = Change::between("MESA".to_owned(), "REDES".to_owned());
    let priority = |event: &mut Event| event.changes.priority = Change::between(None, Some("ALTA".to_owned()));
    check(&event(Action::Paused, true, status), &[StatusChanged]);
    check(&event(Action::Transferred, true, area), &[OwnerChanged]);
    check(&event(Action::Reclassified, true, priority), &[Updated]);
    check(&event(Action::Commented, true, |_| ()), &[Commented]);
    check(&event(Action::Archived, true, |_| ()), &[Updated]);
    check(&event(Action::Rematched, false, |_| ()), &[Updated]);
    check(&event(Action::AtRisk, false, |_| ()), &[SlaAtRisk]);
    check(&event(Action::Breached, false, priority), &[SlaBreached, Updated]);
    check(
        &event(Action::Updated, true, |event| {
            status(event);
            area(event);
            priority(event);
        }),
        &[StatusChanged, OwnerChanged, Commented, Updated],
    );

    // As the desk does it.
    let (book, now) = (Rulebook::from(Rules::default()), at("2026-03-24T10:20:00Z"));
    let actor = Actor::Desk(crate::ticket::ActorId(Uuid::nil()));
    let decide = |command| ticket.decide(command, &actor, now, &book).unwrap().remove(0).event;
    let update = |status, reply: Option<&str>| Command::Update {
        status,
        priority: None,
        area: None,
        reply: reply.map(|text| Reply::new(text).unwrap()),
    };
    check(&decide(update(None, Some("Pruebe de nuevo."))), &[Commented]);
    check(&decide(update(Some(Status::Resolved), Some("Pruebe de nuevo."))), &[StatusChanged, Commented]);
    check(&decide(Command::Pause { reason: Reason::new("Esperamos.").unwrap() }), &[StatusChanged]);
    let says = Command::Comment { message: Message::new("Gracias").unwrap() };
    check(&ticket.decide(says, &Actor::Requester, now, &book).unwrap().remove(0).event, &[Commented]);
}

#[test]
fn an_events_identity_is_its_place_in_its_ticket() {
    let ticket = TicketId(Uuid::from_u128(7));
    assert_eq!(event_id(ticket, 1).to_string(), event_id(ticket, 1).to_string());
    assert_ne!(event_id(ticket, 1), event_id(ticket, 2));
    assert_ne!(event_id(ticket, 1), event_id(TicketId(Uuid::from_u128(8)), 1));
    assert_eq!(event_id(ticket, 1).get_version_num(), 5);
}
