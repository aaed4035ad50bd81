//! What was said of a ticket, here and at the desk.

use serde_json::{Value, json};
use ticketing_core::integration::ReferenceKind;

use super::{
    api::{Api, TICKETS, at_desk, offer, status, text},
    common::desk::{MINUTE, Service},
};

fn actions_of(id: &str) -> String {
    format!("{TICKETS}/{id}/actions")
}

#[tokio::test]
async fn what_is_said_to_the_requester_is_a_reply_and_what_is_not_is_a_note() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let made = api.create(&json!({ "clients": ["ana@example.com"] })).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    service.pass(MINUTE);
    let note = json!({ "type": "INTERNAL", "description": " Es el router\nde la 3ª ", "createdById": " u 7 " });
    let answer = api.post(&actions_of(&id), &note).await;
    assert_eq!((answer.status, answer.header("location")), (201, Some(&*format!("{}/2", actions_of(&id)))));
    let expected = json!({
        "id": 2, "type": "INTERNAL", "origin": "TICKETS_API", "description": "Es el router\nde la 3ª",
        "status": status(1), "justification": null, "createdAt": "2026-03-24T10:16:00.000Z", "createdById": " u 7 ",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(api.get(answer.header("location").unwrap()).await.ok(), expected);
    assert_eq!(api.show(&id).await["realResponseAt"], Value::Null, "a note answers nobody");
    let mut mesa = service.client(&service.mesa).await;
    let line = mesa.last_line(&ticket).await;
    let told = [&line["accion"], &line["motivo"], &line["actor_nombre"], &line["comentario"]];
    assert_eq!(
        told,
        [&json!("COMENTARIO"), &json!("Es el router\nde la 3ª"), &json!("crm"), &json!("en nombre de  u 7 ")]
    );
    assert_eq!(mesa.look_up(&ticket).await["ultimaAccion"], "CREACION");

    service.pass(MINUTE);
    let reply = json!({ "type": "PUBLIC", "description": "Ya lo vemos", "createdAt": "2026-03-24T10:16:30Z" });
    let said = api.post(&actions_of(&id), &reply).await.json();
    assert_eq!((&said["id"], &said["createdAt"]), (&json!(3), &json!("2026-03-24T10:16:30.000Z")));
    // When it was said is for display; what the clock says is when we were told.
    assert_eq!(api.show(&id).await["realResponseAt"], "2026-03-24T10:17:00.000Z");
    let line = mesa.last_line(&ticket).await;
    assert_eq!((&line["accion"], &line["motivo"]), (&json!("ACTUALIZACION"), &json!("Ya lo vemos")));
    let seen = mesa.look_up(&ticket).await;
    assert_eq!((&seen["respuestaCliente"], &seen["ultimoMotivo"]), (&json!("Ya lo vemos"), &json!("Ya lo vemos")));
    assert_eq!(mesa.shown(&ticket).await["respuesta_cliente"], "Ya lo vemos");
    // The first one answers; later ones have nothing to answer.
    service.pass(MINUTE);
    api.post(&actions_of(&id), &reply).await;
    assert_eq!(api.show(&id).await["realResponseAt"], "2026-03-24T10:17:00.000Z");
}

#[tokio::test]
async fn what_is_said_at_the_desk_is_an_action_here() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let ticket = service.ticket().await;
    let mut mesa = service.client(&service.mesa).await;
    mesa.command(&ticket, "asignar", &json!({ "agenteId": service.mesa.id, "motivo": "No es una acción" })).await.ok();
    service.pass(MINUTE);
    let form = json!({ "respuesta": "Reinicie el equipo", "estado": "PAUSADO" });
    mesa.command(&ticket, "actualizar", &form).await.ok();
    service.pass(MINUTE);
    service.nobody().await.comment(&ticket, "Sigue igual").await.ok();
    let actions = api.of_ticket(&ticket.uuid, "actions").await;
    let told: Vec<_> = actions
        .iter()
        .map(|action| ["id", "type", "origin", "description", "createdById"].map(|member| action[member].clone()))
        .collect();
    let null = Value::Null;
    let described = "Desde esta mañana no puedo iniciar sesión en Outlook. Aparece el error 403 Forbidden.";
    let row = |id: u32, origin: &str, said: &str, by: &Value| {
        [json!(id), json!("PUBLIC"), json!(origin), json!(said), by.clone()]
    };
    assert_eq!(
        told,
        [
            row(4, "OTHER", "Sigue igual", &null),
            row(3, "AGENT_IN_SYSTEM", "Reinicie el equipo", &json!(service.mesa.id)),
            row(1, "OTHER", described, &null),
        ]
    );
    let statuses: Vec<_> = actions.iter().map(|action| action["status"].clone()).collect();
    assert_eq!(statuses, [status(2), status(3), status(1)]);
}

#[tokio::test]
async fn who_says_something_may_say_where_the_ticket_stands() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let reason = offer(&service, ReferenceKind::Justification, "Espera al cliente").await;
    let made = api.create(&json!({})).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    let path = actions_of(&id);
    let mut mesa = service.client(&service.mesa).await;
    let paused = json!({
        "type": "PUBLIC", "description": "¿Qué modelo es?", "status": { "id": 3 }, "justification": { "id": 1 },
    });
    let said = api.post(&path, &paused).await.json();
    assert_eq!((&said["id"], &said["status"], &said["justification"]), (&json!(3), &status(3), &reason));
    let lines = mesa.history(&ticket).await;
    let told: Vec<_> = lines.iter().map(|line| (text(&line["accion"]), line["motivo"].clone())).collect();
    assert_eq!(
        told[1..],
        [("PAUSA".into(), json!("Espera al cliente")), ("ACTUALIZACION".into(), json!("¿Qué modelo es?"))]
    );

    // The status that it has, with or without its reason, is no change.
    for status_now in [json!({ "id": 3 }), Value::Null] {
        let note = json!({ "type": "INTERNAL", "description": "Nada", "status": status_now });
        let said = api.post(&path, &note).await.json();
        assert_eq!((&said["status"], &said["justification"]), (&status(3), &reason));
    }
    assert_eq!(mesa.history(&ticket).await.len(), 5);
    assert_eq!(api.show(&id).await["justification"], reason);
    // A reason for the status that it has is one.
    let other = offer(&service, ReferenceKind::Justification, "Vacaciones").await;
    let note = json!({ "type": "INTERNAL", "description": "Se va", "justification": other });
    assert_eq!(api.post(&path, &note).await.json()["justification"], other);
    assert_eq!(api.show(&id).await["justification"], other);
    // Resolved with a reply: closed, and re-opened by another.
    let close = json!({ "type": "PUBLIC", "description": "Listo", "status": { "id": 5 } });
    api.post(&path, &close).await;
    let reopen = json!({ "type": "INTERNAL", "description": "No", "status": { "id": 2 } });
    assert_eq!(api.post(&path, &reopen).await.json()["status"], status(2));
    assert_eq!(api.of_ticket(&id, "actions").await[0]["description"], "No");
    assert_eq!(api.of_ticket(&id, "status-changes").await.len(), 4);
}

#[tokio::test]
async fn an_action_of_the_wrong_form_says_nothing() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    let path = actions_of(&id);
    api.post(&path, &json!({})).await.is_invalid(&[("type", "required"), ("description", "required")]);
    let wrong = json!({
        "type": "internal", "description": 7, "status": { "id": 9 }, "justification": { "name": "x" },
        "createdAt": "2027-01-01T00:00:00Z", "createdById": [],
    });
    api.post(&path, &wrong).await.is_invalid(&[
        ("type", "unknown-value"),
        ("description", "wrong-type"),
        ("status.id", "unknown-reference"),
        ("justification.id", "required"),
        ("createdAt", "in-future"),
        ("createdById", "wrong-type"),
    ]);
    let said = |member: &str, value: Value| {
        let mut form = json!({ "type": "PUBLIC", "description": "Hola" });
        form[member] = value;
        form
    };
    for (member, value, at, code) in [
        ("type", json!(null), "type", "required"),
        ("description", json!(""), "description", "required"),
        ("description", json!(" \n "), "description", "required"),
        ("description", json!("x".repeat(100_001)), "description", "too-long"),
        ("description", json!("a\u{1b}"), "description", "control-character"),
        ("status", json!({}), "status.id", "required"),
        ("status", json!(3), "status", "wrong-type"),
        ("justification", json!({ "id": 9 }), "justification.id", "unknown-reference"),
        ("createdAt", json!(7), "createdAt", "wrong-type"),
        ("createdById", json!("x".repeat(101)), "createdById", "too-long"),
    ] {
        api.post(&path, &said(member, value)).await.is_invalid(&[(at, code)]);
    }
    assert_eq!(api.of_ticket(&id, "actions").await, [] as [Value; 0]);
    assert_eq!(api.post(&path, &said("description", json!("x"))).await.status, 201);
    for action in ["1", "3", "0", "-1", "2147483648", "02", "2.0", "x", "%00"] {
        api.get(&format!("{path}/{action}")).await.error(404, "NOT_FOUND");
    }
    // An event that says nothing is none.
    api.set(&id, 3).await.ok();
    api.get(&format!("{path}/3")).await.error(404, "NOT_FOUND");
    api.get(&format!("{path}/2")).await.ok();
}
