//! What holds for any calendar and any span, however long: no oracle is needed to say so.

use proptest::prelude::*;
use ticketing_core::{
    TimeDelta, Timestamp, Zone,
    sla::{Allowance, Calendar, Hours, Reading, Shift, Stop},
};

use crate::{agreement::scaled, case::zone};

const MINUTE: i64 = 60_000;
const YEAR: i64 = 366 * 24 * 60 * MINUTE;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(u32::try_from(scaled(150)).unwrap()) }
}

/// To the millisecond, from 2000 into 2088.
fn instants() -> impl Strategy<Value = Timestamp> {
    (946_684_800_000..3_723_667_200_000_i64).prop_map(instant)
}

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis).unwrap()
}

/// From a moment to ten years.
fn spans() -> impl Strategy<Value = TimeDelta> {
    prop_oneof![0..30 * MINUTE, 0..YEAR / 12, 0..10 * YEAR].prop_map(TimeDelta::milliseconds)
}

fn zones() -> impl Strategy<Value = Zone> {
    prop_oneof![
        Just("America/Bogota"),
        Just("Europe/Madrid"),
        Just("Australia/Lord_Howe"),
        Just("Africa/Casablanca"),
        Just("Pacific/Apia"),
        Just("America/Santiago"),
    ]
    .prop_map(zone)
}

fn shifts() -> impl Strategy<Value = Vec<Shift>> {
    let time = |(hour, minute)| format!("{hour:02}:{minute:02}");
    let shift = ((0..24, 0..60), (0..24, 0..60));
    let shift = shift.prop_map(move |(from, until)| Shift::parse(&time(from), &time(until)).unwrap());
    prop::collection::vec(shift, 0..3)
}

/// With some shift on Mondays at least.
fn calendars() -> impl Strategy<Value = Calendar> {
    let monday = || vec![Shift::parse("09:00", "11:00").unwrap()];
    let office = (zones(), prop::array::uniform7(shifts())).prop_map(move |(zone, mut weekly)| {
        weekly[0].extend(monday());
        Calendar::new(Hours::weekly(weekly), zone)
    });
    prop_oneof![8 => office, 1 => zones().prop_map(Calendar::around_the_clock)]
}

/// Whose shifts end on the day they start on, so that no two days have a part of one another, and no zone skips one.
fn calendars_of_days() -> impl Strategy<Value = Calendar> {
    let zones = prop_oneof![Just("America/Bogota"), Just("Europe/Madrid"), Just("Australia/Lord_Howe")];
    let times = prop::collection::btree_set(0..1440_u32, 2..6);
    let shifts = |times: std::collections::BTreeSet<u32>| {
        let times: Vec<_> = times.iter().map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)).collect();
        times.chunks_exact(2).map(|shift| Shift::parse(&shift[0], &shift[1]).unwrap()).collect::<Vec<_>>()
    };
    let weekly = prop::array::uniform7(prop_oneof![2 => times.prop_map(shifts), 1 => Just(vec![])]);
    (zones, weekly).prop_map(|(name, mut weekly)| {
        weekly[3].push(Shift::parse("09:00", "11:00").unwrap());
        Calendar::new(Hours::weekly(weekly), zone(name))
    })
}

/// Beyond all others where there is none.
fn due(calendar: &Calendar, start: Timestamp, allowance: &str) -> Timestamp {
    Reading::of(calendar, start, allowance.parse().unwrap(), &[], start).due.unwrap_or(Timestamp::MAX)
}

fn allowances() -> impl Strategy<Value = Allowance> {
    let texts = prop_oneof![
        (1..5000_u32).prop_map(|minutes| format!("{minutes}m")),
        (1..9000_u32).prop_map(|hours| format!("{hours}h")),
        (1..400_u32).prop_map(|days| format!("{days}bd")),
    ];
    texts.prop_map(|text| text.parse().unwrap())
}

/// In order and disjoint, from some time before or after an instant; the last one may be open.
fn stops() -> impl Strategy<Value = (i64, Vec<(i64, i64)>, bool)> {
    let lengths = prop::collection::vec((0..YEAR / 50, 0..YEAR / 50), 0..5);
    (-YEAR / 50..YEAR / 50, lengths, any::<bool>())
}

fn stops_from(start: Timestamp, (from, lengths, open): (i64, Vec<(i64, i64)>, bool)) -> Vec<Stop> {
    let mut now = start.unix_millis() + from;
    let mut stops = Vec::new();
    for (runs, stands) in lengths {
        let from = instant(now + runs);
        now += runs + stands;
        stops.push(Stop { from, until: Some(instant(now)) });
    }
    if let (true, Some(last)) = (open, stops.last_mut()) {
        last.until = None;
    }
    stops
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn prop_working_is_additive(calendar in calendars(), from in instants(), first in spans(), second in spans()) {
        let middle = from.checked_add(first).unwrap();
        let until = middle.checked_add(second).unwrap();
        prop_assert_eq!(calendar.working(from, middle) + calendar.working(middle, until), calendar.working(from, until));
        prop_assert!(calendar.working(from, until) <= first + second);
        prop_assert_eq!(calendar.working(until, from), TimeDelta::zero());
    }

    #[test]
    fn prop_after_is_the_inverse_of_working(calendar in calendars(), from in instants(), total in spans()) {
        if let Some(due) = calendar.after(from, total) {
            prop_assert_eq!(calendar.working(from, due), total);
            // And there is no earlier one.
            let before = due.checked_add(TimeDelta::milliseconds(-1)).unwrap();
            prop_assert!(total.is_zero() || calendar.working(from, before) < total);
        }
    }

    #[test]
    fn prop_due_never_moves_back_with_a_later_start_or_a_larger_budget(
        calendar in calendars(), start in instants(), later in spans(), minutes in 1..500_000_u32, more in 0..5000_u32,
    ) {
        let later = start.checked_add(later).unwrap();
        let due = |start, minutes| due(&calendar, start, &format!("{minutes}m"));
        prop_assert!(due(start, minutes) <= due(later, minutes));
        prop_assert!(due(start, minutes) <= due(start, minutes + more));
    }

    #[test]
    fn prop_so_do_business_days(
        calendar in calendars_of_days(), start in instants(), later in spans(), days in 1..400_u32, more in 0..400_u32,
    ) {
        let later = start.checked_add(later).unwrap();
        let due = |start, days| due(&calendar, start, &format!("{days}bd"));
        prop_assert!(due(start, days) <= due(later, days));
        prop_assert!(due(start, days) <= due(start, days + more));
        prop_assert!(due(start, days) >= start);
    }

    #[test]
    fn prop_elapsed_never_runs_backward_and_remaining_is_the_rest(
        calendar in calendars(), start in instants(), allowance in allowances(), stops in stops(), first in spans(), second in spans(),
    ) {
        let stops = stops_from(start, stops);
        let read = |at| Reading::of(&calendar, start, allowance, &stops, at);
        let at = start.checked_add(first).unwrap();
        let (early, late) = (read(at), read(at.checked_add(second).unwrap()));
        prop_assert!(early.elapsed >= TimeDelta::zero());
        prop_assert!(early.elapsed <= late.elapsed);
        prop_assert!(late.elapsed - early.elapsed <= second);
        prop_assert_eq!(early.elapsed + early.remaining, late.elapsed + late.remaining);
        let total = calendar.allow(start, allowance).total;
        prop_assert_eq!(early.elapsed + early.remaining, total);
        prop_assert_eq!(read(start).elapsed, TimeDelta::zero());
    }

    #[test]
    fn prop_a_pause_outside_of_working_time_moves_no_due_date(
        calendar in calendars(), start in instants(), allowance in allowances(), at in spans(), around in spans(),
        begins in 0.0..1.0_f64, ends in 0.0..1.0_f64, whole: bool,
    ) {
        // From a close to the next opening, or a part of that.
        let Some(close) = free_time(&calendar, start.checked_add(around).unwrap()) else { return Ok(()) };
        let (from, until) = close;
        let part = |fraction: f64| {
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "somewhere in between")]
            let millis = ((until.unix_millis() - from.unix_millis()) as f64 * fraction) as i64;
            instant(from.unix_millis() + millis)
        };
        let stop = if whole { (from, until) } else { (part(begins.min(ends)), part(begins.max(ends))) };
        let stops = [Stop { from: stop.0, until: Some(stop.1) }];
        let at = start.checked_add(at).unwrap();
        let paused = Reading::of(&calendar, start, allowance, &stops, at);
        let never = Reading::of(&calendar, start, allowance, &[], at);
        prop_assert_eq!((paused.due, paused.elapsed, paused.remaining), (never.due, never.elapsed, never.remaining));
    }

    /// Open pauses are taken to end when they are read.
    #[test]
    fn prop_an_open_pause_is_one_that_ends_now(
        calendar in calendars(), start in instants(), allowance in allowances(), from in spans(), at in spans(),
    ) {
        let from = start.checked_add(from).unwrap();
        let at = from.checked_add(at).unwrap();
        let read = |until| Reading::of(&calendar, start, allowance, &[Stop { from, until }], at);
        let (open, ended) = (read(None), read(Some(at)));
        prop_assert_eq!((open.due, open.elapsed, open.remaining), (ended.due, ended.elapsed, ended.remaining));
    }
}

/// The first stretch without working time that begins at an instant or later.
fn free_time(calendar: &Calendar, at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let opens = |at: Timestamp| {
        let first = calendar.after(at, TimeDelta::milliseconds(1))?;
        first.checked_add(TimeDelta::milliseconds(-1))
    };
    let from = opens(at)?;
    // An hour after an opening, then two, and so on: until one is not worked in full.
    let closes = (1..400).find_map(|hours| {
        let until = from.checked_add(TimeDelta::hours(hours))?;
        let worked = calendar.working(from, until);
        (worked < TimeDelta::hours(hours)).then(|| free_after(calendar, from, until))
    })?;
    Some((closes, opens(closes)?))
}

/// The first close between an opening and a later instant, by halves.
fn free_after(calendar: &Calendar, from: Timestamp, until: Timestamp) -> Timestamp {
    let (mut open, mut closed) = (from.unix_millis(), until.unix_millis());
    while closed - open > 1 {
        let middle = open.midpoint(closed);
        let worked = calendar.working(from, instant(middle)).num_milliseconds();
        if worked == middle - from.unix_millis() { open = middle } else { closed = middle }
    }
    instant(open)
}
