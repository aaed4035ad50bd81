use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail, ensure};
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use ticketing_core::{
    TimeDelta, Timestamp, Zone,
    sla::{Allowance, Calendar, ClockState, DueAt, Hours, Reading, Shift, Stop},
};

use crate::zones;

/// Checks files of conformance vectors; status 1 where a case failed.
pub(super) fn check_files(files: Vec<PathBuf>) -> anyhow::Result<ExitCode> {
    let mut zones = Zones::default();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for file in files {
        for (index, case) in read(&file)?.into_iter().enumerate() {
            let name = case.get("name").and_then(Value::as_str).map(|name| name.escape_debug().to_string());
            let problems = match check(case, &mut zones) {
                Ok(mismatches) => mismatches,
                Err(error) => vec![format!("it cannot be read: {error:#}")],
            };
            if problems.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            println!("{}: case {}, {}", file.display(), index + 1, name.as_deref().unwrap_or("without a name"));
            for problem in problems {
                println!("    {problem}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(file: &Path) -> anyhow::Result<Vec<Value>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no array of cases", file.display()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "source")]
    _source: String,
    zone: String,
    // Required, also where it is null.
    #[serde(deserialize_with = "Option::deserialize")]
    calendar: Option<Desk>,
    start: Instant,
    budget: String,
    #[serde(default)]
    due_at: DueAt,
    #[serde(default)]
    pauses: Vec<(Instant, Option<Instant>)>,
    at: Instant,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Desk {
    #[serde(default)]
    weekly: BTreeMap<Weekday, Vec<(String, String)>>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    date: String,
    open: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    #[serde(deserialize_with = "Option::deserialize")]
    due: Option<Instant>,
    elapsed_seconds: i64,
    remaining_seconds: i64,
    state: ClockState,
}

#[derive(Clone, Copy)]
struct Instant(Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let refuse = || serde::de::Error::custom(format!("“{text}” is no instant: write one as 2026-03-27T15:00:00Z"));
        Timestamp::parse(&text).map(Self).ok_or_else(refuse)
    }
}

/// Each zone is compiled once: that takes longer than a case does.
#[derive(Default)]
struct Zones(HashMap<String, Zone>);

impl Zones {
    fn get(&mut self, name: &str) -> anyhow::Result<Zone> {
        if let Some(zone) = self.0.get(name) {
            return Ok(zone.clone());
        }
        let zone = zones::compile(name)?;
        self.0.insert(name.to_owned(), zone.clone());
        Ok(zone)
    }
}

/// What differs.
fn check(case: Value, zones: &mut Zones) -> anyhow::Result<Vec<String>> {
    let case: Case = serde_json::from_value(case)?;
    let calendar = calendar(case.calendar.as_ref(), zones.get(&case.zone)?)?;
    let allowance = case.budget.parse::<Allowance>()?.due_at(case.due_at);
    let reading = Reading::of(&calendar, case.start.0, allowance, &stops(&case.pauses)?, case.at.0);

    let mut mismatches = Vec::new();
    let mut compare = |what: &str, same: bool, expected: &dyn Display, got: &dyn Display| {
        if !same {
            mismatches.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    let Expect { due, elapsed_seconds, remaining_seconds, state } = case.expect;
    let due = due.map(|due| due.0);
    let text = |due: Option<Timestamp>| due.map_or_else(|| "null".to_owned(), in_seconds);
    compare("due", due == reading.due, &text(due), &text(reading.due));
    let mut compare_time = |what, expected: i64, got: TimeDelta| {
        let same = got == TimeDelta::seconds(expected);
        #[expect(clippy::cast_precision_loss, reason = "it is printed; a clock's milliseconds are far fewer than 2⁵³")]
        compare(what, same, &expected, &(got.num_milliseconds() as f64 / 1000.0));
    };
    compare_time("elapsed_seconds", elapsed_seconds, reading.elapsed);
    compare_time("remaining_seconds", remaining_seconds, reading.remaining);
    compare("state", state == reading.state, &word(state), &word(reading.state));
    Ok(mismatches)
}

fn calendar(desk: Option<&Desk>, zone: Zone) -> anyhow::Result<Calendar> {
    let Some(desk) = desk else { return Ok(Calendar::around_the_clock(zone)) };
    let mut weekly: [Vec<Shift>; 7] = Default::default();
    for (weekday, open) in &desk.weekly {
        weekly[*weekday as usize] = shifts(open)?;
    }
    let mut hours = Hours::weekly(weekly);
    let mut dates = Vec::new();
    for Exception { date, open } in &desk.exceptions {
        let parsed = NaiveDate::parse_from_str(date, "%Y-%m-%d");
        let parsed = parsed.ok().with_context(|| format!("“{date}” is no date: write one as 2026-12-25"))?;
        ensure!(!dates.contains(&parsed), "there are two exceptions for {parsed}");
        dates.push(parsed);
        hours = hours.with_exception(parsed, shifts(open)?);
    }
    Ok(Calendar::new(hours, zone))
}

fn shifts(open: &[(String, String)]) -> anyhow::Result<Vec<Shift>> {
    Ok(open.iter().map(|(from, until)| Shift::parse(from, until)).collect::<Result<_, _>>()?)
}

/// Pauses, which must be in order and disjoint, and only the last one open.
fn stops(pauses: &[(Instant, Option<Instant>)]) -> anyhow::Result<Vec<Stop>> {
    let stops: Vec<_> =
        pauses.iter().map(|(from, until)| Stop { from: from.0, until: until.map(|until| until.0) }).collect();
    for stop in &stops {
        if let Some(until) = stop.until.filter(|until| *until < stop.from) {
            bail!("a pause ends at {}, before it begins at {}", in_seconds(until), in_seconds(stop.from));
        }
    }
    for (stop, next) in stops.iter().zip(stops.iter().skip(1)) {
        let ended = stop.until.is_some_and(|until| until <= next.from);
        ensure!(ended, "the pause before the one of {} lasts longer than until then", in_seconds(next.from));
    }
    Ok(stops)
}

fn in_seconds(at: Timestamp) -> String {
    if at.unix_millis() % 1000 == 0 { at.seconds().to_string() } else { at.to_string() }
}

const fn word(state: ClockState) -> &'static str {
    match state {
        ClockState::Running => "running",
        ClockState::Paused => "paused",
        ClockState::Met => "met",
        ClockState::Breached => "breached",
    }
}
