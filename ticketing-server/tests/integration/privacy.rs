//! What is for the desk alone is told to nobody else.

use serde_json::{Value, json};

use super::{
    api::{Api, TICKETS, at_desk, text},
    common::{
        desk::{MINUTE, Service, Ticket},
        http::Request,
    },
};

/// What no requester may read.
const SECRETS: [&str; 6] = ["SECRETO-1", "SECRETO-2", "SECRETO-3", "SECRETO-4", "SECRETO-5", "SECRETO-6"];

/// Everything that a requester is told of a ticket: the look-up and the page.
async fn told(service: &Service, ticket: &Ticket) -> (Value, String) {
    let mut nobody = service.nobody().await;
    let seen = nobody.look_up(ticket).await;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("label", &ticket.label).append_pair("email", &ticket.email);
    let body = form.finish();
    let request = Request::post_as("/consulta", body).header("Content-Type", "application/x-www-form-urlencoded");
    let page = nobody.ask(request).await;
    assert_eq!(page.status, 200, "{page}");
    (seen, page.text())
}

#[tokio::test]
async fn the_requester_is_told_nothing_that_is_internal() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let form = json!({
        "clients": ["ana@example.com"], "subject": "La impresora", "tags": [{ "name": SECRETS[0] }], "createdById": SECRETS[1],
        "firstAction": { "type": "INTERNAL", "description": SECRETS[2], "createdById": SECRETS[1] },
    });
    let made = api.create(&form).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    let (created, page) = told(&service, &ticket).await;
    assert_eq!(created["descripcionProblema"], Value::Null);
    assert!(SECRETS.iter().all(|secret| !created.to_string().contains(secret) && !page.contains(secret)), "{page}");

    for (method, rest, body) in [
        ("POST", "/actions", json!({ "type": "INTERNAL", "description": SECRETS[3], "createdById": SECRETS[4] })),
        ("POST", "/tags", json!({ "tag": { "name": SECRETS[5] }, "updatedById": SECRETS[4] })),
        ("DELETE", "/tags/1", Value::Null),
        ("PATCH", "/attributes/clients", json!({ "clients": [SECRETS[5]], "updatedById": SECRETS[4] })),
        ("PATCH", "/attributes/service", json!({ "service": null })),
        ("PATCH", "/attributes/type", json!({ "type": "PUBLIC" })),
    ] {
        service.pass(MINUTE);
        let path = format!("{TICKETS}/{id}{rest}");
        let answer = api.ask(super::api::request(method, &path, body.to_string())).await;
        assert!(answer.status < 300, "{answer}");
        let (seen, page) = told(&service, &ticket).await;
        for field in [
            "ultimaFechaHistorial",
            "ultimaAccion",
            "ultimoMotivo",
            "ultimoActorNombre",
            "ultimoActorRol",
            "respuestaCliente",
            "actualizadoEn",
        ] {
            assert_eq!(seen[field], created[field], "{field} after {rest}");
        }
        assert!(SECRETS.iter().all(|secret| !seen.to_string().contains(secret) && !page.contains(secret)), "{seen}");
    }
    // On whose behalf a reply was given is the desk's business.
    service.pass(MINUTE);
    let reply = json!({ "type": "PUBLIC", "description": "Ya está", "createdById": SECRETS[4], "status": { "id": 4 } });
    api.post(&format!("{TICKETS}/{id}/actions"), &reply).await;
    let note = json!({ "type": "INTERNAL", "description": SECRETS[3], "status": { "id": 5 } });
    let (seen, page) = told(&service, &ticket).await;
    assert_eq!((&seen["respuestaCliente"], &seen["estadoNombre"]), (&json!("Ya está"), &json!("RESUELTO")));
    assert!(!seen.to_string().contains("SECRETO") && !page.contains("SECRETO"));
    // A note that closes: that it is closed is told, and the note is not.
    service.pass(MINUTE);
    api.post(&format!("{TICKETS}/{id}/actions"), &note).await;
    let (seen, page) = told(&service, &ticket).await;
    assert_eq!((&seen["estadoDespues"], &seen["ultimoMotivo"]), (&json!("CERRADO"), &Value::Null));
    assert_eq!((&seen["respuestaCliente"], &seen["ultimaAccion"]), (&json!("Ya está"), &json!("ACTUALIZACION")));
    assert!(!seen.to_string().contains("SECRETO") && !page.contains("SECRETO"));
    // The desk reads all of it.
    let desk = service.client(&service.mesa).await.detail(&ticket).await.to_string();
    assert!(SECRETS.iter().all(|secret| desk.contains(secret)), "{desk}");
}

#[tokio::test]
async fn of_an_internal_ticket_its_requester_knows_nothing() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let ticket = service.ticket().await;
    let mut nobody = service.nobody().await;
    let look_up = json!({ "label": ticket.label, "email": ticket.email });
    let unknown = json!({ "label": "TKT-2026-09999", "email": ticket.email });
    let none = nobody.post("/api/tickets/consultar", &unknown).await;
    none.problem(404, "ticket-not-found");
    let none = none.text();

    api.change(&ticket.uuid, "type", &json!({ "type": "INTERNAL" })).await.ok();
    assert_eq!(nobody.post("/api/tickets/consultar", &look_up).await.text(), none);
    assert_eq!(nobody.comment(&ticket, "¿Hola?").await.text(), none);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("label", &ticket.label).append_pair("email", &ticket.email);
    let request =
        Request::post_as("/consulta", form.finish()).header("Content-Type", "application/x-www-form-urlencoded");
    let page = nobody.ask(request).await;
    assert!(page.status == 404 && !page.text().contains("Outlook"), "{page}");
    // It is the desk's all the same.
    let mut mesa = service.client(&service.mesa).await;
    assert_eq!(mesa.rows("/api/tickets/dashboard").await.len(), 1);
    mesa.command(&ticket, "actualizar", &json!({ "respuesta": "Ya lo vemos" })).await.ok();

    api.change(&ticket.uuid, "type", &json!({ "type": "PUBLIC" })).await.ok();
    let seen = nobody.look_up(&ticket).await;
    assert_eq!(seen["respuestaCliente"], "Ya lo vemos");
    nobody.comment(&ticket, "¿Hola?").await.ok();
    // One that was internal from the first.
    let made = api.create(&json!({ "type": "INTERNAL", "clients": ["ana@example.com"] })).await;
    assert_eq!(
        nobody
            .post("/api/tickets/consultar", &json!({ "label": made["label"], "email": "ana@example.com" }))
            .await
            .status,
        404
    );
}
