use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::Service;

use super::{App, PeerAddress};

/// How long a shutdown waits for what is being sent, beyond the requests.
const WEBHOOKS_PATIENCE: Duration = Duration::from_secs(5);

/// Serves the API until `shutdown`, then finishes what it has accepted: no connection is taken any more, requests that are
/// being answered are, and idle connections are closed. What is not done after `drain_timeout` is cut off.
///
/// # Errors
/// None so far: what goes wrong with one connection is that connection's.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let options = app.options().clone();
    let connections = Arc::new(Semaphore::new(options.connections_max));
    let draining = GracefulShutdown::new();
    let maintenance = tokio::spawn(app.maintenance());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(options.head_timeout);

    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        // At the cap, the next connection waits in the listener's backlog.
        let (permit, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = async { (Arc::clone(&connections).acquire_owned().await, listener.accept().await) } => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, or gone before it was accepted. Neither is for ever.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        // Answers are small and complete: there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        let peer = PeerAddress(peer);
        // One connection's requests come one after the other: the lock is never waited for, and cheaper than a clone of the
        // layers for each of them.
        let service = Mutex::new(app.clone());
        let connection = http.serve_connection(
            TokioIo::new(stream),
            hyper::service::service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                service.lock().unwrap_or_else(PoisonError::into_inner).call(request)
            }),
        );
        let connection = draining.watch(connection);
        let app = app.clone();
        tokio::spawn(async move {
            app.metrics().connections.inc();
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            app.metrics().connections.dec();
            drop(permit);
        });
    }

    drop(listener);
    app.close_streams();
    tracing::info!("shutting down: finishing what was accepted");
    if tokio::time::timeout(options.drain_timeout, draining.shutdown()).await.is_err() {
        tracing::warn!("some requests were not answered in time and are cut off");
    }
    if tokio::time::timeout(WEBHOOKS_PATIENCE, app.webhooks_ended()).await.is_err() {
        tracing::warn!("some webhooks are going to be sent again: it was not noted in time that they were");
    }
    maintenance.abort();
    Ok(())
}
