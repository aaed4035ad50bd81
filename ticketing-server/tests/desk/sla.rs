//! Service levels over HTTP: what is promised, what becomes of it, and that it is told once.

use serde_json::{Value, json};
use ticketing_core::{Rules, ticket::Action};
use uuid::Uuid;

use crate::common::desk::{HOUR, MINUTE, MORNING, Service, command};

/// An office in Bogotá that closes for lunch; network faults have an answer within the hour and are escalated.
const OFFICE: &str = r#"{
    "zona": "America/Bogota",
    "zonas": [{ "nombre": "America/Bogota", "desfaseSegundos": -18000 }],
    "calendario": "oficina",
    "calendarios": { "oficina": {
        "semana": {
            "lun": [["08:00", "12:00"], ["13:00", "17:00"]], "mar": [["08:00", "12:00"], ["13:00", "17:00"]],
            "mie": [["08:00", "12:00"], ["13:00", "17:00"]], "jue": [["08:00", "12:00"], ["13:00", "17:00"]],
            "vie": [["08:00", "12:00"], ["13:00", "17:00"]]
        },
        "excepciones": [{ "fecha": "2026-03-25", "nombre": "Aniversario" }]
    } },
    "sla": { "politicas": [
        { "id": 2, "nombre": "Redes", "cuando": { "area": ["REDES"] },
          "primeraRespuesta": { "otras": "1h", "calendario": "oficina" },
          "siguienteRespuesta": { "otras": "2h", "calendario": "oficina" },
          "resolucion": { "otras": "8h", "calendario": "oficina", "enRiesgo": [50],
            "escalar": [{ "al": 50, "prioridad": "CRITICA", "notificar": ["AREA"] },
                        { "al": 100, "area": "SISTEMAS", "notificar": ["ADMIN", "AGENTE"] }] } },
        { "id": 1, "nombre": "Resto", "resolucion": { "otras": "2bd", "calendario": "oficina" } }
    ] }
}"#;

async fn office() -> Service {
    let service = Service::start().await;
    service.engine.apply_rules(Rules::from_json(OFFICE).unwrap()).await.unwrap();
    service
}

fn target<'a>(sla: &'a Value, kind: &str) -> &'a Value {
    let targets = sla["objetivos"].as_array().unwrap();
    targets.iter().find(|target| target["objetivo"] == kind).unwrap_or_else(|| panic!("{kind}: {sla}"))
}

fn actions(sla: &Value) -> Vec<String> {
    let told = |event: &Value| {
        format!("{} {} {}", event["accion"].as_str().unwrap(), event["objetivo"].as_str().unwrap(), event["porcentaje"])
    };
    sla["eventos"].as_array().unwrap().iter().map(told).collect()
}

/// Source: the seed, hours around the clock.
#[tokio::test]
async fn the_built_in_rules_promise_a_resolution() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut client = service.client(&service.mesa).await;
    service.pass(HOUR);
    let sla = client.get(&format!("{}/sla", ticket.path())).await.ok();
    assert_eq!((&sla["politica"]["id"], &sla["politica"]["nombre"]), (&json!(1), &json!("Estándar")));
    assert_eq!(sla["objetivos"].as_array().unwrap().len(), 1);
    let resolution = target(&sla, "resolucion");
    assert_eq!(resolution["tiempo"], "4h");
    assert_eq!(resolution["calendario"], Value::Null);
    assert_eq!((&resolution["inicio"], &resolution["vence"]), (&json!(MORNING), &json!("2026-03-24T14:15:00Z")));
    assert_eq!(resolution["estado"], "EN_CURSO");
    assert_eq!((&resolution["transcurrido_ms"], &resolution["restante_ms"]), (&json!(HOUR), &json!(3 * HOUR)));
    assert_eq!(
        resolution["intervalos"],
        json!([{ "desde": MORNING, "hasta": "2026-03-24T11:15:00Z", "ms": HOUR, "cuenta": true, "motivo": "LABORAL", "fecha": null }])
    );
    assert_eq!(resolution["umbrales"][0]["porcentaje"], 80);
    assert_eq!(resolution["umbrales"][0]["momento"], "2026-03-24T13:27:00Z");
}

#[tokio::test]
async fn the_deadline_is_the_same_wherever_it_is_read() {
    let service = office().await;
    // 05:15 in Bogotá: the clock starts at 08:00; the 25th is closed, so eight hours are over at the end of the 24th.
    let ticket = service.ticket_of("REDES").await;
    let mut client = service.client(&service.redes).await;
    let due = json!("2026-03-24T22:00:00Z");
    let sla = client.get(&format!("{}/sla", ticket.path())).await.ok();
    assert_eq!(target(&sla, "resolucion")["vence"], due);
    assert_eq!(client.shown(&ticket).await["fecha_limite_sla"], due);
    assert_eq!(client.look_up(&ticket).await["fechaLimiteSla"], due);
    assert_eq!(client.rows("/api/tickets/dashboard-metricas").await[0]["fecha_limite_sla"], due);
    // Two business days after the 24th: the 26th and the 27th.
    let other = service.ticket_of("MESA").await;
    let mut mesa = service.client(&service.mesa).await;
    assert_eq!(mesa.shown(&other).await["fecha_limite_sla"], "2026-03-27T22:00:00Z");
    assert_eq!(mesa.shown(&other).await["sla_horas"], 24);
}

#[tokio::test]
async fn what_is_explained_sums_to_what_has_elapsed() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let mut client = service.client(&service.redes).await;
    service.pass(4 * HOUR);
    client.command(&ticket, "pausar", &json!({ "motivo": "Esperamos al proveedor" })).await.ok();
    service.pass(5 * HOUR);
    client.command(&ticket, "actualizar", &json!({ "estado": "EN_PROCESO" })).await.ok();
    service.pass(46 * HOUR + 1234);
    let sla = client.get(&format!("{}/sla", ticket.path())).await.ok();
    for target in sla["objetivos"].as_array().unwrap() {
        let intervals = target["intervalos"].as_array().unwrap();
        let length = |interval: &&Value| interval["ms"].as_i64().unwrap();
        let counted: i64 = intervals.iter().filter(|interval| interval["cuenta"] == true).map(|i| length(&i)).sum();
        assert_eq!(json!(counted), target["transcurrido_ms"], "{target}");
        let all: i64 = intervals.iter().map(|i| length(&i)).sum();
        assert_eq!(json!(all), target["transcurrido_calendario_ms"], "{target}");
        assert!(intervals.windows(2).all(|pair| pair[0]["hasta"] == pair[1]["desde"]));
    }
    let reasons: Vec<_> = target(&sla, "resolucion")["intervalos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|interval| interval["motivo"].as_str().unwrap().to_owned())
        .collect();
    for reason in ["LABORAL", "FUERA_DE_HORARIO", "FECHA_CERRADA", "PAUSADO"] {
        assert!(reasons.iter().any(|told| told == reason), "{reason}: {reasons:?}");
    }
    let stays = &sla["permanencia"]["estados"];
    assert_eq!(stays[1]["estado"], "PAUSADO");
    // From 09:15 to 14:15 in Bogotá, an hour of it lunch.
    assert_eq!((&stays[1]["total_ms"], &stays[1]["laboral_ms"]), (&json!(5 * HOUR), &json!(4 * HOUR)));
    assert_eq!(sla["permanencia"]["responsables"][0]["area"], "REDES");
}

#[tokio::test]
async fn each_threshold_is_told_once_and_the_policy_acts() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let mut admin = service.client(&service.admin).await;
    // 09:00 in Bogotá: the first response is due.
    service.pass(3 * HOUR + 45 * MINUTE);
    for _ in 0..3 {
        service.engine.keep_time().await.unwrap();
    }
    let path = format!("{}/sla", ticket.path());
    let sla = admin.get(&path).await.ok();
    assert_eq!(actions(&sla), ["SLA_VENCIDO primeraRespuesta 100"]);
    assert_eq!(target(&sla, "primeraRespuesta")["estado"], "VENCIDO");
    // Noon, half of the time: more urgent.
    service.pass(3 * HOUR);
    service.engine.keep_time().await.unwrap();
    let sla = admin.get(&path).await.ok();
    assert_eq!(actions(&sla)[1..], ["SLA_EN_RIESGO resolucion 50"]);
    assert_eq!(sla["eventos"][1]["notificar"], json!(["AREA"]));
    assert_eq!(sla["eventos"][1]["momento"], "2026-03-24T17:00:00Z");
    assert_eq!(admin.shown(&ticket).await["prioridad"], "CRITICA");
    // The close: it goes to another area, whose policy has more time; what was up is not told again.
    service.pass(6 * HOUR);
    for _ in 0..3 {
        service.engine.keep_time().await.unwrap();
    }
    let sla = admin.get(&path).await.ok();
    assert_eq!(actions(&sla)[2..], ["SLA_VENCIDO resolucion 100"]);
    let shown = admin.shown(&ticket).await;
    assert_eq!((&shown["area_asignada"], &shown["sla_vencido"]), (&json!("SISTEMAS"), &json!(false)));
    assert_eq!(shown["fecha_limite_sla"], "2026-03-27T22:00:00Z");
    assert_eq!(sla["politica"]["id"], 1);
    // The history has what was done, by whom, and not the alarms.
    let detail = admin.get(&ticket.path()).await.ok();
    let lines: Vec<_> = detail["historial"].as_array().unwrap().iter().map(|line| &line["accion"]).collect();
    assert_eq!(lines, ["CREACION", "ACTUALIZACION", "ACTUALIZACION"]);
    assert_eq!(detail["historial"][1]["actor_rol"], "SISTEMA");
    // The requester sees what was done, and none of the alarms.
    let found = admin.look_up(&ticket).await;
    assert_eq!((&found["ultimaAccion"], &found["areaDespues"]), (&json!("ACTUALIZACION"), &json!("SISTEMAS")));
}

#[tokio::test]
async fn an_alarm_is_no_change_that_somebody_has_to_have_seen() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let mut client = service.client(&service.redes).await;
    let tag = client.get(&ticket.path()).await.header("etag").unwrap().to_owned();
    service.pass(3 * HOUR + 45 * MINUTE);
    service.engine.keep_time().await.unwrap();
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().version, 2);
    let answer = client.get(&ticket.path()).await;
    assert_eq!(answer.header("etag"), Some(&*tag));
    let request = command(&ticket, "pausar", &json!({ "motivo": "Esperamos al proveedor" }));
    client.ask(request.header("If-Match", &tag)).await.ok();
}

#[tokio::test]
async fn a_command_meant_for_what_was_before_an_escalation_is_told_of_it() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let mut client = service.client(&service.redes).await;
    let tag = client.get(&ticket.path()).await.header("etag").unwrap().to_owned();
    // Half of the time is up, which raises the priority; nobody has noticed yet.
    service.pass(6 * HOUR + 45 * MINUTE);
    let request = command(&ticket, "actualizar", &json!({ "prioridad": "BAJA" })).header("If-Match", &tag);
    let answer = client.ask(request).await;
    assert_eq!(answer.status, 412, "{answer}");
    assert_eq!(client.shown(&ticket).await["prioridad"], "CRITICA");
}

#[tokio::test]
async fn whatever_is_done_first_notes_what_was_up_before() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let mut client = service.client(&service.redes).await;
    // After the first response was due, nobody noted it, and the answer comes.
    service.pass(4 * HOUR);
    client.command(&ticket, "actualizar", &json!({ "respuesta": "Lo estamos mirando" })).await.ok();
    let sla = client.get(&format!("{}/sla", ticket.path())).await.ok();
    assert_eq!(actions(&sla), ["SLA_VENCIDO primeraRespuesta 100"]);
    assert_eq!(sla["eventos"][0]["momento"], "2026-03-24T14:00:00Z");
    let history = service.engine.history(ticket.id()).await.unwrap();
    let actions: Vec<_> = history.iter().map(|new| new.event.action).collect();
    assert_eq!(actions, [Action::Opened, Action::Breached, Action::Updated]);
}

#[tokio::test]
async fn other_rules_leave_open_tickets_what_they_were_promised() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let mut client = service.client(&service.redes).await;
    // The same calendar, which closes at noon now, and works on the 25th.
    let other = OFFICE.replace(r#", ["13:00", "17:00"]"#, "").replace("2026-03-25", "2026-12-25");
    let other = Rules::from_json(&other).unwrap();
    let preview = service.engine.preview_rematch(&other).await.unwrap();
    assert_eq!((preview.open, preview.due_otherwise, preview.overdue_at_once), (1, 1, 0));
    service.engine.apply_rules(other).await.unwrap();
    assert_eq!(client.shown(&ticket).await["fecha_limite_sla"], "2026-03-24T22:00:00Z");
    let before = client.get(&format!("{}/sla", ticket.path())).await.ok()["politica"]["reglas"].clone();
    assert_eq!(service.engine.rematch_open().await.unwrap(), 1);
    assert_eq!(service.engine.rematch_open().await.unwrap(), 0);
    assert_eq!(client.shown(&ticket).await["fecha_limite_sla"], "2026-03-25T17:00:00Z");
    let sla = client.get(&format!("{}/sla", ticket.path())).await.ok();
    assert_ne!(sla["politica"]["reglas"], before);
    assert_eq!(sla["eventos"][0]["accion"], "SLA_NUEVAS_REGLAS");
}

/// Before anybody has told it of the new version.
#[tokio::test]
async fn what_another_process_promised_under_new_rules_is_read_under_them() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let other = service.beside().await;
    let earlier = OFFICE.replace(r#", ["13:00", "17:00"]"#, "");
    let mut client = service.client(&service.redes).await;
    for (rules, due) in [(earlier.as_str(), "2026-03-26T17:00:00Z"), (OFFICE, "2026-03-24T22:00:00Z")] {
        other.apply_rules(Rules::from_json(rules).unwrap()).await.unwrap();
        other.rematch_open().await.unwrap();
        // A reader may keep what it saw for 20 ms.
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        assert_eq!(client.shown(&ticket).await["fecha_limite_sla"], due);
        assert_eq!(client.look_up(&ticket).await["fechaLimiteSla"], due);
    }
}

#[tokio::test]
async fn a_ticket_of_another_area_is_nobodys_to_read() {
    let service = office().await;
    let ticket = service.ticket_of("REDES").await;
    let path = format!("{}/sla", ticket.path());
    service.client(&service.sistemas).await.get(&path).await.problem(403, "foreign-area");
    service.client(&service.usuario).await.get(&path).await.problem(403, "forbidden");
    assert_eq!(service.nobody().await.get(&path).await.status, 401);
    let unknown = format!("/api/tickets/{}/sla", Uuid::nil());
    assert_eq!(service.client(&service.mesa).await.get(&unknown).await.status, 404);
    assert_eq!(service.client(&service.mesa).await.get("/api/tickets/x/sla").await.status, 404);
}
