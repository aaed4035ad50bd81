//! One table for both dialects: what a status may become here is what the desk's `actualizar` makes of it.

use serde_json::{Value, json};

use super::{
    api::{Api, CANCELED, CLOSED, ESTADOS, RESOLVED, TICKETS, at_desk, of_ticket, request, text},
    common::{
        desk::{Person, Service, Ticket},
        http::Request,
    },
};

/// A new ticket of an area in a status, archived or not.
async fn ticket_in(service: &Service, from: u32, is_archived: bool) -> Ticket {
    let ticket = service.ticket_of("REDES").await;
    let mut admin = service.client(&service.admin).await;
    admin.set(&ticket, ESTADOS[usize::try_from(from).unwrap() - 1]).await;
    if is_archived {
        admin.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
    }
    ticket
}

/// What came of it: the answer's status, the reason why not, and where the ticket stands.
type Outcome = (u16, Option<String>, Vec<String>, String);

async fn at_the_desk(service: &Service, who: &Person, ticket: &Ticket, to: u32) -> Outcome {
    let mut client = service.client(who).await;
    let form = json!({ "estado": ESTADOS[usize::try_from(to).unwrap() - 1] });
    let answer = client.command(ticket, "actualizar", &form).await;
    let problem = answer.json();
    let allowed = problem["allowed"].as_array().into_iter().flatten().map(text).collect();
    let reason = (answer.status != 200).then(|| text(&problem["detail"]));
    (answer.status, reason, allowed, text(&client.shown(ticket).await["estado"]))
}

async fn here(service: &Service, api: &mut Api, ticket: &Ticket, to: u32, by_action: bool) -> Outcome {
    let answer = if by_action {
        let form = json!({ "type": "INTERNAL", "description": "Nota", "status": { "id": to } });
        api.post(&format!("{TICKETS}/{}/actions", ticket.uuid), &form).await
    } else {
        api.set(&ticket.uuid, to).await
    };
    let status = if answer.status == 201 { 200 } else { answer.status };
    let details = answer.json()["details"].as_array().cloned().unwrap_or_default();
    let (mut reason, mut allowed) = (None, Vec::new());
    for detail in &details {
        match detail["code"].as_str().unwrap() {
            "allowed" => allowed.push(text(&detail["message"])),
            _ => reason = Some(text(&detail["message"])),
        }
    }
    match status {
        200 => assert!(details.is_empty(), "{answer}"),
        403 => drop(answer.error(403, "AUTHORIZATION_ERROR")),
        _ => drop(answer.error(409, "DUPLICATED")),
    }
    (status, reason, allowed, text(&service.client(&service.admin).await.shown(ticket).await["estado"]))
}

#[tokio::test]
async fn what_a_status_may_become_is_the_same_in_both_dialects() {
    let service = Service::start().await;
    let mut apis = Vec::new();
    for person in [&service.admin, &service.mesa, &service.redes] {
        apis.push((person, Api::staff(&service, person).await));
    }
    // A token has the rights of MESA.
    apis.push((&service.mesa, Api::of(&service).await));
    for from in 1..=6 {
        for is_archived in [false, true] {
            for to in 1..=6 {
                for (who, api) in &mut apis {
                    let expected = at_the_desk(&service, who, &ticket_in(&service, from, is_archived).await, to).await;
                    let ticket = ticket_in(&service, from, is_archived).await;
                    let outcome = here(&service, api, &ticket, to, false).await;
                    assert_eq!(outcome, expected, "{from} → {to} by {}, archived: {is_archived}", who.name);
                }
            }
        }
    }
}

/// An action that gives a ticket a status may be given where both may be done.
#[tokio::test]
async fn what_an_action_makes_of_a_status_is_the_same() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    for from in 1..=6 {
        for to in 1..=6 {
            let expected = here(&service, &mut api, &ticket_in(&service, from, false).await, to, false).await;
            let outcome = here(&service, &mut api, &ticket_in(&service, from, false).await, to, true).await;
            let is_over = from == CANCELED;
            let expected_status = if is_over { 409 } else { expected.0 };
            assert_eq!((outcome.0, outcome.3), (expected_status, expected.3), "{from} → {to}");
        }
    }
}

#[tokio::test]
async fn what_the_desk_has_a_name_for_has_it_in_the_history() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let mut mesa = service.client(&service.mesa).await;
    for from in 1..=5_u32 {
        for to in 1..=6_u32 {
            let ticket = ticket_in(&service, from, false).await;
            if from == to || api.set(&ticket.uuid, to).await.status != 200 {
                continue;
            }
            let line = mesa.last_line(&ticket).await;
            let expected = match (from, to) {
                (1 | 2, 3) => "PAUSA",
                (3, 2) | (4 | 5, 1..=3) => "REAPERTURA",
                (1..=3, 6) => "CANCELACION",
                _ => "ACTUALIZACION",
            };
            assert_eq!(line["accion"], expected, "{from} → {to}");
            let names = [from, to].map(|id| json!(ESTADOS[usize::try_from(id).unwrap() - 1]));
            assert_eq!([line["estado_antes"].clone(), line["estado_despues"].clone()], names);
            let comment = if expected == "ACTUALIZACION" { json!("estado") } else { Value::Null };
            assert_eq!((&line["comentario"], &line["motivo"]), (&comment, &Value::Null), "{from} → {to}");
        }
    }
}

#[tokio::test]
async fn what_is_archived_is_read_and_not_changed() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let vip =
        json!({ "tags": [{ "name": "vip" }], "clients": ["ana@example.com"], "firstAction": { "description": "Ay" } });
    let made = api.create(&vip).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    let mut mesa = service.client(&service.mesa).await;
    mesa.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
    let before = api.show(&id).await;
    assert_eq!(before["status"]["id"], CLOSED);
    for (method, path, body) in of_ticket(&id) {
        let Some(mut body) = body else {
            let answer = api.ask(Request::new(method, &path)).await;
            if method == "DELETE" {
                answer.refusal(409, "DUPLICATED", "not-allowed");
            } else {
                answer.ok();
            }
            continue;
        };
        if path.ends_with("owner") {
            body["ownerId"] = json!(service.mesa.id);
        }
        let answer = api.ask(request(method, &path, body.to_string())).await;
        let reason = answer.refusal(409, "DUPLICATED", "not-allowed");
        assert!(reason.contains("archivado"), "{path}: {reason}");
    }
    // Not even to what it is already.
    api.set(&id, CLOSED).await.refusal(409, "DUPLICATED", "not-allowed");
    api.change(&id, "clients", &json!({ "clients": ["ana@example.com"] })).await.refusal(
        409,
        "DUPLICATED",
        "not-allowed",
    );
    api.change(&id, "subject", &json!({ "subject": "(sin asunto)" })).await.refusal(409, "DUPLICATED", "not-allowed");
    let mut admin = Api::staff(&service, &service.admin).await;
    let answer = admin.set(&id, 2).await;
    answer.refusal(409, "DUPLICATED", "not-allowed");
    assert_eq!(answer.details()[1..], [(String::new(), "allowed".into())]);
    assert_eq!(answer.json()["details"][1]["message"], "desarchivar");
    assert_eq!(api.show(&id).await, before);
}

/// Open tickets take everything, resolved and closed ones words, canceled ones nothing.
#[tokio::test]
async fn what_may_be_changed_depends_on_where_the_ticket_stands() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    for from in 1..=6_u32 {
        let made = api.create(&json!({ "tags": [{ "name": "vip" }], "status": { "id": from } })).await;
        let id = text(&made["id"]);
        for (attribute, body, only_open) in [
            ("subject", json!({ "subject": "Otro" }), false),
            ("type", json!({ "type": "INTERNAL" }), false),
            ("clients", json!({ "clients": ["x"] }), false),
            ("service", json!({ "service": null }), false),
            ("category", json!({ "category": { "name": "Redes" } }), true),
            ("urgency", json!({ "urgency": { "id": 1 } }), true),
            ("solution", json!({ "solutionAt": "2027-01-01T00:00:00Z" }), true),
            ("owner", json!({ "ownerId": service.mesa.id }), true),
        ] {
            let answer = api.change(&id, attribute, &body).await;
            let is_taken = if only_open { from < RESOLVED } else { from != CANCELED };
            assert_eq!(answer.status, if is_taken { 200 } else { 409 }, "{attribute} in {from}: {answer}");
        }
        let note = json!({ "type": "INTERNAL", "description": "x" });
        let said = api.post(&format!("{TICKETS}/{id}/actions"), &note).await.status;
        assert_eq!(said, if from == CANCELED { 409 } else { 201 });
    }
}
