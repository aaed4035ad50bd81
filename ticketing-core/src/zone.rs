//! The table that tells a deployment's local time without a tz database.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A time zone as data: the offset from UTC at first, and each change of it.
///
/// Whoever has a tz database compiles a zone into this once; the core and a browser then need none. The default is UTC.
///
/// ```
/// use ticketing_core::{Timestamp, Zone};
///
/// // Bogotá: UTC-5 all year round.
/// let bogota = Zone::fixed("America/Bogota", -5 * 3600);
/// let new_year_in_utc = Timestamp::parse("2027-01-01T02:00:00Z").unwrap();
/// assert_eq!(bogota.local_year(new_year_in_utc), 2026);
/// assert_eq!(Zone::default().local_year(new_year_in_utc), 2027);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// IANA name.
    #[serde(rename = "nombre")]
    pub name: String,
    /// The release of the tz database that it was compiled from, such as `2025b`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Seconds east of UTC before the first transition.
    #[serde(rename = "desfaseSegundos")]
    pub offset_seconds: i32,
    /// Changes of the offset, oldest first.
    #[serde(rename = "transiciones", default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
}

/// From `at_unix_seconds` on, local time is UTC plus `offset_seconds`. In JSON a list of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "(i64, i32)", into = "(i64, i32)")]
pub struct Transition {
    /// When, in seconds since the epoch.
    pub at_unix_seconds: i64,
    /// Seconds east of UTC from then on.
    pub offset_seconds: i32,
}

impl From<(i64, i32)> for Transition {
    fn from((at_unix_seconds, offset_seconds): (i64, i32)) -> Self {
        Self { at_unix_seconds, offset_seconds }
    }
}

impl From<Transition> for (i64, i32) {
    fn from(transition: Transition) -> Self {
        (transition.at_unix_seconds, transition.offset_seconds)
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::fixed(Self::UTC, 0)
    }
}

/// From here to the end of the last year with working time, 2099, a compiled zone knows its changes.
const COMPILED_FROM_UNIX_SECONDS: i64 = 943_920_000; // 1999-12-01T00:00:00Z
const COMPILED_UNTIL_UNIX_SECONDS: i64 = 4_102_444_800; // 2100-01-01T00:00:00Z
/// No zone changed its offset twice in so short a time.
const COMPILED_STEP_SECONDS: i64 = 6 * 3600;

impl Zone {
    /// The name of the zone that needs no table.
    pub const UTC: &str = "UTC";

    /// A zone whose clocks are never changed.
    pub fn fixed(name: impl Into<String>, offset_seconds: i32) -> Self {
        Self { name: name.into(), version: None, offset_seconds, transitions: Vec::new() }
    }

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
        let mut zone = Self::fixed(name, offset);
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

    /// What the clocks of the zone show at an instant, to be printed as if it were UTC.
    pub fn shown(&self, at: Timestamp) -> Timestamp {
        Timestamp::saturating_from_unix_millis(self.local(at.unix_millis()))
    }

    /// The first instant of a civil day. One that the zone has skipped begins as it ends.
    ///
    /// ```
    /// use ticketing_core::{Timestamp, Zone};
    ///
    /// let bogota = Zone::fixed("America/Bogota", -5 * 3600);
    /// let day = "2026-03-24".parse().unwrap();
    /// assert_eq!(bogota.midnight(day), Timestamp::parse("2026-03-24T05:00:00Z").unwrap());
    /// ```
    pub fn midnight(&self, day: NaiveDate) -> Timestamp {
        let local = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        Timestamp::saturating_from_unix_millis(self.instant_of(local))
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
    fn a_transition_counts_from_its_second_on() {
        let transitions = [(1_774_746_000, 7200), (1_792_890_000, 3600)].map(Transition::from).to_vec();
        let madrid = Zone { transitions, ..Zone::fixed("Europe/Madrid", 3600) };
        assert_eq!(madrid.offset_seconds_at(at("2026-03-29T00:59:59.999Z")), 3600);
        assert_eq!(madrid.offset_seconds_at(at("2026-03-29T01:00:00Z")), 7200);
        assert_eq!(madrid.offset_seconds_at(at("2026-10-25T01:00:00Z")), 3600);
        assert_eq!(madrid.local_year(at("2026-12-31T23:30:00Z")), 2027);
    }
}
