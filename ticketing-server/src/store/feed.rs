//! What happens to tickets, in one order, for whoever follows it.

use ticketing_core::{Event, TicketId, TicketLabel};

use super::StoreError;

/// The one feed of all events.
pub trait FeedStore: Send + Sync + 'static {
    /// The events after a position, in order, at most so many. Whoever goes on from the last one that they were given misses none
    /// and is given none twice.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where one of them cannot be read.
    fn feed(&self, after: FeedPosition, max: u32) -> impl Future<Output = Result<Vec<FeedEntry>, StoreError>> + Send;

    /// The positions of these events, whether they can be read or not.
    fn feed_positions(
        &self,
        after: FeedPosition,
        max: u32,
    ) -> impl Future<Output = Result<Vec<FeedPosition>, StoreError>> + Send;

    /// The same events, without those that cannot be read: one of these keeps nobody from the others.
    fn feed_page(&self, after: FeedPosition, max: u32) -> impl Future<Output = Result<FeedPage, StoreError>> + Send {
        async move {
            match self.feed(after, max).await {
                Ok(entries) => return Ok(FeedPage { entries, unreadable: vec![] }),
                Err(StoreError::Damaged(_)) => {}
                Err(error) => return Err(error),
            }
            let mut page = FeedPage::default();
            for position in self.feed_positions(after, max).await? {
                match self.feed(FeedPosition(position.0.saturating_sub(1)), 1).await {
                    Ok(entries) => page.entries.extend(entries.into_iter().filter(|entry| entry.position == position)),
                    Err(StoreError::Damaged(error)) => page.unreadable.push((position, error.to_string())),
                    Err(error) => return Err(error),
                }
            }
            Ok(page)
        }
    }

    /// The position of the newest event; that of nothing where there is none.
    fn newest_position(&self) -> impl Future<Output = Result<FeedPosition, StoreError>> + Send;

    /// Gives a position to each event that was committed without one; answers whether there was any. Until then it is in no feed.
    /// A store in which events have their positions when they are committed has nothing to do.
    fn give_positions(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Where an event stands in the feed. Positions grow, and have gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct FeedPosition(pub u64);

/// A part of the feed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeedPage {
    /// What can be read, in order.
    pub entries: Vec<FeedEntry>,
    /// Where there is something that cannot be read, and why not.
    pub unreadable: Vec<(FeedPosition, String)>,
}

impl FeedPage {
    /// Where to go on; `None`: there is nothing.
    pub fn last(&self) -> Option<FeedPosition> {
        let readable = self.entries.last().map(|entry| entry.position);
        readable.max(self.unreadable.last().map(|(position, _)| *position))
    }
}

/// An event in the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedEntry {
    /// Where it stands.
    pub position: FeedPosition,
    /// Whose event it is.
    pub id: TicketId,
    /// The ticket's name.
    pub label: TicketLabel,
    /// The area that the ticket is in now.
    pub area: String,
    /// What the requester is called, where there is one.
    pub requester_name: Option<String>,
    /// What happened.
    pub event: Event,
    /// Its reason, reply or comment.
    pub text: Option<String>,
    /// On whose behalf another system did it, in its own words.
    pub on_behalf: Option<String>,
}
