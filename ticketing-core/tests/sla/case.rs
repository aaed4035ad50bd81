//! One conformance case as it stands in a file, and what the core makes of it.

use std::{collections::BTreeMap, sync::Mutex};

use chrono::{NaiveDate, Offset as _, TimeZone as _};
use serde::{Deserialize, Serialize};
use ticketing_core::{
    Timestamp, Zone,
    sla::{Allowance, Calendar, DueAt, Hours, Reading, Shift, Stop},
};

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) zone: String,
    pub(crate) calendar: Option<Desk>,
    pub(crate) start: String,
    pub(crate) budget: String,
    pub(crate) due_at: String,
    pub(crate) pauses: Vec<(String, Option<String>)>,
    pub(crate) at: String,
    pub(crate) expect: Expect,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Desk {
    pub(crate) weekly: Weekly,
    pub(crate) exceptions: Vec<Exception>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Weekly {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) mon: Open,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tue: Open,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) wed: Open,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) thu: Open,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fri: Open,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sat: Open,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sun: Open,
}

/// Shifts of a day, each from a time of day to one.
pub(crate) type Open = Vec<(String, String)>;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) date: String,
    pub(crate) open: Open,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) due: Option<String>,
    pub(crate) elapsed_seconds: i64,
    pub(crate) remaining_seconds: i64,
    pub(crate) state: String,
}

impl Weekly {
    pub(crate) fn days(&self) -> [&Open; 7] {
        let Self { mon, tue, wed, thu, fri, sat, sun } = self;
        [mon, tue, wed, thu, fri, sat, sun]
    }

    pub(crate) fn days_mut(&mut self) -> [&mut Open; 7] {
        let Self { mon, tue, wed, thu, fri, sat, sun } = self;
        [mon, tue, wed, thu, fri, sat, sun]
    }
}

impl Case {
    /// What the core says.
    pub(crate) fn core(&self) -> Expect {
        let reading =
            Reading::of(&self.core_calendar(), at(&self.start), self.allowance(), &self.stops(), at(&self.at));
        Expect {
            due: reading.due.map(|due| {
                assert_eq!(due.unix_millis() % 1000, 0, "a fraction of a second");
                due.seconds().to_string()
            }),
            elapsed_seconds: reading.elapsed.num_seconds(),
            remaining_seconds: reading.remaining.num_seconds(),
            state: serde_json::to_value(reading.state).unwrap().as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn core_calendar(&self) -> Calendar {
        let zone = zone(&self.zone);
        let Some(desk) = &self.calendar else { return Calendar::around_the_clock(zone) };
        let hours = desk
            .exceptions
            .iter()
            .fold(Hours::weekly(desk.weekly.days().map(shifts)), |hours, Exception { date, open }| {
                hours.with_exception(date.parse::<NaiveDate>().unwrap(), shifts(open))
            });
        Calendar::new(hours, zone)
    }

    pub(crate) fn allowance(&self) -> Allowance {
        let due_at = match self.due_at.as_str() {
            "close" => DueAt::Close,
            "same_time" => DueAt::SameTime,
            other => panic!("due_at {other}"),
        };
        self.budget.parse::<Allowance>().unwrap().due_at(due_at)
    }

    pub(crate) fn stops(&self) -> Vec<Stop> {
        let stop = |(from, until): &(String, Option<String>)| Stop { from: at(from), until: until.as_deref().map(at) };
        self.pauses.iter().map(stop).collect()
    }
}

fn shifts(open: &Open) -> Vec<Shift> {
    open.iter().map(|(from, until)| Shift::parse(from, until).unwrap()).collect()
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The table of a zone, made once each.
pub(crate) fn zone(name: &str) -> Zone {
    static ZONES: Mutex<BTreeMap<String, Zone>> = Mutex::new(BTreeMap::new());
    let mut zones = ZONES.lock().unwrap();
    if !zones.contains_key(name) {
        let zone: chrono_tz::Tz = name.parse().unwrap();
        let table = Zone::compile(name, |at| {
            let at = chrono::DateTime::from_timestamp_millis(at.unix_millis()).unwrap();
            zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
        });
        zones.insert(name.to_owned(), table);
    }
    zones[name].clone()
}
