//! More than can be done: what is refused, how long the rest takes, and what is left behind. A store is made slow by what makes it slow
//! in life: another process that holds its lock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use ticketing_server::{EngineOptions, http::HttpOptions};
use tokio::{sync::oneshot, task::JoinSet, time::sleep};
use tokio_postgres::NoTls;

use crate::{
    common::{
        database::Database,
        desk::{Service, command},
        http::{Answer, Connection, Request},
        program::Desk,
        scaled, seed, seed_with,
    },
    still_serves,
};

/// How long a store lets anybody wait, and what a busy machine may add.
const WAIT_MAX: Duration = Duration::from_secs(3);
const GRACE: Duration = Duration::from_secs(2);

/// Somebody who keeps all others from writing, until dropped.
struct Obstacle {
    _release: oneshot::Sender<()>,
    released: Option<thread::JoinHandle<()>>,
}

impl Obstacle {
    /// Returns once nobody else can write.
    async fn on(database: &Database) -> Self {
        let (release, wait) = oneshot::channel::<()>();
        let (holds, held) = oneshot::channel();
        let keep: Box<dyn FnOnce() + Send> = match database {
            Database::File(path, _) => {
                let path = path.clone();
                Box::new(move || {
                    let other = rusqlite::Connection::open(path).unwrap();
                    other.busy_timeout(Duration::from_secs(10)).unwrap();
                    other.execute_batch("BEGIN IMMEDIATE").unwrap();
                    holds.send(()).unwrap();
                    let _ = wait.blocking_recv();
                })
            }
            Database::Server(_) | Database::Elsewhere(_) => {
                let url = database.url().unwrap().to_owned();
                Box::new(move || {
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                        let connection = tokio::spawn(connection);
                        client.batch_execute("BEGIN; LOCK TABLE tickets IN EXCLUSIVE MODE").await.unwrap();
                        holds.send(()).unwrap();
                        let _ = wait.await;
                        drop(client);
                        let _ = connection.await;
                    });
                })
            }
        };
        let released = Some(thread::spawn(keep));
        held.await.unwrap();
        Self { _release: release, released }
    }

    fn release(self) {
        let Self { _release: release, released } = self;
        drop(release);
        released.unwrap().join().unwrap();
    }
}

fn creation(subject: &str) -> Request {
    Request::post("/api/tickets/crear", seed_with(&json!({ "asunto": subject })).to_string())
}

/// Asserts that a request was refused because there is too much to do.
#[track_caller]
fn is_refused(answer: &Answer) {
    let problem = answer.problem(503, "overloaded");
    assert!(problem["detail"].as_str().unwrap().starts_with("Hay demasiado trabajo"), "{answer}");
    assert_eq!(answer.header("retry-after"), Some("1"), "{answer}");
}

/// The value of a series of `/metrics`.
async fn metric(client: &mut Connection, series: &str) -> u64 {
    let metrics = client.get("/metrics").await.text();
    let line =
        metrics.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_else(|| panic!("{series}: {metrics}"));
    line.trim().parse().unwrap()
}

/// The time that nearly all took.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// One request of a flood, and what became of it.
struct Told {
    subject: String,
    status: u16,
    label: Option<String>,
    began: Instant,
    took: Duration,
}

async fn flood(mut client: Connection, name: usize, until: Arc<AtomicBool>) -> Vec<Told> {
    let mut told = Vec::new();
    while !until.load(Relaxed) {
        let subject = format!("cliente {name}, solicitud {}", told.len());
        let began = Instant::now();
        let answer = client.ask(&creation(&subject)).await;
        let took = began.elapsed();
        let label = if answer.status == 200 {
            Some(answer.json()["ticketLabel"].as_str().unwrap().to_owned())
        } else {
            is_refused(&answer);
            // Nobody who was told to come again later comes at once.
            sleep(Duration::from_millis(200)).await;
            None
        };
        told.push(Told { subject, status: answer.status, label, began, took });
    }
    told
}

/// A hundred clients, and a store in which nobody can write for seconds: longer than anybody waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_capacity_requests_are_refused_in_time_and_nothing_is_lost_or_done_twice() {
    let desk = Desk::new();
    // On a server, work that was taken out of the line may wait once more, for the lock itself.
    let (held, bound) = match desk.database {
        Database::File(..) => (Duration::from_secs(5), WAIT_MAX + GRACE),
        Database::Server(_) | Database::Elsewhere(_) => (Duration::from_secs(10), 2 * WAIT_MAX + GRACE),
    };
    let server = desk.serve();
    let mut client = server.connect().await;
    let first = client.post("/api/tickets/crear", &seed()).await.ok();
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    let count = usize::try_from(scaled(100)).unwrap().clamp(100, 1_000);
    for name in 0..count {
        clients.spawn(flood(server.connect().await, name, Arc::clone(&is_over)));
    }
    sleep(Duration::from_secs(1)).await;
    let obstacle = Obstacle::on(&desk.database).await;
    let began = Instant::now();
    // All who are there may be written together. Those who come after that, one after the other, find somebody before them.
    for name in count..count + count / 4 {
        clients.spawn(flood(server.connect().await, name, Arc::clone(&is_over)));
        sleep(Duration::from_millis(5)).await;
    }
    let look_up = json!({ "label": first["ticketLabel"], "email": seed()["email"] });
    let mut waiting_max = 0;
    while began.elapsed() < held {
        // What need not be written is done as ever.
        let asked = Instant::now();
        client.post("/api/tickets/consultar", &look_up).await.ok();
        assert_eq!(client.get("/livez").await.status, 200);
        waiting_max = waiting_max.max(metric(&mut client, "ticketing_store_waiting{kind=\"writes\"}").await);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        sleep(Duration::from_millis(100)).await;
    }
    obstacle.release();
    let released = Instant::now();
    sleep(WAIT_MAX).await;
    is_over.store(true, Relaxed);
    let told: Vec<_> = clients.join_all().await.into_iter().flatten().collect();

    let refused: Vec<_> = told.iter().filter(|told| told.status == 503).collect();
    assert!(!refused.is_empty(), "nobody was refused");
    assert!(waiting_max > 0, "nobody was seen waiting");
    assert_eq!(
        metric(&mut client, "ticketing_shed_total{what=\"requests\"}").await,
        u64::try_from(refused.len()).unwrap()
    );
    assert!(refused.iter().all(|told| told.took < bound), "{:?}", refused.iter().map(|told| told.took).max());
    // Nobody waits longer than they may, but for those who were being served when the obstacle came.
    let mut accepted: Vec<_> = told.iter().filter(|told| told.status == 200).map(|told| told.took).collect();
    let (p99, longest) = (percentile(&mut accepted, 99), *accepted.last().unwrap());
    assert!(p99 < bound, "{p99:?}");
    assert!(longest < held + GRACE, "{longest:?}");
    // It recovers by itself, at once.
    let after = told.iter().filter(|told| told.began > released + Duration::from_secs(1));
    let mut after: Vec<_> = after.inspect(|told| assert_eq!(told.status, 200)).map(|told| told.took).collect();
    assert!(!after.is_empty() && percentile(&mut after, 99) < GRACE, "{:?}", after.last());
    eprintln!(
        "{} created, p99 {p99:?}; {} refused, {waiting_max} waiting at most; afterwards p99 {:?}",
        accepted.len(),
        refused.len(),
        percentile(&mut after, 99),
    );

    // Every ticket that was promised is there, once and as it was; and no other.
    let mut found = 0;
    for told in &told {
        let Some(label) = &told.label else { continue };
        let look_up = json!({ "label": label, "email": seed()["email"] });
        let ticket = client.post("/api/tickets/consultar", &look_up).await.ok();
        assert_eq!(ticket["asunto"], told.subject.as_str());
        found += 1;
    }
    let last = client.post("/api/tickets/crear", &seed()).await.ok();
    let number = |created: &Value| {
        created["ticketLabel"].as_str().unwrap().rsplit('-').next().unwrap().parse::<usize>().unwrap()
    };
    assert_eq!(number(&last), found + 2, "numbers have no gaps, and no request that was refused has one");
}

#[tokio::test]
async fn each_dialect_and_language_is_told_that_there_is_too_much_to_do() {
    let service = Service::start().await;
    let (ticket, other) = (service.ticket().await, service.ticket().await);
    let obstacle = Obstacle::on(&service.database).await;
    let reason = json!({ "motivo": "Espera" });
    let ask = |request: Request| {
        let address = service.address;
        tokio::spawn(async move { Connection::open(address).await.ask(&request).await })
    };
    let staff = |request: Request| ask(request.header("Authorization", &format!("Bearer {}", service.mesa.token)));
    // On a server, these have been begun when the others come, and wait for the lock itself.
    let first = [ask(creation("a")), staff(command(&other, "pausar", &reason))];
    sleep(Duration::from_millis(300)).await;
    let english = ask(creation("a").header("Accept-Language", "en"));
    let handed_over = Request::post("/v2/tickets", json!({ "subject": "No prende" }).to_string());
    let v2 = ask(handed_over.header("X-API-TOKEN", &service.mesa.token));
    let desk = staff(command(&ticket, "pausar", &reason));

    let problem = english.await.unwrap().problem(503, "overloaded");
    let detail = "There is too much to do right now, and the request was not attended to. Try again in a few seconds.";
    assert_eq!(problem["detail"], detail);
    let v2 = v2.await.unwrap();
    assert!(v2.refusal(503, "UNAVAILABLE", "overloaded").starts_with("Hay demasiado trabajo"), "{v2}");
    assert_eq!(v2.header("retry-after"), Some("1"));
    is_refused(&desk.await.unwrap());
    obstacle.release();
    for first in first {
        assert!(matches!(first.await.unwrap().status, 200 | 503));
    }
    let mut mesa = service.client(&service.mesa).await;
    // It was not done later: the version is the one that it was meant for.
    mesa.command(&ticket, "pausar", &reason).await.ok();
}

/// However many the public are, there is room for the desk.
#[tokio::test]
async fn the_desk_is_served_where_the_public_has_taken_all_of_its_share() {
    let options = EngineOptions { public_max: 3, ..Service::engine_options() };
    let service = Service::start_as(options, Service::http_options()).await;
    let ticket = service.ticket().await;
    let obstacle = Obstacle::on(&service.database).await;
    let mut waiting = JoinSet::new();
    for _ in 0..3 {
        let mut client = service.nobody().await;
        waiting.spawn(async move { client.ask(creation("a")).await });
    }
    sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    let mut client = Connection::open(service.address).await;
    for request in [
        creation("b"),
        Request::post("/api/tickets/consultar", json!({ "label": ticket.label, "email": ticket.email }).to_string()),
        Request::post(
            "/api/tickets/comentar",
            json!({ "label": ticket.label, "email": ticket.email, "mensaje": "¿Y?" }).to_string(),
        ),
    ] {
        is_refused(&client.ask(&request).await);
    }
    assert!(began.elapsed() < GRACE, "they wait for nothing: {:?}", began.elapsed());
    // Reads of the desk, and its commands as soon as anything can be written.
    let mut mesa = service.client(&service.mesa).await;
    assert!(!mesa.rows("/api/tickets/dashboard").await.is_empty());
    let commanded = tokio::spawn({
        let ticket = ticket.clone();
        async move { mesa.command(&ticket, "pausar", &json!({ "motivo": "Espera" })).await }
    });
    sleep(Duration::from_millis(300)).await;
    obstacle.release();
    commanded.await.unwrap().ok();
    for answer in waiting.join_all().await {
        answer.ok();
    }
    client.ask(&creation("c")).await.ok();
}

/// Large bodies have so much room in all, and small ones need none of it.
#[tokio::test]
async fn large_bodies_beyond_their_room_are_refused_and_hurt_no_small_one() {
    let http = HttpOptions { bodies_octets_max: 1 << 20, ..Service::http_options() };
    let service = Service::start_as(Service::engine_options(), http).await;
    let large = || {
        let form = seed().to_string();
        Request::post("/api/tickets/crear", format!("{form}{}", " ".repeat((900 << 10) - form.len())))
    };
    let octets = large().octets();
    let (most, last) = octets.split_at(octets.len() - 1);
    let mut slow = Connection::open(service.address).await;
    slow.send(most).await;
    sleep(Duration::from_millis(500)).await;
    let mut other = Connection::open(service.address).await;
    is_refused(&other.ask(&large()).await);
    for number in 0..20 {
        let began = Instant::now();
        Connection::open(service.address).await.ask(&creation(&number.to_string())).await.ok();
        assert!(began.elapsed() < GRACE, "{:?}", began.elapsed());
    }
    slow.send(last).await;
    slow.answer().await.ok();
    Connection::open(service.address).await.ask(&large()).await.ok();
}

/// Whoever asks for much and reads nothing of it is given up, and the memory that it takes with them.
#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    const SLOW: usize = 5;
    let http = HttpOptions { write_timeout: Duration::from_secs(1), ..Service::http_options() };
    let service = Service::start_as(Service::engine_options(), http).await;
    let mut silent = Vec::new();
    for _ in 0..SLOW {
        let mut client = Connection::open(service.address).await;
        // More than what the systems on both sides keep for a connection.
        let _ = client.try_send(Request::new("GET", "/openapi.json").octets().repeat(500)).await;
        silent.push(client);
    }
    let mut client = Connection::open(service.address).await;
    let began = Instant::now();
    while metric(&mut client, "ticketing_http_connections").await > 1 {
        assert!(began.elapsed() < Duration::from_secs(20), "they are waited for");
        client.ask(&creation("a")).await.ok();
        sleep(Duration::from_millis(100)).await;
    }
    drop(silent);
}

/// One client may have half of the connections; what comes beyond that is told so. Whoever watches over the service is answered.
#[tokio::test]
async fn connections_beyond_the_cap_are_told_so_and_those_who_watch_are_answered() {
    let desk = Desk::new();
    let server =
        desk.serve_with(|command| command.env("TICKETING_RATE_LIMITS", "off").env("TICKETING_CONNECTIONS_MAX", "32"));
    let mut inside = server.connect().await;
    assert_eq!(inside.get("/livez").await.status, 200);
    let mut silent = Vec::new();
    for _ in 0..15 {
        silent.push(server.connect().await);
    }
    sleep(Duration::from_millis(300)).await;
    for request in [creation("a"), Request::new("GET", "/api/reglas"), Request::new("GET", "/v2/tickets")] {
        let mut turned_away = server.connect().await;
        let answer = turned_away.ask(&request).await;
        assert_eq!((answer.status, answer.header("connection")), (503, Some("close")), "{answer}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        turned_away.is_closed().await;
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        let mut watching = server.connect().await;
        let answer = watching.get(path).await;
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")), "{answer}");
        watching.is_closed().await;
    }
    // Whoever says nothing keeps no place of those for long.
    let mut mute = server.connect().await;
    let began = Instant::now();
    mute.is_closed().await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    // Those who are in are served, and the others once there is room.
    inside.ask(&creation("a")).await.ok();
    assert!(metric(&mut inside, "ticketing_shed_total{what=\"connections\"}").await >= 7);
    drop(silent);
    let mut client = server.connect().await;
    while client.ask(&creation("b")).await.status != 200 {
        sleep(Duration::from_millis(50)).await;
        client = server.connect().await;
    }
    still_serves(&server).await;
}

/// Many who search through all there is, without a pause, beside those who look up and create.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_search_for_long_do_not_keep_others_waiting() {
    let service = Service::start().await;
    let mut creating = JoinSet::new();
    let count = usize::try_from(scaled(2_000)).unwrap();
    for clients in 0..20 {
        let mut client = service.nobody().await;
        creating.spawn(async move {
            for number in 0..count / 20 {
                client.ask(creation(&format!("correo {clients} {number}"))).await.ok();
            }
        });
    }
    creating.join_all().await;
    service.index().await;
    let ticket = service.ticket().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut searching = JoinSet::new();
    for number in 0..24 {
        let (mut mesa, is_over) = (service.client(&service.mesa).await, Arc::clone(&is_over));
        searching.spawn(async move {
            let mut statuses = Vec::new();
            while !is_over.load(Relaxed) {
                let path =
                    ["/v2/tickets?search=correo&pageSize=100&page=9", "/api/tickets/dashboard?q=correo&limit=200"]
                        [number % 2];
                statuses.push(mesa.get(path).await.status);
            }
            statuses
        });
    }
    sleep(Duration::from_millis(500)).await;
    let mut took = Vec::new();
    let (mut client, mut mesa) = (service.nobody().await, service.client(&service.mesa).await);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        client.look_up(&ticket).await;
        client.ask(creation("entre búsquedas")).await.ok();
        mesa.get("/api/tickets/totales").await.ok();
        took.push(asked.elapsed());
    }
    is_over.store(true, Relaxed);
    let statuses: Vec<_> = searching.join_all().await.into_iter().flatten().collect();
    assert!(statuses.iter().all(|status| matches!(status, 200 | 503)), "{statuses:?}");
    assert!(statuses.contains(&200));
    let p99 = percentile(&mut took, 99);
    eprintln!("{} searches; beside them a look-up, a creation and a count took {p99:?} (p99)", statuses.len());
    assert!(p99 < WAIT_MAX, "{p99:?}");
}
