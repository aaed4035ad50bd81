//! Tables of time zones, as the server would make them.

use anyhow::anyhow;
use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use ticketing_core::Zone;

/// Zones of all kinds: without changes, with them in either half of the year, by half an hour, over a day, in Ramadan.
pub(crate) const NAMES: [&str; 8] = [
    "America/Bogota",
    "Europe/Madrid",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Havana",
];

/// The table of a zone.
pub(crate) fn table(name: &str) -> anyhow::Result<Zone> {
    let zone: Tz = name.parse().map_err(|error| anyhow!("{name}: {error}"))?;
    Ok(Zone::compile(name, |at| {
        let at = DateTime::from_timestamp_millis(at.unix_millis()).unwrap_or_default();
        zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
    }))
}

/// Their tables.
pub(crate) fn tables() -> anyhow::Result<Vec<Zone>> {
    NAMES.into_iter().map(table).collect()
}
