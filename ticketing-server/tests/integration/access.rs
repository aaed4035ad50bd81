//! Who may: other systems by their scopes, staff with the role and the area that they have at the desk.

use serde_json::{Value, json};

use super::{
    api::{Api, TICKETS, at_desk, of_ticket, request, text},
    common::{
        desk::Service,
        http::{Answer, Request},
    },
};

const DISCOVERY: [&str; 8] = [
    "/v2/statuses",
    "/v2/categories",
    "/v2/services",
    "/v2/urgencies",
    "/v2/justifications",
    "/v2/tags",
    "/v2/agents",
    "/v2/teams",
];

/// Every endpoint, with a body that it takes.
fn everything(id: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let mut all = of_ticket(id);
    all.push(("GET", TICKETS.to_owned(), None));
    all.push(("POST", TICKETS.to_owned(), Some(json!({}))));
    all.extend(DISCOVERY.map(|path| ("GET", path.to_owned(), None)));
    all
}

async fn ask(api: &mut Api, (method, path, body): &(&'static str, String, Option<Value>)) -> Answer {
    match body {
        Some(body) => api.ask(request(method, path, body.to_string())).await,
        None => api.ask(Request::new(method, path)).await,
    }
}

#[tokio::test]
async fn who_shows_no_token_or_a_wrong_one_is_nobody() {
    let service = Service::start().await;
    let id = Api::of(&service).await.ticket(&json!({})).await;
    let mut nobody = Api::with(&service, None).await;
    let unknown = format!("tkt_{}", "x".repeat(52));
    for endpoint in everything(&id) {
        let answer = ask(&mut nobody, &endpoint).await;
        let expected = json!({ "code": "AUTHENTICATION_ERROR", "message": "No authorization token was found" });
        assert_eq!(answer.error(401, "AUTHENTICATION_ERROR"), expected, "{endpoint:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        for token in ["x", "tkt_x", &unknown, "eyJhbGciOiJub25lIn0.e30."] {
            let mut api = Api::with(&service, Some(token)).await;
            ask(&mut api, &endpoint).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
        }
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    let mut reader = Api::named(&service, "lee", &["tickets:read"]).await;
    let mut writer = Api::named(&service, "escribe", &["tickets:write"]).await;
    let mut neither = Api::named(&service, "avisa", &["subscriptions"]).await;
    for endpoint in everything(&id) {
        let is_reading = endpoint.0 == "GET";
        let may_not = if is_reading { &mut writer } else { &mut reader };
        let reason = ask(may_not, &endpoint).await.refusal(403, "AUTHORIZATION_ERROR", "scope-missing");
        assert!(reason.contains(if is_reading { "tickets:read" } else { "tickets:write" }), "{reason}");
        ask(&mut neither, &endpoint).await.refusal(403, "AUTHORIZATION_ERROR", "scope-missing");
        let may = if is_reading { &mut reader } else { &mut writer };
        let status = ask(may, &endpoint).await.status;
        assert!([200, 201, 204, 400, 404].contains(&status), "{status}: {endpoint:?}");
        // Whoever may not is told that, whatever they send, and of whatever.
        if !is_reading {
            let answer = reader.send(endpoint.0, &endpoint.1, "{").await;
            answer.refusal(403, "AUTHORIZATION_ERROR", "scope-missing");
        }
    }
    let unknown = format!("{TICKETS}/00000000-0000-4000-8000-000000000000");
    writer.get(&unknown).await.refusal(403, "AUTHORIZATION_ERROR", "scope-missing");
}

#[tokio::test]
async fn requesters_have_nothing_to_do_here() {
    let service = Service::start().await;
    let id = Api::of(&service).await.ticket(&json!({})).await;
    let mut usuario = Api::staff(&service, &service.usuario).await;
    for endpoint in everything(&id) {
        ask(&mut usuario, &endpoint).await.refusal(403, "AUTHORIZATION_ERROR", "forbidden");
    }
}

#[tokio::test]
async fn who_works_an_area_sees_and_changes_its_tickets_and_no_other() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let foreign = api.ticket(&json!({ "tags": [{ "name": "vip" }], "firstAction": { "description": "Ay" } })).await;
    let before = api.show(&foreign).await;
    let mut redes = Api::staff(&service, &service.redes).await;
    for endpoint in of_ticket(&foreign) {
        ask(&mut redes, &endpoint).await.error(403, "AUTHORIZATION_ERROR");
    }
    for label in [text(&before["label"]), "tkt-2026-1".into()] {
        redes.get(&format!("{TICKETS}/{label}")).await.refusal(403, "AUTHORIZATION_ERROR", "foreign-area");
    }
    assert_eq!(api.show(&foreign).await, before);

    let own = service.ticket_of(" redes ").await;
    assert_eq!(redes.list(TICKETS).await.len(), 1);
    let path = format!("{TICKETS}/{}", own.uuid);
    for (method, path, body) in [
        ("GET", path.clone(), None),
        ("GET", format!("{path}/status-changes"), None),
        ("GET", format!("{path}/owner-changes"), None),
        ("GET", format!("{path}/actions"), None),
        ("GET", format!("{path}/tags"), None),
        ("PATCH", format!("{path}/attributes/subject"), Some(json!({ "subject": "Otro" }))),
        ("PATCH", format!("{path}/attributes/urgency"), Some(json!({ "urgency": { "id": 1 } }))),
        ("PATCH", format!("{path}/attributes/status"), Some(json!({ "status": { "id": 3 } }))),
        ("PATCH", format!("{path}/attributes/solution"), Some(json!({ "solutionAt": "2026-04-01T00:00:00Z" }))),
        ("POST", format!("{path}/tags"), Some(json!({ "tag": { "name": "vip" } }))),
    ] {
        let endpoint = (method, path, body);
        let answer = ask(&mut redes, &endpoint).await;
        assert_eq!(answer.status, 200, "{endpoint:?}: {answer}");
    }
    // What is not theirs to do at the desk is not theirs here.
    redes.change(&own.uuid, "category", &json!({ "category": { "name": "Otra" } })).await.refusal(
        403,
        "AUTHORIZATION_ERROR",
        "forbidden",
    );
    redes.change(&own.uuid, "owner", &json!({ "ownerId": service.redes.id })).await.refusal(
        403,
        "AUTHORIZATION_ERROR",
        "forbidden",
    );
    redes.set(&own.uuid, 4).await.ok();
    redes.set(&own.uuid, 2).await.refusal(403, "AUTHORIZATION_ERROR", "forbidden");
    let said = json!({ "type": "PUBLIC", "description": "Otra vez", "status": { "id": 2 } });
    redes.post(&format!("{path}/actions"), &said).await.refusal(403, "AUTHORIZATION_ERROR", "forbidden");
    assert_eq!(redes.show(&own.uuid).await["status"]["id"], 4);
    // That it is archived, or closed, is none of others' business.
    let mut sistemas = Api::staff(&service, &service.sistemas).await;
    let mut admin = service.client(&service.admin).await;
    admin.command(&own, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
    sistemas.set(&own.uuid, 2).await.refusal(403, "AUTHORIZATION_ERROR", "foreign-area");
}

#[tokio::test]
async fn what_is_handed_over_by_who_works_an_area_is_of_that_area() {
    let service = Service::start().await;
    let mut redes = Api::staff(&service, &service.redes).await;
    let answer = redes.post(TICKETS, &json!({ "clients": ["ana@example.com"] })).await;
    assert_eq!(answer.status, 201, "{answer}");
    let made = answer.json();
    assert_eq!((&made["ownerTeam"]["name"], &made["createdById"]), (&json!("REDES"), &json!(service.redes.id)));
    assert_eq!(redes.show(&text(&made["id"])).await, made);
    assert_eq!(made["origin"], "TICKETS_API");
    // Whom a ticket is given to, they do not say.
    redes.post(TICKETS, &json!({ "ownerId": service.redes.id })).await.refusal(403, "AUTHORIZATION_ERROR", "forbidden");
    assert_eq!(redes.list(TICKETS).await.len(), 1);
    let line = service.client(&service.redes).await.last_line(&at_desk(&made)).await;
    assert_eq!((&line["actor_nombre"], &line["actor_rol"]), (&json!("Rita Redes"), &json!("AREA")));
}

#[tokio::test]
async fn staff_act_here_as_themselves() {
    let service = Service::start().await;
    let mut mesa = Api::staff(&service, &service.mesa).await;
    let made = mesa.create(&json!({ "solutionAt": "2026-04-01T00:00:00Z" })).await;
    assert_eq!(
        (&made["createdById"], &made["solutionChangedById"]),
        (&json!(service.mesa.id), &json!(service.mesa.id))
    );
    let id = text(&made["id"]);
    let body = json!({ "subject": "Otro", "updatedById": null });
    assert_eq!(mesa.change(&id, "subject", &body).await.ok(), body);
    mesa.set(&id, 2).await.ok();
    let changes = mesa.of_ticket(&id, "status-changes").await;
    assert_eq!(changes[0]["updatedById"], json!(service.mesa.id));
    let history = service.client(&service.mesa).await.history(&at_desk(&made)).await;
    for line in &history {
        assert_eq!((&line["actor_nombre"], &line["actor_rol"]), (&json!("Mario Mesa"), &json!("MESA")));
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_over_here() {
    let service = Service::start().await;
    let mut redes = Api::staff(&service, &service.redes).await;
    redes.get(TICKETS).await.ok();
    service.deactivate(&service.redes).await;
    redes.get(TICKETS).await.refusal(401, "AUTHENTICATION_ERROR", "invalid-token");
}
