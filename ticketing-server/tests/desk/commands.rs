//! What each command does to a ticket and to its history, and what it refuses.

use serde_json::{Value, json};
use uuid::Uuid;

use super::common::{
    desk::{COMMANDS, Client, HOUR, MINUTE, Person, Service, Ticket},
    http::Request,
    seed_with,
};

/// A line of a history, with nothing in the columns that are not named.
fn line(secuencia: u32, accion: &str, who: &Person, columns: &Value) -> Value {
    let mut line = json!({
        "secuencia": secuencia, "fecha": null, "accion": accion, "motivo": null,
        "actor_nombre": who.name, "actor_rol": who.role().name(),
        "estado_antes": null, "estado_despues": null, "prioridad_antes": null, "prioridad_despues": null,
        "area_antes": null, "area_despues": null, "agente_antes": null, "agente_despues": null, "comentario": null,
    });
    for (name, value) in columns.as_object().unwrap() {
        assert!(line.get(name).is_some(), "{name} is a column");
        line[name] = value.clone();
    }
    line
}

/// Does a command and answers the detail that it leads to, in which only what is named has changed, and the last line is this.
async fn done(
    service: &Service,
    who: &Person,
    ticket: &Ticket,
    (action, form): (&str, Value),
    message: &str,
    changed: Value,
    (told_as, columns): (&str, Value),
) {
    let mut client = service.client(who).await;
    let before = client.detail(ticket).await;
    service.pass(MINUTE);
    let answer = client.command(ticket, action, &form).await.ok();
    assert_eq!(answer, json!({ "message": message }));

    let after = client.detail(ticket).await;
    let lines = after["historial"].as_array().unwrap();
    let (last, earlier) = lines.split_last().unwrap();
    assert_eq!(earlier, before["historial"].as_array().unwrap(), "what has happened stays");
    let mut expected = line(u32::try_from(lines.len()).unwrap(), told_as, who, &columns);
    expected["fecha"] = after["ticket"]["actualizado_en"].clone();
    assert_eq!(*last, expected);

    let mut expected = before["ticket"].clone();
    for (name, value) in changed.as_object().unwrap() {
        assert!(expected.get(name).is_some(), "{name} is a field");
        expected[name] = value.clone();
    }
    let now = &after["ticket"]["actualizado_en"];
    assert_ne!(*now, expected["actualizado_en"]);
    expected["actualizado_en"] = now.clone();
    // The clock goes on by itself; it has tests of its own.
    for clock in ["horas_restantes_sla", "fecha_limite_sla"] {
        if changed.get(clock).is_none() {
            expected[clock] = after["ticket"][clock].clone();
        }
    }
    assert_eq!(after["ticket"], expected);
}

// What is done

#[tokio::test]
async fn actualizar_changes_status_priority_area_and_reply_at_once() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    done(
        &service,
        &service.mesa,
        &ticket,
        (
            "actualizar",
            json!({ "estado": "EN_PROCESO", "prioridad": "BAJA", "area": "Redes", "respuesta": " Lo vemos.\n Saludos " }),
        ),
        "Ticket actualizado correctamente",
        json!({
            "estado": "EN_PROCESO", "prioridad": "BAJA", "sla_horas": 72, "fecha_limite_sla": "2026-03-27T10:15:00Z",
            "area_asignada": "REDES", "respuesta_cliente": "Lo vemos.\n Saludos",
        }),
        (
            "ACTUALIZACION",
            json!({
                "motivo": "Lo vemos.\n Saludos", "estado_antes": "ABIERTO", "estado_despues": "EN_PROCESO",
                "prioridad_antes": "ALTA", "prioridad_despues": "BAJA",
                "area_antes": "MESA DE AYUDA", "area_despues": "REDES",
            }),
        ),
    )
    .await;
}

#[tokio::test]
async fn actualizar_by_an_area_is_told_with_who_did_it() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let form = json!({ "estado": null, "prioridad": "", "area": "  ", "respuesta": "Un momento, por favor" });
    done(
        &service,
        &service.redes,
        &ticket,
        ("actualizar", form),
        "Ticket actualizado correctamente",
        json!({ "respuesta_cliente": "Un momento, por favor" }),
        ("ACTUALIZACION", json!({ "motivo": "Un momento, por favor" })),
    )
    .await;
}

#[tokio::test]
async fn actualizar_with_what_is_so_already_changes_nothing() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut mesa = service.client(&service.mesa).await;
    mesa.set(&ticket, "EN_PROCESO").await;
    let before = mesa.detail(&ticket).await;
    service.pass(MINUTE);
    for form in [
        json!({}),
        json!({ "estado": "EN_PROCESO" }),
        json!({ "estado": "en proceso", "prioridad": "ALTA", "area": "MESA DE AYUDA", "respuesta": null }),
        json!({ "area": "mesa" }),
        json!({ "desconocido": 7 }),
    ] {
        let answer = mesa.command(&ticket, "actualizar", &form).await;
        assert_eq!(answer.ok(), json!({ "message": "Ticket actualizado correctamente" }), "{form}");
        assert_eq!(answer.header("etag"), Some("\"2\""));
    }
    let after = mesa.detail(&ticket).await;
    assert_eq!(after["historial"], before["historial"]);
    assert_eq!(after["ticket"]["actualizado_en"], before["ticket"]["actualizado_en"]);
}

#[tokio::test]
async fn the_last_reply_stays_when_something_else_is_updated() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut mesa = service.client(&service.mesa).await;
    for respuesta in ["La primera respuesta", "La segunda respuesta"] {
        mesa.command(&ticket, "actualizar", &json!({ "respuesta": respuesta })).await.ok();
    }
    mesa.set(&ticket, "EN_PROCESO").await;
    mesa.command(&ticket, "pausar", &json!({ "motivo": "Un repuesto" })).await.ok();
    assert_eq!(mesa.shown(&ticket).await["respuesta_cliente"], "La segunda respuesta");
}

#[tokio::test]
async fn asignar_gives_an_open_ticket_to_an_agent_and_has_it_worked() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let redes = service.redes.id.to_string();
    done(
        &service,
        &service.mesa,
        &ticket,
        ("asignar", json!({ "agenteId": redes, "motivo": "Conoce la red" })),
        "Asignado",
        json!({ "estado": "EN_PROCESO", "agente_id": redes, "agente_nombre": "Rita Redes" }),
        (
            "ASIGNACION",
            json!({
                "motivo": "Conoce la red", "estado_antes": "ABIERTO", "estado_despues": "EN_PROCESO",
                "agente_despues": "Rita Redes",
            }),
        ),
    )
    .await;
    // To another one, who works every area; the status stays.
    let mut mesa = service.client(&service.mesa).await;
    mesa.set(&ticket, "PAUSADO").await;
    let admin = service.admin.id.to_string();
    done(
        &service,
        &service.admin,
        &ticket,
        ("asignar", json!({ "agenteId": admin.to_uppercase(), "motivo": "Me lo quedo" })),
        "Asignado",
        json!({ "agente_id": admin, "agente_nombre": "Ada Administra" }),
        (
            "ASIGNACION",
            json!({ "motivo": "Me lo quedo", "agente_antes": "Rita Redes", "agente_despues": "Ada Administra" }),
        ),
    )
    .await;
}

#[tokio::test]
async fn transferir_gives_a_ticket_to_an_area_and_leaves_its_agent_behind() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let mut mesa = service.client(&service.mesa).await;
    let redes = service.redes.id.to_string();
    mesa.command(&ticket, "asignar", &json!({ "agenteId": redes, "motivo": "Le toca" })).await.ok();
    done(
        &service,
        &service.mesa,
        &ticket,
        ("transferir", json!({ "nuevaArea": "Sistemas", "agenteId": "", "motivo": "No es la red" })),
        "Transferido",
        json!({ "area_asignada": "SISTEMAS", "agente_id": null, "agente_nombre": null }),
        (
            "TRANSFERENCIA",
            json!({
                "motivo": "No es la red", "area_antes": "REDES", "area_despues": "SISTEMAS", "agente_antes": "Rita Redes",
            }),
        ),
    )
    .await;
}

#[tokio::test]
async fn transferir_with_an_agent_gives_it_to_them() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let sistemas = service.sistemas.id.to_string();
    done(
        &service,
        &service.admin,
        &ticket,
        ("transferir", json!({ "nuevaArea": " sistemas ", "agenteId": sistemas, "motivo": "Es de ellos" })),
        "Transferido",
        json!({ "area_asignada": "SISTEMAS", "agente_id": sistemas, "agente_nombre": "Simón Sistemas" }),
        (
            "TRANSFERENCIA",
            json!({
                "motivo": "Es de ellos", "area_antes": "MESA DE AYUDA", "area_despues": "SISTEMAS",
                "agente_despues": "Simón Sistemas",
            }),
        ),
    )
    .await;
    // To the area that it has, for another agent.
    let admin = service.admin.id.to_string();
    done(
        &service,
        &service.mesa,
        &ticket,
        ("transferir", json!({ "nuevaArea": "SISTEMAS", "agenteId": admin, "motivo": "Simón no está" })),
        "Transferido",
        json!({ "agente_id": admin, "agente_nombre": "Ada Administra" }),
        (
            "TRANSFERENCIA",
            json!({
                "motivo": "Simón no está", "agente_antes": "Simón Sistemas", "agente_despues": "Ada Administra",
            }),
        ),
    )
    .await;
}

#[tokio::test]
async fn an_area_that_nobody_knows_is_stored_and_shown_as_it_was_sent() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut mesa = service.client(&service.mesa).await;
    let form = json!({ "nuevaArea": "  Compras  y ventas ", "motivo": "Una factura" });
    mesa.command(&ticket, "transferir", &form).await.ok();
    assert_eq!(mesa.shown(&ticket).await["area_asignada"], "Compras  y ventas");
    // Whoever works it is known by its key.
    let ana = service.enter("Ana Compras", "AREA", Some("COMPRAS Y  VENTAS")).await;
    service.client(&ana).await.detail(&ticket).await;
}

#[tokio::test]
async fn reclasificar_corrects_priority_and_category_and_the_sla_with_them() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    done(
        &service,
        &service.mesa,
        &ticket,
        (
            "reclasificar",
            json!({ "nuevaPrioridad": "Crítica", "nuevaCategoria": "Correo", "motivo": "Nadie puede trabajar" }),
        ),
        "Reclasificado",
        json!({
            "prioridad": "Crítica", "categoria": "Correo", "sla_horas": 2, "fecha_limite_sla": "2026-03-24T12:15:00Z",
        }),
        (
            "RECLASIFICACION",
            json!({
                "motivo": "Nadie puede trabajar", "prioridad_antes": "ALTA", "prioridad_despues": "Crítica",
                "comentario": "categoria: Sistemas → Correo",
            }),
        ),
    )
    .await;
}

#[tokio::test]
async fn pausar_stops_the_clock() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    service.pass(HOUR - MINUTE);
    done(
        &service,
        &service.redes,
        &ticket,
        ("pausar", json!({ "motivo": "Esperamos\nun repuesto" })),
        "Pausado",
        json!({ "estado": "PAUSADO", "horas_restantes_sla": 3.0, "fecha_limite_sla": "2026-03-24T14:15:00Z" }),
        (
            "PAUSA",
            json!({ "motivo": "Esperamos\nun repuesto", "estado_antes": "ABIERTO", "estado_despues": "PAUSADO" }),
        ),
    )
    .await;
    service.pass(2 * HOUR);
    let shown = service.client(&service.redes).await.shown(&ticket).await;
    assert_eq!(shown["horas_restantes_sla"], json!(3.0));
    assert_eq!(shown["fecha_limite_sla"], "2026-03-24T16:15:00Z", "a pause that ended now would move it so far");
}

#[tokio::test]
async fn reabrir_has_a_ticket_worked_again_and_the_clock_runs_on() {
    let service = Service::start().await;
    for estado in ["PAUSADO", "RESUELTO", "CERRADO"] {
        let ticket = service.ticket().await;
        let mut mesa = service.client(&service.mesa).await;
        service.pass(HOUR);
        mesa.set(&ticket, estado).await;
        service.pass(24 * HOUR - MINUTE);
        done(
            &service,
            &service.mesa,
            &ticket,
            ("reabrir", json!({ "motivo": "Sigue igual" })),
            "Reabierto",
            json!({
                "estado": "EN_PROCESO", "resuelto_en": null, "cerrado_en": null, "horas_restantes_sla": 3.0,
            }),
            ("REAPERTURA", json!({ "motivo": "Sigue igual", "estado_antes": estado, "estado_despues": "EN_PROCESO" })),
        )
        .await;
        service.pass(3 * HOUR + MINUTE);
        assert_eq!(mesa.shown(&ticket).await["sla_vencido"], true, "{estado}");
    }
}

#[tokio::test]
async fn cancelar_is_final_and_tells_who_asked() {
    let service = Service::start().await;
    for (rol, kept) in [("USUARIO", "USUARIO"), ("AGENTE", "AGENTE"), (" agente ", "AGENTE")] {
        let ticket = service.ticket_of("REDES").await;
        done(
            &service,
            &service.redes,
            &ticket,
            ("cancelar", json!({ "motivo": "Ya no hace falta", "rol": rol })),
            "Cancelado",
            json!({ "estado": "CANCELADO" }),
            (
                "CANCELACION",
                json!({
                    "motivo": "Ya no hace falta", "estado_antes": "ABIERTO", "estado_despues": "CANCELADO",
                    "comentario": kept,
                }),
            ),
        )
        .await;
    }
}

#[tokio::test]
async fn archivar_closes_an_open_ticket_and_desarchivar_brings_it_back_as_it_was_archived() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    done(
        &service,
        &service.redes,
        &ticket,
        ("archivar", json!({ "motivo": "Duplicado" })),
        "Archivado",
        json!({ "estado": "CERRADO", "cerrado_en": "2026-03-24T10:16:00Z", "archivado_en": "2026-03-24T10:16:00Z" }),
        ("ARCHIVADO", json!({ "motivo": "Duplicado", "estado_antes": "ABIERTO", "estado_despues": "CERRADO" })),
    )
    .await;
    done(
        &service,
        &service.admin,
        &ticket,
        ("desarchivar", json!({ "motivo": "No lo era" })),
        "Desarchivado",
        json!({ "archivado_en": null }),
        ("DESARCHIVADO", json!({ "motivo": "No lo era" })),
    )
    .await;
    for estado in ["RESUELTO", "CERRADO", "CANCELADO"] {
        let ticket = service.ticket().await;
        service.client(&service.mesa).await.set(&ticket, estado).await;
        let mut admin = service.client(&service.admin).await;
        let before = admin.shown(&ticket).await;
        admin.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
        assert_eq!(admin.shown(&ticket).await["estado"], estado);
        admin.command(&ticket, "desarchivar", &json!({ "motivo": "Aún no" })).await.ok();
        assert_eq!(admin.shown(&ticket).await, before, "the clock of this test stands still");
    }
}

#[tokio::test]
async fn when_a_ticket_was_resolved_and_closed_is_told_until_it_is_reopened() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut mesa = service.client(&service.mesa).await;
    let instants = async |mesa: &mut Client| {
        let shown = mesa.shown(&ticket).await;
        (shown["resuelto_en"].clone(), shown["cerrado_en"].clone())
    };
    assert_eq!(instants(&mut mesa).await, (Value::Null, Value::Null));
    service.pass(MINUTE);
    mesa.set(&ticket, "RESUELTO").await;
    service.pass(MINUTE);
    mesa.set(&ticket, "CERRADO").await;
    assert_eq!(instants(&mut mesa).await, (json!("2026-03-24T10:16:00Z"), json!("2026-03-24T10:17:00Z")));
    mesa.set(&ticket, "ABIERTO").await;
    assert_eq!(instants(&mut mesa).await, (Value::Null, Value::Null));
}

#[tokio::test]
async fn history_goes_on_telling_who_it_was_when_they_are_gone() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let ana = service.enter("Ana Breve", "MESA", None).await;
    let form = json!({ "agenteId": ana.id, "motivo": "Es mío" });
    service.client(&ana).await.command(&ticket, "asignar", &form).await.ok();
    service
        .engine
        .delete_user(ticketing_core::ticket::ActorId(ana.id), &ticketing_server::Authority::Operator)
        .await
        .unwrap();
    let detail = service.client(&service.mesa).await.detail(&ticket).await;
    assert_eq!(detail["ticket"]["agente_nombre"], "Ana Breve");
    assert_eq!(detail["historial"][1]["actor_nombre"], "Ana Breve");
    assert_eq!(detail["historial"][1]["agente_despues"], "Ana Breve");
}

// What is refused

/// Asserts that a command's form is refused with these violations, and that nothing has come of it.
async fn refused(service: &Service, ticket: &Ticket, action: &str, form: &str, violations: &[(&str, &str)]) {
    let before = service.engine.ticket(ticket.id()).await.unwrap();
    let request = Request::post(&format!("{}/{action}", ticket.path()), form);
    let answer = service.client(&service.admin).await.ask(request).await;
    let expected: Vec<_> = violations.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect();
    assert_eq!(answer.violations(), expected, "{action} {form}");
    assert_eq!(service.engine.ticket(ticket.id()).await.unwrap(), before);
}

#[tokio::test]
async fn every_field_that_breaks_a_rule_is_named_with_the_rule() {
    let service = Service::start().await;
    let long = |chars: usize| "ñ".repeat(chars);
    let reason_only = ["pausar", "reabrir", "archivar", "desarchivar"];
    for row in &COMMANDS {
        let ticket = row.ticket(&service, "MESA").await;
        let check = async |form: Value, violations: &[(&str, &str)]| {
            refused(&service, &ticket, row.action, &form.to_string(), violations).await;
        };
        let good = row.form(&service.admin);
        let with = |field: &str, value: Value| {
            let mut form = good.clone();
            form[field] = value;
            form
        };
        // Fields, fewest and most characters, whether they must be given.
        let texts: &[(&str, usize, usize, bool)] = match row.action {
            "actualizar" => &[("prioridad", 1, 20, false), ("area", 1, 100, false), ("respuesta", 5, 5000, false)],
            "transferir" => &[("nuevaArea", 1, 100, true), ("motivo", 3, 1000, true)],
            "reclasificar" => {
                &[("nuevaPrioridad", 1, 20, true), ("nuevaCategoria", 2, 100, true), ("motivo", 3, 1000, true)]
            }
            _ => &[("motivo", 3, 1000, true)],
        };
        for (field, min, max, is_required) in texts {
            check(with(field, json!(long(max + 1))), &[(field, "too-long")]).await;
            check(with(field, json!("a\u{0}bcdef")), &[(field, "control-character")]).await;
            check(with(field, json!(["motivo"])), &[(field, "wrong-type")]).await;
            check(with(field, json!(7)), &[(field, "wrong-type")]).await;
            if *min > 1 {
                check(with(field, json!(format!("  {}\t", long(min - 1)))), &[(field, "too-short")]).await;
            }
            if *is_required {
                for nothing in [Value::Null, json!(""), json!(" \u{a0}\n ")] {
                    check(with(field, nothing), &[(field, "required")]).await;
                }
            }
            if !matches!(*field, "motivo" | "respuesta") {
                check(with(field, json!("dos\nlíneas")), &[(field, "control-character")]).await;
            }
            let broken = with(field, json!("?")).to_string().replace("\"?\"", r#""abc\ud800def""#);
            refused(&service, &ticket, row.action, &broken, &[(field, "invalid-unicode")]).await;
        }
        if reason_only.contains(&row.action) {
            refused(&service, &ticket, row.action, r#"{"motivo":"uno","motivo":"otro"}"#, &[("motivo", "repeated")])
                .await;
        }
        refused(&service, &ticket, row.action, "[]", &[("", "wrong-type")]).await;
        // The extremes are taken.
        for extreme in [true, false] {
            let ticket = row.ticket(&service, "MESA").await;
            let mut form = good.clone();
            for (field, min, max, _) in texts {
                form[*field] = json!(long(if extreme { *max } else { *min }));
            }
            let answer = service.client(&service.admin).await.command(&ticket, row.action, &form).await;
            assert_eq!(answer.ok(), json!({ "message": row.message }), "{form}");
        }
    }
}

#[tokio::test]
async fn everything_wrong_with_a_form_is_said_at_once_in_the_order_of_its_fields() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    for (action, form, violations) in [
        (
            "actualizar",
            r#"{"respuesta":"hola","area":7,"prioridad":"123456789012345678901","estado":"HECHO"}"#,
            &[
                ("estado", "unknown-value"),
                ("prioridad", "too-long"),
                ("area", "wrong-type"),
                ("respuesta", "too-short"),
            ][..],
        ),
        ("asignar", "{}", &[("agenteId", "required"), ("motivo", "required")]),
        ("transferir", r#"{"agenteId":""}"#, &[("nuevaArea", "required"), ("motivo", "required")]),
        (
            "reclasificar",
            r#"{"motivo":"x"}"#,
            &[("nuevaPrioridad", "required"), ("nuevaCategoria", "required"), ("motivo", "too-short")],
        ),
        ("pausar", "{}", &[("motivo", "required")]),
        ("cancelar", "{}", &[("motivo", "required"), ("rol", "required")]),
        ("archivar", "{}", &[("motivo", "required")]),
    ] {
        refused(&service, &ticket, action, form, violations).await;
    }
}

#[tokio::test]
async fn a_status_or_a_role_that_there_is_not_is_refused_with_those_that_there_are() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    for estado in ["ARCHIVADO", "HECHO", "EN-PROCESO", "0", "abierto."] {
        let form = json!({ "estado": estado }).to_string();
        refused(&service, &ticket, "actualizar", &form, &[("estado", "unknown-value")]).await;
    }
    for rol in ["ADMIN", "MESA", "AREA", "SISTEMA", "x"] {
        let form = json!({ "motivo": "Porque sí", "rol": rol }).to_string();
        refused(&service, &ticket, "cancelar", &form, &[("rol", "unknown-value")]).await;
    }
    let mut admin = service.client(&service.admin).await;
    let problem = admin.command(&ticket, "actualizar", &json!({ "estado": "x" })).await.problem(422, "invalid");
    let six = json!({ "allowed": ["ABIERTO", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"] });
    assert_eq!(problem["errors"][0]["params"], six);
    let form = json!({ "motivo": "Porque sí", "rol": "x" });
    let problem = admin.command(&ticket, "cancelar", &form).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["params"], json!({ "allowed": ["USUARIO", "AGENTE"] }));
}

#[tokio::test]
async fn an_agent_who_is_unknown_gone_of_another_area_or_no_agent_is_refused() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let inactive = service.enter("Inés Inactiva", "AREA", Some("REDES")).await;
    service.deactivate(&inactive).await;
    let deleted = service.enter("Delia Despedida", "MESA", None).await;
    service
        .engine
        .delete_user(ticketing_core::ticket::ActorId(deleted.id), &ticketing_server::Authority::Operator)
        .await
        .unwrap();
    let unavailable = [
        Uuid::from_u128(7).to_string(),
        "7".to_owned(),
        "Rita Redes".to_owned(),
        ticket.uuid.clone(),
        inactive.id.to_string(),
        deleted.id.to_string(),
        service.usuario.id.to_string(),
    ];
    for agent in &unavailable {
        let form = json!({ "agenteId": agent, "motivo": "Le toca" }).to_string();
        refused(&service, &ticket, "asignar", &form, &[("agenteId", "unavailable-agent")]).await;
        let form = json!({ "nuevaArea": "REDES", "agenteId": agent, "motivo": "Le toca" }).to_string();
        refused(&service, &ticket, "transferir", &form, &[("agenteId", "unavailable-agent")]).await;
    }
    // In an assignment the ticket's area counts, in a transfer the new one.
    let (redes, sistemas) = (service.redes.id, service.sistemas.id);
    let form = json!({ "agenteId": sistemas, "motivo": "Le toca" }).to_string();
    refused(&service, &ticket, "asignar", &form, &[("agenteId", "unavailable-agent")]).await;
    let form = json!({ "nuevaArea": "SISTEMAS", "agenteId": redes, "motivo": "Le toca" }).to_string();
    refused(&service, &ticket, "transferir", &form, &[("agenteId", "unavailable-agent")]).await;
    for agent in [json!(7), json!(true), json!({})] {
        let form = json!({ "agenteId": agent, "motivo": "Le toca" }).to_string();
        refused(&service, &ticket, "asignar", &form, &[("agenteId", "wrong-type")]).await;
    }
    let mut mesa = service.client(&service.mesa).await;
    let form = json!({ "nuevaArea": "SISTEMAS", "agenteId": sistemas, "motivo": "Es de ellos" });
    mesa.command(&ticket, "transferir", &form).await.ok();
}

#[tokio::test]
async fn what_the_lifecycle_refuses_is_409_with_the_reason_and_what_may_be_done() {
    let service = Service::start().await;
    let ticket = service.ticket_of("REDES").await;
    let mut mesa = service.client(&service.mesa).await;
    let check = async |who: &Person, action: &str, detail: &str, allowed: Value| {
        let row = COMMANDS.iter().find(|row| row.action == action).unwrap();
        let before = service.engine.ticket(ticket.id()).await.unwrap();
        let answer = service.client(who).await.command(&ticket, action, &row.form(&service.admin)).await;
        let problem = answer.problem(409, "not-allowed");
        assert_eq!((&problem["detail"], &problem["allowed"]), (&json!(detail), &allowed));
        assert_eq!(service.engine.ticket(ticket.id()).await.unwrap(), before);
    };
    let open = "actualizar, asignar, transferir, reclasificar, pausar, cancelar, archivar";
    check(
        &service.mesa,
        "reabrir",
        &format!("El ticket está ABIERTO: no se puede reabrir. Ahora se puede: {open}."),
        json!(["actualizar", "asignar", "transferir", "reclasificar", "pausar", "cancelar", "archivar"]),
    )
    .await;
    mesa.set(&ticket, "PAUSADO").await;
    check(
        &service.redes,
        "pausar",
        "El ticket está PAUSADO: no se puede pausar. Ahora se puede: actualizar, cancelar, archivar.",
        json!(["actualizar", "cancelar", "archivar"]),
    )
    .await;
    mesa.set(&ticket, "RESUELTO").await;
    check(
        &service.mesa,
        "cancelar",
        "El ticket está RESUELTO: no se puede cancelar. Ahora se puede: actualizar, reabrir, archivar.",
        json!(["actualizar", "reabrir", "archivar"]),
    )
    .await;
    mesa.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
    check(
        &service.admin,
        "actualizar",
        "El ticket está archivado: no se puede actualizar. Ahora se puede: desarchivar.",
        json!(["desarchivar"]),
    )
    .await;
    check(&service.mesa, "archivar", "El ticket está archivado: no se puede archivar.", json!([])).await;
}

#[tokio::test]
async fn a_body_that_is_no_json_too_large_or_something_else_is_refused_by_every_command() {
    let service = Service::start().await;
    let mut admin = service.client(&service.admin).await;
    for row in &COMMANDS {
        let ticket = row.ticket(&service, "MESA").await;
        let before = service.engine.ticket(ticket.id()).await.unwrap();
        let path = format!("{}/{}", ticket.path(), row.action);
        let good = row.form(&service.admin).to_string();
        for (body, line, column) in [("", 1, 0), ("{", 1, 1), ("{\n \"motivo\": \"Porque", 2, 18), ("{} x", 1, 4)] {
            let problem = admin.ask(Request::post(&path, body)).await.problem(400, "malformed-json");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(&format!("línea {line}, columna {column}")), "{detail}");
        }
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"] {
            let request = Request::post_as(&path, good.clone()).header("Content-Type", content_type);
            admin.ask(request).await.problem(415, "unsupported-media-type");
        }
        admin.ask(Request::post_as(&path, good.clone())).await.problem(415, "unsupported-media-type");
        let large = format!("{{\"motivo\": \"{}\"}}", "x".repeat(1 << 20));
        let mut client = service.client(&service.admin).await;
        client.ask(Request::post(&path, large)).await.problem(413, "body-too-large");
        assert_eq!(service.engine.ticket(ticket.id()).await.unwrap(), before, "{}", row.action);
        let request = Request::post_as(&path, good).header("Content-Type", "Application/JSON; charset=UTF-8");
        assert_eq!(admin.ask(request).await.ok(), json!({ "message": row.message }));
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_caller_s_language_and_what_was_done_in_spanish() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let mut admin = service.client(&service.admin).await;
    let mut ask = async |action: &str, form: &str| {
        let request = Request::post(&format!("{}/{action}", ticket.path()), form).header("Accept-Language", "en");
        admin.ask(request).await
    };
    let problem = ask("pausar", "{}").await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["message"], "This field is required.");
    let problem = ask("reabrir", r#"{"motivo":"Porque sí"}"#).await.problem(409, "not-allowed");
    assert!(problem["detail"].as_str().unwrap().starts_with("The ticket is ABIERTO: “reabrir” is not possible."));
    assert_eq!(ask("pausar", r#"{"motivo":"Porque sí"}"#).await.ok(), json!({ "message": "Pausado" }));
}

#[tokio::test]
async fn rules_that_take_known_values_only_are_asked_of_commands_too() {
    let service = Service::start().await;
    let ticket = service.ticket().await;
    let other = service.nobody().await.create(&seed_with(&json!({ "prioridad": "Algún día" }))).await;
    let rules = r#"{"areas": {"soloConocidas": true}, "prioridades": {"soloConocidas": true}}"#;
    service.engine.apply_rules(ticketing_core::Rules::from_json(rules).unwrap()).await.unwrap();
    let form = json!({ "prioridad": "Mañana", "area": "Marte" }).to_string();
    let both = [("prioridad", "unknown-value"), ("area", "unknown-value")];
    refused(&service, &ticket, "actualizar", &form, &both).await;
    let form = json!({ "nuevaArea": "Marte", "motivo": "Lejos" }).to_string();
    refused(&service, &ticket, "transferir", &form, &[("nuevaArea", "unknown-value")]).await;
    let form = json!({ "nuevaPrioridad": "Mañana", "nuevaCategoria": "Redes", "motivo": "Luego" }).to_string();
    refused(&service, &ticket, "reclasificar", &form, &[("nuevaPrioridad", "unknown-value")]).await;
    // What was taken before stays workable.
    service.client(&service.mesa).await.set(&other, "EN_PROCESO").await;
}
