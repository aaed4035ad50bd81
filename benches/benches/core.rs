//! What the core's operations cost, beside other validators on the same form: time per call.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ticketing_benches::{forms, seed};
use ticketing_core::{
    Draft, EmailAddress, LabelFormat, Rules, TimeDelta, Timestamp, Zone,
    sla::{Allowance, Calendar, Hours, Reading, Shift, Stop},
};
use ticketing_server::zones;

// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(core, form, email, label, sla);
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

        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("ticketing-core", |bencher| bencher.iter(ours));
        group.bench_function("garde", |bencher| bencher.iter(|| forms::garde(black_box(body))));
        group.bench_function("validator", |bencher| bencher.iter(|| forms::validator(black_box(body))));
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

    let mut group = criterion.benchmark_group("label");
    group.bench_function("parse", |bencher| bencher.iter(|| format.parse(black_box(" tkt-2026-142"))));
    group.bench_function("print", |bencher| bencher.iter(|| black_box(label).to_string()));
    group.finish();
}

/// When a ticket is due, around the clock and in the office hours of Madrid: ten hours of work ahead, and those of ten years, which
/// should cost about the same. Beside it, the deadline as it is counted minute by minute.
fn sla(criterion: &mut Criterion) {
    let created = Timestamp::parse("2026-03-24T10:15:00Z").expect("the instant is one");
    let minutes = |count: i64| created.checked_add(TimeDelta::minutes(count)).expect("the instant is in range");
    let pauses = [(5, 15), (40, 60), (90, 600)];
    let pauses = pauses.map(|(from, until)| Stop { from: minutes(from), until: Some(minutes(until)) });
    let zone = zones::compile("Europe/Madrid").expect("the zone is one");
    let office = Calendar::new(Hours::weekly(office_week()), zone.clone());

    let mut group = criterion.benchmark_group("sla");
    for (calendar_name, calendar, budgets) in [
        ("around the clock", Calendar::default(), [("ten hours", "10h"), ("ten years", "87600h")]),
        ("office hours", office, [("ten hours", "10h"), ("ten years", "20800h")]),
    ] {
        for (budget_name, budget) in budgets {
            let allowance: Allowance = budget.parse().expect("the budget is one");
            for (pauses_name, stops) in [("no pauses", &[][..]), ("three pauses", &pauses)] {
                let read = || Reading::of(black_box(&calendar), created, allowance, stops, minutes(700));
                assert!(read().due.is_some());
                let name = format!("{calendar_name}/{budget_name}/{pauses_name}");
                group.bench_function(name, |bencher| bencher.iter(read));
            }
            if calendar.hours().is_some() {
                let Allowance::Time(budget) = allowance else { unreachable!("it is working time") };
                let counted = || due_by_minutes(black_box(&zone), created, budget.minutes());
                assert_eq!(Some(counted()), Reading::of(&calendar, created, allowance, &[], created).due);
                let name = format!("{calendar_name}/{budget_name}/minute by minute");
                group.sample_size(10).bench_function(name, |bencher| bencher.iter(counted));
                group.sample_size(100);
            }
        }
    }
    group.finish();
}

fn office_week() -> [Vec<Shift>; 7] {
    let shift = |from, until| Shift::parse(from, until).expect("the shift is one");
    let day = vec![shift("08:00", "12:00"), shift("13:00", "17:00")];
    [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]]
}

/// The deadline in the hours of [`office_week`], as one would count it on one's fingers.
fn due_by_minutes(zone: &Zone, start: Timestamp, budget_minutes: u32) -> Timestamp {
    const MINUTE: i64 = 60_000;
    let mut now = start.unix_millis();
    let mut left = budget_minutes;
    while left > 0 {
        let at = Timestamp::from_unix_millis(now).expect("the instant is in range");
        let local = (now + i64::from(zone.offset_seconds_at(at)) * 1000).div_euclid(MINUTE);
        // The first of January 1970 was a Thursday.
        let weekday = (local.div_euclid(24 * 60) + 3).rem_euclid(7);
        let hour = local.rem_euclid(24 * 60) / 60;
        if weekday < 5 && matches!(hour, 8..=11 | 13..=16) {
            left -= 1;
        }
        now += MINUTE;
    }
    Timestamp::from_unix_millis(now).expect("the instant is in range")
}
