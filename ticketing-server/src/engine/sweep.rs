use ticketing_core::{Actor, Command};
use tokio::task::JoinSet;

use super::{Engine, EngineError};
use crate::store::{Store, StoreError};

/// How many tickets are worked at once: they share their commits.
const AT_ONCE: u32 = 100;

/// What is done to tickets when its time has come.
#[derive(Clone, Copy)]
enum Chore {
    /// What has been resolved for long enough is closed.
    Close,
    /// What clocks came to is noted, and done about.
    KeepTime,
    /// What has been over for long enough says nothing any more.
    Anonymise,
}

impl<S: Store> Engine<S> {
    /// Closes the tickets that have been resolved for as long as the rules say; answers how many. Whoever runs an engine calls
    /// this every minute or so.
    ///
    /// # Errors
    /// When the store fails; some may have been closed.
    pub async fn close_resolved(&self) -> Result<u32, StoreError> {
        self.sweep(Chore::Close).await
    }

    /// Notes in their histories which tickets have come to be at risk or have breached a target, once each, and does what their
    /// policies want done about it; answers how many tickets. Whoever runs an engine calls this twice a second: where there is
    /// nothing to do, it looks at one entry of an index.
    ///
    /// # Errors
    /// When the store fails; some may have been noted.
    pub async fn keep_time(&self) -> Result<u32, StoreError> {
        self.sweep(Chore::KeepTime).await
    }

    /// Erases what tickets say that have been over for as long as the rules keep that; answers how many. Whoever runs an engine calls
    /// this every minute or so: where there is nothing to do, it looks at one entry of an index.
    ///
    /// # Errors
    /// When the store fails; some may have been erased.
    pub async fn anonymise(&self) -> Result<u32, StoreError> {
        self.sweep(Chore::Anonymise).await
    }

    async fn sweep(&self, chore: Chore) -> Result<u32, StoreError> {
        let (mut done, mut left) = (0, 0);
        loop {
            let store = &self.inner.store;
            // Those to which it could not be done come first again.
            let found = match chore {
                Chore::Close => match self.rules().resolved_until(self.now()) {
                    Some(until) => store.resolved_until(until, left, AT_ONCE).await?,
                    None => return Ok(done),
                },
                Chore::KeepTime => store.moments_until(self.now(), left, AT_ONCE).await?,
                Chore::Anonymise => match self.rules().erases_before(self.now()) {
                    Some(before) => store.over_until(before, left, AT_ONCE).await?,
                    None => return Ok(done),
                },
            };
            if found.is_empty() {
                return Ok(done);
            }
            let mut tasks = JoinSet::new();
            for id in found {
                let engine = self.clone();
                tasks.spawn(async move {
                    let outcome = match chore {
                        Chore::Close => engine.execute(id, &Actor::System, Command::CloseItself).await.map(drop),
                        Chore::KeepTime => engine.execute(id, &Actor::System, Command::KeepTime).await.map(drop),
                        Chore::Anonymise => engine.anonymise_ticket(id).await,
                    };
                    (id, outcome)
                });
            }
            let mut failed = None;
            while let Some(ended) = tasks.join_next().await {
                let Ok((id, outcome)) = ended else {
                    left += 1;
                    continue;
                };
                match outcome {
                    Ok(()) => done += 1,
                    // Somebody was faster, or it is the next time's.
                    Err(EngineError::Refused(_) | EngineError::NotFound | EngineError::Contended) => left += 1,
                    Err(EngineError::Store(
                        error @ (StoreError::Unavailable(_) | StoreError::Unwritable(_) | StoreError::Overloaded),
                    )) => {
                        failed = Some(error);
                    }
                    // One that cannot be read keeps no other waiting.
                    Err(error) => {
                        tracing::error!(%error, ticket.id = %id, "what was due could not be done to a ticket");
                        left += 1;
                    }
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
    }
}
