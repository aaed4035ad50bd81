//! `/v2/tickets/{ticketId}/actions`: what was said of a ticket.

use serde::Serialize;
use ticketing_core::{
    Actor, TicketId, TokenScope,
    integration::{ReferenceKind, Request, Said},
};

use super::{history::named, paging::Paging};
use crate::{
    Engine, IntegrationHistory,
    http::{ApiError, Call, Response, created, json},
    integration::{Reference, StatusReference},
    store::Store,
};

/// What was said, newest first.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let paging = Paging::of(&call)?;

    let history = call.engine().integration_history(id, &actor).await?;
    paging.cut(history.said.iter().map(|said| Action::new(&history, said)).collect())
}

/// One of the things that were said.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let seq = call.number_in_path(1).ok_or(ApiError::NoRoute)?;

    json(&find(call.engine(), id, &actor, seq).await?)
}

/// Says something, and may give the ticket another status. The requester may be mailed it: with a key, that is once.
pub(crate) async fn create<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsWrite).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let body = call.json_body().await?;
    let engine = call.engine();
    // However its ticket is named, it is the same request.
    let done = format!("v2 action {id}\n");
    let key = call.idempotency_key(&[done.as_bytes(), &body].concat())?.map(|key| key.of(actor.author().id));
    let said = match (Request::action(&body, engine.now()), &key) {
        (Ok(request), _) => engine.request(id, &actor, request, key).await?,
        (Err(refused), Some(key)) => engine.ordered_before(id, key).await?.ok_or(refused)?,
        (Err(refused), None) => return Err(refused.into()),
    };

    // What is said comes last.
    let seq = said.version;
    let action = find(engine, id, &actor, seq).await?;
    created(&action, &format!("/v2/tickets/{id}/actions/{seq}"))
}

async fn find<S: Store>(engine: &Engine<S>, id: TicketId, actor: &Actor, seq: u32) -> Result<Action, ApiError> {
    let history = engine.integration_history(id, actor).await?;
    let said = history.said.iter().find(|said| said.seq == seq).ok_or(ApiError::NoRoute)?;
    Ok(Action::new(&history, said))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    id: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    origin: &'static str,
    description: String,
    status: StatusReference,
    justification: Option<Reference<'static>>,
    created_at: String,
    created_by_id: Option<String>,
}

impl Action {
    fn new(history: &IntegrationHistory, said: &Said) -> Self {
        Self {
            id: said.seq,
            kind: said.visibility.name(),
            origin: said.origin.name(),
            description: said.text.clone().unwrap_or_default(),
            status: said.status.into(),
            justification: named(history, ReferenceKind::Justification, said.justification.as_deref()),
            created_at: said.at.to_string(),
            created_by_id: said.by.clone(),
        }
    }
}
