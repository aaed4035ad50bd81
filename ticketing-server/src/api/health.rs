//! What watches over the service asks.

use std::time::{Duration, Instant};

use crate::{
    http::{ApiError, Call, Readiness, Response, text},
    store::{Store, StoreError},
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
        Some((at, readiness)) if at.elapsed() < SHARED_FOR => match readiness {
            Readiness::Ready => {}
            Readiness::ReadOnly => return Err(ApiError::ReadOnly("it could not be written a moment ago".into())),
            Readiness::Unavailable => return Err(ApiError::Unavailable("it was not ready a moment ago".into())),
        },
        _ => {
            let outcome = call.engine().check().await;
            let readiness = match &outcome {
                Ok(()) => Readiness::Ready,
                Err(StoreError::Unwritable(_)) => Readiness::ReadOnly,
                Err(_) => Readiness::Unavailable,
            };
            *last = Some((Instant::now(), readiness));
            outcome?;
        }
    }
    Ok(text(PLAIN, "ok\n"))
}

/// `GET /metrics`: for Prometheus.
pub(crate) async fn metrics<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    Ok(text("application/openmetrics-text; version=1.0.0; charset=utf-8", call.state().metrics.text()))
}
