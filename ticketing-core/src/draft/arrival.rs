use crate::{Status, Timestamp, ticket::ActorId};

/// How a new ticket comes to be, where that is not as usual: open, nobody's, and now. Other systems hand over tickets that they have
/// had for a while.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Arrival {
    /// The status that it has; `None`: it is open.
    pub status: Option<Status>,
    /// The named reason of that.
    pub justification: Option<String>,
    /// Whom it is assigned to.
    pub assignee: Option<ActorId>,
    /// Its tags, each once.
    pub tags: Vec<String>,
    /// The instant by which somebody wants it resolved, whatever is promised.
    pub due: Option<Timestamp>,
    /// When it came to be.
    pub created_at: Option<Timestamp>,
    /// When its description was given, where that was not then.
    pub described_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// When it was last re-opened.
    pub reopened_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}
