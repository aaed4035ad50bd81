use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// The idempotency keys of the requests that this process is working on.
#[derive(Default)]
pub(super) struct InFlight(Mutex<HashSet<String>>);

impl InFlight {
    /// Enters a key until the guard is dropped; `None` while it is entered already.
    pub(super) fn enter(&self, key: &str) -> Option<Guard<'_>> {
        let entered = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        entered.then(|| Guard { in_flight: self, key: key.to_owned() })
    }
}

pub(super) struct Guard<'a> {
    in_flight: &'a InFlight,
    key: String,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
