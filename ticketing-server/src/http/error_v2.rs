//! Errors as the integration dialect tells them. Source: the integration contract.

use hyper::StatusCode;
use serde::Serialize;
use ticketing_core::{Locale, Refusal, violation::RenderedViolation};

use super::{
    ApiError,
    response::{self, Response},
};

#[derive(Serialize)]
struct Answer {
    code: &'static str,
    message: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Detail>,
}

#[derive(Serialize)]
struct Detail {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'static str>,
}

impl ApiError {
    /// The answer to another system. What stands in its details is in the caller's language.
    pub(super) fn into_v2_response(self, locale: Locale) -> Response {
        let (status, code, message) = self.in_v2();
        let body = serde_json::to_vec(&Answer { code, message, details: self.details(locale) }).unwrap_or_default();
        let mut response = response::json_value(body);
        *response.status_mut() = status;
        self.finish(response, locale)
    }

    fn in_v2(&self) -> (StatusCode, &'static str, &'static str) {
        let status = match self.status() {
            // Values that break rules, but for the key that makes a request repeatable.
            StatusCode::UNPROCESSABLE_ENTITY if !matches!(self, Self::KeyReused) => StatusCode::BAD_REQUEST,
            status => status,
        };
        let (code, message) = v2_code(status);
        (status, code, message)
    }

    fn details(&self, locale: Locale) -> Vec<Detail> {
        let violations = self.violations(locale);
        if !violations.is_empty() {
            let detail = |RenderedViolation { field, code, message, .. }| Detail { code, message, path: Some(field) };
            return violations.into_iter().map(detail).collect();
        }
        let path = match self {
            // What the details would say is what the code says.
            Self::Internal(_) | Self::NoRoute | Self::TicketNotFound | Self::LoginRequired => return Vec::new(),
            Self::InvalidParameter { name, .. } | Self::InvalidHeader(name) => Some(*name),
            Self::Malformed(_) | Self::BodyIncomplete => Some(""),
            _ => None,
        };
        let reason = Detail { code: self.code(), message: self.detail(locale), path };
        let allowed = match self {
            Self::Refused(Refusal::NotAllowed { allowed, .. }) => &allowed[..],
            _ => &[],
        };
        let allowed = allowed.iter().map(|name| Detail { code: "allowed", message: (*name).to_owned(), path: None });
        std::iter::once(reason).chain(allowed).collect()
    }
}

/// What a status is called in this dialect, and said of it.
pub(crate) const fn v2_code(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("VALIDATION_ERROR", "Validation error"),
        StatusCode::UNAUTHORIZED => ("AUTHENTICATION_ERROR", "No authorization token was found"),
        StatusCode::FORBIDDEN => ("AUTHORIZATION_ERROR", "Not authorized"),
        StatusCode::NOT_FOUND => ("NOT_FOUND", "Not found"),
        StatusCode::METHOD_NOT_ALLOWED => ("METHOD_NOT_ALLOWED", "Method not allowed"),
        StatusCode::REQUEST_TIMEOUT => ("REQUEST_TIMEOUT", "Request timeout"),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => ("DUPLICATED", "Entity already exists"),
        StatusCode::PAYLOAD_TOO_LARGE => ("PAYLOAD_TOO_LARGE", "Payload too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("UNSUPPORTED_MEDIA_TYPE", "Unsupported media type"),
        StatusCode::UNPROCESSABLE_ENTITY => ("IDEMPOTENCY_MISMATCH", "The key belongs to another request"),
        StatusCode::TOO_MANY_REQUESTS => ("RATE_LIMITED", "Too many requests"),
        StatusCode::SERVICE_UNAVAILABLE => ("UNAVAILABLE", "Service unavailable"),
        _ => ("INTERNAL_ERROR", "Internal error"),
    }
}
