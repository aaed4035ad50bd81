//! `/v2/tickets/{ticketId}/tags`.

use serde::Serialize;
use ticketing_core::{
    TokenScope,
    integration::{ReferenceKind, Request},
};

use super::paging::Paging;
use crate::{
    http::{ApiError, Call, Response, json, no_content},
    integration::Reference,
    store::Store,
};

/// A ticket's tags, the newest first.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let paging = Paging::of(&call)?;

    let shown = call.engine().integration_ticket(id, &actor).await?;
    paging.cut(shown.references.tags.iter().rev().map(Reference::from).collect())
}

/// Adds a tag. One that the ticket has already stays.
pub(crate) async fn add<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsWrite).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let request = Request::tag(&call.json_body().await?)?;
    let updated_by_id = request.on_behalf.clone();

    let name = call.engine().tag(id, &actor, request).await?;
    let shown = call.engine().integration_ticket(id, &actor).await?;
    let tag = shown.references.tags.iter().find(|tag| tag.name == name);
    // Somebody else may have taken it away again.
    let tag = tag.map(Reference::from).ok_or(ApiError::NoRoute)?;
    json(&Answer { tag, updated_by_id })
}

/// Takes a tag away.
pub(crate) async fn remove<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsWrite).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let tag = call.number_in_path(1).ok_or(ApiError::NoRoute)?;
    let on_behalf = match call.query("updatedById") {
        Some(text) => Request::checked_behalf(&text)?,
        None => None,
    };

    let engine = call.engine();
    let known = engine.reference(ReferenceKind::Tag, tag).await?.ok_or(ApiError::NoRoute)?;
    if !engine.ticket(id).await?.tags.contains(&known.name) {
        return Err(ApiError::NoRoute);
    }
    engine.request(id, &actor, Request::untag(tag, on_behalf), None).await?;
    Ok(no_content())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'t> {
    tag: Reference<'t>,
    updated_by_id: Option<String>,
}
