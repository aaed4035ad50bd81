//! A help desk in an axum application that you already have: its API is one `tower::Service`, mounted beside your routes.
//!
//! The application serves a page of its own and the help desk under `/api`, calls both as a browser would, over HTTP, and
//! shuts down gracefully.
//!
//! Run it with `cargo run -p example-axum-mount`.

use std::net::SocketAddr;

use anyhow::Context;
use axum::{
    Router,
    extract::{ConnectInfo, Request},
    middleware::map_request,
    routing::get,
};
use reqwest::Client;
use serde_json::{Value, json};
use ticketing_server::{
    Engine,
    http::{App, HttpOptions, PeerAddress},
    store::sqlite::SqliteStore,
};
use tokio::{net::TcpListener, sync::oneshot};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::start(SqliteStore::open(directory.path().join("ticketing.db"))?).await?;
    let help_desk = App::new(engine, HttpOptions::default());
    // What goes on beside the requests: taking over new rules, forgetting what is over.
    let maintenance = tokio::spawn(help_desk.maintenance());

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    println!("An application with a help desk in it listens on http://{address}");
    let service = application(help_desk).into_make_service_with_connect_info::<SocketAddr>();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async { stopped.await.unwrap_or_default() });
    let server = tokio::spawn(server.into_future());

    visit(&format!("http://{address}")).await?;

    drop(stop);
    server.await??;
    maintenance.abort();
    println!("It finished what it was answering and stopped.");
    Ok(())
}

/// Your routes, and the help desk's. To serve its `/livez`, `/readyz`, `/metrics` and `/openapi.json` too, mount it with
/// `fallback_service`.
fn application(help_desk: App) -> Router {
    Router::new()
        .route("/", get(async || "Welcome to the intranet."))
        .route_service("/api/{*path}", help_desk)
        .layer(map_request(pass_peer_on))
}

/// Tells the help desk who is calling, as axum knows it: rate limits are by address.
async fn pass_peer_on(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(PeerAddress(peer));
    request
}

async fn visit(url: &str) -> anyhow::Result<()> {
    // The application is on this machine: no proxy of the environment knows it.
    let client = Client::builder().no_proxy().build()?;

    let page = client.get(url).send().await?.error_for_status()?.text().await?;
    println!("GET  /                       {page}");
    assert_eq!(page, "Welcome to the intranet.");

    let form = json!({
        "nombre": "Ana García",
        "email": "ana@example.com",
        "tipo": "INCIDENTE",
        "categoria": "Sistemas",
        "descripcion": "No puedo iniciar sesión en Outlook.",
        "prioridad": "ALTA",
    });
    let response = client.post(format!("{url}/api/tickets/crear")).json(&form).send().await?.error_for_status()?;
    // Only a client whose address is known has a limit to be told of.
    assert!(response.headers().contains_key("ratelimit"));
    let created: Value = response.json().await?;
    let label = created["ticketLabel"].as_str().context("a ticket has a label")?;
    println!("POST /api/tickets/crear      {label}, due at {}", created["fechaLimiteSla"]);
    assert_eq!(created["slaHoras"], 4);

    let look_up = json!({ "label": label, "email": "ana@example.com" });
    let response = client.post(format!("{url}/api/tickets/consultar")).json(&look_up).send().await?;
    let found: Value = response.error_for_status()?.json().await?;
    println!("POST /api/tickets/consultar  {} is {}", found["ticketLabel"], found["estadoNombre"]);
    assert_eq!(found["ticketUuid"], created["ticketUuid"]);
    assert_eq!(found["estadoNombre"], "ABIERTO");
    Ok(())
}
