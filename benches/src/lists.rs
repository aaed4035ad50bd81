//! What the desk reads while tickets pile up: pages of lists, searches and counts of a large file, and whether creation notices
//! how large it is.
//!
//! The requests go through the whole service, from the token to the JSON, without a socket between.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, header::AUTHORIZATION};
use ticketing_core::{
    Actor, Command, Draft, Field, Status, TicketId,
    ticket::{ActorId, Reason},
    user::{Login, NewUser},
};
use ticketing_server::{
    Authority, CreateRequest, Engine,
    http::{App, HttpOptions},
    store::sqlite::SqliteStore,
};
use tokio::task::JoinSet;
use tower::Service as _;

use crate::{
    load::{Plan, quantile_ms},
    record::{Aim, Figure, Figures},
    store::creation_rate,
};

/// How many tickets, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Tickets in the file.
    #[arg(long, default_value_t = 1_000_000)]
    tickets: u32,
    /// Times that each question is asked.
    #[arg(long, default_value_t = 1000)]
    times: u32,
    /// Seconds for which creation is measured, on either file in turn, three times.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Directory for the files, on the disk that is to be measured.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Keep the large file under this name, or take it from there.
    #[arg(long)]
    keep: Option<PathBuf>,
}

impl Arguments {
    /// For a run whose figures do not count.
    pub(crate) fn brief(dir: PathBuf) -> Self {
        Self { tickets: 2_000, times: 20, seconds: 1, dir, keep: None }
    }
}

const AREAS: [&str; 8] =
    ["MESA", "SISTEMAS", "REDES", "SOPORTE TÉCNICO", "INFRAESTRUCTURA", "DESARROLLO", "Nómina", "Archivo"];
const PRIORITIES: [&str; 5] = ["ALTA", "MEDIA", "BAJA", "URGENTE", "otra"];
const WORDS: [&str; 16] = [
    "impresora",
    "correo",
    "contraseña",
    "pantalla",
    "teclado",
    "factura",
    "permiso",
    "servidor",
    "lento",
    "caído",
    "actualización",
    "teléfono",
    "reunión",
    "licencia",
    "copia",
    "red",
];
pub(crate) const EMAIL: &str = "ana@example.com";
pub(crate) const PASSWORD: &str = "una contraseña de prueba";

/// Builds the file, asks, and prints how long the answers took.
///
/// # Errors
/// When the store fails, or an answer is wrong.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new().prefix("bench-").tempdir_in(&arguments.dir)?;
    let large = arguments.keep.clone().unwrap_or_else(|| scratch.path().join("large.db"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut figures = Figures::default();
    runtime.block_on(async {
        let engine = Engine::start(SqliteStore::open(&large)?).await?;
        let began = Instant::now();
        if engine.totals(&Actor::System).await?.is_empty() {
            fill(&engine, 0, arguments.tickets).await?;
        }
        while engine.index_words().await? {}
        println!("{} tickets after {:.0} s", arguments.tickets, began.elapsed().as_secs_f64());
        ask(&engine, arguments.times, arguments.tickets.into(), &mut figures).await
    })?;
    let (large_rate, empty_rate) =
        runtime.block_on(compare_creation(&large, &scratch.path().join("empty.db"), arguments.seconds))?;
    let creation = Figure::new("creation", "creation, without HTTP", "tickets/s", large_rate);
    figures.add(creation.with_tickets(arguments.tickets.into()).beside("on an empty file", empty_rate));
    figures.finish()
}

/// Tickets as a desk has them after some years: most of them closed, some of them archived, the newest open. As many are added as are
/// missing.
pub(crate) async fn fill(engine: &Engine<SqliteStore>, there: u32, tickets: u32) -> anyhow::Result<()> {
    const TASKS: u32 = 64;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let engine = engine.clone();
        tasks.spawn(async move {
            for number in (there + task..tickets).step_by(TASKS as usize) {
                fill_one(&engine, number, tickets).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn fill_one(engine: &Engine<SqliteStore>, number: u32, tickets: u32) -> anyhow::Result<()> {
    // Whatever is scattered is scattered alike in every run.
    let scattered = number.wrapping_mul(2_654_435_761) >> 8;
    let pick = |count: usize, divisor: u32| (scattered / divisor) as usize % count;
    let words: Vec<_> = (0..6).map(|index| WORDS[pick(WORDS.len(), 7_u32.pow(index))]).collect();
    let form = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, format!("persona{}@example.com", scattered % 50_000))
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Subject, words[..2].join(" "))
        .with(Field::Description, format!("{} número {number}", words[2..].join(" ")))
        .with(Field::Priority, PRIORITIES[pick(PRIORITIES.len(), 3)])
        .with(Field::Area, AREAS[pick(AREAS.len(), 11)]);
    let id = engine.create(CreateRequest::new(form.validate(&engine.rules())?)).await?.id;
    let desk = Actor::Admin(ActorId(TicketId::default().0));
    if number < tickets / 10 * 9 {
        let status = if scattered.is_multiple_of(50) { Status::Canceled } else { Status::Closed };
        let close = Command::Update { status: Some(status), priority: None, area: None, reply: None };
        engine.execute(id, &desk, close).await?;
        if scattered.is_multiple_of(4) {
            let reason = Reason::new("Del año pasado").map_err(|problem| anyhow::anyhow!("{}", problem.code()))?;
            engine.execute(id, &desk, Command::Archive { reason }).await?;
        }
    } else if scattered.is_multiple_of(3) {
        let work = Command::Update { status: Some(Status::InProgress), priority: None, area: None, reply: None };
        engine.execute(id, &desk, work).await?;
    }
    Ok(())
}

/// What is asked: an id and a name for the figures, who asks, and the path.
const QUESTIONS: [(&str, &str, Who, &str); 16] = [
    ("newest", "newest 50", Who::Admin, "/api/tickets/dashboard?limite=50"),
    ("newest-1000", "newest 1,000, as the client asks", Who::Admin, "/api/tickets/dashboard"),
    ("metrics", "metrics of the newest 50", Who::Admin, "/api/tickets/dashboard-metricas?limite=50"),
    ("middle", "a page in the middle", Who::Admin, "/api/tickets/dashboard?limite=50&cursor={middle}"),
    ("old", "one status, all old", Who::Admin, "/api/tickets/dashboard?limite=50&estado=CANCELADO"),
    (
        "priority",
        "not archived, one priority",
        Who::Admin,
        "/api/tickets/dashboard?limite=50&archivados=no&prioridad=URGENTE",
    ),
    (
        "narrow",
        "area, status and priority",
        Who::Admin,
        "/api/tickets/dashboard?limite=50&area=Redes&estado=CERRADO&prioridad=BAJA",
    ),
    ("area", "an area's newest", Who::Area, "/api/tickets/dashboard?limite=50"),
    ("counts", "counts", Who::Admin, "/api/tickets/totales"),
    ("search-common", "search: a common word", Who::Admin, "/api/tickets/dashboard?limite=50&q=impresora"),
    ("search-two", "search: two common words", Who::Admin, "/api/tickets/dashboard?limite=50&q=impresora+caido"),
    ("search-one", "search: one word of one ticket", Who::Admin, "/api/tickets/dashboard?limite=50&q={word}"),
    ("search-nothing", "search: nothing", Who::Admin, "/api/tickets/dashboard?limite=50&q=inexistente"),
    ("search-address", "search: an address", Who::Admin, "/api/tickets/dashboard?limite=50&q=persona77@example.com"),
    ("search-label", "search: a label", Who::Admin, "/api/tickets/dashboard?limite=50&q={middle}"),
    (
        "search-narrow",
        "search: a word in an area and status",
        Who::Area,
        "/api/tickets/dashboard?limite=50&q=factura&estado=CANCELADO",
    ),
];

#[derive(Clone, Copy)]
enum Who {
    Admin,
    Area,
}

async fn ask(engine: &Engine<SqliteStore>, times: u32, tickets: u64, figures: &mut Figures) -> anyhow::Result<()> {
    let admin = token(engine, EMAIL, "ADMIN").await?;
    let area = token(engine, "redes@example.com", "AREA").await?;
    let mut app = App::new(engine.clone(), HttpOptions { rate_limits: None, ..HttpOptions::default() });
    let (year, half) = middle(engine).await?;
    for (id, name, who, path) in QUESTIONS {
        let path = path.replace("{middle}", &format!("TKT-{year}-{half:05}")).replace("{word}", &half.to_string());
        let token = match who {
            Who::Admin => &admin,
            Who::Area => &area,
        };
        let mut latencies = Histogram::<u64>::new(3)?;
        let mut rows = 0;
        for _ in 0..times {
            let request = Request::get(&path).header(AUTHORIZATION, token).body(Full::<Bytes>::default())?;
            let began = Instant::now();
            let response = app.call(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
            latencies.record(u64::try_from(began.elapsed().as_nanos())?)?;
            ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
            rows = serde_json::from_slice::<Vec<serde_json::Value>>(&body).map_or(1, |rows| rows.len());
        }
        let figure = |quantile: &str, share| {
            let name = format!("{name} ({rows} rows), {quantile}");
            Figure::new(format!("{id}-{quantile}"), name, "ms", quantile_ms(&latencies, share)).with_tickets(tickets)
        };
        figures.add(figure("p50", 0.5));
        figures.add(figure("p99", 0.99).aim(Aim::Max(10.0)));
    }
    Ok(())
}

/// The year of the tickets and a number in the middle of theirs.
async fn middle(engine: &Engine<SqliteStore>) -> anyhow::Result<(u16, u32)> {
    let newest = engine.list(&Actor::System, ticketing_server::ListRequest::newest(1)).await?;
    let (newest, _) = newest.tickets.into_iter().next().context("there are tickets")?;
    Ok((newest.label.year(), newest.label.number() / 2))
}

/// The value of the header that a user sends who has logged in.
pub(crate) async fn token(engine: &Engine<SqliteStore>, email: &str, role: &str) -> anyhow::Result<String> {
    let new = serde_json::json!({
        "email": email, "nombre": "Quien pregunta", "password": PASSWORD, "rol": role, "area": "REDES"
    });
    // A file that was kept has them already.
    if !engine.users().iter().any(|user| user.email.as_ref().is_some_and(|known| known.as_str() == email)) {
        engine.create_user(NewUser::from_json(new.to_string().as_bytes())?, &Authority::Operator).await?;
    }
    let login = serde_json::json!({ "email": email, "password": PASSWORD });
    let logged_in = engine.log_in(Login::from_json(login.to_string().as_bytes())?, None).await?;
    Ok(format!("Bearer {}", logged_in.token))
}

/// Creations per second on the large file and on an empty one, in turn; the words are indexed meanwhile, as in a server once a
/// burst has lasted.
async fn compare_creation(large: &Path, empty: &Path, seconds: u64) -> anyhow::Result<(f64, f64)> {
    let measured = Duration::from_secs(seconds);
    let plan = Plan { connections: 32, warm_up: measured / 5, measured };
    let mut rates = [vec![], vec![]];
    for round in 0..3 {
        for (rates, path) in rates.iter_mut().zip([large.to_owned(), empty.with_extension(round.to_string())]) {
            let engine = Engine::start(SqliteStore::open(&path)?).await?;
            let indexing = engine.clone();
            let indexing = tokio::spawn(async move {
                loop {
                    if !indexing.index_words().await.unwrap_or_default() {
                        tokio::time::sleep(Duration::from_millis(500)).await;
                    }
                }
            });
            rates.push(creation_rate(&engine, plan).await?);
            indexing.abort();
            // It holds the file until it has ended.
            let _ = indexing.await;
        }
    }
    let median = |rates: &[f64]| crate::figures::median(rates.iter().copied()).unwrap_or_default();
    let [large, empty] = rates.map(|rates| median(&rates));
    Ok((large, empty))
}
