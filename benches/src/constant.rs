//! A bare hyper server with one answer: the ceiling of what any service on hyper can reach.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, header, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use ticketing_benches::seed;

/// Where to listen.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// Octets that an answer has, instead of a look-up's.
    #[arg(long)]
    octets: Option<usize>,
}

/// Serves until the process ends.
///
/// # Errors
/// When the address cannot be listened on.
pub(crate) fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    let body = arguments.octets.map_or(Bytes::from_static(seed::FOUND_ANSWER), |octets| vec![b' '; octets].into());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            tokio::spawn(async move {
                // A connection that breaks is its client's affair: the load generator counts it.
                let _ = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), service_fn(|request| answer(request, body.clone())))
                    .await;
            });
        }
    })
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // The body is read to its end, as every service that answers a form must.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Ok(response)
}
