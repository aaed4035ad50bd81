//! A receiver of webhooks, such as a CRM has: it believes only what is signed, and takes each event once.
//!
//! Signatures are those of Standard Webhooks, so that its library checks them: there is one for most languages. Whoever answers
//! anything but 2xx is told again later, and an event may come twice: its `id` stays the same.
//!
//! The desk runs in this program only so that the example needs nothing else. Run it with `cargo run -p example-webhook-receiver`.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use reqwest::{Client, header::CONTENT_TYPE};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use ticketing_core::token::NewToken;
use ticketing_server::{
    Authority, Engine,
    http::{App, HttpOptions, serve},
    store::sqlite::SqliteStore,
    webhooks::WebhookOptions,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};

/// What the receiver knows.
struct Receiver {
    /// Told once, when the subscription was made.
    webhook: Mutex<Option<Webhook>>,
    taken: Mutex<HashSet<String>>,
    events: mpsc::UnboundedSender<Value>,
}

/// Takes an event, if it is signed and news.
async fn take(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let is_signed = {
        let webhook = receiver.webhook.lock().unwrap_or_else(PoisonError::into_inner);
        webhook.as_ref().is_some_and(|webhook| webhook.verify(&body, &headers).is_ok())
    };
    if !is_signed {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(event) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    let id = event["id"].as_str().unwrap_or_default().to_owned();
    if receiver.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
        // What takes its time is done after the answer: the desk waits for 15 seconds at most.
        let _ = receiver.events.send(event);
    }
    StatusCode::NO_CONTENT
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (events, mut arrived) = mpsc::unbounded_channel();
    let receiver = Arc::new(Receiver { webhook: Mutex::default(), taken: Mutex::default(), events });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let hook = format!("http://{}/tickets", listener.local_addr()?);
    let routes = Router::new().route("/tickets", post(take)).with_state(Arc::clone(&receiver));
    tokio::spawn(async { axum::serve(listener, routes).await });

    let directory = tempfile::tempdir()?;
    let engine = Engine::start(SqliteStore::open(directory.path().join("ticketing.db"))?).await?;
    // An administrator has made a token for the CRM: `ticketing-server token create --name crm --scopes …`.
    let form = br#"{ "nombre": "crm", "alcances": ["tickets:read", "tickets:write", "subscriptions"] }"#;
    let (_, token) = engine.create_token(NewToken::from_json(form, engine.now())?, &Authority::Operator).await?;
    // Receivers on the desk's own machine are refused, unless the desk says so.
    let webhooks = WebhookOptions { allowed_networks: vec!["127.0.0.0/8".parse()?], ..WebhookOptions::default() };
    let options = HttpOptions { webhooks: Some(webhooks), ..HttpOptions::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let desk = format!("http://{}/v2", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, App::new(engine, options), async { stopped.await.unwrap_or_default() }));

    let client = Client::builder().no_proxy().build()?;
    let ask = async |path: &str, body: Value| -> anyhow::Result<Value> {
        let request = client.post(format!("{desk}{path}")).header("X-API-TOKEN", token.reveal()).json(&body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    };
    let subscription = ask("/subscriptions", json!({ "eventType": "TICKET", "webhook": { "url": hook } })).await?;
    println!("Subscription {} tells {hook} what happens", subscription["id"]);
    let secret = subscription["secret"].as_str().context("the secret is told once")?;
    *receiver.webhook.lock().unwrap_or_else(PoisonError::into_inner) = Some(Webhook::new(secret)?);

    let ticket = ask("/tickets", json!({ "subject": "VPN", "clients": ["ana@example.com"] })).await?;
    let path = format!("/tickets/{}/actions", ticket["id"].as_str().context("a ticket has an id")?);
    ask(&path, json!({ "type": "PUBLIC", "description": "We are on it", "status": { "id": 2 } })).await?;
    // A status and what was said are two events; those of one ticket come in their order.
    for action in ["CREATED", "STATUS_CHANGED", "COMMENTED"] {
        let event = timeout(Duration::from_secs(20), arrived.recv()).await?.context("the receiver runs")?;
        println!("{:14} {}: {}", event["action"], event["ticket"]["label"], event["ticket"]["status"]["name"]);
        assert_eq!((&event["action"], &event["ticket"]["id"]), (&json!(action), &ticket["id"]));
    }

    // Whoever does not know the secret is not believed.
    let forged = client.post(&hook).header(CONTENT_TYPE, "application/json").body(r#"{"id":"1"}"#).send().await?;
    assert_eq!(forged.status(), StatusCode::UNAUTHORIZED.as_u16());
    println!("What is not signed is refused");

    drop(stop);
    server.await??;
    Ok(())
}
