use std::time::{Duration, Instant};

use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use super::{Engine, rest::Rest};
use crate::store::Store;

impl<S: Store> Engine<S> {
    /// Does what must go on beside the commands: takes over what other processes have changed (rules, users, tokens, keys), puts what
    /// has happened in the order of the feed, makes what was said findable, sums up what has happened for reports, notes whose time is up, closes what has been resolved for long enough, erases what the rules do not keep, forgets what is over. It never ends; one process of
    /// those that share a store is enough, and more do no harm.
    ///
    /// The HTTP service does this as part of its own maintenance. Whoever embeds the engine spawns it, on tokio, or calls the
    /// parts.
    pub async fn maintain(&self) {
        tokio::join!(
            self.keep_fresh(),
            self.keep_in_order(),
            self.keep_findable(),
            self.keep_clocks(),
            self.keep_reports(),
            self.keep_tidy()
        );
    }

    /// Another process's changes are to be seen within a second.
    async fn keep_fresh(&self) {
        let mut ticks = every(Duration::from_millis(500));
        loop {
            ticks.tick().await;
            match self.refresh().await {
                Ok(None) => {}
                Ok(Some(hash)) => tracing::info!(rules.hash = %hash, "new rules are active"),
                Err(error) => tracing::error!(%error, "what others have changed could not be looked at"),
            }
            if let Err(error) = self.note_token_uses().await {
                tracing::error!(%error, "when tokens were last used could not be noted");
            }
            if let Err(error) = self.look_for_news().await {
                tracing::error!(%error, "what others have done could not be looked at");
            }
        }
    }

    /// What this process has done has its place in the feed at once; what another one has done and could not give a place to, because
    /// it died, within half a second.
    async fn keep_in_order(&self) {
        let mut ticks = every(Duration::from_millis(500));
        let mut news = self.inner.news.listen();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                // The engine is there as long as this is: there is always somebody to tell.
                _ = news.changed() => {}
            }
            news.mark_unchanged();
            match self.give_positions().await {
                Ok(false) => {}
                // What comes together gets its places together; those who follow do not look more often either.
                Ok(true) => sleep(Duration::from_millis(25)).await,
                Err(error) => {
                    tracing::error!(%error, "what has happened could not be put in order");
                    ticks.tick().await;
                }
            }
        }
    }

    /// What was said is to be found within a second, or soon after a burst.
    async fn keep_findable(&self) {
        let mut ticks = every(Duration::from_millis(500));
        let mut rest = Rest::default();
        loop {
            ticks.tick().await;
            while !rest.is_due(self.inner.store.written(), Instant::now()) {
                match self.index_words().await {
                    Ok(true) => {}
                    Ok(false) => {
                        rest.has_followed(Instant::now());
                        break;
                    }
                    Err(error) => {
                        tracing::error!(%error, "what tickets say could not be indexed");
                        break;
                    }
                }
            }
        }
    }

    /// Whose time is up is to be told within a second.
    async fn keep_clocks(&self) {
        let mut ticks = every(Duration::from_millis(500));
        loop {
            ticks.tick().await;
            match self.keep_time().await {
                Ok(0) => {}
                Ok(tickets) => tracing::info!(tickets, "targets of tickets are at risk or breached"),
                Err(error) => tracing::error!(%error, "clocks could not be looked at"),
            }
        }
    }

    async fn keep_tidy(&self) {
        let mut ticks = every(Duration::from_mins(1));
        loop {
            ticks.tick().await;
            match self.close_resolved().await {
                Ok(0) => {}
                Ok(closed) => tracing::info!(tickets = closed, "resolved tickets were closed"),
                Err(error) => tracing::error!(%error, "resolved tickets could not be closed"),
            }
            match self.anonymise().await {
                Ok(0) => {}
                Ok(tickets) => tracing::info!(tickets, "what tickets said was erased, as the rules say"),
                Err(error) => tracing::error!(%error, "what tickets say could not be erased"),
            }
            if let Err(error) = self.tidy().await {
                tracing::error!(%error, "what is over could not be forgotten");
            }
        }
    }
}

pub(super) fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
