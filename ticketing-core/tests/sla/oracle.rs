//! The clock told slowly, minute by minute, in the words of the contract. Nothing here is the core's: dates and zones are those of
//! chrono and chrono-tz. Everything lies on whole minutes.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::case::{Case, Desk, Expect, Open};

/// Minutes since the epoch.
type Minute = i64;

/// What is to be expected of a case, from the minutes of its start and of so many days after it; `None` where that depends on
/// what comes later.
pub(crate) fn expect(case: &Case, days: i64) -> Option<Expect> {
    let zone: Tz = case.zone.parse().unwrap();
    let start = minute(&case.start);
    let at = minute(&case.at);
    let end = (start.max(at) + days * 24 * 60).min(minute("2100-01-01T00:00:00Z"));

    // Which minutes are worked: those in a mapped shift.
    let shifts = case.calendar.as_ref().map(|desk| mapped_shifts(desk, zone, start, end));
    let mut open = vec![shifts.is_none(); usize::try_from(end - start).unwrap()];
    for shift in shifts.iter().flatten() {
        if shift.until > start && shift.from < end {
            open[index(shift.from.max(start), start)..index(shift.until.min(end), start)].fill(true);
        }
    }

    // Which count: those that are not paused. An open pause ends at `at`.
    let mut counts = open.clone();
    for (from, until) in &case.pauses {
        let from = minute(from).max(start);
        let until = until.as_deref().map_or(at, minute).min(end);
        if from < until {
            counts[index(from, start)..index(until, start)].fill(false);
        }
    }
    let counted = |until: Minute| number_of(&counts[..index(until.max(start), start)]);
    let worked = |until: Minute| number_of(&open[..index(until.max(start), start)]);

    // How much is granted, and of business days their plain end.
    let number: i64 = case.budget.trim_end_matches(char::is_alphabetic).parse().unwrap();
    let (total, plain_due) = match case.budget.trim_start_matches(|letter: char| letter.is_ascii_digit()) {
        "h" => (number * 60, None),
        "m" => (number, None),
        "bd" => {
            let moved = start + Minute::try_from(open.iter().position(|open| *open)?).unwrap();
            let due = business_days(&case.due_at, zone, shifts.as_deref(), moved, usize::try_from(number).unwrap())?;
            if due >= end {
                return None;
            }
            (worked(due), Some(due))
        }
        unit => panic!("a budget in {unit}"),
    };

    let due = match plain_due {
        Some(plain) if counted(plain) == worked(plain) => Some(plain),
        _ => earliest(&counts, total).map(|minutes| start + minutes),
    };
    // Not found: only what lies beyond the last year is absent.
    if due.is_none() && end < minute("2100-01-01T00:00:00Z") {
        return None;
    }
    let due = due.filter(|due| *due < minute("2100-01-01T00:00:00Z"));

    let elapsed = counted(at);
    let in_a_pause = case
        .pauses
        .iter()
        .any(|(from, until)| minute(from) <= at && until.as_deref().is_none_or(|until| at < minute(until)));
    let state = if due.is_some_and(|due| at >= due) && elapsed >= total {
        "breached"
    } else if in_a_pause {
        "paused"
    } else {
        "running"
    };
    Some(Expect {
        due: due.map(text),
        elapsed_seconds: elapsed * 60,
        remaining_seconds: (total - elapsed) * 60,
        state: state.to_owned(),
    })
}

fn number_of(minutes: &[bool]) -> i64 {
    minutes.iter().map(|counts| i64::from(*counts)).sum()
}

/// After how many minutes so many have counted.
fn earliest(counts: &[bool], total: i64) -> Option<i64> {
    let mut counted = 0;
    for (index, counts) in counts.iter().enumerate() {
        if counted == total {
            return i64::try_from(index).ok();
        }
        counted += i64::from(*counts);
    }
    (counted == total).then_some(i64::try_from(counts.len()).unwrap())
}

fn index(minute: Minute, start: Minute) -> usize {
    usize::try_from(minute - start).unwrap()
}

struct Mapped {
    /// The date on which it starts.
    date: NaiveDate,
    from: Minute,
    until: Minute,
}

/// The shifts of every date from some days before to some days after, as minutes, without the empty ones.
fn mapped_shifts(desk: &Desk, zone: Tz, start: Minute, end: Minute) -> Vec<Mapped> {
    let dates = local(zone, start).date() - Days::new(5)..local(zone, end).date() + Days::new(5);
    let mut mapped = Vec::new();
    for date in dates.start.iter_days().take_while(|date| *date < dates.end) {
        for (from, until) in open_on(desk, date) {
            let next_day = if time_of_day(until) <= time_of_day(from) { 24 * 60 } else { 0 };
            let midnight = date.and_hms_opt(0, 0, 0).unwrap();
            let from = instant(zone, midnight + TimeDelta::minutes(time_of_day(from)));
            let until = instant(zone, midnight + TimeDelta::minutes(time_of_day(until) + next_day));
            if until > from {
                mapped.push(Mapped { date, from, until });
            }
        }
    }
    mapped
}

/// The shifts that start on a date.
fn open_on(desk: &Desk, date: NaiveDate) -> &Open {
    let exception = desk.exceptions.iter().find(|exception| exception.date == date.to_string());
    match exception {
        Some(exception) => &exception.open,
        None => desk.weekly.days()[usize::try_from(date.weekday().num_days_from_monday()).unwrap()],
    }
}

/// When the Nth business day after the one of an instant in working time ends.
fn business_days(due_at: &str, zone: Tz, shifts: Option<&[Mapped]>, moved: Minute, n: usize) -> Option<Minute> {
    let last_day = match shifts {
        // Around the clock every date is a business day.
        None => local(zone, moved).date() + Days::new(u64::try_from(n).unwrap()),
        Some(shifts) => {
            let holding = shifts.iter().filter(|shift| shift.from <= moved && moved < shift.until);
            let first_day = holding.max_by_key(|shift| (shift.from, shift.date)).unwrap().date;
            let mut business_days: Vec<NaiveDate> = shifts.iter().map(|shift| shift.date).collect();
            business_days.dedup();
            *business_days.iter().filter(|day| **day > first_day).nth(n - 1)?
        }
    };
    Some(match (due_at, shifts) {
        ("close", None) => instant(zone, last_day.succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap()),
        ("close", Some(shifts)) => shifts.iter().filter(|shift| shift.date == last_day).map(|s| s.until).max().unwrap(),
        ("same_time", _) => instant(zone, last_day.and_time(local(zone, moved).time())),
        (other, _) => panic!("due at {other}"),
    })
}

/// The minute at which the clocks of a zone show a time: of two the first; of none, the one that they show as much later as they
/// were put forward.
fn instant(zone: Tz, time: NaiveDateTime) -> Minute {
    let shown = zone.from_local_datetime(&time);
    let found = shown.earliest().unwrap_or_else(|| {
        let minutes = || (1..).map(TimeDelta::minutes);
        let before = minutes().find_map(|back| zone.from_local_datetime(&(time - back)).latest()).unwrap();
        let after = minutes().find_map(|on| zone.from_local_datetime(&(time + on)).earliest()).unwrap();
        let gap = after.offset().fix().local_minus_utc() - before.offset().fix().local_minus_utc();
        zone.from_local_datetime(&(time + TimeDelta::seconds(gap.into()))).earliest().unwrap()
    });
    whole_minute(&found.to_utc())
}

fn local(zone: Tz, at: Minute) -> NaiveDateTime {
    zone.from_utc_datetime(&DateTime::from_timestamp(at * 60, 0).unwrap().naive_utc()).naive_local()
}

/// Minutes since midnight.
fn time_of_day(text: &str) -> i64 {
    let (hours, minutes) = text.split_once(':').unwrap();
    hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap()
}

pub(crate) fn minute(text: &str) -> Minute {
    whole_minute(&DateTime::parse_from_rfc3339(text).unwrap().to_utc())
}

fn whole_minute(at: &DateTime<Utc>) -> Minute {
    assert_eq!(at.timestamp() % 60, 0, "{at} is no whole minute");
    at.timestamp() / 60
}

pub(crate) fn text(at: Minute) -> String {
    DateTime::from_timestamp(at * 60, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
