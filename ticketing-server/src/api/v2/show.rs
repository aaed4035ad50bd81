use ticketing_core::TokenScope;

use crate::{
    http::{ApiError, Call, Response, json},
    integration::view,
    store::Store,
};

/// `GET /v2/tickets/{ticketId}`: a ticket, by its UUID or its label.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    let id = call.named_ticket(&actor).await?;

    json(&view(&call.engine().integration_ticket(id, &actor).await?))
}
