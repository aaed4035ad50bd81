//! A ticket as other systems read it, whoever made it.

use serde_json::{Value, json};
use ticketing_core::integration::ReferenceKind;

use super::{
    api::{Api, IN_ATTENDANCE, NEW, TICKETS, at_desk, of_ticket, offer, status, text},
    common::{
        desk::{HOUR, MINUTE, Service},
        seed_with,
    },
};

/// Every member of a ticket that nothing was said of. Source: the integration contract; `label` and `tags` are beyond it.
fn nothing(id: &Value, label: &str) -> Value {
    json!({
        "id": id, "label": label, "type": "PUBLIC", "origin": "TICKETS_API", "originEmailAccount": null,
        "subject": "(sin asunto)", "cc": [], "clients": [], "ownerId": null,
        "ownerTeam": { "id": 1, "name": "MESA DE AYUDA" }, "category": null, "urgency": null, "service": null,
        "status": status(NEW), "justification": null, "tags": [],
        "resolvedAt": null, "reopenedAt": null, "closedAt": null,
        "createdAt": "2026-03-24T10:15:00.000Z", "createdById": null, "updatedAt": "2026-03-24T10:15:00.000Z",
        "solutionTime": 1440, "responseTime": null, "solutionAt": "2026-03-25T10:15:00.000Z", "responseAt": null,
        "realResponseAt": null, "solutionDateIsPaused": false, "solutionChangedByUser": false,
        "solutionChangedById": null, "agreement": { "id": 1, "name": "Estándar", "rule": "resolucion=24h" },
    })
}

/// The same, with other values in some members.
#[track_caller]
fn but(mut ticket: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        assert!(ticket.get(name).is_some(), "{name} is a member");
        ticket[name] = value.clone();
    }
    ticket
}

#[tokio::test]
async fn a_ticket_of_which_nothing_is_said_gets_what_it_needs() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let answer = api.post(TICKETS, &json!({})).await;
    assert_eq!(answer.status, 201, "{answer}");
    let made = answer.json();
    let location = format!("{TICKETS}/{}", made["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(&*location));
    assert_eq!(made, nothing(&made["id"], "TKT-2026-00001"));
    assert_eq!(api.get(&location).await.ok(), made);
    assert_eq!(api.list(TICKETS).await, std::slice::from_ref(&made));

    // What is only read is ignored, whatever it is.
    let read_only = json!({
        "id": 7, "label": "TKT-2026-00009", "origin": "CHAT", "originEmailAccount": {}, "ownerTeam": { "id": "x" },
        "updatedAt": 1, "solutionTime": "x", "responseTime": [], "responseAt": "x", "realResponseAt": false,
        "solutionDateIsPaused": "x", "solutionChangedByUser": true, "solutionChangedById": 7, "agreement": "x",
        "tipo": "QUEJA", "status": { "id": 1, "name": 7, "type": "CLOSED" }, "more": { "x": [1] },
    });
    let second = api.create(&read_only).await;
    assert_eq!(second, nothing(&second["id"], "TKT-2026-00002"));
    // Null is as good as nothing where nothing is needed.
    let nulls = json!({
        "type": null, "subject": null, "cc": null, "clients": null, "ownerId": null, "category": null,
        "urgency": null, "service": null, "justification": null, "tags": null, "createdAt": null, "resolvedAt": null,
        "reopenedAt": null, "closedAt": null, "solutionAt": null, "createdById": null, "firstAction": null,
    });
    let third = api.create(&nulls).await;
    assert_eq!(third, nothing(&third["id"], "TKT-2026-00003"));
}

#[tokio::test]
async fn everything_that_is_said_of_a_ticket_is_kept() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let service_name = offer(&service, ReferenceKind::Service, "Correo").await;
    let reason = offer(&service, ReferenceKind::Justification, "Falta un repuesto").await;
    let urgencies = api.get("/v2/urgencies").await.ok();
    let urgent = urgencies.as_array().unwrap().iter().find(|urgency| urgency["name"] == "CRITICA").unwrap();
    let form = json!({
        "type": "PUBLIC", "subject": "  No enciende ", "cc": ["jefa@example.com", " x "],
        "clients": ["+57 300 123 4567", " Ana <a@b> ", "ana@example.com", "otra@example.com"],
        "ownerId": service.mesa.id, "category": { "name": "Portátiles" }, "urgency": { "id": urgent["id"] },
        "service": { "id": service_name["id"], "name": "no importa" }, "status": { "id": 3 },
        "justification": { "id": reason["id"] }, "tags": [{ "name": "zeta" }, { "name": "alfa" }, { "name": "zeta" }],
        "solutionAt": "2026-03-26T07:00:00-05:00", "createdById": " agente 7 ",
        "firstAction": { "type": "PUBLIC", "description": " Se apaga\nsolo. ", "createdById": "Ana" },
    });
    let made = api.create(&form).await;
    let category = &api.get("/v2/categories").await.ok()[0];
    let offered = api.get("/v2/tags").await.ok();
    assert_eq!((&category["name"], offered.as_array().unwrap().len()), (&json!("Portátiles"), 2));
    let tag = |name: &str| offered.as_array().unwrap().iter().find(|tag| tag["name"] == name).unwrap();
    let tags = json!([tag("zeta"), tag("alfa")]);
    let said = json!({
        "subject": "No enciende", "cc": ["jefa@example.com", " x "], "clients": form["clients"],
        "ownerId": service.mesa.id, "ownerTeam": null, "category": category, "urgency": urgent,
        "service": service_name, "status": status(3), "justification": reason, "tags": tags,
        "createdById": " agente 7 ", "solutionTime": 120, "solutionAt": "2026-03-26T12:00:00.000Z",
        "solutionDateIsPaused": true, "solutionChangedByUser": true, "solutionChangedById": " agente 7 ",
        "agreement": { "id": 1, "name": "Estándar", "rule": "resolucion=2h" },
    });
    assert_eq!(made, but(nothing(&made["id"], "TKT-2026-00001"), &said));
    // The first client that is an address is the requester's.
    let mut nobody = service.nobody().await;
    let mut ticket = at_desk(&made);
    ticket.email = "ana@example.com".into();
    let seen = nobody.look_up(&ticket).await;
    let wanted = [
        ("asunto", json!("No enciende")),
        ("descripcionProblema", json!("Se apaga\nsolo.")),
        ("solicitanteEmail", json!("ana@example.com")),
        ("solicitanteNombre", Value::Null),
        ("tipoSolicitud", Value::Null),
        ("prioridadNombre", json!("CRITICA")),
        ("categoria", json!("Portátiles")),
        ("estadoNombre", json!("PAUSADO")),
        ("areaAsignada", json!("MESA")),
        ("ultimoMotivo", Value::Null),
        ("ultimoActorNombre", json!("crm")),
        ("ultimoActorRol", json!("TOKEN")),
    ];
    for (field, value) in wanted {
        assert_eq!(seen[field], value, "{field}");
    }
    let desk = service.client(&service.mesa).await.detail(&ticket).await;
    assert_eq!(desk["ticket"]["solicitante_nombre"], "");
    assert_eq!(desk["historial"][0]["actor_nombre"], "crm");
    assert!(desk["historial"][0]["comentario"].as_str().unwrap().contains("en nombre de  agente 7 "));
    // Its action has who said it.
    let action = &api.of_ticket(&ticket.uuid, "actions").await[0];
    assert_eq!((&action["createdById"], &action["description"]), (&json!("Ana"), &json!("Se apaga\nsolo.")));
    // A ticket that nobody asks for has nobody to tell.
    let made = api.create(&json!({ "clients": ["+57 300", "Ana"] })).await;
    for email in ["", "Ana", "+57 300", "ana@example.com"] {
        let form = json!({ "label": made["label"], "email": email });
        assert!(nobody.post("/api/tickets/consultar", &form).await.status >= 400, "{email}");
    }
    let row = &service.client(&service.mesa).await.rows("/api/tickets/dashboard-metricas?limite=1").await[0];
    assert_eq!((&row["solicitante_nombre"], &row["solicitante_email"]), (&json!(""), &json!("")));
}

#[tokio::test]
async fn a_ticket_of_the_desk_is_a_ticket_here() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let by_requester = service.ticket_of("redes").await;
    let mut mesa = service.client(&service.mesa).await;
    let by_staff = mesa.create(&seed_with(&json!({ "asunto": "", "prioridad": "urgente" }))).await;

    let shown = api.show(&by_requester.uuid).await;
    let said = json!({
        "origin": "OTHER", "subject": "No puedo acceder a mi correo corporativo", "clients": ["ana.garcia@example.com"],
        "ownerTeam": shown["ownerTeam"], "category": { "id": 1, "name": "Sistemas" },
        "urgency": shown["urgency"], "solutionTime": 240, "solutionAt": "2026-03-24T14:15:00.000Z",
        "agreement": { "id": 1, "name": "Estándar", "rule": "resolucion=4h" },
    });
    assert_eq!(shown, but(nothing(&json!(by_requester.uuid), &by_requester.label), &said));
    assert_eq!((&shown["urgency"]["name"], &shown["ownerTeam"]["name"]), (&json!("ALTA"), &json!("REDES")));

    let shown = api.show(&by_staff.uuid).await;
    assert_eq!(shown["origin"], "AGENT_IN_SYSTEM");
    assert_eq!((&shown["subject"], &shown["createdById"]), (&json!("(sin asunto)"), &json!(service.mesa.id)));
    assert_eq!(shown["urgency"]["name"], "urgente", "as it was given");
    assert_eq!(shown["agreement"]["rule"], "resolucion=2h");

    // What the desk does is seen here.
    service.pass(HOUR);
    let form = json!({ "agenteId": service.admin.id, "motivo": "Le toca" });
    mesa.command(&by_staff, "asignar", &form).await.ok();
    service.pass(MINUTE);
    mesa.command(&by_staff, "actualizar", &json!({ "respuesta": "Lo estamos viendo" })).await.ok();
    let after = api.show(&by_staff.uuid).await;
    let done = json!({
        "ownerId": service.admin.id, "ownerTeam": null, "status": status(IN_ATTENDANCE),
        "updatedAt": "2026-03-24T11:16:00.000Z", "realResponseAt": "2026-03-24T11:16:00.000Z",
    });
    assert_eq!(after, but(shown, &done));
}

#[tokio::test]
async fn a_ticket_is_found_by_its_id_and_by_its_label() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let made = api.create(&json!({})).await;
    let id = text(&made["id"]);
    for name in [id.as_str(), &id.to_uppercase(), "TKT-2026-00001", "tkt-2026-1", "TKT-2026-1/"] {
        assert_eq!(api.get(&format!("{TICKETS}/{name}")).await.ok(), made, "{name}");
    }
    let owner = json!({ "ownerId": service.mesa.id });
    api.change("tkt-2026-00001", "owner", &owner).await.ok();
    assert_eq!(api.show(&id).await["ownerId"], owner["ownerId"]);

    let unknown = [
        "00000000-0000-4000-8000-000000000000",
        "TKT-2026-00002",
        "TKT-2025-00001",
        "ABC-2026-00001",
        "TKT-2026-99999999999999999999",
        "1",
        "null",
        "%00",
        "%2e%2e",
        "a%2Fb",
        "%F0%9F%A6%80",
        "%FF",
    ];
    for name in unknown {
        for (method, path, body) in of_ticket(name) {
            let answer = match body {
                Some(body) => api.send(method, &path, body.to_string()).await,
                None => api.ask(super::common::http::Request::new(method, &path)).await,
            };
            let error = answer.error(404, "NOT_FOUND");
            assert_eq!(error, json!({ "code": "NOT_FOUND", "message": "Not found" }), "{method} {path}");
        }
    }
    // That there is none comes before what is wrong with what is wanted of it.
    let path = format!("{TICKETS}/{}/attributes/subject", unknown[0]);
    api.send("PATCH", &path, "{").await.error(404, "NOT_FOUND");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_taken_is_told_in_this_dialect() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    for path in [
        "/v2",
        "/v2/",
        "/v2/nada",
        "/v2/tickets/x/y/z",
        &format!("{TICKETS}/{id}/attributes"),
        &format!("{TICKETS}/{id}/attributes/label"),
    ] {
        api.get(path).await.error(404, "NOT_FOUND");
    }
    api.get("/v2x").await.problem(404, "not-found");
    let ticket = format!("{TICKETS}/{id}");
    for (method, path, allow) in [
        ("DELETE", ticket.clone(), "GET, HEAD, OPTIONS"),
        ("PATCH", ticket.clone(), "GET, HEAD, OPTIONS"),
        ("PUT", ticket.clone(), "GET, HEAD, OPTIONS"),
        ("DELETE", TICKETS.to_owned(), "GET, POST, HEAD, OPTIONS"),
        ("GET", format!("{ticket}/attributes/status"), "PATCH, OPTIONS"),
        ("POST", format!("{ticket}/attributes/status"), "PATCH, OPTIONS"),
        ("PATCH", format!("{ticket}/actions/1"), "GET, HEAD, OPTIONS"),
        ("DELETE", format!("{ticket}/actions/1"), "GET, HEAD, OPTIONS"),
        ("GET", format!("{ticket}/tags/1"), "DELETE, OPTIONS"),
        ("POST", format!("{ticket}/status-changes"), "GET, HEAD, OPTIONS"),
        ("POST", "/v2/statuses".to_owned(), "GET, HEAD, OPTIONS"),
    ] {
        let answer = api.send(method, &path, "{}").await;
        answer.error(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    assert_eq!(api.show(&id).await["status"], status(NEW));
}
