//! What reports are made of: sums of what has happened, and how far the feed has been read for them.

use std::sync::Arc;

use ticketing_core::{
    Event, TicketId, Timestamp, Uuid,
    report::{Dimension, Shelf, Stretch},
};

use super::{FeedPosition, StoreError, Urgency};

/// Sums, kept by dimension and stretch of time, whole or not at all: who changes them says which version they have read.
///
/// There may be two sets of them: the one that reports are read from, and one that is being made anew beside it.
pub trait ReportStore: Send + Sync + 'static {
    /// The sets that there are, oldest first.
    fn report_sets(&self) -> impl Future<Output = Result<Vec<ReportSet>, StoreError>> + Send;

    /// Begins a set, which is empty; `false` where one of its number is there. The first one is read at once.
    fn begin_reports(&self, set: ReportSet) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Which longer stretches and stocks a set keeps; the same of each dimension.
    fn kept_stretches(&self, set: SetNumber) -> impl Future<Output = Result<Vec<Stretch>, StoreError>> + Send;

    /// The hours of a dimension of which something is kept between two quarters, oldest first, at most so many.
    fn kept_hours(
        &self,
        set: SetNumber,
        by: Dimension,
        from: u32,
        until: u32,
        max: u32,
    ) -> impl Future<Output = Result<Vec<Stretch>, StoreError>> + Send;

    /// What is kept of some stretches of each dimension, as far as there is something; of hours, of all that lie in them.
    fn kept_sums(
        &self,
        set: SetNumber,
        stretches: Vec<Stretch>,
    ) -> impl Future<Output = Result<Vec<KeptSums>, StoreError>> + Send;

    /// Changes what is kept, in one transaction; `false` where somebody else was faster, and nothing was changed.
    fn keep_sums(&self, change: SumsChange) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Has reports read a set from now on, and forgets all others; `false` where it has another revision. What they have kept is left
    /// to [`forget_sums`](Self::forget_sums).
    fn publish_reports(&self, set: SetNumber, revision: u64) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Forgets sums of sets that are no more, at most so many; answers how many.
    fn forget_sums(&self, max: u32) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// What a report is made of: the sums of one dimension that somebody chooses who is told which longer stretches and stocks there
    /// are. All of one instant.
    fn report_sums(&self, by: Dimension, choose: Choose)
    -> impl Future<Output = Result<ReportSums, StoreError>> + Send;

    /// The events after a position, without their texts, in order and at most so many.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where one of them cannot be read.
    fn events_after(
        &self,
        after: FeedPosition,
        max: u32,
        urgency: Urgency,
    ) -> impl Future<Output = Result<Vec<(FeedPosition, TicketId, Event)>, StoreError>> + Send;
}

/// Chooses of stretches those that are wanted, and hours.
pub type Choose = Arc<dyn Fn(&[Stretch]) -> Vec<Stretch> + Send + Sync>;

/// The number of a set of sums, growing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SetNumber(pub u32);

/// A set of sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportSet {
    /// Its number.
    pub number: SetNumber,
    /// Reports are read from it.
    pub is_read: bool,
    /// Grows with each change.
    pub revision: u64,
    /// What facts were when it was begun.
    pub facts_version: u32,
    /// All events up to here are in it, and none after.
    pub position: FeedPosition,
    /// When the last of them was recorded.
    pub as_of: Timestamp,
    /// How many could not be read, and are not in it.
    pub unreadable: u64,
    /// Who works on it, so that others need not, until when.
    pub worker: Option<(Uuid, Timestamp)>,
}

/// What is kept of a dimension and a stretch: octets of the core's `Sums`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptSums {
    /// By what.
    pub by: Dimension,
    /// Of when.
    pub stretch: Stretch,
    /// What.
    pub octets: Vec<u8>,
}

/// What becomes of a set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SumsChange {
    /// The revision that it was read at.
    pub revision: u64,
    /// The set after it, whose revision is the next one.
    pub set: ReportSet,
    /// What is put in place of what there is.
    pub keep: Vec<KeptSums>,
    /// Stretches of which nothing is kept any more, of no dimension.
    pub forget: Vec<Stretch>,
}

/// What a report is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportSums {
    /// The set that is read; `None` before there is one.
    pub set: Option<ReportSet>,
    /// What was chosen of it, as far as there is something.
    pub shelf: Shelf,
}
