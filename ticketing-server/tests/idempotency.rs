//! A request that is repeated with its `Idempotency-Key` happens once.
//!
//! Source: draft-ietf-httpapi-idempotency-key-header; the Mesa de Ayuda contract.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::{Value, json};
use ticketing_core::{Draft, Timestamp};
use ticketing_server::{CreateRequest, CreatedTicket, Engine, EngineError, IdempotencyKey, store::AnyStore};
use tokio::task::JoinSet;

use self::common::{
    http::{Answer, Connection, Request},
    program::{Desk, Server},
    seed, seed_with,
};

fn creation(key: &str, form: &Value) -> Request {
    Request::post("/api/tickets/crear", form.to_string()).header("Idempotency-Key", key)
}

/// How many tickets there are: the number of the one that this creates, less that one.
async fn tickets(server: &Server) -> u32 {
    let created = server.connect().await.post("/api/tickets/crear", &seed()).await.ok();
    let label = created["ticketLabel"].as_str().unwrap();
    label.rsplit('-').next().unwrap().parse::<u32>().unwrap() - 1
}

fn other_form() -> Value {
    seed_with(&json!({ "asunto": "Otra cosa" }))
}

#[tokio::test]
async fn the_same_request_with_the_same_key_gets_the_same_answer_and_makes_one_ticket() {
    let desk = Desk::new();
    let server = desk.serve();
    let request = creation("8e03978e-40d5-43dd-bc93-6894a57f9324", &seed());
    let mut client = server.connect().await;
    let first = client.ask(&request).await;
    let label = first.ok()["ticketLabel"].clone();
    // What becomes of the ticket does not change the answer to its creation.
    let comment = json!({ "label": label, "email": seed()["email"], "mensaje": "¿Alguna novedad?" });
    client.post("/api/tickets/comentar", &comment).await.ok();
    for _ in 0..3 {
        let again = server.connect().await.ask(&request).await;
        assert_eq!((again.status, again.text()), (200, first.text()));
    }
    assert_eq!(tickets(&server).await, 1);
}

#[tokio::test]
async fn a_key_outlives_the_server() {
    let desk = Desk::new();
    let request = creation("k", &seed());
    let server = desk.serve();
    let first = server.connect().await.ask(&request).await;
    first.ok();
    server.kill();
    let server = desk.serve();
    assert_eq!(server.connect().await.ask(&request).await.text(), first.text());
    assert_eq!(tickets(&server).await, 1);
}

#[tokio::test]
async fn a_key_outlives_a_change_of_the_rules() {
    let desk = Desk::new();
    let server = desk.serve();
    let request = creation("k", &seed());
    let first = server.connect().await.ask(&request).await;
    first.ok();
    let rules =
        desk.write("rules.json", r#"{ "sla": { "politicas": [] }, "etiqueta": { "prefijo": "HD", "digitos": 3 } }"#);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    server.kill();
    let server = desk.serve();
    assert_eq!(server.connect().await.ask(&request).await.text(), first.text());
}

/// The client does not know whether its first request was done; only the answer to that one tells it.
#[tokio::test]
async fn a_key_is_honoured_also_where_new_rules_would_refuse_its_request() {
    let desk = Desk::new();
    let server = desk.serve();
    let request = creation("k", &seed_with(&json!({ "prioridad": "Algún día" })));
    let first = server.connect().await.ask(&request).await;
    first.ok();
    server.kill();
    let rules = desk.write("rules.json", r#"{ "prioridades": { "soloConocidas": true } }"#);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    let server = desk.serve();
    let again = server.connect().await.ask(&request).await;
    assert_eq!((again.status, again.text()), (200, first.text()));
}

#[tokio::test]
async fn a_key_that_was_used_for_another_request_is_refused() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    client.ask(&creation("k", &seed())).await.ok();
    let answer = client.ask(&creation("k", &other_form())).await;
    answer.problem(422, "idempotency-key-reused");
    // That was no use of it.
    client.ask(&creation("k", &seed())).await.ok();
    assert_eq!(tickets(&server).await, 1);
}

#[tokio::test]
async fn a_request_that_was_refused_has_not_used_its_key() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let wrong = seed_with(&json!({ "email": "ana" }));
    client.ask(&creation("k", &wrong)).await.problem(422, "invalid");
    client.ask(&creation("k", &seed())).await.ok();
    // Now it is another request's.
    client.ask(&creation("k", &wrong)).await.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn keys_and_requests_without_one_do_not_mix() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let mut labels = HashSet::new();
    for key in ["a", "A", "a-", "';DROP/**/TABLE/**/idempotency_keys;--", &"x".repeat(255), "\"a\""] {
        labels.insert(client.ask(&creation(key, &seed())).await.ok()["ticketLabel"].to_string());
    }
    labels.insert(client.post("/api/tickets/crear", &seed()).await.ok()["ticketLabel"].to_string());
    labels.insert(client.post("/api/tickets/crear", &seed()).await.ok()["ticketLabel"].to_string());
    assert_eq!(labels.len(), 8);
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let long = "x".repeat(256);
    for key in ["", " ", long.as_str(), "clave-número-1", "a b", "a\tb", "\u{1F511}"] {
        let answer = client.ask(&creation(key, &seed())).await;
        let problem = answer.problem(400, "invalid-header");
        assert!(problem["detail"].as_str().unwrap().contains("Idempotency-Key"), "{key}");
    }
    for second in ["a", "b"] {
        let request = creation("a", &seed()).header("Idempotency-Key", second);
        client.ask(&request).await.problem(400, "invalid-header");
    }
    assert_eq!(tickets(&server).await, 0);
}

#[tokio::test]
async fn of_many_at_once_with_one_key_one_makes_a_ticket() {
    const CLIENTS: usize = 40;
    let desk = Desk::new();
    let server = desk.serve();
    for round in 0..5 {
        let request = creation(&format!("key-{round}"), &seed());
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (address, request) = (server.address, request.clone());
            clients.spawn(async move {
                let mut client = Connection::open(address).await;
                // Until the first one is answered, the others may be told to come again.
                let mut told_to_wait: u32 = 0;
                loop {
                    let answer: Answer = client.ask(&request).await;
                    if answer.status == 200 {
                        return (answer.body, told_to_wait);
                    }
                    answer.problem(409, "idempotency-key-in-flight");
                    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                    assert_eq!(seconds, 1);
                    told_to_wait += 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            });
        }
        let answers = clients.join_all().await;
        let bodies: HashSet<_> = answers.iter().map(|(body, _)| body).collect();
        assert_eq!(bodies.len(), 1, "one answer");
        println!("{} times somebody was told to wait", answers.iter().map(|(_, waited)| waited).sum::<u32>());
    }
    assert_eq!(tickets(&server).await, 5);
}

/// An engine whose clock a test sets, in milliseconds since the epoch.
async fn engine(desk: &Desk, now: &Arc<AtomicI64>) -> Engine<AnyStore> {
    let now = Arc::clone(now);
    let clock = move || Timestamp::from_unix_millis(now.load(SeqCst)).unwrap();
    Engine::start_with_clock(desk.open().await, clock).await.unwrap()
}

async fn create(engine: &Engine<AnyStore>, form: &Value) -> Result<CreatedTicket, EngineError> {
    let body = form.to_string().into_bytes();
    let ticket = Draft::from_json(&body).unwrap().validate(&engine.rules()).unwrap();
    let key = Some(IdempotencyKey::new("key", &body).unwrap());
    engine.create(CreateRequest { key, ..CreateRequest::new(ticket) }).await
}

#[tokio::test]
async fn a_key_is_forgotten_after_24_hours() {
    const HOUR: i64 = 60 * 60 * 1000;
    let began = Timestamp::parse("2026-03-24T10:15:00Z").unwrap().unix_millis();
    let desk = Desk::new();
    let now = Arc::new(AtomicI64::new(began));
    let engine = engine(&desk, &now).await;
    let first = create(&engine, &seed()).await.unwrap();
    assert!(!first.repeated);

    for later in [1, HOUR, 24 * HOUR - 1] {
        now.store(began + later, SeqCst);
        engine.tidy().await.unwrap();
        let again = create(&engine, &seed()).await.unwrap();
        assert_eq!(again, CreatedTicket { repeated: true, ..first.clone() });
        assert!(matches!(create(&engine, &other_form()).await, Err(EngineError::KeyReused)));
    }
    // Whether anybody has tidied up or not.
    now.store(began + 24 * HOUR + 1, SeqCst);
    let other = create(&engine, &other_form()).await.unwrap();
    assert!(!other.repeated && other.label != first.label);
    // It counts from its new use.
    now.store(began + 40 * HOUR, SeqCst);
    assert!(create(&engine, &other_form()).await.unwrap().repeated);
    assert!(matches!(create(&engine, &seed()).await, Err(EngineError::KeyReused)));
    now.store(began + 49 * HOUR, SeqCst);
    engine.tidy().await.unwrap();
    assert!(!create(&engine, &seed()).await.unwrap().repeated);
}
