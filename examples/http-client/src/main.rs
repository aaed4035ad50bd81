//! A help desk as another system calls it: every public endpoint over HTTP, and what its errors look like.
//!
//! A monitoring system opens a ticket for an alert, safely repeats that, looks the ticket up and comments on it; then it is
//! told what is wrong with a bad form, and that a ticket is not there. The service runs in this program only so that the
//! example needs nothing else; a client of yours has the URL of one that is running.
//!
//! Run it with `cargo run -p example-http-client`.

use anyhow::Context;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};
use serde_json::{Value, json};
use ticketing_server::{
    Engine,
    http::{App, HttpOptions, serve},
    store::sqlite::SqliteStore,
};
use tokio::{net::TcpListener, sync::oneshot};

const EMAIL: &str = "monitoring@example.com";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::start(SqliteStore::open(directory.path().join("ticketing.db"))?).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("A help desk listens on {url}");
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or_default() };
    let server = tokio::spawn(serve(listener, App::new(engine, HttpOptions::default()), shutdown));

    // The service is on this machine: no proxy of the environment knows it.
    let desk = HelpDesk { client: Client::builder().no_proxy().build()?, url };
    read_the_rules(&desk).await?;
    let label = create_twice(&desk).await?;
    comment(&desk, &label).await?;
    show_what_is_wrong(&desk).await?;
    miss(&desk, &label).await?;

    drop(stop);
    server.await??;
    Ok(())
}

/// Where the service is, and how to call it.
struct HelpDesk {
    client: Client,
    url: String,
}

impl HelpDesk {
    async fn post(&self, path: &str, body: &Value) -> reqwest::Result<Response> {
        self.client.post(format!("{}{path}", self.url)).json(body).send().await
    }
}

/// What an answer with status 200 says.
async fn ok(response: Response) -> reqwest::Result<Value> {
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await
}

/// The rules change rarely: whoever has them asks with their tag, and is told that they are still the same.
async fn read_the_rules(desk: &HelpDesk) -> anyhow::Result<()> {
    let url = format!("{}/api/reglas", desk.url);
    let response = desk.client.get(&url).send().await?;
    let tag = response.headers().get(ETAG).context("rules have a tag")?.clone();
    let rules = ok(response).await?;
    println!("GET  /api/reglas             200: types {}", rules["tipos"]);

    let again = desk.client.get(&url).header(IF_NONE_MATCH, tag).send().await?;
    println!("GET  /api/reglas             {} with the tag of the first answer", again.status().as_u16());
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    Ok(())
}

/// A client that gets no answer sends the same request again. The key that it sends both times, here the alert's number,
/// makes sure that there is one ticket.
async fn create_twice(desk: &HelpDesk) -> anyhow::Result<String> {
    let form = json!({
        "nombre": "Monitoring",
        "email": EMAIL,
        "tipo": "INCIDENTE",
        "categoria": "Redes",
        "descripcion": "El enlace de la sede norte no responde.",
        "prioridad": "ALTA",
        "areaAsignada": "REDES",
    });
    let url = format!("{}/api/tickets/crear", desk.url);
    let request = desk.client.post(url).header("Idempotency-Key", "alert-4711").json(&form).build()?;
    let repeated = request.try_clone().context("a form can be sent again")?;

    let created = ok(desk.client.execute(request).await?).await?;
    let label = created["ticketLabel"].as_str().context("a ticket has a label")?;
    println!("POST /api/tickets/crear      200: {label}, due at {}", created["fechaLimiteSla"]);
    assert_eq!(created["estado"], "ABIERTO");
    assert_eq!(created["slaHoras"], 4);

    let again = ok(desk.client.execute(repeated).await?).await?;
    println!("POST /api/tickets/crear      200: {} again", again["ticketLabel"]);
    assert_eq!(again, created);
    Ok(label.to_owned())
}

/// Whoever knows a ticket's label and e-mail address may read it and answer.
async fn comment(desk: &HelpDesk, label: &str) -> anyhow::Result<()> {
    let mut form = json!({ "label": label, "email": EMAIL });
    let before = ok(desk.post("/api/tickets/consultar", &form).await?).await?;
    println!("POST /api/tickets/consultar  200: {} in area {}", before["estadoNombre"], before["areaAsignada"]);
    assert_eq!(before["ultimaAccion"], "CREACION");

    form["mensaje"] = json!("El enlace respondió durante un minuto y volvió a caer.");
    let answer = ok(desk.post("/api/tickets/comentar", &form).await?).await?;
    println!("POST /api/tickets/comentar   200: {}", answer["mensaje"]);

    let after = ok(desk.post("/api/tickets/consultar", &form).await?).await?;
    assert_eq!(after["ultimaAccion"], "COMENTARIO");
    assert_eq!(after["ultimoMotivo"], form["mensaje"]);
    Ok(())
}

/// A bad form is answered with everything that is wrong with it, as RFC 9457 problem details: a text for people, and for
/// programs a code and parameters that stay the same in every language.
async fn show_what_is_wrong(desk: &HelpDesk) -> anyhow::Result<()> {
    let form = json!({ "nombre": "Monitoring", "email": "monitoring", "tipo": "INCIDENTE", "descripcion": "Caído" });
    let response = desk.post("/api/tickets/crear", &form).await?;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");

    let problem: Value = response.json().await?;
    println!("POST /api/tickets/crear      {}: {}", problem["status"], problem["title"]);
    let errors = problem["errors"].as_array().context("a bad form has errors")?;
    for error in errors {
        println!("  {} {} {} {}", error["field"], error["code"], error["params"], error["message"]);
    }
    let found: Vec<_> = errors.iter().map(|error| (error["field"].as_str(), error["code"].as_str())).collect();
    assert_eq!(
        found,
        [
            (Some("email"), Some("invalid-email")),
            (Some("categoria"), Some("required")),
            (Some("descripcion"), Some("too-short")),
            (Some("prioridad"), Some("required")),
        ]
    );
    Ok(())
}

/// A label without its e-mail address is as good as none: nobody learns which tickets there are.
async fn miss(desk: &HelpDesk, label: &str) -> anyhow::Result<()> {
    let form = json!({ "label": label, "email": "somebody.else@example.com" });
    let response = desk.post("/api/tickets/consultar", &form).await?;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);

    let problem: Value = response.json().await?;
    println!("POST /api/tickets/consultar  {}: {}", problem["status"], problem["detail"]);
    assert_eq!(problem["code"], "ticket-not-found");
    Ok(())
}
