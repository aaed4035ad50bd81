use core::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// When a desk works, in local wall time: shifts for each day of the week, and for dates that are exceptions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hours {
    weekly: [Vec<Shift>; 7],
    /// By date, each once.
    exceptions: Vec<(Day, Vec<Shift>)>,
}

/// A time of work: from a minute of the day that it starts on, to a minute of that day or the next.
///
/// In JSON a list of both times: `["08:00", "12:00"]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "(String, String)", into = "(String, String)")]
pub struct Shift {
    pub(super) from_minute: u16,
    /// After `from_minute`; beyond 1440 on the day after.
    pub(super) until_minute: u16,
}

/// What keeps two texts from being a [`Shift`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "“{0}” is no time of day: write hours and minutes from \"00:00\" to \"23:59\", or \"24:00\" for the end of the day"
)]
pub struct ShiftError(String);

const MINUTES_OF_DAY: u16 = 24 * 60;

impl Shift {
    /// A shift between two times of day. An end at or before its start is on the next day; `24:00` ends the day.
    ///
    /// # Errors
    /// [`ShiftError`] for a text that is no time of day, and for a start at `24:00`.
    ///
    /// ```
    /// use ticketing_core::sla::Shift;
    ///
    /// assert_eq!(Shift::parse("22:00", "06:00").unwrap().minutes(), 8 * 60);
    /// assert_eq!(Shift::parse("00:00", "24:00").unwrap().minutes(), 24 * 60);
    /// assert!(Shift::parse("8", "12:00").is_err());
    /// ```
    pub fn parse(from: &str, until: &str) -> Result<Self, ShiftError> {
        let from_minute = minute_of_day(from).filter(|minute| *minute < MINUTES_OF_DAY);
        let from_minute = from_minute.ok_or_else(|| error(from))?;
        let until_minute = minute_of_day(until).ok_or_else(|| error(until))?;
        Self::of_minutes(from_minute, until_minute).ok_or_else(|| error(until))
    }

    /// The same between two minutes of the day, from 0; 1440 ends it. `None` for what is none, and for a start at 1440.
    pub const fn of_minutes(from_minute: u16, until_minute: u16) -> Option<Self> {
        if from_minute >= MINUTES_OF_DAY || until_minute > MINUTES_OF_DAY {
            return None;
        }
        let next_day = if until_minute <= from_minute { MINUTES_OF_DAY } else { 0 };
        Some(Self { from_minute, until_minute: until_minute.saturating_add(next_day) })
    }

    /// Its times of day: when it starts, and when it ends, `24:00` for the end of the day that it starts on.
    pub fn times(self) -> (String, String) {
        let until = match self.until_minute {
            MINUTES_OF_DAY => MINUTES_OF_DAY,
            minute => minute % MINUTES_OF_DAY,
        };
        let text = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        (text(self.from_minute), text(until))
    }

    /// How long it lasts on a day without changes of the clock.
    pub const fn minutes(self) -> u16 {
        self.until_minute.saturating_sub(self.from_minute)
    }
}

impl TryFrom<(String, String)> for Shift {
    type Error = ShiftError;

    fn try_from((from, until): (String, String)) -> Result<Self, ShiftError> {
        Self::parse(&from, &until)
    }
}

impl From<Shift> for (String, String) {
    fn from(shift: Shift) -> Self {
        shift.times()
    }
}

fn error(text: &str) -> ShiftError {
    ShiftError(text.chars().take(20).collect())
}

fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_number = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        if is_number { digits.parse::<u16>().ok() } else { None }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && minute <= MINUTES_OF_DAY).then_some(minute)
}

impl Hours {
    /// Shifts for each day of the week, Monday first, and none on any other.
    pub fn weekly(weekly: [Vec<Shift>; 7]) -> Self {
        Self { weekly, exceptions: Vec::new() }
    }

    /// The same, with other shifts, or none, on a date. They replace those that start on that date, not the tail of those of the
    /// day before.
    #[must_use]
    pub fn with_exception(mut self, date: impl Into<Day>, shifts: Vec<Shift>) -> Self {
        self.except(date.into(), shifts);
        self
    }

    /// Gives a date other shifts, or none.
    pub(crate) fn except(&mut self, day: Day, shifts: Vec<Shift>) {
        let place = self.exceptions.partition_point(|(other, _)| *other < day);
        match self.exceptions.get_mut(place) {
            Some((other, replaced)) if *other == day => *replaced = shifts,
            _ => self.exceptions.insert(place, (day, shifts)),
        }
    }

    fn exception(&self, day: Day) -> Option<&[Shift]> {
        let place = self.exceptions.partition_point(|(other, _)| *other < day);
        self.exceptions.get(place).filter(|(other, _)| *other == day).map(|(_, shifts)| shifts.as_slice())
    }

    /// Whether a date is an exception.
    pub fn is_exception(&self, date: impl Into<Day>) -> bool {
        self.exception(date.into()).is_some()
    }

    /// Whether a day is an exception without a shift.
    pub(super) fn is_closed_exception(&self, day: Day) -> bool {
        self.exception(day).is_some_and(<[Shift]>::is_empty)
    }

    /// Whether there is no day of the week and no exception with a shift.
    pub fn is_empty(&self) -> bool {
        self.weekly.iter().chain(self.exceptions.iter().map(|(_, shifts)| shifts)).all(Vec::is_empty)
    }

    /// The shifts that start on a day.
    pub(super) fn shifts(&self, day: Day) -> &[Shift] {
        let weekly = || self.weekly.get(day.weekday()).map_or(&[][..], Vec::as_slice);
        self.exception(day).unwrap_or_else(weekly)
    }
}

/// A date, as days since 1970-01-01. It prints as `2026-12-25`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub(in crate::sla::calendar) i64);

/// Days before 1970-01-01 by the count of [`Datelike::num_days_from_ce`].
const EPOCH_FROM_CE: i32 = 719_163;

/// Days of 400 years, after which all dates come again.
const DAYS_OF_400_YEARS: i64 = 146_097;

impl Day {
    /// So many days after 1970-01-01.
    pub const fn from_epoch_days(days: i32) -> Self {
        Self(days as i64)
    }

    /// The days from 1970-01-01 to it.
    pub const fn epoch_days(self) -> i64 {
        self.0
    }

    /// The first of January of a year.
    // By hand, as is the year: chrono brings tables for it, which a browser's module would carry.
    pub(super) const fn new_year(year: i32) -> Self {
        let before = year as i64 - 1;
        let leap_days = (before >> 2) - before.div_euclid(100) + before.div_euclid(400);
        Self(before * 365 + leap_days + 1 - EPOCH_FROM_CE as i64)
    }

    /// The year that it is in; the nearest that there is where that is none of an `i32`.
    pub fn year(self) -> i32 {
        let average = self.0.saturating_mul(400).div_euclid(DAYS_OF_400_YEARS).saturating_add(1970);
        let average = average.clamp(-262_000, 262_000);
        // At most a year off, either way.
        let mut year = i32::try_from(average).unwrap_or_default();
        if Self::new_year(year) > self {
            year -= 1;
        } else if Self::new_year(year + 1) <= self {
            year += 1;
        }
        year
    }

    /// The number of days after it.
    pub(super) const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// 0 for Monday.
    fn weekday(self) -> usize {
        // The first of January 1970 was a Thursday.
        usize::try_from(self.0.saturating_add(3).rem_euclid(7)).unwrap_or_default()
    }

    /// The date, as chrono has it; `None` beyond its years.
    pub fn date(self) -> Option<NaiveDate> {
        let from_ce = i32::try_from(self.0).ok()?.checked_add(EPOCH_FROM_CE)?;
        NaiveDate::from_num_days_from_ce_opt(from_ce)
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(i64::from(date.num_days_from_ce()) - i64::from(EPOCH_FROM_CE))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date().unwrap_or_default();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_ends_on_its_day_or_the_next() {
        let minutes = |from, until| Shift::parse(from, until).map(|shift| (shift.from_minute, shift.until_minute));
        assert_eq!(minutes("08:00", "12:30"), Ok((480, 750)));
        assert_eq!(minutes("22:00", "06:00"), Ok((1320, 1800)));
        assert_eq!(minutes("08:00", "08:00"), Ok((480, 1920)));
        assert_eq!(minutes("00:00", "24:00"), Ok((0, 1440)));
        assert_eq!(minutes("00:00", "00:00"), Ok((0, 1440)));
        for text in ["", "8:00", "08:60", "24:01", "25:00", "08", "08:00:00", "-1:00", "٠٨:00", "ab:cd"] {
            assert!(Shift::parse(text, "12:00").is_err(), "{text}");
            assert!(Shift::parse("12:00", text).is_err(), "{text}");
        }
        assert!(Shift::parse("24:00", "12:00").is_err());
    }

    #[test]
    fn a_shift_is_written_as_it_was_read() {
        for (from, until) in
            [("08:00", "12:30"), ("22:00", "06:00"), ("08:00", "08:00"), ("00:00", "24:00"), ("12:00", "00:00")]
        {
            let times = Shift::parse(from, until).unwrap().times();
            assert_eq!(times, (from.to_owned(), if until == "00:00" { "24:00" } else { until }.to_owned()));
        }
    }

    #[test]
    fn days_have_their_weekday_and_year() {
        let day = |year, month, day| Day::from(NaiveDate::from_ymd_opt(year, month, day).unwrap());
        assert_eq!(day(1970, 1, 1), Day(0));
        assert_eq!((day(2026, 11, 23).weekday(), day(2026, 11, 22).weekday()), (0, 6));
        assert_eq!((day(2000, 2, 29).plus(1), day(2099, 12, 31).year()), (day(2000, 3, 1), 2099));
        assert_eq!(Day::new_year(2026), day(2026, 1, 1));
    }

    /// Source: the Gregorian calendar, by way of chrono.
    #[test]
    fn every_day_is_in_the_year_that_chrono_says() {
        for days in -800_000..3_000_000 {
            let day = Day::from_epoch_days(days);
            let date = day.date().unwrap();
            assert_eq!((day.year(), Day::from(date)), (date.year(), day));
            assert_eq!(Day::new_year(date.year()), day.plus(-i64::from(date.ordinal0())));
        }
        assert_eq!((Day(i64::MIN / 4).year(), Day(i64::MAX / 4).year()), (-262_001, 262_001));
    }
}
