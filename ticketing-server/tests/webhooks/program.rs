//! The real program and its commands.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::json;
use ticketing_core::TicketId;
use ticketing_server::store::{LabelKey, TicketStore};
use tokio::time::{Instant, sleep};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::{
    common::{http::Connection, program::Desk, scaled, seed_with},
    failure::in_order,
    receiver::{Receiver, Reply},
};

const LOCAL: &[(&str, &str)] =
    &[("TICKETING_RATE_LIMITS", "off"), ("TICKETING_WEBHOOKS_ALLOW_PRIVATE_TARGETS", "127.0.0.0/8")];

fn serve(desk: &Desk) -> crate::common::program::Server {
    desk.serve_with(|command| command.envs(LOCAL.iter().copied()))
}

fn create(desk: &Desk, arguments: &[&str]) -> (String, String) {
    let created = desk.run(&[&["webhook", "create"], arguments].concat());
    let id = created.stderr.split(' ').nth(1).unwrap_or_default().to_owned();
    (id, created.success().trim_end().to_owned())
}

fn form() -> serde_json::Value {
    seed_with(&json!({ "prioridad": "BAJA" }))
}

async fn comment(client: &mut Connection, label: &str) -> bool {
    let form = json!({ "label": label, "email": "ana.garcia@example.com", "mensaje": "¿Hay novedades?" });
    client.post("/api/tickets/comentar", &form).await.status == 200
}

/// The server is killed at random moments while tickets are created and changed: each event that is stored arrives, in the order
/// of its ticket, under one identity.
#[tokio::test]
async fn each_event_arrives_in_order_whoever_is_killed() {
    let desk = Desk::new();
    drop(desk.serve());
    let receiver = Receiver::new(|arrival, time| match arrival.draw() % 17 {
        // Some fail once.
        0 if time == 1 => Reply::Status(500),
        1 => Reply::After(Duration::from_millis(20), 200),
        _ => Reply::Status(200),
    })
    .await;
    let (_, secret) = create(&desk, &["--url", &receiver.url()]);
    let mut labels: Vec<String> = vec![];
    for round in 0..scaled(8) {
        let server = serve(&desk);
        let until = Instant::now() + Duration::from_millis(u64::from(300 + 270 * (round * 7 % 5)));
        let mut client = server.connect().await;
        while Instant::now() < until {
            let created = client.post("/api/tickets/crear", &form()).await.ok();
            labels.push(created["ticketLabel"].as_str().unwrap().to_owned());
            for number in [labels.len() - 1, labels.len() / 2, labels.len() * 3 / 4] {
                assert!(comment(&mut client, &labels[number]).await);
            }
            sleep(Duration::from_millis(3)).await;
        }
        drop(client);
        server.kill();
    }
    let store = desk.open().await;
    let histories = store.histories(LabelKey::NOTHING, 100_000).await.unwrap();
    drop(store);
    let tickets: HashMap<TicketId, u32> =
        histories.iter().map(|history| (history.id, u32::try_from(history.events.len()).unwrap())).collect();
    let events: u32 = tickets.values().sum();
    let server = serve(&desk);
    let expected = usize::try_from(events).unwrap();
    let began = Instant::now();
    while receiver.ids().len() < expected {
        assert!(began.elapsed() < Duration::from_secs(40), "{} of {expected} have come", receiver.ids().len());
        sleep(Duration::from_millis(50)).await;
    }
    in_order(&receiver, &tickets);
    // What failed once is taken in the end.
    let began = Instant::now();
    while desk.run(&["webhook", "failed", "--json"]).success().trim() != "[]" {
        assert!(began.elapsed() < Duration::from_secs(40));
        sleep(Duration::from_millis(500)).await;
    }
    let arrivals = receiver.arrivals();
    assert!(arrivals.iter().all(|arrival| arrival.is_signed_with(&secret)));
    let metrics = server.connect().await.get("/metrics").await.text();
    assert!(metrics.contains("ticketing_webhook_deliveries_total{outcome=\"delivered\"}"), "{metrics}");
    println!("{events} events of {} tickets, {} arrivals", tickets.len(), arrivals.len());
}

/// However it is spelt, and whoever has said that it may be there: what is connected to is looked at.
#[tokio::test]
async fn nothing_is_sent_to_ones_own_network_unless_that_is_allowed() {
    let desk = Desk::new();
    let receiver = Receiver::kind().await;
    let port = receiver.address.port();
    // Nor is a proxy of the environment asked.
    let server = desk.serve_with(|command| command.env("http_proxy", receiver.url()).env("ALL_PROXY", receiver.url()));
    let hosts = ["127.0.0.1", "127.1", "2130706433", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"];
    for host in hosts {
        create(&desk, &["--url", &format!("http://{host}:{port}/hook?desk=1")]);
    }
    server.connect().await.post("/api/tickets/crear", &form()).await.ok();
    let began = Instant::now();
    let failed = loop {
        let failed: serde_json::Value =
            serde_json::from_str(&desk.run(&["webhook", "failed", "--json"]).success()).unwrap();
        if failed.as_array().unwrap().len() == hosts.len() {
            break failed;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{failed:#}");
        sleep(Duration::from_millis(100)).await;
    };
    for failure in failed.as_array().unwrap() {
        assert_eq!(
            (&failure["failure"], &failure["attempts"]),
            (&"forbidden-address".into(), &1.into()),
            "{failure:#}"
        );
    }
    assert_eq!(receiver.connections.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// A certificate of this machine is as good as who has signed it.
#[tokio::test]
async fn over_https_a_certificate_has_to_be_one_that_the_system_trusts() {
    let desk = Desk::new();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let receiver = Receiver::over_tls(TlsAcceptor::from(Arc::new(tls))).await;
    let trusted = desk.write("trusted.pem", certified.cert.pem());
    drop(desk.serve());
    let port = receiver.address.port();
    let (_, secret) = create(&desk, &["--url", &format!("https://localhost:{port}/hook?desk=1")]);
    let (wrong_name, _) = create(&desk, &["--url", &format!("https://127.0.0.1:{port}/hook?desk=1")]);
    let failures = |id: &str| desk.run(&["webhook", "failed", "--subscription", id]).success();

    let server = serve(&desk);
    server.connect().await.post("/api/tickets/crear", &form()).await.ok();
    let began = Instant::now();
    while !failures(&wrong_name).contains("tls") {
        assert!(began.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(100)).await;
    }
    assert!(receiver.arrivals().is_empty());
    server.kill();

    let _server = desk.serve_with(|command| command.envs(LOCAL.iter().copied()).env("SSL_CERT_FILE", &trusted));
    let arrived = receiver.taken(1).await.remove(0);
    assert!(arrived.is_signed_with(&secret));
    sleep(Duration::from_millis(500)).await;
    assert_eq!(receiver.arrivals().len(), 1, "the other name is another's");
}

/// Neither where it is sent nor what goes with it stands in a log, however much is logged.
#[tokio::test]
async fn addresses_and_secrets_are_not_logged() {
    let desk = Desk::new();
    let server = desk
        .serve_with(|command| command.envs(LOCAL.iter().copied()).env("TICKETING_LOG", "ticketing_server=trace,debug"));
    let receiver = Receiver::new(|_, time| Reply::Status(if time == 1 { 500 } else { 200 })).await;
    let (_, secret) = create(&desk, &["--url", &receiver.url(), "--header", "Authorization: Bearer confidencial"]);
    server.connect().await.post("/api/tickets/crear", &form()).await.ok();
    let taken = receiver.taken(1).await;
    assert_eq!(taken[0].headers["authorization"], "Bearer confidencial");
    let log = server.log();
    for secret in ["hook", "confidencial", &secret[6..], "garcia"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[tokio::test]
async fn the_commands_do_what_they_say() {
    let desk = Desk::new();
    let server = serve(&desk);
    let receiver = Receiver::new(|_, time| Reply::Status(if time == 1 { 410 } else { 200 })).await;
    let (id, secret) = create(&desk, &["--url", &receiver.url(), "--action", "created"]);
    assert!(secret.starts_with("whsec_") && !secret.contains('\n'));
    let list = || desk.run(&["webhook", "list"]).success();
    assert!(list().contains("ACTIVE") && list().contains("CREATED") && list().contains(&id), "{}", list());
    let refused = desk.run(&["webhook", "create", "--url", "ftp://a", "--header", "Host: b"]).failure(1);
    assert!(
        refused.contains("webhook.url: The address must begin with https://") && refused.contains("webhook.headers")
    );
    assert!(
        desk.run(&["webhook", "create", "--url", "https://a", "--action", "deleted"]).failure(2).contains("CREATED")
    );

    let mut client = server.connect().await;
    client.post("/api/tickets/crear", &form()).await.ok();
    let began = Instant::now();
    while !list().contains("INACTIVE") {
        assert!(began.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(100)).await;
    }
    let failed = desk.run(&["webhook", "failed", "--subscription", &id]).success();
    assert!(failed.contains("410") && failed.contains("TKT-"), "{failed}");
    assert_eq!(desk.run(&["webhook", "enable", &id]).success(), format!("{id} is ACTIVE\n"));
    // Its next attempt is in five seconds.
    receiver.taken(1).await;
    let again = desk.run(&["webhook", "replay", &id, "--since", "2020-01-01T00:00:00Z"]).success();
    assert_eq!(again, "what happened since is delivered again\n");
    receiver.taken(2).await;
    assert_eq!(receiver.ids().len(), 1);

    let rotated = desk.run(&["webhook", "rotate", &id]).success();
    assert!(rotated.starts_with("whsec_") && rotated.trim_end() != secret);
    assert_eq!(desk.run(&["webhook", "disable", &id]).success(), format!("{id} is INACTIVE\n"));
    assert!(desk.run(&["webhook", "replay", "7"]).failure(1).contains("no such"));
    assert!(desk.run(&["webhook", "replay", "7", "--since", "2020-01-01T00:00:00Z"]).failure(1).contains("--since"));
    desk.run(&["webhook", "delete", &id]).success();
    assert!(desk.run(&["webhook", "delete", &id]).failure(1).contains("no such subscription"));
    assert!(!list().contains(&id));
}
