use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use ticketing_core::ticket::ActorId;

use super::IdempotencyKey;

type Entry = (Option<ActorId>, String);

/// The idempotency keys of the requests that this process is working on.
#[derive(Default)]
pub(super) struct InFlight(Mutex<HashSet<Entry>>);

impl InFlight {
    /// Enters a key until the guard is dropped; `None` while it is entered already.
    pub(super) fn enter(&self, key: &IdempotencyKey) -> Option<Guard<'_>> {
        let entry = (key.owner, key.key.clone());
        let entered = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.clone());
        entered.then(|| Guard { in_flight: self, entry })
    }
}

pub(super) struct Guard<'a> {
    in_flight: &'a InFlight,
    entry: Entry,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}
