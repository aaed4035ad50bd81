//! Rules that nobody has checked: the module for forms takes them as they come, and answers whatever they say.

// Compiled here for the documents alone.
#[path = "../examples/verdicts/documents.rs"]
mod documents;
#[path = "../examples/verdicts/generated.rs"]
mod generated;
#[path = "../examples/verdicts/zones.rs"]
mod zones;

use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};
use ticketing_core::{
    CalendarException, CalendarRules, Draft, Field, FieldRule, Named, Rulebook, Rules, RulesDocument, Timestamp,
    Transition, Zone,
    field::FIELDS,
    sla::{Day, EscalationStep, Policy, Shift, Sla, Target, TargetKind},
    ticket::{Attributes, Origin},
};

/// On a day before a holiday, at the beginning and at the end of time, and at the end of working time.
const INSTANTS: [i64; 4] = [1_798_128_000_000, 0, 4_102_400_000_000, 253_402_300_799_999];

/// What a form would be told.
fn told(rules: &Rules) -> Vec<String> {
    let mut told = Vec::new();
    for spec in &FIELDS {
        told.push(format!("{:?} {:?}", rules.field(spec.field), rules.options(spec.field)));
    }
    told.push(format!("{:?} {:?}", rules.labels().label(2026, 7), rules.labels().parse("hd 2026-7")));
    for [ticket_type, priority, area] in [["QUEJA", "urgente", "otra"], ["INCIDENTE", "ALTA", ""], ["", "mañana", "X"]]
    {
        let draft = Draft::new()
            .with(Field::Name, "Ana García")
            .with(Field::Email, "ana@example.com")
            .with(Field::Type, ticket_type)
            .with(Field::Category, "\u{10000}")
            .with(Field::Description, "No puedo iniciar sesión.")
            .with(Field::Priority, priority)
            .with(Field::Area, area);
        told.push(format!("{:?}", draft.validate(rules)));
        for now in INSTANTS {
            let now = Timestamp::from_unix_millis(now).unwrap();
            told.push(format!("{:?} {}", draft.preview(rules, Origin::Chat, now), rules.label_year(now)));
        }
    }
    told
}

/// Asks what is asked of rules where tickets are.
fn ask(rules: &Rules) {
    let attributes = Attributes { priority: Some("ALTA".into()), area: "MESA".into(), ..Attributes::default() };
    let book = Rulebook::from(rules.clone());
    for now in INSTANTS {
        let now = Timestamp::from_unix_millis(now).unwrap();
        let _ = (rules.resolved_until(now), rules.working_calendar().after(now, chrono::TimeDelta::hours(9)));
        let Some(agreement) = rules.agreement(&attributes, Origin::Other) else { continue };
        let mut sla = Sla::start(Some(agreement), now);
        sla.ask(now);
        let later = now.checked_add(chrono::TimeDelta::days(3)).unwrap_or(Timestamp::MAX);
        let _ = (sla.next_moment(&book, now), sla.passed(&book, later));
        for kind in TargetKind::ALL {
            let _ = sla.account(kind, &book, later);
        }
    }
}

/// Takes a document unchecked; where the core would take it, all that is told is the same. Says whether it would.
#[track_caller]
fn take(document: RulesDocument) -> bool {
    let unchecked = Rules::from_checked(document.clone());
    let found = told(&unchecked);
    let Ok(checked) = Rules::new(document) else {
        ask(&unchecked);
        return false;
    };
    assert_eq!(found, told(&checked));
    let again = Rules::from_checked(checked.document().clone());
    assert_eq!((again.hash(), &again), (checked.hash(), &checked));
    true
}

#[test]
fn what_is_wrong_in_one_place_still_answers() {
    let (mut taken, mut refused) = (0, 0);
    for document in documents::documents().unwrap() {
        // Where the types are wrong, it is none.
        let Ok(document) = RulesDocument::from_json(&document.to_string()) else { continue };
        if take(document) { taken += 1 } else { refused += 1 }
    }
    assert!(taken > 500 && refused > 300, "{taken} taken, {refused} refused");
}

#[test]
fn what_is_far_too_much_still_answers() {
    let shift = Shift::parse("08:00", "08:00").unwrap();
    let names: Vec<_> = (0..3000).map(|number| format!("n{}", number % 1000)).collect();
    let mut document = RulesDocument { types: names.clone(), ..RulesDocument::default() };
    document.areas.list = names.iter().map(|name| Named { name: name.clone(), aliases: vec![name.clone()] }).collect();
    document.zones = names.iter().map(|name| Zone::fixed(name, i32::MIN)).collect();
    let mut calendar = CalendarRules::default();
    calendar.week.monday = vec![shift; 500];
    calendar.exceptions = (0..6000)
        .rev()
        .map(|day| CalendarException { date: Day::from_epoch_days(day % 5500), name: None, shifts: vec![] })
        .collect();
    document.calendars.insert("A".into(), calendar);
    let target = Target { otherwise: Some("3660bd".parse().unwrap()), calendar: Some("A".into()), ..Target::default() };
    document.sla.policies =
        (0..3000).map(|_| Policy { resolution: Some(target.clone()), ..Policy::new(0, "x") }).collect();
    assert!(!take(document));
}

/// A document with some members replaced by anything of their types.
fn document() -> impl Strategy<Value = RulesDocument> {
    let offset = || prop_oneof![any::<i32>(), select(vec![i32::MIN, i32::MAX, 0, 86_400, -18_000])];
    let at = || prop_oneof![any::<i64>(), select(vec![i64::MIN, i64::MAX]), 900_000_000_i64..4_200_000_000];
    let transition = (at(), offset()).prop_map(Transition::from);
    let zone = (select(vec!["UTC", "Z", "Z", " "]), offset(), prop::collection::vec(transition, 0..20))
        .prop_map(|(name, offset, transitions)| Zone { transitions, ..Zone::fixed(name, offset) });
    let shift = || (0_u16..1440, 0_u16..=1440).prop_map(|(from, until)| Shift::of_minutes(from, until).unwrap());
    let day = move || prop::collection::vec(shift(), 0..4);
    let date =
        prop_oneof![any::<i32>(), 10_000..48_000, select(vec![i32::MIN, i32::MAX])].prop_map(Day::from_epoch_days);
    let exception = (date, day()).prop_map(|(date, shifts)| CalendarException { date, name: None, shifts });
    let calendar = (day(), day(), prop::collection::vec(exception, 0..20), select(vec![None, Some("Z"), Some("?")]))
        .prop_map(|(monday, sunday, exceptions, zone)| {
            let mut calendar = CalendarRules { zone: zone.map(str::to_owned), exceptions, ..CalendarRules::default() };
            (calendar.week.monday, calendar.week.sunday) = (monday, sunday);
            calendar
        });
    let rule = (any::<Option<bool>>(), any::<Option<u32>>(), any::<Option<u32>>())
        .prop_map(|(required, min, max)| FieldRule { required, min, max });
    let some_names = || prop::collection::vec(select(vec!["ALTA", "alta", "", " ", "\n", "MESA", "x"]), 0..5);
    (
        prop::collection::vec(zone, 0..3),
        calendar,
        (prop::collection::vec(rule, FIELDS.len()), some_names(), some_names(), some_names()),
        prop::collection::vec(target(), 3),
        (any::<u32>(), any::<bool>(), select(vec!["UTC", "Z", "?"])),
    )
        .prop_map(|(zones, calendar, (fields, types, priorities, areas), targets, (number, only_known, zone))| {
            let texts = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let all_named = |list: Vec<&str>| {
                let named = |name: &str| Named { name: name.to_owned(), aliases: vec![name.to_owned(), "a".into()] };
                list.into_iter().map(named).collect()
            };
            let mut document = RulesDocument { zones, types: texts(types), ..RulesDocument::default() };
            document.fields = FIELDS.iter().map(|spec| spec.name.to_owned()).zip(fields).collect();
            (document.priorities.list, document.areas.list) = (all_named(priorities), all_named(areas));
            (document.priorities.only_known, document.areas.only_known) = (only_known, only_known);
            document.calendars.insert("A".into(), calendar);
            document.calendar = Some(if only_known { "A" } else { "?" }.into());
            (document.auto_close_days, document.reopen_days) = (number, number);
            document.zone = zone.into();
            let mut targets = targets.into_iter();
            let mut policy = Policy::new(number, "");
            policy.first_response = targets.next();
            policy.next_response = targets.next();
            policy.resolution = targets.next();
            document.sla.policies = vec![policy.clone(), policy];
            document
        })
}

fn target() -> impl Strategy<Value = Target> {
    let allowance = select(vec!["1m", "87840h", "1bd", "3660bd", "9h"]);
    let calendar = select(vec![None, Some("A"), Some("?")]);
    let percents = prop::collection::vec(any::<u8>(), 0..12);
    (allowance, calendar, percents, any::<bool>()).prop_map(|(allowance, calendar, at_risk, never_runs)| {
        let statuses = ticketing_core::Status::ALL.to_vec();
        let step = |at: &u8| EscalationStep { at: *at, area: None, priority: None, notify: vec![] };
        Target {
            otherwise: allowance.parse().ok(),
            calendar: calendar.map(str::to_owned),
            pauses: never_runs.then_some(statuses),
            escalation: at_risk.iter().map(step).collect(),
            at_risk,
            ..Target::default()
        }
    })
}

/// Any place of a generated document with a value of any other.
fn mixed() -> impl Strategy<Value = Value> {
    let documents = generated::generated(20).unwrap();
    let mut places = Vec::new();
    documents::list_places(&documents[1], "", &mut places);
    let changes = prop::collection::vec((any::<Index>(), any::<Index>()), 1..6);
    (select(documents), changes).prop_map(move |(mut document, changes)| {
        let of = |place: &Index| -> &str { place.get::<String>(&places) };
        for (to, from) in changes {
            let value = document.pointer(of(&from)).cloned().unwrap_or(json!(0));
            if let Some(place) = document.pointer_mut(of(&to)) {
                *place = value;
            }
        }
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn prop_what_is_of_the_right_types_answers(document in document()) {
        take(document);
    }

    #[test]
    fn prop_what_is_mixed_up_answers(document in mixed()) {
        if let Ok(document) = RulesDocument::from_json(&document.to_string()) {
            take(document);
        }
    }
}
