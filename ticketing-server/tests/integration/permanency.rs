//! How long a ticket stayed as it was, in seconds.

use serde_json::{Value, json};
use ticketing_core::{Timestamp, integration::seconds};

use super::{
    api::{Api, at_desk, status, text},
    common::desk::{DAY, HOUR, MINUTE, SECOND, Service},
};

fn full(change: &Value) -> f64 {
    let full = change["permanencyTimeFullTime"].as_f64().unwrap_or_else(|| panic!("{change}"));
    let working = change["permanencyTimeWorkingTime"].as_f64().unwrap_or_else(|| panic!("{change}"));
    assert!(working >= 0.0 && working <= full, "{change}");
    full
}

#[tokio::test]
async fn each_status_is_told_with_how_long_it_lasted_and_the_last_one_goes_on() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({ "createdById": "u1" })).await;
    assert_eq!(
        api.of_ticket(&id, "status-changes").await,
        [json!({
            "status": status(1), "justification": null, "permanencyTimeFullTime": 0.0, "permanencyTimeWorkingTime": 0.0,
            "updatedById": "u1", "updatedAt": "2026-03-24T10:15:00.000Z",
        })]
    );
    service.pass(90 * SECOND + 500);
    let body = json!({ "status": { "id": 2 }, "updatedById": "u2" });
    api.change(&id, "status", &body).await.ok();
    service.pass(2 * HOUR);
    // Nothing that is done meanwhile ends a status.
    api.change(&id, "subject", &json!({ "subject": "Otro", "updatedById": "u3" })).await.ok();
    service.pass(DAY);
    api.set(&id, 4).await.ok();
    service.pass(MINUTE);
    let changes = api.of_ticket(&id, "status-changes").await;
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change["status"]["id"].clone(), full(change), change["updatedById"].clone()))
        .collect();
    let hours = f64::from(26 * 3600);
    assert_eq!(told, [(json!(4), 60.0, Value::Null), (json!(2), hours, json!("u2")), (json!(1), 90.5, json!("u1"))]);
    service.pass(MINUTE);
    assert!((full(&api.of_ticket(&id, "status-changes").await[0]) - 120.0).abs() < 0.001);
}

#[tokio::test]
async fn an_owner_is_told_who_was_before() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let ticket = service.ticket_of("REDES").await;
    assert_eq!(api.of_ticket(&ticket.uuid, "owner-changes").await, [] as [Value; 0]);
    let team = api.show(&ticket.uuid).await["ownerTeam"].clone();
    assert_eq!(team["name"], "REDES");
    service.pass(MINUTE);
    let mine = json!({ "ownerId": service.redes.id, "updatedById": "u1" });
    api.change(&ticket.uuid, "owner", &mine).await.ok();
    service.pass(2 * MINUTE);
    let form = json!({ "nuevaArea": "SISTEMAS", "agenteId": service.sistemas.id, "motivo": "Es de ellos" });
    service.client(&service.mesa).await.command(&ticket, "transferir", &form).await.ok();
    service.pass(3 * MINUTE);
    let changes = api.of_ticket(&ticket.uuid, "owner-changes").await;
    let row = |owner: Value, team: &Value, seconds: f64, by: Value, at: &str| {
        json!({
            "ownerId": owner, "ownerTeam": team, "permanencyTimeFullTime": seconds,
            "permanencyTimeWorkingTime": seconds, "updatedById": by, "updatedAt": at,
        })
    };
    assert_eq!(
        changes,
        [
            row(json!(service.redes.id), &Value::Null, 120.0, json!(service.mesa.id), "2026-03-24T10:18:00.000Z"),
            row(Value::Null, &team, 60.0, json!("u1"), "2026-03-24T10:16:00.000Z"),
        ]
    );
}

/// Whatever becomes of a ticket, here and at the desk, its statuses come to its age.
#[tokio::test]
async fn the_statuses_of_a_ticket_come_to_its_age() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let mut mesa = service.client(&service.mesa).await;
    let form =
        json!({ "createdAt": "2026-02-01T00:00:00.007Z", "reopenedAt": "2026-02-03T00:00:00Z", "status": { "id": 3 } });
    let made = api.create(&form).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    for step in 0..20_u32 {
        service.pass(i64::from(step) * 1_234_567);
        match step % 5 {
            0 => drop(api.set(&id, 2).await),
            1 => drop(mesa.command(&ticket, "actualizar", &json!({ "estado": "RESUELTO" })).await),
            2 => drop(mesa.command(&ticket, "reabrir", &json!({ "motivo": "No está" })).await),
            3 => drop(mesa.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await),
            _ => {
                let mut admin = service.client(&service.admin).await;
                drop(admin.command(&ticket, "desarchivar", &json!({ "motivo": "No" })).await);
            }
        }
        let changes = api.of_ticket(&id, "status-changes").await;
        let age = service.engine.now().since(Timestamp::parse("2026-02-01T00:00:00.007Z").unwrap());
        let sum: f64 = changes.iter().map(full).sum();
        assert!((sum - seconds(age)).abs() < 0.001, "{sum} {age}: {changes:?}");
        let current = api.show(&id).await["status"].clone();
        assert_eq!(changes[0]["status"], current);
    }
}
