//! Half an hour of a desk at work: everything that people and other systems do, mixed, at a steady rate. Memory and latency must stay
//! flat, and each ticket that was acknowledged must be there once.
//!
//! Requests are due at their times, whatever became of those before; a latency runs from when its request was due.

use std::{
    collections::{HashMap, HashSet},
    env, fs,
    io::Write as _,
    mem,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use hdrhistogram::Histogram;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use ticketing_benches::seed;
use ticketing_core::Actor;
use ticketing_server::{Engine, ListRequest, store::sqlite::SqliteStore};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    canned,
    figures::{mebibytes, median},
    growth::ensure_room,
    http::{READER, create_reader, find_ours, start_ours},
    load::quantile_ms,
    servers::Server,
};

/// How long, how much, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds.
    #[arg(long, default_value_t = 1_800, value_parser = clap::value_parser!(u64).range(2..))]
    seconds: u64,
    /// Requests per second.
    #[arg(long, default_value_t = 400)]
    rate: u32,
    /// The server; by default the one beside this program.
    #[arg(long, env = "TICKETING_BENCH_SERVER")]
    server: Option<PathBuf>,
    /// Directory for the database; by default that of this program.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Where the log is written as well.
    #[arg(long)]
    log: Option<PathBuf>,
}

/// Requests that may be under way at once.
const WORKERS: u32 = 32;
/// Lines that a run has, at least; none is of more than a minute.
const LINES: u64 = 6;
/// What the last third may have more than the one before it: resident memory, p50 and p99, each the median of its lines.
const FLAT: [(&str, f64); 3] = [("resident memory", 1.10), ("p50", 1.25), ("p99", 1.50)];
/// Below this many milliseconds, differences are those of a machine that others use too.
const FLAT_MS_MIN: f64 = 1.0;
/// Octets that a ticket takes with what is done to it here.
const TICKET_OCTETS: u64 = 6_000;

/// Runs, and prints a line each minute.
///
/// # Errors
/// When an answer is wrong, a ticket is lost or doubled, or what must be flat is not.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let executable = find_ours(arguments.server.as_deref())?;
    let beside = env::current_exe()?.parent().context("this program has no directory")?.to_owned();
    let dir = arguments.dir.as_ref().unwrap_or(&beside);
    ensure_room(dir, u64::from(arguments.rate) * arguments.seconds * TICKET_OCTETS / 2)?;
    let dir = tempfile::Builder::new().prefix("soak-").tempdir_in(dir)?;
    let file = dir.path().join("soak.db");
    create_reader(&executable, &file)?;
    let server = start_ours(&executable, &file)?;
    let mut log = Log { file: arguments.log.as_ref().map(fs::File::create).transpose()? };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;

    let desk = Arc::new(Desk::new(&server)?);
    let told = Arc::new(Mutex::new(HashMap::new()));
    let listening = runtime.spawn(listen(Arc::clone(&desk), Arc::clone(&told)));
    let lines = runtime.block_on(work(arguments, &desk, &server, &file, &mut log))?;
    let acknowledged = mem::take(&mut *locked(&desk.tickets));
    runtime.block_on(catch_up(&acknowledged, &told))?;
    server.stop()?;
    listening.abort();

    let verified = Command::new(&executable).arg("verify").arg("--database").arg(&file).output()?;
    let said =
        String::from_utf8_lossy(&verified.stderr).trim().to_owned() + String::from_utf8_lossy(&verified.stdout).trim();
    log.line(&format!("verify: {said}"))?;
    ensure!(verified.status.success(), "the file is not as it must be");
    let there = runtime.block_on(tickets_of(&file))?;
    compare(&acknowledged, &there, &mut log)?;
    flat(&lines, &mut log)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is printed, and kept.
struct Log {
    file: Option<fs::File>,
}

impl Log {
    fn line(&mut self, text: &str) -> anyhow::Result<()> {
        println!("{text}");
        if let Some(file) = &mut self.file {
            writeln!(file, "{text}")?;
        }
        Ok(())
    }
}

/// A ticket that the server has acknowledged.
#[derive(Clone)]
struct Ticket {
    uuid: String,
    label: String,
    email: String,
}

/// Who asks, and what came of it.
struct Desk {
    client: Client,
    url: String,
    token: String,
    tickets: Mutex<Vec<Ticket>>,
    next: AtomicU64,
    latency: Mutex<Histogram<u64>>,
}

impl Desk {
    fn new(server: &Server) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::builder().timeout(Duration::from_secs(30)).build()?,
            url: format!("http://{}", server.address),
            token: canned::log_in(server.address, READER.0, READER.1)?,
            tickets: Mutex::default(),
            next: AtomicU64::new(0),
            latency: Mutex::new(Histogram::new(3)?),
        })
    }

    fn asked(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    fn by_staff(&self, method: Method, path: &str) -> RequestBuilder {
        self.asked(method, path).bearer_auth(&self.token)
    }

    /// Does the next thing. Of a hundred, forty are creations.
    async fn do_next(&self) -> anyhow::Result<()> {
        let number = self.next.fetch_add(1, Relaxed);
        let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let ticket = self.some_ticket(scattered >> 32);
        let Some(ticket) = ticket else { return self.create(number).await };
        let Ticket { uuid, label, email } = &ticket;
        let post = |path: &str, form: Value| self.asked(Method::POST, path).json(&form);
        let request = match (scattered >> 20) % 100 {
            0..40 => return self.create(number).await,
            40..65 => post("/api/tickets/consultar", json!({ "label": label, "email": email })),
            65..70 => {
                post("/api/tickets/comentar", json!({ "label": label, "email": email, "mensaje": "¿Hay novedades?" }))
            }
            70..82 => {
                const STATUSES: [&str; 4] = ["EN_PROCESO", "PAUSADO", "EN_PROCESO", "RESUELTO"];
                let status = STATUSES[usize::try_from(scattered >> 40)? % STATUSES.len()];
                self.by_staff(Method::POST, &format!("/api/tickets/{uuid}/actualizar"))
                    .json(&json!({ "estado": status }))
            }
            82..86 => self.by_staff(Method::GET, "/api/tickets/dashboard?limite=50"),
            86..89 => self.by_staff(Method::GET, "/api/tickets/dashboard?limite=20&estado=ABIERTO&prioridad=ALTA"),
            89..92 => self.by_staff(Method::GET, "/api/tickets/dashboard?limite=20&q=outlook"),
            92..96 => self.by_staff(Method::GET, "/v2/tickets?page=2&size=20"),
            96..99 => self.by_staff(Method::GET, &format!("/api/tickets/{uuid}")),
            _ => self.by_staff(Method::GET, "/api/tickets/totales"),
        };
        let body = answer(request).await?;
        ensure!(body.starts_with(['{', '[']), "an answer is {body}");
        Ok(())
    }

    async fn create(&self, number: u64) -> anyhow::Result<()> {
        let mut form: Value = serde_json::from_slice(seed::CREATE_BODY)?;
        let email = format!("persona.{number}@example.com");
        form["email"] = json!(email);
        let created: Value =
            serde_json::from_str(&answer(self.asked(Method::POST, "/api/tickets/crear").json(&form)).await?)?;
        let text = |name: &str| created[name].as_str().map(ToOwned::to_owned).with_context(|| format!("{created}"));
        let ticket = Ticket { uuid: text("ticketUuid")?, label: text("ticketLabel")?, email };
        locked(&self.tickets).push(ticket);
        Ok(())
    }

    /// One of the last thousand.
    fn some_ticket(&self, scattered: u64) -> Option<Ticket> {
        let tickets = locked(&self.tickets);
        let recent = tickets.len().min(1_000);
        let index = usize::try_from(scattered).ok()?.checked_rem(recent)?;
        tickets.get(tickets.len() - recent + index).cloned()
    }
}

async fn answer(request: RequestBuilder) -> anyhow::Result<String> {
    let response = request.send().await?;
    let (status, url) = (response.status(), response.url().path().to_owned());
    let body = response.text().await?;
    // Somebody else was faster, or it is closed: that is an answer too.
    ensure!(status.is_success() || status == 409, "{url} answers {status}: {body}");
    Ok(body)
}

/// One line of the log.
struct Line {
    resident: f64,
    p50: f64,
    p99: f64,
}

async fn work(
    arguments: &Arguments,
    desk: &Arc<Desk>,
    server: &Server,
    file: &Path,
    log: &mut Log,
) -> anyhow::Result<Vec<Line>> {
    let seconds = (arguments.seconds / LINES).clamp(1, 60);
    let debug = if cfg!(debug_assertions) { ", debug build" } else { "" };
    log.line(&format!("{} requests a second for {} s{debug}", arguments.rate, arguments.seconds))?;
    log.line("   time  requests/s  p50 ms  p99 ms  max ms  RSS MiB  file MiB  WAL MiB  open files  tickets")?;
    let began = Instant::now();
    let end = began + Duration::from_secs(arguments.seconds);
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let (desk, every) = (Arc::clone(desk), Duration::from_secs(1) * WORKERS / arguments.rate);
        workers.spawn(async move {
            let mut due = began + every * worker / WORKERS;
            while due < end {
                tokio::time::sleep_until(due).await;
                desk.do_next().await?;
                let took = u64::try_from(due.elapsed().as_nanos())?;
                locked(&desk.latency).record(took)?;
                due += every;
            }
            anyhow::Ok(())
        });
    }
    let mut lines = Vec::new();
    let mut next = began + Duration::from_secs(seconds);
    while next <= end {
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(next) => {
                let line = line(desk, server, file, began, seconds, log)?;
                lines.push(line);
                next += Duration::from_secs(seconds);
            }
            Some(done) = workers.join_next() => done??,
        }
    }
    while let Some(done) = workers.join_next().await {
        done??;
    }
    Ok(lines)
}

#[expect(clippy::cast_precision_loss, reason = "requests of a minute are far below 2^52")]
fn line(
    desk: &Desk,
    server: &Server,
    file: &Path,
    began: Instant,
    seconds: u64,
    log: &mut Log,
) -> anyhow::Result<Line> {
    let empty = Histogram::new(3)?;
    let latency = mem::replace(&mut *locked(&desk.latency), empty);
    let octets = |ending: &str| fs::metadata(format!("{}{ending}", file.display())).map_or(0, |file| file.len());
    let resident = server.resident_bytes().context("the system does not say what a process has resident")?;
    let open_files = fs::read_dir(format!("/proc/{}/fd", server.id()))?.count();
    let line =
        Line { resident: mebibytes(resident), p50: quantile_ms(&latency, 0.5), p99: quantile_ms(&latency, 0.99) };
    let at = began.elapsed().as_secs();
    log.line(&format!(
        "{:>3}:{:02}  {:>11.0}  {:>6.2}  {:>6.2}  {:>6.1}  {:>7.1}  {:>8.1}  {:>7.1}  {:>10}  {:>7}",
        at / 60,
        at % 60,
        latency.len() as f64 / seconds as f64,
        line.p50,
        line.p99,
        quantile_ms(&latency, 1.0),
        line.resident,
        mebibytes(octets("")),
        mebibytes(octets("-wal")),
        open_files,
        locked(&desk.tickets).len(),
    ))?;
    Ok(line)
}

/// Follows the stream of events and counts the creations that it tells of.
async fn listen(desk: Arc<Desk>, told: Arc<Mutex<HashMap<String, u32>>>) -> anyhow::Result<()> {
    let request = desk.by_staff(Method::GET, "/api/eventos").timeout(Duration::from_hours(24));
    let mut response = request.send().await?.error_for_status()?;
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        rest.extend_from_slice(&chunk);
        while let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let Some(data) = line.strip_prefix(b"data: ") else { continue };
            let event: Value = serde_json::from_slice(data)?;
            if let (Some("CREACION"), Some(label)) = (event["accion"].as_str(), event["ticket_label"].as_str()) {
                *locked(&told).entry(label.to_owned()).or_default() += 1;
            }
        }
    }
    bail!("the stream of events has ended")
}

/// Waits until the stream has told of every ticket.
async fn catch_up(tickets: &[Ticket], told: &Mutex<HashMap<String, u32>>) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        // The stream may have begun after the first of them.
        let missing = tickets.iter().skip(50).filter(|ticket| !locked(told).contains_key(&ticket.label)).count();
        if missing == 0 {
            break;
        }
        ensure!(began.elapsed() < Duration::from_secs(20), "the stream of events has left out {missing} tickets");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(locked(told).values().all(|times| *times == 1), "the stream of events has told of a creation twice");
    Ok(())
}

/// Labels and addresses of all tickets of a file.
async fn tickets_of(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let engine = Engine::start(SqliteStore::open(file)?).await?;
    let mut tickets = Vec::new();
    let mut before = None;
    loop {
        let mut request = ListRequest::newest(1_000);
        request.before = before;
        let page = engine.list(&Actor::System, request).await?;
        for (ticket, _) in &page.tickets {
            tickets.push((ticket.label.to_string(), ticket.requester_email.clone().unwrap_or_default()));
        }
        before = page.tickets.last().map(|(ticket, _)| ticket.label);
        if !page.has_more {
            return Ok(tickets);
        }
    }
}

fn compare(acknowledged: &[Ticket], there: &[(String, String)], log: &mut Log) -> anyhow::Result<()> {
    let kept: HashSet<_> = there.iter().map(|(label, email)| (label.as_str(), email.as_str())).collect();
    let lost =
        acknowledged.iter().filter(|ticket| !kept.contains(&(ticket.label.as_str(), ticket.email.as_str()))).count();
    let addresses: HashSet<_> = there.iter().map(|(_, email)| email).collect();
    let doubled = there.len() - addresses.len();
    let (acknowledged, there) = (acknowledged.len(), there.len());
    log.line(&format!("{acknowledged} tickets acknowledged, {there} there: {lost} lost, {doubled} doubled"))?;
    ensure!(lost == 0 && doubled == 0 && acknowledged == there, "tickets were lost or doubled");
    Ok(())
}

/// The last third of the lines beside the third before.
fn flat(lines: &[Line], log: &mut Log) -> anyhow::Result<()> {
    let third = lines.len() / 3;
    if third < 4 {
        return log.line("flat: not looked at in so short a run");
    }
    let (earlier, later) = lines[lines.len() - 2 * third..].split_at(third);
    let mut right = true;
    let of: [fn(&Line) -> f64; 3] =
        [|line| line.resident, |line| line.p50.max(FLAT_MS_MIN), |line| line.p99.max(FLAT_MS_MIN)];
    for ((name, most), of) in FLAT.into_iter().zip(of) {
        let middle = |lines: &[Line]| median(lines.iter().map(of)).unwrap_or_default();
        let times = middle(later) / middle(earlier);
        let verdict = if times <= most { "flat" } else { "NOT flat" };
        log.line(&format!("{name}: the last third is {times:.2} times the one before, {most} at most: {verdict}"))?;
        right &= times <= most;
    }
    ensure!(right, "what must stay flat has grown");
    Ok(())
}
