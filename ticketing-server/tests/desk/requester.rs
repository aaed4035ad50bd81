//! What the desk does as the requester sees it, what the requester does as the desk sees it, and who creates a ticket.

use serde_json::{Value, json};
use ticketing_core::ticket::Origin;

use super::common::{
    desk::{Client, DAY, Person, Service, Ticket},
    http::Request,
    seed, seed_with,
};

/// What a look-up tells of the last event.
fn last(public: &Value) -> Value {
    let names = [
        "ultimaAccion",
        "ultimoMotivo",
        "ultimoActorNombre",
        "ultimoActorRol",
        "estadoAntes",
        "estadoDespues",
        "prioridadAntes",
        "prioridadDespues",
        "areaAntes",
        "areaDespues",
    ];
    assert_eq!(public["ultimaFechaHistorial"], public["actualizadoEn"]);
    Value::Object(names.map(|name| (name.to_owned(), public[name].clone())).into_iter().collect())
}

/// The same, of an event by somebody that changed nothing but what is named.
fn by(who: &Person, action: &str, columns: &Value) -> Value {
    let mut last = json!({
        "ultimaAccion": action, "ultimoMotivo": null, "ultimoActorNombre": who.name, "ultimoActorRol": who.role().name(),
        "estadoAntes": null, "estadoDespues": null, "prioridadAntes": null, "prioridadDespues": null,
        "areaAntes": null, "areaDespues": null,
    });
    for (name, value) in columns.as_object().unwrap() {
        last[name] = value.clone();
    }
    last
}

#[tokio::test]
async fn what_each_command_did_is_what_the_requester_sees_last() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut public = service.nobody().await;
    let (mesa, admin, redes) = (&service.mesa, &service.admin, &service.redes);
    let steps = [
        (
            mesa,
            "actualizar",
            json!({ "respuesta": "Lo estamos viendo", "prioridad": "Media" }),
            "ACTUALIZACION",
            json!({ "ultimoMotivo": "Lo estamos viendo", "prioridadAntes": "ALTA", "prioridadDespues": "Media" }),
        ),
        (
            admin,
            "asignar",
            json!({ "agenteId": mesa.id, "motivo": "Le toca" }),
            "ASIGNACION",
            json!({ "ultimoMotivo": "Le toca", "estadoAntes": "ABIERTO", "estadoDespues": "EN_PROCESO" }),
        ),
        (
            mesa,
            "transferir",
            json!({ "nuevaArea": "Redes", "motivo": "Es la red" }),
            "TRANSFERENCIA",
            json!({ "ultimoMotivo": "Es la red", "areaAntes": "MESA", "areaDespues": "Redes" }),
        ),
        (
            mesa,
            "reclasificar",
            json!({ "nuevaPrioridad": "BAJA", "nuevaCategoria": "Red", "motivo": "No urge" }),
            "RECLASIFICACION",
            json!({ "ultimoMotivo": "No urge", "prioridadAntes": "Media", "prioridadDespues": "BAJA" }),
        ),
        (
            redes,
            "pausar",
            json!({ "motivo": "Un repuesto" }),
            "PAUSA",
            json!({ "ultimoMotivo": "Un repuesto", "estadoAntes": "EN_PROCESO", "estadoDespues": "PAUSADO" }),
        ),
        (
            mesa,
            "reabrir",
            json!({ "motivo": "Llegó" }),
            "REAPERTURA",
            json!({ "ultimoMotivo": "Llegó", "estadoAntes": "PAUSADO", "estadoDespues": "EN_PROCESO" }),
        ),
        (
            redes,
            "cancelar",
            json!({ "motivo": "Ya no hace falta", "rol": "USUARIO" }),
            "CANCELACION",
            json!({ "ultimoMotivo": "Ya no hace falta", "estadoAntes": "EN_PROCESO", "estadoDespues": "CANCELADO" }),
        ),
        (redes, "archivar", json!({ "motivo": "Se acabó" }), "ARCHIVADO", json!({ "ultimoMotivo": "Se acabó" })),
        (
            admin,
            "desarchivar",
            json!({ "motivo": "Fue un error" }),
            "DESARCHIVADO",
            json!({ "ultimoMotivo": "Fue un error" }),
        ),
    ];
    for (who, action, form, accion, columns) in steps {
        service.pass(1000);
        service.client(who).await.command(&ticket, action, &form).await.ok();
        let found = public.look_up(&ticket).await;
        assert_eq!(last(&found), by(who, accion, &columns), "{action}");
        assert_eq!(found["respuestaCliente"], "Lo estamos viendo", "the last reply stays");
    }
    let found = public.look_up(&ticket).await;
    assert_eq!((&found["areaAsignada"], &found["categoria"]), (&json!("Redes"), &json!("Red")));
    assert_eq!((&found["prioridadNombre"], &found["slaHoras"]), (&json!("BAJA"), &json!(72)));
}

#[tokio::test]
async fn the_desk_s_reply_is_the_requester_s_answer_until_the_next() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let mut public = service.nobody().await;
    assert_eq!(public.look_up(&ticket).await["respuestaCliente"], Value::Null);
    for (who, respuesta) in [(&service.redes, "¿Qué dice el error?"), (&service.mesa, "Reinicie,\npor favor")] {
        let form = json!({ "respuesta": respuesta });
        service.client(who).await.command(&ticket, "actualizar", &form).await.ok();
        let found = public.look_up(&ticket).await;
        assert_eq!(found["respuestaCliente"], respuesta);
        assert_eq!(last(&found), by(who, "ACTUALIZACION", &json!({ "ultimoMotivo": respuesta })));
        public.comment(&ticket, "Gracias, lo intento").await.ok();
        let found = public.look_up(&ticket).await;
        assert_eq!(found["respuestaCliente"], respuesta);
        assert_eq!(
            (&found["ultimoMotivo"], &found["ultimoActorRol"]),
            (&json!("Gracias, lo intento"), &json!("USUARIO"))
        );
    }
}

#[tokio::test]
async fn a_comment_is_in_the_history_and_has_a_paused_ticket_worked_again() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut mesa = service.client(&service.mesa).await;
    mesa.set(&ticket, "PAUSADO").await;
    service.nobody().await.comment(&ticket, "Aquí está la captura").await.ok();
    let mut line = mesa.last_line(&ticket).await;
    line["fecha"].take();
    assert_eq!(
        line,
        json!({
            "secuencia": 3, "fecha": null, "accion": "COMENTARIO", "motivo": "Aquí está la captura",
            "actor_nombre": "Ana García", "actor_rol": "USUARIO", "estado_antes": "PAUSADO", "estado_despues": "EN_PROCESO",
            "prioridad_antes": null, "prioridad_despues": null, "area_antes": null, "area_despues": null,
            "agente_antes": null, "agente_despues": null, "comentario": null,
        })
    );
    assert_eq!(mesa.shown(&ticket).await["respuesta_cliente"], Value::Null);
}

/// Tickets that were resolved, so many milliseconds ago.
async fn resolved(service: &Service, ago: i64) -> Ticket {
    // They would close by themselves before that.
    let rules = ticketing_core::Rules::from_json(r#"{ "cierreAutomatico": 0 }"#).unwrap();
    service.engine.apply_rules(rules).await.unwrap();
    let ticket = service.ticket().await;
    service.client(&service.mesa).await.set(&ticket, "RESUELTO").await;
    service.pass(ago);
    ticket
}

#[tokio::test]
async fn a_comment_reopens_a_resolved_ticket_for_fourteen_days_and_not_after() {
    let service = Service::start().await;
    let mut public = service.nobody().await;
    let ticket = resolved(&service, 14 * DAY).await;
    public.comment(&ticket, "No funciona").await.ok();
    let found = public.look_up(&ticket).await;
    assert_eq!((&found["estadoAntes"], &found["estadoDespues"]), (&json!("RESUELTO"), &json!("EN_PROCESO")));
    let shown = service.client(&service.mesa).await.shown(&ticket).await;
    assert_eq!((&shown["estado"], &shown["resuelto_en"]), (&json!("EN_PROCESO"), &Value::Null));

    let ticket = resolved(&service, 14 * DAY + 1).await;
    let problem = public.comment(&ticket, "No funciona").await.problem(409, "reopen-window-over");
    assert!(problem["detail"].as_str().unwrap().contains("Cree una solicitud nueva"), "{problem}");
    assert_eq!(public.look_up(&ticket).await["estadoNombre"], "RESUELTO");
}

#[tokio::test]
async fn a_comment_on_what_is_over_is_409() {
    let service = Service::start().await;
    let mut public = service.nobody().await;
    let mut admin = service.client(&service.admin).await;
    for estado in ["CERRADO", "CANCELADO"] {
        let ticket = service.ticket().await;
        admin.set(&ticket, estado).await;
        public.comment(&ticket, "No funciona").await.problem(409, "not-allowed");
    }
    for estado in ["ABIERTO", "RESUELTO"] {
        let ticket = service.ticket().await;
        admin.set(&ticket, estado).await;
        admin.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
        public.comment(&ticket, "No funciona").await.problem(409, "not-allowed");
    }
}

#[tokio::test]
async fn a_resolved_ticket_closes_by_itself_and_history_says_so() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let (ticket, archived) = (service.ticket().await, service.ticket().await);
    for ticket in [&ticket, &archived] {
        mesa.set(ticket, "RESUELTO").await;
    }
    mesa.command(&archived, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
    service.pass(7 * DAY - 1);
    service.engine.close_resolved().await.unwrap();
    assert_eq!(mesa.shown(&ticket).await["estado"], "RESUELTO");
    service.pass(1);
    service.engine.close_resolved().await.unwrap();
    assert_eq!(mesa.shown(&ticket).await["estado"], "CERRADO");
    assert_eq!(mesa.shown(&archived).await["estado"], "RESUELTO");
    assert_eq!(
        mesa.last_line(&ticket).await,
        json!({
            "secuencia": 3, "fecha": "2026-03-31T10:15:00Z", "accion": "CIERRE", "motivo": null,
            "actor_nombre": null, "actor_rol": "SISTEMA", "estado_antes": "RESUELTO", "estado_despues": "CERRADO",
            "prioridad_antes": null, "prioridad_despues": null, "area_antes": null, "area_despues": null,
            "agente_antes": null, "agente_despues": null, "comentario": null,
        })
    );
    let found = mesa.look_up(&ticket).await;
    assert_eq!((&found["ultimaAccion"], &found["ultimoActorRol"]), (&json!("CIERRE"), &json!("SISTEMA")));
    // Once: a later look finds nothing to do.
    service.engine.close_resolved().await.unwrap();
    assert_eq!(mesa.history(&ticket).await.len(), 3);
}

// Who creates

#[tokio::test]
async fn whoever_creates_a_ticket_logged_in_is_its_author() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for person in service.staff() {
        let ticket = service.client(person).await.create(&seed()).await;
        let line = mesa.last_line(&ticket).await;
        assert_eq!((&line["accion"], &line["secuencia"]), (&json!("CREACION"), &json!(1)));
        assert_eq!((&line["actor_nombre"], &line["actor_rol"]), (&json!(person.name), &json!(person.role().name())));
        assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().origin, Origin::AgentInSystem);
        // The requester is who it is for.
        let found = mesa.look_up(&ticket).await;
        assert_eq!(
            (&found["solicitanteNombre"], &found["ultimoActorNombre"]),
            (&json!("Ana García"), &json!(person.name))
        );
    }
    for mut client in [service.nobody().await, service.client(&service.usuario).await] {
        let ticket = client.create(&seed()).await;
        let line = mesa.last_line(&ticket).await;
        assert_eq!((&line["actor_nombre"], &line["actor_rol"]), (&json!("Ana García"), &json!("USUARIO")));
        assert_eq!(service.engine.ticket(ticket.id()).await.unwrap().origin, Origin::Other);
    }
}

#[tokio::test]
async fn a_token_that_says_nothing_creates_nothing() {
    let service = Service::start().await;
    let mut broken: Client = service.client_with(Some("x.y.z")).await;
    let answer = broken.post("/api/tickets/crear", &seed()).await;
    answer.problem(401, "invalid-token");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    service.deactivate(&service.redes).await;
    let mut gone = service.client(&service.redes).await;
    gone.post("/api/tickets/crear", &seed()).await.problem(401, "invalid-token");
    assert!(service.client(&service.mesa).await.rows("/api/tickets/dashboard").await.is_empty());
}

/// A page may still send the token of a session that is over.
#[tokio::test]
async fn a_token_makes_no_difference_to_who_looks_a_ticket_up_or_answers() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    for token in ["x.y.z", &service.usuario.token, &service.sistemas.token, &service.admin.token] {
        let mut client = service.client_with(Some(token)).await;
        client.comment(&ticket, "¿Hay novedades?").await.ok();
        assert_eq!(client.look_up(&ticket).await["ultimoActorRol"], "USUARIO");
        let form = json!({ "label": ticket.label, "email": "otra@example.com" });
        client.post("/api/tickets/consultar", &form).await.problem(404, "ticket-not-found");
    }
}

#[tokio::test]
async fn one_user_s_key_for_a_creation_is_not_another_s() {
    let service = Service::start().await;
    let creation = || Request::post("/api/tickets/crear", seed().to_string()).header("Idempotency-Key", "k");
    let mut labels = Vec::new();
    for mut client in
        [service.nobody().await, service.client(&service.mesa).await, service.client(&service.admin).await]
    {
        let first = client.ask(creation()).await.ok();
        assert_eq!(client.ask(creation()).await.ok(), first);
        labels.push(first["ticketLabel"].clone());
    }
    labels.dedup();
    assert_eq!(labels.len(), 3);
}

#[tokio::test]
async fn a_ticket_that_an_agent_creates_may_be_of_any_area() {
    let service = Service::start().await;
    let mut redes = service.client(&service.redes).await;
    let ticket = redes.create(&seed_with(&json!({ "areaAsignada": "SISTEMAS" }))).await;
    redes.get(&ticket.path()).await.problem(403, "foreign-area");
    service.client(&service.sistemas).await.detail(&ticket).await;
}
