use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OnceCell, watch};

use crate::{
    Engine,
    store::{FeedEntry, FeedPage, FeedPosition, Store, StoreError},
};

/// Events of a page, at most. Pages end where their number does, so that those who were apart come to the same ones.
const PAGE: u32 = 128;
/// Pages that are kept for those who come a little later.
const KEPT: usize = 16;
/// How often, at most, somebody who has come to the end looks for more.
const PAUSE: Duration = Duration::from_millis(50);

/// The feed as rounds read it: each page is read once for all who are at about the same place, and a fixed number is kept.
pub(super) struct Pages<S> {
    engine: Engine<S>,
    kept: Mutex<VecDeque<(FeedPosition, Slot)>>,
}

type Slot = Arc<OnceCell<Page>>;

/// What comes after a position.
#[derive(Clone)]
pub(super) struct Page {
    /// What can be read of it.
    pub(super) entries: Arc<[Arc<FeedEntry>]>,
    /// Where it ends.
    pub(super) last: FeedPosition,
}

/// Why there is no page.
enum Without {
    Events,
    Store(StoreError),
}

impl<S: Store> Pages<S> {
    pub(super) fn new(engine: Engine<S>) -> Self {
        Self { engine, kept: Mutex::default() }
    }

    /// To be told when there may be more.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.engine.inner.news.listen()
    }

    /// What comes after a position, as soon as there is something.
    pub(super) async fn after(
        &self,
        position: FeedPosition,
        news: &mut watch::Receiver<()>,
    ) -> Result<Page, StoreError> {
        loop {
            news.mark_unchanged();
            let slot = self.slot(position);
            match slot.get_or_try_init(|| self.read(position)).await {
                Ok(page) => return Ok(page.clone()),
                Err(Without::Store(error)) => return Err(error),
                Err(Without::Events) => {}
            }
            if self.engine.newest_seen() <= position {
                // The engine is there as long as this is: there is always somebody to tell.
                let _ = news.changed().await;
            }
            // What comes together is read together.
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn slot(&self, after: FeedPosition) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, slot)) = kept.iter().find(|(position, _)| *position == after) {
            return Arc::clone(slot);
        }
        if kept.len() == KEPT {
            kept.pop_front();
        }
        let slot = Slot::default();
        kept.push_back((after, Arc::clone(&slot)));
        slot
    }

    async fn read(&self, after: FeedPosition) -> Result<Page, Without> {
        let FeedPage { mut entries, mut unreadable } =
            self.engine.read_feed(after, PAGE).await.map_err(Without::Store)?;
        let page_of = |position: FeedPosition| position.0.saturating_sub(1) / u64::from(PAGE);
        let positions = || {
            let readable = entries.iter().map(|entry| entry.position);
            readable.chain(unreadable.iter().map(|(position, _)| *position))
        };
        let Some(first) = positions().min().map(page_of) else { return Err(Without::Events) };
        entries.retain(|entry| page_of(entry.position) == first);
        unreadable.retain(|(position, _)| page_of(*position) == first);
        let page = FeedPage { entries, unreadable };
        let last = page.last().unwrap_or(after);
        Ok(Page { entries: page.entries.into_iter().map(Arc::new).collect(), last })
    }
}
