//! What happens to tickets, told to other systems over HTTP as it happens. Source: the v2 contract, subscriptions; the Standard
//! Webhooks specification.
//!
//! - [`Webhooks`] is a [`Carrier`]: [`Engine::deliver`](crate::Engine::deliver) does the rest.
//! - Targets are addresses that people enter, so that a server could be made to talk to its own network: where a name leads is
//!   looked at right before connecting to it (`address`), no redirect is followed, and no proxy is asked.

mod address;
mod answer;
mod connect;
mod message;

use std::{error::Error, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, StatusCode, Uri,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT},
};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error as ClientError},
    rt::{TokioExecutor, TokioTimer},
};
use ipnet::IpNet;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use serde_json::value::RawValue;
use ticketing_core::{
    Timestamp,
    subscription::{Health, back_off},
};

use self::{
    answer::Answer,
    connect::{ConnectError, Connector},
    message::{Message, Signer},
};
use crate::{
    Engine,
    courier::{Carried, Carrier, CourierOptions, Recipient},
    integration,
    store::{Failure, FailureKind, FeedEntry, RecipientId, Store, StoreError, SubscriptionRecord},
};

/// How webhooks are sent.
#[derive(Clone, Debug)]
pub struct WebhookOptions {
    /// Networks that targets may be in although they are nobody's but one's own: `127.0.0.0/8` for a receiver on this machine.
    pub allowed_networks: Vec<IpNet>,
    /// How long an attempt may take, from the look-up of the name to the end of the answer.
    pub timeout: Duration,
    /// How often, and how much at once.
    pub courier: CourierOptions,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self { allowed_networks: vec![], timeout: Duration::from_secs(15), courier: CourierOptions::default() }
    }
}

/// Carries events to the targets of subscriptions.
pub struct Webhooks {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    timeout: Duration,
}

/// How long a connection is kept for the next event: less than the five seconds after which common servers close theirs.
const KEPT_IDLE: Duration = Duration::from_secs(4);
/// How much of an answer is read, in octets, so that its connection can be used again. It says nothing of interest.
const ANSWER_MAX: usize = 64 << 10;

impl Webhooks {
    /// A carrier with connections of its own.
    ///
    /// # Errors
    /// When there is no cryptography for TLS.
    pub fn new(options: &WebhookOptions) -> Result<Self, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions()?;
        let tls = match builder.clone().with_native_roots() {
            Ok(tls) => tls.with_no_client_auth(),
            Err(error) => {
                tracing::warn!(%error, "there are no certificates to trust: no webhook is sent over https");
                builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
            }
        };
        let connector = Connector::new(options.allowed_networks.clone());
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT_IDLE)
            .build(connector);
        Ok(Self { client, timeout: options.timeout })
    }

    async fn post(&self, target: &Target, message: &Message<'_>, now: Timestamp) -> Result<Answer, FailureKind> {
        let body = message.body().ok_or(FailureKind::Unreadable)?;
        let mut request = Request::post(target.uri.clone());
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&target.headers);
            target.signer.sign(headers, message.id, &body, now);
        }
        let request = request.body(Full::new(body)).map_err(|_| FailureKind::Connect)?;
        let answer = self.client.request(request).await.map_err(|error| kind_of(&error))?;
        let said = Answer::of(&answer, now);
        let mut body = answer.into_body();
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            // Whoever breaks off in the middle of an answer may have broken off before it was meant.
            read += frame.map_err(|_| FailureKind::BrokenOff)?.data_ref().map_or(0, Bytes::len);
            if read > ANSWER_MAX {
                break;
            }
        }
        Ok(said)
    }
}

/// A subscription, ready to be sent to.
pub struct Target {
    record: SubscriptionRecord,
    uri: Uri,
    /// Those of every request to it.
    headers: HeaderMap,
    signer: Signer,
    /// Its identity as it is written.
    id: String,
}

impl Target {
    /// `None` where its address or its headers can be sent by nobody, which those that were taken are not.
    fn new(record: SubscriptionRecord) -> Option<Self> {
        let webhook = &record.subscription.webhook;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("ticketing-server/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in webhook.headers() {
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(Self {
            uri: webhook.url().as_str().parse().ok()?,
            headers,
            signer: Signer::new(&record.secrets)?,
            id: record.subscription.id.0.to_string(),
            record,
        })
    }
}

impl Recipient for Target {
    fn id(&self) -> RecipientId {
        RecipientId(self.record.subscription.id.0)
    }

    fn version(&self) -> u32 {
        self.record.subscription.version
    }

    fn health(&self) -> Health {
        self.record.subscription.health
    }

    fn wants(&self, entry: &FeedEntry) -> bool {
        self.record.subscription.criteria.action_of(&entry.event).is_some()
    }
}

impl<S: Store> Carrier<S> for Webhooks {
    const NAME: &'static str = "webhooks";

    type Recipient = Target;
    type Content = Box<RawValue>;

    async fn recipients(&self, store: &S) -> Result<Vec<Target>, StoreError> {
        let records = store.subscriptions().await?;
        let target = |record: SubscriptionRecord| {
            let id = record.subscription.id;
            let target = Target::new(record);
            if target.is_none() {
                tracing::error!(subscription.id = %id.0, "a subscription's address cannot be sent to");
            }
            target
        };
        Ok(records.into_iter().filter_map(target).collect())
    }

    async fn content(&self, engine: &Engine<S>, entry: &FeedEntry) -> Result<Option<(Box<RawValue>, u32)>, StoreError> {
        let Some(record) = engine.store().record(entry.id).await? else { return Ok(None) };
        let version = record.ticket.version;
        let shown = engine.in_integration(*record).await?;
        let ticket = serde_json::value::to_raw_value(&integration::view(&shown));
        Ok(Some((ticket.map_err(|error| StoreError::Damaged(error.into()))?, version)))
    }

    async fn carry(&self, target: &Target, entry: &FeedEntry, ticket: &Box<RawValue>, now: Timestamp) -> Carried {
        // Its criteria may have changed since it wanted to be told: it is told what it is, then.
        let Some(action) = target.record.subscription.criteria.action_of(&entry.event) else {
            return Carried::Delivered;
        };
        let id = ticketing_core::subscription::event_id(entry.id, entry.event.seq);
        let message = Message { id, at: entry.event.recorded_at, subscription_id: &target.id, action, ticket };
        let posted = tokio::time::timeout(self.timeout, self.post(target, &message, now)).await;
        let Answer { status, retry_after } = match posted.unwrap_or(Err(FailureKind::Timeout)) {
            Ok(answer) => answer,
            Err(kind) => return Carried::Failed(Failure { kind, http_status: None }),
        };
        let failure = Failure { kind: FailureKind::Answer, http_status: Some(status.as_u16()) };
        match retry_after.filter(|_| back_off::may_ask_for_time(status.as_u16())) {
            _ if status.is_success() => Carried::Delivered,
            _ if status == StatusCode::GONE => Carried::Gone(failure),
            Some(wait) => Carried::Busy(failure, wait),
            None => Carried::Failed(failure),
        }
    }

    async fn keep_health(&self, store: &S, target: &Target, health: Health) -> Result<(), StoreError> {
        let subscription = &target.record.subscription;
        store.keep_health(subscription.id, subscription.version, health).await
    }
}

fn kind_of(error: &ClientError) -> FailureKind {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(cause) = cause.downcast_ref::<ConnectError>() {
            return cause.kind();
        }
        if cause.is::<rustls::Error>() {
            return FailureKind::Tls;
        }
        // What stands in an I/O error is not its source.
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as _).or_else(|| cause.source());
    }
    if error.is_connect() { FailureKind::Connect } else { FailureKind::BrokenOff }
}
