use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use super::Carrier;
use crate::{
    Engine,
    store::{FeedEntry, Store, StoreError},
};

/// How long what was made of a ticket is as good as new.
const FRESH: Duration = Duration::from_secs(1);

/// An event on its way, to however many recipients.
pub(super) struct Letter<T> {
    pub(super) entry: FeedEntry,
    /// What was made of its ticket, and when. The first who needs it makes it for all.
    content: Mutex<Option<(Instant, Arc<T>)>>,
}

impl<T: Send + Sync> Letter<T> {
    pub(super) fn new(entry: FeedEntry) -> Self {
        Self { entry, content: Mutex::default() }
    }

    /// What is made of its ticket as it is now; `None` where there is no such ticket any more.
    pub(super) async fn content<S: Store, C: Carrier<S, Content = T>>(
        &self,
        engine: &Engine<S>,
        carrier: &C,
    ) -> Result<Option<Arc<T>>, StoreError> {
        let mut content = self.content.lock().await;
        if let Some((made_at, content)) = &*content
            && made_at.elapsed() < FRESH
        {
            return Ok(Some(Arc::clone(content)));
        }
        let made_at = Instant::now();
        let Some(made) = carrier.content(engine, &self.entry).await? else { return Ok(None) };
        let made = Arc::new(made);
        *content = Some((made_at, Arc::clone(&made)));
        Ok(Some(made))
    }
}
