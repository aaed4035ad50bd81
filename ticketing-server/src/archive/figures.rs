//! Whether what reports are made of is what the events come to.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use ticketing_core::{
    Event, Rulebook, TicketId,
    report::{Dimension, FACTS_VERSION, Holds, Rollup, Shelf, Stretch, Sums, begins, cover, history_facts},
};

use crate::store::{KeptSums, ReportSet, SetNumber, Store, StoreError, Urgency};

/// How many hours are read at once.
const HOURS_AT_ONCE: u32 = 200;
/// Events of the feed that are read at once.
const EVENTS_AT_ONCE: u32 = 1_000;
/// Quarters of an hour in a day, of UTC: by these, deviations are told.
const DAY: u32 = 96;

/// What the events come to, as they are read ticket by ticket; beside what is kept.
///
/// A day's sums may be some megabytes. So each is known by a number: of each row the hash times what is counted in it, all of them
/// added. That is the same in whatever order and parts the rows come.
pub(super) struct Recount {
    set: ReportSet,
    /// Of tickets to which something has happened since the sums were last added to: the first event that is not in them.
    later: HashMap<TicketId, u32>,
    days: BTreeMap<(Dimension, u32), u64>,
}

impl Recount {
    /// `None` where there is nothing to compare with.
    pub(super) async fn begin(store: &impl Store) -> Result<Option<Self>, StoreError> {
        let Some(set) = read_set(store).await?.filter(|set| set.facts_version == FACTS_VERSION) else {
            return Ok(None);
        };
        let (mut later, mut after) = (HashMap::new(), set.position);
        loop {
            let events = store.events_after(after, EVENTS_AT_ONCE, Urgency::Awaited).await?;
            let Some((last, ..)) = events.last() else { break };
            after = *last;
            for (_, id, event) in events {
                later.entry(id).or_insert(event.seq);
            }
        }
        Ok(Some(Self { set, later, days: BTreeMap::new() }))
    }

    /// Counts what a ticket comes to. What is no history is told by others.
    pub(super) fn add<'e>(&mut self, id: TicketId, events: impl IntoIterator<Item = &'e Event>, book: &Rulebook) {
        let later = self.later.get(&id).copied().unwrap_or(u32::MAX);
        let events = events.into_iter().filter(|event| event.seq < later);
        let Ok(facts) = history_facts(id, events, book) else { return };
        let mut rollup = Rollup::default();
        for fact in &facts {
            rollup.apply(fact);
        }
        for (by, hour, sums) in rollup.hours() {
            self.count(by, hour, sums, false);
        }
    }

    fn count(&mut self, by: Dimension, hour: Stretch, sums: &Sums, is_kept: bool) {
        let day = self.days.entry((by, hour.from / DAY)).or_default();
        for (slot, area, value, counter, cell, count) in sums.iter() {
            let mut hasher = DefaultHasher::new();
            (hour.from, slot, area, value, counter.number(), cell).hash(&mut hasher);
            let part = hasher.finish().wrapping_mul(count.cast_unsigned());
            *day = if is_kept { day.wrapping_sub(part) } else { day.wrapping_add(part) };
        }
    }

    /// What is kept and is not what the events come to. Nothing, where it was added to meanwhile.
    pub(super) async fn compare(mut self, store: &impl Store) -> Result<Vec<String>, StoreError> {
        let mut deviations = Vec::new();
        let number = self.set.number;
        let mut from = 0;
        loop {
            // Up to some hours later, whatever other dimensions have in between.
            let hours = store.kept_hours(number, Dimension::Area, from, u32::MAX, HOURS_AT_ONCE).await?;
            let until = if hours.len() < HOURS_AT_ONCE as usize {
                u32::MAX
            } else {
                hours.last().map_or(u32::MAX, |hour| hour.until)
            };
            for KeptSums { by, stretch, octets } in store.kept_sums(number, vec![Stretch::hours(from, until)]).await? {
                match Sums::from_bytes(&octets) {
                    Ok(sums) => self.count(by, stretch, &sums, true),
                    Err(error) => deviations.push(format!("{}: {error}", named(by, stretch))),
                }
            }
            if until == u32::MAX {
                break;
            }
            from = until;
        }
        let differ = self.days.iter().filter(|(_, left)| **left != 0);
        deviations.extend(differ.map(|((by, day), _)| named(*by, Stretch::whole(day * DAY, (day + 1) * DAY))));
        deviations.extend(longer(store, number).await?);
        let is_moving =
            read_set(store).await?.is_none_or(|set| (set.number, set.revision) != (number, self.set.revision));
        Ok(if is_moving { Vec::new() } else { deviations })
    }
}

async fn read_set(store: &impl Store) -> Result<Option<ReportSet>, StoreError> {
    Ok(store.report_sets().await?.into_iter().find(|set| set.is_read))
}

/// Longer stretches and stocks that are not what the hours come to.
async fn longer(store: &impl Store, set: SetNumber) -> Result<Vec<String>, StoreError> {
    let mut deviations = Vec::new();
    let mut earlier: Option<u32> = None;
    let kept: BTreeSet<Stretch> = store.kept_stretches(set).await?.into_iter().collect();
    for stretch in kept {
        let hours = match stretch.holds {
            Holds::Stock => vec![
                earlier.map_or(Stretch::hours(0, 0), Stretch::stock),
                Stretch::hours(earlier.unwrap_or_default(), stretch.until),
            ],
            _ => cover(stretch.from, stretch.until, &[]),
        };
        let mut shelves: BTreeMap<Dimension, Shelf> = BTreeMap::new();
        for KeptSums { by, stretch, octets } in store.kept_sums(set, [hours, vec![stretch]].concat()).await? {
            shelves.entry(by).or_default().insert(stretch, octets);
        }
        for by in Dimension::ALL {
            let shelf = shelves.entry(by).or_default();
            let own = shelf.get(stretch).map(Sums::from_bytes);
            let mut rest = Shelf::default();
            for other in shelf.stretches().filter(|other| *other != stretch) {
                rest.insert(other, shelf.get(other).unwrap_or_default().to_vec());
            }
            let made = match stretch.holds {
                Holds::Stock => rest.stock(earlier, stretch.until),
                _ => rest.whole(stretch.from, stretch.until),
            };
            // What of it cannot be read is told of the hours.
            if let Ok(made) = made
                && own != Some(Ok(made))
            {
                deviations.push(named(by, stretch));
            }
        }
        if stretch.holds == Holds::Stock {
            earlier = Some(stretch.until);
        }
    }
    Ok(deviations)
}

fn named(by: Dimension, stretch: Stretch) -> String {
    let (from, until) = (begins(stretch.from).seconds(), begins(stretch.until).seconds());
    match stretch.holds {
        Holds::Stock => format!("the backlog by {} at {until}", by.name()),
        Holds::Hours | Holds::Whole => format!("by {} from {from} to {until}", by.name()),
    }
}
