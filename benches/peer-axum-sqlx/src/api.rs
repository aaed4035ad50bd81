//! The two endpoints, and the one that says that the service is ready.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::StatusCode,
    routing::{get, post},
};
use garde::Validate;
use serde::de::DeserializeOwned;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};

use crate::{
    error::ApiError,
    model::{CreateTicket, CreatedTicket, FindTicket, FoundTicket},
    store::Store,
};

const BODY_BYTES_MAX: usize = 1 << 20;

/// The routes and what stands around them.
pub fn router(store: Store) -> Router {
    Router::new()
        .route("/api/tickets/crear", post(create))
        .route("/api/tickets/consultar", post(find))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http())
        .with_state(store)
}

async fn create(State(store): State<Store>, Valid(form): Valid<CreateTicket>) -> Result<Json<CreatedTicket>, ApiError> {
    Ok(Json(store.create(form).await?))
}

async fn find(State(store): State<Store>, Valid(form): Valid<FindTicket>) -> Result<Json<FoundTicket>, ApiError> {
    let found = store.find(&form.label, &form.email).await?;
    found.map(Json).ok_or(ApiError::NotFound)
}

async fn ready(State(store): State<Store>) -> Result<StatusCode, ApiError> {
    store.check().await?;
    Ok(StatusCode::OK)
}

/// A JSON body that passed its type's rules.
struct Valid<T>(T);

impl<T, S> FromRequest<S> for Valid<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(form) = Json::<T>::from_request(request, state).await?;
        form.validate()?;
        Ok(Self(form))
    }
}
