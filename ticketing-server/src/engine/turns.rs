use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use ticketing_core::TicketId;
use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    time::timeout,
};

use crate::store::StoreError;

/// How long anybody waits for their turn. Each turn before it takes a transaction at most, with the wait for that.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Who was beaten to a ticket waits for their turn at it: of many at once, each that tried again with all the others would be
/// beaten as often as there are others.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<TicketId, Weak<Turn<()>>>>);

impl Turns {
    /// Waits behind those who wait; nothing where nobody does.
    pub(super) async fn join(&self, id: TicketId) -> Result<Option<OwnedMutexGuard<()>>, StoreError> {
        let turn = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).and_then(Weak::upgrade);
        match turn {
            Some(turn) => Self::at_last(turn).await.map(Some),
            None => Ok(None),
        }
    }

    /// Waits until those who have come before are done with the ticket. The turn is over when the guard is dropped.
    pub(super) async fn wait(&self, id: TicketId) -> Result<OwnedMutexGuard<()>, StoreError> {
        Self::at_last(self.at(id)).await
    }

    async fn at_last(turn: Arc<Turn<()>>) -> Result<OwnedMutexGuard<()>, StoreError> {
        timeout(WAIT_MAX, turn.lock_owned()).await.map_err(|_| StoreError::Overloaded)
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
