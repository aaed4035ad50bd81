//! What is sent: the body and its signatures.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::Sha256;
use ticketing_core::{Timestamp, subscription::Happening};
use uuid::Uuid;

use crate::store::Secrets;

/// An event as a receiver reads it.
pub(super) struct Message<'a> {
    /// The event's identity, the same at each attempt.
    pub(super) id: Uuid,
    /// When it happened.
    pub(super) at: Timestamp,
    pub(super) subscription_id: &'a str,
    pub(super) action: Happening,
    pub(super) ticket: &'a RawValue,
}

/// Source: the v2 contract, subscriptions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    id: Uuid,
    timestamp: String,
    subscription_id: &'a str,
    r#type: &'static str,
    action: &'static str,
    ticket: &'a RawValue,
}

impl Message<'_> {
    pub(super) fn body(&self) -> Option<Bytes> {
        let Self { id, at, subscription_id, action, ticket } = *self;
        let body =
            Body { id, timestamp: at.to_string(), subscription_id, r#type: "TICKET", action: action.name(), ticket };
        serde_json::to_vec(&body).ok().map(Bytes::from)
    }
}

/// Signs for one subscription. Source: the Standard Webhooks specification, which signs `id.timestamp.body`.
pub(super) struct Signer {
    current: Hmac<Sha256>,
    previous: Option<(Hmac<Sha256>, Timestamp)>,
}

impl Signer {
    /// `None` where a secret is none, which those that were stored are not.
    pub(super) fn new(secrets: &Secrets) -> Option<Self> {
        let key = |octets: &[u8]| Hmac::new_from_slice(octets).ok();
        let previous = match &secrets.previous {
            Some((secret, until)) => Some((key(&secret.0)?, *until)),
            None => None,
        };
        Some(Self { current: key(&secrets.current.0)?, previous })
    }

    /// Adds the three headers that a receiver checks.
    pub(super) fn sign(&self, headers: &mut HeaderMap, id: Uuid, body: &[u8], now: Timestamp) {
        let seconds = now.unix_millis() / 1000;
        let signed = |key: &Hmac<Sha256>| {
            let mut mac = key.clone();
            mac.update(format!("{id}.{seconds}.").as_bytes());
            mac.update(body);
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        let mut signatures = signed(&self.current);
        if let Some((previous, until)) = &self.previous
            && now < *until
        {
            signatures.push(' ');
            signatures.push_str(&signed(previous));
        }
        let mut insert = |name, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        insert("webhook-id", id.to_string());
        insert("webhook-timestamp", seconds.to_string());
        insert("webhook-signature", signatures);
    }
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;
    use crate::store::Secret;

    /// Checked by the specification's own library, which wants the time to be now.
    #[test]
    fn signatures_are_what_receivers_expect_also_while_two_secrets_are_valid() {
        let now = crate::clock::Clock::now(&crate::clock::SystemClock);
        let (new, old, other) = (Secret([1; 32]), Secret([2; 32]), Secret([3; 32]));
        let signed = |until: Timestamp| {
            let secrets = Secrets { current: new.clone(), previous: Some((old.clone(), until)) };
            let mut headers = HeaderMap::new();
            Signer::new(&secrets).unwrap().sign(&mut headers, Uuid::nil(), b"{}", now);
            headers
        };
        let check = |headers: &HeaderMap, secret: &Secret, body: &[u8]| {
            Webhook::new(&secret.reveal()).unwrap().verify(body, headers).is_ok()
        };
        let overlapping = signed(Timestamp::MAX);
        assert!(check(&overlapping, &new, b"{}") && check(&overlapping, &old, b"{}"));
        assert!(!check(&overlapping, &other, b"{}") && !check(&overlapping, &new, b"{ }"));
        let over = signed(now);
        assert!(check(&over, &new, b"{}") && !check(&over, &old, b"{}"));
    }
}
