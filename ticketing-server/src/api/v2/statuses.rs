use serde::Serialize;
use ticketing_core::{Status, TokenScope};

use crate::{
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `GET /v2/statuses`: every status with the id that it has for good. Source: the integration contract.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::TicketsRead).await?;
    json(&Status::ALL.map(Reference::from))
}

/// A status as this dialect knows it.
#[derive(Serialize)]
struct Reference {
    id: u8,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl From<Status> for Reference {
    fn from(status: Status) -> Self {
        let (id, kind) = match status {
            Status::Open => (1, "NEW"),
            Status::InProgress => (2, "IN_ATTENDANCE"),
            Status::Paused => (3, "STOPPED"),
            Status::Resolved => (4, "RESOLVED"),
            Status::Closed => (5, "CLOSED"),
            Status::Canceled => (6, "CANCELED"),
        };
        Self { id, name: kind, kind }
    }
}
