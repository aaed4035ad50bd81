//! What tickets come to in figures, for whoever may read them.
//!
//! - Reports are read from sums that are kept in the store, hour by hour. [`reader`] adds to them what the feed says, and nobody who
//!   writes tickets does anything for them.
//! - [`longer`] sums up days and months that are over, and what there was at their ends: made of the hours, and thrown away where one
//!   of these changes.
//! - A set of sums that is made anew is made beside the one that is read, and takes its place when it has everything.

mod longer;
mod reader;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use ticketing_core::{
    Actor, TimeDelta, Timestamp, Uuid, Zone,
    report::{Dimension, FACTS_VERSION, Period, Query, Report, ReportError, Stretch},
    ticket::Scope,
};
use tokio::{
    sync::{Mutex, Semaphore},
    time::{Instant, timeout},
};

use self::reader::{Advanced, Budget, Reader};
use super::{Engine, EngineError, maintain::every, rest::Rest};
use crate::store::{Choose, ReportSet, SetNumber, Store, StoreError};

/// What a report is to tell. Whose tickets it may be of is known by who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportAsk {
    /// Its first instant, moved back to where a quarter of an hour begins.
    pub from: Timestamp,
    /// The first instant after it, likewise. What there is at an instant that is still to come is what there is now, and as old as now.
    pub until: Timestamp,
    /// Whose civil time its periods are of.
    pub zone: Zone,
    /// How long each period is. The first and the last are cut where the report begins and ends.
    pub period: Period,
    /// By what, if by anything.
    pub by: Option<Dimension>,
    /// Of which areas, aliases included; empty: of all.
    pub areas: Vec<String>,
    /// Of which values of the dimension that it is by; an empty one is no value. Empty: of all.
    pub values: Vec<String>,
}

impl ReportAsk {
    /// The same, of the tickets that somebody may read, asked at an instant.
    pub fn query(self, scope: Scope, now: Timestamp) -> Query {
        let Self { from, until, zone, period, by, areas, values } = self;
        Query { from, until, now, zone, period, by, scope, areas, values }
    }
}

/// What a report says, and how fresh it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportAnswer {
    /// What it says.
    pub report: Report,
    /// Everything up to then is in it.
    pub as_of: Timestamp,
    /// Events of the feed that are not in it yet.
    pub behind: u64,
}

/// How reports go.
#[derive(Debug, Default)]
pub struct ReportFigures {
    /// Events of the feed that no report has yet, as far as somebody has looked.
    pub behind: AtomicU64,
    /// Events that could not be read, and are in no report until all is made anew.
    pub unreadable: AtomicU64,
    /// How long the last report took, in microseconds.
    pub last_micros: AtomicU64,
}

/// What an engine has for reports.
pub(super) struct Reports {
    /// By which processes tell each other apart.
    identity: Uuid,
    reader: Mutex<Reader>,
    /// Reports that are read at once: each takes a processor for some milliseconds.
    places: Semaphore,
    /// How many places there are.
    at_once: usize,
    figures: Arc<ReportFigures>,
}

impl Reports {
    pub(super) fn new(identity: Option<Uuid>) -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, |count| count.get().div_ceil(2));
        Self {
            identity: identity.unwrap_or_else(Uuid::now_v7),
            reader: Mutex::default(),
            places: Semaphore::new(at_once),
            at_once,
            figures: Arc::default(),
        }
    }

    /// Whether somebody waits for a report.
    fn is_asked(&self) -> bool {
        self.places.available_permits() < self.at_once
    }
}

/// How much is read for one report that somebody waits for.
const FOR_A_REPORT: Budget = Budget { events: 5_000, time: Duration::from_millis(100), is_awaited: true };
/// How much is read between two writes where much is missing.
const AT_ONCE: Budget = Budget { events: 20_000, time: Duration::from_secs(2), is_awaited: true };
/// How often, at most, something is written where little is missing.
const PAUSE: Duration = Duration::from_secs(1);
/// How long days and months are left unmade after something was added to one of them: whoever takes over old tickets takes over many.
const CALMS_DOWN: TimeDelta = TimeDelta::seconds(10);
/// For how long a process that works on a set keeps others from doing the same.
const WORKS: Duration = Duration::from_secs(5);
/// How often it is looked whether a day is over, where nothing happens.
const LOOKS_FOR_LONGER: TimeDelta = TimeDelta::minutes(1);
/// How many sums of a set that is no more are forgotten at once.
const FORGOTTEN_AT_ONCE: u32 = 500;

impl<S: Store> Engine<S> {
    /// A report of the tickets that an actor may read.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester; [`EngineError::Report`] where there is no such report; or the store's.
    pub async fn report(&self, actor: &Actor, ask: &ReportAsk) -> Result<ReportAnswer, EngineError> {
        let began = Instant::now();
        let query = ask.clone().query(actor.scope(&self.rules())?, self.now());
        query.spans()?;
        let place = timeout(crate::store::WAIT_MAX, self.inner.reports.places.acquire()).await;
        let _place = place.ok().and_then(Result::ok).ok_or(StoreError::Overloaded)?;
        let asked_at = self.now();
        // What has been answered to anybody is to be in it.
        if let Err(error) = self.catch_up().await {
            tracing::warn!(%error, "what has happened could not be summed up: a report lacks it");
        }
        let newest = self.inner.store.newest_position().await?;
        let query = Arc::new(query);
        let wanted = Arc::clone(&query);
        let choose: Choose = Arc::new(move |kept: &[Stretch]| wanted.wants(kept.iter().copied()).unwrap_or_default());
        let sums = self.inner.store.report_sums(query.reads(), choose).await?;
        let rules = self.rules();
        let report = tokio::task::spawn_blocking(move || Report::read(&query, &sums.shelf, &rules)).await;
        let report = report.map_err(|error| StoreError::Unavailable(error.into()))?;
        let report = report.map_err(|error| match error {
            ReportError::Query(error) => EngineError::Report(error),
            ReportError::Sums(error) => StoreError::Damaged(error.into()).into(),
        })?;
        let behind = newest.0.saturating_sub(sums.set.map_or(0, |set| set.position.0));
        let as_of = if behind == 0 { asked_at } else { sums.set.map_or(Timestamp::MIN, |set| set.as_of) };
        let figures = &self.inner.reports.figures;
        figures.last_micros.store(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX), Relaxed);
        Ok(ReportAnswer { report, as_of, behind })
    }

    /// How reports go.
    pub fn report_figures(&self) -> Arc<ReportFigures> {
        Arc::clone(&self.inner.reports.figures)
    }

    /// Makes all that reports are read from anew, beside what there is, and has them read it when it has everything; answers of how many
    /// events. Reports go on meanwhile, and so do the processes that share the store, of which one may do the work.
    ///
    /// # Errors
    /// When the store fails; what was made so far is kept, and gone on with.
    pub async fn rebuild_reports(&self) -> Result<u64, StoreError> {
        self.inner.store.give_positions().await?;
        let newest = self.inner.store.newest_position().await?;
        let sets = self.inner.store.report_sets().await?;
        let number = match sets.iter().find(|set| !set.is_read && set.facts_version == FACTS_VERSION) {
            Some(set) => set.number,
            None => self.begin_set(&sets).await?,
        };
        loop {
            let sets = self.inner.store.report_sets().await?;
            let Some(set) = sets.iter().find(|set| set.number == number) else {
                // It has become the one that is read, and another one is by now.
                break;
            };
            let has_more = self.work_on(set, AT_ONCE).await?;
            // Where there was none before, it is read at once; with it, all that is longer is summed up.
            if set.is_read && set.position >= newest && !has_more {
                break;
            }
            if !has_more {
                tokio::time::sleep(PAUSE).await;
            }
        }
        while self.inner.store.forget_sums(FORGOTTEN_AT_ONCE).await? > 0 {}
        Ok(self.inner.store.newest_position().await?.0)
    }

    /// Sums up what has happened, and what days and months that are over come to; answers whether there is more to do. Where another
    /// process does so, it is left to that one. Whoever runs an engine calls this every second, or as often as it answers that there is
    /// more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn roll_up(&self) -> Result<bool, StoreError> {
        let store = &self.inner.store;
        let sets = store.report_sets().await?;
        let Some(read) = sets.iter().find(|set| set.is_read) else {
            self.begin_set(&sets).await?;
            return Ok(true);
        };
        // Another one may have been begun when facts were something else, and not been finished.
        let is_begun = sets.iter().any(|set| !set.is_read && set.facts_version == FACTS_VERSION);
        if read.facts_version < FACTS_VERSION && !is_begun {
            tracing::info!("what reports are read from is made anew");
            self.begin_set(&sets).await?;
            return Ok(true);
        }
        let mut has_more = false;
        // What is read may be damaged: that keeps nobody from what is made in its place.
        let (made, read) = (sets.iter().filter(|set| !set.is_read), sets.iter().filter(|set| set.is_read));
        for set in made.chain(read).filter(|set| set.facts_version == FACTS_VERSION) {
            // What is made anew is waited for.
            has_more |= self.work_on(set, Budget { is_awaited: !set.is_read, ..AT_ONCE }).await?;
        }
        if sets.len() == 1 && !self.inner.reports.reader.lock().await.has_tidied {
            let is_tidy = store.forget_sums(FORGOTTEN_AT_ONCE).await? == 0;
            self.inner.reports.reader.lock().await.has_tidied = is_tidy;
            has_more |= !is_tidy;
        }
        Ok(has_more)
    }

    /// Goes on with a set, unless another process does; answers whether there is more to do.
    async fn work_on(&self, set: &ReportSet, budget: Budget) -> Result<bool, StoreError> {
        let (identity, now) = (self.inner.reports.identity, self.now());
        // Nobody says that they work for longer, but whose clock was ahead.
        let may_last = now.checked_add(TimeDelta::from_std(2 * WORKS).unwrap_or_default()).unwrap_or(now);
        if set.worker.is_some_and(|(worker, until)| worker != identity && (now..may_last).contains(&until)) {
            return Ok(false);
        }
        let mut reader = self.inner.reports.reader.lock().await;
        let set = match self.advance(&mut reader, *set, budget, Some(identity)).await? {
            Advanced::Partly => return Ok(true),
            // It has done what was to be done.
            Advanced::Overtaken => return Ok(false),
            Advanced::UpToDate(set) => set,
        };
        let now = self.now();
        let is_settled = reader.settled.is_some_and(|(number, seen_at)| {
            // Where the clock was set back, it is looked again.
            number == set.number && seen_at <= now && now.since(seen_at) < LOOKS_FOR_LONGER
        });
        // What is made now would be thrown away by what comes next. Without it, reports read hours, and say the same.
        let is_moving = reader.spoilt_at.is_some_and(|at| at <= now && now.since(at) < CALMS_DOWN);
        drop(reader);
        if set.is_read && is_moving {
            return Ok(false);
        }
        if !is_settled {
            if self.keep_longer(&set).await? {
                return Ok(true);
            }
            self.inner.reports.reader.lock().await.settled = Some((set.number, now));
        }
        if set.is_read {
            return Ok(false);
        }
        let is_done = self.inner.store.publish_reports(set.number, set.revision).await?;
        if is_done {
            tracing::info!(events = set.position.0, "reports are read from what was made anew");
            self.inner.reports.reader.lock().await.has_tidied = false;
        }
        Ok(true)
    }

    /// Begins a set after all that there are.
    async fn begin_set(&self, sets: &[ReportSet]) -> Result<SetNumber, StoreError> {
        let number = SetNumber(sets.iter().map(|set| set.number.0).max().unwrap_or_default() + 1);
        let set = ReportSet {
            number,
            is_read: false,
            revision: 0,
            facts_version: FACTS_VERSION,
            position: crate::store::FeedPosition::default(),
            as_of: Timestamp::MIN,
            unreadable: 0,
            worker: None,
        };
        // Where somebody else was faster, theirs has that number.
        self.inner.store.begin_reports(set).await?;
        Ok(number)
    }

    /// Sums up what has happened before a report is read, where that is little.
    async fn catch_up(&self) -> Result<(), StoreError> {
        const ATTEMPTS: u32 = 8;
        let store = &self.inner.store;
        store.give_positions().await?;
        // What happens from now on need not be in it.
        let newest = store.newest_position().await?;
        let until = Instant::now() + FOR_A_REPORT.time;
        let mut has_read = false;
        let mut reader = None;
        for _ in 0..ATTEMPTS {
            let sets = store.report_sets().await?;
            let Some(set) = sets.iter().find(|set| set.is_read) else {
                self.begin_set(&sets).await?;
                continue;
            };
            let missing = newest.0.saturating_sub(set.position.0);
            if missing == 0 || missing > FOR_A_REPORT.events || set.facts_version != FACTS_VERSION {
                break;
            }
            // A page is always read; whatever takes longer is missing, and said to be.
            if has_read && Instant::now() >= until {
                break;
            }
            let Some(reader) = reader.as_mut() else {
                // Somebody in this process may be reading just that: what is missing when they have done is another question.
                let Ok(own) = timeout(FOR_A_REPORT.time, self.inner.reports.reader.lock()).await else { break };
                reader = Some(own);
                continue;
            };
            let time = until.saturating_duration_since(Instant::now());
            let advanced = self.advance(reader, *set, Budget { time, ..FOR_A_REPORT }, None).await?;
            has_read = !matches!(advanced, Advanced::Overtaken);
        }
        Ok(())
    }

    /// What has happened is summed up once a second, or soon after a burst.
    pub(super) async fn keep_reports(&self) {
        let mut ticks = every(PAUSE);
        let mut rest = Rest::default();
        loop {
            ticks.tick().await;
            let now = || Instant::now().into_std();
            let mut done = Ok(());
            while !rest.is_due(self.inner.store.written(), now()) {
                match self.roll_up().await {
                    Ok(true) => tokio::task::yield_now().await,
                    Ok(false) => {
                        rest.has_followed(now());
                        break;
                    }
                    Err(error) => {
                        done = Err(error);
                        break;
                    }
                }
            }
            // Another process may do it.
            if let Err(error) = match done {
                Ok(()) => self.count_behind().await,
                failed => failed,
            } {
                tracing::error!(%error, "what has happened could not be summed up for reports");
            }
        }
    }

    /// Counts the events that reports lack.
    async fn count_behind(&self) -> Result<(), StoreError> {
        let store = &self.inner.store;
        let newest = store.newest_position().await?;
        if let Some(read) = store.report_sets().await?.iter().find(|set| set.is_read) {
            self.inner.reports.figures.behind.store(newest.0.saturating_sub(read.position.0), Relaxed);
        }
        Ok(())
    }
}
