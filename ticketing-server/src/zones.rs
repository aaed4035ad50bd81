//! Time zones by their IANA names: the core has no tz database, so a zone is compiled into a table of its changes.

#[cfg(feature = "http")]
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use ticketing_core::{RulesDocument, Timestamp, Zone};

/// The release of the IANA tz database that zones are compiled from, such as `2025b`.
pub const TZDB_VERSION: &str = chrono_tz::IANA_TZDB_VERSION;

/// A name that the tz database does not have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("“{name}” is no time zone: {hint}")]
pub struct UnknownZone {
    name: String,
    hint: String,
}

/// The table of a zone, from its IANA name: its offset, and every change of it from 1999-12-01 to the end of 2099.
///
/// # Errors
/// [`UnknownZone`] for a name that the tz database does not have in these very letters.
///
/// ```
/// use ticketing_server::zones;
///
/// assert_eq!(zones::compile("America/Bogota").unwrap().offset_seconds, -5 * 3600);
/// let error = zones::compile("america/bogota").unwrap_err();
/// assert_eq!(error.to_string(), "“america/bogota” is no time zone: did you mean “America/Bogota”?");
/// ```
pub fn compile(name: &str) -> Result<Zone, UnknownZone> {
    let zone: Tz = name.parse().map_err(|_| unknown(name))?;
    let table = Zone::compile(zone.name(), |at| offset_seconds(zone, at));
    Ok(Zone { version: Some(TZDB_VERSION.to_owned()), ..table })
}

/// The same, compiled once: that takes some milliseconds, and there are some six hundred.
#[cfg(feature = "http")]
pub(crate) fn compiled(name: &str) -> Result<Zone, UnknownZone> {
    static COMPILED: Mutex<BTreeMap<String, Zone>> = Mutex::new(BTreeMap::new());
    let known = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = known().get(name) {
        return Ok(zone.clone());
    }
    let zone = compile(name)?;
    known().insert(name.to_owned(), zone.clone());
    Ok(zone)
}

/// A zone that rules name and the tz database does not have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path}: {zone}")]
pub struct UnknownZoneInRules {
    /// Where rules name it: member names separated by dots.
    pub path: String,
    /// Which.
    pub zone: UnknownZone,
}

/// Adds the tables of all zones that rules name without one. Those that are there stay: what was compiled with an earlier release of
/// the tz database is what it was.
///
/// # Errors
/// [`UnknownZoneInRules`]; then nothing is added.
pub fn complete(document: &mut RulesDocument) -> Result<(), UnknownZoneInRules> {
    let table = |name| compile(name).map_err(|zone| UnknownZoneInRules { path: path_of(document, name), zone });
    let tables: Vec<_> = document.zones_without_table().into_iter().map(table).collect::<Result<_, _>>()?;
    document.zones.extend(tables);
    Ok(())
}

/// `2026-11-21 14:10 (America/Bogota)`: an instant in a zone, to be read alike in every language.
#[cfg(any(feature = "http", feature = "mail"))]
pub(crate) fn local(at: Timestamp, zone: &Zone) -> String {
    let local = zone.shown(at).seconds().to_string();
    let (date, time) = local.split_once('T').unwrap_or((&local, ""));
    format!("{date} {} ({})", time.get(..5).unwrap_or_default(), zone.name)
}

/// Where a document first names a zone.
fn path_of(document: &RulesDocument, zone: &str) -> String {
    let mut calendars = document.calendars.iter().filter(|(_, calendar)| calendar.zone.as_deref() == Some(zone));
    let calendar = calendars.next().filter(|_| document.zone != zone);
    calendar.map_or_else(|| "zona".to_owned(), |(name, _)| format!("calendarios.{name}.zona"))
}

fn offset_seconds(zone: Tz, at: Timestamp) -> i32 {
    let at = DateTime::from_timestamp_millis(at.unix_millis()).unwrap_or_default();
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

fn unknown(name: &str) -> UnknownZone {
    let meant = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name.trim()));
    let hint = meant.map_or_else(
        || "write an IANA name, such as “America/Bogota”".to_owned(),
        |zone| format!("did you mean “{}”?", zone.name()),
    );
    UnknownZone { name: name.chars().take(60).collect(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The changes of a year as `instant offset`, in minutes east of UTC.
    fn changes(name: &str, year: &str) -> Vec<String> {
        let zone = compile(name).unwrap();
        let changes = zone.transitions.iter().map(|change| {
            let at = Timestamp::from_unix_millis(change.at_unix_seconds * 1000).unwrap();
            format!("{} {}", at.seconds(), change.offset_seconds / 60)
        });
        changes.filter(|change| change.starts_with(year)).collect()
    }

    #[test]
    fn a_zone_without_changes_is_one_offset() {
        let zone = |name: &str, offset_seconds| Zone {
            version: Some(TZDB_VERSION.to_owned()),
            ..Zone::fixed(name, offset_seconds)
        };
        assert_eq!(compile("America/Bogota"), Ok(zone("America/Bogota", -5 * 3600)));
        assert_eq!(compile("Asia/Kolkata"), Ok(zone("Asia/Kolkata", 5 * 3600 + 1800)));
        assert_eq!(compile("UTC"), Ok(zone("UTC", 0)));
    }

    /// Source: the European Union's directive 2000/84/EC, the last Sundays of March and October at 01:00 UTC.
    #[test]
    fn madrid_changes_twice_a_year_until_2099() {
        assert_eq!(changes("Europe/Madrid", "2026"), ["2026-03-29T01:00:00Z 120", "2026-10-25T01:00:00Z 60"]);
        assert_eq!(changes("Europe/Madrid", "2099"), ["2099-03-29T01:00:00Z 120", "2099-10-25T01:00:00Z 60"]);
        assert_eq!(compile("Europe/Madrid").unwrap().transitions.len(), 200);
    }

    #[test]
    fn lord_howe_changes_by_half_an_hour() {
        assert_eq!(changes("Australia/Lord_Howe", "2026"), ["2026-04-04T15:00:00Z 630", "2026-10-03T15:30:00Z 660"]);
    }

    /// Source: the tz database, file `southamerica`: Chile changes at 24:00 of a Saturday.
    #[test]
    fn santiago_changes_at_midnight() {
        assert_eq!(changes("America/Santiago", "2026"), ["2026-04-05T03:00:00Z -240", "2026-09-06T04:00:00Z -180"]);
    }

    /// Source: the tz database, file `australasia`: Samoa went from the 29th of December 2011 to the 31st.
    #[test]
    fn apia_skips_a_day() {
        assert_eq!(
            changes("Pacific/Apia", "2011"),
            ["2011-04-02T14:00:00Z -660", "2011-09-24T14:00:00Z -600", "2011-12-30T10:00:00Z 840"]
        );
    }

    /// Source: the tz database, file `africa`: Morocco is an hour behind its standard time in Ramadan.
    #[test]
    fn casablanca_changes_for_some_weeks_of_ramadan() {
        assert_eq!(changes("Africa/Casablanca", "2026"), ["2026-02-15T02:00:00Z 0", "2026-03-22T02:00:00Z 60"]);
        // When there was summer time as well.
        assert_eq!(
            changes("Africa/Casablanca", "2012"),
            ["2012-04-29T02:00:00Z 60", "2012-07-20T02:00:00Z 0", "2012-08-20T02:00:00Z 60", "2012-09-30T02:00:00Z 0"]
        );
    }

    #[test]
    fn names_that_are_none_are_told() {
        for name in ["", "Bogota", "America/Bogotá", "-05:00", "Mars/Olympus"] {
            let message = compile(name).unwrap_err().to_string();
            assert_eq!(message, format!("“{name}” is no time zone: write an IANA name, such as “America/Bogota”"));
        }
    }

    #[test]
    fn rules_get_the_tables_that_they_lack_and_keep_those_that_they_have() {
        let document = |json: &str| RulesDocument::from_json(json).unwrap();
        let mut rules = document(
            r#"{ "zona": "America/Bogota", "zonas": [{ "nombre": "America/Bogota", "desfaseSegundos": -1 }],
                "calendarios": { "a": { "zona": "UTC" }, "b": { "zona": "Asia/Kolkata" }, "c": { "zona": "Asia/Kolkata" } } }"#,
        );
        complete(&mut rules).unwrap();
        let tables: Vec<_> = rules.zones.iter().map(|zone| (zone.name.as_str(), zone.offset_seconds)).collect();
        assert_eq!(tables, [("America/Bogota", -1), ("Asia/Kolkata", 19_800)]);

        let mut wrong = document(r#"{ "calendarios": { "a.b": { "zona": "asia/kolkata" } } }"#);
        let error = complete(&mut wrong).unwrap_err().to_string();
        assert_eq!(error, "calendarios.a.b.zona: “asia/kolkata” is no time zone: did you mean “Asia/Kolkata”?");
        assert_eq!(wrong.zones, []);
    }

    #[test]
    fn a_table_is_the_database() {
        let seconds = (943_920_000_i64..4_102_444_800).step_by(9 * 24 * 3600 + 1234);
        for zone in TZ_VARIANTS.iter().step_by(29) {
            let table = compile(zone.name()).unwrap();
            for at in seconds.clone().map(|at| Timestamp::from_unix_millis(at * 1000).unwrap()) {
                assert_eq!(table.offset_seconds_at(at), offset_seconds(*zone, at), "{} at {at}", zone.name());
            }
        }
    }

    #[test]
    fn the_database_says_its_release() {
        assert!(TZDB_VERSION.starts_with("20"), "{TZDB_VERSION}");
    }
}
