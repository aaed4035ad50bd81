use std::time::Duration;

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
    /// It is this process's until then, whatever the store says meanwhile.
    until: Option<Instant>,
    asked_at: Option<Instant>,
}

impl Holder {
    pub(super) fn new(lease: Lease) -> Self {
        Self { lease, until: None, asked_at: None }
    }

    /// Takes the lease or holds it for longer; whether it is this process's.
    pub(super) async fn hold<S: Store>(&mut self, engine: &Engine<S>) -> bool {
        let asked_at = Instant::now();
        if self.asked_at.is_some_and(|at| asked_at.duration_since(at) < RENEWAL) {
            return self.holds(asked_at);
        }
        self.asked_at = Some(asked_at);
        let now = engine.now();
        // On a clock that ends, there is nobody else.
        let length = TimeDelta::from_std(LENGTH).unwrap_or_default();
        let until = now.checked_add(length).unwrap_or(now);
        // A store that does not answer is no reason to go on for longer than was granted.
        let patience = self.until.unwrap_or(asked_at + LENGTH);
        let taken = timeout_at(patience, engine.inner.store.take_lease(&self.lease, now, until)).await;
        match taken {
            Ok(Ok(true)) => self.until = Some(asked_at + LENGTH),
            Ok(Ok(false)) => self.until = None,
            Ok(Err(error)) => tracing::warn!(%error, lease = self.lease.name, "a lease could not be held"),
            Err(_) => tracing::warn!(lease = self.lease.name, "a lease could not be held in time"),
        }
        self.holds(Instant::now())
    }

    fn holds(&self, at: Instant) -> bool {
        self.until.is_some_and(|until| at < until)
    }

    /// Gives it back, where it is this process's.
    pub(super) async fn release<S: Store>(&mut self, engine: &Engine<S>) {
        if self.until.take().is_some()
            && let Err(error) = engine.inner.store.release_lease(&self.lease).await
        {
            tracing::warn!(%error, lease = self.lease.name, "a lease was not given back: others wait until it is over");
        }
        self.asked_at = None;
    }
}
