//! A closed-loop load generator: every connection sends its next request when the answer to the last one is complete.
//!
//! It shares the machine with what it measures, so it does little: one thread, requests that are bytes before the clock
//! starts, answers of which it reads the status, the length and one field.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    net::SocketAddr,
    ops::Range,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use hdrhistogram::Histogram;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::LocalSet,
};

use ticketing_benches::seed;

/// Longer than any answer may take, its latency still fits the histogram. In nanoseconds.
const LATENCY_NANOS_MAX: u64 = 60_000_000_000;
/// More look-ups would only be more of the same; fewer would all stay in the processor's caches.
const LOOK_UPS_MAX: usize = 20_000;
/// Digits of the number that tells one creation from another: enough for any run, and always as many, so that every body
/// has the same length.
const DIGITS: usize = 9;

/// How much load, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// Load that is not counted, before.
    pub warm_up: Duration,
    /// Load that is counted.
    pub measured: Duration,
}

/// What came of it. Only requests whose answer arrived within the measured time count, except among the wrong ones.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Requests answered.
    pub requests: u64,
    /// For how long.
    pub measured: Duration,
    /// Time from the first byte sent to the last one received, in nanoseconds.
    pub latency: Histogram<u64>,
    /// Answers with another status than 2xx, at any time.
    pub non_2xx: u64,
    /// Answers with status 2xx that are not what was asked for, at any time.
    pub wrong: u64,
    /// Bytes received, heads included.
    pub bytes: u64,
}

impl Outcome {
    fn new(measured: Duration) -> Self {
        let latency =
            Histogram::new_with_max(LATENCY_NANOS_MAX, 3).expect("three digits of a minute are a valid histogram");
        Self { requests: 0, measured, latency, non_2xx: 0, wrong: 0, bytes: 0 }
    }

    /// Requests answered per second.
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.measured.as_secs_f64()
    }

    /// Whether every answer was right.
    pub(crate) fn is_right(&self) -> bool {
        self.non_2xx == 0 && self.wrong == 0
    }
}

/// The next request of one connection.
#[derive(Default)]
pub(crate) struct Request {
    /// Head and body.
    pub bytes: Vec<u8>,
    /// The workload's own name for it.
    number: usize,
}

/// What is asked, and what is a right answer.
pub(crate) trait Workload {
    /// Puts the next request in the place of the connection's last one.
    fn render(&self, request: &mut Request);
    /// Whether an answer with status 2xx is right.
    fn accept(&self, request: &Request, body: &[u8]) -> bool;
}

/// A ticket that a server says it created.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Created {
    /// The number in the requester's name and address.
    pub number: usize,
    /// The label that it was given.
    pub label: Box<str>,
}

/// Creations of the seed's ticket; the requester's name and address are numbered.
pub(crate) struct Creation {
    request: Vec<u8>,
    places: [Range<usize>; 2],
    next: Cell<usize>,
    created: RefCell<Vec<Created>>,
}

impl Creation {
    /// Creations whose requesters are numbered from `first` on.
    pub(crate) fn new(first: usize) -> Self {
        let digits = "#".repeat(DIGITS);
        let mut form: serde_json::Value = serde_json::from_slice(seed::CREATE_BODY).expect("the seed's body is JSON");
        form["nombre"] = format!("Ana García {digits}").into();
        form["email"] = email(&digits).into();
        let request = post("/api/tickets/crear", form.to_string().as_bytes());
        let mut places = request
            .windows(DIGITS)
            .enumerate()
            .filter_map(|(at, window)| (window == digits.as_bytes()).then_some(at..at + DIGITS));
        let places = [places.next(), places.next()].map(|place| place.expect("the name and the address are numbered"));
        Self { request, places, next: Cell::new(first), created: RefCell::default() }
    }

    /// The tickets that were created, in the order of their answers, and the number after the last requester's.
    pub(crate) fn into_parts(self) -> (Vec<Created>, usize) {
        (self.created.into_inner(), self.next.get())
    }
}

impl Workload for Creation {
    fn render(&self, request: &mut Request) {
        if request.bytes.is_empty() {
            request.bytes.extend_from_slice(&self.request);
        }
        request.number = self.next.replace(self.next.get() + 1);
        let digits = digits(request.number);
        for place in &self.places {
            request.bytes[place.clone()].copy_from_slice(&digits);
        }
    }

    fn accept(&self, request: &Request, body: &[u8]) -> bool {
        let Some(label) = label(body) else { return false };
        self.created.borrow_mut().push(Created { number: request.number, label: label.into() });
        true
    }
}

/// Look-ups of tickets that were created, in an order that jumps about.
pub(crate) struct LookUps {
    requests: Vec<(Vec<u8>, Box<str>)>,
    next: Cell<usize>,
    answers: Answers,
}

/// What a look-up's answer must say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answers {
    /// The ticket asked for.
    Tickets,
    /// Anything: the server has one answer for all.
    Constant,
}

impl LookUps {
    /// Look-ups of up to 20,000 of the tickets, taken evenly from the whole list.
    pub(crate) fn new(created: &[Created], answers: Answers) -> Self {
        let step = created.len().div_ceil(LOOK_UPS_MAX).max(1);
        let requests: Vec<_> = created
            .iter()
            .step_by(step)
            .map(|ticket| {
                let email = email(std::str::from_utf8(&digits(ticket.number)).unwrap_or_default());
                let form = serde_json::json!({ "label": ticket.label, "email": email });
                (post("/api/tickets/consultar", form.to_string().as_bytes()), ticket.label.clone())
            })
            .collect();
        Self { requests, next: Cell::new(0), answers }
    }
}

impl Workload for LookUps {
    fn render(&self, request: &mut Request) {
        // A prime beyond the number of requests visits each before it comes back to the first.
        const STRIDE: usize = 7_368_787;
        request.number = self.next.replace((self.next.get() + STRIDE) % self.requests.len());
        request.bytes.clear();
        request.bytes.extend_from_slice(&self.requests[request.number].0);
    }

    fn accept(&self, request: &Request, body: &[u8]) -> bool {
        self.answers == Answers::Constant || label(body) == Some(&*self.requests[request.number].1)
    }
}

/// Puts load on a server and says what came of it.
///
/// # Errors
/// When a connection fails, or an answer is not HTTP with a `Content-Length`, or none arrives for 30 s.
pub(crate) fn measure<W: Workload + 'static>(
    address: SocketAddr,
    plan: Plan,
    workload: W,
) -> anyhow::Result<(Outcome, W)> {
    let workload = Rc::new(workload);
    let outcome = Rc::new(RefCell::new(Outcome::new(plan.measured)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(async {
        let from = Instant::now() + plan.warm_up;
        let window = from..from + plan.measured;
        let connections: Vec<_> = (0..plan.connections)
            .map(|_| {
                let (workload, outcome, window) = (workload.clone(), outcome.clone(), window.clone());
                tokio::task::spawn_local(async move { connection(address, &*workload, window, &outcome).await })
            })
            .collect();
        let all = async {
            for connection in connections {
                connection.await??;
            }
            anyhow::Ok(())
        };
        let patience = plan.warm_up + plan.measured + Duration::from_secs(30);
        tokio::time::timeout(patience, all).await.context("the server stopped answering")?
    }))?;
    // The tasks are done, so theirs were the other references.
    let workload = Rc::into_inner(workload).context("a connection outlived the run")?;
    let outcome = Rc::into_inner(outcome).context("a connection outlived the run")?;
    Ok((outcome.into_inner(), workload))
}

async fn connection(
    address: SocketAddr,
    workload: &impl Workload,
    window: Range<Instant>,
    outcome: &RefCell<Outcome>,
) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut request = Request::default();
    let mut received = Vec::with_capacity(16 * 1024);
    loop {
        let sent_at = Instant::now();
        if sent_at >= window.end {
            return Ok(());
        }
        workload.render(&mut request);
        stream.write_all(&request.bytes).await?;
        let answer = read_answer(&mut stream, &mut received).await?;
        let received_at = Instant::now();

        let mut outcome = outcome.borrow_mut();
        if !(200..300).contains(&answer.status) {
            outcome.non_2xx += 1;
        } else if !workload.accept(&request, &received[answer.body]) {
            outcome.wrong += 1;
        }
        if window.contains(&received_at) {
            outcome.requests += 1;
            outcome.bytes += received.len() as u64;
            let nanos = u64::try_from((received_at - sent_at).as_nanos()).unwrap_or(u64::MAX);
            outcome.latency.saturating_record(nanos);
        }
    }
}

/// Where the parts of an answer stand in what was received.
struct Answer {
    status: u16,
    body: Range<usize>,
}

/// Reads one answer into `received`, in the place of what it held.
async fn read_answer(stream: &mut TcpStream, received: &mut Vec<u8>) -> anyhow::Result<Answer> {
    received.clear();
    let answer = loop {
        ensure!(stream.read_buf(received).await? > 0, "the server closed the connection");
        if let Some(answer) = parse_head(received)? {
            break answer;
        }
    };
    while received.len() < answer.body.end {
        ensure!(stream.read_buf(received).await? > 0, "the server closed the connection");
    }
    ensure!(received.len() == answer.body.end, "the server sent more than it announced");
    Ok(answer)
}

/// The parts of an answer whose head has arrived; `None` when more of it is to come.
fn parse_head(received: &[u8]) -> anyhow::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_len) = head.parse(received)? else { return Ok(None) };
    let status = head.code.unwrap_or_default();
    let length = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let Some(length) = length else { bail!("an answer with status {status} has no Content-Length") };
    let length: usize = std::str::from_utf8(length.value)?.trim().parse()?;
    Ok(Some(Answer { status, body: head_len..head_len + length }))
}

/// Sends one request on a connection of its own and gives the answer's status and body.
///
/// # Errors
/// When the connection fails, the answer is not HTTP with a `Content-Length`, or none arrives for 5 s.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        let mut received = Vec::new();
        let answer = read_answer(&mut stream, &mut received).await?;
        anyhow::Ok((answer.status, received[answer.body].to_vec()))
    };
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), exchange).await })?
}

/// A POST of JSON, head and body.
pub(crate) fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The latency that a share of the requests stayed below, in milliseconds.
#[expect(clippy::cast_precision_loss, reason = "latencies are at most a minute of nanoseconds")]
pub(crate) fn quantile_ms(latency: &Histogram<u64>, quantile: f64) -> f64 {
    latency.value_at_quantile(quantile) as f64 / 1e6
}

/// How often a label stands more than once among the tickets.
pub(crate) fn repeated_labels(created: &[Created]) -> usize {
    let labels: HashSet<&str> = created.iter().map(|ticket| &*ticket.label).collect();
    created.len() - labels.len()
}

fn email(number: &str) -> String {
    format!("ana.garcia.{number}@example.com")
}

fn digits(number: usize) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[rest % 10];
        rest /= 10;
    }
    digits
}

/// The label in an answer's JSON; `None` when there is none or it is empty.
fn label(body: &[u8]) -> Option<&str> {
    const BEFORE: &[u8] = b"\"ticketLabel\":\"";
    let from = body.windows(BEFORE.len()).position(|window| window == BEFORE)? + BEFORE.len();
    let length = body[from..].iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&body[from..from + length]).ok().filter(|label| !label.is_empty())
}

/// Where to put load, and how much.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address of a server that serves the help desk's public endpoints.
    #[arg(long, default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// Seconds of each kind of load.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Number of the first requester; another one for another run against the same database tells them apart.
    #[arg(long, default_value_t = 0)]
    first: usize,
    /// Only ask, with the seed's label, a server that has one answer for everything.
    #[arg(long)]
    constant: bool,
}

/// Puts creations and then look-ups on a running server and prints what came of them; `false` when an answer was wrong.
///
/// # Errors
/// As for [`measure`].
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let &Arguments { address, connections, .. } = arguments;
    let measured = Duration::from_secs(arguments.seconds);
    let plan = Plan { connections, warm_up: measured / 10, measured };
    if arguments.constant {
        let asked = [Created { number: 0, label: "TKT-2026-00142".into() }];
        let (outcome, _) = measure(address, plan, LookUps::new(&asked, Answers::Constant))?;
        print("constant", &outcome);
        return Ok(outcome.is_right());
    }
    let (creations, workload) = measure(address, plan, Creation::new(arguments.first))?;
    print("creation", &creations);
    let (created, _) = workload.into_parts();
    ensure!(!created.is_empty(), "no ticket was created");
    let (look_ups, _) = measure(address, plan, LookUps::new(&created, Answers::Tickets))?;
    print("look-up", &look_ups);
    Ok(creations.is_right() && look_ups.is_right() && repeated_labels(&created) == 0)
}

fn print(what: &str, outcome: &Outcome) {
    println!(
        "{what:9} {:9.0} requests/s  p50 {:.3} ms  p90 {:.3} ms  p99 {:.3} ms  {} bytes  {} not 2xx  {} wrong",
        outcome.rate(),
        quantile_ms(&outcome.latency, 0.50),
        quantile_ms(&outcome.latency, 0.90),
        quantile_ms(&outcome.latency, 0.99),
        outcome.bytes,
        outcome.non_2xx,
        outcome.wrong,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creations_differ_in_name_and_address_and_not_in_length() {
        let creation = Creation::new(41);
        let mut request = Request::default();
        creation.render(&mut request);
        let first = String::from_utf8(request.bytes.clone()).unwrap();
        creation.render(&mut request);
        let second = String::from_utf8(request.bytes).unwrap();
        assert!(first.contains("Ana García 000000041") && first.contains("ana.garcia.000000041@example.com"));
        assert!(second.contains("Ana García 000000042") && second.contains("ana.garcia.000000042@example.com"));
        assert_eq!(first.len(), second.len());
    }

    #[test]
    fn look_ups_come_to_every_ticket() {
        let created: Vec<_> =
            (0..999).map(|number| Created { number, label: format!("TKT-2026-{number}").into() }).collect();
        let look_ups = LookUps::new(&created, Answers::Tickets);
        let mut request = Request::default();
        let asked: HashSet<usize> = (0..999)
            .map(|_| {
                look_ups.render(&mut request);
                request.number
            })
            .collect();
        assert_eq!(asked.len(), 999);
        let answer = format!("{{\"ticketLabel\":\"TKT-2026-{}\"}}", request.number);
        assert!(look_ups.accept(&request, answer.as_bytes()));
        assert!(!look_ups.accept(&request, b"{\"ticketLabel\":\"TKT-2026-1000\"}"));
    }

    #[test]
    fn an_answer_is_read_when_its_head_is_complete() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert!(parse_head(&answer[..20]).unwrap().is_none());
        assert_eq!(&answer[parse_head(answer).unwrap().unwrap().body], b"{}");
        assert!(parse_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn a_label_given_twice_is_noticed() {
        let ticket = |number, label: &str| Created { number, label: label.into() };
        assert_eq!(repeated_labels(&[ticket(1, "TKT-2026-00001"), ticket(2, "TKT-2026-00002")]), 0);
        assert_eq!(repeated_labels(&[ticket(1, "TKT-2026-00001"), ticket(2, "TKT-2026-00001")]), 1);
    }
}
