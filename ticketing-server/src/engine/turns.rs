use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use ticketing_core::TicketId;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Who was beaten to a ticket waits for their turn at it: of many at once, each that tried again with all the others would be
/// beaten as often as there are others.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<TicketId, Weak<Turn<()>>>>);

impl Turns {
    /// Waits behind those who wait; nothing where nobody does.
    pub(super) async fn join(&self, id: TicketId) -> Option<OwnedMutexGuard<()>> {
        let turn = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).and_then(Weak::upgrade)?;
        Some(turn.lock_owned().await)
    }

    /// Waits until those who have come before are done with the ticket. The turn is over when the guard is dropped.
    pub(super) async fn wait(&self, id: TicketId) -> OwnedMutexGuard<()> {
        let turn = self.at(id);
        turn.lock_owned().await
    }

    fn at(&self, id: TicketId) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&id).and_then(Weak::upgrade) {
            return turn;
        }
        // The others that are left are few: tickets at which somebody waits now.
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(id, Arc::downgrade(&turn));
        turn
    }
}
