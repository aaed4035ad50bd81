//! What the core's operations cost, beside other validators on the same form: time per call.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ticketing_benches::{forms, seed};
use ticketing_core::{
    Draft, EmailAddress, LabelFormat, Rules, Timestamp,
    sla::{Agreement, Calendar, Sla},
};

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

/// When a ticket is due that was paused for ten minutes: ten hours ahead, and ten years ahead, which should cost the same.
fn sla(criterion: &mut Criterion) {
    let created = Timestamp::parse("2026-03-24T10:15:00Z").expect("the instant is one");
    let minutes = |count: i64| {
        Timestamp::from_unix_millis(created.unix_millis() + count * 60_000).expect("the instant is in range")
    };

    let mut group = criterion.benchmark_group("sla");
    for (name, budget, due) in
        [("ten hours", "10h", "2026-03-24T20:25:00Z"), ("ten years", "87600h", "2036-03-21T10:25:00Z")]
    {
        let resolution = budget.parse().expect("the budget is one");
        let mut sla = Sla::start(Some(Agreement { policy: 1, resolution }), created);
        sla.stop(minutes(5));
        sla.resume(minutes(15));
        let calendar = Calendar::default();
        let read = || black_box(&sla).read(&calendar, minutes(30));
        assert_eq!(read().and_then(|reading| reading.due), Timestamp::parse(due));
        group.bench_function(name, |bencher| bencher.iter(read));
    }
    group.finish();
}
