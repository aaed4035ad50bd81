//! What clocks of help desks get wrong, a test for each, with the answer worked out by hand.

use ticketing_core::{
    TimeDelta, Zone,
    sla::{Calendar, ClockState, DueAt, Hours, Reading, Shift, Stop},
};

use crate::case::{at, zone};

const OFFICE: [&[(&str, &str)]; 7] = [DAY, DAY, DAY, DAY, DAY, &[], &[]];
const DAY: &[(&str, &str)] = &[("08:00", "12:00"), ("13:00", "17:00")];
const NIGHTS: [&[(&str, &str)]; 7] = [&[("22:00", "06:00")]; 7];

fn shifts(shifts: &[(&str, &str)]) -> Vec<Shift> {
    shifts.iter().map(|(from, until)| Shift::parse(from, until).unwrap()).collect()
}

fn hours(week: [&[(&str, &str)]; 7]) -> Hours {
    Hours::weekly(week.map(shifts))
}

fn bogota() -> Calendar {
    Calendar::new(hours(OFFICE), zone("America/Bogota"))
}

fn utc(week: [&[(&str, &str)]; 7]) -> Calendar {
    Calendar::new(hours(week), Zone::default())
}

fn stops(stops: &[(&str, Option<&str>)]) -> Vec<Stop> {
    stops.iter().map(|(from, until)| Stop { from: at(from), until: until.map(at) }).collect()
}

fn due(calendar: &Calendar, start: &str, allowance: &str) -> String {
    let start = at(start);
    let due = Reading::of(calendar, start, allowance.parse().unwrap(), &[], start).due;
    due.map_or_else(|| "never".to_owned(), |due| due.seconds().to_string())
}

fn same_time(calendar: &Calendar, start: &str, allowance: &str) -> String {
    let (start, allowance) = (at(start), allowance.parse::<ticketing_core::sla::Allowance>().unwrap());
    let due = Reading::of(calendar, start, allowance.due_at(DueAt::SameTime), &[], start).due;
    due.unwrap().seconds().to_string()
}

/// A clock that stands still cannot run out: what looks like the deadline on the wall passes without a breach.
#[test]
fn no_breach_while_paused() {
    let paused = stops(&[("2026-03-24T16:00:00Z", None)]);
    let read = |now| Reading::of(&bogota(), at("2026-03-24T14:00:00Z"), "4h".parse().unwrap(), &paused, at(now));
    // Without the pause it would be due at 19:00Z.
    for now in ["2026-03-24T16:00:00Z", "2026-03-24T19:00:00Z", "2026-03-31T19:00:00Z"] {
        let reading = read(now);
        assert_eq!((reading.state, reading.elapsed), (ClockState::Paused, TimeDelta::hours(2)), "{now}");
        assert_eq!(reading.remaining, TimeDelta::hours(2));
        assert!(reading.due.unwrap() > at(now));
    }
}

/// Resolving ends a pause and stops the clock at one instant, and neither may count.
#[test]
fn paused_and_resolved_in_one_save() {
    let now = "2026-03-24T15:00:00Z";
    let one_save = stops(&[("2026-03-24T14:30:00Z", Some(now)), (now, None)]);
    let reading = Reading::of(&bogota(), at("2026-03-24T14:00:00Z"), "1h".parse().unwrap(), &one_save, at(now));
    assert_eq!((reading.state, reading.elapsed), (ClockState::Paused, TimeDelta::minutes(30)));
    // Nor a pause of no length.
    let nothing = stops(&[(now, Some(now))]);
    let reading = Reading::of(&bogota(), at("2026-03-24T14:00:00Z"), "2h".parse().unwrap(), &nothing, at(now));
    assert_eq!((reading.state, reading.elapsed), (ClockState::Running, TimeDelta::hours(1)));
    assert_eq!(reading.due, Some(at("2026-03-24T16:00:00Z")));
}

/// A weekend on hold is no time on hold: it moves nothing.
#[test]
fn a_pause_over_a_weekend_moves_nothing() {
    let weekend = stops(&[("2026-03-27T22:00:00Z", Some("2026-03-30T13:00:00Z"))]);
    let (start, now) = (at("2026-03-27T21:00:00Z"), at("2026-03-30T13:30:00Z"));
    let reading = Reading::of(&bogota(), start, "2h".parse().unwrap(), &weekend, now);
    assert_eq!(reading.due, Some(at("2026-03-30T14:00:00Z")));
    assert_eq!(reading.elapsed, TimeDelta::minutes(90));
    // Also of business days, which then end at their close and not where so much time has passed.
    let reading = Reading::of(&bogota(), start, "1bd".parse().unwrap(), &weekend, now);
    assert_eq!(reading.due, Some(at("2026-03-30T22:00:00Z")));
}

/// Madrid, 29 March 2026: 02:00 becomes 03:00.
#[test]
fn a_night_is_an_hour_shorter_when_the_clock_goes_forward() {
    let madrid = Calendar::new(hours(NIGHTS), zone("Europe/Madrid"));
    let worked = |from, until| madrid.working(at(from), at(until));
    assert_eq!(worked("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"), TimeDelta::hours(7));
    assert_eq!(due(&madrid, "2026-03-28T21:00:00Z", "7h"), "2026-03-29T04:00:00Z");
    // A shift that lies in the hour that is skipped moves behind it, whole.
    let skipped = Calendar::new(hours([&[("02:15", "02:45")]; 7]), zone("Europe/Madrid"));
    assert_eq!(due(&skipped, "2026-03-29T00:00:00Z", "30m"), "2026-03-29T01:45:00Z");
    // One that begins in it and ends behind it lasts less; one that ends at as much as it was moved by is none.
    let across = Calendar::new(hours([&[("02:30", "04:00")]; 7]), zone("Europe/Madrid"));
    assert_eq!(across.working(at("2026-03-29T00:00:00Z"), at("2026-03-29T12:00:00Z")), TimeDelta::minutes(30));
    let empty = Calendar::new(hours([&[("02:30", "03:30")]; 7]), zone("Europe/Madrid"));
    assert_eq!(due(&empty, "2026-03-29T00:00:00Z", "1m"), "2026-03-30T00:31:00Z");
}

/// Madrid, 25 October 2026: 03:00 becomes 02:00.
#[test]
fn a_night_is_an_hour_longer_when_the_clock_goes_back() {
    let madrid = Calendar::new(hours(NIGHTS), zone("Europe/Madrid"));
    assert_eq!(madrid.working(at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z")), TimeDelta::hours(9));
    // What opens at a time that comes twice opens the first time.
    let early = Calendar::new(hours([&[("02:30", "04:00")]; 7]), zone("Europe/Madrid"));
    assert_eq!(due(&early, "2026-10-24T23:00:00Z", "1m"), "2026-10-25T00:31:00Z");
    assert_eq!(early.working(at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z")), TimeDelta::minutes(150));
}

/// Lord Howe changes by half an hour.
#[test]
fn a_gap_need_not_be_an_hour() {
    let early = Calendar::new(hours([&[("02:10", "03:00")]; 7]), zone("Australia/Lord_Howe"));
    // 4 October 2026: 02:00 becomes 02:30, so 02:10 is 02:40.
    assert_eq!(early.working(at("2026-10-03T12:00:00Z"), at("2026-10-04T12:00:00Z")), TimeDelta::minutes(20));
    assert_eq!(due(&early, "2026-10-03T12:00:00Z", "20m"), "2026-10-03T16:00:00Z");
}

/// Samoa had no 30 December 2011. Its shifts are those of the 31st, and count once.
#[test]
fn a_skipped_day_counts_once() {
    let apia = Calendar::new(hours([&[("08:00", "16:00")]; 7]), zone("Pacific/Apia"));
    assert_eq!(apia.working(at("2011-12-29T10:00:00Z"), at("2011-12-31T10:00:00Z")), TimeDelta::hours(16));
}

#[test]
fn what_starts_outside_of_hours_starts_at_the_opening() {
    for start in ["2026-03-27T22:00:00Z", "2026-03-28T15:00:00Z", "2026-03-30T04:59:59Z", "2026-03-30T13:00:00Z"] {
        assert_eq!(due(&bogota(), start, "1h"), "2026-03-30T14:00:00Z", "{start}");
        assert_eq!(due(&bogota(), start, "1bd"), "2026-03-31T22:00:00Z", "{start}");
        assert_eq!(same_time(&bogota(), start, "1bd"), "2026-03-31T13:00:00Z", "{start}");
    }
    // At lunch too.
    assert_eq!(due(&bogota(), "2026-03-30T17:30:00Z", "1h"), "2026-03-30T19:00:00Z");
}

/// A budget that is used up at a close ends then, not at the next opening; and a start there waits.
#[test]
fn exactly_at_a_close() {
    assert_eq!(due(&bogota(), "2026-03-27T13:00:00Z", "8h"), "2026-03-27T22:00:00Z");
    assert_eq!(due(&bogota(), "2026-03-27T13:00:00Z", "4h"), "2026-03-27T17:00:00Z");
    assert_eq!(due(&bogota(), "2026-03-27T22:00:00Z", "1m"), "2026-03-30T13:01:00Z");
    assert_eq!(due(&bogota(), "2026-03-27T21:59:00Z", "1m"), "2026-03-27T22:00:00Z");
    assert_eq!(due(&bogota(), "2026-03-27T21:59:00Z", "1bd"), "2026-03-30T22:00:00Z");
    assert_eq!(due(&bogota(), "2026-03-27T22:00:00Z", "1bd"), "2026-03-31T22:00:00Z");
    let breached = Reading::of(
        &bogota(),
        at("2026-03-27T13:00:00Z"),
        "8h".parse().unwrap(),
        &stops(&[("2026-03-27T22:00:00Z", None)]),
        at("2026-03-27T22:00:00Z"),
    );
    assert_eq!(breached.state, ClockState::Breached);
}

#[test]
fn a_month_of_holidays() {
    let july = (1..=31).map(|day| chrono::NaiveDate::from_ymd_opt(2026, 7, day).unwrap());
    let hours = july.fold(hours(OFFICE), |hours, date| hours.with_exception(date, vec![]));
    let office = Calendar::new(hours, Zone::default());
    assert_eq!(due(&office, "2026-06-30T16:30:00Z", "1h"), "2026-08-03T08:30:00Z");
    assert_eq!(due(&office, "2026-06-30T16:30:00Z", "1bd"), "2026-08-03T17:00:00Z");
    assert_eq!(due(&office, "2026-07-15T12:00:00Z", "2bd"), "2026-08-05T17:00:00Z");
    assert_eq!(office.working(at("2026-07-01T00:00:00Z"), at("2026-08-01T00:00:00Z")), TimeDelta::zero());
}

/// 2000 was a leap year, 2026 is none, 2028 is one.
#[test]
fn the_29th_of_february() {
    let always = Calendar::default();
    assert_eq!(due(&always, "2028-02-28T12:00:00Z", "24h"), "2028-02-29T12:00:00Z");
    assert_eq!(due(&always, "2026-02-28T12:00:00Z", "24h"), "2026-03-01T12:00:00Z");
    assert_eq!(due(&always, "2000-02-28T12:00:00Z", "1bd"), "2000-03-01T00:00:00Z");
    // A Tuesday.
    assert_eq!(due(&utc(OFFICE), "2028-02-28T16:00:00Z", "2h"), "2028-02-29T09:00:00Z");
    let date = chrono::NaiveDate::from_ymd_opt(2028, 2, 29).unwrap();
    let closed = Calendar::new(hours(OFFICE).with_exception(date, vec![]), Zone::default());
    assert_eq!(due(&closed, "2028-02-28T16:00:00Z", "2h"), "2028-03-01T09:00:00Z");
}

/// An exception replaces what starts on its date: not the tail of the night before, and all of its own night.
#[test]
fn an_overnight_shift_into_an_exception() {
    let date = chrono::NaiveDate::from_ymd_opt(2026, 12, 25).unwrap();
    let nights = Calendar::new(hours(NIGHTS).with_exception(date, vec![]), Zone::default());
    assert_eq!(due(&nights, "2026-12-24T22:00:00Z", "8h"), "2026-12-25T06:00:00Z");
    assert_eq!(due(&nights, "2026-12-24T22:00:00Z", "9h"), "2026-12-26T23:00:00Z");
    // At two in the night it is still the 24th's shift: the next business day is the 26th.
    assert_eq!(due(&nights, "2026-12-25T02:00:00Z", "1bd"), "2026-12-27T06:00:00Z");
}

/// Some desks were told other deadlines on Mondays than on Tuesdays.
#[test]
fn every_weekday_is_its_own() {
    let monday = at("2026-03-23T00:00:00Z");
    for day in 0..7_usize {
        let mut week: [&[(&str, &str)]; 7] = [&[]; 7];
        week[day] = &[("08:00", "12:00")];
        let expected = monday.checked_add(TimeDelta::days(i64::try_from(day).unwrap()) + TimeDelta::hours(9)).unwrap();
        assert_eq!(due(&utc(week), "2026-03-23T00:00:00Z", "1h"), expected.seconds().to_string());
    }
    for (day, next) in [(23, "24"), (24, "25"), (25, "26"), (26, "27"), (27, "30"), (28, "31"), (29, "31")] {
        assert_eq!(due(&utc(OFFICE), &format!("2026-03-{day}T09:00:00Z"), "1bd"), format!("2026-03-{next}T17:00:00Z"));
    }
}

/// `00:00` begins a day, `24:00` ends it, and between them there is no hole.
#[test]
fn midnight() {
    let always: [&[(&str, &str)]; 7] = [&[("00:00", "24:00")]; 7];
    assert_eq!(due(&utc(always), "2026-03-24T00:00:00Z", "48h"), "2026-03-26T00:00:00Z");
    assert_eq!(due(&utc([&[("00:00", "00:00")]; 7]), "2026-03-24T23:59:00Z", "2m"), "2026-03-25T00:01:00Z");
    assert_eq!(due(&utc([&[("22:00", "24:00")]; 7]), "2026-03-24T23:30:00Z", "1h"), "2026-03-25T22:30:00Z");
    assert_eq!(due(&utc([&[("22:00", "00:00")]; 7]), "2026-03-24T23:30:00Z", "30m"), "2026-03-25T00:00:00Z");
    // In Santiago the clock goes from 24:00 to 01:00: the day begins an hour late.
    let santiago = Calendar::new(hours([&[("00:00", "08:00")]; 7]), zone("America/Santiago"));
    assert_eq!(santiago.working(at("2026-09-06T00:00:00Z"), at("2026-09-06T23:00:00Z")), TimeDelta::hours(7));
    assert_eq!(
        due(&Calendar::around_the_clock(zone("America/Santiago")), "2026-09-04T12:00:00Z", "1bd"),
        "2026-09-06T04:00:00Z"
    );
}

#[test]
fn the_years_end() {
    assert_eq!(due(&utc(OFFICE), "2026-12-31T16:30:00Z", "1h"), "2027-01-01T08:30:00Z");
    assert_eq!(due(&utc(NIGHTS), "2026-12-31T22:00:00Z", "8h"), "2027-01-01T06:00:00Z");
    assert_eq!(due(&utc(NIGHTS), "2026-12-31T23:00:00Z", "1bd"), "2027-01-02T06:00:00Z");
    assert_eq!(utc(NIGHTS).working(at("2026-12-31T00:00:00Z"), at("2027-01-02T00:00:00Z")), TimeDelta::hours(16));
    // 2026 has a week 53, which is nobody's business.
    assert_eq!(due(&utc(OFFICE), "2026-12-28T08:00:00Z", "40h"), "2027-01-01T17:00:00Z");
    // No table reaches further.
    assert_eq!(due(&utc(NIGHTS), "2099-12-31T22:00:00Z", "1h"), "2099-12-31T23:00:00Z");
    assert_eq!(due(&utc(NIGHTS), "2099-12-31T22:00:00Z", "3h"), "never");
    assert_eq!(due(&utc(OFFICE), "2099-12-31T08:00:00Z", "1bd"), "never");
    // East of UTC the first of January begins before that.
    let kathmandu = Calendar::new(hours([&[("00:00", "03:00")]; 7]), zone("Asia/Kathmandu"));
    assert_eq!(due(&kathmandu, "2099-12-30T19:00:00Z", "1bd"), "2099-12-31T21:15:00Z");
    assert_eq!(due(&kathmandu, "2099-12-30T19:00:00Z", "2bd"), "never");
}

/// What overlaps is worked once, and a day closes when its last shift ends, whichever began last.
#[test]
fn overlapping_shifts_count_once() {
    let twice = utc([&[("08:00", "17:00"), ("11:00", "14:00")]; 7]);
    assert_eq!(due(&twice, "2026-03-24T08:00:00Z", "9h"), "2026-03-24T17:00:00Z");
    assert_eq!(due(&twice, "2026-03-24T12:00:00Z", "1bd"), "2026-03-25T17:00:00Z");
}
