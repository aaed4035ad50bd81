//! `/v2/subscriptions/{subscriptionId}/deliveries`: what could not be delivered so far, and delivering it once more.

use serde::Serialize;
use ticketing_core::{Timestamp, TokenScope, subscription::SubscriptionId};

use super::paging::{Paging, number};
use crate::{
    Redelivery,
    http::{ApiError, Call, Response, json},
    store::{DeliveryId, FailedDelivery, Store},
};

const A_NUMBER: [&str; 3] = ["el número de una entrega", "a delivery's number", "o número de uma entrega"];

/// What could not be delivered so far, oldest first: what waits for its next attempt, and what was given up. What went well is in
/// no list.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let id = id(&call)?;
    call.engine().subscription(id).await?;
    let size = Paging::of(&call)?.size;
    let after = number(&call, "after", A_NUMBER)?.map(|number| DeliveryId(number.into()));

    let failed = call.engine().failed_deliveries(Some(id), after, size).await?;
    json(&failed.iter().map(View::from).collect::<Vec<_>>())
}

/// Delivers once more: one delivery that was given up, all that happened since an instant, or all that was given up.
pub(crate) async fn replay<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let id = id(&call)?;
    call.engine().subscription(id).await?;
    let delivery = number(&call, "delivery", A_NUMBER)?.map(|number| DeliveryId(number.into()));
    let since = call
        .query("since")
        .map(|text| {
            let wanted = [
                "un instante como 2026-03-24T10:15:00Z",
                "an instant such as 2026-03-24T10:15:00Z",
                "um instante como 2026-03-24T10:15:00Z",
            ];
            Timestamp::parse(&text).ok_or(ApiError::InvalidParameter { name: "since", wanted })
        })
        .transpose()?;
    let engine = call.engine();
    let what = match (delivery, since) {
        (Some(delivery), _) => {
            // Numbers are given to all recipients' deliveries: this one must be this subscription's.
            let before = DeliveryId(delivery.0.saturating_sub(1));
            let found = engine.failed_deliveries(Some(id), Some(before), 1).await?;
            found.first().filter(|found| found.id == delivery).ok_or(ApiError::NoRoute)?;
            Redelivery::Delivery(delivery)
        }
        (None, Some(since)) => Redelivery::Since(id, since),
        (None, None) => Redelivery::GivenUp(id),
    };

    json(&Replayed { deliveries: engine.redeliver(what).await? })
}

/// What stands in the path where an id should and is none is nobody's.
fn id<S: Store>(call: &Call<S>) -> Result<SubscriptionId, ApiError> {
    call.id().map(SubscriptionId).ok_or(ApiError::NoRoute)
}

#[derive(Serialize)]
struct Replayed {
    /// How many that were given up are tried anew; null where events are told again, which nobody counts.
    deliveries: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: u64,
    ticket_id: String,
    label: Option<String>,
    attempts: u32,
    last_attempt_at: String,
    next_attempt_at: Option<String>,
    failure: Option<&'static str>,
    http_status: Option<u16>,
}

impl From<&FailedDelivery> for View {
    fn from(FailedDelivery { id, label, delivery, .. }: &FailedDelivery) -> Self {
        Self {
            id: id.0,
            ticket_id: delivery.ticket.to_string(),
            label: label.map(|label| label.to_string()),
            attempts: delivery.attempts,
            last_attempt_at: delivery.last_attempt_at.to_string(),
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
            failure: delivery.failure.map(|failure| failure.kind.name()),
            http_status: delivery.failure.and_then(|failure| failure.http_status),
        }
    }
}
