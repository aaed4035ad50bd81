//! `PATCH /v2/tickets/{ticketId}/attributes/…`: one attribute at a time, answered with what it is then.

use serde_json::{Map, Value};
use ticketing_core::{
    FormError, TokenScope,
    integration::{ReferenceKind, Request},
};

use crate::{
    IntegrationTicket,
    http::{ApiError, Call, Response, json},
    integration::{Reference, StatusReference, instant},
    store::{Named, Store},
};

/// Its category.
pub(crate) async fn category<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let read = |json: &[u8]| Request::reference(json, ReferenceKind::Category);
    change(call, read, |shown| [("category", reference(shown.references.category.as_ref()))].into()).await
}

/// Its priority.
pub(crate) async fn urgency<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let read = |json: &[u8]| Request::reference(json, ReferenceKind::Urgency);
    change(call, read, |shown| [("urgency", reference(shown.references.urgency.as_ref()))].into()).await
}

/// The service that it is about.
pub(crate) async fn service<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let read = |json: &[u8]| Request::reference(json, ReferenceKind::Service);
    change(call, read, |shown| [("service", reference(shown.references.service.as_ref()))].into()).await
}

/// Whose it is, in the other system's words.
pub(crate) async fn clients<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    change(call, Request::clients, |shown| [("clients", shown.stored.intake.clients().into())].into()).await
}

/// The agent whom it is assigned to.
pub(crate) async fn owner<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let owner = |shown: &IntegrationTicket| shown.stored.ticket.assignee.map(|id| id.0.to_string());
    change(call, Request::owner, |shown| [("ownerId", owner(shown).into())].into()).await
}

/// What it is about, in a line.
pub(crate) async fn subject<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    change(call, Request::subject, |shown| [("subject", shown.stored.intake.subject.clone().into())].into()).await
}

/// Who may see it.
pub(crate) async fn visibility<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let kind = |shown: &IntegrationTicket| shown.stored.ticket.attributes.visibility.name();
    change(call, Request::visibility, |shown| [("type", kind(shown).into())].into()).await
}

/// When it is due.
pub(crate) async fn solution<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let by_hand = |shown: &IntegrationTicket| shown.stored.ticket.sla.due_by_hand.map(|by_hand| by_hand.due);
    change(call, Request::solution, |shown| [("solutionAt", instant(by_hand(shown)).into())].into()).await
}

/// Its status, and the named reason of it.
pub(crate) async fn status<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let changed = |shown: &IntegrationTicket| {
        let status = serde_json::to_value(StatusReference::from(shown.stored.ticket.status)).unwrap_or_default();
        vec![("status", status), ("justification", reference(shown.references.justification.as_ref()))]
    };
    change(call, Request::status, changed).await
}

fn reference(named: Option<&Named>) -> Value {
    named.map(|named| serde_json::to_value(Reference::from(named)).unwrap_or_default()).unwrap_or_default()
}

async fn change<S: Store>(
    mut call: Call<S>,
    read: impl FnOnce(&[u8]) -> Result<Request, FormError> + Send,
    changed: impl FnOnce(&IntegrationTicket) -> Vec<(&'static str, Value)> + Send,
) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsWrite).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let request = read(&call.json_body().await?)?;
    let on_behalf = request.on_behalf.clone();

    call.engine().request(id, &actor, request, None).await?;
    let shown = call.engine().integration_ticket(id, &actor).await?;
    let mut answer: Map<_, _> = changed(&shown).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    answer.insert("updatedById".to_owned(), on_behalf.into());
    json(&answer)
}
