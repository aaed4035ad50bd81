use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{Request, body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::{
    net::TcpListener,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tower::Service;

use super::{
    App, HttpOptions, PeerAddress, app::NoRoom, head_timer::HeadTimer, metrics::Shed, one_piece::OnePiece,
    rate_limit::one_client,
};

/// How long a shutdown waits for what is being sent, beyond the requests.
const WEBHOOKS_PATIENCE: Duration = Duration::from_secs(5);

/// Serves the API until `shutdown`, then finishes what it has accepted: no connection is taken any more, requests that are
/// being answered are, and idle connections are closed. What is not done after `drain_timeout` is cut off.
///
/// # Errors
/// None so far: what goes wrong with one connection is that connection's.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let options = app.options().clone();
    let places = Places::new(&options);
    let draining = GracefulShutdown::new();
    let maintenance = tokio::spawn(app.maintenance());

    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        // Where there is no place of either kind, the next connection waits in the listener's backlog.
        let (free, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = async { (places.next().await, listener.accept().await) } => accepted,
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
        let place = places.of(peer.ip(), free);
        let Some(place) = place else {
            // There is not even a place to be told so.
            app.metrics().shed(Shed::Connection);
            continue;
        };
        let no_room = place.client.is_none();
        if no_room {
            app.metrics().shed(Shed::Connection);
        }
        let peer = PeerAddress(peer);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(options.write_timeout));
        // One connection's requests come one after the other: the lock is never waited for, and cheaper than a clone of the
        // layers for each of them.
        let service = Mutex::new(app.clone());
        let patience = if no_room { options.head_timeout.min(TURNED_AWAY_PATIENCE) } else { options.head_timeout };
        let mut http = http1::Builder::new();
        http.timer(HeadTimer::default()).header_read_timeout(patience);
        let connection = http.serve_connection(
            TokioIo::new(Box::pin(OnePiece::new(stream))),
            hyper::service::service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                if no_room {
                    request.extensions_mut().insert(NoRoom);
                }
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
            drop(place);
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

/// How long whoever there is no room for may take to say what they want.
const TURNED_AWAY_PATIENCE: Duration = Duration::from_secs(2);

/// Who may be connected.
struct Places {
    /// For those who are served.
    inside: Arc<Semaphore>,
    /// For those who are told that there is no room, and for whoever watches over the service.
    outside: Arc<Semaphore>,
    clients: Arc<Clients>,
    /// One client does not keep all others out.
    of_client_max: usize,
    /// Proxies stand for many clients.
    trusted_proxies: Vec<ipnet::IpNet>,
}

/// How many connections each client has.
type Clients = Mutex<HashMap<IpAddr, usize>>;

/// A place of either kind.
enum Free {
    Inside(OwnedSemaphorePermit),
    Outside(OwnedSemaphorePermit),
}

/// A connection's place, for as long as it is open.
struct Place {
    _permit: OwnedSemaphorePermit,
    /// Whose it is, where there was room for it.
    client: Option<Client>,
}

impl Places {
    const OUTSIDE_MAX: usize = 256;

    fn new(options: &HttpOptions) -> Self {
        let inside = options.connections_max.min(Semaphore::MAX_PERMITS);
        Self {
            inside: Arc::new(Semaphore::new(inside)),
            outside: Arc::new(Semaphore::new((inside / 8).clamp(1, Self::OUTSIDE_MAX))),
            clients: Arc::default(),
            of_client_max: inside.div_ceil(2),
            trusted_proxies: options.trusted_proxies.clone(),
        }
    }

    /// A place for whoever comes next. `None` never comes: nobody closes them.
    async fn next(&self) -> Option<Free> {
        tokio::select! {
            biased;
            permit = Arc::clone(&self.inside).acquire_owned() => permit.ok().map(Free::Inside),
            permit = Arc::clone(&self.outside).acquire_owned() => permit.ok().map(Free::Outside),
        }
    }

    /// The place of whoever has come.
    fn of(&self, peer: IpAddr, free: Option<Free>) -> Option<Place> {
        let peer = peer.to_canonical();
        let inside = match free? {
            Free::Inside(permit) => permit,
            // Somebody may have gone since.
            Free::Outside(permit) => match Arc::clone(&self.inside).try_acquire_owned() {
                Ok(permit) => permit,
                Err(_) => return Some(Place { _permit: permit, client: None }),
            },
        };
        if self.trusted_proxies.iter().any(|network| network.contains(&peer)) {
            return Some(Place { _permit: inside, client: Some(Client { counted: None }) });
        }
        let address = one_client(peer);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let count = clients.entry(address).or_default();
        if *count >= self.of_client_max {
            let permit = Arc::clone(&self.outside).try_acquire_owned().ok()?;
            return Some(Place { _permit: permit, client: None });
        }
        *count += 1;
        let counted = Some((Arc::clone(&self.clients), address));
        Some(Place { _permit: inside, client: Some(Client { counted }) })
    }
}

/// One connection more of a client's, unless it is a proxy's.
struct Client {
    counted: Option<(Arc<Clients>, IpAddr)>,
}

impl Drop for Client {
    fn drop(&mut self) {
        let Some((clients, address)) = &self.counted else { return };
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = clients.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                clients.remove(address);
            }
        }
    }
}
