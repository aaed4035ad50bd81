//! What the desk does to a ticket: `POST /api/tickets/{uuid}/…`. Source: the Mesa de Ayuda contract.

use serde::Serialize;
use ticketing_core::{
    FormError, Rules,
    ticket::{Order, lifecycle::Operation},
};

use super::history;
use crate::{
    Conditions, EngineError,
    http::{ApiError, Call, Response, etag, json, with_etag},
    store::Store,
};

/// Status, priority, area, and a reply to the requester.
pub(crate) async fn update<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Edit, Order::update, "Ticket actualizado correctamente").await
}

/// Gives the ticket to an agent.
pub(crate) async fn assign<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Assign, Order::assign, "Asignado").await
}

/// Gives the ticket to another area.
pub(crate) async fn transfer<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Transfer, Order::transfer, "Transferido").await
}

/// Corrects priority and category.
pub(crate) async fn reclassify<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Reclassify, Order::reclassify, "Reclasificado").await
}

/// Stops the clock.
pub(crate) async fn pause<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Pause, Order::pause, "Pausado").await
}

/// Has the ticket worked again.
pub(crate) async fn reopen<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Reopen, Order::reopen, "Reabierto").await
}

/// Ends the ticket without a solution.
pub(crate) async fn cancel<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Cancel, Order::cancel, "Cancelado").await
}

/// Takes the ticket out of the working set.
pub(crate) async fn archive<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Archive, Order::archive, "Archivado").await
}

/// Puts the ticket back.
pub(crate) async fn unarchive<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    command(call, Operation::Unarchive, Order::unarchive, "Desarchivado").await
}

async fn command<S: Store>(
    mut call: Call<S>,
    operation: Operation,
    read: fn(&[u8], &Rules) -> Result<Order, FormError>,
    message: &'static str,
) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    // Those who may not are told so whatever they send.
    actor.check_operation(operation)?;
    let id = call.ticket_id()?;
    let body = call.json_body().await?;
    // However its path is spelt, it is the same request.
    let done = format!("{operation:?} {}\n", id.0);
    let key = call.idempotency_key(&[done.as_bytes(), &body].concat())?.map(|key| key.of(actor.author().id));
    let versions = call.expected_versions()?;

    let executed = match (read(&body, &call.engine().rules()), &key) {
        (Ok(order), _) => {
            let conditions = Conditions { versions, key, on_behalf: None };
            call.engine().order(id, &actor, order, conditions).await.map_err(|error| changed(&call, error))?
        }
        // Newer rules may refuse what was done: only the answer to the first request tells.
        (Err(refused), Some(key)) => call.engine().ordered_before(id, key).await?.ok_or(refused)?,
        (Err(refused), None) => return Err(refused.into()),
    };
    with_etag(json(&Answer { message })?, &etag(executed.version))
}

#[derive(Serialize)]
struct Answer {
    message: &'static str,
}

/// Where somebody else has changed the ticket, what they did is told.
fn changed<S: Store>(call: &Call<S>, error: EngineError) -> ApiError {
    let EngineError::Changed { since, record } = error else { return error.into() };
    let events = record.history.iter().filter(|new| new.event.seq > since);
    let entries = history::entries(call.engine(), &call.engine().rules(), record.intake.requester_name(), events);
    match serde_json::to_value(entries) {
        Ok(since) => ApiError::Changed { etag: etag(record.ticket.revision), since },
        Err(error) => ApiError::Internal(error.into()),
    }
}
