use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::Uri;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::{
    net::{TcpStream, lookup_host},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::timeout,
};
use tower::Service;

use super::address;
use crate::store::FailureKind;

/// Look-ups of names at once: each holds a thread while it waits, of which there are only so many for everything.
const LOOK_UPS_MAX: usize = 32;
/// How long one address may take, so that a second one comes to its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connects to targets, as long as they are none that nobody outside may reach: names are looked up here, and what is connected to
/// is what was looked at.
#[derive(Clone)]
pub(super) struct Connector {
    allowed: Arc<[IpNet]>,
    look_ups: Arc<Semaphore>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("the host has no address")]
    Dns(#[source] io::Error),
    #[error("the host's address may not be connected to")]
    Forbidden,
    #[error("there is no connection")]
    Connect(#[source] io::Error),
}

impl ConnectError {
    pub(super) fn kind(&self) -> FailureKind {
        match self {
            Self::Dns(_) => FailureKind::Dns,
            Self::Forbidden => FailureKind::ForbiddenAddress,
            Self::Connect(_) => FailureKind::Connect,
        }
    }
}

impl Connector {
    pub(super) fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed: allowed.into(), look_ups: Arc::new(Semaphore::new(LOOK_UPS_MAX)) }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
        let nowhere = || io::Error::from(io::ErrorKind::NotFound);
        let host = uri.host().ok_or_else(|| ConnectError::Dns(nowhere()))?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let addresses = self.look_up(host, port).await?;
        let mut last = None;
        for address in addresses {
            match timeout(PATIENCE, TcpStream::connect(address)).await.unwrap_or_else(|elapsed| Err(elapsed.into())) {
                Ok(stream) => {
                    // Requests are small and complete: there is nothing to wait for.
                    let _ = stream.set_nodelay(true);
                    return Ok(TokioIo::new(stream));
                }
                Err(error) => last = Some(error),
            }
        }
        Err(ConnectError::Connect(last.unwrap_or_else(nowhere)))
    }

    /// The addresses of a host that may be connected to, at least one.
    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        let found: Vec<_> = if let Ok(address) = host.parse::<IpAddr>() {
            vec![SocketAddr::new(address, port)]
        } else {
            let place = Arc::clone(&self.look_ups).acquire_owned().await;
            let (place, host) = (place.map_err(|error| ConnectError::Dns(io::Error::other(error)))?, host.to_owned());
            let looked_up = in_place(place, async move { lookup_host((host, port)).await.map(Iterator::collect) });
            looked_up.await.map_err(io::Error::other).flatten().map_err(ConnectError::Dns)?
        };
        let allowed: Vec<_> =
            found.into_iter().filter(|found| address::is_allowed(found.ip(), &self.allowed)).collect();
        if allowed.is_empty() { Err(ConnectError::Forbidden) } else { Ok(allowed) }
    }
}

/// Does something to its end, also where nobody waits for it any more: a look-up that was given up still has its thread, and
/// keeps its place until that is free.
fn in_place<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(async move {
        let done = work.await;
        drop(place);
        done
    })
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn connect(url: &str, allowed: &str) -> Result<(), FailureKind> {
        let allowed = allowed.split_whitespace().map(|network| network.parse().unwrap()).collect();
        let connected = Connector::new(allowed).connect(url.parse().unwrap()).await;
        connected.map(|_| ()).map_err(|error| error.kind())
    }

    /// Whatever way an address is written, it is looked at as what is connected to.
    #[tokio::test]
    async fn no_spelling_of_a_private_address_is_connected_to() {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "localhost",
            "0",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::7f00:1]",
            "[64:ff9b::127.0.0.1]",
        ] {
            let refused = connect(&format!("http://{host}:{port}/"), "").await;
            // A resolver that does not know a spelling does no harm either.
            assert!(matches!(refused, Err(FailureKind::ForbiddenAddress | FailureKind::Dns)), "{host}: {refused:?}");
        }
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
            assert_eq!(connect(&format!("http://{host}:{port}/"), "").await, Err(FailureKind::ForbiddenAddress));
        }
        assert_eq!(connect(&format!("http://127.0.0.1:{port}/"), "127.0.0.0/8").await, Ok(()));
        assert_eq!(connect(&format!("http://localhost:{port}/"), "::1/128 127.0.0.0/8").await, Ok(()));
    }

    #[tokio::test]
    async fn a_look_up_that_nobody_waits_for_keeps_its_place_until_it_ends() {
        let places = Arc::new(Semaphore::new(1));
        let (answer, answered) = tokio::sync::oneshot::channel::<()>();
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        let waiting = timeout(Duration::from_millis(10), in_place(place, answered)).await;
        assert!(waiting.is_err() && places.available_permits() == 0);
        answer.send(()).unwrap();
        _ = timeout(Duration::from_secs(10), places.acquire()).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_is_not_there_is_told_apart_from_what_is_forbidden() {
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        assert_eq!(connect(&format!("http://127.0.0.1:{port}/"), "127.0.0.0/8").await, Err(FailureKind::Connect));
        assert_eq!(connect("http://no-such-host.invalid/", "").await, Err(FailureKind::Dns));
    }
}
