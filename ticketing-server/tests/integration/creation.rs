//! What is wrong with a ticket that another system hands over is told by its path.

use serde_json::{Value, json};
use ticketing_core::integration::ReferenceKind;

use super::{
    api::{Api, TICKETS, offer, status, text},
    common::desk::Service,
};

/// A value of each type of JSON, but for null.
fn values() -> [(&'static str, Value); 5] {
    [
        ("string", json!("x")),
        ("integer", json!(7)),
        ("boolean", json!(true)),
        ("array", json!(["x"])),
        ("object", json!({ "x": 1 })),
    ]
}

#[tokio::test]
async fn a_member_of_the_wrong_type_is_refused_by_its_path() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let members = [
        ("type", "string"),
        ("subject", "string"),
        ("cc", "array"),
        ("clients", "array"),
        ("ownerId", "string"),
        ("category", "object"),
        ("urgency", "object"),
        ("service", "object"),
        ("justification", "object"),
        ("status", "object"),
        ("tags", "array"),
        ("createdAt", "string"),
        ("resolvedAt", "string"),
        ("reopenedAt", "string"),
        ("closedAt", "string"),
        ("solutionAt", "string"),
        ("createdById", "string"),
        ("firstAction", "object"),
    ];
    for (member, wanted) in members {
        for (kind, value) in values() {
            if kind != wanted {
                api.post(TICKETS, &json!({ member: value })).await.is_invalid(&[(member, "wrong-type")]);
            }
        }
    }
    for member in ["type", "description", "createdAt", "createdById"] {
        for value in [json!(7), json!({}), json!([]), json!(false)] {
            let path = format!("firstAction.{member}");
            api.post(TICKETS, &json!({ "firstAction": { member: value } })).await.is_invalid(&[(&path, "wrong-type")]);
        }
    }
    for list in ["cc", "clients"] {
        for value in [json!([7]), json!(["a", null]), json!([["a"]]), json!([{}])] {
            api.post(TICKETS, &json!({ list: value })).await.is_invalid(&[(list, "wrong-type")]);
        }
        api.post(TICKETS, &json!({ list: ["a", " "] })).await.is_invalid(&[(list, "too-short")]);
        api.post(TICKETS, &json!({ list: vec!["a"; 101] })).await.is_invalid(&[(list, "too-many")]);
        api.post(TICKETS, &json!({ list: ["a\nb"] })).await.is_invalid(&[(list, "control-character")]);
        api.post(TICKETS, &json!({ list: ["x".repeat(501)] })).await.is_invalid(&[(list, "too-long")]);
    }
    assert_eq!(api.list(TICKETS).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_reference_is_an_id_that_is_there() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    offer(&service, ReferenceKind::Service, "Correo").await;
    for member in ["category", "urgency", "service", "justification", "status"] {
        let path = format!("{member}.id");
        for id in ["1e0", "\"1\"", "true", "[]", "{}", "1.5", "1e999"] {
            let body = format!("{{\"{member}\": {{\"id\": {id}}}}}");
            api.send("POST", TICKETS, body).await.is_invalid(&[(&path, "wrong-type")]);
        }
        for id in
            ["0", "-1", "-0", "2147483647", "2147483648", "4294967296", "4294967297", "18446744073709551616", "999"]
        {
            let body = format!("{{\"{member}\": {{\"id\": {id}}}}}");
            api.send("POST", TICKETS, body).await.is_invalid(&[(&path, "unknown-reference")]);
        }
        // A list is handed over as it is; one that is long enough is only malformed.
        let endless = "9".repeat(100_000);
        let body = format!("{{\"{member}\": {{\"id\": {endless}}}}}");
        api.send("POST", TICKETS, body).await.is_invalid(&[(&path, "unknown-reference")]);
        let repeated = format!("{{\"{member}\": {{\"id\": 1, \"id\": 1}}}}");
        api.send("POST", TICKETS, repeated).await.is_invalid(&[(&path, "repeated")]);
    }
    // Its own kind's: that there is a service 1 makes it no justification.
    api.post(TICKETS, &json!({ "justification": { "id": 1 } }))
        .await
        .is_invalid(&[("justification.id", "unknown-reference")]);
    for member in ["urgency", "service", "justification"] {
        let path = format!("{member}.id");
        // Only categories and tags come to be by their names.
        api.post(TICKETS, &json!({ member: { "name": "Correo" } })).await.is_invalid(&[(&path, "required")]);
        api.post(TICKETS, &json!({ member: {} })).await.is_invalid(&[(&path, "required")]);
        api.post(TICKETS, &json!({ member: { "id": null } })).await.is_invalid(&[(&path, "required")]);
    }
    api.post(TICKETS, &json!({ "status": {} })).await.is_invalid(&[("status.id", "required")]);
    api.post(TICKETS, &json!({ "status": { "name": "NEW" } })).await.is_invalid(&[("status.id", "required")]);
    api.post(TICKETS, &json!({ "status": null })).await.is_invalid(&[("status", "wrong-type")]);
    api.post(TICKETS, &json!({ "category": {} })).await.is_invalid(&[("category.id", "required")]);
    api.post(TICKETS, &json!({ "category": { "name": null } })).await.is_invalid(&[("category.id", "required")]);
    for (name, code) in [
        (json!(""), "required"),
        (json!(" \t"), "required"),
        (json!(7), "wrong-type"),
        (json!("x".repeat(101)), "too-long"),
        (json!("a\nb"), "control-character"),
    ] {
        api.post(TICKETS, &json!({ "category": { "name": name } })).await.is_invalid(&[("category.name", code)]);
        api.post(TICKETS, &json!({ "tags": [{ "name": name }] })).await.is_invalid(&[("tags.name", code)]);
    }
    // A category has the limits that it has at the desk.
    api.post(TICKETS, &json!({ "category": { "name": "x" } })).await.is_invalid(&[("category.name", "too-short")]);
    assert_eq!(api.get("/v2/categories").await.ok(), json!([]));

    api.post(TICKETS, &json!({ "tags": ["vip"] })).await.is_invalid(&[("tags", "wrong-type")]);
    api.post(TICKETS, &json!({ "tags": [null] })).await.is_invalid(&[("tags", "wrong-type")]);
    api.post(TICKETS, &json!({ "tags": [{}] })).await.is_invalid(&[("tags.id", "required")]);
    api.post(TICKETS, &json!({ "tags": [{ "id": "1" }] })).await.is_invalid(&[("tags.id", "wrong-type")]);
    api.post(TICKETS, &json!({ "tags": [{ "name": "vip" }, { "id": 7 }] }))
        .await
        .is_invalid(&[("tags", "unknown-reference")]);
    let many: Vec<_> = (0..101).map(|tag| json!({ "name": format!("t{tag}") })).collect();
    api.post(TICKETS, &json!({ "tags": many })).await.is_invalid(&[("tags", "too-many")]);
    assert_eq!(api.get("/v2/tags").await.ok(), json!([]), "nothing is made of what is refused");
}

#[tokio::test]
async fn texts_have_their_limits() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    api.post(TICKETS, &json!({ "type": "public" })).await.is_invalid(&[("type", "unknown-value")]);
    api.post(TICKETS, &json!({ "type": "" })).await.is_invalid(&[("type", "unknown-value")]);
    let private = json!({ "firstAction": { "type": "PRIVATE" } });
    api.post(TICKETS, &private).await.is_invalid(&[("firstAction.type", "unknown-value")]);
    let crab = "🦀".repeat(200);
    assert_eq!(api.create(&json!({ "subject": format!(" {crab} ") })).await["subject"], crab);
    api.post(TICKETS, &json!({ "subject": "x".repeat(201) })).await.is_invalid(&[("subject", "too-long")]);
    api.post(TICKETS, &json!({ "subject": "a\nb" })).await.is_invalid(&[("subject", "control-character")]);
    api.post(TICKETS, &json!({ "subject": "a\u{0}b" })).await.is_invalid(&[("subject", "control-character")]);
    api.send("POST", TICKETS, r#"{"subject": "a\ud800"}"#).await.is_invalid(&[("subject", "invalid-unicode")]);
    assert_eq!(api.create(&json!({ "subject": " \t " })).await["subject"], "(sin asunto)");

    let behalf = "ñ".repeat(100);
    assert_eq!(api.create(&json!({ "createdById": behalf })).await["createdById"], behalf);
    api.post(TICKETS, &json!({ "createdById": "x".repeat(101) })).await.is_invalid(&[("createdById", "too-long")]);
    let first = |member: &str, value: Value| json!({ "firstAction": { member: value } });
    let path = "firstAction.createdById";
    api.post(TICKETS, &first("createdById", json!("x".repeat(101)))).await.is_invalid(&[(path, "too-long")]);
    let path = "firstAction.description";
    api.post(TICKETS, &first("description", json!("x".repeat(100_001)))).await.is_invalid(&[(path, "too-long")]);
    api.post(TICKETS, &first("description", json!("a\u{7}"))).await.is_invalid(&[(path, "control-character")]);
    let long = "ñ".repeat(100_000);
    let id = api.ticket(&first("description", json!(long))).await;
    assert_eq!(api.of_ticket(&id, "actions").await[0]["description"], long);
    // Nothing that is said first is nothing.
    for nothing in [json!({}), json!({ "description": " " }), json!({ "type": "INTERNAL", "createdById": "x" })] {
        let id = api.ticket(&json!({ "firstAction": nothing })).await;
        assert_eq!(api.of_ticket(&id, "actions").await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn an_owner_is_an_active_agent() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let gone = service.enter("Gonzalo Ido", "MESA", None).await;
    service.deactivate(&gone).await;
    let refused = ["x", "", "7", "00000000-0000-4000-8000-000000000000"].map(str::to_owned);
    let others = [&gone, &service.usuario, &service.redes].map(|person| person.id.to_string());
    for owner in refused.iter().chain(&others) {
        api.post(TICKETS, &json!({ "ownerId": owner })).await.is_invalid(&[("ownerId", "unavailable-agent")]);
    }
    for person in [&service.mesa, &service.admin] {
        let made = api.create(&json!({ "ownerId": person.id.to_string().to_uppercase() })).await;
        assert_eq!((&made["ownerId"], &made["ownerTeam"]), (&json!(person.id), &Value::Null));
        // A ticket comes as it comes: nobody has begun to work it.
        assert_eq!(made["status"], status(1));
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_in_the_caller_s_language() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let form = json!({
        "type": "x", "subject": 7, "cc": {}, "clients": [7], "ownerId": [], "category": { "id": "x" },
        "urgency": "ALTA", "service": { "name": "x" }, "justification": [], "status": { "id": 9 },
        "tags": [{ "id": false }, 7], "createdAt": "ayer", "resolvedAt": "2027-01-01T00:00:00Z", "closedAt": 7,
        "solutionAt": "", "createdById": 7,
        "firstAction": { "type": 7, "description": {}, "createdAt": "2026-03-24", "createdById": "x".repeat(101) },
    });
    api.post(TICKETS, &form).await.is_invalid(&[
        ("type", "unknown-value"),
        ("subject", "wrong-type"),
        ("cc", "wrong-type"),
        ("clients", "wrong-type"),
        ("ownerId", "wrong-type"),
        ("category.id", "wrong-type"),
        ("urgency", "wrong-type"),
        ("service.id", "required"),
        ("justification", "wrong-type"),
        ("status.id", "unknown-reference"),
        ("tags.id", "wrong-type"),
        ("tags", "wrong-type"),
        ("createdAt", "invalid-date"),
        ("resolvedAt", "in-future"),
        ("closedAt", "wrong-type"),
        ("solutionAt", "invalid-date"),
        ("createdById", "wrong-type"),
        ("firstAction.type", "wrong-type"),
        ("firstAction.description", "wrong-type"),
        ("firstAction.createdAt", "invalid-date"),
        ("firstAction.createdById", "too-long"),
    ]);
    // What can be told only when it is known what is meant is told at once, too.
    let form = json!({
        "category": { "id": 7 }, "urgency": { "id": 70 }, "service": { "id": 7 }, "tags": [{ "id": 7 }, { "id": 8 }],
        "ownerId": service.usuario.id,
    });
    api.post(TICKETS, &form).await.is_invalid(&[
        ("category.id", "unknown-reference"),
        ("urgency.id", "unknown-reference"),
        ("service.id", "unknown-reference"),
        ("tags", "unknown-reference"),
        ("ownerId", "unavailable-agent"),
    ]);
    let said = async |api: &mut Api, language: &str| {
        let request = super::api::request("POST", TICKETS, r#"{"subject": 7}"#).header("Accept-Language", language);
        let answer = api.ask(request).await;
        assert_eq!(answer.header("content-language"), Some(language));
        text(&answer.error(400, "VALIDATION_ERROR")["details"][0]["message"])
    };
    let told = [said(&mut api, "es").await, said(&mut api, "en").await, said(&mut api, "pt").await];
    assert!(told[0] != told[1] && told[1] != told[2] && told[0] != told[2], "{told:?}");
    assert_eq!(api.list(TICKETS).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_priority_that_the_rules_do_not_take_is_none() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let rare = offer(&service, ReferenceKind::Urgency, "un nombre que es demasiado largo").await;
    api.post(TICKETS, &json!({ "urgency": rare })).await.is_invalid(&[("urgency.id", "too-long")]);
    let id = api.ticket(&json!({})).await;
    api.change(&id, "urgency", &json!({ "urgency": rare })).await.is_invalid(&[("urgency.id", "too-long")]);
}
