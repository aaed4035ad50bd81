#[cfg(feature = "mail")]
use std::sync::Arc;
use std::{num::NonZeroU32, str::FromStr, time::Duration};

use ipnet::IpNet;

#[cfg(feature = "mail")]
use crate::mail::Postman;
use crate::webhooks::WebhookOptions;

/// How the service deals with those who call it.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The web pages that may call it from a browser.
    pub cors_origins: Vec<CorsOrigin>,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How often one client may call; `None`: as often as it likes, for load tests.
    pub rate_limits: Option<RateLimits>,
    /// Whether the public pages are served beside the API: `/`, `/solicitud`, `/consulta` and `/assets`.
    pub pages: bool,
    /// Most octets of a body.
    pub body_octets_max: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a head may take to arrive, and an idle connection stays open.
    pub head_timeout: Duration,
    /// Most bodies of requests in memory at once, in octets; one more is a 503. Those up to 16 KiB, which nearly all are, are not counted.
    pub bodies_octets_max: usize,
    /// Most connections at once, half of them from one client. Some more are accepted to be told so with a 503, and still more wait.
    pub connections_max: usize,
    /// How long an answer may stand still because its client does not read it.
    pub write_timeout: Duration,
    /// Streams of events at once; one more is a 503.
    pub streams_max: usize,
    /// How long a shutdown waits for requests that are being answered.
    pub drain_timeout: Duration,
    /// How webhooks are sent; `None`: they are not.
    pub webhooks: Option<WebhookOptions>,
    /// Who writes mails; `None`: nobody.
    #[cfg(feature = "mail")]
    pub mail: Option<Arc<Postman>>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            cors_origins: vec![CorsOrigin::any_port("http://localhost"), CorsOrigin::any_port("http://127.0.0.1")],
            trusted_proxies: vec![],
            rate_limits: Some(RateLimits::default()),
            pages: true,
            body_octets_max: 1 << 20,
            body_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(30),
            bodies_octets_max: 256 << 20,
            connections_max: 10_000,
            write_timeout: Duration::from_secs(30),
            streams_max: 1_000,
            drain_timeout: Duration::from_secs(20),
            webhooks: Some(WebhookOptions::default()),
            #[cfg(feature = "mail")]
            mail: None,
        }
    }
}

/// How often one client may call: anybody the public endpoints, another system the integration API.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimits {
    /// By network address; an IPv6 network of 64 bits is one address.
    pub address: RateLimit,
    /// By the e-mail address in the request, in any letter case.
    pub email: RateLimit,
    /// By token, at the integration API.
    pub token: RateLimit,
}

/// A steady rate with bursts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// Requests in a minute, in the long run.
    pub per_minute: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

impl Default for RateLimits {
    fn default() -> Self {
        let limit = |per_minute, burst| RateLimit {
            per_minute: NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN),
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
        };
        Self { address: limit(120, 60), email: limit(30, 20), token: limit(1_200, 300) }
    }
}

/// A web origin that may call the API from a browser: `https://help.example`, `http://localhost:*` (any port), or `*`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CorsOrigin {
    origin: String,
    any_port: bool,
}

/// A text that is no [`CorsOrigin`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "“{0}” is no origin: write scheme and host without a path, such as https://help.example or http://localhost:*, or *"
)]
pub struct InvalidCorsOrigin(String);

impl CorsOrigin {
    fn any_port(origin: &str) -> Self {
        Self { origin: origin.to_owned(), any_port: true }
    }

    /// Whether an `Origin` header names it.
    pub fn matches(&self, header: &[u8]) -> bool {
        if self.origin == "*" {
            return true;
        }
        match header.strip_prefix(self.origin.as_bytes()) {
            Some([]) => true,
            Some([b':', port @ ..]) => self.any_port && !port.is_empty() && port.iter().all(u8::is_ascii_digit),
            _ => false,
        }
    }
}

impl FromStr for CorsOrigin {
    type Err = InvalidCorsOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidCorsOrigin> {
        let invalid = || InvalidCorsOrigin(text.to_owned());
        if text == "*" {
            return Ok(Self { origin: text.to_owned(), any_port: false });
        }
        let (origin, any_port) = text.strip_suffix(":*").map_or((text, false), |origin| (origin, true));
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).ok_or_else(invalid)?;
        if host.is_empty() || host.contains(|c: char| matches!(c, '/' | '*' | '?' | '#' | '@') || !c.is_ascii_graphic())
        {
            return Err(invalid());
        }
        Ok(Self { origin: origin.to_ascii_lowercase(), any_port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_matches_itself_and_its_ports_only() {
        let local: CorsOrigin = "http://localhost:*".parse().unwrap();
        assert!(local.matches(b"http://localhost") && local.matches(b"http://localhost:5173"));
        for other in
            ["https://localhost", "http://localhost.evil.example", "http://localhost:", "http://localhost:1x", "null"]
        {
            assert!(!local.matches(other.as_bytes()), "{other}");
        }
        let one: CorsOrigin = "https://Help.example".parse().unwrap();
        assert!(one.matches(b"https://help.example") && !one.matches(b"https://help.example:8443"));
        for text in ["", "help.example", "https://", "https://a/b", "ftp://a", "https://*.example", "http://a b"] {
            assert!(text.parse::<CorsOrigin>().is_err(), "{text}");
        }
    }
}
