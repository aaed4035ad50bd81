use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, sleep},
};
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) octets: Vec<u8>,
    pub(crate) body: Value,
    /// It was answered with a 2xx.
    pub(crate) taken: bool,
    pub(crate) at: Instant,
}

impl Arrival {
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    /// A number by chance, the same each time that it arrives. What is alike, such as alarms of one kind, has different ones: ten that
    /// fail in a row are taken for a receiver that is ill.
    pub(crate) fn draw(&self) -> usize {
        self.id().bytes().map(usize::from).sum()
    }

    pub(crate) fn action(&self) -> &str {
        self.body["action"].as_str().unwrap()
    }

    pub(crate) fn ticket(&self) -> &str {
        self.body["ticket"]["id"].as_str().unwrap()
    }

    /// Whether the specification's own library takes the signature.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(&self.octets, &self.headers).is_ok()
    }
}

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Status(u16),
    After(Duration, u16),
    RedirectTo(String),
    /// A status, and when to come back.
    Busy(u16, &'static str),
    /// Nothing, for ever.
    Hang,
    /// Closes the connection without a word.
    Disconnect,
    /// Closes it in the middle of an answer.
    BreakOff,
    /// Says that it has taken it, and never stops talking.
    Endless,
}

/// An HTTP server of its own on a free port. It ends with this value.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    pub(crate) connections: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// One that takes everything.
    pub(crate) async fn kind() -> Self {
        Self::new(|_, _| Reply::Status(200)).await
    }

    /// One that does with a request what it is told: the request, and how often its event has come, from 1.
    pub(crate) async fn new(reply: impl Fn(&Arrival, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(reply, None).await
    }

    /// One that takes everything, over TLS.
    pub(crate) async fn over_tls(tls: TlsAcceptor) -> Self {
        Self::start(|_, _| Reply::Status(200), Some(tls)).await
    }

    async fn start(reply: impl Fn(&Arrival, usize) -> Reply + Send + Sync + 'static, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (arrivals, connections) = (Arc::<Mutex<Vec<Arrival>>>::default(), Arc::new(AtomicUsize::new(0)));
        let reply = Arc::new(reply);
        let task = tokio::spawn({
            let (arrivals, connections) = (Arc::clone(&arrivals), Arc::clone(&connections));
            async move {
                let mut open = tokio::task::JoinSet::new();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    connections.fetch_add(1, SeqCst);
                    let (arrivals, reply, tls) = (Arc::clone(&arrivals), Arc::clone(&reply), tls.clone());
                    open.spawn(async move {
                        match tls {
                            None => serve(stream, &arrivals, &*reply).await,
                            // Who does not trust the certificate hangs up.
                            Some(tls) => {
                                if let Ok(stream) = tls.accept(stream).await {
                                    serve(stream, &arrivals, &*reply).await;
                                }
                            }
                        }
                    });
                }
            }
        });
        Self { address, arrivals, connections, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?desk=1", self.address)
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }

    /// The identities of the events, in the order in which they first came.
    pub(crate) fn ids(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        self.arrivals().iter().map(Arrival::id).filter(|id| seen.insert(id.clone())).collect()
    }

    /// Those that were taken, once there are so many.
    pub(crate) async fn taken(&self, count: usize) -> Vec<Arrival> {
        self.until(|arrivals| arrivals.iter().filter(|arrival| arrival.taken).count() >= count).await;
        self.arrivals().into_iter().filter(|arrival| arrival.taken).collect()
    }

    /// Waits until what has come is as it should be.
    pub(crate) async fn until(&self, condition: impl Fn(&[Arrival]) -> bool) {
        let began = Instant::now();
        while !condition(&self.arrivals.lock().unwrap()) {
            if began.elapsed() > Duration::from_secs(40) {
                let came = self.arrivals();
                let taken = came.iter().filter(|arrival| arrival.taken).count();
                panic!("{} have come, {taken} of them were taken", came.len());
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    arrivals: &Mutex<Vec<Arrival>>,
    reply: &(dyn Fn(&Arrival, usize) -> Reply + Send + Sync),
) {
    let mut received = Vec::new();
    while let Some(mut arrival) = read(&mut stream, &mut received).await {
        let (reply, number) = {
            let mut arrivals = arrivals.lock().unwrap();
            let before = arrivals.iter().filter(|other| other.id() == arrival.id()).count();
            let reply = reply(&arrival, before + 1);
            arrival.taken = matches!(reply, Reply::Status(200..300));
            arrivals.push(arrival);
            (reply, arrivals.len() - 1)
        };
        let answer = |status: u16| format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok");
        let sent = match reply {
            Reply::Status(status) => stream.write_all(answer(status).as_bytes()).await,
            Reply::After(delay, status) => {
                sleep(delay).await;
                let sent = stream.write_all(answer(status).as_bytes()).await;
                arrivals.lock().unwrap()[number].taken = sent.is_ok() && (200..300).contains(&status);
                sent
            }
            Reply::RedirectTo(url) => {
                let answer = format!("HTTP/1.1 307 X\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await
            }
            Reply::Busy(status, wait) => {
                let answer = format!("HTTP/1.1 {status} X\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await
            }
            Reply::Hang => std::future::pending().await,
            Reply::Disconnect => return,
            Reply::BreakOff => {
                let _ = stream.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nok").await;
                return;
            }
            Reply::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n").await;
                while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
                    sleep(Duration::from_millis(10)).await;
                }
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), received: &mut Vec<u8>) -> Option<Arrival> {
    loop {
        if let Some(end) = received.windows(4).position(|octets| octets == b"\r\n\r\n") {
            let head = String::from_utf8(received[..end].to_vec()).unwrap();
            let mut lines = head.split("\r\n");
            assert_eq!(lines.next(), Some("POST /hook?desk=1 HTTP/1.1"));
            let mut headers = hyper::HeaderMap::new();
            for line in lines {
                let (name, value) = line.split_once(": ").unwrap();
                let name: hyper::header::HeaderName = name.parse().unwrap();
                assert_eq!(headers.insert(name, value.parse().unwrap()), None, "{line} is there twice");
            }
            let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
            if received.len() >= end + 4 + length {
                let octets = received[end + 4..end + 4 + length].to_vec();
                received.drain(..end + 4 + length);
                let body = serde_json::from_slice(&octets).unwrap();
                return Some(Arrival { headers, octets, body, taken: false, at: Instant::now() });
            }
        }
        if stream.read_buf(received).await.ok()? == 0 {
            return None;
        }
    }
}
