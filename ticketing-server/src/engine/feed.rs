use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use ticketing_core::Actor;
use tokio::sync::watch;

use super::{Engine, EngineError};
use crate::store::{FeedEntry, FeedPage, FeedPosition, Store, StoreError};

/// How many events are read at once.
const AT_ONCE: u32 = 100;
/// How often, at most, somebody who follows looks for more: of a thousand events in a second they get ten pages.
const PAUSE: Duration = Duration::from_millis(100);

/// Tells those who follow that there may be news.
#[derive(Debug)]
pub(super) struct News(watch::Sender<()>);

impl Default for News {
    fn default() -> Self {
        Self(watch::channel(()).0)
    }
}

impl News {
    pub(super) fn tell(&self) {
        self.0.send_replace(());
    }

    /// Is told from now on.
    pub(super) fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// What was passed over because it cannot be read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    known: Mutex<BTreeSet<FeedPosition>>,
    count: Arc<AtomicU64>,
}

impl Unreadable {
    /// Many come by the same ones, again and again.
    fn note(&self, unreadable: &[(FeedPosition, String)]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (position, error) in unreadable {
            if known.insert(*position) {
                self.count.fetch_add(1, Relaxed);
                tracing::error!(
                    position = position.0,
                    error,
                    "an event cannot be read and is told to nobody: run `verify`"
                );
            }
        }
    }
}

/// Somebody who follows what happens, from a position on.
pub struct Follower<S> {
    engine: Engine<S>,
    actor: Actor,
    position: FeedPosition,
    news: watch::Receiver<()>,
}

impl<S: Store> Engine<S> {
    /// Follows what happens to the tickets that an actor may read, from a position on, or from now on.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester; or the store's.
    pub async fn follow(&self, actor: &Actor, after: Option<FeedPosition>) -> Result<Follower<S>, EngineError> {
        actor.scope(&self.rules())?;
        // Listened to first: what happens from here on is news.
        let news = self.inner.news.listen();
        let newest = self.newest(after).await?;
        // There is nothing beyond the newest: whoever knows of more has it from another file.
        let position = after.map_or(newest, |after| after.min(newest));
        Ok(Follower { engine: self.clone(), actor: actor.clone(), position, news })
    }

    /// What has happened after a position to the tickets that an actor may read, of at most so many events; `None`: nothing yet. And
    /// where to go on.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester; or the store's.
    pub async fn feed_page(
        &self,
        actor: &Actor,
        after: Option<FeedPosition>,
        max: u32,
    ) -> Result<(Vec<FeedEntry>, FeedPosition), EngineError> {
        let scope = actor.scope(&self.rules())?;
        let newest = self.newest(after).await?;
        let Some(after) = after else { return Ok((Vec::new(), newest)) };
        // There is nothing beyond the newest: whoever knows of more has it from another file.
        let after = after.min(newest);
        let page = self.read_feed(after, max).await?;
        let last = page.last().unwrap_or(after);
        let mut entries = page.entries;
        entries.retain(|entry| scope.follows(&entry.area, &entry.event));
        Ok((entries, last))
    }

    /// What comes after a position. What cannot be read of it is passed over, and told once: whoever follows goes on behind it.
    pub(super) async fn read_feed(&self, after: FeedPosition, max: u32) -> Result<FeedPage, StoreError> {
        let page = self.inner.store.feed_page(after, max).await?;
        if !page.unreadable.is_empty() {
            self.inner.unreadable.note(&page.unreadable);
        }
        Ok(page)
    }

    /// How many events could not be told to anybody because they cannot be read, as far as somebody has come by them.
    pub fn unreadable_events(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.inner.unreadable.count)
    }

    /// The newest position. Whoever begins there is not told what has happened before, also where that had no place yet.
    async fn newest(&self, after: Option<FeedPosition>) -> Result<FeedPosition, StoreError> {
        if after.is_none() {
            self.inner.store.give_positions().await?;
        }
        self.inner.store.newest_position().await
    }

    pub(super) fn newest_seen(&self) -> FeedPosition {
        *self.inner.newest_seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives what has happened its place in the feed, where the store does not do so by itself, and tells those who follow; answers
    /// whether there was anything. Whoever runs an engine calls this after each change, and twice a second.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn give_positions(&self) -> Result<bool, StoreError> {
        let has_given = self.inner.store.give_positions().await?;
        if has_given {
            self.look_for_news().await?;
        }
        Ok(has_given)
    }

    /// Has those who follow look for what other processes have done. Whoever runs an engine calls this twice a second.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn look_for_news(&self) -> Result<(), StoreError> {
        let newest = self.inner.store.newest_position().await?;
        let mut seen = self.inner.newest_seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen != newest {
            *seen = newest;
            self.inner.news.tell();
        }
        Ok(())
    }
}

impl<S: Store> Follower<S> {
    /// Where they are.
    pub const fn position(&self) -> FeedPosition {
        self.position
    }

    /// What has happened since, as soon as something has; in order, none twice.
    ///
    /// It may be dropped at any time, and asked again.
    ///
    /// # Errors
    /// [`EngineError::Refused`] where they may read no tickets; or the store's. Nothing is lost by it.
    pub async fn next(&mut self) -> Result<Vec<FeedEntry>, EngineError> {
        loop {
            self.news.mark_unchanged();
            let page = self.engine.read_feed(self.position, AT_ONCE).await?;
            if let Some(last) = page.last() {
                self.position = last;
                let mut entries = page.entries;
                // Whose tickets they may read is what the rules say now.
                let scope = self.actor.scope(&self.engine.rules())?;
                entries.retain(|entry| scope.follows(&entry.area, &entry.event));
                if !entries.is_empty() {
                    return Ok(entries);
                }
            } else if self.engine.newest_seen() <= self.position {
                // The engine is there as long as this is: there is always somebody to tell.
                let _ = self.news.changed().await;
            }
            // What somebody has seen already, this reader may see in a moment.
            tokio::time::sleep(PAUSE).await;
        }
    }
}
