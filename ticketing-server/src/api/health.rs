//! What watches over the service asks.

use std::time::{Duration, Instant};

use crate::{
    http::{ApiError, Call, Response, text},
    store::Store,
};

const PLAIN: &str = "text/plain; charset=utf-8";

/// `GET /livez`: the process answers.
pub(crate) async fn live<S: Store>(_: Call<S>) -> Result<Response, ApiError> {
    Ok(text(PLAIN, "ok\n"))
}

/// `GET /readyz`: the store reads and writes. Looked at once a second, however many ask: it costs a write to the disk.
pub(crate) async fn ready<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    const SHARED_FOR: Duration = Duration::from_secs(1);
    let mut last = call.state().readiness.lock().await;
    match *last {
        Some((at, is_ready)) if at.elapsed() < SHARED_FOR => {
            if !is_ready {
                return Err(ApiError::Unavailable("it was not ready a moment ago".into()));
            }
        }
        _ => {
            let outcome = call.engine().check().await;
            *last = Some((Instant::now(), outcome.is_ok()));
            outcome?;
        }
    }
    Ok(text(PLAIN, "ok\n"))
}

/// `GET /metrics`: for Prometheus.
pub(crate) async fn metrics<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    Ok(text("application/openmetrics-text; version=1.0.0; charset=utf-8", call.state().metrics.text()))
}
