use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    StatusCode,
    header::{CONTENT_TYPE, ETAG, HeaderValue},
};
use serde::Serialize;

use super::ApiError;

/// An answer, before the layers.
pub(crate) type Response = hyper::Response<Full<Bytes>>;

fn of(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// 200 with JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<Response, ApiError> {
    // As large as most answers are.
    let mut body = Vec::with_capacity(2048);
    serde_json::to_writer(&mut body, value).map_err(|error| ApiError::Internal(error.into()))?;
    Ok(json_value(body))
}

/// 200 with what is JSON already.
pub(crate) fn json_value(body: impl Into<Bytes>) -> Response {
    of(StatusCode::OK, "application/json", body)
}

/// A problem's JSON.
pub(super) fn problem(status: StatusCode, body: Vec<u8>) -> Response {
    of(status, "application/problem+json", body)
}

/// HTML.
pub(crate) fn html(status: StatusCode, body: String) -> Response {
    of(status, "text/html; charset=utf-8", body)
}

/// 200 with text.
pub(crate) fn text(content_type: &'static str, body: impl Into<Bytes>) -> Response {
    of(StatusCode::OK, content_type, body)
}

/// An answer that carries the version of what it is about.
pub(crate) fn with_etag(mut response: Response, etag: &str) -> Result<Response, ApiError> {
    let value = HeaderValue::try_from(etag).map_err(|error| ApiError::Internal(error.into()))?;
    response.headers_mut().insert(ETAG, value);
    Ok(response)
}

/// 304.
pub(crate) fn not_modified() -> Response {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}
