//! Tickets that another system has had for a while keep their dates, and dates are dates.

use serde_json::{Value, json};
use ticketing_core::{Rules, Timestamp, integration::seconds};

use super::{
    api::{Api, CANCELED, CLOSED, IN_ATTENDANCE, NEW, RESOLVED, STOPPED, TICKETS, at_desk, text},
    common::desk::{DAY, MORNING, SECOND, Service},
};

const JANUARY: &str = "2022-01-05T08:00:00.123Z";
const MARCH: &str = "2022-03-05T08:00:00.000Z";
const MAY: &str = "2022-05-23T19:37:59.000Z";

#[tokio::test]
async fn an_imported_ticket_keeps_its_dates() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let form = json!({
        "status": { "id": CLOSED }, "createdAt": JANUARY, "reopenedAt": "2022-02-05T08:00:00Z", "resolvedAt": MARCH,
        "closedAt": "2022-05-23T14:37:59-05:00", "createdById": "u1",
        "firstAction": { "description": "Se cayó", "createdAt": "2022-01-06T08:00:00Z", "createdById": "u2" },
    });
    let made = api.create(&form).await;
    for (member, value) in [
        ("createdAt", JANUARY),
        ("reopenedAt", "2022-02-05T08:00:00.000Z"),
        ("resolvedAt", MARCH),
        ("closedAt", MAY),
        ("createdById", "u1"),
        // Nobody but us has changed it, and the label is the server's.
        ("updatedAt", "2026-03-24T10:15:00.000Z"),
        ("label", "TKT-2026-00001"),
        // Whoever resolves answers.
        ("realResponseAt", MARCH),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    let id = text(&made["id"]);
    assert_eq!(api.show(&id).await, made);
    let actions = api.of_ticket(&id, "actions").await;
    assert_eq!(
        (&actions[0]["createdAt"], &actions[0]["createdById"]),
        (&json!("2022-01-06T08:00:00.000Z"), &json!("u2"))
    );

    let between = |from: &str, until: &str| {
        let instant = |text: &str| Timestamp::parse(text).unwrap();
        seconds(instant(until).since(instant(from)))
    };
    let changes = api.of_ticket(&id, "status-changes").await;
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                text(&change["status"]["type"]),
                text(&change["updatedAt"]),
                change["permanencyTimeFullTime"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("CLOSED".into(), MAY.into(), between(MAY, MORNING)),
            ("RESOLVED".into(), MARCH.into(), between(MARCH, MAY)),
            ("NEW".into(), JANUARY.into(), between(JANUARY, MARCH)),
        ]
    );
    let detail = service.client(&service.mesa).await.detail(&at_desk(&made)).await;
    assert_eq!(detail["ticket"]["creado_en"], "2022-01-05T08:00:00Z");
    assert_eq!(detail["ticket"]["cerrado_en"], "2022-05-23T19:37:59Z");
    assert_eq!(detail["historial"][0]["fecha"], "2026-03-24T10:15:00Z");
}

#[tokio::test]
async fn a_date_belongs_to_a_status() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let fits = [
        ("resolvedAt", &[RESOLVED, CLOSED][..]),
        ("closedAt", &[CLOSED]),
        ("reopenedAt", &[NEW, IN_ATTENDANCE, STOPPED, RESOLVED, CLOSED]),
    ];
    for (member, statuses) in fits {
        for status in 1..=6 {
            let form = json!({ "status": { "id": status }, "createdAt": JANUARY, member: MARCH });
            let answer = api.post(TICKETS, &form).await;
            if statuses.contains(&status) {
                assert_eq!((answer.status, &answer.json()[member]), (201, &json!(MARCH)), "{answer}");
                let id = text(&answer.json()["id"]);
                let sum: f64 = api
                    .of_ticket(&id, "status-changes")
                    .await
                    .iter()
                    .map(|change| change["permanencyTimeFullTime"].as_f64().unwrap())
                    .sum();
                let age = Timestamp::parse(MORNING).unwrap().since(Timestamp::parse(JANUARY).unwrap());
                assert!((sum - seconds(age)).abs() < 0.001, "{member} {status}");
            } else {
                answer.is_invalid(&[(member, "not-of-status")]);
            }
        }
        // A ticket is new where nobody says otherwise.
        let answer = api.post(TICKETS, &json!({ "createdAt": JANUARY, member: MARCH })).await;
        assert_eq!(answer.status == 201, statuses.contains(&NEW), "{answer}");
    }
    // Where nothing is said of when, it is now.
    for (status, member) in [(RESOLVED, "resolvedAt"), (CLOSED, "closedAt")] {
        let made = api.create(&json!({ "status": { "id": status }, "createdAt": JANUARY })).await;
        assert_eq!(made[member], "2026-03-24T10:15:00.000Z");
    }
    let made = api.create(&json!({ "status": { "id": CANCELED }, "createdAt": JANUARY })).await;
    assert_eq!((&made["resolvedAt"], &made["closedAt"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn dates_stand_in_the_order_in_which_things_happen() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let closed = |dates: Value| {
        let mut form = json!({ "status": { "id": CLOSED } });
        for (member, date) in dates.as_object().unwrap() {
            form[member] = date.clone();
        }
        form
    };
    for (dates, path) in [
        (json!({ "createdAt": MARCH, "resolvedAt": JANUARY }), "resolvedAt"),
        (json!({ "createdAt": MARCH, "closedAt": JANUARY }), "closedAt"),
        (json!({ "createdAt": MARCH, "reopenedAt": JANUARY }), "reopenedAt"),
        (json!({ "createdAt": JANUARY, "resolvedAt": MAY, "closedAt": MARCH }), "closedAt"),
        (json!({ "createdAt": JANUARY, "reopenedAt": MAY, "resolvedAt": MARCH }), "resolvedAt"),
        (json!({ "firstAction": { "createdAt": MARCH }, "resolvedAt": JANUARY }), "resolvedAt"),
    ] {
        api.post(TICKETS, &closed(dates)).await.is_invalid(&[(path, "out-of-order")]);
    }
    api.create(&closed(json!({ "createdAt": MAY, "resolvedAt": MAY, "closedAt": MAY }))).await;
    // Where nobody says when it came to be, it did before whatever became of it.
    let made = api.create(&closed(json!({ "resolvedAt": MARCH, "closedAt": MAY }))).await;
    assert_eq!((&made["createdAt"], &made["resolvedAt"]), (&json!(MARCH), &json!(MARCH)));
    let made = api.create(&closed(json!({ "firstAction": { "createdAt": JANUARY }, "closedAt": MAY }))).await;
    assert_eq!((&made["createdAt"], &made["closedAt"]), (&json!(JANUARY), &json!(MAY)));
}

#[tokio::test]
async fn what_is_still_to_come_has_not_happened() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let now = Timestamp::parse(MORNING).unwrap();
    let in_millis = |millis: i64| Timestamp::from_unix_millis(now.unix_millis() + millis).unwrap().to_string();
    for member in ["createdAt", "resolvedAt", "closedAt", "reopenedAt"] {
        for date in [in_millis(5 * SECOND + 1), in_millis(DAY), "9999-12-31T23:59:59.999Z".to_owned()] {
            let form = json!({ "status": { "id": CLOSED }, "createdAt": JANUARY, member: date });
            api.post(TICKETS, &form).await.is_invalid(&[(member, "in-future")]);
        }
        // Clocks differ a little: that is now.
        let form = json!({ "status": { "id": CLOSED }, "createdAt": JANUARY, member: in_millis(5 * SECOND) });
        assert_eq!(api.create(&form).await[member], now.to_string(), "{member}");
    }
    let first = |date: String| json!({ "firstAction": { "description": "x", "createdAt": date } });
    api.post(TICKETS, &first(in_millis(DAY))).await.is_invalid(&[("firstAction.createdAt", "in-future")]);
    // It may be due whenever it is.
    for date in ["1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"] {
        assert_eq!(api.create(&json!({ "solutionAt": date })).await["solutionAt"], date);
    }
}

#[tokio::test]
async fn what_is_no_instant_is_no_date() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    for date in [
        "",
        " ",
        "x",
        "0",
        "2022",
        "2022-05-23",
        "2022-05-23T19:37:59",
        "2022-02-30T00:00:00Z",
        "2022-05-23T24:00:00Z",
        "2022-05-23T19:37:59.000",
        "1969-12-31T23:59:59Z",
        "10000-01-01T00:00:00Z",
        "2022-05-23T19:37Z",
        "-2022-05-23T19:37:59Z",
    ] {
        for member in ["createdAt", "solutionAt"] {
            api.post(TICKETS, &json!({ member: date })).await.is_invalid(&[(member, "invalid-date")]);
        }
    }
    for date in
        [" 2022-05-23T19:37:59.000Z ", "2022-05-23t19:37:59z", "2022-05-23T19:37:59.0009999Z", "2022-05-23 19:37:59Z"]
    {
        assert_eq!(api.create(&json!({ "createdAt": date })).await["createdAt"], MAY, "{date}");
    }
    // A leap second is the one after it.
    assert_eq!(api.post(TICKETS, &json!({ "createdAt": "2016-12-31T23:59:60Z" })).await.status, 201);
}

/// Clocks begin when the ticket came to be; what was up before it was handed over alarms nobody.
#[tokio::test]
async fn clocks_begin_when_an_imported_ticket_came_to_be() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let urgencies = api.get("/v2/urgencies").await.ok();
    let urgency = urgencies.as_array().unwrap().iter().find(|urgency| urgency["name"] == "ALTA").unwrap();
    // Four hours from nine are over at one.
    let form = json!({ "urgency": urgency, "createdAt": "2026-03-24T09:00:00Z" });
    let made = api.create(&form).await;
    assert_eq!((&made["solutionAt"], &made["solutionTime"]), (&json!("2026-03-24T13:00:00.000Z"), &json!(240)));

    let late = api.create(&json!({ "urgency": urgency, "createdAt": MAY })).await;
    assert_eq!(late["solutionAt"], "2022-05-23T23:37:59.000Z");
    let mut mesa = service.client(&service.mesa).await;
    let desk = mesa.detail(&at_desk(&late)).await;
    assert_eq!((&desk["ticket"]["sla_vencido"], desk["historial"].as_array().unwrap().len()), (&json!(true), 1));
    service.engine.keep_time().await.unwrap();
    let stored = service.engine.history(at_desk(&late).id()).await.unwrap();
    assert_eq!(stored.len(), 1, "no alarm: {stored:?}");
    // What is up later alarms.
    service.pass(4 * super::common::desk::HOUR);
    service.engine.keep_time().await.unwrap();
    assert_eq!(service.engine.history(at_desk(&late).id()).await.unwrap().len(), 1);
    let stored = service.engine.history(at_desk(&made).id()).await.unwrap();
    assert!(stored.len() > 1 && stored[1..].iter().all(|new| new.event.action.is_of_clocks()), "{stored:?}");
}

const OFFICE: &str = r#"{
    "calendario": "oficina",
    "calendarios": { "oficina": { "semana": {
        "lun": [["08:00", "16:00"]], "mar": [["08:00", "16:00"]], "mie": [["08:00", "16:00"]], "jue": [["08:00", "16:00"]]
    } } },
    "sla": { "politicas": [{ "id": 7, "nombre": "Oficina",
        "primeraRespuesta": { "otras": "90m", "calendario": "oficina" },
        "resolucion": { "otras": "2bd", "calendario": "oficina", "escalar": [{ "al": 100, "area": "SISTEMAS" }] }
    }] }
}"#;

/// Working time is counted in a calendar, as far as there is one.
#[tokio::test]
async fn an_imported_ticket_of_any_age_has_its_clocks() {
    let service = Service::start().await;
    service.engine.apply_rules(Rules::from_json(OFFICE).unwrap()).await.unwrap();
    let mut api = Api::of(&service).await;
    // A Tuesday, at a quarter past ten.
    let made = api.create(&json!({})).await;
    for (member, value) in [
        ("responseTime", json!(90)),
        ("responseAt", json!("2026-03-24T11:45:00.000Z")),
        ("solutionTime", json!(1440 - 135)),
        ("solutionAt", json!("2026-03-26T16:00:00.000Z")),
        ("agreement", json!({ "id": 7, "name": "Oficina", "rule": "primeraRespuesta=90m; resolucion=2bd" })),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    for created_at in
        ["1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00.000Z", "2026-03-23T15:00:00.000Z"]
    {
        let made = api.create(&json!({ "createdAt": created_at })).await;
        assert_eq!(made["createdAt"], created_at);
        let id = text(&made["id"]);
        service.engine.keep_time().await.unwrap();
        let shown = api.show(&id).await;
        assert_eq!((&shown["ownerTeam"]["name"], &shown["status"]["id"]), (&json!("MESA DE AYUDA"), &json!(NEW)));
        let change = &api.of_ticket(&id, "status-changes").await[0];
        let age = Timestamp::parse(MORNING).unwrap().since(Timestamp::parse(created_at).unwrap());
        assert!((change["permanencyTimeFullTime"].as_f64().unwrap() - seconds(age)).abs() < 0.001);
        let working = change["permanencyTimeWorkingTime"].as_f64().unwrap();
        assert!(working > 0.0 && working < seconds(age), "{created_at}: {working}");
    }
    // An hour on Monday, and two and a quarter on Tuesday.
    let change = &api.list(&format!("{TICKETS}?size=1")).await[0];
    let change = &api.of_ticket(&text(&change["id"]), "status-changes").await[0];
    assert_eq!(change["permanencyTimeWorkingTime"], 3.25 * 3600.0);
}
