//! iCalendar: whole-day events, with their recurrences expanded.
//!
//! Source: RFC 5545. `TRANSP` says whether an event makes its owner busy, not whether a desk is open: it is not looked at.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, TimeZone};
use icalendar::parser::Property;
use rrule::{Frequency, RRule, RRuleError, RRuleSet, Tz, Unvalidated};

use super::{Excerpt, FileError, Found, LeftOut, Years, text};

/// The longest event that is taken.
pub(super) const DAYS_MAX: i64 = 366;

/// The most events that may recur: a rule that never matches takes tens of milliseconds to say so.
pub(super) const RECURRING_MAX: usize = 500;

/// The most occurrences of one event, counted from its start: a century of days.
const OCCURRENCES_MAX: usize = 40_000;

/// Reads all calendars of a file.
pub(super) fn read(octets: &[u8], found: &mut Found) -> Result<(), FileError> {
    let mut events = Vec::new();
    // What has begun, with the line that it began on.
    let mut open: Vec<(&str, usize)> = Vec::new();
    let lines = lines(octets)?;
    for (line, content) in &lines {
        let line = *line;
        match content.split_once(':').map(|(name, value)| (name.to_ascii_uppercase(), value.trim())) {
            Some((name, component)) if name == "BEGIN" => {
                match component.to_ascii_uppercase().as_str() {
                    "VEVENT" => events.push(Event { line, ..Event::default() }),
                    "VTODO" | "VJOURNAL" => found.leave_out(line, LeftOut::NoEvent(Excerpt::of(component))),
                    _ => {}
                }
                open.push((component, line));
            }
            Some((name, component)) if name == "END" => {
                let last = open.pop().map_or("nothing", |(last, _)| last);
                if !last.eq_ignore_ascii_case(component) {
                    return Err(FileError::Unbalanced { line, found: Excerpt::of(component), open: Excerpt::of(last) });
                }
            }
            _ => {
                let is_of_event = open.last().is_some_and(|(last, _)| last.eq_ignore_ascii_case("VEVENT"));
                if let (true, Some(event), Ok(property)) =
                    (is_of_event, events.last_mut(), Property::try_from(&**content))
                {
                    event.set(&property);
                }
            }
        }
    }
    if let Some((last, line)) = open.pop() {
        return Err(FileError::CutOff { line, open: Excerpt::of(last) });
    }
    if events.iter().filter(|event| event.recurs()).count() > RECURRING_MAX {
        return Err(FileError::TooManyRecurring);
    }
    let changes: Vec<Change<'_>> = events.iter().filter_map(Event::change).collect();
    for event in &events {
        match event.dates(&changes, found.years) {
            Ok(dates) => found.take(event.line, event.summary.as_deref().unwrap_or_default(), dates),
            Err(reason) => found.leave_out(event.line, reason),
        }
    }
    Ok(())
}

/// The content lines that are not empty, unfolded, with the number of the line that each begins on. A fold may stand amid the
/// octets of a character.
fn lines(octets: &[u8]) -> Result<Vec<(usize, String)>, FileError> {
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (index, line) in octets.split(|octet| *octet == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line, lines.last_mut()) {
            ([b' ' | b'\t', rest @ ..], Some((_, folded))) => folded.extend_from_slice(rest),
            _ => lines.push((index + 1, line.to_vec())),
        }
    }
    lines.retain(|(_, line)| !line.trim_ascii().is_empty());
    lines.into_iter().map(|(line, octets)| Ok((line, text(&octets, line)?.to_owned()))).collect()
}

/// What an event says, as it is written.
#[derive(Default)]
struct Event {
    line: usize,
    start: Once,
    end: Once,
    duration: Once,
    recurrence_id: Once,
    uid: Option<String>,
    summary: Option<String>,
    rules: Vec<String>,
    extra_dates: Vec<String>,
    except_dates: Vec<String>,
    is_cancelled: bool,
    /// Its change of another event goes for all that follow.
    is_for_the_future: bool,
    /// It has what cannot be read here.
    unsupported: Option<LeftOut>,
}

/// A property that may stand there once.
#[derive(Default)]
enum Once {
    #[default]
    Nowhere,
    Here(String),
    Twice,
}

impl Once {
    fn set(&mut self, value: &str) {
        *self = if matches!(self, Self::Nowhere) { Self::Here(value.to_owned()) } else { Self::Twice };
    }

    fn get(&self, name: &'static str) -> Result<Option<&str>, LeftOut> {
        match self {
            Self::Nowhere => Ok(None),
            Self::Here(value) => Ok(Some(value)),
            Self::Twice => Err(LeftOut::Repeated(name)),
        }
    }
}

/// A date of a recurring event on which another event stands in its place.
struct Change<'a> {
    uid: &'a str,
    date: NaiveDate,
    is_for_the_future: bool,
}

impl Event {
    fn set(&mut self, property: &Property<'_>) {
        let value = property.val.as_str().trim();
        let parameter =
            |name: &str| property.params.iter().find(|parameter| parameter.key.as_str().eq_ignore_ascii_case(name));
        match property.name.as_str().to_ascii_uppercase().as_str() {
            "DTSTART" => self.start.set(value),
            "DTEND" => self.end.set(value),
            "DURATION" => self.duration.set(value),
            "RECURRENCE-ID" => {
                self.recurrence_id.set(value);
                self.is_for_the_future = parameter("RANGE").is_some();
            }
            "UID" => self.uid = Some(value.to_owned()),
            // Of several languages, the first.
            "SUMMARY" if self.summary.is_none() => {
                self.summary = Some(value.to_owned());
                if parameter("ENCODING").is_some() {
                    self.unsupported = Some(LeftOut::Unreadable { property: "SUMMARY", value: Excerpt::of(value) });
                }
            }
            "RRULE" => self.rules.push(value.to_owned()),
            "EXRULE" => self.unsupported = Some(LeftOut::Recurrence(Excerpt::of("EXRULE is not supported"))),
            "RDATE" => self.extra_dates.extend(value.split(',').map(str::to_owned)),
            "EXDATE" => self.except_dates.extend(value.split(',').map(str::to_owned)),
            "STATUS" => self.is_cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {}
        }
    }

    fn change(&self) -> Option<Change<'_>> {
        let date = date_of(self.recurrence_id.get("RECURRENCE-ID").ok()??)?;
        Some(Change { uid: self.uid.as_deref()?, date, is_for_the_future: self.is_for_the_future })
    }

    fn recurs(&self) -> bool {
        !self.rules.is_empty() || !self.extra_dates.is_empty()
    }

    /// The days that it covers up to the end of the years.
    fn dates(&self, changes: &[Change<'_>], years: Years) -> Result<Vec<NaiveDate>, LeftOut> {
        if self.is_cancelled {
            return Err(LeftOut::Cancelled);
        }
        if let Some(reason) = &self.unsupported {
            return Err(reason.clone());
        }
        let start = self.start.get("DTSTART")?.ok_or(LeftOut::Missing("DTSTART"))?;
        if start.contains('T') && !start.starts_with('T') {
            return Err(LeftOut::Timed);
        }
        let start = whole_day("DTSTART", start)?;
        let days = self.days(start)?;
        let changes: Vec<_> = match (&self.uid, self.recurrence_id.get("RECURRENCE-ID")?) {
            (Some(uid), None) if self.recurs() => changes.iter().filter(|change| change.uid == uid).collect(),
            _ => Vec::new(),
        };
        if self.is_for_the_future || changes.iter().any(|change| change.is_for_the_future) {
            return Err(LeftOut::ChangedFromADateOn);
        }
        let mut starts = self.starts(start, years)?;
        for change in changes {
            starts.remove(&change.date);
        }
        let days_of = |start: NaiveDate| (0..days).filter_map(move |day| start.checked_add_days(Days::new(day)));
        // Occurrences that touch each other are one event still, whose days count once.
        let dates: BTreeSet<_> = starts.into_iter().flat_map(days_of).collect();
        Ok(dates.into_iter().collect())
    }

    /// How many days each occurrence lasts. `DTEND` is the day after the last; many programs write the first day there.
    fn days(&self, start: NaiveDate) -> Result<u64, LeftOut> {
        let days = if let Some(end) = self.end.get("DTEND")? {
            (whole_day("DTEND", end)? - start).num_days()
        } else if let Some(duration) = self.duration.get("DURATION")? {
            let unreadable = || LeftOut::Unreadable { property: "DURATION", value: Excerpt::of(duration) };
            days_of_duration(duration).ok_or_else(unreadable)?
        } else {
            1
        };
        match u64::try_from(days) {
            Err(_) => Err(LeftOut::EndsBeforeStart),
            Ok(_) if days > DAYS_MAX => Err(LeftOut::TooLong),
            Ok(days) => Ok(days.max(1)),
        }
    }

    /// The first days of its occurrences.
    fn starts(&self, start: NaiveDate, years: Years) -> Result<BTreeSet<NaiveDate>, LeftOut> {
        let mut starts = match self.rules.as_slice() {
            [] => BTreeSet::from([start]),
            [rule] => recurrence(start, rule, years).map_err(|reason| LeftOut::Recurrence(Excerpt::of(&reason)))?,
            _ => return Err(LeftOut::Repeated("RRULE")),
        };
        for date in &self.extra_dates {
            starts.insert(whole_day("RDATE", date)?);
        }
        for date in &self.except_dates {
            // Some write the time of a whole day here.
            let unreadable = || LeftOut::Unreadable { property: "EXDATE", value: Excerpt::of(date) };
            starts.remove(&date_of(date).ok_or_else(unreadable)?);
        }
        Ok(starts)
    }
}

/// Expands a rule from an event's start to the end of the years.
fn recurrence(start: NaiveDate, rule: &str, years: Years) -> Result<BTreeSet<NaiveDate>, String> {
    // Its UNTIL is a date like the start. As a part of the rule it would be an instant, in the zone of this machine.
    let (until, others): (Vec<_>, Vec<_>) =
        rule.split(';').partition(|part| part.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("UNTIL=")));
    let until = match until.as_slice() {
        [] => None,
        [part] => Some(part.get(6..).and_then(date_of).ok_or_else(|| format!("{part} is no date"))?),
        _ => return Err("UNTIL stands there twice".to_owned()),
    };
    if until.is_some_and(|until| until < start) {
        return Err("it ends before it begins".to_owned());
    }
    let rule: RRule<Unvalidated> = others.join(";").parse().map_err(reason)?;
    if rule.get_freq() > Frequency::Daily {
        return Err("whole days do not recur several times a day".to_owned());
    }
    if rule.get_interval() == 0 {
        return Err("INTERVAL is 0".to_owned());
    }
    let end = until.map_or(years.last_day(), |until| until.min(years.last_day()));
    if end < start {
        return Ok(BTreeSet::from([start]));
    }
    let midnight = |date: NaiveDate| Tz::UTC.from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN));
    // Times of the day are to be ignored for events of whole days.
    let rule = rule.by_hour(vec![]).by_minute(vec![]).by_second(vec![]).until(midnight(end));
    let rule = rule.validate(midnight(start)).map_err(reason)?;
    let mut dates = BTreeSet::new();
    for (index, at) in RRuleSet::new(midnight(start)).rrule(rule).into_iter().enumerate() {
        if index == OCCURRENCES_MAX {
            return Err(format!("it recurs more than {OCCURRENCES_MAX} times"));
        }
        dates.insert(at.date_naive());
    }
    if dates.is_empty() { Err("it never occurs".to_owned()) } else { Ok(dates) }
}

fn reason(error: RRuleError) -> String {
    match error {
        RRuleError::ParserError(error) => error.to_string(),
        RRuleError::ValidationError(error) => error.to_string(),
        error @ RRuleError::IterError(_) => error.to_string(),
    }
}

fn whole_day(property: &'static str, value: &str) -> Result<NaiveDate, LeftOut> {
    let date = date_of(value).filter(|_| value.len() == 8);
    date.ok_or_else(|| LeftOut::Unreadable { property, value: Excerpt::of(value) })
}

/// The date of `20261225` and of `20261225T000000Z`.
fn date_of(value: &str) -> Option<NaiveDate> {
    let date = value.get(..8)?;
    let is_date =
        date.bytes().all(|octet| octet.is_ascii_digit()) && (value.len() == 8 || value.get(8..9) == Some("T"));
    is_date.then(|| NaiveDate::parse_from_str(date, "%Y%m%d").ok()).flatten()
}

/// The days of `P3D` and `P1W`.
fn days_of_duration(duration: &str) -> Option<i64> {
    let count = duration.strip_prefix('+').unwrap_or(duration).strip_prefix('P')?;
    let (count, unit_days) = match (count.strip_suffix('D'), count.strip_suffix('W')) {
        (Some(days), _) => (days, 1),
        (_, Some(weeks)) => (weeks, 7),
        _ => return None,
    };
    let is_number = (1..=4).contains(&count.len()) && count.bytes().all(|octet| octet.is_ascii_digit());
    count.parse::<i64>().ok().filter(|_| is_number).map(|count| count * unit_days)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{refused, taken};

    fn calendar(events: &[&str]) -> String {
        let events = format!("BEGIN:VEVENT\n{}\nEND:VEVENT", events.join("\nEND:VEVENT\nBEGIN:VEVENT\n"));
        format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}\nEND:VCALENDAR\n").replace('\n', "\r\n")
    }

    /// The days of one event, and why it was left out.
    fn event(properties: &str) -> (Vec<String>, Vec<String>) {
        taken(calendar(&[properties]))
    }

    fn days(properties: &str) -> Vec<String> {
        let (days, notes) = event(properties);
        assert!(notes.is_empty(), "{notes:?}");
        days
    }

    fn left_out(properties: &str) -> String {
        let (days, notes) = event(properties);
        assert!(days.is_empty(), "{days:?}");
        notes.join("; ")
    }

    #[test]
    fn an_event_of_a_day_is_a_day() {
        for properties in [
            "DTSTART;VALUE=DATE:20261225\nSUMMARY:Navidad",
            "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261226\nSUMMARY:Navidad",
            "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225\nSUMMARY:Navidad",
            "DTSTART;VALUE=DATE:20261225\nDURATION:P1D\nSUMMARY:Navidad",
            "dtstart;value=date:20261225\nsummary;language=es:Navidad",
            "DTSTART:20261225\nTRANSP:TRANSPARENT\nSTATUS:CONFIRMED\nSUMMARY: Navidad \nSUMMARY;LANGUAGE=en:Christmas",
        ] {
            assert_eq!(days(properties), ["2026-12-25 Navidad"], "{properties}");
        }
        assert_eq!(days("DTSTART;VALUE=DATE:20261225"), ["2026-12-25"]);
    }

    /// Source: RFC 5545, 3.6.1: the end is not a part of the event.
    #[test]
    fn an_event_of_several_days_is_each_of_them() {
        let expected = ["2026-04-01 Semana Santa", "2026-04-02 Semana Santa", "2026-04-03 Semana Santa"];
        assert_eq!(days("DTSTART;VALUE=DATE:20260401\nDTEND;VALUE=DATE:20260404\nSUMMARY:Semana Santa"), expected);
        assert_eq!(days("DTSTART;VALUE=DATE:20260401\nDURATION:P3D\nSUMMARY:Semana Santa"), expected);
        assert_eq!(days("DTSTART;VALUE=DATE:20260401\nDURATION:P2W").len(), 14);
        // The part of it that lies in the years.
        assert_eq!(days("DTSTART;VALUE=DATE:20251230\nDTEND;VALUE=DATE:20260103").len(), 2);
    }

    #[test]
    fn folds_escapes_and_line_ends_are_read_as_the_standard_says() {
        let folded = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DA\n TE:20261\n\t225\nSUMMARY:Día de\n  la \n Constitu\n ción\\, y\\; m\\\\s\nEND:VEVENT\nEND:VCALENDAR";
        assert_eq!(taken(folded).0, ["2026-12-25 Día de la Constitución, y; m\\s"]);
        assert_eq!(taken(folded.replace('\n', "\r\n")).0, taken(folded).0);
        assert_eq!(taken(format!("\u{FEFF}{folded}\n\n")).0, taken(folded).0);
        let amid_a_character = folded
            .as_bytes()
            .iter()
            .flat_map(|octet| if *octet == 0xB3 { vec![b'\n', b' ', 0xB3] } else { vec![*octet] });
        assert_eq!(taken(amid_a_character.collect::<Vec<_>>()).0, taken(folded).0);
    }

    #[test]
    fn yearly_events_recur_within_the_years() {
        let years = |properties: &str| days(properties).iter().map(|day| day[..10].to_owned()).collect::<Vec<_>>();
        let all = ["2026-12-25", "2027-12-25", "2028-12-25", "2029-12-25", "2030-12-25", "2031-12-25"];
        assert_eq!(years("DTSTART;VALUE=DATE:19701225\nRRULE:FREQ=YEARLY"), all);
        assert_eq!(years("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;COUNT=2"), all[..2]);
        assert_eq!(
            years("DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY;INTERVAL=2;WKST=SU"),
            ["2026-12-25", "2028-12-25", "2030-12-25"]
        );
        for until in ["20281225", "20281225T000000Z", "20281225T235959Z", "20291224"] {
            assert_eq!(
                years(&format!("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;UNTIL={until}")),
                all[..3],
                "{until}"
            );
        }
        assert_eq!(years("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY"), ["2028-02-29"]);
        assert_eq!(
            years(
                "DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20271225,20281225\nEXDATE:20291225T000000Z\nRDATE;VALUE=DATE:20261224"
            ),
            ["2026-12-24", "2026-12-25", "2030-12-25", "2031-12-25"]
        );
        assert_eq!(
            years("DTSTART;VALUE=DATE:20251231\nDTEND;VALUE=DATE:20260102\nRRULE:FREQ=YEARLY;COUNT=2"),
            ["2026-01-01", "2026-12-31", "2027-01-01"]
        );
    }

    /// Source: 5 U.S.C. 6103: Thanksgiving is the fourth Thursday in November, Memorial Day the last Monday in May.
    #[test]
    fn other_recurrences_are_expanded_too() {
        assert_eq!(
            days("DTSTART;VALUE=DATE:20251127\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20281231"),
            ["2026-11-26", "2027-11-25", "2028-11-23"]
        );
        assert_eq!(
            days("DTSTART;VALUE=DATE:20260525\nRRULE:FREQ=MONTHLY;INTERVAL=12;BYDAY=-1MO;COUNT=2;BYHOUR=9"),
            ["2026-05-25", "2027-05-31"]
        );
        assert_eq!(days("DTSTART;VALUE=DATE:20260401\nRRULE:FREQ=DAILY;COUNT=3").len(), 3);
    }

    #[test]
    fn a_recurrence_that_cannot_be_expanded_is_left_out_with_the_reason() {
        for (rule, reason) in [
            ("FREQ=YEARLY;BYEASTER=0", "`BYEASTER` is not a valid property parameter."),
            ("FREQ=YEARLY;RSCALE=CHINESE", "`RSCALE` is not a valid property parameter."),
            ("FREQ=HOURLY", "whole days do not recur several times a day"),
            ("FREQ=YEARLY;INTERVAL=0", "INTERVAL is 0"),
            ("FREQ=YEARLY;UNTIL=mañana", "UNTIL=mañana is no date"),
            ("FREQ=YEARLY;UNTIL=20251225", "it ends before it begins"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "it never occurs"),
            ("X", "`X` is a malformed property parameter. Parameter should be specified as `key=value`"),
        ] {
            let note = left_out(&format!("DTSTART;VALUE=DATE:20261225\nRRULE:{rule}"));
            assert_eq!(note, format!("line 3: its recurrence cannot be expanded: {reason}"), "{rule}");
        }
        let twice = "DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY\nRRULE:FREQ=YEARLY";
        assert_eq!(left_out(twice), "line 3: RRULE stands there twice");
        let since_year_1 = "DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY";
        assert_eq!(
            left_out(since_year_1),
            "line 3: its recurrence cannot be expanded: it recurs more than 40000 times"
        );
    }

    #[test]
    fn what_is_no_whole_day_is_left_out_with_the_reason() {
        for (properties, reason) in [
            ("DTSTART:20261225T000000Z", "it begins at a time of day; only whole days are taken"),
            ("DTSTART;TZID=America/Bogota:20261225T080000", "it begins at a time of day; only whole days are taken"),
            ("SUMMARY:Navidad", "DTSTART is missing"),
            ("DTSTART:20261225\nDTSTART:20261226", "DTSTART stands there twice"),
            ("DTSTART:20261325", "DTSTART is “20261325”, which cannot be read"),
            ("DTSTART:2026-12-25", "DTSTART is “2026-12-25”, which cannot be read"),
            ("DTSTART:20261225\nDTEND:20261224", "it ends before it begins"),
            ("DTSTART:20261225\nDTEND:20261225T120000", "DTEND is “20261225T120000”, which cannot be read"),
            ("DTSTART:20261225\nDTEND:20291225", "it lasts more than 366 days"),
            ("DTSTART:20261225\nDURATION:PT8H", "DURATION is “PT8H”, which cannot be read"),
            ("DTSTART:20261225\nSTATUS:CANCELLED", "it is cancelled"),
            ("DTSTART:20191225", "2019-12-25 lies outside 2026–2031"),
            ("DTSTART:20401225\nRRULE:FREQ=YEARLY", "2040-12-25 lies outside 2026–2031"),
            ("DTSTART:20261225\nSUMMARY:a\\nb", "the name has control characters"),
            (
                "DTSTART:20261225\nSUMMARY;ENCODING=QUOTED-PRINTABLE:D=C3=ADa",
                "SUMMARY is “D=C3=ADa”, which cannot be read",
            ),
        ] {
            assert_eq!(left_out(properties), format!("line 3: {reason}"), "{properties}");
        }
        let (days, notes) = taken("BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\nEND:VTODO\nEND:VCALENDAR");
        assert_eq!((days.len(), notes), (0, vec!["line 2: VTODO is no event".to_owned()]));
    }

    #[test]
    fn of_events_on_one_date_the_first_is_taken() {
        let (days, notes) =
            taken(calendar(&["DTSTART:20261225\nSUMMARY:Navidad", "DTSTART:20261225\nSUMMARY:Christmas"]));
        assert_eq!(days, ["2026-12-25 Navidad"]);
        assert_eq!(notes, ["line 7: 2026-12-25 stands on line 3 already, as “Navidad”"]);
    }

    #[test]
    fn an_occurrence_that_is_moved_or_cancelled_leaves_its_date() {
        let yearly = "UID:1\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY;COUNT=3";
        let moved = "UID:1\nRECURRENCE-ID;VALUE=DATE:20271225\nDTSTART;VALUE=DATE:20271227";
        let cancelled = "UID:1\nRECURRENCE-ID;VALUE=DATE:20281225\nDTSTART;VALUE=DATE:20281225\nSTATUS:CANCELLED";
        let (days, notes) = taken(calendar(&[yearly, moved, cancelled]));
        assert_eq!(days, ["2026-12-25", "2027-12-27"]);
        assert_eq!(notes, ["line 13: it is cancelled"]);
        let from_then_on = "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20271225\nDTSTART:20271226";
        let (days, notes) = taken(calendar(&[yearly, from_then_on]));
        assert_eq!((days.len(), notes.len()), (0, 2));
    }

    #[test]
    fn what_other_components_say_is_not_the_events() {
        let alarm = "DTSTART:20261225\nBEGIN:VALARM\nSUMMARY:no\nDURATION:PT1H\nEND:VALARM\nSUMMARY:Navidad";
        assert_eq!(days(alarm), ["2026-12-25 Navidad"]);
    }

    #[test]
    fn a_file_that_is_cut_off_or_out_of_joint_is_refused() {
        assert_eq!(
            refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n"),
            "it ends within VEVENT of line 2: is it cut off?"
        );
        assert_eq!(refused("BEGIN:VCALENDAR\nVERSION:2.0"), "it ends within VCALENDAR of line 1: is it cut off?");
        assert_eq!(
            refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR"),
            "line 3: END:VCALENDAR does not close what is open, VEVENT"
        );
        let latin_1 = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nSUMMARY:D\xEDa\nEND:VEVENT\nEND:VCALENDAR";
        assert!(refused(latin_1).starts_with("line 4: it is not UTF-8"));
        let rule = "DTSTART:20261225\nRRULE:FREQ=YEARLY";
        let message = refused(calendar(&[rule; super::RECURRING_MAX + 1]));
        assert_eq!(message, "more than 500 of its events recur, which no list of holidays has");
    }

    #[test]
    fn a_file_may_nest_as_deep_as_it_likes() {
        let deep = format!("BEGIN:VCALENDAR\n{}{}END:VCALENDAR", "BEGIN:X\n".repeat(49_000), "END:X\n".repeat(49_000));
        assert_eq!(taken(deep).0.len(), 0);
    }
}
