//! What the core's operations cost, beside other validators on the same form: time per call.

use std::hint::black_box;

use chrono::{DateTime, Datelike as _, TimeDelta as ChronoDelta, Timelike as _, Utc, Weekday};
use chrono_tz::{Europe::Madrid, Tz};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ticketing_benches::{forms, seed};
use ticketing_core::{
    Actor, Command, Draft, EmailAddress, LabelFormat, Rulebook, Rules, Ticket, TicketId, TimeDelta, Timestamp,
    sla::{Allowance, Calendar, Hours, Reading, Shift, Stop},
    ticket::{ActorId, Event, Origin, Reason},
};
use ticketing_server::zones;

// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(core, form, validation, email, label, sla, replay);
criterion_main!(core);

/// From the octets of a body to a ticket that may be stored, or to everything that is wrong with it.
fn form(criterion: &mut Criterion) {
    let rules = Rules::default();
    for (name, body, valid) in [("form/accepted", seed::CREATE_BODY, true), ("form/refused", seed::INVALID_BODY, false)]
    {
        let ours = || Draft::from_json(black_box(body)).map(|draft| draft.validate(&rules));
        assert_eq!(ours().is_ok_and(|checked| checked.is_ok()), valid);
        assert_eq!(forms::garde(body).is_some(), valid);
        assert_eq!(forms::validator(body).is_some(), valid);
        assert_eq!(forms::serde_valid(body).is_some(), valid);

        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("ticketing-core", |bencher| bencher.iter(ours));
        group.bench_function("garde", |bencher| bencher.iter(|| forms::garde(black_box(body))));
        group.bench_function("validator", |bencher| bencher.iter(|| forms::validator(black_box(body))));
        group.bench_function("serde_valid", |bencher| bencher.iter(|| forms::serde_valid(black_box(body))));
        group.finish();
    }
}

/// The rules alone, on a form that was read before. The others say whether it keeps them, and so does ours; what it takes to make a
/// ticket besides stands by itself.
fn validation(criterion: &mut Criterion) {
    let rules = Rules::default();
    for (name, body, valid) in
        [("validation/accepted", seed::CREATE_BODY, true), ("validation/refused", seed::INVALID_BODY, false)]
    {
        let draft = Draft::from_json(body).expect("the body is JSON");
        let garde: forms::GardeForm = serde_json::from_slice(body).expect("the body is the form's");
        let validator: forms::ValidatorForm = serde_json::from_slice(body).expect("the body is the form's");
        let serde_valid: forms::SerdeValidForm = serde_json::from_slice(body).expect("the body is the form's");
        assert_eq!(draft.check(&rules).is_ok(), valid);
        assert_eq!(draft.validate(&rules).is_ok(), valid);
        assert_eq!(garde::Validate::validate(&garde).is_ok(), valid);
        assert_eq!(validator::Validate::validate(&validator).is_ok(), valid);
        assert_eq!(serde_valid::Validate::validate(&serde_valid).is_ok(), valid);

        let mut group = criterion.benchmark_group(name);
        group.bench_function("ticketing-core", |bencher| bencher.iter(|| black_box(&draft).check(&rules)));
        group.bench_function("garde", |bencher| bencher.iter(|| garde::Validate::validate(black_box(&garde))));
        group.bench_function("validator", |bencher| {
            bencher.iter(|| validator::Validate::validate(black_box(&validator)));
        });
        group.bench_function("serde_valid", |bencher| {
            bencher.iter(|| serde_valid::Validate::validate(black_box(&serde_valid)));
        });
        group.finish();

        let mut group = criterion.benchmark_group(name.replace("validation", "ticket"));
        group.bench_function("ticketing-core", |bencher| bencher.iter(|| black_box(&draft).validate(&rules)));
        group.finish();
    }
}

/// Whether a text is an e-mail address.
fn email(criterion: &mut Criterion) {
    const ADDRESS: &str = "ana.garcia@example.com";
    let garde = |address: &str| garde::rules::email::parse_email(address).is_ok();
    let validator = |address: &str| validator::ValidateEmail::validate_email(&address);
    assert!(EmailAddress::parse(ADDRESS).is_ok() && garde(ADDRESS) && validator(ADDRESS));

    let mut group = criterion.benchmark_group("email");
    group.bench_function("ticketing-core", |bencher| bencher.iter(|| EmailAddress::parse(black_box(ADDRESS))));
    group.bench_function("garde", |bencher| bencher.iter(|| garde(black_box(ADDRESS))));
    group.bench_function("validator", |bencher| bencher.iter(|| validator(black_box(ADDRESS))));
    group.finish();
}

/// Reading a label as a person types it, and printing it.
fn label(criterion: &mut Criterion) {
    let format = LabelFormat::default();
    let label = format.parse(" tkt-2026-142").expect("the label is one");
    assert_eq!(label.to_string(), "TKT-2026-00142");

    let pattern = regex::Regex::new(r"(?i)^\s*tkt[\s-]*(\d{4})[\s-]*0*(\d{1,9})\s*$").expect("the pattern is one");
    let by_pattern = |text: &str| {
        let found = pattern.captures(text)?;
        Some((found[1].parse::<u16>().ok()?, found[2].parse::<u32>().ok()?))
    };
    assert_eq!(by_pattern(" tkt-2026-142"), Some((2026, 142)));

    let mut group = criterion.benchmark_group("label/parse");
    group.bench_function("ticketing-core", |bencher| bencher.iter(|| format.parse(black_box(" tkt-2026-142"))));
    group.bench_function("regex", |bencher| bencher.iter(|| by_pattern(black_box(" tkt-2026-142"))));
    group.finish();
    let mut group = criterion.benchmark_group("label/print");
    group.bench_function("ticketing-core", |bencher| bencher.iter(|| black_box(label).to_string()));
    group.bench_function("format!", |bencher| {
        bencher.iter(|| format!("{}-{}-{:05}", black_box("TKT"), black_box(2026_u16), black_box(142_u32)));
    });
    group.finish();
}

/// When a ticket is due, around the clock and in the office hours of Madrid: ten hours of work ahead, and those of ten years, which
/// should cost about the same. Beside it, the deadline as it is
/// counted minute by minute with chrono.
fn sla(criterion: &mut Criterion) {
    let created = Timestamp::parse("2026-03-24T10:15:00Z").expect("the instant is one");
    let minutes = |count: i64| created.checked_add(TimeDelta::minutes(count)).expect("the instant is in range");
    let pauses = [(5, 15), (40, 60), (90, 600)];
    let pauses = pauses.map(|(from, until)| Stop { from: minutes(from), until: Some(minutes(until)) });
    let zone = zones::compile("Europe/Madrid").expect("the zone is one");
    let office = Calendar::new(Hours::weekly(office_week()), zone);

    for (calendar_name, calendar, budgets) in [
        ("around the clock", Calendar::default(), [("ten hours", "10h"), ("ten years", "87600h")]),
        ("office hours", office, [("ten hours", "10h"), ("ten years", "20800h")]),
    ] {
        for (budget_name, budget) in budgets {
            let allowance: Allowance = budget.parse().expect("the budget is one");
            for (pauses_name, stops) in [("no pauses", &[][..]), ("three pauses", &pauses)] {
                let read = || Reading::of(black_box(&calendar), created, allowance, stops, minutes(700));
                assert!(read().due.is_some());
                let mut group =
                    criterion.benchmark_group(format!("deadline/{calendar_name}/{budget_name}/{pauses_name}"));
                group.bench_function("ticketing-core", |bencher| bencher.iter(read));
                if calendar.hours().is_some() && stops.is_empty() {
                    let Allowance::Time(budget) = allowance else { unreachable!("it is working time") };
                    let counted = || due_by_minutes(black_box(created.unix_millis()), budget.minutes());
                    let due = read().due.map(Timestamp::unix_millis);
                    assert_eq!(Some(counted()), due);
                    group.sample_size(10);
                    group.bench_function("chrono, minute by minute", |bencher| bencher.iter(counted));
                }
                group.finish();
            }
        }
    }
}

fn office_week() -> [Vec<Shift>; 7] {
    let shift = |from, until| Shift::parse(from, until).expect("the shift is one");
    let day = vec![shift("08:00", "12:00"), shift("13:00", "17:00")];
    [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]]
}

/// The deadline in the hours of [`office_week`], as one would count it on one's fingers; both in ms since the epoch.
fn due_by_minutes(start: i64, budget_minutes: u32) -> i64 {
    let mut now: DateTime<Tz> =
        DateTime::<Utc>::from_timestamp_millis(start).expect("the instant is in range").with_timezone(&Madrid);
    let mut left = budget_minutes;
    while left > 0 {
        let is_workday = !matches!(now.weekday(), Weekday::Sat | Weekday::Sun);
        if is_workday && matches!(now.hour(), 8..=11 | 13..=16) {
            left -= 1;
        }
        now += ChronoDelta::minutes(1);
    }
    now.timestamp_millis()
}

/// A ticket from its history: what a store does that keeps events alone.
fn replay(criterion: &mut Criterion) {
    const EVENTS: usize = 50;
    let events = history(EVENTS);
    let ticket = Ticket::replay(TicketId::default(), &events).expect("the history is one");
    assert_eq!(ticket.version as usize, EVENTS);

    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("ticketing-core", |bencher| {
        bencher.iter(|| Ticket::replay(TicketId::default(), black_box(&events)));
    });
    group.finish();
}

/// A ticket that is paused and taken up again, over and over.
fn history(count: usize) -> Vec<Event> {
    let (book, agent) = (Rulebook::from(Rules::default()), Actor::Admin(ActorId(TicketId::default().0)));
    let created = Timestamp::parse("2026-03-24T10:15:00Z").expect("the instant is one");
    let new =
        Draft::from_json(seed::CREATE_BODY).expect("the body is JSON").validate(book.active()).expect("it is valid");
    let opened =
        Ticket::open(&new, Origin::Other, &Actor::Requester, created, book.active()).expect("it may be opened");
    let mut ticket = Ticket::opened(TicketId::default(), &opened.event).expect("it is the first event");
    let mut events = vec![opened.event];
    for minute in 1.. {
        let reason = Reason::new("Se espera al proveedor").expect("it is a reason");
        let command = if minute % 2 == 1 { Command::Pause { reason } } else { Command::Reopen { reason } };
        let now = created.checked_add(TimeDelta::minutes(minute)).expect("the instant is in range");
        for new in ticket.decide(command, &agent, now, &book).expect("it may be done") {
            ticket.apply(&new.event).expect("it is the next event");
            events.push(new.event);
        }
        if events.len() >= count {
            break;
        }
    }
    events.truncate(count);
    events
}
