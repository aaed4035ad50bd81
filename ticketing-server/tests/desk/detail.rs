//! A ticket in full as the desk reads it, and what becomes of its clock.

use serde_json::{Value, json};
use ticketing_core::{
    Draft, TicketId, Timestamp,
    ticket::{Intake, Origin},
};
use ticketing_server::store::{Created, Creation, TicketStore};
use uuid::Uuid;

use super::common::{
    desk::{HOUR, MINUTE, MORNING, SECOND, Service, Ticket},
    http::{Answer, Request},
    seed, seed_with,
};

/// An answer with names in the place of ids, which differ each time.
pub(super) fn readable(service: &Service, tickets: &[&Ticket], answer: &Answer) -> String {
    let mut text = serde_json::to_string_pretty(&answer.ok()).unwrap();
    for person in service.staff() {
        text = text.replace(&person.id.to_string(), &format!("[{}]", person.name));
    }
    for ticket in tickets {
        text = text.replace(&ticket.uuid, &format!("[{}]", ticket.label));
    }
    text
}

#[tokio::test]
async fn a_ticket_in_full_and_its_history_have_the_contract_s_names() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let ticket = service.ticket().await;
    service.pass(HOUR);
    let form = json!({ "nuevaArea": "REDES", "agenteId": service.redes.id, "motivo": "Es la red" });
    mesa.command(&ticket, "transferir", &form).await.ok();
    service.pass(30 * MINUTE);
    let form = json!({ "estado": "RESUELTO", "prioridad": "Crítica", "respuesta": "Ya debería funcionar" });
    service.client(&service.redes).await.command(&ticket, "actualizar", &form).await.ok();
    service.pass(MINUTE + 999);
    service.nobody().await.comment(&ticket, "Sigue sin funcionar").await.ok();
    let form = json!({ "motivo": "No quiere esperar", "rol": "USUARIO" });
    mesa.command(&ticket, "cancelar", &form).await.ok();
    let answer = mesa.get(&ticket.path()).await;
    assert_eq!(answer.header("etag"), Some("\"5\""));
    insta::assert_snapshot!(readable(&service, &[&ticket], &answer));
    let detail = answer.ok();
    has_members(&detail, ["ticket", "historial"]);
    has_members(&detail["ticket"], TICKET);
    for line in detail["historial"].as_array().unwrap() {
        has_members(line, LINE);
    }
}

const TICKET: [&str; 30] = [
    "uuid",
    "ticket_label",
    "ticket_num",
    "tipo_solicitud",
    "solicitante_nombre",
    "solicitante_email",
    "solicitante_tel",
    "tiene_whatsapp",
    "documento",
    "empresa_departamento",
    "categoria",
    "subcategoria",
    "asunto",
    "descripcion_problema",
    "respuesta_cliente",
    "area_asignada",
    "prioridad",
    "estado",
    "sla_horas",
    "fecha_limite_sla",
    "horas_restantes_sla",
    "sla_vencido",
    "agente_id",
    "agente_nombre",
    "ip_registro",
    "creado_en",
    "actualizado_en",
    "resuelto_en",
    "cerrado_en",
    "archivado_en",
];

const LINE: [&str; 15] = [
    "secuencia",
    "fecha",
    "accion",
    "motivo",
    "actor_nombre",
    "actor_rol",
    "estado_antes",
    "estado_despues",
    "prioridad_antes",
    "prioridad_despues",
    "area_antes",
    "area_despues",
    "agente_antes",
    "agente_despues",
    "comentario",
];

/// Asserts that an object has members of these names, and no others.
#[track_caller]
pub(super) fn has_members<const N: usize>(object: &Value, names: [&str; N]) {
    let mut names = names;
    names.sort_unstable();
    let mut found: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, names);
}

#[tokio::test]
async fn a_ticket_of_the_shortest_form_has_every_field_too() {
    let service = Service::start().await;
    let form = json!({
        "nombre": "Ana", "email": "ana@example.com", "tipo": "CONSULTA", "categoria": "TI",
        "descripcion": "¿Cómo cambio mi clave?", "prioridad": "rara",
    });
    let ticket = service.nobody().await.create(&form).await;
    let answer = service.client(&service.mesa).await.get(&ticket.path()).await;
    insta::assert_snapshot!(readable(&service, &[&ticket], &answer));
}

#[tokio::test]
async fn the_desk_reads_mesa_de_ayuda_where_the_requester_reads_what_was_stored() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for (area, shown) in
        [("MESA", "MESA DE AYUDA"), ("Mesa de  ayuda", "MESA DE AYUDA"), ("redes", "REDES"), ("Compras", "Compras")]
    {
        let ticket = service.ticket_of(area).await;
        assert_eq!(mesa.shown(&ticket).await["area_asignada"], shown);
        assert_eq!(mesa.history(&ticket).await[0]["area_despues"], shown);
        assert_eq!(mesa.look_up(&ticket).await["areaAsignada"], area);
        for (list, field) in [("dashboard", "area_asignada"), ("dashboard-metricas", "area_asignada")] {
            assert_eq!(mesa.rows(&format!("/api/tickets/{list}?limite=1")).await[0][field], shown, "{list}");
        }
    }
    let form = json!({ "areaAsignada": null });
    let ticket = service.nobody().await.create(&seed_with(&form)).await;
    assert_eq!(mesa.shown(&ticket).await["area_asignada"], "MESA DE AYUDA");
    assert_eq!(mesa.look_up(&ticket).await["areaAsignada"], "MESA");
}

#[tokio::test]
async fn only_the_dashboard_calls_open_pending_and_has_archived_ones() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for (estado, code) in [
        ("ABIERTO", "PENDIENTE"),
        ("EN_PROCESO", "EN_PROCESO"),
        ("PAUSADO", "PAUSADO"),
        ("RESUELTO", "RESUELTO"),
        ("CERRADO", "CERRADO"),
        ("CANCELADO", "CANCELADO"),
    ] {
        let ticket = service.ticket().await;
        mesa.set(&ticket, estado).await;
        assert_eq!(mesa.rows("/api/tickets/dashboard?limite=1").await[0]["estado_code"], code);
        assert_eq!(mesa.rows("/api/tickets/dashboard-metricas?limite=1").await[0]["estado"], estado);
        assert_eq!(mesa.shown(&ticket).await["estado"], estado);
        assert_eq!(mesa.look_up(&ticket).await["estadoNombre"], estado);
        mesa.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
        let estado = if ["ABIERTO", "EN_PROCESO", "PAUSADO"].contains(&estado) { "CERRADO" } else { estado };
        assert_eq!(mesa.rows("/api/tickets/dashboard?limite=1").await[0]["estado_code"], "ARCHIVADO");
        assert_eq!(mesa.rows("/api/tickets/dashboard-metricas?limite=1").await[0]["estado"], estado);
        assert_eq!(mesa.shown(&ticket).await["estado"], estado);
        assert_eq!(mesa.look_up(&ticket).await["estadoNombre"], estado);
    }
}

#[tokio::test]
async fn priorities_are_echoed_as_sent_and_counted_by_their_canonical_names() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for (sent, counted, hours) in [
        ("Urgente", "CRITICA", 2),
        ("crítica", "CRITICA", 2),
        ("ALTA", "ALTA", 4),
        ("media", "MEDIA", 24),
        ("Bája", "BAJA", 72),
        ("Algún día", "Algún día", 24),
    ] {
        let ticket = service.nobody().await.create(&seed_with(&json!({ "prioridad": sent }))).await;
        let shown = mesa.shown(&ticket).await;
        assert_eq!((&shown["prioridad"], &shown["sla_horas"]), (&json!(sent), &json!(hours)));
        let row = &mesa.rows("/api/tickets/dashboard?limite=1").await[0];
        assert_eq!((&row["prioridad_nom"], &row["sla_horas"]), (&json!(sent), &json!(hours)));
        let row = &mesa.rows("/api/tickets/dashboard-metricas?limite=1").await[0];
        assert_eq!((&row["prioridad"], &row["sla_horas"]), (&json!(counted), &json!(hours)));
    }
}

/// The hours that are left and whether the deadline has passed, which the three surfaces tell alike.
async fn clock(service: &Service, ticket: &Ticket) -> (Value, Value) {
    let mut mesa = service.client(&service.mesa).await;
    let shown = mesa.shown(ticket).await;
    let told = (shown["horas_restantes_sla"].clone(), shown["sla_vencido"].clone());
    let row = &mesa.rows("/api/tickets/dashboard?limite=1").await[0];
    assert_eq!((row["horas_restantes"].clone(), row["vencido"].clone()), told);
    let row = &mesa.rows("/api/tickets/dashboard-metricas?limite=1").await[0];
    assert_eq!((row["horas_restantes_sla"].clone(), row["sla_vencido"].clone()), told);
    assert_eq!(row["fecha_limite_sla"], shown["fecha_limite_sla"]);
    assert!(told.0.is_f64(), "{} is a float", told.0);
    told
}

#[tokio::test]
async fn the_hours_left_are_a_float_that_runs_below_zero_once_overdue() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    assert_eq!(clock(&service, &ticket).await, (json!(4.0), json!(false)));
    service.pass(90 * MINUTE);
    assert_eq!(clock(&service, &ticket).await, (json!(2.5), json!(false)));
    service.pass(150 * MINUTE - SECOND);
    let (left, is_overdue) = clock(&service, &ticket).await;
    assert!((0.0..0.01).contains(&left.as_f64().unwrap()) && is_overdue == false, "{left}");
    service.pass(SECOND);
    assert_eq!(clock(&service, &ticket).await.1, true);
    service.pass(15 * MINUTE);
    assert_eq!(clock(&service, &ticket).await, (json!(-0.25), json!(true)));
}

#[tokio::test]
async fn the_hours_left_stand_still_while_a_ticket_is_paused_or_finished() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for estado in ["PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"] {
        for (worked, left, is_overdue) in [(HOUR, 3.0, false), (5 * HOUR, -1.0, true)] {
            let ticket = service.ticket().await;
            service.pass(worked);
            mesa.set(&ticket, estado).await;
            for later in [0, HOUR, 100 * HOUR] {
                service.pass(later);
                assert_eq!(clock(&service, &ticket).await, (json!(left), json!(is_overdue)), "{estado}");
            }
        }
    }
}

#[tokio::test]
async fn a_ticket_without_an_sla_has_no_hours_and_is_never_overdue() {
    let service = Service::start().await;
    let rules = ticketing_core::Rules::from_json(r#"{ "sla": { "politicas": [] } }"#).unwrap();
    service.engine.apply_rules(rules).await.unwrap();
    let ticket = service.ticket().await;
    service.pass(10_000 * HOUR);
    let mut mesa = service.client(&service.mesa).await;
    let shown = mesa.shown(&ticket).await;
    for field in ["sla_horas", "fecha_limite_sla", "horas_restantes_sla"] {
        assert_eq!(shown[field], Value::Null);
    }
    assert_eq!(shown["sla_vencido"], false);
    let row = &mesa.rows("/api/tickets/dashboard").await[0];
    assert_eq!((&row["sla_horas"], &row["horas_restantes"]), (&Value::Null, &Value::Null));
    assert_eq!(row["vencido"], false);
}

/// What somebody sends is told as they sent it, and breaks nothing on its way.
#[tokio::test]
async fn any_text_comes_back_as_it_was_sent() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for text in [
        "'; DROP TABLE tickets; --",
        "<script>alert(1)</script> & \"comillas\"",
        "🦀 e\u{301} \u{202e}izquierda \u{1f468}\u{200d}\u{1f469}",
        "una\r\nlínea\ty otra\\u0041",
    ] {
        let ticket = service.ticket().await;
        mesa.command(&ticket, "actualizar", &json!({ "respuesta": text })).await.ok();
        mesa.command(&ticket, "pausar", &json!({ "motivo": text })).await.ok();
        let detail = mesa.detail(&ticket).await;
        assert_eq!(detail["ticket"]["respuesta_cliente"], text);
        assert_eq!(
            (&detail["historial"][1]["motivo"], &detail["historial"][2]["motivo"]),
            (&json!(text), &json!(text))
        );
        assert_eq!(mesa.look_up(&ticket).await["ultimoMotivo"], text);
    }
}

#[tokio::test]
async fn the_address_of_whoever_created_it_is_told_to_the_desk() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let shown = service.client(&service.mesa).await.shown(&ticket).await;
    assert_eq!(shown["ip_registro"], "127.0.0.1");
    // Nobody is believed who says that they are somebody else.
    let request = Request::post("/api/tickets/crear", seed_with(&json!({})).to_string());
    let answer = service.nobody().await.ask(request.header("X-Forwarded-For", "203.0.113.7")).await.ok();
    let other = Ticket { uuid: answer["ticketUuid"].as_str().unwrap().into(), ..ticket };
    assert_eq!(service.client(&service.mesa).await.shown(&other).await["ip_registro"], "127.0.0.1");
}

/// As another system may create one.
#[tokio::test]
async fn a_ticket_without_a_requester_has_empty_texts_where_the_client_wants_texts() {
    let service = Service::start().await;
    let now = Timestamp::parse(MORNING).unwrap();
    let rules = service.engine.rules();
    let new = Draft::from_json(seed().to_string().as_bytes()).unwrap().validate(&rules).unwrap();
    let mut opened = ticketing_core::Ticket::open(&new, Origin::TicketsApi, &service.mesa.actor, now, &rules).unwrap();
    opened.event.changes.opened.as_mut().unwrap().has_requester = false;
    let id = TicketId(Uuid::now_v7());
    let creation = Creation {
        id,
        ticket: ticketing_core::Ticket::opened(id, &opened.event).unwrap(),
        next_moment: None,
        opened,
        intake: Intake::default(),
        address: None,
        label: rules.labels().clone(),
        label_year: 2026,
        idempotency: None,
    };
    let Created::New(label) = service.engine.store().create(creation).await.unwrap() else { panic!() };
    let ticket =
        Ticket { uuid: id.0.to_string(), label: label.to_string(), email: seed()["email"].as_str().unwrap().into() };

    let mut mesa = service.client(&service.mesa).await;
    let shown = mesa.shown(&ticket).await;
    assert_eq!((&shown["solicitante_nombre"], &shown["solicitante_email"]), (&json!(""), &json!("")));
    for field in
        ["solicitante_tel", "documento", "empresa_departamento", "asunto", "descripcion_problema", "ip_registro"]
    {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
    assert_eq!(shown["tiene_whatsapp"], false);
    assert_eq!(mesa.rows("/api/tickets/dashboard").await[0]["correo"], "");
    let row = &mesa.rows("/api/tickets/dashboard-metricas").await[0];
    assert_eq!((&row["solicitante_nombre"], &row["solicitante_email"]), (&json!(""), &json!("")));
    // It is worked as any other; nobody looks it up.
    mesa.set(&ticket, "EN_PROCESO").await;
    for email in [&*ticket.email, ""] {
        let form = json!({ "label": ticket.label, "email": email });
        let status = mesa.post("/api/tickets/consultar", &form).await.status;
        assert_eq!(status, if email.is_empty() { 422 } else { 404 });
    }
    mesa.comment(&ticket, "¿Hay alguien?").await.problem(404, "ticket-not-found");
}
