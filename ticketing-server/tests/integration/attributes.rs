//! One attribute at a time: what is answered, what the desk sees of it, and what is refused.

use serde_json::{Value, json};
use ticketing_core::integration::ReferenceKind;

use super::{
    api::{Api, CANCELED, RESOLVED, at_desk, attribute_of, offer, status, text},
    common::desk::{HOUR, MINUTE, Service},
};

#[tokio::test]
async fn each_attribute_is_changed_answered_and_recorded_with_its_name() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let mut mesa = service.client(&service.mesa).await;
    let correo = offer(&service, ReferenceKind::Service, "Correo").await;
    let urgencies = api.get("/v2/urgencies").await.ok();
    let urgency = &urgencies[0];
    let made = api.create(&json!({ "clients": ["ana@example.com"] })).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    let category = json!({ "id": 1, "name": "Redes" });
    let rows = [
        ("category", json!({ "category": { "name": "Redes" } }), json!({ "category": category }), "categoria"),
        ("urgency", json!({ "urgency": { "id": urgency["id"] } }), json!({ "urgency": urgency }), "prioridad"),
        ("service", json!({ "service": { "id": 1 } }), json!({ "service": correo }), "service"),
        (
            "clients",
            json!({ "clients": [" b ", "a@b", "a@b"] }),
            json!({ "clients": [" b ", "a@b", "a@b"] }),
            "clients",
        ),
        ("owner", json!({ "ownerId": service.mesa.id }), json!({ "ownerId": service.mesa.id }), "agente"),
        ("subject", json!({ "subject": " Otro " }), json!({ "subject": "Otro" }), "asunto"),
        ("type", json!({ "type": "INTERNAL" }), json!({ "type": "INTERNAL" }), "type"),
        (
            "solution",
            json!({ "solutionAt": "2026-04-01T07:00:00+02:00" }),
            json!({ "solutionAt": "2026-04-01T05:00:00.000Z" }),
            "fecha_limite_sla",
        ),
    ];
    for (attribute, body, answered, name) in rows {
        let before = mesa.history(&ticket).await.len();
        service.pass(MINUTE);
        let mut wanted = body.clone();
        wanted["updatedById"] = json!(" agente 7 ");
        let mut expected = answered.clone();
        expected["updatedById"] = json!(" agente 7 ");
        assert_eq!(api.change(&id, attribute, &wanted).await.ok(), expected, "{attribute}");
        let shown = api.show(&id).await;
        for (member, value) in answered.as_object().unwrap() {
            assert_eq!(shown[member], *value, "{attribute}");
        }
        let line = mesa.last_line(&ticket).await;
        let told = text(&line["comentario"]);
        assert!(told.starts_with(name) && told.ends_with("en nombre de  agente 7 "), "{attribute}: {told}");
        let who = (&line["accion"], &line["actor_nombre"], &line["actor_rol"]);
        assert_eq!(who, (&json!("ACTUALIZACION"), &json!("crm"), &json!("TOKEN")), "{attribute}");
        assert_eq!(mesa.history(&ticket).await.len(), before + 1, "{attribute}");
        // Once more is no change, and nobody is told of it.
        service.pass(MINUTE);
        assert_eq!(api.change(&id, attribute, &wanted).await.ok(), expected, "{attribute}");
        assert_eq!(api.show(&id).await["updatedAt"], shown["updatedAt"], "{attribute}");
        assert_eq!(mesa.history(&ticket).await.len(), before + 1, "{attribute}");
    }
    // Without anybody on whose behalf, and back to nothing.
    for (attribute, body) in [
        ("category", json!({ "category": null })),
        ("urgency", json!({ "urgency": null })),
        ("service", json!({ "service": null })),
        ("clients", json!({ "clients": [] })),
        ("solution", json!({ "solutionAt": null })),
    ] {
        let mut expected = body.clone();
        expected["updatedById"] = Value::Null;
        assert_eq!(api.change(&id, attribute, &body).await.ok(), expected, "{attribute}");
        if attribute != "solution" {
            let (member, value) = body.as_object().unwrap().iter().next().unwrap();
            assert_eq!(api.show(&id).await[member], *value, "{attribute}");
        }
    }
    // The requester stays, whoever the clients are.
    let desk = mesa.detail(&ticket).await;
    assert_eq!(desk["ticket"]["solicitante_email"], "ana@example.com");
    assert_eq!((&desk["ticket"]["categoria"], &desk["ticket"]["prioridad"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn an_attribute_of_the_wrong_form_is_refused_by_its_path() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let id = api.ticket(&json!({})).await;
    let before = api.show(&id).await;
    for (attribute, member, null) in [
        ("category", "category", None),
        ("urgency", "urgency", None),
        ("service", "service", None),
        ("clients", "clients", Some("required")),
        ("owner", "ownerId", Some("required")),
        ("subject", "subject", Some("required")),
        ("type", "type", Some("required")),
        ("solution", "solutionAt", None),
        ("status", "status", Some("wrong-type")),
    ] {
        api.change(&id, attribute, &json!({})).await.is_invalid(&[(member, "required")]);
        api.change(&id, attribute, &json!({ "updatedById": "x" })).await.is_invalid(&[(member, "required")]);
        let both = [(member, "required"), ("updatedById", "wrong-type")];
        api.change(&id, attribute, &json!({ "updatedById": 7 })).await.is_invalid(&both);
        for value in [json!(7), json!(true), json!(1.5)] {
            api.change(&id, attribute, &json!({ member: value })).await.is_invalid(&[(member, "wrong-type")]);
        }
        if let Some(code) = null {
            api.change(&id, attribute, &json!({ member: null })).await.is_invalid(&[(member, code)]);
        }
        let path = attribute_of(&id, attribute);
        let twice = format!("{{\"{member}\": null, \"{member}\": null}}");
        let answer = api.send("PATCH", &path, twice).await;
        assert_eq!(answer.details()[0].1, "repeated", "{answer}");
        for body in ["[]", "null", "7", "\"x\""] {
            api.send("PATCH", &path, body).await.is_invalid(&[("", "wrong-type")]);
        }
        for body in ["", "{", "{]", "{\"a\":}", "\u{feff}"] {
            api.send("PATCH", &path, body).await.is_invalid(&[("", "malformed-json")]);
        }
        let behalf = json!({ "updatedById": "x".repeat(101) });
        let answer = api.change(&id, attribute, &behalf).await;
        assert_eq!(answer.details()[1], ("updatedById".into(), "too-long".into()));
    }
    for (attribute, body, path, code) in [
        ("category", json!({ "category": { "id": 9 } }), "category.id", "unknown-reference"),
        ("category", json!({ "category": { "name": "x" } }), "category.name", "too-short"),
        ("urgency", json!({ "urgency": { "id": 900 } }), "urgency.id", "unknown-reference"),
        ("urgency", json!({ "urgency": { "name": "ALTA" } }), "urgency.id", "required"),
        ("service", json!({ "service": { "id": 9 } }), "service.id", "unknown-reference"),
        ("clients", json!({ "clients": ["a", ""] }), "clients", "too-short"),
        ("owner", json!({ "ownerId": "x" }), "ownerId", "unavailable-agent"),
        ("owner", json!({ "ownerId": "" }), "ownerId", "unavailable-agent"),
        ("owner", json!({ "ownerId": service.usuario.id }), "ownerId", "unavailable-agent"),
        ("owner", json!({ "ownerId": service.redes.id }), "ownerId", "unavailable-agent"),
        ("subject", json!({ "subject": " " }), "subject", "required"),
        ("subject", json!({ "subject": "x".repeat(201) }), "subject", "too-long"),
        ("type", json!({ "type": "internal" }), "type", "unknown-value"),
        ("solution", json!({ "solutionAt": "2026-04-01" }), "solutionAt", "invalid-date"),
        ("status", json!({ "status": { "id": 7 } }), "status.id", "unknown-reference"),
        ("status", json!({ "status": { "id": 0 } }), "status.id", "unknown-reference"),
        ("status", json!({ "status": {} }), "status.id", "required"),
        (
            "status",
            json!({ "status": { "id": 3 }, "justification": { "id": 9 } }),
            "justification.id",
            "unknown-reference",
        ),
        ("status", json!({ "status": { "id": 3 }, "justification": "x" }), "justification", "wrong-type"),
    ] {
        api.change(&id, attribute, &body).await.is_invalid(&[(path, code)]);
    }
    assert_eq!(api.show(&id).await, before);
}

#[tokio::test]
async fn who_owns_a_ticket_is_working_it() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let ticket = service.ticket_of("REDES").await;
    // An agent of the ticket's area, or of all.
    for person in [&service.redes, &service.mesa] {
        let body = json!({ "ownerId": person.id });
        api.change(&ticket.uuid, "owner", &body).await.ok();
        let shown = api.show(&ticket.uuid).await;
        assert_eq!((&shown["ownerId"], &shown["ownerTeam"]), (&body["ownerId"], &Value::Null));
        assert_eq!(shown["status"], status(2));
    }
    let mut mesa = service.client(&service.mesa).await;
    let shown = mesa.shown(&ticket).await;
    assert_eq!((&shown["agente_nombre"], &shown["estado"]), (&json!("Mario Mesa"), &json!("EN_PROCESO")));
    // Given to another area, it has no owner but its team.
    let form = json!({ "nuevaArea": "SISTEMAS", "agenteId": "", "motivo": "Es de ellos" });
    mesa.command(&ticket, "transferir", &form).await.ok();
    let shown = api.show(&ticket.uuid).await;
    assert_eq!((&shown["ownerId"], &shown["ownerTeam"]["name"]), (&Value::Null, &json!("SISTEMAS")));
}

#[tokio::test]
async fn the_due_date_is_the_hand_s_until_it_is_given_back() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let made = api.create(&json!({})).await;
    let id = text(&made["id"]);
    let by = json!({ "solutionAt": "2026-03-30T00:00:00.000Z", "updatedById": "u1" });
    assert_eq!(api.change(&id, "solution", &by).await.ok(), by);
    let shown = api.show(&id).await;
    let told =
        ["solutionAt", "solutionChangedByUser", "solutionChangedById", "solutionTime"].map(|name| shown[name].clone());
    assert_eq!(told, [by["solutionAt"].clone(), json!(true), json!("u1"), json!(1440)]);
    let mut mesa = service.client(&service.mesa).await;
    assert_eq!(mesa.shown(&at_desk(&made)).await["fecha_limite_sla"], "2026-03-30T00:00:00Z");
    // A pause does not move it, and the desk's own goes on beneath.
    api.set(&id, 3).await.ok();
    service.pass(2 * HOUR);
    assert_eq!(api.show(&id).await["solutionAt"], by["solutionAt"]);
    api.set(&id, 2).await.ok();
    let back = json!({ "solutionAt": null, "updatedById": "u2" });
    assert_eq!(api.change(&id, "solution", &back).await.ok(), back);
    let shown = api.show(&id).await;
    let told = ["solutionAt", "solutionChangedByUser", "solutionChangedById"].map(|name| shown[name].clone());
    assert_eq!(told, [json!("2026-03-25T12:15:00.000Z"), json!(false), Value::Null]);
}

#[tokio::test]
async fn a_status_has_a_named_reason_as_long_as_it_lasts() {
    let service = Service::start().await;
    let mut api = Api::of(&service).await;
    let part = offer(&service, ReferenceKind::Justification, "Falta un repuesto").await;
    let client = offer(&service, ReferenceKind::Justification, "Espera al cliente").await;
    let made = api.create(&json!({})).await;
    let (id, ticket) = (text(&made["id"]), at_desk(&made));
    let mut mesa = service.client(&service.mesa).await;
    let mut set = async |status_id: u32, justification: Option<&Value>, expected: &Value| {
        let mut body = json!({ "status": { "id": status_id } });
        if let Some(justification) = justification {
            body["justification"] = justification.clone();
        }
        let answer = api.change(&id, "status", &body).await.ok();
        assert_eq!(answer, json!({ "status": status(status_id), "justification": expected, "updatedById": null }));
        assert_eq!(api.show(&id).await["justification"], *expected);
        let line = mesa.last_line(&ticket).await;
        (line["secuencia"].as_u64().unwrap(), text(&line["accion"]), line["motivo"].clone())
    };
    let null = Value::Null;
    assert_eq!(set(3, Some(&part), &part).await, (2, "PAUSA".into(), json!("Falta un repuesto")));
    assert_eq!(set(3, Some(&part), &part).await.0, 2, "the same status is no change");
    assert_eq!(set(3, None, &part).await.0, 2, "the same status is no change");
    assert_eq!(set(3, Some(&client), &client).await, (3, "ACTUALIZACION".into(), json!("Espera al cliente")));
    assert_eq!(set(3, Some(&null), &null).await, (4, "ACTUALIZACION".into(), null.clone()));
    assert_eq!(set(2, Some(&part), &part).await, (5, "REAPERTURA".into(), json!("Falta un repuesto")));
    // Another status may have the same reason.
    assert_eq!(set(3, Some(&part), &part).await, (6, "PAUSA".into(), json!("Falta un repuesto")));
    assert_eq!(set(2, None, &null).await, (7, "REAPERTURA".into(), null.clone()));
    assert_eq!(set(RESOLVED, Some(&client), &client).await, (8, "ACTUALIZACION".into(), json!("Espera al cliente")));
    let changes = api.of_ticket(&id, "status-changes").await;
    let reasons: Vec<_> = changes.iter().map(|change| change["justification"].clone()).collect();
    assert_eq!(reasons, [client.clone(), null.clone(), part.clone(), part, null.clone(), null.clone()]);
    // It is no reply.
    assert_eq!(mesa.shown(&ticket).await["respuesta_cliente"], null);
    assert_eq!(api.of_ticket(&id, "actions").await, [] as [Value; 0]);
    // The desk's own status takes it away.
    mesa.set(&ticket, "EN_PROCESO").await;
    assert_eq!(api.show(&id).await["justification"], null);
    // What is over for good has no other reason any more.
    api.set(&id, CANCELED).await.ok();
    api.set(&id, CANCELED).await.ok();
    let body = json!({ "status": { "id": CANCELED }, "justification": client });
    api.change(&id, "status", &body).await.refusal(409, "DUPLICATED", "not-allowed");
}
