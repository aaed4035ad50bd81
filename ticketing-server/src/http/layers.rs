//! What stands around the handlers, from the outside in.

use std::{
    any::Any,
    convert::Infallible,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Method, Request,
    body::Body,
    header::{
        ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, LINK,
        LOCATION, ORIGIN, RETRY_AFTER, VARY,
    },
};
use tower::{
    Service, ServiceBuilder,
    util::{BoxCloneSyncService, Either},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
};

use super::{
    ApiError,
    body::{BoxError, RequestBody, ResponseBody},
    call,
    marks::Marks,
    options::HttpOptions,
    response::Response,
};

/// Handlers with what stands around them.
#[derive(Clone)]
pub(super) struct Layered {
    /// For web pages, which say where they come from, and are answered whether they may.
    pages: Boxed,
    /// For those who may take an answer compressed.
    others: Boxed,
    /// For those who say nothing of either, as most programs do: they wait for nothing that is of no use to them.
    plain: Boxed,
}

type Boxed = BoxCloneSyncService<Request<RequestBody>, hyper::Response<ResponseBody>, Infallible>;

/// Three ways to the same handlers.
pub(super) fn around<H>(handlers: &H, options: &HttpOptions) -> Layered
where
    H: Service<Request<RequestBody>, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    H::Future: Send + 'static,
{
    let marks = Marks::new();
    // A cache must not take one answer for the other. What else it depends on stands there too, in one line.
    let vary = HeaderValue::from_static("origin, accept-encoding");
    let catch_panic = CatchPanicLayer::custom(panicked);
    let compressing = |origins: Either<CorsLayer, SetResponseHeaderLayer<HeaderValue>>| {
        let service = ServiceBuilder::new()
            .layer(marks.layer(None))
            .map_response(boxed)
            .layer(CompressionLayer::new().no_br().no_deflate().no_zstd())
            .layer(origins)
            .layer(catch_panic)
            .service(handlers.clone());
        BoxCloneSyncService::new(service)
    };
    let plain = ServiceBuilder::new()
        .layer(marks.layer(Some(vary.clone())))
        .map_response(boxed)
        .layer(catch_panic)
        .service(handlers.clone());
    Layered {
        pages: compressing(Either::Left(cors(options))),
        // What compresses adds to this what is missing in it, and nothing is.
        others: compressing(Either::Right(SetResponseHeaderLayer::appending(VARY, vary))),
        plain: BoxCloneSyncService::new(plain),
    }
}

impl Service<Request<RequestBody>> for Layered {
    type Response = hyper::Response<ResponseBody>;
    type Error = Infallible;
    type Future = <Boxed as Service<Request<RequestBody>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        ready!(self.pages.poll_ready(context))?;
        ready!(self.others.poll_ready(context))?;
        self.plain.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let headers = request.headers();
        let way = if headers.contains_key(ORIGIN) || request.method() == Method::OPTIONS {
            &mut self.pages
        } else if headers.contains_key(ACCEPT_ENCODING) {
            &mut self.others
        } else {
            &mut self.plain
        };
        way.call(request)
    }
}

fn boxed<B>(response: hyper::Response<B>) -> hyper::Response<ResponseBody>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    response.map(|body| body.map_err(Into::into).boxed_unsync())
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

#[cfg(test)]
mod tests {
    use hyper::{StatusCode, header::X_CONTENT_TYPE_OPTIONS};
    use tower::ServiceExt;

    use super::*;

    /// The answer to a request that has such a header.
    async fn ask(layered: &Layered, header: Option<(HeaderName, &'static str)>) -> hyper::Response<ResponseBody> {
        let mut request = Request::new(RequestBody::default());
        request.headers_mut().extend(header.map(|(name, value)| (name, HeaderValue::from_static(value))));
        let Ok(answer) = layered.clone().oneshot(request).await;
        answer
    }

    #[tokio::test]
    async fn whoever_panics_is_answered_for_on_each_way() {
        let options = HttpOptions::default();
        let at_once = tower::service_fn(|_| -> std::future::Ready<Result<Response, Infallible>> { panic!("at once") });
        let later = tower::service_fn(|_| async { panic!("later") });
        for layered in [around(&at_once, &options), around(&later, &options)] {
            for header in [None, Some((ACCEPT_ENCODING, "gzip")), Some((ORIGIN, "https://example.com"))] {
                let answer = ask(&layered, header.clone()).await;
                assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{header:?}");
                let headers = answer.headers();
                for name in [HeaderName::from_static("x-request-id"), X_CONTENT_TYPE_OPTIONS, VARY] {
                    assert!(headers.contains_key(&name), "{name}, {header:?}: {headers:?}");
                }
                assert!(answer.into_body().collect().await.is_ok(), "{header:?}");
            }
        }
    }
}
