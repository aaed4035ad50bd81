use super::{
    Millis,
    hours::{Day, Hours, Shift},
};
use crate::Zone;

/// A year of working time: the shifts of its days as instants, united, with what has been worked before each. A year is that of
/// UTC: it only cuts time into pieces.
#[derive(Debug)]
pub(super) struct Year {
    intervals: Vec<Interval>,
    total: Millis,
    /// Dates of this year on which a shift starts; in the last one, the first of the next as well, which begin in it east of UTC.
    business_days: Vec<Day>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Interval {
    from: Millis,
    until: Millis,
    /// Working time of the year before it.
    before: Millis,
}

/// A shift of a day may begin or end this many days away in UTC: it lasts for up to two, and a zone may skip a day.
const REACH_DAYS: i64 = 4;

impl Year {
    pub(super) fn new(year: i32, hours: &Hours, zone: &Zone) -> Self {
        let (first, next) = (Day::new_year(year), Day::new_year(year.saturating_add(1)));
        let (begins, ends) = (first.0 * super::DAY, next.0 * super::DAY);
        let dates = first..if next.0 * super::DAY < super::ENDS { next } else { next.plus(REACH_DAYS) };
        let mut mapped: Vec<(Millis, Millis)> = Vec::new();
        let mut business_days = Vec::new();
        let days = first.0.saturating_sub(REACH_DAYS)..next.0.saturating_add(REACH_DAYS);
        for day in days.map(Day) {
            let before = mapped.len();
            for shift in mapped_shifts(day, hours, zone) {
                // They come nearly in order. To sort them in the end takes more room in a browser than all the rest of this.
                let place =
                    mapped.iter().rposition(|earlier| *earlier <= shift).map_or(0, |index| index.saturating_add(1));
                mapped.insert(place, shift);
            }
            if mapped.len() > before && dates.contains(&day) {
                business_days.push(day);
            }
        }
        let mut intervals: Vec<Interval> = Vec::with_capacity(mapped.len());
        let mut total = 0;
        for (from, until) in mapped {
            let (mut from, until) = (from.max(begins), until.min(ends));
            // What overlaps or touches what is there makes that longer.
            if let Some(last) = intervals.last_mut()
                && from <= last.until
            {
                from = last.until;
                if until > from {
                    last.until = until;
                }
            } else if from < until {
                intervals.push(Interval { from, until, before: total });
            }
            total += (until - from).max(0);
        }
        Self { intervals, total, business_days }
    }

    /// All of its working time.
    pub(super) const fn total(&self) -> Millis {
        self.total
    }

    /// When it is worked between two instants, in order.
    pub(super) fn between(&self, from: Millis, until: Millis) -> impl Iterator<Item = (Millis, Millis)> {
        let over = self.intervals.partition_point(|interval| interval.until <= from);
        let begun = self.intervals.iter().skip(over).take_while(move |interval| interval.from < until);
        begun.map(move |interval| (interval.from.max(from), interval.until.min(until)))
    }

    /// Working time of the year up to an instant in it.
    pub(super) fn until(&self, at: Millis) -> Millis {
        let begun = self.intervals.partition_point(|interval| interval.from < at);
        let last = begun.checked_sub(1).and_then(|index| self.intervals.get(index));
        last.map_or(0, |last| last.before + at.min(last.until) - last.from)
    }

    /// The earliest instant by which so much of the year has been worked, more than nothing and no more than all of it.
    pub(super) fn reaches(&self, worked: Millis) -> Option<Millis> {
        let begun = self.intervals.partition_point(|interval| interval.before < worked);
        let last = self.intervals.get(begun.checked_sub(1)?)?;
        Some(last.from + worked - last.before)
    }

    /// The instant itself where it is working time, else when that begins next in this year.
    pub(super) fn opening(&self, at: Millis) -> Option<Millis> {
        let index = self.intervals.partition_point(|interval| interval.until <= at);
        self.intervals.get(index).map(|interval| interval.from.max(at))
    }

    /// The business days of this year, in order.
    pub(super) fn business_days(&self) -> &[Day] {
        &self.business_days
    }
}

/// The shifts that start on a day as instants, without those that a change of the clock leaves empty.
pub(super) fn mapped_shifts(day: Day, hours: &Hours, zone: &Zone) -> impl Iterator<Item = (Millis, Millis)> {
    hours.shifts(day).iter().filter_map(move |Shift { from_minute, until_minute }| {
        let at = |minute: u16| zone.instant_of(day.0 * super::DAY + i64::from(minute) * super::MINUTE);
        let (from, until) = (at(*from_minute), at(*until_minute));
        (from < until).then_some((from, until))
    })
}
