use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::{
    Dimension, Holds, Stretch, quarter,
    stretch::{Term, Ways, floored},
};
use crate::{
    Timestamp, Zone,
    limits::{REPORT_CELLS_MAX, REPORT_PERIODS_MAX},
    ticket::Scope,
};

/// What a report is to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// Its first instant, moved back to where a quarter of an hour begins.
    pub from: Timestamp,
    /// The first instant after it, likewise. What there is at an instant that is still to come is what there is now, and as old as now.
    pub until: Timestamp,
    /// When it is asked.
    pub now: Timestamp,
    /// Whose civil time its periods are of.
    pub zone: Zone,
    /// How long each period is. The first and the last are cut where the report begins and ends.
    pub period: Period,
    /// By what, if by anything.
    pub by: Option<Dimension>,
    /// What whoever asks may read. A fact is of the area that had the ticket then.
    pub scope: Scope,
    /// Of which areas, aliases included; empty: of all.
    pub areas: Vec<String>,
    /// Of which values of the dimension that it is by; an empty one is no value. Empty: of all.
    pub values: Vec<String>,
}

/// How long a period is, in civil time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Period {
    /// An hour of the clock. One that is shown twice is one of two hours, one that is skipped is none.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday. Source: ISO 8601.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

/// A period, as instants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Its name in civil time: `2026-03-24T10`, `2026-03-24`, `2026-W13`, `2026-03`, `2026-Q1`, `2026`.
    pub name: String,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

/// Why there is no such report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QueryError {
    /// It ends before it begins, or at once.
    #[error("a report begins before it ends")]
    Empty,
    /// It has too many periods.
    #[error("a report has at most {REPORT_PERIODS_MAX} periods")]
    TooManyPeriods,
    /// It has too many rows for so many periods.
    #[error("a report has at most {REPORT_CELLS_MAX} rows times periods")]
    TooLarge,
}

/// What parts of a report are made of.
pub(super) struct Parts {
    /// What there was when it begins.
    pub(super) before: Vec<Term>,
    /// What happened in the time that it compares with.
    pub(super) earlier: Vec<Term>,
    /// What happened in each of its periods.
    pub(super) periods: Vec<Vec<Term>>,
}

impl Parts {
    /// Those of a report, where some longer stretches are kept.
    pub(super) fn of(spans: &[Span], previous: &Span, kept: impl IntoIterator<Item = Stretch>) -> Self {
        let begins = quarter(previous.until);
        let (stocks, wholes): (Vec<_>, Vec<_>) =
            kept.into_iter().filter(|own| own.holds != Holds::Hours).partition(|own| own.holds == Holds::Stock);
        let between = Ways::new(wholes.iter().copied());
        // What there was at an instant is all that happened since the beginning.
        let since_ever = Ways::new(wholes.iter().chain(&stocks).copied());
        Self {
            before: since_ever.cheapest(0, begins),
            earlier: between.cheapest(quarter(previous.from), begins),
            periods: spans.iter().map(|span| between.cheapest(quarter(span.from), quarter(span.until))).collect(),
        }
    }
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 6] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hora",
            Self::Day => "dia",
            Self::Week => "semana",
            Self::Month => "mes",
            Self::Quarter => "trimestre",
            Self::Year => "anio",
        }
    }

    /// The period of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == name)
    }

    /// Where the last so many periods before an instant begin, on the clocks of a zone: the last of them is the one that it ends or
    /// is in.
    ///
    /// ```
    /// use ticketing_core::{Timestamp, Zone, report::Period};
    ///
    /// let bogota = Zone::fixed("America/Bogota", -5 * 3600);
    /// let at = |text| Timestamp::parse(text).unwrap();
    /// let begins = |until| Period::Month.last(2, at(until), &bogota);
    /// assert_eq!(begins("2026-03-24T10:15:00Z"), at("2026-02-01T05:00:00Z"));
    /// assert_eq!(begins("2026-03-01T05:00:00Z"), at("2026-01-01T05:00:00Z"));
    /// ```
    pub fn last(self, count: u32, until: Timestamp, zone: &Zone) -> Timestamp {
        let last = Timestamp::saturating_from_unix_millis(until.unix_millis().saturating_sub(1));
        let begins = self.before(self.start(clock(zone, last)), count.saturating_sub(1));
        begins.map_or(Timestamp::MIN, |local| instant(zone, local))
    }

    /// Where the period begins that has a time of the clock.
    fn start(self, local: NaiveDateTime) -> NaiveDateTime {
        let date = local.date();
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
        let first_of = |month| midnight(date.with_day(1).and_then(|date| date.with_month(month)).unwrap_or(date));
        match self {
            Self::Hour => midnight(date) + TimeDelta::hours(local.hour().into()),
            Self::Day => midnight(date),
            Self::Week => {
                let since_monday = Days::new(date.weekday().num_days_from_monday().into());
                midnight(date.checked_sub_days(since_monday).unwrap_or(date))
            }
            Self::Month => first_of(date.month()),
            Self::Quarter => first_of(date.month0() / 3 * 3 + 1),
            Self::Year => first_of(1),
        }
    }

    /// So many periods later on the calendar; `None` where it ends.
    fn after(self, local: NaiveDateTime, count: u32) -> Option<NaiveDateTime> {
        match self {
            Self::Hour => local.checked_add_signed(TimeDelta::hours(count.into())),
            Self::Day => local.checked_add_days(Days::new(count.into())),
            Self::Week => local.checked_add_days(Days::new(u64::from(count) * 7)),
            _ => local.checked_add_months(Months::new(self.months().checked_mul(count)?)),
        }
    }

    /// So many periods earlier on the calendar; `None` where it begins.
    fn before(self, local: NaiveDateTime, count: u32) -> Option<NaiveDateTime> {
        match self {
            Self::Hour => local.checked_sub_signed(TimeDelta::hours(count.into())),
            Self::Day => local.checked_sub_days(Days::new(count.into())),
            Self::Week => local.checked_sub_days(Days::new(u64::from(count) * 7)),
            _ => local.checked_sub_months(Months::new(self.months().checked_mul(count)?)),
        }
    }

    const fn months(self) -> u32 {
        match self {
            Self::Hour | Self::Day | Self::Week => 0,
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    fn name_of(self, start: NaiveDateTime) -> String {
        let (year, date) = (start.year(), start.date());
        match self {
            Self::Hour => format!("{date}T{:02}", start.hour()),
            Self::Day => date.to_string(),
            Self::Week => format!("{:04}-W{:02}", date.iso_week().year(), date.iso_week().week()),
            Self::Month => format!("{year:04}-{:02}", date.month()),
            Self::Quarter => format!("{year:04}-Q{}", date.month0() / 3 + 1),
            Self::Year => format!("{year:04}"),
        }
    }
}

/// The days and months of a zone that are over at an instant and begin after another: those of which sums are worth keeping.
///
/// ```
/// use ticketing_core::{Timestamp, Zone, report::{Period, Stretch, past_periods, quarter}};
///
/// let at = |text| Timestamp::parse(text).unwrap();
/// let days = past_periods(&Zone::default(), Period::Day, at("2026-03-23T10:00:00Z"), at("2026-03-26T09:00:00Z"));
/// let first = quarter(at("2026-03-23T00:00:00Z"));
/// assert_eq!(days, [first, first + 96, first + 192].map(|from| Stretch::whole(from, from + 96)));
/// ```
pub fn past_periods(zone: &Zone, period: Period, since: Timestamp, now: Timestamp) -> Vec<Stretch> {
    let mut past = Vec::new();
    let mut start = Some(period.start(clock(zone, since)));
    while let Some(local) = start {
        let Some(next) = period.after(local, 1) else { break };
        let (from, until) = (instant(zone, local), instant(zone, next));
        if until > now {
            break;
        }
        if from < until {
            past.push(Stretch::whole(quarter(from), quarter(until)));
        }
        start = Some(next);
    }
    past
}

impl Query {
    /// Its periods in order, without gaps, from its beginning to its end.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn spans(&self) -> Result<Vec<Span>, QueryError> {
        let (from, until) = (floored(self.from), floored(self.until));
        if from >= until {
            return Err(QueryError::Empty);
        }
        let mut spans = Vec::new();
        let mut begun = from;
        let mut start = Some(self.period.start(self.clock(from)));
        while let Some(local) = start.filter(|_| begun < until) {
            let next = self.period.after(local, 1);
            let ends = next.map_or(until, |next| self.instant(next)).min(until);
            if ends > begun {
                if spans.len() >= REPORT_PERIODS_MAX {
                    return Err(QueryError::TooManyPeriods);
                }
                spans.push(Span { name: self.period.name_of(local), from: begun, until: ends });
                begun = ends;
            }
            start = next;
        }
        Ok(spans)
    }

    /// The time before the report that it compares with: as many periods, up to where it begins.
    pub(super) fn previous(&self, spans: &[Span]) -> Span {
        let from = floored(self.from);
        let count = u32::try_from(spans.len()).unwrap_or(u32::MAX);
        let earlier = self.period.before(self.clock(from), count).map_or(Timestamp::MIN, |local| self.instant(local));
        Span { name: String::new(), from: earlier.min(from), until: from }
    }

    /// The dimension whose sums it reads.
    pub fn reads(&self) -> Dimension {
        self.by.unwrap_or(Dimension::Area)
    }

    /// Which stretches a report is made of, where there is the sum of some: those, and hours.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn wants(&self, kept: impl IntoIterator<Item = Stretch>) -> Result<Vec<Stretch>, QueryError> {
        let spans = self.spans()?;
        let parts = Parts::of(&spans, &self.previous(&spans), kept);
        let all = parts.before.iter().chain(&parts.earlier).chain(parts.periods.iter().flatten());
        let (mut hours, mut wanted) = (BTreeSet::new(), BTreeSet::new());
        for Term { stretch, .. } in all {
            if stretch.holds == Holds::Hours {
                hours.insert(*stretch)
            } else {
                wanted.insert(*stretch)
            };
        }
        // Hours that are wanted twice are wanted once.
        let mut together: Option<Stretch> = None;
        for next in hours {
            match &mut together {
                Some(own) if next.from <= own.until => own.until = own.until.max(next.until),
                _ => wanted.extend(together.replace(next)),
            }
        }
        wanted.extend(together);
        Ok(wanted.into_iter().collect())
    }

    fn clock(&self, at: Timestamp) -> NaiveDateTime {
        clock(&self.zone, at)
    }

    fn instant(&self, local: NaiveDateTime) -> Timestamp {
        instant(&self.zone, local)
    }
}

fn clock(zone: &Zone, at: Timestamp) -> NaiveDateTime {
    DateTime::from_timestamp_millis(zone.local(at.unix_millis())).unwrap_or_default().naive_utc()
}

fn instant(zone: &Zone, local: NaiveDateTime) -> Timestamp {
    let millis = zone.instant_of(local.and_utc().timestamp_millis());
    floored(Timestamp::saturating_from_unix_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(period: Period, zone: Zone, from: &str, until: &str, expected: &[&str]) {
        let at = |text| Timestamp::parse(text).unwrap();
        let query = Query {
            from: at(from),
            until: at(until),
            now: Timestamp::MAX,
            zone,
            period,
            by: None,
            scope: Scope::Everything,
            areas: vec![],
            values: vec![],
        };
        let spans = query.spans().unwrap();
        let told: Vec<_> = spans.iter().map(|span| format!("{} {}", span.name, span.from.seconds())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn periods_begin_where_the_clock_says_and_are_cut_at_the_ends() {
        let utc = Zone::default;
        let cut = ["2025-12-31 2025-12-31T10:00:00Z", "2026-01-01 2026-01-01T00:00:00Z"];
        check(Period::Day, utc(), "2025-12-31T10:07:00Z", "2026-01-02T00:00:00Z", &cut);
        let weeks = ["2026-W01 2025-12-31T00:00:00Z", "2026-W02 2026-01-05T00:00:00Z"];
        check(Period::Week, utc(), "2025-12-31T00:00:00Z", "2026-01-06T00:00:00Z", &weeks);
        let quarters = ["2026-Q1 2026-03-31T00:00:00Z", "2026-Q2 2026-04-01T00:00:00Z"];
        check(Period::Quarter, utc(), "2026-03-31T00:00:00Z", "2026-07-01T00:00:00Z", &quarters);
        let kathmandu = ["2026-03-24 2026-03-23T18:15:00Z", "2026-03-25 2026-03-24T18:15:00Z"];
        let zone = Zone::fixed("Asia/Kathmandu", 5 * 3600 + 45 * 60);
        check(Period::Day, zone, "2026-03-23T18:15:00Z", "2026-03-25T18:15:00Z", &kathmandu);
    }

    #[test]
    fn an_hour_that_is_shown_twice_is_one_and_one_that_is_skipped_is_none() {
        let transitions = [(1_774_746_000, 7200), (1_792_890_000, 3600)].map(crate::Transition::from).to_vec();
        let madrid = || Zone { transitions: transitions.clone(), ..Zone::fixed("Europe/Madrid", 3600) };
        let skipped = ["2026-03-29T01 2026-03-29T00:00:00Z", "2026-03-29T03 2026-03-29T01:00:00Z"];
        check(Period::Hour, madrid(), "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", &skipped);
        let twice = ["2026-10-25T02 2026-10-25T00:00:00Z", "2026-10-25T03 2026-10-25T02:00:00Z"];
        check(Period::Hour, madrid(), "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", &twice);
    }
}
