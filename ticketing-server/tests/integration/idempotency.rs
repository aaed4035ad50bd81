//! A ticket that is handed over twice with one key is handed over once.

use serde_json::{Value, json};
use ticketing_core::{ticket::ActorId, user::UserPatch};
use ticketing_server::Authority;
use tokio::task::JoinSet;

use super::{
    api::{Api, TICKETS, request, text},
    common::{
        desk::{DAY, HOUR, Service},
        http::{Answer, Request},
        seed,
    },
};

fn keyed(key: &str, body: &Value) -> Request {
    request("POST", TICKETS, body.to_string()).header("Idempotency-Key", key)
}

async fn hand_over(api: &mut Api, key: &str, body: &Value) -> Answer {
    api.ask(keyed(key, body)).await
}

#[tokio::test]
async fn the_same_again_is_the_same_ticket() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let form = json!({ "subject": "Una vez", "tags": [{ "name": "vip" }] });
    let first = hand_over(&mut api, "k1", &form).await;
    assert_eq!(first.status, 201, "{first}");
    service.pass(23 * HOUR);
    for _ in 0..2 {
        let again = hand_over(&mut api, "k1", &form).await;
        assert_eq!((again.status, again.header("location")), (201, first.header("location")));
        assert_eq!(again.json(), first.json());
    }
    assert_eq!(api.list(TICKETS).await.len(), 1);
    // Another body is another request, were it to the letter.
    for other in
        [json!({ "subject": "Otra vez" }), json!({}), json!({ "tags": [{ "name": "vip" }], "subject": "Una  vez" })]
    {
        hand_over(&mut api, "k1", &other).await.refusal(422, "IDEMPOTENCY_MISMATCH", "idempotency-key-reused");
    }
    // What is no ticket is told what is wrong with it, and uses no key.
    hand_over(&mut api, "k2", &json!({ "subject": 7 })).await.is_invalid(&[("subject", "wrong-type")]);
    assert_eq!(hand_over(&mut api, "k2", &form).await.status, 201);
    // A day later it is forgotten.
    service.pass(2 * HOUR);
    assert_ne!(hand_over(&mut api, "k1", &form).await.json()["id"], first.json()["id"]);
    for key in ["", "ñ", "a b", &"x".repeat(256)] {
        let answer = hand_over(&mut api, key, &form).await;
        answer.is_invalid(&[("Idempotency-Key", "invalid-header")]);
    }
    let twice = keyed("k3", &form).header("Idempotency-Key", "k4");
    api.ask(twice).await.is_invalid(&[("Idempotency-Key", "invalid-header")]);
}

#[tokio::test]
async fn a_key_is_its_token_s_and_this_endpoint_s() {
    let service = Service::start().await;
    let mut one = Api::of(&service).await;
    let mut other = Api::named(&service, "otro", &["tickets:read", "tickets:write"]).await;
    let mut mesa = Api::staff(&service, &service.mesa).await;
    let form = json!({ "subject": "Una vez" });
    let mut ids = Vec::new();
    for api in [&mut one, &mut other, &mut mesa] {
        ids.push(text(&hand_over(api, "k", &form).await.json()["id"]));
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    assert_eq!(hand_over(&mut one, "k", &form).await.json()["id"], ids[0]);
    // The desk's own form is another request.
    let mut desk = service.client(&service.mesa).await;
    let request = Request::post("/api/tickets/crear", seed().to_string()).header("Idempotency-Key", "k");
    desk.ask(request).await.problem(422, "idempotency-key-reused");
}

/// What would be refused now was done before.
#[tokio::test]
async fn what_was_done_is_answered_also_where_it_would_be_refused_by_now() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let agent = service.enter("Gabriela Gira", "MESA", None).await;
    let form = json!({ "ownerId": agent.id, "category": { "name": "Redes" } });
    let first = hand_over(&mut api, "k", &form).await.json();
    service.deactivate(&agent).await;
    let again = hand_over(&mut api, "k", &form).await;
    assert_eq!((again.status, &again.json()["id"]), (201, &first["id"]), "{again}");
    hand_over(&mut api, "k2", &form).await.is_invalid(&[("ownerId", "unavailable-agent")]);
    hand_over(&mut api, "k", &json!({ "ownerId": agent.id })).await.refusal(
        422,
        "IDEMPOTENCY_MISMATCH",
        "idempotency-key-reused",
    );

    let made = hand_over(&mut api, "k3", &json!({ "ownerId": service.redes.id })).await;
    made.is_invalid(&[("ownerId", "unavailable-agent")]);
    let everywhere = UserPatch::from_json(br#"{"rol": "MESA"}"#).unwrap();
    service.engine.change_user(ActorId(service.redes.id), everywhere, &Authority::Operator).await.unwrap();
    assert_eq!(hand_over(&mut api, "k3", &json!({ "ownerId": service.redes.id })).await.status, 201);
    service.pass(DAY);
}

#[tokio::test]
async fn many_at_once_with_one_key_hand_over_one_ticket() {
    let service = Service::start().await;
    let api = Api::of(&service).await;
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let mut api = api.again(&service).await;
        tasks.spawn(async move { hand_over(&mut api, "k", &json!({ "subject": "Una vez" })).await });
    }
    let mut ids = Vec::new();
    for answer in tasks.join_all().await {
        if answer.status == 201 {
            ids.push(text(&answer.json()["id"]));
        } else {
            answer.refusal(409, "DUPLICATED", "idempotency-key-in-flight");
        }
    }
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]));
    assert_eq!(api.again(&service).await.list(TICKETS).await.len(), 1);
}

/// Whoever got no answer says it again, and the requester reads it once.
#[tokio::test]
async fn what_is_said_twice_with_one_key_is_said_once() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let created = api.post(TICKETS, &json!({ "clients": ["ana@example.com"] })).await.json();
    let actions = |ticket: &Value| format!("{TICKETS}/{}/actions", ticket.as_str().unwrap());
    let say = |path: String, body: &Value| request("POST", &path, body.to_string()).header("Idempotency-Key", "k");
    let (by_id, by_label) = (actions(&created["id"]), actions(&created["label"]));
    let body = json!({ "type": "PUBLIC", "description": "Reinicie el equipo.", "status": { "id": 4 } });
    let first = api.ask(say(by_id.clone(), &body)).await;
    assert_eq!(first.status, 201, "{first}");
    // The lifecycle would refuse it by now.
    let closed = json!({ "status": { "id": 5 } });
    api.patch(&format!("{TICKETS}/{}/attributes/status", text(&created["id"])), &closed).await;
    for path in [&by_id, &by_label] {
        let again = api.ask(say(path.clone(), &body)).await;
        assert_eq!((again.status, again.header("location")), (201, first.header("location")), "{again}");
        assert_eq!(again.json(), first.json());
    }
    assert_eq!(api.list(&by_id).await.len(), 1);

    let other = json!({ "type": "PUBLIC", "description": "Reinicie otra vez." });
    api.ask(say(by_id.clone(), &other)).await.refusal(422, "IDEMPOTENCY_MISMATCH", "idempotency-key-reused");
    let another = api.post(TICKETS, &json!({})).await.json();
    let elsewhere = api.ask(say(actions(&another["id"]), &body)).await;
    elsewhere.refusal(422, "IDEMPOTENCY_MISMATCH", "idempotency-key-reused");
    let invalid = request("POST", &by_id, body.to_string()).header("Idempotency-Key", "ñ");
    api.ask(invalid).await.is_invalid(&[("Idempotency-Key", "invalid-header")]);
}
