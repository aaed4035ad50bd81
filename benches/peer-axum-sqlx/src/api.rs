//! The endpoints, and the one that says that the service is ready.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRef, FromRequest, Query, Request, State},
    http::{HeaderMap, StatusCode, header::LINK},
    response::IntoResponse,
    routing::{get, post},
};
use garde::Validate;
use serde::de::DeserializeOwned;
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};

use crate::{
    error::ApiError,
    model::{
        CreateTicket, CreatedTicket, DeskFilter, DeskRow, FindTicket, FoundTicket, Login, PageFilter, Session, v2,
    },
    session::{Sessions, Staff},
    store::Store,
};

/// What the handlers work with.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub sessions: Sessions,
}

impl FromRef<App> for Store {
    fn from_ref(app: &App) -> Self {
        app.store.clone()
    }
}

impl FromRef<App> for Sessions {
    fn from_ref(app: &App) -> Self {
        app.sessions.clone()
    }
}

const BODY_BYTES_MAX: usize = 1 << 20;

/// The routes and what stands around them.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/api/tickets/crear", post(create))
        .route("/api/tickets/consultar", post(find))
        .route("/api/auth/login", post(log_in))
        .route("/api/tickets/dashboard", get(dashboard))
        .route("/v2/tickets", get(page))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::new())
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}

async fn create(State(store): State<Store>, Valid(form): Valid<CreateTicket>) -> Result<Json<CreatedTicket>, ApiError> {
    Ok(Json(store.create(form).await?))
}

async fn find(State(store): State<Store>, Valid(form): Valid<FindTicket>) -> Result<Json<FoundTicket>, ApiError> {
    let found = store.find(&form.label, &form.email).await?;
    found.map(Json).ok_or(ApiError::NotFound)
}

async fn log_in(State(sessions): State<Sessions>, Json(login): Json<Login>) -> Result<Json<Session>, ApiError> {
    sessions.log_in(&login).map(|access_token| Json(Session { access_token }))
}

async fn dashboard(
    _: Staff,
    State(store): State<Store>,
    Query(filter): Query<DeskFilter>,
) -> Result<impl IntoResponse, ApiError> {
    let limit = filter.limite.unwrap_or(1_000).clamp(1, 1_000);
    // One more says whether there is a next page.
    let mut rows: Vec<DeskRow> = store.desk(&filter, limit + 1).await?;
    let mut headers = HeaderMap::new();
    if rows.len() > limit as usize {
        rows.truncate(limit as usize);
        let last = rows.last().map(|row| row.label.as_str()).unwrap_or_default();
        let next = format!("</api/tickets/dashboard?limite={limit}&cursor={last}>; rel=\"next\"");
        headers.insert(LINK, next.parse().map_err(|_| ApiError::NotFound)?);
    }
    Ok((headers, Json(rows)))
}

async fn page(
    _: Staff,
    State(store): State<Store>,
    Query(filter): Query<PageFilter>,
) -> Result<impl IntoResponse, ApiError> {
    let (page, size) = (filter.page.unwrap_or(1).max(1), filter.size.unwrap_or(20).clamp(1, 100));
    let status = filter.status_id.map(|id| v2::status_of(id).ok_or(ApiError::NotFound)).transpose()?;
    let (rows, total) = store.page(status, page, size).await?;
    let headers = [("x-total", total), ("x-page", page.into()), ("x-page-size", size.into())];
    let headers = headers.map(|(name, value): (_, i64)| (name, value.to_string()));
    Ok((headers, Json(rows.into_iter().map(v2::Ticket::from).collect::<Vec<_>>())))
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
