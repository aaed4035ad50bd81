use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::atomic::Ordering::Relaxed,
    time::Duration,
};

use ticketing_core::{
    Event, Ticket, TicketId, Timestamp, Uuid,
    report::{Dimension, Fact, Holds, Rollup, Stretch, What, facts, quarter},
};
use tokio::{task::yield_now, time::Instant};

use super::WORKS;
use crate::{
    Engine,
    store::{FeedPosition, Hurry, KeptSums, ReportSet, SetNumber, Store, StoreError, SumsChange, Urgency},
};

/// How many events are read at once: as long as they are read, the store's log cannot begin anew.
const PAGE: u32 = 250;
/// How many are summed up at once: who does keeps a thread from answering meanwhile, for half a millisecond.
const PORTION: usize = 100;
/// Whoever has a processor reads more in [`Hurry::PATIENCE`].
const SLOWEST: u64 = 5_000;

/// Reads the feed for reports.
#[derive(Default)]
pub(super) struct Reader {
    tickets: Recent,
    /// Nothing is left of sets that are no more.
    pub(super) has_tidied: bool,
    /// In which set there was nothing longer to sum up, and when that was seen.
    pub(super) settled: Option<(SetNumber, Timestamp)>,
    /// When something was last added to what was over, and summed up.
    pub(super) spoilt_at: Option<Timestamp>,
    hurry: Hurry,
}

/// How much is read before it is written.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub(super) events: u64,
    pub(super) time: Duration,
    /// Somebody waits for it.
    pub(super) is_awaited: bool,
}

/// What became of a set.
pub(super) enum Advanced {
    /// It has all that has happened.
    UpToDate(ReportSet),
    /// It has more than before.
    Partly,
    /// Somebody else was faster.
    Overtaken,
}

/// Tickets as they were after the last event that was read of them: some that were read lately, and twice as many at most. (A ticket is
/// large: where it stood in the map itself, to let the map grow took nearly as long as all else.)
#[derive(Default)]
struct Recent {
    young: HashMap<TicketId, Box<Ticket>>,
    old: HashMap<TicketId, Box<Ticket>>,
}

impl Recent {
    /// Where much is read that has happened before, of as many tickets as are open at a time on a large desk.
    const MAX: usize = 8_192;
    /// Where what happens is read as it happens, what it is about is read again: that is a look at a few rows.
    const AT_REST_MAX: usize = 1_024;

    fn rest(&mut self) {
        if self.young.len() + self.old.len() > Self::AT_REST_MAX {
            *self = Self::default();
        }
    }

    fn take(&mut self, id: TicketId) -> Option<Box<Ticket>> {
        self.young.remove(&id).or_else(|| self.old.remove(&id))
    }

    fn put(&mut self, ticket: Box<Ticket>) {
        if self.young.len() >= Self::MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(ticket.id, ticket);
    }
}

/// A part of the feed, as it is read for reports.
struct Page {
    events: Vec<(FeedPosition, TicketId, Event)>,
    last: FeedPosition,
    unreadable: u64,
}

impl<S: Store> Engine<S> {
    /// Adds to a set what has happened since, for as long as somebody wants to wait, and a page of it at least.
    pub(super) async fn advance(
        &self,
        reader: &mut Reader,
        set: ReportSet,
        budget: Budget,
        worker: Option<Uuid>,
    ) -> Result<Advanced, StoreError> {
        let began = Instant::now();
        let urgency = if budget.is_awaited {
            Urgency::Awaited
        } else {
            let newest = self.inner.store.newest_position().await?;
            reader.hurry.is_behind(newest.0.saturating_sub(set.position.0));
            reader.hurry.urgency(began.into_std())
        };
        let (mut sums, mut read) = (Batch::default(), set);
        let (mut events, mut is_all) = (0, false);
        loop {
            // Whoever waits for a report waits for this to end.
            let urgency = if self.inner.reports.is_asked() { Urgency::Awaited } else { urgency };
            let Some(page) = self.page(read.position, urgency).await? else {
                is_all = true;
                break;
            };
            events += page.events.len() as u64 + page.unreadable;
            read.unreadable += page.unreadable;
            for (index, (position, id, event)) in page.events.into_iter().enumerate() {
                // Whoever has something to do for somebody goes first.
                if index % PORTION == 0 {
                    yield_now().await;
                }
                read.as_of = read.as_of.max(event.recorded_at);
                if let Err(error) = self.fold(reader, &mut sums, id, &event).await? {
                    read.unreadable += 1;
                    tracing::error!(position = position.0, error, "an event is in no report: run `verify`");
                }
            }
            read.position = page.last;
            if events >= budget.events || began.elapsed() >= budget.time {
                break;
            }
            if urgency == Urgency::Aside && began.elapsed() >= Hurry::PATIENCE {
                break;
            }
        }
        // With a processor, it would have done more.
        if urgency == Urgency::Aside && began.elapsed() >= Hurry::PATIENCE && events < SLOWEST {
            reader.hurry.has_starved(Instant::now().into_std());
        }
        let figures = &self.inner.reports.figures;
        let unreadable = read.unreadable;
        let is_told = |behind| {
            if set.is_read {
                figures.behind.store(behind, Relaxed);
                figures.unreadable.store(unreadable, Relaxed);
            }
        };
        if is_all {
            reader.tickets.rest();
        }
        if read.position == set.position {
            is_told(0);
            return Ok(Advanced::UpToDate(set));
        }
        let now = self.now();
        let until = now.checked_add(ticketing_core::TimeDelta::from_std(WORKS).unwrap_or_default()).unwrap_or(now);
        read.worker = worker.map(|worker| (worker, until)).or(set.worker);
        let change = self.change(set.revision, read, &sums).await?;
        if !change.forget.is_empty() {
            reader.settled = None;
            reader.spoilt_at = Some(now);
        }
        if !self.inner.store.keep_sums(change).await? {
            return Ok(Advanced::Overtaken);
        }
        read.revision += 1;
        let newest = self.inner.store.newest_position().await?;
        is_told(newest.0.saturating_sub(read.position.0));
        Ok(if is_all { Advanced::UpToDate(read) } else { Advanced::Partly })
    }

    /// What comes after a position; `None`: there is nothing.
    async fn page(&self, after: FeedPosition, urgency: Urgency) -> Result<Option<Page>, StoreError> {
        let store = &self.inner.store;
        match store.events_after(after, PAGE, urgency).await {
            Ok(events) => {
                let last = events.last().map(|(position, ..)| *position);
                return Ok(last.map(|last| Page { events, last, unreadable: 0 }));
            }
            Err(StoreError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
        // One that cannot be read keeps nobody from the others; it is told with those that nobody is told.
        let page = self.read_feed(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        let events = page.entries.into_iter().map(|entry| (entry.position, entry.id, entry.event)).collect();
        Ok(Some(Page { events, last, unreadable: page.unreadable.len() as u64 }))
    }

    /// Adds what an event does to the figures. One whose ticket cannot be read does nothing, and it is answered why.
    async fn fold(
        &self,
        reader: &mut Reader,
        sums: &mut Batch,
        id: TicketId,
        event: &Event,
    ) -> Result<Result<(), String>, StoreError> {
        let before = match self.before(reader, id, event).await {
            Ok(before) => before,
            Err(StoreError::Damaged(error)) => return Ok(Err(error.to_string())),
            Err(error) => return Err(error),
        };
        let after = match &before {
            None => Ticket::opened(id, event).map(Box::new),
            Some(before) => {
                let mut after = before.clone();
                after.apply(event).map(|()| after)
            }
        };
        let after = match after {
            Ok(after) => after,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let mut book = self.book_for([&after.sla]).await?;
        if book.version(event.rules).is_none() {
            self.refresh_rules().await?;
            book = self.book();
        }
        for fact in facts(before.as_deref(), event, &after, &book) {
            sums.apply(&fact);
        }
        reader.tickets.put(after);
        Ok(Ok(()))
    }

    /// An event's ticket as it was before it.
    async fn before(
        &self,
        reader: &mut Reader,
        id: TicketId,
        event: &Event,
    ) -> Result<Option<Box<Ticket>>, StoreError> {
        let Some(version) = event.seq.checked_sub(1).filter(|version| *version > 0) else { return Ok(None) };
        if let Some(ticket) = reader.tickets.take(id).filter(|ticket| ticket.version == version) {
            return Ok(Some(ticket));
        }
        let history = self.inner.store.history(id).await?;
        let earlier = history.iter().map(|new| &new.event).filter(|earlier| earlier.seq <= version);
        let ticket = Ticket::replay(id, earlier).map_err(|error| StoreError::Damaged(error.into()))?;
        if ticket.version == version {
            Ok(Some(Box::new(ticket)))
        } else {
            Err(StoreError::Damaged("its history has a gap".into()))
        }
    }

    /// What becomes of a set to which sums are added.
    async fn change(&self, revision: u64, set: ReportSet, sums: &Batch) -> Result<SumsChange, StoreError> {
        let store = &self.inner.store;
        let hours: BTreeSet<Stretch> = sums.rollup.hours().map(|(_, hour, _)| hour).collect();
        // Hours that are next to each other are asked for together.
        let mut runs: Vec<Stretch> = Vec::new();
        for hour in &hours {
            match runs.last_mut() {
                Some(run) if run.until == hour.from => run.until = hour.until,
                _ => runs.push(*hour),
            }
        }
        let mut kept: BTreeMap<(Dimension, Stretch), Vec<u8>> = BTreeMap::new();
        for KeptSums { by, stretch, octets } in store.kept_sums(set.number, runs).await? {
            kept.insert((by, stretch), octets);
        }
        let mut keep = Vec::new();
        for (by, hour, sums) in sums.rollup.hours() {
            let octets = match kept.get(&(by, hour)) {
                None => sums.to_bytes(),
                Some(octets) => sums.added_to(octets).map_err(|error| StoreError::Damaged(error.into()))?,
            };
            keep.push(KeptSums { by, stretch: hour, octets });
        }
        let mut forget = store.kept_stretches(set.number).await?;
        forget.retain(|stretch| sums.spoils(stretch));
        Ok(SumsChange { revision, set, keep, forget })
    }
}

/// What is added at once.
#[derive(Default)]
struct Batch {
    rollup: Rollup,
    /// When something happened.
    quarters: BTreeSet<u32>,
    /// When first something happened to the backlog.
    stock_from: Option<u32>,
}

impl Batch {
    fn apply(&mut self, fact: &Fact) {
        let quarter = quarter(fact.at);
        self.quarters.insert(quarter);
        if matches!(fact.what, What::Entered { .. } | What::Left { .. }) {
            self.stock_from = Some(self.stock_from.map_or(quarter, |from| from.min(quarter)));
        }
        self.rollup.apply(fact);
    }

    /// Whether a stretch's sum is not what it was any more.
    fn spoils(&self, stretch: &Stretch) -> bool {
        match stretch.holds {
            Holds::Stock => self.stock_from.is_some_and(|from| stretch.depends_on(from)),
            _ => self.quarters.range(stretch.from..stretch.until).next().is_some(),
        }
    }
}
