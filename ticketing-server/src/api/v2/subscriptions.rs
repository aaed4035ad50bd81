//! `/v2/subscriptions`: who is told what happens.

use std::collections::BTreeMap;

use serde::Serialize;
use ticketing_core::{
    TokenScope,
    subscription::{Happening, NewSubscription, Subscription, SubscriptionId, SubscriptionPatch},
};

use crate::{
    NewSecret,
    http::{ApiError, Call, Response, json, no_content, no_store},
    store::Store,
};

/// Subscribes. The secret that signs is told here and nowhere else.
pub(crate) async fn create<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let new = NewSubscription::from_json(&call.json_body().await?)?;

    secret(call.engine().create_subscription(new).await?)
}

/// Every subscription, oldest first.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let subscriptions = call.engine().subscriptions().await?;
    json(&subscriptions.iter().map(View::from).collect::<Vec<_>>())
}

/// A subscription.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let id = id(&call)?;
    json(&View::from(&call.engine().subscription(id).await?))
}

/// Changes where it goes, or whether it does.
pub(crate) async fn change<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let id = id(&call)?;
    // There is nothing to say of the rest to whoever names none.
    call.engine().subscription(id).await?;
    let patch = SubscriptionPatch::from_json(&call.json_body().await?)?;

    json(&View::from(&call.engine().change_subscription(id, patch).await?))
}

/// Ends it, with all that was still to be delivered.
pub(crate) async fn delete<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let id = id(&call)?;
    call.engine().delete_subscription(id).await?;
    Ok(no_content())
}

/// Signs with a new secret. The one before signs too, for a day.
pub(crate) async fn rotate_secret<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.integration(TokenScope::Subscriptions).await?;
    let id = id(&call)?;
    secret(call.engine().rotate_secret(id).await?)
}

/// What stands in the path where an id should and is none is nobody's.
fn id<S: Store>(call: &Call<S>) -> Result<SubscriptionId, ApiError> {
    call.id().map(SubscriptionId).ok_or(ApiError::NoRoute)
}

/// Nobody on the way is to keep it.
fn secret(new: NewSecret) -> Result<Response, ApiError> {
    let NewSecret { subscription, secret } = new;
    Ok(no_store(json(&WithSecret { subscription: View::from(&subscription), secret: secret.reveal() })?))
}

#[derive(Serialize)]
struct WithSecret<'a> {
    #[serde(flatten)]
    subscription: View<'a>,
    /// For whoever checks signatures: `whsec_…`.
    secret: String,
}

/// Source: the integration contract, subscriptions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: String,
    event_type: &'static str,
    webhook: Webhook<'a>,
    status: &'static str,
    version: u32,
    created_at: String,
    updated_at: String,
    criteria: Criteria,
}

#[derive(Serialize)]
struct Webhook<'a> {
    url: &'a str,
    headers: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Criteria {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
}

impl<'a> From<&'a Subscription> for View<'a> {
    fn from(subscription: &'a Subscription) -> Self {
        let Subscription { id, version, webhook, criteria, health, created_at, updated_at } = subscription;
        let headers = webhook.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Self {
            id: id.0.to_string(),
            event_type: "TICKET",
            webhook: Webhook { url: webhook.url().as_str(), headers: headers.collect() },
            status: health.standing.name(),
            version: *version,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
            criteria: Criteria { action: criteria.action.map(Happening::name) },
        }
    }
}
