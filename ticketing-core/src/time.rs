//! Instants in whole milliseconds, and the table that tells a deployment's local time without a tz database.

use core::fmt;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// An instant: whole milliseconds since 1970-01-01T00:00:00Z, from then to the end of the year 9999.
///
/// The core never reads a clock: callers hand `now` in. In JSON a timestamp is its integer.
///
/// ```
/// use ticketing_core::Timestamp;
///
/// let created = Timestamp::parse("2026-03-24T10:15:00Z").unwrap();
/// assert_eq!(created.unix_millis(), 1_774_347_300_000);
/// assert_eq!(created.seconds().to_string(), "2026-03-24T10:15:00Z");
/// assert_eq!(created.to_string(), "2026-03-24T10:15:00.000Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Timestamp(i64);

/// A number of milliseconds that is no [`Timestamp`]: before 1970 or after 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} ms is not between the years 1970 and 9999")]
pub struct TimestampOutOfRange(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(0);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant that many milliseconds after the epoch.
    ///
    /// # Errors
    /// When it lies outside [`MIN`](Self::MIN)..=[`MAX`](Self::MAX).
    pub const fn from_unix_millis(millis: i64) -> Result<Self, TimestampOutOfRange> {
        if millis < Self::MIN.0 || millis > Self::MAX.0 { Err(TimestampOutOfRange(millis)) } else { Ok(Self(millis)) }
    }

    /// The nearest instant to that many milliseconds after the epoch: for a system clock, which may be set to anything.
    pub const fn saturating_from_unix_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Reads an RFC 3339 timestamp with any offset; digits beyond the millisecond are cut off. `None` when it is not one
    /// or out of range.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text).ok()?;
        Self::from_unix_millis(parsed.timestamp_millis()).ok()
    }

    /// Milliseconds since the epoch.
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    pub fn since(self, earlier: Self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.saturating_sub(earlier.0))
    }

    /// This instant moved by `delta`, or `None` when that leaves the range.
    pub fn checked_add(self, delta: TimeDelta) -> Option<Self> {
        Self::from_unix_millis(self.0.checked_add(delta.num_milliseconds())?).ok()
    }

    /// Prints whole seconds, `2026-03-24T10:15:00Z`: the form of the Mesa de Ayuda wire. The fraction is cut off.
    pub const fn seconds(self) -> Seconds {
        Seconds(self)
    }

    pub(crate) fn utc(self) -> DateTime<Utc> {
        // Every `Timestamp` is within chrono's range, so the default is never taken.
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl TryFrom<i64> for Timestamp {
    type Error = TimestampOutOfRange;

    fn try_from(millis: i64) -> Result<Self, TimestampOutOfRange> {
        Self::from_unix_millis(millis)
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-03-24T10:15:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}Z", date_and_time(&mut [0; 19], *self), self.0.rem_euclid(1000))
    }
}

/// What [`Timestamp::seconds`] prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seconds(Timestamp);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(date_and_time(&mut [b'Z'; 20], self.0))
    }
}

impl Serialize for Seconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(date_and_time(&mut [b'Z'; 20], self.0))
    }
}

/// Writes `2026-03-24T10:15:00` to the start of a buffer; what follows it there stays. By hand, because an answer has five of
/// them and `write!` takes longer for those than the store does to find the ticket.
fn date_and_time(buffer: &mut [u8], at: Timestamp) -> &str {
    let at = at.utc();
    let year = at.year().unsigned_abs();
    let tens = |part: u32| b'0'.wrapping_add(u8::try_from(part / 10 % 10).unwrap_or_default());
    let ones = |part: u32| b'0'.wrapping_add(u8::try_from(part % 10).unwrap_or_default());
    let (month, day, hour, minute, second) = (at.month(), at.day(), at.hour(), at.minute(), at.second());
    #[rustfmt::skip]
    let text = [
        tens(year / 100), ones(year / 100), tens(year), ones(year), b'-', tens(month), ones(month), b'-', tens(day), ones(day),
        b'T', tens(hour), ones(hour), b':', tens(minute), ones(minute), b':', tens(second), ones(second),
    ];
    if let Some(start) = buffer.first_chunk_mut() {
        *start = text;
    }
    core::str::from_utf8(buffer).unwrap_or_default()
}

/// A time zone as data: the offset from UTC at first, and each change of it.
///
/// Whoever has a tz database compiles a zone into this once; the core and a browser then need none. The default is UTC.
///
/// ```
/// use ticketing_core::{Timestamp, Zone};
///
/// // Bogotá: UTC-5 all year round.
/// let bogota = Zone { name: "America/Bogota".into(), offset_seconds: -5 * 3600, transitions: vec![] };
/// let new_year_in_utc = Timestamp::parse("2027-01-01T02:00:00Z").unwrap();
/// assert_eq!(bogota.local_year(new_year_in_utc), 2026);
/// assert_eq!(Zone::default().local_year(new_year_in_utc), 2027);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Zone {
    /// IANA name, for people.
    #[serde(rename = "nombre")]
    pub name: String,
    /// Seconds east of UTC before the first transition.
    #[serde(rename = "desfaseSegundos")]
    pub offset_seconds: i32,
    /// Changes of the offset, oldest first.
    #[serde(rename = "transiciones", default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
}

/// From `at_unix_seconds` on, local time is UTC plus `offset_seconds`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// When, in seconds since the epoch.
    #[serde(rename = "desde")]
    pub at_unix_seconds: i64,
    /// Seconds east of UTC from then on.
    #[serde(rename = "desfaseSegundos")]
    pub offset_seconds: i32,
}

impl Default for Zone {
    fn default() -> Self {
        Self { name: "UTC".into(), offset_seconds: 0, transitions: Vec::new() }
    }
}

/// From here to the end of the last year with working time, 2099, a compiled zone knows its changes.
const COMPILED_FROM_UNIX_SECONDS: i64 = 943_920_000; // 1999-12-01T00:00:00Z
const COMPILED_UNTIL_UNIX_SECONDS: i64 = 4_102_444_800; // 2100-01-01T00:00:00Z
/// No zone changed its offset twice in so short a time.
const COMPILED_STEP_SECONDS: i64 = 6 * 3600;

impl Zone {
    /// The table of a zone from whoever can tell its offset, in seconds east of UTC, at any instant: all changes from
    /// 1999-12-01 to the end of 2099, to the second. Before, it keeps the first offset; after, the last.
    ///
    /// ```
    /// use ticketing_core::{Timestamp, Zone};
    ///
    /// let change = Timestamp::parse("2007-12-09T07:00:00Z").unwrap();
    /// let caracas = Zone::compile("America/Caracas", |at| if at < change { -4 * 3600 } else { -4 * 3600 - 1800 });
    /// assert_eq!(caracas.offset_seconds, -4 * 3600);
    /// assert_eq!(caracas.transitions.len(), 1);
    /// assert_eq!(caracas.offset_seconds_at(change), -4 * 3600 - 1800);
    /// ```
    pub fn compile(name: impl Into<String>, offset_seconds_at: impl Fn(Timestamp) -> i32) -> Self {
        let offset_of =
            |seconds: i64| offset_seconds_at(Timestamp::saturating_from_unix_millis(seconds.saturating_mul(1000)));
        let mut seen = COMPILED_FROM_UNIX_SECONDS;
        let mut offset = offset_of(seen);
        let mut zone = Self { name: name.into(), offset_seconds: offset, transitions: Vec::new() };
        while seen < COMPILED_UNTIL_UNIX_SECONDS - 1 {
            let mut changed = (seen + COMPILED_STEP_SECONDS).min(COMPILED_UNTIL_UNIX_SECONDS - 1);
            if offset_of(changed) == offset {
                seen = changed;
                continue;
            }
            while changed - seen > 1 {
                let middle = seen.midpoint(changed);
                if offset_of(middle) == offset { seen = middle } else { changed = middle }
            }
            seen = changed;
            offset = offset_of(changed);
            zone.transitions.push(Transition { at_unix_seconds: changed, offset_seconds: offset });
        }
        zone
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_seconds_at(&self, at: Timestamp) -> i32 {
        self.offset_of(at.unix_millis().div_euclid(1000))
    }

    fn offset_of(&self, seconds: i64) -> i32 {
        let passed = self.transitions.partition_point(|transition| transition.at_unix_seconds <= seconds);
        let last = passed.checked_sub(1).and_then(|index| self.transitions.get(index));
        last.map_or(self.offset_seconds, |transition| transition.offset_seconds)
    }

    /// Milliseconds on the clocks of the zone at an instant, both since the epoch.
    pub(crate) fn local(&self, at_millis: i64) -> i64 {
        at_millis.saturating_add(i64::from(self.offset_of(at_millis.div_euclid(1000))).saturating_mul(1000))
    }

    /// The instant at which the clocks of the zone show a time, both in milliseconds since the epoch. Where they show it twice,
    /// the first time; where they skip it, as long after the skip as it is after the skip's beginning on the clock.
    pub(crate) fn instant_of(&self, local_millis: i64) -> i64 {
        let local_seconds = local_millis.div_euclid(1000);
        let offset_before = |index: usize| {
            let before = index.checked_sub(1).and_then(|index| self.transitions.get(index));
            before.map_or(self.offset_seconds, |transition| transition.offset_seconds)
        };
        // The first stretch between two changes that does not end before this time of its clock.
        let mut index = 0;
        let mut until = self.transitions.len();
        while index < until {
            let middle = index.midpoint(until);
            let ends = self
                .transitions
                .get(middle)
                .map_or(i64::MAX, |transition| transition.at_unix_seconds.saturating_add(offset_before(middle).into()));
            if ends <= local_seconds { index = middle.saturating_add(1) } else { until = middle }
        }
        let offset = offset_before(index);
        let begins = index.checked_sub(1).and_then(|index| self.transitions.get(index));
        // It begins later than this: the time was skipped, and is read on the clock from before the skip.
        let was_skipped =
            begins.is_some_and(|begins| local_seconds.saturating_sub(offset.into()) < begins.at_unix_seconds);
        let offset = if was_skipped { offset_before(index.saturating_sub(1)) } else { offset };
        local_millis.saturating_sub(i64::from(offset).saturating_mul(1000))
    }

    /// The year on the wall calendar at an instant.
    pub fn local_year(&self, at: Timestamp) -> i32 {
        let offset = TimeDelta::seconds(self.offset_seconds_at(at).into());
        at.utc().checked_add_signed(offset).map_or_else(|| at.utc().year(), |local| local.year())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn parses_offsets_and_cuts_below_the_millisecond() {
        assert_eq!(at("2026-03-24T05:15:00-05:00"), at("2026-03-24T10:15:00Z"));
        assert_eq!(at("2026-03-24T10:15:00.123999Z").to_string(), "2026-03-24T10:15:00.123Z");
        assert_eq!(Timestamp::parse("2026-02-30T00:00:00Z"), None);
        assert_eq!(Timestamp::parse("1969-12-31T23:59:59Z"), None);
    }

    #[test]
    fn the_range_ends_where_four_digit_years_end() {
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::MAX.checked_add(TimeDelta::milliseconds(1)), None);
        assert!(Timestamp::from_unix_millis(-1).is_err());
        assert_eq!(Timestamp::saturating_from_unix_millis(i64::MAX), Timestamp::MAX);
    }

    #[test]
    fn a_transition_counts_from_its_second_on() {
        let madrid = Zone {
            name: "Europe/Madrid".into(),
            offset_seconds: 3600,
            transitions: vec![
                Transition { at_unix_seconds: 1_774_746_000, offset_seconds: 7200 },
                Transition { at_unix_seconds: 1_792_890_000, offset_seconds: 3600 },
            ],
        };
        assert_eq!(madrid.offset_seconds_at(at("2026-03-29T00:59:59.999Z")), 3600);
        assert_eq!(madrid.offset_seconds_at(at("2026-03-29T01:00:00Z")), 7200);
        assert_eq!(madrid.offset_seconds_at(at("2026-10-25T01:00:00Z")), 3600);
        assert_eq!(madrid.local_year(at("2026-12-31T23:30:00Z")), 2027);
    }
}
