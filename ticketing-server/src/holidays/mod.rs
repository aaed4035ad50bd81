//! Files of public holidays, iCalendar or CSV, read into dates with their names.
//!
//! Nothing is guessed. A file that is damaged, or whose dates may be in another order, is refused as a whole; what is no whole
//! day is left out, with its line and the reason.

mod csv;
mod ics;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use chrono::{Datelike, NaiveDate};

/// The largest file that is read.
pub(crate) const OCTETS_MAX: usize = 5 * 1024 * 1024;

/// The most lines that are read.
const LINES_MAX: usize = 100_000;

/// As a name in rules.
const NAME_CHARS_MAX: usize = 100;

/// A day on which a desk is closed, or works other hours than usual.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Holiday {
    pub(crate) date: NaiveDate,
    /// Trimmed, without control characters, at most 100 characters; empty where the file has none.
    pub(crate) name: String,
}

/// What a file holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Holidays {
    /// By date, each date once.
    pub(crate) days: Vec<Holiday>,
    /// All that was not taken, by line.
    pub(crate) notes: Vec<Note>,
}

/// Something in a file that was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Note {
    /// From 1; of an event, the one that it begins on.
    pub(crate) line: usize,
    pub(crate) reason: LeftOut,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Why something was not taken: one line, for whoever imports the file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum LeftOut {
    #[error("“{0}” is no date: write 2026-12-25, or 25/12/2026 with the day first")]
    NoDate(Excerpt),
    #[error("{0} lies outside {1}")]
    Outside(NaiveDate, Years),
    #[error("{date} stands on line {line} already{}", named(.name))]
    Twice { date: NaiveDate, line: usize, name: String },
    #[error("the name has more than {NAME_CHARS_MAX} characters")]
    LongName,
    #[error("the name has control characters")]
    ControlCharacters,
    #[error("{0} is no event")]
    NoEvent(Excerpt),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} stands there twice")]
    Repeated(&'static str),
    #[error("{property} is “{value}”, which cannot be read")]
    Unreadable { property: &'static str, value: Excerpt },
    #[error("it begins at a time of day; only whole days are taken")]
    Timed,
    #[error("it is cancelled")]
    Cancelled,
    #[error("it ends before it begins")]
    EndsBeforeStart,
    #[error("it lasts more than {} days", ics::DAYS_MAX)]
    TooLong,
    #[error("its recurrence cannot be expanded: {0}")]
    Recurrence(Excerpt),
    #[error("its recurrence is changed from a date on (RECURRENCE-ID with RANGE), which is not supported")]
    ChangedFromADateOn,
}

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(", as “{name}”") }
}

/// Why a file is refused as a whole.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("it is larger than {} MiB, which no list of holidays is", OCTETS_MAX / 1024 / 1024)]
    TooLarge,
    #[error("it has more than {LINES_MAX} lines, which no list of holidays has")]
    TooManyLines,
    #[error("it is empty")]
    Empty,
    #[error("it is no text")]
    Binary,
    #[error("it is UTF-16: save it as UTF-8")]
    Utf16,
    #[error("line {line}: it is not UTF-8: save it as UTF-8 (in a spreadsheet, “CSV UTF-8”)")]
    NotUtf8 { line: usize },
    #[error("it is a web page: download the calendar itself")]
    WebPage,
    #[error("line {line}: “{text}” is no day that there is: write 2026-12-25, or 25/12/2026 with the day first")]
    ImpossibleDate { line: usize, text: Excerpt },
    #[error("line {line}: a cell goes on to the next line: is a quote not closed?")]
    OpenQuote { line: usize },
    #[error("line {line}: END:{found} does not close what is open, {open}")]
    Unbalanced { line: usize, found: Excerpt, open: Excerpt },
    #[error("it ends within {open} of line {line}: is it cut off?")]
    CutOff { line: usize, open: Excerpt },
    #[error("more than {} of its events recur, which no list of holidays has", ics::RECURRING_MAX)]
    TooManyRecurring,
}

/// The beginning of a text from a file, fit to be shown on one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Excerpt(String);

impl Excerpt {
    const CHARS_MAX: usize = 100;

    fn of(text: &str) -> Self {
        let mut shown: String =
            text.chars().take(Self::CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if text.chars().nth(Self::CHARS_MAX).is_some() {
            shown.push('…');
        }
        Self(shown)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The years, first and last, that dates are taken from and recurrences expanded in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Years {
    from: i32,
    until: i32,
}

impl Years {
    /// What calendars know.
    const FIRST: i32 = 2000;
    const LAST: i32 = 2099;

    /// `None` where they are in no order or beyond 2000–2099.
    pub(crate) fn new(from: i32, until: i32) -> Option<Self> {
        (Self::FIRST <= from && from <= until && until <= Self::LAST).then_some(Self { from, until })
    }

    fn contain(self, date: NaiveDate) -> bool {
        (self.from..=self.until).contains(&date.year())
    }

    fn last_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.until, 12, 31).unwrap_or(NaiveDate::MAX)
    }
}

impl fmt::Display for Years {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (year, until) if year == until => year.fmt(f),
            (from, until) => write!(f, "{from}–{until}"),
        }
    }
}

/// Reads a file: iCalendar where it begins as such, else CSV.
///
/// # Errors
/// [`FileError`]; then nothing of it is taken.
pub(crate) fn read(octets: &[u8], years: Years) -> Result<Holidays, FileError> {
    if octets.len() > OCTETS_MAX {
        return Err(FileError::TooLarge);
    }
    if line_ends(octets) > LINES_MAX {
        return Err(FileError::TooManyLines);
    }
    if octets.starts_with(b"\xFF\xFE") || octets.starts_with(b"\xFE\xFF") {
        return Err(FileError::Utf16);
    }
    if octets.contains(&0) {
        return Err(FileError::Binary);
    }
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let content = octets.trim_ascii_start();
    if content.is_empty() {
        return Err(FileError::Empty);
    }
    if content.starts_with(b"<") {
        return Err(FileError::WebPage);
    }
    let mut found = Found::new(years);
    if begins_with(content, b"BEGIN:VCALENDAR") {
        ics::read(octets, &mut found)?;
    } else {
        csv::read(text(octets, 1)?, &mut found)?;
    }
    Ok(found.finish())
}

fn begins_with(octets: &[u8], start: &[u8]) -> bool {
    octets.get(..start.len()).is_some_and(|octets| octets.eq_ignore_ascii_case(start))
}

/// Octets that begin on a line, as text.
fn text(octets: &[u8], line: usize) -> Result<&str, FileError> {
    str::from_utf8(octets).map_err(|error| {
        let valid = octets.get(..error.valid_up_to()).unwrap_or_default();
        FileError::NotUtf8 { line: line + line_ends(valid) }
    })
}

fn line_ends(octets: &[u8]) -> usize {
    octets.split(|octet| *octet == b'\n').skip(1).count()
}

/// What is found while a file is read.
struct Found {
    years: Years,
    /// With the line that each stands on.
    days: BTreeMap<NaiveDate, (String, usize)>,
    notes: Vec<Note>,
}

impl Found {
    fn new(years: Years) -> Self {
        Self { years, days: BTreeMap::new(), notes: Vec::new() }
    }

    fn leave_out(&mut self, line: usize, reason: LeftOut) {
        self.notes.push(Note { line, reason });
    }

    /// Takes the dates of one event or row, as far as they lie in the years.
    fn take(&mut self, line: usize, name: &str, dates: impl IntoIterator<Item = NaiveDate>) {
        let name = name.trim();
        if name.chars().any(char::is_control) {
            return self.leave_out(line, LeftOut::ControlCharacters);
        }
        if name.chars().count() > NAME_CHARS_MAX {
            return self.leave_out(line, LeftOut::LongName);
        }
        let (mut first_outside, mut is_any_inside) = (None, false);
        for date in dates {
            if !self.years.contain(date) {
                first_outside.get_or_insert(date);
                continue;
            }
            is_any_inside = true;
            match self.days.entry(date) {
                Entry::Vacant(entry) => _ = entry.insert((name.to_owned(), line)),
                Entry::Occupied(entry) => {
                    let (name, first) = entry.get().clone();
                    self.leave_out(line, LeftOut::Twice { date, line: first, name });
                }
            }
        }
        if let Some(date) = first_outside.filter(|_| !is_any_inside) {
            self.leave_out(line, LeftOut::Outside(date, self.years));
        }
    }

    fn finish(mut self) -> Holidays {
        self.notes.sort_by_key(|note| note.line);
        let days = self.days.into_iter().map(|(date, (name, _))| Holiday { date, name });
        Holidays { days: days.collect(), notes: self.notes }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `date name` for each day and each note, as they are printed.
    pub(super) fn taken(octets: impl AsRef<[u8]>) -> (Vec<String>, Vec<String>) {
        let holidays = read(octets.as_ref(), Years::new(2026, 2031).unwrap()).unwrap();
        let days = holidays.days.iter().map(|day| format!("{} {}", day.date, day.name).trim_end().to_owned());
        (days.collect(), holidays.notes.iter().map(Note::to_string).collect())
    }

    pub(super) fn refused(octets: impl AsRef<[u8]>) -> String {
        read(octets.as_ref(), Years::new(2026, 2031).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(refused(""), "it is empty");
        assert_eq!(refused("\u{FEFF} \r\n\t"), "it is empty");
        assert_eq!(refused(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"), "it is no text");
        assert_eq!(refused(b"\xFF\xFE2\x000\x002\x006\x00"), "it is UTF-16: save it as UTF-8");
        assert_eq!(refused("<!DOCTYPE html>\n<html>"), "it is a web page: download the calendar itself");
        assert_eq!(refused(vec![b'x'; OCTETS_MAX + 1]), "it is larger than 5 MiB, which no list of holidays is");
        assert_eq!(refused("\n".repeat(LINES_MAX + 1)), "it has more than 100000 lines, which no list of holidays has");
        let not_utf_8 = "it is not UTF-8: save it as UTF-8 (in a spreadsheet, “CSV UTF-8”)";
        assert_eq!(refused(b"2026-01-01,A\xF1o nuevo"), format!("line 1: {not_utf_8}"));
        assert_eq!(refused(b"fecha,nombre\r\n2026-01-01,A\xF1o nuevo"), format!("line 2: {not_utf_8}"));
    }

    #[test]
    fn years_are_in_order_and_within_the_tables() {
        for (from, until) in [(2000, 2099), (2026, 2026)] {
            assert!(Years::new(from, until).is_some());
        }
        for (from, until) in [(1999, 2026), (2026, 2100), (2027, 2026), (i32::MIN, i32::MAX)] {
            assert!(Years::new(from, until).is_none());
        }
    }

    #[test]
    fn what_a_file_says_is_shown_on_one_line_and_not_at_length() {
        assert_eq!(Excerpt::of("a\r\n\u{1B}[31mb").to_string(), "a   [31mb");
        assert_eq!(Excerpt::of(&"é".repeat(101)).to_string(), format!("{}…", "é".repeat(100)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn prop_no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&octets, Years::new(2000, 2099).unwrap());
        }

        /// Pieces of such files in any order reach further than octets do.
        #[test]
        fn prop_no_pieces_panic_and_days_are_in_order(
            is_calendar in any::<bool>(),
            pieces in prop::collection::vec(piece(), 0..40),
        ) {
            let start = if is_calendar { "BEGIN:VCALENDAR\r\n" } else { "" };
            if let Ok(holidays) = read(format!("{start}{}", pieces.concat()).as_bytes(), Years::new(2000, 2099).unwrap()) {
                prop_assert!(holidays.days.is_sorted_by(|a, b| a.date < b.date));
                prop_assert!(holidays.notes.is_sorted_by_key(|note| note.line));
            }
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let fixed = prop::sample::select(vec![
            "BEGIN:VEVENT\r\n",
            "END:VEVENT\r\n",
            "BEGIN:VALARM\n",
            "END:VALARM\n",
            "END:VCALENDAR\r\n",
            "DTSTART;VALUE=DATE:20261225\r\n",
            "DTSTART:20261225T000000Z\n",
            "DTSTART;VALUE=DATE:20240229\n",
            "DTEND;VALUE=DATE:20261227\r\n",
            "DURATION:P3D\n",
            "DURATION:P99999999999W\n",
            "RRULE:FREQ=YEARLY\n",
            "RRULE:FREQ=YEARLY;COUNT=4;BYMONTH=11;BYDAY=4TH\n",
            "RRULE:FREQ=MONTHLY;INTERVAL=0;BYSETPOS=-1;BYDAY=MO;UNTIL=20300101\n",
            "EXDATE;VALUE=DATE:20271225,20281225\n",
            "RDATE:20270101\n",
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261225\n",
            "UID:1\n",
            "SUMMARY;LANGUAGE=\"es:x\":Navidad\\, sí\\n\n",
            "STATUS:CANCELLED\n",
            "\r\n ",
            "\n\t",
            "2026-12-25",
            "25/12/2026",
            "31/02/2026",
            "fecha;nombre\n",
            ",",
            ";",
            "\t",
            "\"",
            "\n",
            "\r",
            "#",
            ":",
            "é",
        ]);
        prop_oneof![9 => fixed.prop_map(str::to_owned), 1 => any::<String>()]
    }
}
