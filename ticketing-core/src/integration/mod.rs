//! The same tickets as other systems name things: the integration dialect.
//!
//! - [`IntegrationDraft`] → [`NewTicket`](crate::NewTicket): a ticket that another system hands over. No field is required.
//! - [`Request`]: what another system wants changed, and on whose behalf.
//! - [`Reference`], [`ReferenceKind`]: what has an id there and a name here.
//! - [`said`], [`status_changes`], [`owner_changes`]: a history as they read it.
//! - [`status_id`], [`status_type`]: the six statuses.
//!
//! Source: the integration contract. What is wrong with an input is told by its path, such as `category.id`.

mod draft;
mod history;
mod read;
mod reference;
mod request;

pub use self::{
    draft::IntegrationDraft,
    history::{OwnerChange, Said, StatusChange, owner_changes, said, seconds, status_changes},
    reference::{Reference, ReferenceKind, UnknownReferences},
    request::Request,
};
use crate::Status;

/// What a ticket is about that nobody has said so of.
pub const NO_SUBJECT: &str = "(sin asunto)";

/// The fixed id of a status.
pub const fn status_id(status: Status) -> u32 {
    match status {
        Status::Open => 1,
        Status::InProgress => 2,
        Status::Paused => 3,
        Status::Resolved => 4,
        Status::Closed => 5,
        Status::Canceled => 6,
    }
}

/// The status of an id.
pub fn status_of_id(id: u64) -> Option<Status> {
    Status::ALL.into_iter().find(|status| u64::from(status_id(*status)) == id)
}

/// What a status is called.
pub const fn status_type(status: Status) -> &'static str {
    match status {
        Status::Open => "NEW",
        Status::InProgress => "IN_ATTENDANCE",
        Status::Paused => "STOPPED",
        Status::Resolved => "RESOLVED",
        Status::Closed => "CLOSED",
        Status::Canceled => "CANCELED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the integration contract.
    #[test]
    fn statuses_have_fixed_ids() {
        let ids: Vec<_> = Status::ALL.map(|status| (status_id(status), status_type(status))).into();
        let expected =
            [(1, "NEW"), (2, "IN_ATTENDANCE"), (3, "STOPPED"), (4, "RESOLVED"), (5, "CLOSED"), (6, "CANCELED")];
        assert_eq!(ids, expected);
        for status in Status::ALL {
            assert_eq!(status_of_id(status_id(status).into()), Some(status));
        }
        for id in [0, 7, u64::MAX, 1 << 32 | 1] {
            assert_eq!(status_of_id(id), None);
        }
    }
}
