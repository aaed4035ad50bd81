use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use ticketing_core::{
    sla::{TargetKind, Threshold},
    subscription::event_id,
    ticket::{Action, Scope},
};
use ticketing_server::store::{Store, StoredHistory};
use tokio::time::sleep;

use crate::{
    common::{
        program::{Desk, Server},
        scaled,
    },
    desk,
    load::{Servers, requesters},
    receiver::{Receiver, Reply},
};

/// Shares of a minute: the first is up after six tenths of a second, the last before seven seconds.
const RULES: &str = r#"{ "sla": { "politicas": [
    { "id": 1, "nombre": "Al minuto",
      "primeraRespuesta": { "otras": "1m", "enRiesgo": [2, 6] },
      "resolucion": { "otras": "1m", "enRiesgo": [1, 3, 5, 8, 11], "escalar": [{ "al": 3, "prioridad": "CRITICA" }] } }
] } }"#;
const SHARES: usize = 7;

fn serve(desk: &Desk, number: usize) -> Server {
    desk.serve_as(&format!("server-{number}.log"), |command| {
        command.env("TICKETING_RATE_LIMITS", "off").env("TICKETING_WEBHOOKS_ALLOW_PRIVATE_TARGETS", "127.0.0.0/8")
    })
}

/// Three servers on one database. One after the other is killed and started again, and connections to the database are cut all the
/// time: what was answered is there, once; what was not is there once or not at all; and all that is there is told, noted, counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_killed_and_connections_that_are_cut_lose_nothing() {
    let Some(desk) = desk() else { return };
    let rules = desk.write("rules.json", RULES);
    desk.run(&["rules", "apply", rules.to_str().unwrap()]).success();
    let receiver = Receiver::new(|arrival, time| match arrival.draw() % 17 {
        // Some fail once.
        0 if time == 1 => Reply::Status(500),
        _ => Reply::Status(200),
    })
    .await;
    desk.run(&["webhook", "create", "--url", &receiver.url()]).success();

    let addresses = Arc::new(Servers::default());
    let mut servers = Vec::new();
    for number in 0..3 {
        let server = serve(&desk, number);
        addresses.set(number, server.address);
        servers.push(server);
    }
    let stopped = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (addresses, stopped) = (Arc::clone(&addresses), Arc::clone(&stopped));
        async move { requesters(64, Duration::from_secs(1), &addresses, &stopped).await }
    });
    let until = Instant::now() + Duration::from_secs(12) * scaled(1);
    let (mut kills, mut cuts) = (0, 0);
    while Instant::now() < until {
        for _ in 0..6 {
            sleep(Duration::from_millis(150)).await;
            cuts += cut(&desk);
        }
        let number = kills % servers.len();
        servers.remove(number).kill();
        let server = serve(&desk, number);
        addresses.set(number, server.address);
        servers.insert(number, server);
        kills += 1;
    }
    stopped.store(true, SeqCst);
    let known = load.await.unwrap();
    println!("{kills} servers were killed, {cuts} connections cut");

    // What is up is noted, and what is noted is told.
    sleep(Duration::from_secs(8)).await;
    let store = desk.open().await;
    let histories = settled(&store).await;
    known.is_what_is_in(&store).await;
    for history in &histories {
        is_noted_once(history);
    }
    is_told(&receiver, &histories).await;
    is_counted(&store, &histories).await;
}

/// Cuts a connection to the database, whosoever it is; answers how many.
fn cut(desk: &Desk) -> usize {
    let crate::Database::Server(database) = &desk.database else { unreachable!() };
    let cut = database.simple(
        "SELECT pg_terminate_backend(pid) FROM (
             SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
         ) one",
    );
    cut.len()
}

/// Histories, once nothing is added to them any more.
async fn settled(store: &impl Store) -> Vec<StoredHistory> {
    let read = async || store.histories(ticketing_server::store::LabelKey::NOTHING, 1_000_000).await.unwrap();
    let began = Instant::now();
    let mut before = read().await;
    loop {
        sleep(Duration::from_secs(2)).await;
        let now = read().await;
        if now == before && store.moments_until(now_at(), 0, 1).await.unwrap().is_empty() {
            return now;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "something goes on happening");
        before = now;
    }
}

fn now_at() -> ticketing_core::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    ticketing_core::Timestamp::from_unix_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

/// Every share of time is noted, once, and what the policy does about one is done once.
fn is_noted_once(history: &StoredHistory) {
    let mut noted = BTreeMap::<(TargetKind, u8), u32>::new();
    for event in history.events.iter().filter(|event| matches!(event.action, Action::AtRisk | Action::Breached)) {
        // On a slow machine the minute itself may be up.
        for Threshold { target, percent, .. } in event.changes.clocks.passed.iter().filter(|share| share.percent < 100)
        {
            *noted.entry((*target, *percent)).or_default() += 1;
        }
    }
    assert_eq!(noted.len(), SHARES, "{}: {noted:?}", history.label);
    assert!(noted.values().all(|times| *times == 1), "{}: {noted:?}", history.label);
    let raised = history.events.iter().filter(|event| event.changes.priority.is_some()).count();
    assert_eq!(raised, 1, "{}", history.label);
}

/// Every event arrives, and each ticket's in their order.
async fn is_told(receiver: &Receiver, histories: &[StoredHistory]) {
    let ids: Vec<Vec<String>> = histories
        .iter()
        .map(|history| history.events.iter().map(|event| event_id(history.id, event.seq).to_string()).collect())
        .collect();
    let began = Instant::now();
    // What happens meanwhile may arrive before them: a minute may be up.
    let places = loop {
        let places: HashMap<_, usize> = receiver.ids().into_iter().zip(0..).collect();
        let missing = ids.iter().flatten().filter(|id| !places.contains_key(*id)).count();
        if missing == 0 {
            break places;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "{missing} have not come");
        sleep(Duration::from_millis(100)).await;
    };
    for (history, ids) in histories.iter().zip(&ids) {
        let of_ticket: Vec<usize> = ids.iter().map(|id| places[id]).collect();
        assert!(of_ticket.is_sorted(), "{}: {of_ticket:?}", history.label);
    }
    println!("{} events, {} arrivals", ids.iter().flatten().count(), receiver.arrivals().len());
}

/// What is counted is what a recount finds.
async fn is_counted(store: &impl Store, histories: &[StoredHistory]) {
    let mut recounted = BTreeMap::new();
    for history in histories {
        let ticket = store.load(history.id).await.unwrap().unwrap();
        let attributes = &ticket.attributes;
        let key = (
            attributes.area_key().clone(),
            ticket.status.name(),
            attributes.priority_key().clone(),
            ticket.is_archived(),
            ticket.origin.name(),
        );
        *recounted.entry(key).or_insert(0) += 1;
    }
    let totals = store.totals(&Scope::Everything).await.unwrap();
    let mut counted = BTreeMap::new();
    for total in totals {
        let key = (total.area_key, total.status.name(), total.priority_key, total.is_archived, total.origin.name());
        *counted.entry(key).or_insert(0) += total.tickets;
    }
    assert_eq!(counted, recounted);
}
