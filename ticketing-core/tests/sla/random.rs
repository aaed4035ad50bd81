//! Cases at random, by what they are about. The same number gives the same case.

use chrono::{Days, NaiveDate};
use ticketing_core::{Transition, sla::Reading};

use crate::{
    case::{Case, Desk, Exception, Expect, Open, at, zone},
    oracle::{expect, minute, text},
};

/// What some cases are about.
pub(crate) struct Family {
    /// The file of the published ones.
    pub(crate) file: &'static str,
    /// Why they exist.
    pub(crate) source: &'static str,
    zones: &'static [&'static str],
    near: Near,
    hours: &'static [Kind],
    budgets: &'static [Grant],
    /// No more than so many.
    pauses: u64,
    holidays: bool,
}

/// Around when a clock starts.
#[derive(Clone, Copy)]
enum Near {
    Anything,
    Forward,
    Back,
    Change,
    LeapDay,
    NewYear,
    End,
}

/// When a desk works.
#[derive(Clone, Copy)]
enum Kind {
    Always,
    Office,
    Split,
    Overnight,
    Night,
    WholeDays,
    Overlapping,
    AnyShifts,
    Sparse,
}

#[derive(Clone, Copy)]
enum Grant {
    Minutes,
    Hours,
    Close,
    SameTime,
}

use Grant::{Close, Hours, Minutes, SameTime};
use Kind::{Always, AnyShifts, Night, Office, Overlapping, Overnight, Sparse, Split, WholeDays};

const EVERY_KIND: &[Kind] =
    &[Always, Office, Split, Overnight, Night, WholeDays, Overlapping, AnyShifts, AnyShifts, Sparse];
const EVERY_GRANT: &[Grant] = &[Minutes, Hours, Hours, Close, SameTime];

/// Zones that change their clocks every year, or did for many.
const CHANGING: &[&str] = &[
    "America/Santiago",
    "America/Mexico_City",
    "Europe/Madrid",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Asuncion",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Africa/Cairo",
];

const HISTORIC: &[&str] = &[
    "Pacific/Apia",
    "Pacific/Apia",
    "Pacific/Fakaofo",
    "America/Caracas",
    "Asia/Pyongyang",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Antarctica/Casey",
    "Asia/Dhaka",
    "Asia/Colombo",
    "America/Argentina/San_Luis",
];

const EVERY_ZONE: &[&str] = &[
    "UTC",
    "America/Bogota",
    "America/Bogota",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/Santiago",
    "America/Mexico_City",
    "Europe/Madrid",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Havana",
    "Asia/Gaza",
];

const STEADY: &[&str] = &["America/Bogota", "America/Bogota", "Asia/Kolkata", "America/Lima", "UTC"];

pub(crate) const FAMILIES: &[Family] = &[
    Family {
        file: "office-hours",
        source: "calendars are intervals of local wall time for each weekday; a start outside of them waits for the next",
        zones: STEADY,
        near: Near::Anything,
        hours: &[Office, Split],
        budgets: &[Minutes, Hours],
        pauses: 1,
        holidays: false,
    },
    Family {
        file: "clock-forward",
        source: "a wall time that the clock skips moves forward by the gap; a shift left empty by it is none",
        zones: CHANGING,
        near: Near::Forward,
        hours: &[Overnight, Night, WholeDays, AnyShifts, Office],
        budgets: EVERY_GRANT,
        pauses: 2,
        holidays: false,
    },
    Family {
        file: "clock-back",
        source: "of a wall time that the clock shows twice the first counts; an overnight shift lasts from end to end",
        zones: CHANGING,
        near: Near::Back,
        hours: &[Overnight, Night, WholeDays, AnyShifts, Office],
        budgets: EVERY_GRANT,
        pauses: 2,
        holidays: false,
    },
    Family {
        file: "zones-in-history",
        source: "a zone is its history: skipped days, other offsets, summer times that were given up",
        zones: HISTORIC,
        near: Near::Change,
        hours: EVERY_KIND,
        budgets: EVERY_GRANT,
        pauses: 2,
        holidays: false,
    },
    Family {
        file: "ramadan",
        source: "changes of the clock that are weeks apart, and on other dates each year",
        zones: &["Africa/Casablanca", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Cairo", "Asia/Gaza"],
        near: Near::Change,
        hours: EVERY_KIND,
        budgets: EVERY_GRANT,
        pauses: 2,
        holidays: false,
    },
    Family {
        file: "overnight",
        source: "an overnight shift belongs to the day it starts on; an exception replaces what starts that day, not the tail",
        zones: EVERY_ZONE,
        near: Near::Anything,
        hours: &[Overnight, WholeDays, Night],
        budgets: EVERY_GRANT,
        pauses: 2,
        holidays: true,
    },
    Family {
        file: "overlapping-shifts",
        source: "mapped shifts are united, so that no instant counts twice",
        zones: EVERY_ZONE,
        near: Near::Anything,
        hours: &[Overlapping, AnyShifts],
        budgets: EVERY_GRANT,
        pauses: 2,
        holidays: false,
    },
    Family {
        file: "pauses",
        source: "a pause counts only where it overlaps working time; an open one is taken to end at the instant of reading",
        zones: EVERY_ZONE,
        near: Near::Anything,
        hours: EVERY_KIND,
        budgets: EVERY_GRANT,
        pauses: 6,
        holidays: false,
    },
    Family {
        file: "business-days-close",
        source: "a business day is a date on which a shift starts; the Nth after the start's ends at its last close",
        zones: EVERY_ZONE,
        near: Near::Anything,
        hours: EVERY_KIND,
        budgets: &[Close],
        pauses: 2,
        holidays: true,
    },
    Family {
        file: "business-days-same-time",
        source: "the Nth business day after the start's, at the wall time of the start after it moved to an opening",
        zones: EVERY_ZONE,
        near: Near::Anything,
        hours: EVERY_KIND,
        budgets: &[SameTime],
        pauses: 2,
        holidays: true,
    },
    Family {
        file: "holidays",
        source: "dated exceptions, closed or with other shifts, up to a month of them",
        zones: EVERY_ZONE,
        near: Near::NewYear,
        hours: &[Office, Split, Overnight, AnyShifts],
        budgets: EVERY_GRANT,
        pauses: 1,
        holidays: true,
    },
    Family {
        file: "leap-days",
        source: "29 February is a date like any other, in 2000 too",
        zones: EVERY_ZONE,
        near: Near::LeapDay,
        hours: EVERY_KIND,
        budgets: EVERY_GRANT,
        pauses: 1,
        holidays: false,
    },
    Family {
        file: "around-the-clock",
        source: "without a calendar every instant counts, every date is a business day and closes at the next midnight",
        zones: EVERY_ZONE,
        near: Near::Change,
        hours: &[Always],
        budgets: EVERY_GRANT,
        pauses: 3,
        holidays: false,
    },
    Family {
        file: "end-of-tables",
        source: "a due date beyond 2099-12-31 is absent",
        zones: EVERY_ZONE,
        near: Near::End,
        hours: EVERY_KIND,
        budgets: EVERY_GRANT,
        pauses: 2,
        holidays: false,
    },
];

/// How far ahead a case may look.
const DAYS_MAX: i64 = 60;
const DAY: i64 = 24 * 60;

/// A case of a family, with what the oracle says of it.
pub(crate) fn case(family: &Family, number: u64) -> Case {
    let mut dice = Dice::new(number);
    loop {
        let mut case = throw(family, &mut dice);
        // What happens at the very instant at which the time is up, and beside it.
        if dice.one_in(4)
            && let Some(due) = core_reading(&case).due
        {
            let due = due.unix_millis() / 60_000 + dice.between(-1, 1);
            if (0..=DAYS_MAX * DAY).contains(&(due - minute(&case.start))) && due < minute("2100-01-01T00:00:00Z") {
                case.at = text(due);
            }
        }
        let days = minute(&case.at).saturating_sub(minute(&case.start)).div_euclid(DAY).max(0);
        if let Some(told) = [3, 12, DAYS_MAX - days].into_iter().find_map(|days| expect(&case, days)) {
            case.expect = told;
            return case;
        }
    }
}

/// How far ahead a case of years may look.
pub(crate) const LONG_DAYS: i64 = 4200;

/// A case of years, with what the oracle says of it.
pub(crate) fn long_case(number: u64) -> Case {
    let mut dice = Dice::new(number);
    loop {
        let mut case = throw(dice.of(FAMILIES), &mut dice);
        let start = minute(&case.start);
        case.at = text(start + dice.between(0, 3000 * DAY));
        case.budget = match case.budget.trim_start_matches(|letter: char| letter.is_ascii_digit()) {
            "bd" => format!("{}bd", dice.between(200, 2500)),
            _ => format!("{}h", dice.between(1000, 20_000)),
        };
        case.source = String::from("a deadline years ahead is as exact as one today");
        if start + LONG_DAYS * DAY < minute("2099-01-01T00:00:00Z")
            && let Some(told) = expect(&case, LONG_DAYS)
        {
            case.expect = told;
            return case;
        }
    }
}

fn core_reading(case: &Case) -> Reading {
    Reading::of(&case.core_calendar(), at(&case.start), case.allowance(), &case.stops(), at(&case.at))
}

fn throw(family: &Family, dice: &mut Dice) -> Case {
    let zone = *dice.of(family.zones);
    let (near, why) = near(family.near, zone, dice);
    let kind = *dice.of(family.hours);
    let mut start = near + dice.between(-4 * DAY, DAY);
    if dice.one_in(3) {
        start -= start.rem_euclid(30);
    }
    let start = start.clamp(minute("2000-01-02T00:00:00Z"), minute("2099-12-31T23:59:00Z"));
    let calendar = desk(kind, start, family.holidays, dice);

    let few = dice.one_in(2);
    let (budget, due_at) = match dice.of(family.budgets) {
        Minutes => (format!("{}m", dice.between(1, if few { 90 } else { 3000 })), "close"),
        Hours => (format!("{}h", dice.between(1, if few { 8 } else { 60 })), "close"),
        Close => (format!("{}bd", dice.between(1, if few { 2 } else { 9 })), "close"),
        SameTime => (format!("{}bd", dice.between(1, if few { 2 } else { 9 })), "same_time"),
    };
    let reach = *dice.of(&[DAY / 4, DAY, 3 * DAY, 10 * DAY]);
    let earliest = if dice.one_in(10) { -DAY } else { 0 };
    let at = start + dice.between(earliest, reach);
    let at = at.clamp(minute("2000-01-01T00:00:00Z"), minute("2099-12-31T23:59:00Z"));
    let pauses = pauses(start, at, reach, family.pauses, dice);

    let source = if why.is_empty() { family.source.to_owned() } else { format!("{}; {why}", family.source) };
    Case {
        name: family.file.to_owned(),
        source,
        zone: zone.to_owned(),
        calendar,
        start: text(start),
        budget,
        due_at: due_at.to_owned(),
        pauses,
        at: text(at),
        expect: Expect::default(),
    }
}

/// A minute, and what is special about it.
fn near(near: Near, name: &str, dice: &mut Dice) -> (i64, String) {
    let january = |year: i64| minute(&format!("{year}-01-01T00:00:00Z"));
    let any = |dice: &mut Dice| dice.between(january(2000), january(2100));
    let change = |wanted: fn(i32) -> bool, dice: &mut Dice| {
        let zone = zone(name);
        let before =
            [zone.offset_seconds].into_iter().chain(zone.transitions.iter().map(|change| change.offset_seconds));
        let by = |(change, before): (&Transition, i32)| (change.at_unix_seconds / 60, change.offset_seconds - before);
        let mut changes: Vec<_> = zone.transitions.iter().zip(before).map(by).collect();
        changes.retain(|(at, by)| wanted(*by) && *at > january(2000));
        if changes.is_empty() {
            return (any(dice), String::new());
        }
        let (at, by) = *dice.of(&changes);
        (at, format!("tz database: {name} changes by {:+} minutes at {}", by / 60, text(at)))
    };
    match near {
        Near::Anything if dice.one_in(2) => change(|_| true, dice),
        Near::Anything => (any(dice), String::new()),
        Near::Forward => change(|by| by > 0, dice),
        Near::Back => change(|by| by < 0, dice),
        Near::Change => change(|_| true, dice),
        Near::LeapDay => {
            let day = format!("{}-02-29T00:00:00Z", 2000 + 4 * dice.between(0, 24));
            (minute(&day), String::new())
        }
        Near::NewYear => (january(dice.between(2001, 2099)), String::new()),
        Near::End => (january(2100) - dice.between(0, 12 * DAY), String::new()),
    }
}

fn desk(kind: Kind, start: i64, holidays: bool, dice: &mut Dice) -> Option<Desk> {
    let mut desk = Desk::default();
    let works = |weekday: usize, dice: &mut Dice| if weekday < 5 { !dice.one_in(8) } else { dice.one_in(4) };
    let opens = dice.between(6, 10);
    for (weekday, open) in desk.weekly.days_mut().into_iter().enumerate() {
        *open = match kind {
            Always => return None,
            Sparse if !dice.one_in(4) => continue,
            Sparse | AnyShifts => any_shifts(dice),
            _ if !works(weekday, dice) => continue,
            Office => vec![shift(opens * 60, (opens + 9) * 60)],
            Split => vec![shift(opens * 60, (opens + 4) * 60), shift((opens + 5) * 60, (opens + 9) * 60)],
            Overnight => vec![shift((opens + 13) * 60, (opens - 2) * 60)],
            Night => vec![shift(dice.between(0, 4) * 30, dice.between(5, 8) * 30)],
            WholeDays if dice.one_in(2) => vec![shift(0, 1440)],
            WholeDays => vec![shift(opens * 60, opens * 60)],
            Overlapping => vec![
                shift(opens * 60, (opens + 6) * 60),
                shift((opens + 3) * 60, (opens + 9) * 60),
                shift((opens + 6) * 60, (opens + 7) * 60),
            ],
        };
    }
    let today = chrono::DateTime::from_timestamp(start * 60, 0).unwrap().date_naive();
    if holidays && dice.one_in(6) {
        // A month of them.
        desk.exceptions.extend((0..31).map(|days| exception(today, days, Vec::new())));
    } else {
        for days in -2..14 {
            if dice.one_in(if holidays { 3 } else { 9 }) {
                let open = if dice.one_in(2) { Vec::new() } else { any_shifts(dice) };
                desk.exceptions.push(exception(today, days, open));
            }
        }
    }
    Some(desk)
}

fn exception(today: NaiveDate, days: i64, open: Open) -> Exception {
    let date = if days < 0 { today - Days::new(days.unsigned_abs()) } else { today + Days::new(days.unsigned_abs()) };
    Exception { date: date.to_string(), open }
}

fn any_shifts(dice: &mut Dice) -> Open {
    let to = *dice.of(&[1, 15, 30, 60]);
    let time = |dice: &mut Dice| if dice.one_in(8) { 0 } else { dice.between(0, 1439) / to * to };
    (0..dice.between(0, 3))
        .map(|_| {
            let from = time(dice);
            let until = if dice.one_in(8) { 1440 } else { time(dice) };
            shift(from, until)
        })
        .collect()
}

/// Minutes of the day.
fn shift(from: i64, until: i64) -> (String, String) {
    let text = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    (text(from % 1440), text(if until > 1440 { until % 1440 } else { until }))
}

fn pauses(start: i64, at: i64, reach: i64, most: u64, dice: &mut Dice) -> Vec<(String, Option<String>)> {
    let mut pauses = Vec::new();
    let mut from = start - if dice.one_in(3) { dice.between(0, DAY) } else { 0 };
    for _ in 0..dice.below(most + 1) {
        from += if dice.one_in(4) { 0 } else { dice.between(1, reach / 2) };
        if dice.one_in(8) {
            from = from.max(at);
        }
        let until = match dice.below(8) {
            0 => {
                pauses.push((text(from), None));
                break;
            }
            1 => from.max(start),
            2 => from.max(at),
            _ => from + dice.between(1, reach / 2),
        };
        if until > from {
            pauses.push((text(from), Some(text(until))));
        }
        from = until;
    }
    pauses
}

/// Splitmix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0xa076_1d64_78bd_642f));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Both included.
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        first + i64::try_from(self.below((last - first + 1).unsigned_abs())).unwrap()
    }

    pub(crate) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = self.below(u64::try_from(choices.len()).unwrap());
        &choices[usize::try_from(index).unwrap()]
    }
}
