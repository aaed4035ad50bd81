//! What the console asks beyond the contract: the queue, rules before and after, deliveries.

use serde_json::{Value, json};

use super::common::{
    desk::{HOUR, Service},
    http::Request,
    seed_with,
};

#[tokio::test]
async fn the_queue_tells_whose_a_ticket_is_and_what_its_clock_does() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let ticket = mesa.create(&seed_with(&json!({ "asunto": "No imprime", "prioridad": "urgente" }))).await;
    service.pass(HOUR / 2);
    let row = |rows: &[Value]| rows[0].clone();
    let first = row(&mesa.rows("/api/tickets/cola").await);
    assert_eq!(
        (first["prioridad"].as_str(), first["prioridad_nom"].as_str(), first["agente_id"].clone()),
        (Some("urgente"), Some("CRITICA"), Value::Null)
    );
    assert_eq!((first["concedido_ms"].clone(), first["restante_ms"].clone()), (json!(2 * HOUR), json!(3 * HOUR / 2)));
    assert_eq!((first["corre"].clone(), first["vencido"].clone()), (json!(true), json!(false)));

    let agent = service.mesa.id.to_string();
    mesa.command(&ticket, "asignar", &json!({ "agenteId": agent, "motivo": "Lo tomo" })).await.ok();
    mesa.command(&ticket, "pausar", &json!({ "motivo": "Espera" })).await.ok();
    service.pass(HOUR);
    let paused = row(&mesa.rows("/api/tickets/cola?estado=PAUSADO").await);
    assert_eq!(
        (paused["agente_id"].clone(), paused["agente_nombre"].clone()),
        (json!(agent), json!(service.mesa.name))
    );
    assert_eq!((paused["corre"].clone(), paused["restante_ms"].clone()), (json!(false), json!(3 * HOUR / 2)));
    assert!(service.client(&service.redes).await.rows("/api/tickets/cola").await.is_empty(), "another area's");
    service.client(&service.usuario).await.get("/api/tickets/cola").await.problem(403, "forbidden");
    service.nobody().await.get("/api/tickets/cola").await.problem(401, "login-required");
}

#[tokio::test]
async fn deadlines_are_counted_by_what_is_left() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    // Two hours, four, a day, three days; and one in another area.
    let mut tickets = Vec::new();
    for (priority, area) in
        [("CRITICA", "SISTEMAS"), ("ALTA", "SISTEMAS"), ("MEDIA", "SISTEMAS"), ("BAJA", "SISTEMAS"), ("ALTA", "REDES")]
    {
        tickets.push(mesa.create(&seed_with(&json!({ "prioridad": priority, "areaAsignada": area }))).await);
    }
    let said = |overdue: u64, due: [u64; 3], still: u64| {
        let due = [1, 4, 24].into_iter().zip(due).map(|(hours, tickets)| json!({ "horas": hours, "tickets": tickets }));
        (overdue, due.collect::<Vec<_>>(), still)
    };
    let told = |answer: Value| {
        let due = answer["por_vencer"].as_array().unwrap().clone();
        (answer["vencidos"].as_u64().unwrap(), due, answer["detenidos"].as_u64().unwrap())
    };
    service.pass(HOUR / 2);
    let first = mesa.get("/api/tickets/plazos").await.ok();
    assert_eq!((&first["abiertos"], &first["sin_plazo"]), (&json!(5), &json!(0)));
    assert_eq!(told(first), said(0, [0, 3, 4], 0));
    mesa.command(&tickets[1], "pausar", &json!({ "motivo": "Espera" })).await.ok();
    service.pass(2 * HOUR);
    assert_eq!(told(mesa.get("/api/tickets/plazos").await.ok()), said(1, [0, 1, 2], 1));
    assert_eq!(told(mesa.get("/api/tickets/plazos?area=redes").await.ok()), said(0, [0, 1, 1], 0));
    let mut redes = service.client(&service.redes).await;
    assert_eq!(told(redes.get("/api/tickets/plazos").await.ok()), said(0, [0, 1, 1], 0), "its own area's");
    assert_eq!(told(redes.get("/api/tickets/plazos?area=SISTEMAS").await.ok()), said(0, [0, 0, 0], 0));
    // What is over has no time left.
    mesa.command(&tickets[0], "actualizar", &json!({ "estado": "CERRADO" })).await.ok();
    let last = mesa.get("/api/tickets/plazos").await.ok();
    assert_eq!(last["abiertos"], 4);
    assert_eq!(told(last), said(0, [0, 1, 2], 1));
}

fn put(path: &str, rules: &Value) -> Request {
    let body = rules.to_string();
    let request = Request::new("PUT", path).header("Content-Length", &body.len().to_string());
    request.header("Content-Type", "application/json").body(body)
}

#[tokio::test]
async fn rules_are_compared_before_they_take_the_place_of_others() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    let ticket = service.ticket().await;
    let before = admin.shown(&ticket).await["fecha_limite_sla"].clone();
    let active = admin.get("/api/reglas").await;
    let etag = active.header("etag").unwrap().to_owned();
    let mut rules = active.ok();
    for hours in rules["sla"]["politicas"][0]["resolucion"]["porPrioridad"].as_object_mut().unwrap().values_mut() {
        *hours = json!("1h");
    }

    let preview = admin.post("/api/reglas/previa", &rules).await;
    assert_eq!(preview.header("etag"), Some(&*etag), "that of the active ones");
    let preview = preview.ok();
    let paths: Vec<_> = preview["cambios"].as_array().unwrap().iter().map(|change| change["ruta"].clone()).collect();
    assert!(paths.contains(&json!("sla.politicas[0].resolucion.porPrioridad.ALTA")), "{paths:?}");
    assert_eq!(preview["abiertos"]["total"], 1);
    assert_eq!(preview["abiertos"]["otra_fecha"], 1);
    assert_eq!(admin.get("/api/reglas").await.header("etag"), Some(&*etag), "nothing has changed");

    let wrong = put("/api/reglas", &rules).header("If-Match", "{}");
    admin.ask(wrong).await.problem(400, "invalid-header");
    let stale = put("/api/reglas", &rules).header("If-Match", "\"00000000-0000-0000-0000-000000000000\"");
    admin.ask(stale).await.problem(412, "rules-changed");
    admin.ask(put("/api/reglas?abiertos=quizas", &rules)).await.problem(422, "invalid-parameter");
    let applied = admin.ask(put("/api/reglas", &rules).header("If-Match", &etag)).await;
    let new = applied.header("etag").unwrap().to_owned();
    assert_ne!(new, etag);
    assert_eq!(applied.ok()["abiertos"], Value::Null);
    assert_eq!(admin.shown(&ticket).await["fecha_limite_sla"], before, "an open ticket keeps what it was promised");
    let applied = admin.ask(put("/api/reglas?abiertos=si", &rules).header("If-Match", &new)).await;
    assert_eq!(applied.ok()["abiertos"], 1);
    assert_ne!(admin.shown(&ticket).await["fecha_limite_sla"], before);
}

#[tokio::test]
async fn what_is_no_rules_is_refused_with_its_place() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    for (rules, place) in [
        (json!({ "tipos": [] }), "tipos"),
        (json!({ "tipoz": ["QUEJA"] }), "tipoz"),
        (json!({ "zona": "America/Bogotá" }), "zona"),
    ] {
        let refused = admin.post("/api/reglas/previa", &rules).await.problem(422, "invalid-rules");
        assert!(refused["detail"].as_str().unwrap().contains(place), "{refused}");
        admin.ask(put("/api/reglas", &rules)).await.problem(422, "invalid-rules");
    }
    // A zone is named; its table is made here.
    admin.ask(put("/api/reglas", &json!({ "zona": "America/Bogota" }))).await.ok();
    assert_eq!(admin.get("/api/reglas").await.ok()["zonas"][0]["nombre"], "America/Bogota");
    for person in [&service.mesa, &service.redes, &service.usuario] {
        let mut client = service.client(person).await;
        client.post("/api/reglas/previa", &json!({})).await.problem(403, "forbidden");
        client.ask(put("/api/reglas", &json!({}))).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn deliveries_are_listed_and_made_once_more() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    let form = json!({ "eventType": "TICKET", "webhook": { "url": "https://example.com/told" } });
    let id = admin.post("/v2/subscriptions", &form).await.ok()["id"].as_str().unwrap().to_owned();
    let path = |end: &str| format!("/v2/subscriptions/{id}/{end}");
    assert_eq!(admin.get(&path("deliveries")).await.ok(), json!([]));
    let replay = |query: &str| Request::new("POST", &format!("{}{query}", path("replay")));
    assert_eq!(admin.ask(replay("")).await.ok(), json!({ "deliveries": 0 }));
    assert_eq!(admin.ask(replay("?since=2026-03-24T10:15:00Z")).await.ok(), json!({ "deliveries": null }));
    admin.ask(replay("?since=ayer")).await.error(400, "VALIDATION_ERROR");
    admin.ask(replay("?delivery=7")).await.error(404, "NOT_FOUND");
    admin.get(&path("deliveries?after=0")).await.error(400, "VALIDATION_ERROR");
    let nobodys = "/v2/subscriptions/00000000-0000-0000-0000-000000000000";
    admin.get(&format!("{nobodys}/deliveries")).await.error(404, "NOT_FOUND");
    admin.ask(Request::new("POST", &format!("{nobodys}/replay"))).await.error(404, "NOT_FOUND");
    service.client(&service.mesa).await.get(&path("deliveries")).await.error(403, "AUTHORIZATION_ERROR");
}
