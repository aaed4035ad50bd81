//! What was acknowledged is there: under load, after kills, after a shutdown. A real program, real sockets, a real database.
//!
//! `TICKETING_SCALE` multiplies tickets and rounds.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    path::Path,
    process::{Child, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use ticketing_core::{Ticket, TicketId, TicketLabel};
use ticketing_server::{
    Engine,
    archive::{Deviation, verify},
    store::{AnyStore, FeedStore, LabelKey, PublicRecord, ReportStore, TicketStore},
};
use tokio::{task::JoinSet, time::sleep};

use self::common::{
    http::{Connection, Request},
    program::{Desk, Server},
    scaled, seed,
};

/// A requester's ticket is told from every other one by the number in its requester's address.
fn email(requester: u32) -> String {
    format!("requester-{requester}@example.com")
}

fn form(requester: u32) -> Vec<u8> {
    format!(
        r#"{{"nombre":"Solicitante {requester}","email":"{}","tipo":"INCIDENTE","categoria":"Sistemas","descripcion":"Solicitud número {requester} de esta prueba.","prioridad":"ALTA"}}"#,
        email(requester)
    )
    .into_bytes()
}

/// The value of a member whose text has no escapes: parsing 100 000 answers would take longer than giving them.
fn member<'a>(body: &'a [u8], name: &str) -> &'a str {
    let text = std::str::from_utf8(body).unwrap();
    let (_, rest) = text.split_once(&format!("\"{name}\":\"")).unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split('"').next().unwrap()
}

fn number(label: &str) -> u32 {
    label.parse::<TicketLabel>().unwrap().number()
}

/// Asserts that a ticket is found and is its requester's.
async fn is_found(client: &mut Connection, label: &str, requester: u32) {
    let email = email(requester);
    let body = format!(r#"{{"label":"{label}","email":"{email}"}}"#);
    let answer = client.ask(&Request::post("/api/tickets/consultar", body)).await;
    assert_eq!(answer.status, 200, "{label} of {email}: {answer}");
    assert_eq!(member(&answer.body, "ticketLabel"), label);
    assert_eq!(member(&answer.body, "solicitanteEmail"), email);
    assert_eq!(member(&answer.body, "solicitanteNombre"), format!("Solicitante {requester}"));
}

/// Every ticket of a file, in order of its number; that they are numbered without gaps is part of it.
async fn tickets_in(store: &AnyStore, year: u16) -> Vec<PublicRecord> {
    let mut records = Vec::new();
    for number in 1.. {
        match store.find_public(LabelKey { year, number }).await.unwrap() {
            Some(record) => records.push(*record),
            None => break,
        }
    }
    // Nor is there anything after the first gap.
    for number in (1..1000).map(|ahead| u32::try_from(records.len()).unwrap() + ahead) {
        assert_eq!(store.find_public(LabelKey { year, number }).await.unwrap(), None);
    }
    records
}

/// Asserts that a ticket's history leads to its state.
async fn replays(store: &AnyStore, id: TicketId) {
    let history = store.history(id).await.unwrap();
    let replayed = Ticket::replay(id, history.iter().map(|new| &new.event)).unwrap();
    assert_eq!(Some(replayed), store.load(id).await.unwrap());
}

#[tokio::test]
async fn labels_given_to_many_at_once_are_unique_and_without_gaps() {
    const CLIENTS: u32 = 64;
    let tickets = scaled(50_000);
    let desk = Desk::new();
    let server = desk.serve();
    let began = Instant::now();

    let next = Arc::new(AtomicU32::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (address, next) = (server.address, Arc::clone(&next));
        clients.spawn(async move {
            let mut client = Connection::open(address).await;
            let mut created = Vec::new();
            loop {
                let requester = next.fetch_add(1, SeqCst);
                if requester >= tickets {
                    return created;
                }
                let answer = client.ask(&Request::post("/api/tickets/crear", form(requester))).await;
                assert_eq!(answer.status, 200, "{answer}");
                created.push((member(&answer.body, "ticketLabel").to_owned(), requester));
            }
        });
    }
    let created: Vec<_> = clients.join_all().await.into_iter().flatten().collect();
    println!("{tickets} tickets created in {:?}", began.elapsed());

    let mut numbers: Vec<_> = created.iter().map(|(label, _)| number(label)).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=tickets), "every number once, none left out");

    let began = Instant::now();
    let mut clients = JoinSet::new();
    for share in created.chunks(created.len().div_ceil(16)) {
        let (address, share) = (server.address, share.to_vec());
        clients.spawn(async move {
            let mut client = Connection::open(address).await;
            for (label, requester) in share {
                is_found(&mut client, &label, requester).await;
            }
        });
    }
    clients.join_all().await;
    println!("{tickets} tickets found in {:?}", began.elapsed());
}

/// What clients know of their requests after a server was killed.
#[derive(Default)]
struct Known {
    /// Label and requester of the requests that were answered.
    acknowledged: Vec<(String, u32)>,
    /// Requesters whose request had a key and no answer.
    lost: Vec<u32>,
    /// Requesters whose request had neither a key nor an answer.
    unknown: Vec<u32>,
}

/// Every second request has a key; which one follows from its requester.
fn has_key(requester: u32) -> bool {
    requester.is_multiple_of(2)
}

fn creation(requester: u32) -> Request {
    let request = Request::post("/api/tickets/crear", form(requester));
    if has_key(requester) { request.header("Idempotency-Key", &format!("key-{requester}")) } else { request }
}

/// A server that is killed at its so many-th answer.
struct Doomed {
    server: Mutex<Option<Server>>,
    answers: AtomicU32,
    answers_max: u32,
    /// How long after that answer; always another moment of the writer's work.
    delay: Duration,
}

impl Doomed {
    async fn has_answered(&self) {
        if self.answers.fetch_add(1, SeqCst) + 1 == self.answers_max {
            // Not even a timer stands between the earliest kill and the answer.
            if !self.delay.is_zero() {
                sleep(self.delay).await;
            }
            let server = self.server.lock().unwrap().take().unwrap();
            server.kill();
        }
    }
}

/// Creates tickets until the server is gone.
async fn create_until_killed(address: SocketAddr, doomed: Arc<Doomed>, next: Arc<AtomicU32>) -> Known {
    let mut known = Known::default();
    let Ok(mut client) = Connection::try_open(address).await else { return known };
    loop {
        let requester = next.fetch_add(1, SeqCst);
        let sent = client.try_send(creation(requester).octets()).await;
        let answer = if sent.is_ok() { client.try_answer().await } else { Ok(None) };
        let Ok(Some(answer)) = answer else {
            let unanswered = if has_key(requester) { &mut known.lost } else { &mut known.unknown };
            unanswered.push(requester);
            return known;
        };
        doomed.has_answered().await;
        assert_eq!(answer.status, 200, "{answer}");
        known.acknowledged.push((member(&answer.body, "ticketLabel").to_owned(), requester));
    }
}

/// Asks again for the answers that a kill has swallowed: every request has them now, and always the same.
async fn repeat_lost(client: &mut Connection, known: &mut Known) -> usize {
    let lost = std::mem::take(&mut known.lost);
    for requester in &lost {
        let first = client.ask(&creation(*requester)).await;
        let second = client.ask(&creation(*requester)).await;
        assert_eq!(first.status, 200, "{first}");
        assert_eq!(first.text(), second.text());
        known.acknowledged.push((member(&first.body, "ticketLabel").to_owned(), *requester));
    }
    lost.len()
}

#[tokio::test]
async fn what_was_acknowledged_survives_every_kill() {
    const CLIENTS: u32 = 32;
    let rounds = scaled(20);
    let desk = Desk::new();
    let next = Arc::new(AtomicU32::new(0));
    let mut all = Known::default();
    let mut repeated = 0;

    for round in 0..rounds {
        let server = desk.serve();
        let mut client = server.connect().await;
        repeated += repeat_lost(&mut client, &mut all).await;
        for (label, requester) in all.acknowledged.iter().rev().take(60) {
            is_found(&mut client, label, *requester).await;
        }

        let millis = if round % 3 == 2 { round % 13 } else { 0 };
        let (address, delay) = (server.address, Duration::from_millis(millis.into()));
        let answers_max = 3 * CLIENTS + round * 37 % 50;
        let doomed = Doomed { server: Mutex::new(Some(server)), answers: AtomicU32::new(0), answers_max, delay };
        let doomed = Arc::new(doomed);
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(create_until_killed(address, Arc::clone(&doomed), Arc::clone(&next)));
        }
        for known in clients.join_all().await {
            all.acknowledged.extend(known.acknowledged);
            all.lost.extend(known.lost);
            all.unknown.extend(known.unknown);
        }
    }

    let server = desk.serve();
    let mut client = server.connect().await;
    repeated += repeat_lost(&mut client, &mut all).await;
    println!("{} acknowledged, {repeated} repeated, {} unknown", all.acknowledged.len(), all.unknown.len());
    assert!(repeated > 0 && !all.unknown.is_empty(), "there was something to lose");
    for (label, requester) in &all.acknowledged {
        is_found(&mut client, label, *requester).await;
    }
    let after = client.post("/api/tickets/crear", &seed()).await.ok();
    server.kill();

    // The numbers that were given, each once, those of unanswered requests among them.
    let acknowledged: HashMap<_, _> = all.acknowledged.iter().map(|(label, requester)| (label, requester)).collect();
    assert_eq!(acknowledged.len(), all.acknowledged.len(), "no label was given twice");
    let store = desk.open().await;
    let year = after["ticketLabel"].as_str().unwrap()[4..8].parse().unwrap();
    let stored = tickets_in(&store, year).await;
    let newest = u32::try_from(stored.len()).unwrap();
    assert_eq!(number(after["ticketLabel"].as_str().unwrap()), newest, "the next number, and no number again");

    let mut addresses = HashSet::new();
    for record in &stored {
        let address = record.intake.requester.as_ref().unwrap().email.as_str();
        assert!(addresses.insert(address.to_owned()), "{address} has one ticket");
    }
    for (label, requester) in &all.acknowledged {
        let record = &stored[usize::try_from(number(label)).unwrap() - 1];
        assert_eq!(record.label.to_string(), *label);
        assert_eq!(record.intake.requester.as_ref().unwrap().email.as_str(), email(*requester));
    }
    // Everybody who is there has asked.
    let unanswered = all.unknown.iter().filter(|requester| addresses.contains(&email(**requester))).count();
    assert_eq!(stored.len(), all.acknowledged.len() + unanswered + 1);
    for record in stored.iter().step_by(7) {
        replays(&store, record.id).await;
    }
}

/// The tables of a new file are created in several steps; a kill may fall between any two of them.
#[tokio::test]
async fn a_server_killed_while_it_creates_its_file_starts_on_it_again() {
    for _ in 0..scaled(3) {
        for table in ["refinery_schema_history", "tickets", "rules_versions", "idempotency_keys"] {
            let desk = Desk::on_a_file();
            let mut command = desk.program();
            command.args(["serve", "--listen", "127.0.0.1:0", "--database"]).arg(desk.file());
            let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // At the first sight of each table.
            table_appears(&desk.file(), table, &mut process);
            process.kill().unwrap();
            process.wait().unwrap();

            let server = desk.serve();
            let created = server.connect().await.post("/api/tickets/crear", &seed()).await.ok();
            assert_eq!(number(created["ticketLabel"].as_str().unwrap()), 1);
        }
    }
}

/// Waits for a table to be there; `None` where it has not come to that.
fn table_appears(database: &Path, name: &str, process: &mut Child) -> Option<()> {
    let mut is_running = || process.try_wait().unwrap().is_none();
    // Before there is a log, looking would disturb.
    while !database.with_extension("db-wal").exists() {
        is_running().then_some(())?;
    }
    let connection =
        rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    let mut statement = connection.prepare("SELECT count(*) FROM sqlite_master WHERE name = ?").ok()?;
    while statement.query_row([name], |row| row.get::<_, u32>(0)).unwrap_or_default() == 0 {
        is_running().then_some(())?;
    }
    Some(())
}

/// Tells whether a database holds exactly the tickets that clients were told of.
async fn holds_exactly(desk: &Desk, acknowledged: &[(String, u32)]) {
    let store = desk.open().await;
    let Some((label, _)) = acknowledged.first() else { panic!("nothing was acknowledged") };
    let stored = tickets_in(&store, label.parse::<TicketLabel>().unwrap().year()).await;
    let mut expected: Vec<_> =
        acknowledged.iter().map(|(label, requester)| (number(label), email(*requester))).collect();
    expected.sort();
    let found: Vec<_> = stored
        .iter()
        .map(|record| (record.label.number(), record.intake.requester.as_ref().unwrap().email.as_str().to_owned()))
        .collect();
    assert_eq!(found, expected, "every ticket was answered, and every answer is a ticket");
}

#[tokio::test]
async fn a_shutdown_under_load_answers_what_it_accepted() {
    const CLIENTS: u32 = 32;
    for _ in 0..scaled(3) {
        let desk = Desk::new();
        let server = desk.serve();
        let next = Arc::new(AtomicU32::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (address, next, stopped) = (server.address, Arc::clone(&next), Arc::clone(&stopped));
            clients.spawn(async move {
                let mut acknowledged = Vec::new();
                let mut client = Connection::open(address).await;
                loop {
                    let requester = next.fetch_add(1, SeqCst);
                    let sent = client.try_send(creation(requester).octets()).await;
                    let answer = if sent.is_ok() { client.try_answer().await } else { Ok(None) };
                    let Ok(Some(answer)) = answer else {
                        // Only a server that is shutting down hangs up.
                        assert!(stopped.load(SeqCst));
                        return acknowledged;
                    };
                    assert_eq!(answer.status, 200, "{answer}");
                    acknowledged.push((member(&answer.body, "ticketLabel").to_owned(), requester));
                    if answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
                        client.is_closed().await;
                        return acknowledged;
                    }
                }
            });
        }
        sleep(Duration::from_millis(500)).await;
        stopped.store(true, SeqCst);
        server.terminate();
        let acknowledged: Vec<_> = clients.join_all().await.into_iter().flatten().collect();
        assert_eq!(server.ended(Duration::from_secs(10)).await.code(), Some(0));
        holds_exactly(&desk, &acknowledged).await;
    }
}

#[tokio::test]
async fn a_request_that_is_arriving_when_the_shutdown_begins_is_answered() {
    let desk = Desk::new();
    let server = desk.serve();
    let address = server.address;
    let mut idle = server.connect().await;
    assert_eq!(idle.get("/livez").await.status, 200);
    let silent = server.connect().await;

    let mut arriving = server.connect().await;
    assert_eq!(arriving.get("/livez").await.status, 200);
    let request = Request::post("/api/tickets/crear", form(1));
    let octets = request.octets();
    let (first, rest) = octets.split_at(octets.len() / 2);
    arriving.send(first).await;
    // The server has read that much.
    sleep(Duration::from_millis(200)).await;

    server.terminate();
    // It closes who has nothing to wait for, and takes nobody new.
    idle.is_closed().await;
    assert!(Connection::try_open(address).await.is_err());

    arriving.send(rest).await;
    let answer = arriving.answer().await;
    let created: Value = answer.ok();
    assert_eq!(answer.header("connection"), Some("close"));
    arriving.is_closed().await;
    let ended = server.ended(Duration::from_secs(5)).await;
    assert_eq!(ended.code(), Some(0));
    drop(silent);
    holds_exactly(&desk, &[(created["ticketLabel"].as_str().unwrap().to_owned(), 1)]).await;
    assert!(!desk.path("ticketing.db-wal").exists(), "everything is in the one file");
}

/// A backup that keeps the file locked, a disk that hangs: nothing is promised that is not kept.
#[tokio::test]
async fn while_the_file_cannot_be_written_tickets_are_found_and_creation_is_put_off() {
    let desk = Desk::on_a_file();
    let server = desk.serve();
    let mut client = server.connect().await;
    let created = client.ask(&creation(0)).await.ok();
    let label = created["ticketLabel"].as_str().unwrap();

    let other = rusqlite::Connection::open(desk.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = server.connect().await;
    waiting.send(creation(2).octets()).await;
    for _ in 0..20 {
        is_found(&mut client, label, 0).await;
    }
    let answer = waiting.answer().await;
    answer.problem(503, "overloaded");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(client.get("/livez").await.status, 200);
    client.get("/readyz").await.problem(503, "overloaded");

    other.execute_batch("ROLLBACK").unwrap();
    // Readiness is looked at once a second.
    sleep(Duration::from_secs(1)).await;
    assert_eq!(client.get("/readyz").await.status, 200);
    // The same request, with the key that it had.
    let created = client.ask(&creation(2)).await.ok();
    assert_eq!(number(created["ticketLabel"].as_str().unwrap()), 2);
}

/// Whoever sums up what has happened is killed with all else, between reading and writing too: nothing counts twice, and nothing is left out.
#[tokio::test]
async fn reports_count_everything_once_after_every_kill() {
    const CLIENTS: u32 = 2;
    let desk = Desk::new();
    let next = Arc::new(AtomicU32::new(0));
    for round in 0..scaled(6) {
        let server = desk.serve();
        // Sums are written once a second: some kills are just before that, some just after.
        let delay = Duration::from_millis(900 + u64::from(round) * 53 % 300);
        let address = server.address;
        let doomed = Doomed { server: Mutex::new(Some(server)), answers: AtomicU32::new(0), answers_max: 1, delay };
        let doomed = Arc::new(doomed);
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(create_until_killed(address, Arc::clone(&doomed), Arc::clone(&next)));
        }
        clients.join_all().await;
        let store = desk.open().await;
        let set = store.report_sets().await.unwrap();
        println!(
            "killed with sums up to {:?} of {:?}",
            set.first().map(|set| set.position),
            store.newest_position().await
        );
        // What they have is what the events up to there come to.
        let found = verify(&store).await.unwrap();
        let figures: Vec<_> =
            found.deviations.iter().filter(|deviation| matches!(deviation, Deviation::Figures(_))).collect();
        assert!(figures.is_empty(), "{figures:?}");
    }
    let engine = Engine::start(desk.open().await).await.unwrap();
    engine.give_positions().await.unwrap();
    let newest = engine.store().newest_position().await.unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let set = loop {
        engine.roll_up().await.unwrap();
        let set = engine.store().report_sets().await.unwrap()[0];
        if set.position == newest {
            break set;
        }
        // For some seconds, this work is still that of the one that was killed.
        assert!(Instant::now() < deadline, "{set:?}");
        sleep(Duration::from_millis(50)).await;
    };
    assert!(set.position.0 > u64::from(CLIENTS), "there was something to count");
    let found = verify(engine.store()).await.unwrap();
    assert!(!found.deviations.iter().any(|deviation| matches!(deviation, Deviation::Figures(_))));
}
