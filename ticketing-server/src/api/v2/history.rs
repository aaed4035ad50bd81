//! How long a ticket stayed as it was, newest first.

use serde::Serialize;
use ticketing_core::{
    TokenScope,
    integration::{self, ReferenceKind},
    ticket::Stay,
};

use super::paging::Paging;
use crate::{
    IntegrationHistory,
    http::{ApiError, Call, Response},
    integration::{Reference, StatusReference, instant},
    store::{Named, Store},
};

/// `GET /v2/tickets/{ticketId}/status-changes`: every status that it had, and the one that it has.
pub(crate) async fn status_changes<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let (paging, history) = read(call).await?;
    let change = |change: &integration::StatusChange| StatusChange {
        status: change.stay.value.into(),
        justification: named(&history, ReferenceKind::Justification, change.justification.as_deref()),
        permanency: (&change.stay).into(),
        updated_by_id: change.by.clone(),
        updated_at: change.stay.from.to_string(),
    };
    paging.cut(history.statuses.iter().map(change).collect())
}

/// `GET /v2/tickets/{ticketId}/owner-changes`: every owner that it no longer has.
pub(crate) async fn owner_changes<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let (paging, history) = read(call).await?;
    let change = |change: &integration::OwnerChange| {
        let (owner, area) = &change.stay.value;
        OwnerChange {
            owner_id: owner.map(|id| id.0.to_string()),
            owner_team: named(&history, ReferenceKind::Team, Some(area)).filter(|_| owner.is_none()),
            permanency: (&change.stay).into(),
            updated_by_id: change.by.clone(),
            updated_at: instant(change.stay.until),
        }
    };
    paging.cut(history.owners.iter().map(change).collect())
}

async fn read<S: Store>(call: Call<S>) -> Result<(Paging, IntegrationHistory), ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    let id = call.named_ticket(&actor).await?;
    let paging = Paging::of(&call)?;
    Ok((paging, call.engine().integration_history(id, &actor).await?))
}

/// What a name in a history is.
pub(super) fn named(
    history: &IntegrationHistory,
    kind: ReferenceKind,
    name: Option<&str>,
) -> Option<Reference<'static>> {
    let name = name?.to_owned();
    let id = history.ids.get(&(kind, name.clone())).copied()?;
    Some(Reference::from(Named { id, name }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusChange {
    status: StatusReference,
    justification: Option<Reference<'static>>,
    #[serde(flatten)]
    permanency: Permanency,
    updated_by_id: Option<String>,
    updated_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnerChange {
    /// Before the change.
    owner_id: Option<String>,
    owner_team: Option<Reference<'static>>,
    #[serde(flatten)]
    permanency: Permanency,
    updated_by_id: Option<String>,
    updated_at: Option<String>,
}

/// In seconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Permanency {
    permanency_time_full_time: f64,
    permanency_time_working_time: f64,
}

impl<T> From<&Stay<T>> for Permanency {
    fn from(stay: &Stay<T>) -> Self {
        Self {
            permanency_time_full_time: integration::seconds(stay.full_time),
            permanency_time_working_time: integration::seconds(stay.working_time),
        }
    }
}
