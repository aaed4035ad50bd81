//! What happens, told to several systems at once while tickets are created: how much arrives, how late, and what it takes from
//! creation.

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use serde_json::json;
use ticketing_core::{Draft, Field, subscription::NewSubscription};
use ticketing_server::{
    CreateRequest, Engine,
    store::sqlite::SqliteStore,
    webhooks::{WebhookOptions, Webhooks},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};

use crate::{
    record::{Figure, Figures},
    servers::processor_time,
};

/// How much, to how many, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Tickets created per second.
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// Seconds for which they are.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Systems that are told of each.
    #[arg(long, default_value_t = 10)]
    subscriptions: u32,
    /// Directory for the file, on the disk that is to be measured.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

impl Arguments {
    /// For a run whose figures do not count.
    pub(crate) fn brief(dir: PathBuf) -> Self {
        Self { rate: 200, seconds: 1, subscriptions: 3, dir }
    }
}

/// Creates at a steady rate, alone and beside deliveries, and prints what came of it.
///
/// # Errors
/// When the store fails, or an event does not arrive.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new().prefix("bench-").tempdir_in(&arguments.dir)?;
    let receivers = Receivers::start(arguments.subscriptions)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let engine = Engine::start(SqliteStore::open(scratch.path().join("webhooks.db"))?).await?;
        let alone = create(&engine, arguments).await?;

        for address in &receivers.addresses {
            let form = json!({ "eventType": "TICKET", "webhook": { "url": format!("http://{address}/") } });
            engine.create_subscription(NewSubscription::from_json(form.to_string().as_bytes())?).await?;
        }
        let options = WebhookOptions { allowed_networks: vec!["127.0.0.0/8".parse()?], ..WebhookOptions::default() };
        let (stop, stopped) = oneshot::channel::<()>();
        let sending = tokio::spawn({
            let (engine, carrier) = (engine.clone(), Webhooks::new(&options)?);
            async move { engine.deliver(carrier, options.courier, Arc::default(), async { _ = stopped.await }).await }
        });
        let beside = create(&engine, arguments).await?;
        let at_end = receivers.arrived();
        let expected = beside.tickets * arguments.subscriptions;
        let (ended, patience) = (Instant::now(), Duration::from_mins(2));
        while receivers.arrived() < expected {
            ensure!(ended.elapsed() < patience, "{} of {expected} have arrived", receivers.arrived());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let late = ended.elapsed();
        // Nobody listens any more where it has ended by itself, which it has not.
        let _ = stop.send(());
        sending.await?;

        let mut figures = Figures::default();
        let mut both = |id: &str, name: &str, unit, of: fn(&Created) -> f64| {
            figures.add(Figure::new(id, name, unit, of(&beside)).beside("without deliveries", of(&alone)));
        };
        both("creation", "creation beside deliveries", "tickets/s", |created| {
            f64::from(created.tickets) / created.took.as_secs_f64()
        });
        both("creation-p50", "creation beside deliveries, p50", "µs", |created| created.micros(0.5));
        both("creation-p99", "creation beside deliveries, p99", "µs", |created| created.micros(0.99));
        both("processor", "processor, receivers included", "% of one", |created| {
            100.0 * created.processor.as_secs_f64() / created.took.as_secs_f64()
        });
        let delivered = f64::from(at_end) / beside.took.as_secs_f64();
        figures.add(Figure::new("deliveries", "deliveries", "deliveries/s", delivered));
        figures.add(Figure::new("late", "until the last had arrived", "s", late.as_secs_f64()));
        figures.finish()
    })
}

struct Created {
    tickets: u32,
    took: Duration,
    processor: Duration,
    micros: Histogram<u64>,
}

impl Created {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of one creation are far below 2^52")]
    fn micros(&self, quantile: f64) -> f64 {
        self.micros.value_at_quantile(quantile) as f64
    }
}

/// Creates as many as the rate says, whose times do not wait for each other.
async fn create(engine: &Engine<SqliteStore>, arguments: &Arguments) -> anyhow::Result<Created> {
    let form = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, "ana@example.com")
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "No puedo iniciar sesión en Outlook.")
        .with(Field::Priority, "BAJA");
    let new = form.validate(&engine.rules())?;
    let processor = || processor_time(std::process::id()).context("the system does not say what a process has used");
    let (before, began) = (processor()?, tokio::time::Instant::now());
    let tickets = arguments.rate * arguments.seconds;
    let mut tasks = JoinSet::new();
    for number in 0..tickets {
        tokio::time::sleep_until(began + Duration::from_secs(1) * number / arguments.rate).await;
        let (engine, new) = (engine.clone(), new.clone());
        tasks.spawn(async move {
            let began = Instant::now();
            engine.create(CreateRequest::new(new)).await.map(|_| began.elapsed())
        });
    }
    let mut micros = Histogram::new(3)?;
    while let Some(created) = tasks.join_next().await {
        micros.record(u64::try_from(created??.as_micros())?)?;
    }
    Ok(Created { tickets, took: began.elapsed(), processor: processor()?.saturating_sub(before), micros })
}

/// Servers on a thread of their own that take everything and remember which events those were.
struct Receivers {
    addresses: Vec<SocketAddr>,
    events: Vec<Arc<Mutex<HashSet<Vec<u8>>>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Receivers {
    fn start(count: u32) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (mut addresses, mut events) = (vec![], vec![]);
        for _ in 0..count {
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
            addresses.push(listener.local_addr()?);
            let arrived = Arc::<Mutex<HashSet<Vec<u8>>>>::default();
            events.push(Arc::clone(&arrived));
            runtime.spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(receive(stream, Arc::clone(&arrived)));
                }
            });
        }
        Ok(Self { addresses, events, _runtime: runtime })
    }

    /// How many events have arrived at how many of them: each once.
    fn arrived(&self) -> u32 {
        let arrived: usize =
            self.events.iter().map(|events| events.lock().unwrap_or_else(PoisonError::into_inner).len()).sum();
        u32::try_from(arrived).unwrap_or(u32::MAX)
    }
}

/// Answers each request of a connection. As little of HTTP as there has to be: it is not what is measured.
async fn receive(mut stream: TcpStream, events: Arc<Mutex<HashSet<Vec<u8>>>>) {
    let mut received = Vec::with_capacity(16 << 10);
    loop {
        while let Some((id, octets)) = request(&received) {
            events.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            received.drain(..octets);
            if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
                return;
            }
        }
        if !matches!(stream.read_buf(&mut received).await, Ok(1..)) {
            return;
        }
    }
}

/// A whole request: its event, and how long it is.
fn request(received: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(head)) = request.parse(received) else { return None };
    let value = |name: &str| request.headers.iter().find(|header| header.name == name).map(|header| header.value);
    let body: usize = std::str::from_utf8(value("content-length")?).ok()?.parse().ok()?;
    let id = value("webhook-id")?.to_vec();
    (received.len() >= head + body).then_some((id, head + body))
}
