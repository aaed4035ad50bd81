use std::{
    convert::Infallible,
    future::Future,
    net::Ipv4Addr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Request, StatusCode, Version,
    body::Body,
    header::{CONNECTION, EXPECT, HeaderMap, HeaderValue, TRANSFER_ENCODING},
};
use tokio::sync::{Mutex, Semaphore, watch};
use tower::Service;

use super::{
    ApiError, address,
    body::{BoxError, RequestBody, ResponseBody, Room},
    call::{self, Call},
    caller::Counted,
    layers::{self, Layered},
    metrics::{Metrics, Shed},
    options::HttpOptions,
    rate_limit::Limiters,
    response::Response,
    unread::Unread,
};
use crate::{
    Engine,
    pages::{self, Visit},
    routes::{Found, Routes},
    store::Store,
    webhooks::Webhooks,
};
#[cfg(feature = "mail")]
use crate::{
    courier::CourierOptions,
    mail::{MAIL, MailCarrier},
};

/// The whole API as one `tower::Service`: to mount in another application, or to [`serve`](super::serve).
///
/// Cheap to clone. It takes requests with any body and answers every one of them: there is no error.
#[derive(Clone)]
pub struct App {
    service: Layered,
    state: Arc<dyn Maintain>,
}

/// What came of looking whether the store reads and writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    /// It reads.
    ReadOnly,
    Unavailable,
}

/// What every handler shares.
pub(crate) struct State<S> {
    pub(crate) engine: Engine<S>,
    pub(crate) metrics: Metrics,
    /// When readiness was last looked at, and what came of it.
    pub(crate) readiness: Mutex<Option<(Instant, Readiness)>>,
    pub(super) options: HttpOptions,
    pub(super) limiters: Option<Limiters>,
    /// Room for the bodies of requests.
    pub(super) bodies: Room,
    /// Places for those who follow what happens.
    pub(crate) streams: Arc<Semaphore>,
    /// The server finishes what it has begun: what would go on for ever ends.
    pub(crate) closing: watch::Sender<bool>,
    /// Taken as long as webhooks are sent.
    sending: Mutex<()>,
    routes: Routes<S>,
}

impl App {
    /// The API of an engine.
    pub fn new<S: Store>(engine: Engine<S>, options: HttpOptions) -> Self {
        let state = Arc::new(State::new(engine, options));
        let answering = Arc::clone(&state);
        let answer = tower::service_fn(move |request| {
            let state = Arc::clone(&answering);
            // Boxed here, it is not moved whole by each layer around it.
            let answered = Box::pin(answer(state, request));
            async move { Ok(answered.await) }
        });
        Self { service: layers::around(&answer, &state.options), state }
    }

    /// What must go on beside the requests: taking over what another process has changed, forgetting what is over, sending webhooks.
    /// [`serve`](super::serve) does this; an application that mounts the service spawns it. It never ends.
    pub fn maintenance(&self) -> impl Future<Output = ()> + Send + use<> {
        Arc::clone(&self.state).maintain()
    }

    /// Ends the streams of those who follow what happens, and the sending of webhooks. [`serve`](super::serve) does this when it shuts
    /// down; an application that mounts the service and waits for its requests does it then.
    pub fn close_streams(&self) {
        self.state.close_streams();
    }

    /// Waits until no webhook is being sent any more and it is noted which were, after [`close_streams`](Self::close_streams).
    /// Those of which it is not are sent again.
    pub async fn webhooks_ended(&self) {
        self.state.webhooks_ended().await;
    }

    pub(super) fn options(&self) -> &HttpOptions {
        self.state.options()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        self.state.metrics()
    }
}

impl<S: Store> State<S> {
    pub(super) fn new(engine: Engine<S>, options: HttpOptions) -> Self {
        Self {
            metrics: Metrics::new(
                engine.password_runs(),
                engine.unreadable_events(),
                engine.anonymised(),
                engine.report_figures(),
                {
                    let engine = engine.clone();
                    move || engine.store().waiting()
                },
            ),
            bodies: Room::new(options.bodies_octets_max),
            engine,
            readiness: Mutex::default(),
            limiters: options.rate_limits.map(Limiters::new),
            routes: Routes::new(options.pages),
            streams: Arc::new(Semaphore::new(options.streams_max)),
            closing: watch::Sender::new(false),
            sending: Mutex::default(),
            options,
        }
    }
}

impl<B> Service<Request<B>> for App
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = hyper::Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<RequestBody>>::poll_ready(&mut self.service, context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.service.call(request.map(|body| body.map_err(Into::into).boxed_unsync()))
    }
}

/// Of a request on a connection that there is no room for.
#[derive(Clone, Copy)]
pub(super) struct NoRoom;

/// One request, read to its end or its connection's.
async fn answer<S: Store>(state: Arc<State<S>>, request: Request<RequestBody>) -> Response {
    let octets_max = state.options.body_octets_max;
    // Whoever asks before sending is told not to, rather than to go on.
    let waits = request.headers().contains_key(EXPECT);
    let is_http_1 = request.version() <= Version::HTTP_11;
    let is_turned_away = request.extensions().get::<NoRoom>().is_some();
    let is_doubtful = is_doubtful(request.headers());
    let unread = Unread::default();
    let mut response = handle(state, request.map(|body| unread.lend(body))).await;
    // What has not come by now does not come.
    let is_late = response.status() == StatusCode::REQUEST_TIMEOUT;
    let is_read = if waits || is_late { !unread.is_some() } else { unread.drain(octets_max).await };
    if (!is_read || is_turned_away || is_doubtful) && is_http_1 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether somebody else may see the end of a request where we do not: a proxy that knows a coding which is none, or takes one header of two.
/// Source: RFC 9112, section 6.1, which has `chunked` and nothing else for requests that are not sent as one coded whole.
fn is_doubtful(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    codings.next().is_some_and(|coding| {
        !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") || codings.next().is_some()
    })
}

/// One request: count it against its client's limit, find its handler, let it answer.
async fn handle<S: Store>(state: Arc<State<S>>, request: Request<RequestBody>) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let locale = call::locale(&parts.headers);
    let client = address::client(&parts, &state.options.trusted_proxies);
    let method = parts.method.clone();

    // Other systems have a dialect of their own, also where there is nothing.
    let is_integration =
        parts.uri.path().strip_prefix("/v2").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut left = None;
    let counted = Counted::default();
    // People are told of errors on a page, programs as a problem.
    let mut visit = None;
    let mut figures = None;
    let (route, outcome) = match state.routes.find(&method, parts.uri.path()) {
        Err(error) => ("none", Err(error)),
        Ok(Found { route, parameters }) => {
            visit = route.is_page.then(|| Visit::of(&parts.uri, locale));
            figures = (route.method == method).then_some(&route.figures);
            let within_limits = match (&state.limiters, route.is_public) {
                _ if is_doubtful(&parts.headers) => Err(ApiError::InvalidHeader("Transfer-Encoding")),
                // Whoever watches over the service is told how it is all the same.
                _ if parts.extensions.get::<NoRoom>().is_some() && !route.is_watch => Err(ApiError::Overloaded),
                (Some(limiters), true) => {
                    // Clients whose address nobody tells are one.
                    let client = client.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
                    let (snapshot, within_limits) = limiters.check_address(client);
                    left = Some(snapshot);
                    within_limits
                }
                _ => Ok(()),
            };
            let outcome = match within_limits {
                Ok(()) => {
                    let counted = Arc::clone(&counted);
                    (route.handler)(Call::new(Arc::clone(&state), client, parts, parameters, body, counted)).await
                }
                Err(error) => Err(error),
            };
            (route.path, outcome)
        }
    };
    if matches!(outcome, Err(ApiError::Overloaded)) {
        state.metrics.shed(Shed::Request);
    }
    // A refusal names the limit that was hit, which may be another one.
    let left = counted.get().copied().or(left).filter(|_| !matches!(outcome, Err(ApiError::RateLimited { .. })));
    let mut response = outcome.unwrap_or_else(|error| match visit {
        Some(visit) => pages::failed(error, visit),
        None if is_integration => error.into_v2_response(locale),
        None => error.into_response(locale),
    });
    if let Some(left) = left {
        left.write(response.headers_mut());
    }
    let took = began.elapsed();
    state.metrics.answered(figures, &method, route, response.status(), took);
    tracing::debug!(
        http.method = %method,
        http.route = route,
        http.status = response.status().as_u16(),
        duration_ms = took.as_secs_f64() * 1000.0,
        "answered"
    );
    response
}

impl<S: Store> State<S> {
    /// Tells those outside what happens, until the server closes.
    async fn deliver(&self) {
        let _sending = self.sending.lock().await;
        tokio::join!(self.send_webhooks(), self.send_mails());
    }

    async fn send_webhooks(&self) {
        let Some(options) = &self.options.webhooks else { return };
        match Webhooks::new(options) {
            Ok(carrier) => {
                let figures = self.metrics.webhooks();
                self.engine.deliver(carrier, options.courier.clone(), figures, self.closed()).await;
            }
            Err(error) => tracing::error!(%error, "no webhooks are sent"),
        }
    }

    #[cfg(feature = "mail")]
    async fn send_mails(&self) {
        let store = self.engine.store();
        let Some(postman) = &self.options.mail else {
            // Whoever has mail again is told what happens from then on.
            if let Err(error) = store.remove_recipient(MAIL).await {
                tracing::error!(%error, "what was to be mailed could not be forgotten");
            }
            return;
        };
        if let Err(error) = store.add_recipient(MAIL).await {
            tracing::error!(%error, "no mails are sent");
            return;
        }
        let carrier = MailCarrier::new(self.engine.clone(), Arc::clone(postman));
        // Mail servers have little patience with many connections.
        let webhooks = self.options.webhooks.as_ref().map(|webhooks| webhooks.courier.clone()).unwrap_or_default();
        let options = CourierOptions { concurrency: 4, ..webhooks };
        self.engine.deliver(carrier, options, self.metrics.mails(), self.closed()).await;
    }

    #[cfg(not(feature = "mail"))]
    #[expect(clippy::unused_self, reason = "called as where there is mail")]
    fn send_mails(&self) -> impl Future<Output = ()> + use<S> {
        std::future::ready(())
    }

    fn closed(&self) -> impl Future<Output = ()> + use<S> {
        let mut closing = self.closing.subscribe();
        async move { _ = closing.wait_for(|closing| *closing).await.is_ok() }
    }
}

/// A [`State`] whatever its store.
trait Maintain: Send + Sync {
    fn maintain(self: Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
    fn close_streams(&self);
    fn webhooks_ended(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    fn options(&self) -> &HttpOptions;
    fn metrics(&self) -> &Metrics;
}

impl<S: Store> Maintain for State<S> {
    fn maintain(self: Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        const TICK: Duration = Duration::from_mins(1);
        Box::pin(async move {
            let forget = async {
                loop {
                    tokio::time::sleep(TICK).await;
                    if let Some(limiters) = &self.limiters {
                        limiters.forget_idle();
                    }
                }
            };
            tokio::join!(self.engine.maintain(), self.deliver(), forget);
        })
    }

    fn close_streams(&self) {
        self.closing.send_replace(true);
    }

    fn webhooks_ended(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async { drop(self.sending.lock().await) })
    }

    fn options(&self) -> &HttpOptions {
        &self.options
    }

    fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}
