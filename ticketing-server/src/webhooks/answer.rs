//! What an answer says.

use std::time::UNIX_EPOCH;

use hyper::{
    Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use ticketing_core::{TimeDelta, Timestamp};

/// As much of an answer as is of interest.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// For how long its sender asks to be left alone.
    pub(super) retry_after: Option<TimeDelta>,
}

impl Answer {
    /// What was answered to a request of an instant.
    pub(super) fn of<B>(response: &Response<B>, now: Timestamp) -> Self {
        Self { status: response.status(), retry_after: retry_after(response.headers(), now) }
    }
}

/// Seconds, or a date. Source: RFC 9110, 10.2.3.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<TimeDelta> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()) {
        // What is longer than any number is as long as the longest.
        return Some(TimeDelta::seconds(text.parse().unwrap_or(u32::MAX).into()));
    }
    let since_epoch = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
    Some(Timestamp::saturating_from_unix_millis(millis).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<i64>) {
        let now = Timestamp::parse("2026-03-24T10:15:00Z").unwrap();
        let response = Response::builder().header("Retry-After", value).body(()).unwrap();
        let said = Answer::of(&response, now).retry_after;
        assert_eq!(said.map(|wait| wait.num_seconds()), expected, "{value}");
    }

    #[test]
    fn a_time_to_wait_is_seconds_or_a_date() {
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("99999999999999999999", Some(u32::MAX.into()));
        check("Tue, 24 Mar 2026 10:17:00 GMT", Some(120));
        check("Tuesday, 24-Mar-26 10:17:00 GMT", Some(120));
        check("Tue Mar 24 10:17:00 2026", Some(120));
        check("Tue, 24 Mar 2026 10:14:00 GMT", Some(-60));
        for value in ["", "-1", "1.5", "+5", "soon", "120s", "2026-03-24T10:17:00Z", "Tue, 24 Mar 1926 10:17:00 GMT"] {
            check(value, None);
        }
    }
}
