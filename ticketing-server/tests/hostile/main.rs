//! Whatever is sent, the server answers rightly or refuses plainly, and goes on serving everybody else. `docs/hostile-input.md` lists
//! what was tried.
//!
//! Source: the Mesa de Ayuda contract (errors, CORS, limits); RFC 9110 and RFC 9112 for what is no good HTTP.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../common/mod.rs"]
mod common;

mod bodies;
mod browsers;
mod chunks;
mod compression;
mod connections;
mod enumeration;
mod heads;
mod overload;
mod page;
mod paths;
mod slow;
mod smuggling;
mod texts;

use serde_json::{Value, json};

use self::common::{
    http::{Connection, Request},
    program::Server,
    seed,
};

pub(crate) const BODY_OCTETS_MAX: usize = 1 << 20;

/// Every POST endpoint, with the fields that it cannot do without.
pub(crate) const POSTS: [(&str, &[&str]); 3] = [
    ("/api/tickets/crear", &["nombre", "email", "tipo", "categoria", "descripcion", "prioridad"]),
    ("/api/tickets/consultar", &["label", "email"]),
    ("/api/tickets/comentar", &["label", "email", "mensaje"]),
];

/// A body that the endpoint takes, be it with 404.
pub(crate) fn good_body(path: &str) -> Value {
    match path {
        "/api/tickets/crear" => seed(),
        _ => json!({ "label": "TKT-2026-00001", "email": "nadie@example.com", "mensaje": "¿Alguna novedad?" }),
    }
}

/// What the endpoint answers to [`good_body`].
pub(crate) fn good_status(path: &str) -> u16 {
    if path == "/api/tickets/crear" { 200 } else { 404 }
}

pub(crate) fn pairs<'a>(fields: impl IntoIterator<Item = &'a str>, code: &str) -> Vec<(String, String)> {
    fields.into_iter().map(|field| (field.to_owned(), code.to_owned())).collect()
}

/// Asserts that the server still works.
pub(crate) async fn still_serves(server: &Server) {
    let mut client = server.connect().await;
    assert_eq!(client.get("/livez").await.status, 200);
    let created = client.post("/api/tickets/crear", &seed()).await.ok();
    let form = json!({ "label": created["ticketLabel"], "email": seed()["email"] });
    assert_eq!(client.post("/api/tickets/consultar", &form).await.status, 200);
}

/// Creates a ticket and answers what its requester sees of it.
pub(crate) async fn round_trip(client: &mut Connection, form: &Value) -> Value {
    let created = client.post("/api/tickets/crear", form).await.ok();
    let look_up = json!({ "label": created["ticketLabel"], "email": form["email"] });
    client.post("/api/tickets/consultar", &look_up).await.ok()
}

/// A POST whose body comes in chunks of 100 000 octets.
pub(crate) fn chunked(path: &str, body: &str) -> Request {
    let mut chunks = Vec::new();
    for chunk in body.as_bytes().chunks(100_000) {
        chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunks.extend(chunk);
        chunks.extend(b"\r\n");
    }
    chunks.extend(b"0\r\n\r\n");
    let request = Request::new("POST", path).header("Content-Type", "application/json");
    request.header("Transfer-Encoding", "chunked").body(chunks)
}
