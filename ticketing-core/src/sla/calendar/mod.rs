//! When a clock counts.

mod hours;
mod year;

use core::fmt;
use std::sync::{Arc, OnceLock};

use chrono::{NaiveDate, TimeDelta};

pub use self::hours::{Day, Hours, Shift, ShiftError};
use self::year::{Year, mapped_shifts};
use super::{Allowance, DueAt};
use crate::{Timestamp, Zone};

/// When a clock counts: around the clock, or in the hours of a desk. Cheap to clone.
///
/// Working time is looked up in tables of a year each, which are made when they are first needed. So a deadline in ten years costs
/// about what one in ten hours does. There are tables for 2000 to 2099; outside of them nothing is worked.
///
/// ```
/// use ticketing_core::{TimeDelta, Timestamp, Zone, sla::{Calendar, Hours, Shift}};
///
/// let day = vec![Shift::parse("08:00", "12:00").unwrap(), Shift::parse("13:00", "17:00").unwrap()];
/// let hours = Hours::weekly([day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]]);
/// let office = Calendar::new(hours, Zone::default());
/// // Friday at eleven: an hour before lunch, and one after it.
/// let friday = Timestamp::parse("2026-11-20T11:00:00Z").unwrap();
/// let due = office.after(friday, TimeDelta::hours(2)).unwrap();
/// assert_eq!(due.to_string(), "2026-11-20T14:00:00.000Z");
/// assert_eq!(office.working(friday, due), TimeDelta::hours(2));
/// ```
#[derive(Clone, Default)]
pub struct Calendar(
    /// `None`: around the clock, in UTC.
    Option<Arc<Inner>>,
);

#[derive(Debug)]
struct Inner {
    zone: Zone,
    /// `None`: every instant counts.
    office: Option<Office>,
}

/// Hours, and the tables that were made of them.
#[derive(Debug)]
struct Office {
    hours: Hours,
    years: Vec<OnceLock<Year>>,
}

/// Milliseconds, since the epoch or between two instants.
type Millis = i64;

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 60 * MINUTE;
const FIRST_YEAR: i32 = 2000;
const YEARS: usize = 100;
/// The first instant that no table covers: the beginning of 2100.
const ENDS: Millis = 47_482 * DAY;

/// Without its tables.
impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.zone().map_or(Zone::UTC, |zone| &zone.name);
        f.debug_struct("Calendar").field("zone", &zone).field("hours", &self.hours()).finish()
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.zone() == other.zone() && self.hours() == other.hours()
    }
}

impl Eq for Calendar {}

impl Calendar {
    /// Every instant counts. The zone says when a day ends.
    pub fn around_the_clock(zone: Zone) -> Self {
        if zone == Zone::default() { Self::default() } else { Self(Some(Arc::new(Inner { zone, office: None }))) }
    }

    /// What counts are these hours on the clocks of a zone.
    pub fn new(hours: Hours, zone: Zone) -> Self {
        let years = (0..YEARS).map(|_| OnceLock::new()).collect();
        Self(Some(Arc::new(Inner { zone, office: Some(Office { hours, years }) })))
    }

    /// The hours that count; `None` where every instant does.
    pub fn hours(&self) -> Option<&Hours> {
        self.0.as_ref()?.office.as_ref().map(|office| &office.hours)
    }

    /// The zone on whose clocks they are read; `None`: UTC.
    fn zone(&self) -> Option<&Zone> {
        self.0.as_ref().map(|inner| &inner.zone)
    }

    /// Working time from `from` to `until`; zero where `until` is not later.
    pub fn working(&self, from: Timestamp, until: Timestamp) -> TimeDelta {
        let (from, until) = (from.unix_millis(), until.unix_millis());
        let working = match &self.0 {
            _ if until <= from => 0,
            None => until - from,
            Some(inner) => inner.working(from, until),
        };
        TimeDelta::milliseconds(working)
    }

    /// The working time between two instants, as intervals in order.
    pub(super) fn worked(&self, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let (from, until) = (from.unix_millis(), until.unix_millis());
        let worked = match &self.0 {
            _ if until <= from => Vec::new(),
            None => vec![(from, until)],
            Some(inner) => inner.worked(from, until),
        };
        let instant = Timestamp::saturating_from_unix_millis;
        worked.into_iter().map(|(from, until)| (instant(from), instant(until))).collect()
    }

    /// When the date ends on which an instant is, on the clocks of the zone; and the date, where the calendar has closed it.
    pub(super) fn date_at(&self, at: Timestamp) -> (Timestamp, Option<NaiveDate>) {
        let utc = Zone::default();
        let zone = self.zone().unwrap_or(&utc);
        let local = zone.local(at.unix_millis());
        let day = Day(local.div_euclid(DAY));
        let ends = Timestamp::saturating_from_unix_millis(zone.instant_of(day.plus(1).0.saturating_mul(DAY)));
        let is_closed = self.hours().is_some_and(|hours| hours.is_closed_exception(day));
        // Where clocks are set back over midnight, a date is there twice, and this is its second end.
        let second_end = || Timestamp::saturating_from_unix_millis(at.unix_millis() + DAY - local.rem_euclid(DAY));
        let ends = if ends > at { ends } else { second_end() };
        (ends, day.date().filter(|_| is_closed))
    }

    /// The earliest instant by which `total` of working time has passed since `from`; `None` beyond 2099.
    // Inlined, so that the tables are left out where it is known to be around the clock, as in the browser's module.
    #[inline]
    pub fn after(&self, from: Timestamp, total: TimeDelta) -> Option<Timestamp> {
        let (from, total) = (from.unix_millis(), total.num_milliseconds().max(0));
        let due = match &self.0 {
            None => from.checked_add(total),
            Some(inner) => inner.after(from, total),
        }?;
        Timestamp::from_unix_millis(due).ok().filter(|_| due < ENDS)
    }

    /// What an allowance comes to for a clock that starts at an instant.
    pub fn allow(&self, start: Timestamp, allowance: Allowance) -> Allowed {
        match allowance {
            Allowance::Time(budget) => Allowed { total: budget.total(), due: None },
            Allowance::BusinessDays { days, due_at } => {
                let utc = || Arc::new(Inner { zone: Zone::default(), office: None });
                let inner = self.0.clone().unwrap_or_else(utc);
                let due = inner.business_day_due(start.unix_millis(), days.get(), due_at);
                let due = due.filter(|due| *due < ENDS).and_then(|due| Timestamp::from_unix_millis(due).ok());
                let until = due.unwrap_or_else(|| Timestamp::saturating_from_unix_millis(ENDS));
                Allowed { total: self.working(start, until), due }
            }
        }
    }
}

/// What an allowance comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowed {
    /// The working time that it grants; of business days that end beyond 2099, all that there is until then.
    pub total: TimeDelta,
    /// When business days end, as long as nothing stops the clock; `None` beyond 2099.
    pub due: Option<Timestamp>,
}

impl Inner {
    /// The table of a year; `None` where there is none.
    fn year<'a>(&self, year: i32, office: &'a Office) -> Option<&'a Year> {
        let index = usize::try_from(year.checked_sub(FIRST_YEAR)?).ok()?;
        Some(office.years.get(index)?.get_or_init(|| Year::new(year, &office.hours, &self.zone)))
    }

    fn working(&self, from: Millis, until: Millis) -> Millis {
        let Some(office) = &self.office else { return until - from };
        let in_year = |at| self.year(year_of(at), office).map_or(0, |year| year.until(at));
        let (first, last) = (year_of(from), year_of(until));
        let whole = (first.max(FIRST_YEAR)..last).map_while(|year| self.year(year, office)).map(Year::total);
        whole.sum::<Millis>() + in_year(until) - in_year(from)
    }

    fn worked(&self, from: Millis, until: Millis) -> Vec<(Millis, Millis)> {
        let Some(office) = &self.office else { return vec![(from, until)] };
        let years = (year_of(from).max(FIRST_YEAR)..=year_of(until)).map_while(|year| self.year(year, office));
        years.flat_map(|year| year.between(from, until)).collect()
    }

    fn after(&self, from: Millis, total: Millis) -> Option<Millis> {
        let Some(office) = &self.office else { return from.checked_add(total) };
        if total == 0 {
            return Some(from);
        }
        let mut number = year_of(from).max(FIRST_YEAR);
        let mut year = self.year(number, office)?;
        let mut worked = total + if year_of(from) == number { year.until(from) } else { 0 };
        while worked > year.total() {
            worked -= year.total();
            number += 1;
            year = self.year(number, office)?;
        }
        year.reaches(worked)
    }

    /// The end of so many business days after the one of a start; `None` where there are not so many.
    fn business_day_due(&self, start: Millis, days: u16, due_at: DueAt) -> Option<Millis> {
        let Some(office) = &self.office else {
            let local = self.zone.local(start);
            let end = Day(local.div_euclid(DAY)).plus(days.into());
            return Some(match due_at {
                DueAt::Close => self.zone.instant_of(end.plus(1).0 * DAY),
                DueAt::SameTime => self.zone.instant_of(end.0 * DAY + local.rem_euclid(DAY)),
            });
        };
        let start = self.opening(start, office)?;
        let end = self.business_day_after(self.day_of(start, office)?, days, office)?;
        match due_at {
            DueAt::Close => mapped_shifts(end, &office.hours, &self.zone).map(|(_, until)| until).max(),
            DueAt::SameTime => {
                let time_of_day = self.zone.local(start).rem_euclid(DAY);
                Some(self.zone.instant_of(end.0 * DAY + time_of_day))
            }
        }
    }

    /// The instant itself where it is working time, else when that begins next.
    fn opening(&self, at: Millis, office: &Office) -> Option<Millis> {
        let mut number = year_of(at).max(FIRST_YEAR);
        loop {
            let year = self.year(number, office)?;
            if let Some(opening) = year.opening(at) {
                return Some(opening);
            }
            number += 1;
        }
    }

    /// The day on which the shift starts that holds an instant; of several the one that started last.
    fn day_of(&self, at: Millis, office: &Office) -> Option<Day> {
        let local = Day(self.zone.local(at).div_euclid(DAY));
        let mut last = None;
        // A shift lasts into the day after it, and a zone may skip a day.
        for days in -3..=1 {
            let day = local.plus(days);
            for (from, until) in mapped_shifts(day, &office.hours, &self.zone) {
                if (from..until).contains(&at) {
                    last = last.max(Some((from, day)));
                }
            }
        }
        last.map(|(_, day)| day)
    }

    /// So many business days after a day.
    fn business_day_after(&self, day: Day, days: u16, office: &Office) -> Option<Day> {
        let mut left = usize::from(days).checked_sub(1)?;
        let mut number = day.year().max(FIRST_YEAR);
        loop {
            let business_days = self.year(number, office)?.business_days();
            let passed = business_days.partition_point(|business_day| *business_day <= day);
            if let Some(found) = business_days.get(passed.checked_add(left)?) {
                return Some(*found);
            }
            left -= business_days.len() - passed;
            number += 1;
        }
    }
}

fn year_of(at: Millis) -> i32 {
    Day(at.div_euclid(DAY)).year()
}
