use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ticketing_core::TimeDelta;
use tokio::time::{Instant, timeout_at};

use super::Engine;
use crate::store::{Lease, Store};

/// How long a lease is good for: a dead process's moves on when that is over.
const LENGTH: Duration = Duration::from_secs(5);
/// How often it is prolonged, or tried to be taken.
const RENEWAL: Duration = Duration::from_secs(1);

/// A lease, as this process knows it.
pub(super) struct Holder {
    lease: Lease,
    known: Mutex<Known>,
}

#[derive(Clone, Copy, Default)]
struct Known {
    /// It is this process's until then, whatever the store says meanwhile.
    until: Option<Instant>,
    asked_at: Option<Instant>,
}

impl Holder {
    pub(super) fn new(lease: Lease) -> Self {
        Self { lease, known: Mutex::default() }
    }

    /// Whether the lease is this process's now.
    pub(super) fn holds(&self) -> bool {
        self.known().until.is_some_and(|until| Instant::now() < until)
    }

    /// Takes the lease or holds it for longer; whether it is this process's.
    pub(super) async fn hold<S: Store>(&self, engine: &Engine<S>) -> bool {
        let (asked_at, known) = (Instant::now(), self.known());
        if known.asked_at.is_some_and(|at| asked_at.duration_since(at) < RENEWAL) {
            return self.holds();
        }
        let now = engine.now();
        // On a clock that ends, there is nobody else.
        let until = now.checked_add(TimeDelta::from_std(LENGTH).unwrap_or_default()).unwrap_or(now);
        // A store that does not answer is no reason to go on for longer than was granted.
        let patience = known.until.unwrap_or(asked_at + LENGTH);
        let taken = timeout_at(patience, engine.inner.store.take_lease(&self.lease, now, until)).await;
        let until = match taken {
            Ok(Ok(true)) => Some(asked_at + LENGTH),
            Ok(Ok(false)) => None,
            Ok(Err(error)) => {
                tracing::warn!(%error, lease = self.lease.name, "a lease could not be held");
                known.until
            }
            Err(_) => {
                tracing::warn!(lease = self.lease.name, "a lease could not be held in time");
                None
            }
        };
        self.know(Known { until, asked_at: Some(asked_at) });
        self.holds()
    }

    /// Gives it back, where it is this process's.
    pub(super) async fn release<S: Store>(&self, engine: &Engine<S>) {
        if self.known().until.is_none() {
            return;
        }
        self.know(Known::default());
        if let Err(error) = engine.inner.store.release_lease(&self.lease).await {
            tracing::warn!(%error, lease = self.lease.name, "a lease was not given back: others wait until it is over");
        }
    }

    fn known(&self) -> Known {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}
