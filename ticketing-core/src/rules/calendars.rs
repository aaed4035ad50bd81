use serde::{Deserialize, Serialize};

use crate::{
    Zone,
    sla::{Calendar, Day, Hours, Shift},
};

/// When a desk works, as it stands in rules.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarRules {
    /// The name of the zone on whose clocks it is; without it, the deployment's.
    #[serde(rename = "zona", default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The shifts of an ordinary week.
    #[serde(rename = "semana", default)]
    pub week: Week,
    /// The dates that are no ordinary days, each once.
    #[serde(rename = "excepciones", default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<CalendarException>,
}

/// Shifts by the day of the week on which they start. A day that is left out is closed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Week {
    /// Monday.
    #[serde(rename = "lun", skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<Shift>,
    /// Tuesday.
    #[serde(rename = "mar", skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<Shift>,
    /// Wednesday.
    #[serde(rename = "mie", skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<Shift>,
    /// Thursday.
    #[serde(rename = "jue", skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<Shift>,
    /// Friday.
    #[serde(rename = "vie", skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<Shift>,
    /// Saturday.
    #[serde(rename = "sab", skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<Shift>,
    /// Sunday.
    #[serde(rename = "dom", skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<Shift>,
}

impl Week {
    /// The names of the days in rules, Monday first.
    pub const DAYS: [&str; 7] = ["lun", "mar", "mie", "jue", "vie", "sab", "dom"];

    /// The shifts of each day, Monday first.
    pub fn days(&self) -> [&Vec<Shift>; 7] {
        let Self { monday, tuesday, wednesday, thursday, friday, saturday, sunday } = self;
        [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
    }
}

/// A date with shifts of its own, or none. They replace those that start on it, not the tail of those of the day before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarException {
    /// Which.
    #[serde(rename = "fecha", with = "date")]
    pub date: Day,
    /// What it is called, for people.
    #[serde(rename = "nombre", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its shifts; none: closed.
    #[serde(rename = "horas", default, skip_serializing_if = "Vec::is_empty")]
    pub shifts: Vec<Shift>,
}

/// A date as `2026-12-25`.
mod date {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::sla::Day;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
    pub(super) fn serialize<S: Serializer>(date: &Day, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(date)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map(Day::from).ok_or_else(|| {
            let text: String = text.chars().take(20).collect();
            D::Error::custom(format!("“{text}” is no date: write year, month and day, such as \"2026-12-25\""))
        })
    }

    fn parse(text: &str) -> Option<NaiveDate> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part =
                parts.next().filter(|part| part.len() == digits && part.bytes().all(|octet| octet.is_ascii_digit()));
            part?.parse::<u32>().ok()
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        parts.next().is_none().then_some(())?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }
}

impl CalendarRules {
    /// Makes it ready for use in a zone.
    pub(super) fn compile(&self, zone: Zone) -> Calendar {
        let mut hours = Hours::weekly(self.week.days().map(Vec::clone));
        for CalendarException { date, shifts, .. } in &self.exceptions {
            hours.except(*date, shifts.clone());
        }
        Calendar::new(hours, zone)
    }
}
