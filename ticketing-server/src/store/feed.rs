//! What happens to tickets, in one order, for whoever follows it.

use ticketing_core::{Event, TicketId, TicketLabel};

use super::StoreError;

/// The one feed of all events.
pub trait FeedStore: Send + Sync + 'static {
    /// The events after a position, in order, at most so many. Whoever goes on from the last one that they were given misses none
    /// and is given none twice.
    fn feed(&self, after: FeedPosition, max: u32) -> impl Future<Output = Result<Vec<FeedEntry>, StoreError>> + Send;

    /// The position of the newest event; that of nothing where there is none.
    fn newest_position(&self) -> impl Future<Output = Result<FeedPosition, StoreError>> + Send;

    /// Gives a position to each event that was committed without one; answers whether there was any. Until then it is in no feed.
    /// A store in which events have their positions when they are committed has nothing to do.
    fn give_positions(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Where an event stands in the feed. Positions grow, and have gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct FeedPosition(pub u64);

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
