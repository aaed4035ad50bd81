use std::{error::Error, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::{HeaderMap, body::Body, header::CONTENT_LENGTH};

use super::ApiError;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// The body of a request, whatever server it came through.
pub type RequestBody = UnsyncBoxBody<Bytes, BoxError>;

/// The body of an answer.
pub type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;

/// The whole body, within its limits.
pub(super) async fn read(
    headers: &HeaderMap,
    body: RequestBody,
    octets_max: usize,
    timeout: Duration,
) -> Result<Bytes, ApiError> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.unwrap_or_else(|| body.size_hint().lower()) > u64::try_from(octets_max).unwrap_or(u64::MAX) {
        return Err(ApiError::BodyTooLarge { octets_max });
    }
    tokio::time::timeout(timeout, collect(body, octets_max)).await.unwrap_or(Err(ApiError::BodyTimeout))
}

async fn collect(mut body: RequestBody, octets_max: usize) -> Result<Bytes, ApiError> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers are not ours.
        let Ok(data) = frame.map_err(|_| ApiError::BodyIncomplete)?.into_data() else { continue };
        if first.len() + whole.len() + data.len() > octets_max {
            return Err(ApiError::BodyTooLarge { octets_max });
        }
        // Nearly every body is one frame, which need not be copied.
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}
