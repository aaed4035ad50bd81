use bytes::Bytes;
use http_body_util::{Either, Full, channel::Channel};
use hyper::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION},
};
use serde::Serialize;

use super::{ApiError, body::BoxError};

/// An answer, before the layers.
pub(crate) type Response = hyper::Response<AnswerBody>;

/// What is answered: all at once, or as it comes.
pub(crate) type AnswerBody = Either<Full<Bytes>, Channel<Bytes, BoxError>>;

fn of(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Either::Left(Full::new(body.into())));
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

/// 201 with JSON, and where that is from now on.
pub(crate) fn created(value: &impl Serialize, location: &str) -> Result<Response, ApiError> {
    let mut response = json(value)?;
    *response.status_mut() = StatusCode::CREATED;
    let location = HeaderValue::try_from(location).map_err(|error| ApiError::Internal(error.into()))?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// An answer that nobody is to keep.
pub(crate) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 204.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
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

/// 200 with server-sent events, as they come. Nobody on the way is to keep them back. Source: the HTML standard, 9.2.
pub(crate) fn events(body: Channel<Bytes, BoxError>) -> Response {
    let mut response = Response::new(Either::Right(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// An answer that carries the version of what it is about.
pub(crate) fn with_etag(mut response: Response, etag: &str) -> Result<Response, ApiError> {
    let value = HeaderValue::try_from(etag).map_err(|error| ApiError::Internal(error.into()))?;
    response.headers_mut().insert(ETAG, value);
    Ok(response)
}

/// 304.
pub(crate) fn not_modified() -> Response {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response
}
