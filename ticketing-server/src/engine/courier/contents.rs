use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use ticketing_core::TicketId;
use tokio::{sync::Mutex, time::Instant};

use super::Carrier;
use crate::{
    Engine,
    store::{FeedEntry, Store, StoreError},
};

/// How long what was made of a ticket is as good as new.
const FRESH: Duration = Duration::from_secs(1);
/// Tickets of which something is kept, at least, before what is not fresh any more is thrown away.
const KEPT_MIN: usize = 1_024;

/// What was made of tickets a moment ago: each is read once for all of its events and all recipients that are there by then.
pub(super) struct Contents<T>(StdMutex<Kept<T>>);

struct Kept<T> {
    slots: HashMap<TicketId, Slot<T>>,
    /// At so many of them, what is not fresh is thrown away.
    max: usize,
}

/// The first who needs it makes it for all.
type Slot<T> = Arc<Mutex<Option<Made<T>>>>;

struct Made<T> {
    at: Instant,
    /// Of the ticket.
    version: u32,
    content: Arc<T>,
}

impl<T> Made<T> {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < FRESH
    }
}

impl<T: Send + Sync> Contents<T> {
    pub(super) fn new() -> Self {
        Self(StdMutex::new(Kept { slots: HashMap::new(), max: KEPT_MIN }))
    }

    /// What is made of an event's ticket as it is now; `None` where there is no such ticket any more.
    pub(super) async fn of<S: Store, C: Carrier<S, Content = T>>(
        &self,
        entry: &FeedEntry,
        engine: &Engine<S>,
        carrier: &C,
    ) -> Result<Option<Arc<T>>, StoreError> {
        let slot = self.slot(entry.id);
        let mut made = slot.lock().await;
        if let Some(made) = made.as_ref().filter(|made| made.is_fresh() && made.version >= entry.event.seq) {
            return Ok(Some(Arc::clone(&made.content)));
        }
        let at = Instant::now();
        let Some((content, version)) = carrier.content(engine, entry).await? else { return Ok(None) };
        let content = Arc::new(content);
        *made = Some(Made { at, version, content: Arc::clone(&content) });
        Ok(Some(content))
    }

    fn slot(&self, id: TicketId) -> Slot<T> {
        let Kept { slots, max } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= *max {
            // One that is locked is being made.
            slots.retain(|_, slot| slot.try_lock().map_or(true, |made| made.as_ref().is_some_and(Made::is_fresh)));
            *max = KEPT_MIN.max(2 * slots.len());
        }
        Arc::clone(slots.entry(id).or_default())
    }
}
