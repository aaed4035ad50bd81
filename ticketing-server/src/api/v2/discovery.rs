//! What there is to refer to by an id: what staff, other systems or the command line made.

use serde::Serialize;
use ticketing_core::{Status, TokenScope, integration::ReferenceKind};

use crate::{
    http::{ApiError, Call, Response, json},
    integration::{Reference, StatusReference},
    store::Store,
};

/// `GET /v2/statuses`: every status with the id that it has for good.
pub(crate) async fn statuses<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::TicketsRead).await?;
    json(&Status::ALL.map(StatusReference::from))
}

/// `GET /v2/categories`.
pub(crate) async fn categories<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    offered(call, ReferenceKind::Category).await
}

/// `GET /v2/services`.
pub(crate) async fn services<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    offered(call, ReferenceKind::Service).await
}

/// `GET /v2/urgencies`: priorities.
pub(crate) async fn urgencies<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    offered(call, ReferenceKind::Urgency).await
}

/// `GET /v2/justifications`.
pub(crate) async fn justifications<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    offered(call, ReferenceKind::Justification).await
}

/// `GET /v2/tags`.
pub(crate) async fn tags<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    offered(call, ReferenceKind::Tag).await
}

/// `GET /v2/teams`: areas.
pub(crate) async fn teams<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    offered(call, ReferenceKind::Team).await
}

/// `GET /v2/agents`: to whom tickets may be given.
pub(crate) async fn agents<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::TicketsRead).await?;
    let users = call.engine().users();
    let active = users.iter().filter(|user| user.agent().is_some_and(|agent| agent.is_active));
    json(&active.map(|user| Agent { id: user.id.0.to_string(), name: user.name.clone() }).collect::<Vec<_>>())
}

async fn offered<S: Store>(call: Call<S>, kind: ReferenceKind) -> Result<Response, ApiError> {
    call.integration(TokenScope::TicketsRead).await?;
    let offered = call.engine().offered(kind).await?;
    json(&offered.iter().map(Reference::from).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Agent {
    id: String,
    name: String,
}
