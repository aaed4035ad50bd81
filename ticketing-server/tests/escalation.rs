//! Alarms over real programs, real time and a real file: each is noted once, soon, whoever is killed meanwhile.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use ticketing_core::{
    TicketId, Timestamp,
    sla::{TargetKind, Threshold},
    ticket::Action,
};
use ticketing_server::{
    Engine,
    store::{DeskStore, LabelKey, Store, StoredHistory},
};
use tokio::time::{Instant, sleep, timeout};

use self::common::{http::Connection, program::Desk, scaled, seed_with};

/// Shares of a minute: the first is up after six tenths of a second.
const RULES: &str = r#"{ "sla": { "politicas": [
    { "id": 1, "nombre": "Al minuto",
      "primeraRespuesta": { "otras": "1m", "enRiesgo": [2, 6] },
      "resolucion": { "otras": "1m", "enRiesgo": [1, 3, 5, 8, 11], "escalar": [{ "al": 3, "prioridad": "CRITICA" }] } }
] } }"#;
const SHARES: usize = 7;

async fn histories(store: &impl Store) -> Vec<StoredHistory> {
    store.histories(LabelKey::NOTHING, 10_000).await.unwrap()
}

/// Every share that was noted, with how many milliseconds after it was up; each once.
fn noted(history: &StoredHistory) -> BTreeMap<(TargetKind, u8), i64> {
    let mut noted = BTreeMap::new();
    for event in history.events.iter().filter(|event| matches!(event.action, Action::AtRisk | Action::Breached)) {
        for Threshold { target, percent, at, cycle: _ } in &event.changes.clocks.passed {
            let late = event.recorded_at.since(*at).num_milliseconds();
            assert!(late >= 0, "{}: {target:?} {percent} is noted before it is up", history.label);
            let before = noted.insert((*target, *percent), late);
            assert_eq!(before, None, "{}: {target:?} {percent} is noted twice", history.label);
        }
    }
    noted
}

async fn create(client: &mut Connection, count: u32) {
    for number in 0..count {
        let form = seed_with(&json!({ "email": format!("u{number}@example.com"), "prioridad": "BAJA" }));
        client.post("/api/tickets/crear", &form).await.ok();
    }
}

#[tokio::test]
async fn each_share_of_time_is_noted_once_whoever_is_killed_and_whoever_else_looks() {
    let desk = Desk::new();
    let rules = desk.write("rules.json", RULES);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    // Another process that does the same work on the same database.
    let other = Engine::start(desk.open().await).await.unwrap();
    let beside = tokio::spawn({
        let other = other.clone();
        async move {
            loop {
                other.keep_time().await.unwrap();
                sleep(Duration::from_millis(37)).await;
            }
        }
    });
    let started = Instant::now();
    let mut kills = 0;
    let mut server = desk.serve();
    create(&mut server.connect().await, scaled(40)).await;
    let created = started.elapsed();
    // The last share is up 6.6 s after a creation.
    while started.elapsed() < created + Duration::from_secs(8) {
        sleep(Duration::from_millis(130 + 97 * (kills % 7))).await;
        server.kill();
        kills += 1;
        server = desk.serve();
    }
    beside.abort();
    sleep(Duration::from_secs(1)).await;
    server.kill();

    let all = histories(other.store()).await;
    assert_eq!(all.len(), usize::try_from(scaled(40)).unwrap());
    let mut late = Vec::new();
    for history in &all {
        let noted = noted(history);
        assert_eq!(noted.len(), SHARES, "{}: {noted:?}", history.label);
        late.extend(noted.values().copied());
        // What the policy did about it was done once, too.
        let raised = history.events.iter().filter(|event| event.changes.priority.is_some()).count();
        assert_eq!(raised, 1, "{}", history.label);
        replays(other.store(), history).await;
    }
    late.sort_unstable();
    println!(
        "{} alarms, {kills} kills; late by {} ms in the middle, {} ms at most",
        late.len(),
        late[late.len() / 2],
        late[late.len() - 1]
    );
}

async fn replays(store: &impl Store, history: &StoredHistory) {
    let state = store.load(history.id).await.unwrap();
    assert_eq!(ticketing_core::Ticket::replay(history.id, &history.events).ok(), state);
}

/// What was up while no server ran is noted when one does, as of when it was up.
#[tokio::test]
async fn what_was_up_while_nobody_looked_is_noted_at_the_start() {
    let desk = Desk::new();
    let rules = desk.write("rules.json", RULES);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    let server = desk.serve();
    create(&mut server.connect().await, 3).await;
    server.kill();
    sleep(Duration::from_secs(4)).await;
    let server = desk.serve();
    sleep(Duration::from_millis(1_500)).await;
    server.kill();
    let store = desk.open().await;
    for history in histories(&store).await {
        let noted = noted(&history);
        for share in [1, 3, 5] {
            assert!(noted.contains_key(&(TargetKind::Resolution, share)), "{noted:?}");
        }
        assert!(noted[&(TargetKind::Resolution, 1)] > 3_000, "{noted:?}");
    }
}

/// A moment that another program has stored, by calendars of its own, is looked at once.
#[tokio::test]
async fn a_moment_at_which_nothing_is_up_is_put_right() {
    let desk = Desk::new();
    let server = desk.serve();
    create(&mut server.connect().await, 3).await;
    server.kill();
    let engine = Engine::start(desk.open().await).await.unwrap();
    let before = engine.store().moments_until(Timestamp::MAX, 0, 9).await.unwrap();
    desk.database.execute("UPDATE tickets SET next_moment = 1");
    let done = timeout(Duration::from_secs(20), engine.keep_time()).await.expect("it ends");
    done.unwrap();
    assert_eq!(engine.store().moments_until(engine_now(), 0, 9).await.unwrap(), []);
    assert_eq!(engine.store().moments_until(Timestamp::MAX, 0, 9).await.unwrap(), before);
}

fn engine_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

/// One that cannot be read keeps no other waiting.
#[tokio::test]
async fn a_ticket_that_cannot_be_read_is_in_nobodys_way() {
    let desk = Desk::new();
    let rules = desk.write("rules.json", RULES);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    let server = desk.serve();
    create(&mut server.connect().await, 3).await;
    server.kill();
    let store = desk.open().await;
    let all = histories(&store).await;
    let ids: Vec<TicketId> = all.iter().map(|history| history.id).collect();
    desk.database.execute(&format!("UPDATE tickets SET sla = '{{' WHERE label = '{}'", all[0].label));
    sleep(Duration::from_millis(700)).await;
    let engine = Engine::start(store).await.unwrap();
    assert_eq!(engine.keep_time().await.unwrap(), 2);
    assert!(engine.ticket(ids[0]).await.is_err());
    for id in &ids[1..] {
        assert_eq!(engine.ticket(*id).await.unwrap().version, 2);
    }
}
