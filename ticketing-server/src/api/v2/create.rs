use ticketing_core::{TokenScope, integration::IntegrationDraft};

use crate::{
    HandOver,
    http::{ApiError, Call, Response, created},
    integration::view,
    store::Store,
};

/// `POST /v2/tickets`: takes a ticket over from another system.
pub(crate) async fn create<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsWrite).await?.actor();
    let body = call.json_body().await?;
    let engine = call.engine();
    // The same key and body at the desk's own door is another request.
    let key = call.idempotency_key(&[b"v2\n", &body[..]].concat())?.map(|key| key.of(actor.author().id));
    let made = match (IntegrationDraft::from_json(&body, &engine.rules(), engine.now()), &key) {
        (Ok(draft), _) => {
            let hand_over = HandOver { draft, actor: actor.clone(), address: call.client(), key };
            engine.hand_over(hand_over).await?
        }
        // Newer rules, or the time that has passed, may refuse what was done.
        (Err(refused), Some(key)) => engine.repeated(key).await?.ok_or(refused)?,
        (Err(refused), None) => return Err(refused.into()),
    };
    if !made.repeated {
        call.state().metrics.tickets_created.inc();
        tracing::debug!(ticket.label = %made.label, "a ticket was created");
    }
    let shown = engine.integration_ticket(made.id, &actor).await?;
    created(&view(&shown), &format!("/v2/tickets/{}", made.id))
}
