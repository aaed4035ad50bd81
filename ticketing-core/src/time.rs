//! Instants in whole milliseconds.

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
        let mut buffer = *b"2026-03-24T10:15:00.000Z";
        let millis = u32::try_from(self.0.rem_euclid(1000)).unwrap_or_default();
        let [.., hundreds, tens, ones, _] = &mut buffer;
        (*hundreds, *tens, *ones) = (digit(millis / 100), digit(millis / 10), digit(millis));
        f.write_str(date_and_time(&mut buffer, *self))
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
    let (tens, ones) = (|part: u32| digit(part / 10), digit);
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

/// A number's last one.
fn digit(number: u32) -> u8 {
    b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or_default())
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
}
