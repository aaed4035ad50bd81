//! How many open tickets are overdue, or will be soon: counted in what lists read, because time alone changes it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ticketing_core::{Actor, Status, TimeDelta, Timestamp, sla::ClockState, ticket::Scope};
use tokio::sync::Mutex as AsyncMutex;

use super::{DeskClock, Engine, EngineError, ListRequest};
use crate::store::Store;

/// Within how many hours tickets are counted as due soon.
pub const DUE_HOURS: [u32; 3] = [1, 4, 24];

/// So many tickets are read at once.
const PAGE: u32 = 1_000;
/// What was counted is believed for so many times as long as it took, so that a desk of any size spends a tenth of its time on it.
const BELIEVED_TIMES: i32 = 10;
/// Counts of so many areas are kept.
const KEPT_MAX: usize = 256;

/// What open tickets have left for their resolution, at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// The instant.
    pub at: Timestamp,
    /// Open and not archived.
    pub open: u64,
    /// Of those: their time is up.
    pub overdue: u64,
    /// Of those that are not overdue and whose clocks run: due within each of [`DUE_HOURS`], which has those before it too.
    pub due: [u64; DUE_HOURS.len()],
    /// Not overdue, and their clocks stand still.
    pub still: u64,
    /// Nothing was promised.
    pub without: u64,
}

impl Deadlines {
    const fn none(at: Timestamp) -> Self {
        Self { at, open: 0, overdue: 0, due: [0; DUE_HOURS.len()], still: 0, without: 0 }
    }

    fn count(&mut self, clock: Option<DeskClock>) {
        self.open += 1;
        let Some(DeskClock { reading, .. }) = clock else {
            self.without += 1;
            return;
        };
        match reading.state {
            ClockState::Breached => self.overdue += 1,
            ClockState::Paused => self.still += 1,
            ClockState::Running | ClockState::Met => {
                let left = reading.due.map(|due| due.since(self.at));
                for (hours, count) in DUE_HOURS.into_iter().zip(&mut self.due) {
                    *count += u64::from(left.is_some_and(|left| left <= TimeDelta::hours(hours.into())));
                }
            }
        }
    }
}

/// What was counted a moment ago, by whose tickets and of which areas.
#[derive(Default)]
pub(super) struct Counted(Mutex<HashMap<Counts, Arc<AsyncMutex<Option<Kept>>>>>);

type Counts = (Scope, Option<Vec<String>>);

struct Kept {
    deadlines: Deadlines,
    until: Timestamp,
}

impl Counted {
    fn place(&self, counts: Counts) -> Arc<AsyncMutex<Option<Kept>>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= KEPT_MAX && !places.contains_key(&counts) {
            places.clear();
        }
        Arc::clone(places.entry(counts).or_default())
    }
}

impl<S: Store> Engine<S> {
    /// What the open tickets have left that an actor may see, of an area or of all.
    ///
    /// Each of them is read; whoever asks meanwhile, or shortly after, gets what comes out.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester; or the store's.
    pub async fn deadlines(&self, actor: &Actor, area: Option<&str>) -> Result<Deadlines, EngineError> {
        let rules = self.rules();
        let counts = (actor.scope(&rules)?, area.map(|area| rules.area_keys(area)));
        let place = self.inner.counted.place(counts);
        let mut kept = place.lock().await;
        let began = self.now();
        // Not one of a time that is still to come, where the clock was set back.
        if let Some(Kept { deadlines, until }) = &*kept
            && (deadlines.at..*until).contains(&began)
        {
            return Ok(*deadlines);
        }
        let mut deadlines = Deadlines::none(began);
        for status in Status::ALL.into_iter().filter(|status| status.is_open()) {
            let mut before = None;
            loop {
                let area = area.map(str::to_owned);
                let (status, is_archived) = (Some(status), Some(false));
                let request = ListRequest { area, status, is_archived, before, ..ListRequest::newest(PAGE) };
                let page = self.list(actor, request).await?;
                page.tickets.iter().for_each(|(_, clock)| deadlines.count(*clock));
                before = page.tickets.last().map(|(ticket, _)| ticket.label);
                if !page.has_more {
                    break;
                }
            }
        }
        let ended = self.now();
        let until = ended.checked_add(ended.since(began) * BELIEVED_TIMES).unwrap_or(ended);
        *kept = Some(Kept { deadlines, until });
        Ok(deadlines)
    }
}
