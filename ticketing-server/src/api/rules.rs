//! `/api/reglas`.

use hyper::header::{CACHE_CONTROL, HeaderValue};

use crate::{
    http::{ApiError, Call, Response, json_value, not_modified, with_etag},
    store::Store,
};

/// `GET /api/reglas`: the active rules as canonical JSON; their hash is the `ETag`.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let rules = call.engine().rules();
    let etag = format!("\"{}\"", rules.hash());
    let response = if call.has_etag(&etag) { not_modified() } else { json_value(rules.to_json()) };
    let mut response = with_etag(response, &etag)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}
