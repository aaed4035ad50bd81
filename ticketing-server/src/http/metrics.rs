use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hyper::{Method, StatusCode};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::Histogram,
    },
    registry::Registry,
};

use crate::{ReportFigures, courier::CourierFigures, store::Waiting};

/// What `/metrics` tells.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Tickets created, repeated requests not counted.
    pub(crate) tickets_created: Counter,
    /// Open connections.
    pub(super) connections: Gauge,
    /// What there was no room for.
    shed: Family<ShedLabels, Counter>,
    webhooks: Arc<CourierFigures>,
    #[cfg(feature = "mail")]
    mails: Arc<CourierFigures>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct ShedLabels {
    what: &'static str,
}

/// What nearly all answers of a route count in: looked for once, not by each of them.
#[derive(Default)]
pub(crate) struct UsualFigures {
    /// Of the first status that was a success.
    requests: OnceLock<(StatusCode, Counter)>,
    seconds: OnceLock<Histogram>,
}

/// What there may be too much of.
#[derive(Clone, Copy)]
pub(super) enum Shed {
    Request,
    Connection,
}

impl Shed {
    const fn name(self) -> &'static str {
        match self {
            Self::Request => "requests",
            Self::Connection => "connections",
        }
    }
}

/// What waits for a store, looked at when somebody asks.
struct StoreWaiting(Box<dyn Fn() -> Waiting + Send + Sync>);

impl fmt::Debug for StoreWaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)().fmt(f)
    }
}

impl Collector for StoreWaiting {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Waiting { writes, reads } = (self.0)();
        let help = "What waits for the store: writes, and lists and searches";
        let mut family = encoder.encode_descriptor("store_waiting", help, None, MetricType::Gauge)?;
        for (kind, count) in [("writes", writes), ("reads", reads)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            ConstGauge::new(count).encode(family.encode_family(&[("kind", kind)])?)?;
        }
        Ok(())
    }
}

/// Counted by the engine, which knows nothing of metrics.
#[derive(Debug)]
struct PasswordRuns(Arc<AtomicU64>);

impl Collector for PasswordRuns {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Passwords hashed or checked";
        let metric = encoder.encode_descriptor("password_runs", help, None, MetricType::Counter)?;
        ConstCounter::new(self.0.load(Relaxed)).encode(metric)
    }
}

/// Likewise.
#[derive(Debug)]
struct Anonymised(Arc<AtomicU64>);

impl Collector for Anonymised {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Tickets whose person and words were erased because the rules keep them no longer";
        let metric = encoder.encode_descriptor("tickets_anonymised", help, None, MetricType::Counter)?;
        ConstCounter::new(self.0.load(Relaxed)).encode(metric)
    }
}

/// Counted by it, likewise.
#[derive(Debug)]
struct UnreadableEvents(Arc<AtomicU64>);

impl Collector for UnreadableEvents {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Events that are told to nobody because they cannot be read: `verify` names them";
        let metric = encoder.encode_descriptor("feed_unreadable", help, None, MetricType::Counter)?;
        ConstCounter::new(self.0.load(Relaxed)).encode(metric)
    }
}

/// Known by it, likewise.
#[derive(Debug)]
struct Reports(Arc<ReportFigures>);

impl Collector for Reports {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Events that are in no report yet, as far as this process has looked";
        let metric = encoder.encode_descriptor("reports_behind", help, None, MetricType::Gauge)?;
        let behind = i64::try_from(self.0.behind.load(Relaxed)).unwrap_or(i64::MAX);
        ConstGauge::new(behind).encode(metric)?;
        let help = "Events that could not be read, and are in no report";
        let metric = encoder.encode_descriptor("reports_unreadable", help, None, MetricType::Gauge)?;
        let unreadable = i64::try_from(self.0.unreadable.load(Relaxed)).unwrap_or(i64::MAX);
        ConstGauge::new(unreadable).encode(metric)?;
        let help = "How long the last report took, from being asked to being there";
        let metric = encoder.encode_descriptor("report_last_seconds", help, None, MetricType::Gauge)?;
        ConstGauge::new(Duration::from_micros(self.0.last_micros.load(Relaxed)).as_secs_f64()).encode(metric)
    }
}

/// Counted by a courier, likewise.
#[derive(Debug)]
struct Deliveries {
    /// A name and what is said of it: what was attempted, what waits, what is behind.
    told: [(&'static str, &'static str); 3],
    figures: Arc<CourierFigures>,
}

impl Collector for Deliveries {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let CourierFigures { delivered, failed, given_up, pending, lag } = &*self.figures;
        let [(name, help), waiting, behind] = self.told;
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (outcome, count) in [("delivered", delivered), ("failed", failed), ("given_up", given_up)] {
            ConstCounter::new(count.load(Relaxed)).encode(family.encode_family(&[("outcome", outcome)])?)?;
        }
        for ((name, help), value) in [(waiting, pending), (behind, lag)] {
            let value = i64::try_from(value.load(Relaxed)).unwrap_or(i64::MAX);
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)?;
        }
        Ok(())
    }
}

const WEBHOOKS: [(&str, &str); 3] = [
    ("webhook_deliveries", "Attempts to deliver a webhook, and deliveries that were given up after the last of them"),
    ("webhook_pending", "Deliveries of webhooks that are to be tried again, or wait behind one"),
    ("webhook_lag", "Events by which the last of the active subscriptions is behind"),
];

#[cfg(feature = "mail")]
const MAILS: [(&str, &str); 3] = [
    (
        "mail_deliveries",
        "Attempts to mail what an event has to tell, and events that were given up: after the last attempt, or refused for good",
    ),
    ("mail_pending", "Events whose mails are to be tried again, or wait behind such"),
    ("mail_lag", "Events by which mails are behind"),
];

fn seconds() -> Histogram {
    Histogram::new([0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5])
}

impl Metrics {
    pub(super) fn new(
        password_runs: Arc<AtomicU64>,
        unreadable_events: Arc<AtomicU64>,
        anonymised: Arc<AtomicU64>,
        reports: Arc<ReportFigures>,
        waiting: impl Fn() -> Waiting + Send + Sync + 'static,
    ) -> Self {
        let mut registry = Registry::with_prefix("ticketing");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register(
            "http_request_duration_seconds",
            "Time to answer a request, its body included",
            seconds.clone(),
        );
        let tickets_created = Counter::default();
        registry.register("tickets_created", "Tickets created", tickets_created.clone());
        let connections = Gauge::default();
        registry.register("http_connections", "Open connections", connections.clone());
        let shed = Family::<ShedLabels, Counter>::default();
        for shed_so_far in [Shed::Request, Shed::Connection] {
            // Told from the start: none so far.
            drop(shed.get_or_create(&ShedLabels { what: shed_so_far.name() }));
        }
        registry.register("shed", "Requests and connections that there was no room for", shed.clone());
        registry.register_collector(Box::new(StoreWaiting(Box::new(waiting))));
        registry.register_collector(Box::new(PasswordRuns(password_runs)));
        registry.register_collector(Box::new(Anonymised(anonymised)));
        registry.register_collector(Box::new(UnreadableEvents(unreadable_events)));
        registry.register_collector(Box::new(Reports(reports)));
        let mut deliveries = |told| {
            let figures = Arc::<CourierFigures>::default();
            registry.register_collector(Box::new(Deliveries { told, figures: Arc::clone(&figures) }));
            figures
        };
        Self {
            webhooks: deliveries(WEBHOOKS),
            #[cfg(feature = "mail")]
            mails: deliveries(MAILS),
            registry,
            requests,
            seconds,
            tickets_created,
            connections,
            shed,
        }
    }

    /// What is sent counts here.
    pub(super) fn webhooks(&self) -> Arc<CourierFigures> {
        Arc::clone(&self.webhooks)
    }

    /// What is mailed counts here.
    #[cfg(feature = "mail")]
    pub(super) fn mails(&self) -> Arc<CourierFigures> {
        Arc::clone(&self.mails)
    }

    /// An answer of a route, whose usual figures are known where it was asked by its own method.
    pub(super) fn answered(
        &self,
        usual: Option<&UsualFigures>,
        method: &Method,
        route: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        // A client's invented methods must not become series.
        let method = match *method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            _ => "other",
        };
        let requests = || self.requests.get_or_create_owned(&RequestLabels { method, route, status: status.as_u16() });
        let seconds = || self.seconds.get_or_create_owned(&RouteLabels { route });
        match usual.filter(|_| status.is_success()).map(|usual| usual.requests.get_or_init(|| (status, requests()))) {
            Some((usual, requests)) if *usual == status => requests.inc(),
            _ => requests().inc(),
        };
        match usual {
            Some(usual) => usual.seconds.get_or_init(seconds).observe(took.as_secs_f64()),
            None => seconds().observe(took.as_secs_f64()),
        }
    }

    pub(super) fn shed(&self, what: Shed) {
        self.shed.get_or_create(&ShedLabels { what: what.name() }).inc();
    }

    /// In the text format that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
