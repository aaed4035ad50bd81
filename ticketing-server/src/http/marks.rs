//! What every answer carries, whoever made it.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use hyper::{
    Request, Response,
    header::{HeaderName, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS},
};
use pin_project_lite::pin_project;
use tower::{Layer, Service, layer::layer_fn};

/// The id of a request: its own, or ours where it has none.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request id, `nosniff` and `Vary`: headers that are set in one go.
#[derive(Clone)]
pub(super) struct Marks {
    request_ids: RequestIds,
}

impl Marks {
    pub(super) fn new() -> Self {
        Self { request_ids: RequestIds::new() }
    }

    /// Marks the answers of a service, and tells caches what they depend on where that is given.
    pub(super) fn layer<S>(&self, vary: Option<HeaderValue>) -> impl Layer<S, Service = Marking<S>> + Clone + use<S> {
        let request_ids = self.request_ids.clone();
        layer_fn(move |service| Marking { service, request_ids: request_ids.clone(), vary: vary.clone() })
    }
}

/// A service whose answers are marked.
#[derive(Clone)]
pub(super) struct Marking<S> {
    service: S,
    request_ids: RequestIds,
    vary: Option<HeaderValue>,
}

impl<S, B, A> Service<Request<B>> for Marking<S>
where
    S: Service<Request<B>, Response = Response<A>, Error = Infallible>,
{
    type Response = Response<A>;
    type Error = Infallible;
    type Future = Marked<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let request_id = request.headers().get(X_REQUEST_ID).cloned().or_else(|| self.request_ids.next());
        Marked { answer: self.service.call(request), request_id, vary: self.vary.clone() }
    }
}

pin_project! {
    /// An answer that is going to be marked.
    pub(super) struct Marked<F> {
        #[pin]
        answer: F,
        request_id: Option<HeaderValue>,
        vary: Option<HeaderValue>,
    }
}

impl<F, A> Future for Marked<F>
where
    F: Future<Output = Result<Response<A>, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.answer.poll(context))?;
        let headers = response.headers_mut();
        if let Some(request_id) = this.request_id.take() {
            headers.entry(X_REQUEST_ID).or_insert(request_id);
        }
        headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(const { HeaderValue::from_static("nosniff") });
        if let Some(vary) = this.vary.take() {
            headers.append(VARY, vary);
        }
        Poll::Ready(Ok(response))
    }
}

/// Ids that no two requests of any process share: a random prefix and a count.
#[derive(Clone)]
struct RequestIds {
    prefix: u64,
    count: Arc<AtomicU64>,
}

impl RequestIds {
    fn new() -> Self {
        let (_, prefix) = uuid::Uuid::now_v7().as_u64_pair();
        Self { prefix, count: Arc::default() }
    }

    fn next(&self) -> Option<HeaderValue> {
        let count = self.count.fetch_add(1, Relaxed);
        HeaderValue::try_from(format!("{:x}-{count:x}", self.prefix)).ok()
    }
}
