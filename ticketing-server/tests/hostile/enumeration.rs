//! Labels are numbers in a row, and anybody can count. What counting comes to.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    common::{
        http::{Answer, Connection, Request},
        program::{Desk, Server},
        scaled, seed,
    },
    still_serves,
};

const PATHS: [&str; 2] = ["/api/tickets/consultar", "/api/tickets/comentar"];

fn guess(path: &str, label: &str, email: &str) -> Request {
    let form = json!({ "label": label, "email": email, "mensaje": "¿Alguna novedad?" });
    Request::post(path, form.to_string())
}

/// All of an answer but what is of the one request alone.
fn without_its_own(answer: &Answer) -> String {
    let is_own =
        |line: &&str| ["x-request-id:", "date:"].iter().any(|name| line.to_ascii_lowercase().starts_with(name));
    let head: Vec<_> = answer.head.lines().filter(|line| !is_own(line)).collect();
    format!("{}\n{}", head.join("\n"), answer.text())
}

async fn tickets(server: &Server, count: u32) -> Vec<String> {
    let mut creating = JoinSet::new();
    for _ in 0..20 {
        let mut client = server.connect().await;
        creating.spawn(async move {
            let mut labels = Vec::new();
            for _ in 0..count / 20 {
                let created: Value = client.post("/api/tickets/crear", &seed()).await.ok();
                labels.push(created["ticketLabel"].as_str().unwrap().to_owned());
            }
            labels
        });
    }
    creating.join_all().await.into_iter().flatten().collect()
}

/// Whoever counts through a hundred thousand labels with an address that is nobody's is told the same bytes each time, whether there is such
/// a ticket or not, and nothing of how long it took tells them apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_labels_tell_nothing() {
    // In full with TICKETING_SCALE=10.
    let guesses = scaled(10_000);
    let desk = Desk::new();
    let server = desk.serve();
    let there = tickets(&server, 1_000).await;
    let prefix = there[0].rsplit_once('-').unwrap().0.to_owned();
    let reference =
        without_its_own(&server.connect().await.ask(&guess(PATHS[0], "TKT-1999-00001", "x@example.com")).await);
    assert!(reference.starts_with("HTTP/1.1 404"), "{reference}");
    let mut guessing = JoinSet::new();
    for first in 0..10 {
        let (mut client, prefix, reference) = (server.connect().await, prefix.clone(), reference.clone());
        guessing.spawn(async move {
            let mut took = [Vec::new(), Vec::new()];
            for number in (first + 1..=guesses).step_by(10) {
                // Ten of them with a ticket for each without, and in no order.
                let is_there = number % 2 == 0;
                let number = if is_there { number % 1_000 + 1 } else { number + 5_000 };
                let path = PATHS[usize::try_from(number / 2 % 2).unwrap()];
                let began = Instant::now();
                let answer = client.ask(&guess(path, &format!("{prefix}-{number:05}"), "x@example.com")).await;
                took[usize::from(is_there)].push(began.elapsed());
                assert_eq!(without_its_own(&answer), reference);
            }
            took
        });
    }
    let mut took = [Vec::new(), Vec::new()];
    for [absent, there] in guessing.join_all().await {
        took[0].extend(absent);
        took[1].extend(there);
    }
    let [absent, there] = took.map(|mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    });
    eprintln!("{guesses} labels: the median took {absent:?} where there is no ticket, {there:?} where there is one");
    // As good as the same: on a machine that does other things as well, no closer than this can be asserted.
    assert!(there < 2 * absent + Duration::from_millis(1) && absent < 2 * there + Duration::from_millis(1));
    still_serves(&server).await;
}

/// And they do not come so far: an address may ask sixty times at once, and twice a second from then on.
#[tokio::test]
async fn whoever_counts_through_labels_is_stopped_by_the_limits() {
    let desk = Desk::new();
    let server = desk.serve_with(|command| command.env("TICKETING_TRUSTED_PROXIES", "127.0.0.1"));
    let began = Instant::now();
    let mut client: Connection = server.connect().await;
    let mut answered = [0_u32, 0];
    let guesses = scaled(2_000);
    for number in 0..guesses {
        // Each for another e-mail address, so that it is the network's limit that is met.
        let request = guess(PATHS[0], &format!("TKT-2026-{number:05}"), &format!("x{number}@example.com"));
        let answer = client.ask(&request.header("X-Forwarded-For", "198.51.100.7")).await;
        match answer.status {
            404 => answered[0] += 1,
            429 => answered[1] += 1,
            _ => panic!("{answer}"),
        }
    }
    let [found_nothing, refused] = answered;
    let allowed = 60 + 2 * u32::try_from(began.elapsed().as_secs() + 1).unwrap();
    assert!(found_nothing <= allowed, "{found_nothing} of {guesses}, {allowed} are allowed");
    assert!(refused >= guesses - allowed);
    // Others are not counted with them: neither other addresses, nor another IPv6 network.
    for address in ["198.51.100.8", "2001:db8::1"] {
        let answer =
            client.ask(&guess(PATHS[0], "TKT-2026-00001", "ana@example.com").header("X-Forwarded-For", address)).await;
        assert_eq!(answer.status, 404, "{answer}");
    }
    // But all addresses of one IPv6 network of 64 bits are one.
    let mut statuses = Vec::new();
    for number in 0..100 {
        let request = guess(PATHS[0], "TKT-2026-00001", &format!("y{number}@example.com"));
        statuses.push(client.ask(&request.header("X-Forwarded-For", &format!("2001:db8:1::{number:x}"))).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}
