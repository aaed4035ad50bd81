use std::collections::{BTreeMap, BTreeSet};

use ticketing_core::{
    TimeDelta, Timestamp,
    report::{Dimension, Holds, Period, Shelf, Stretch, begins, cover, past_periods},
};

use crate::{
    Engine,
    store::{KeptSums, ReportSet, Store, StoreError, SumsChange},
};

/// How long a day is left alone after its end: alarms are noted a moment late, and clocks of servers differ.
const SETTLES: TimeDelta = TimeDelta::minutes(5);
/// How many days are summed up at once.
const DAYS_AT_ONCE: usize = 8;

/// Hours of a month, and some.
const HOURS_MAX: u32 = 32 * 25;

/// What is to be made.
enum Next {
    Days(Vec<Stretch>),
    Month(Stretch),
    /// At the end of a month.
    Stock(u32),
}

impl<S: Store> Engine<S> {
    /// Sums up some of the days and months of the desk's zone that are over, or what there was at the end of a month; answers whether
    /// it has. Only what is asked for most is so kept: reports in other zones are made of the same ones, and of hours at their ends.
    pub(super) async fn keep_longer(&self, set: &ReportSet) -> Result<bool, StoreError> {
        let kept: BTreeSet<Stretch> = self.inner.store.kept_stretches(set.number).await?.into_iter().collect();
        let Some(next) = self.next_to_keep(set, &kept).await? else { return Ok(false) };
        let until_of = |stretch: &Stretch| stretch.until;
        let (stretches, wanted): (Vec<Stretch>, Vec<Stretch>) = match &next {
            Next::Days(days) => (days.clone(), days.iter().map(|day| Stretch::hours(day.from, day.until)).collect()),
            Next::Month(month) => {
                let kept: Vec<_> = kept.iter().copied().collect();
                (vec![*month], cover(month.from, month.until, &kept))
            }
            Next::Stock(until) => {
                let stocks = kept.iter().filter(|own| own.holds == Holds::Stock && own.until < *until);
                let earlier = stocks.map(until_of).max();
                let kept: Vec<_> = kept.iter().copied().collect();
                let since = cover(earlier.unwrap_or_default(), *until, &kept);
                (vec![Stretch::stock(*until)], earlier.map(Stretch::stock).into_iter().chain(since).collect())
            }
        };
        let found = self.inner.store.kept_sums(set.number, wanted).await?;
        let made = tokio::task::spawn_blocking(move || make(&stretches, found)).await;
        let keep = made.map_err(|error| StoreError::Unavailable(error.into()))??;
        let change = SumsChange { revision: set.revision, set: *set, keep, forget: vec![] };
        // Where somebody was faster, it is looked at again.
        self.inner.store.keep_sums(change).await?;
        Ok(true)
    }

    async fn next_to_keep(&self, set: &ReportSet, kept: &BTreeSet<Stretch>) -> Result<Option<Next>, StoreError> {
        let store = &self.inner.store;
        let hours = async |from: u32, until: u32, max: u32| {
            store.kept_hours(set.number, Dimension::Area, from, until, max).await
        };
        let Some(first) = hours(0, u32::MAX, 1).await?.first().copied() else { return Ok(None) };
        let settled =
            Timestamp::saturating_from_unix_millis(self.now().unix_millis().saturating_sub(SETTLES.num_milliseconds()));
        let zone = self.rules().zone().clone();
        let months = past_periods(&zone, Period::Month, begins(first.from), settled);
        for month in months.iter().filter(|month| kept.contains(month)) {
            if !kept.contains(&Stretch::stock(month.until)) {
                return Ok(Some(Next::Stock(month.until)));
            }
        }
        // Months that follow each other and are not kept are asked for together: mostly that is the one that is not over.
        let over = months.last().map_or(first.from, |month| month.until);
        let missing = months.into_iter().filter(|month| !kept.contains(month)).chain([Stretch::whole(over, u32::MAX)]);
        let mut runs: Vec<(Stretch, Vec<Stretch>)> = Vec::new();
        for month in missing {
            match runs.last_mut() {
                Some((run, months)) if run.until == month.from => {
                    run.until = month.until;
                    months.push(month);
                }
                _ => runs.push((month, vec![month])),
            }
        }
        for (run, months) in runs {
            let Some(hour) = hours(run.from, run.until, 1).await?.first().copied() else { continue };
            let first = hour.from.max(run.from);
            let Some(month) = months.iter().find(|month| month.depends_on(first)) else { continue };
            let since = begins(month.from.max(first));
            let of_month: BTreeSet<u32> =
                hours(month.from, month.until, HOURS_MAX).await?.into_iter().map(|hour| hour.from).collect();
            let mut days = past_periods(&zone, Period::Day, since, settled);
            days.retain(|day| {
                // Of one of which nothing is known, nothing is kept.
                let has_hours = || of_month.range(Stretch::hour_of(day.from).from..day.until).next().is_some();
                month.from <= day.from && day.until <= month.until && !kept.contains(day) && has_hours()
            });
            if !days.is_empty() {
                days.truncate(DAYS_AT_ONCE);
                return Ok(Some(Next::Days(days)));
            }
            if month.until != u32::MAX {
                return Ok(Some(Next::Month(*month)));
            }
        }
        Ok(None)
    }
}

/// What stretches of each dimension come to.
fn make(stretches: &[Stretch], found: Vec<KeptSums>) -> Result<Vec<KeptSums>, StoreError> {
    let mut shelves: BTreeMap<Dimension, Shelf> = BTreeMap::new();
    for KeptSums { by, stretch, octets } in found {
        shelves.entry(by).or_default().insert(stretch, octets);
    }
    let mut made = Vec::new();
    for by in Dimension::ALL {
        let shelf = shelves.entry(by).or_default();
        for stretch in stretches {
            let sums = if stretch.holds == Holds::Stock {
                let earlier = shelf.stretches().filter(|own| own.holds == Holds::Stock).map(|own| own.until).max();
                shelf.stock(earlier, stretch.until)
            } else {
                shelf.whole(stretch.from, stretch.until)
            };
            let octets = sums.map_err(|error| StoreError::Damaged(error.into()))?.to_bytes();
            made.push(KeptSums { by, stretch: *stretch, octets });
        }
    }
    Ok(made)
}
