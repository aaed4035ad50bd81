//! What stands around the handlers, from the outside in.

use std::{
    any::Any,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body_util::BodyExt;
use hyper::{
    Method, Request,
    header::{
        ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, LINK, LOCATION, ORIGIN,
        RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use tower::{
    Layer, Service, ServiceBuilder,
    util::{BoxCloneSyncService, Either},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};

use super::{
    ApiError,
    body::{RequestBody, ResponseBody},
    call,
    options::HttpOptions,
    response::Response,
};

/// Handlers with what stands around them.
#[derive(Clone)]
pub(super) struct Layered {
    pages: Boxed,
    others: Boxed,
}

type Boxed = BoxCloneSyncService<Request<RequestBody>, hyper::Response<ResponseBody>, Infallible>;

/// Two ways to the same handlers: only web pages say where they come from, and only they are answered whether they may.
pub(super) fn around<H>(handlers: H, options: &HttpOptions) -> Layered
where
    H: Service<Request<RequestBody>, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    H::Future: Send + 'static,
{
    let request_ids = RequestIds::new();
    // A cache must not take one answer for the other. What else it depends on stands there too, in one line.
    let vary = SetResponseHeaderLayer::appending(VARY, HeaderValue::from_static("origin, accept-encoding"));
    Layered {
        pages: way_to(handlers.clone(), request_ids.clone(), Either::Left(cors(options))),
        others: way_to(handlers, request_ids, Either::Right(vary)),
    }
}

impl Service<Request<RequestBody>> for Layered {
    type Response = hyper::Response<ResponseBody>;
    type Error = Infallible;
    type Future = <Boxed as Service<Request<RequestBody>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        ready!(self.pages.poll_ready(context))?;
        self.others.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let is_of_page = request.headers().contains_key(ORIGIN) || request.method() == Method::OPTIONS;
        if is_of_page { self.pages.call(request) } else { self.others.call(request) }
    }
}

fn way_to<H>(
    handlers: H,
    request_ids: RequestIds,
    origins: Either<CorsLayer, SetResponseHeaderLayer<HeaderValue>>,
) -> Boxed
where
    H: Service<Request<RequestBody>, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    H::Future: Send + 'static,
{
    let request_id = HeaderName::from_static("x-request-id");
    let service = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(request_id.clone(), request_ids))
        .layer(PropagateRequestIdLayer::new(request_id))
        .layer(SetResponseHeaderLayer::if_not_present(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(CompressionLayer::new().no_br().no_deflate().no_zstd())
        .layer(origins)
        .layer(CatchPanicLayer::custom(panicked))
        .service(handlers);
    let boxed = tower::util::MapResponseLayer::new(|response: hyper::Response<_>| {
        response.map(|body: tower_http::compression::CompressionBody<_>| body.map_err(Into::into).boxed_unsync())
    });
    BoxCloneSyncService::new(boxed.layer(service))
}

/// Source: the Mesa de Ayuda contract.
fn cors(options: &HttpOptions) -> CorsLayer {
    let origins = options.cors_origins.clone();
    let header = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origins.iter().any(|allowed| allowed.matches(origin.as_bytes()))
        }))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            header("x-api-token"),
            header("idempotency-key"),
            IF_MATCH,
            ACCEPT_LANGUAGE,
            header("last-event-id"),
        ])
        .expose_headers([
            ETAG,
            LINK,
            LOCATION,
            RETRY_AFTER,
            header("ratelimit"),
            header("x-total"),
            header("x-page"),
            header("x-page-size"),
        ])
        .max_age(Duration::from_mins(10))
}

/// A handler that panics is a defect of ours: 500, logged, and the desk goes on.
#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    ApiError::Internal(format!("a handler panicked: {text}").into())
        .into_response(call::locale(&hyper::HeaderMap::new()))
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
}

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let count = self.count.fetch_add(1, Relaxed);
        HeaderValue::try_from(format!("{:x}-{count:x}", self.prefix)).ok().map(RequestId::new)
    }
}
