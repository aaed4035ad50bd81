//! A client of the integration API, and what such a client is told.

use serde_json::{Value, json};
use ticketing_core::{integration::ReferenceKind, token::NewToken};
use ticketing_server::Authority;

use super::common::{
    desk::{Person, Service, Ticket},
    http::{Answer, Connection, Request},
};

pub(crate) const TICKETS: &str = "/v2/tickets";

/// The ids of statuses. Source: the integration contract.
pub(crate) const NEW: u32 = 1;
pub(crate) const IN_ATTENDANCE: u32 = 2;
pub(crate) const STOPPED: u32 = 3;
pub(crate) const RESOLVED: u32 = 4;
pub(crate) const CLOSED: u32 = 5;
pub(crate) const CANCELED: u32 = 6;

/// What they are called, by their ids.
pub(crate) const STATUSES: [&str; 6] = ["NEW", "IN_ATTENDANCE", "STOPPED", "RESOLVED", "CLOSED", "CANCELED"];

/// The same at the desk.
pub(crate) const ESTADOS: [&str; 6] = ["ABIERTO", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"];

/// A status as it is shown.
pub(crate) fn status(id: u32) -> Value {
    let name = STATUSES[usize::try_from(id).unwrap() - 1];
    json!({ "id": id, "name": name, "type": name })
}

/// A connection of another system, or of somebody at the desk who uses its dialect.
pub(crate) struct Api {
    connection: Connection,
    token: Option<String>,
}

impl Api {
    /// A system that may do everything, named `crm`.
    pub(crate) async fn of(service: &Service) -> Self {
        Self::named(service, "crm", &["tickets:read", "tickets:write", "subscriptions"]).await
    }

    /// A system of this name, with these scopes.
    pub(crate) async fn named(service: &Service, name: &str, scopes: &[&str]) -> Self {
        let form = json!({ "nombre": name, "alcances": scopes }).to_string();
        let new = NewToken::from_json(form.as_bytes(), service.engine.now()).unwrap();
        let (_, secret) = service.engine.create_token(new, &Authority::Operator).await.unwrap();
        Self::with(service, Some(secret.reveal())).await
    }

    /// Somebody at the desk, with their session.
    pub(crate) async fn staff(service: &Service, person: &Person) -> Self {
        Self::with(service, Some(&person.token)).await
    }

    pub(crate) async fn with(service: &Service, token: Option<&str>) -> Self {
        Self { connection: Connection::open(service.address).await, token: token.map(str::to_owned) }
    }

    /// The same caller, on a connection of its own.
    pub(crate) async fn again(&self, service: &Service) -> Self {
        Self::with(service, self.token.as_deref()).await
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Answer {
        let request = match &self.token {
            Some(token) => request.header("X-API-TOKEN", token),
            None => request,
        };
        self.connection.ask(&request).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Request::new("GET", path)).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body.to_string()).await
    }

    pub(crate) async fn patch(&mut self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, body.to_string()).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answer {
        self.ask(Request::new("DELETE", path)).await
    }

    /// Octets that claim to be JSON.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.ask(request(method, path, body)).await
    }

    /// A new ticket.
    pub(crate) async fn create(&mut self, form: &Value) -> Value {
        let answer = self.post(TICKETS, form).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.json()
    }

    /// The id of a new ticket.
    pub(crate) async fn ticket(&mut self, form: &Value) -> String {
        text(&self.create(form).await["id"])
    }

    /// A ticket.
    pub(crate) async fn show(&mut self, id: &str) -> Value {
        self.get(&format!("{TICKETS}/{id}")).await.ok()
    }

    /// An attribute of a ticket, changed.
    pub(crate) async fn change(&mut self, id: &str, attribute: &str, body: &Value) -> Answer {
        self.patch(&attribute_of(id, attribute), body).await
    }

    /// The status of a ticket, changed.
    pub(crate) async fn set(&mut self, id: &str, status: u32) -> Answer {
        self.change(id, "status", &json!({ "status": { "id": status } })).await
    }

    /// The items of a list.
    pub(crate) async fn list(&mut self, path: &str) -> Vec<Value> {
        items(&self.get(path).await)
    }

    /// What there is of a ticket: its actions, tags, status-changes or owner-changes.
    pub(crate) async fn of_ticket(&mut self, id: &str, what: &str) -> Vec<Value> {
        self.list(&format!("{TICKETS}/{id}/{what}?size=100")).await
    }
}

/// A request with octets that claim to be JSON.
pub(crate) fn request(method: &str, path: &str, body: impl Into<Vec<u8>>) -> Request {
    let body = body.into();
    Request::new(method, path)
        .header("Content-Type", "application/json")
        .header("Content-Length", &body.len().to_string())
        .body(body)
}

pub(crate) fn attribute_of(id: &str, attribute: &str) -> String {
    format!("{TICKETS}/{id}/attributes/{attribute}")
}

/// Every endpoint beneath a ticket, with a body that it takes.
pub(crate) fn of_ticket(id: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let at = |rest: &str| format!("{TICKETS}/{id}{rest}");
    let patch = |attribute: &str, body: Value| ("PATCH", attribute_of(id, attribute), Some(body));
    vec![
        ("GET", at(""), None),
        ("GET", at("/status-changes"), None),
        ("GET", at("/owner-changes"), None),
        ("GET", at("/actions"), None),
        ("GET", at("/actions/1"), None),
        ("GET", at("/tags"), None),
        patch("category", json!({ "category": null })),
        patch("urgency", json!({ "urgency": null })),
        patch("service", json!({ "service": null })),
        patch("clients", json!({ "clients": [] })),
        patch("owner", json!({ "ownerId": "00000000-0000-4000-8000-000000000000" })),
        patch("subject", json!({ "subject": "Otro" })),
        patch("type", json!({ "type": "INTERNAL" })),
        patch("solution", json!({ "solutionAt": null })),
        patch("status", json!({ "status": { "id": 3 } })),
        ("POST", at("/actions"), Some(json!({ "type": "INTERNAL", "description": "Nota" }))),
        ("POST", at("/tags"), Some(json!({ "tag": { "name": "vip" } }))),
        ("DELETE", at("/tags/1"), None),
    ]
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text")).to_owned()
}

/// The items of an answer that is a list, as its headers say.
#[track_caller]
pub(crate) fn items(answer: &Answer) -> Vec<Value> {
    let Value::Array(items) = answer.ok() else { panic!("no bare array: {answer}") };
    let size: usize = answer.header("x-page-size").unwrap().parse().unwrap();
    let total: usize = answer.header("x-total").unwrap().parse().unwrap();
    assert!(items.len() <= size && items.len() <= total, "{answer}");
    items
}

/// A name that has an id from now on, and is offered.
pub(crate) async fn offer(service: &Service, kind: ReferenceKind, name: &str) -> Value {
    let id = service.engine.offer(kind, name).await.unwrap();
    json!({ "id": id, "name": name })
}

/// A ticket of the integration dialect as the desk's tests know tickets.
pub(crate) fn at_desk(shown: &Value) -> Ticket {
    let email = shown["clients"].as_array().unwrap().first().map(text).unwrap_or_default();
    Ticket { uuid: text(&shown["id"]), label: text(&shown["label"]), email }
}

impl Answer {
    /// The path and the code of each detail of an answer that is an error, in its order.
    #[track_caller]
    pub(crate) fn details(&self) -> Vec<(String, String)> {
        let details = self.json()["details"].as_array().cloned().unwrap_or_default();
        let detail = |detail: &Value| (detail["path"].as_str().unwrap_or_default().to_owned(), text(&detail["code"]));
        details.iter().map(detail).collect()
    }

    /// Asserts that an answer is a 400 about these paths, each for this reason.
    #[track_caller]
    pub(crate) fn is_invalid(&self, details: &[(&str, &str)]) {
        self.error(400, "VALIDATION_ERROR");
        let expected: Vec<_> = details.iter().map(|(path, code)| ((*path).into(), (*code).into())).collect();
        assert_eq!(self.details(), expected, "{self}");
    }
}
