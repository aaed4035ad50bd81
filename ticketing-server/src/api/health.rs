//! What watches over the service asks.

use crate::{
    http::{ApiError, Call, Response, text},
    store::Store,
};

const PLAIN: &str = "text/plain; charset=utf-8";

/// `GET /livez`: the process answers.
pub(crate) async fn live<S: Store>(_: Call<S>) -> Result<Response, ApiError> {
    Ok(text(PLAIN, "ok\n"))
}

/// `GET /readyz`: the store reads and writes.
pub(crate) async fn ready<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    call.engine().check().await?;
    Ok(text(PLAIN, "ok\n"))
}

/// `GET /metrics`: for Prometheus.
pub(crate) async fn metrics<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    Ok(text("application/openmetrics-text; version=1.0.0; charset=utf-8", call.state().metrics.text()))
}
