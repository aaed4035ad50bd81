//! The seed's two endpoints as it shows them, and the requester's answer to a ticket.
//!
//! Source: the seed; the Mesa de Ayuda contract, "Public".

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use serde_json::{Value, json};
use ticketing_core::Timestamp;
use uuid::Uuid;

use self::common::{
    http::{Answer, Connection, Request},
    program::Desk,
    seed,
};

const CREATED: [&str; 9] = [
    "ticketUuid",
    "ticketLabel",
    "estado",
    "tipo",
    "prioridad",
    "slaHoras",
    "fechaCreacion",
    "fechaLimiteSla",
    "mensaje",
];

const LOOKED_UP: [&str; 33] = [
    "ticketUuid",
    "ticketLabel",
    "ticketNum",
    "solicitanteNombre",
    "solicitanteEmail",
    "solicitanteTel",
    "tieneWhatsapp",
    "documento",
    "empresaDepartamento",
    "tipoSolicitud",
    "categoria",
    "subcategoria",
    "asunto",
    "descripcionProblema",
    "respuestaCliente",
    "areaAsignada",
    "prioridadNombre",
    "estadoNombre",
    "creadoEn",
    "actualizadoEn",
    "ultimaFechaHistorial",
    "ultimaAccion",
    "ultimoMotivo",
    "ultimoActorNombre",
    "ultimoActorRol",
    "slaHoras",
    "fechaLimiteSla",
    "estadoAntes",
    "estadoDespues",
    "prioridadAntes",
    "prioridadDespues",
    "areaAntes",
    "areaDespues",
];

/// The members of an answer in the order in which they stand there. None of the values that these tests send looks like one.
fn members(answer: &Answer) -> Vec<String> {
    let known: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let mut placed: Vec<_> =
        known.into_iter().map(|name| (text.find(&format!("\"{name}\":")).unwrap(), name)).collect();
    placed.sort_unstable();
    placed.into_iter().map(|(_, name)| name).collect()
}

fn instant(value: &Value) -> Timestamp {
    let text = value.as_str().unwrap();
    assert!(text.len() == 20 && text.ends_with('Z'), "{text} is RFC 3339 in UTC with whole seconds");
    Timestamp::parse(text).unwrap()
}

async fn create(client: &mut Connection, form: &Value) -> Value {
    client.post("/api/tickets/crear", form).await.ok()
}

async fn look_up(client: &mut Connection, label: &str, email: &str) -> Answer {
    client.post("/api/tickets/consultar", &json!({ "label": label, "email": email })).await
}

#[tokio::test]
async fn the_seeds_creation_gets_the_seeds_answer() {
    let desk = Desk::new();
    let server = desk.serve();
    let answer = server.connect().await.post("/api/tickets/crear", &seed()).await;
    let created = answer.ok();

    assert_eq!(members(&answer), CREATED);
    assert!(created["ticketUuid"].as_str().unwrap().parse::<Uuid>().is_ok());
    let created_at = instant(&created["fechaCreacion"]);
    let year = &created["fechaCreacion"].as_str().unwrap()[..4];
    assert_eq!(created["ticketLabel"], format!("TKT-{year}-00001"));
    assert_eq!(created["estado"], "ABIERTO");
    assert_eq!(created["tipo"], "INCIDENTE");
    assert_eq!(created["prioridad"], "ALTA");
    assert_eq!(created["slaHoras"].as_u64(), Some(4));
    assert!(answer.to_string().contains("\"slaHoras\":4,"), "an integer, as the seed writes it");
    assert_eq!(instant(&created["fechaLimiteSla"]).since(created_at).num_seconds(), 4 * 3600);
    assert_eq!(created["mensaje"], "Su solicitud ha sido registrada exitosamente.");
}

#[tokio::test]
async fn the_seeds_look_up_gets_the_seeds_answer() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let created = create(&mut client, &seed()).await;
    let answer = look_up(&mut client, created["ticketLabel"].as_str().unwrap(), "ana.garcia@example.com").await;
    let found = answer.ok();

    assert_eq!(members(&answer), LOOKED_UP);
    assert_eq!(
        found,
        json!({
            "ticketUuid": created["ticketUuid"],
            "ticketLabel": created["ticketLabel"],
            "ticketNum": 1,
            "solicitanteNombre": "Ana García",
            "solicitanteEmail": "ana.garcia@example.com",
            "solicitanteTel": "+573001234567",
            "tieneWhatsapp": true,
            "documento": "12345678",
            "empresaDepartamento": "Recursos Humanos",
            "tipoSolicitud": "INCIDENTE",
            "categoria": "Sistemas",
            "subcategoria": "Correo electrónico",
            "asunto": "No puedo acceder a mi correo corporativo",
            "descripcionProblema":
                "Desde esta mañana no puedo iniciar sesión en Outlook. Aparece el error 403 Forbidden.",
            "respuestaCliente": null,
            "areaAsignada": "MESA",
            "prioridadNombre": "ALTA",
            "estadoNombre": "ABIERTO",
            "creadoEn": created["fechaCreacion"],
            "actualizadoEn": created["fechaCreacion"],
            "ultimaFechaHistorial": created["fechaCreacion"],
            "ultimaAccion": "CREACION",
            "ultimoMotivo": null,
            "ultimoActorNombre": "Ana García",
            "ultimoActorRol": "USUARIO",
            "slaHoras": 4,
            "fechaLimiteSla": created["fechaLimiteSla"],
            "estadoAntes": null,
            "estadoDespues": "ABIERTO",
            "prioridadAntes": null,
            "prioridadDespues": "ALTA",
            "areaAntes": null,
            "areaDespues": "MESA",
        })
    );
}

#[tokio::test]
async fn what_was_not_given_is_null_and_not_left_out() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let form = json!({
        "nombre": "Luz", "email": "luz@example.com", "tipo": "CONSULTA", "categoria": "TI",
        "descripcion": "¿Cómo cambio mi clave?", "prioridad": "Algún día",
    });
    let created = create(&mut client, &form).await;
    // An unknown priority gets the default hours and is echoed as sent.
    assert_eq!((&created["slaHoras"], &created["prioridad"]), (&json!(24), &json!("Algún día")));

    let answer = look_up(&mut client, created["ticketLabel"].as_str().unwrap(), "luz@example.com").await;
    let found = answer.ok();
    assert_eq!(members(&answer), LOOKED_UP);
    for name in ["solicitanteTel", "documento", "empresaDepartamento", "subcategoria", "asunto"] {
        assert_eq!(found[name], Value::Null, "{name}");
    }
    assert_eq!(found["tieneWhatsapp"], false);
    assert_eq!(found["areaAsignada"], "MESA");
}

#[tokio::test]
async fn every_type_of_the_seed_is_taken_and_each_ticket_has_the_next_number() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let types = ["PETICION", "QUEJA", "RECLAMO", "SUGERENCIA", "INCIDENTE", "SOLICITUD", "CONSULTA"];
    for (number, name) in (1..).zip(types) {
        let mut form = seed();
        form["tipo"] = name.into();
        let created = create(&mut client, &form).await;
        assert_eq!(created["tipo"], name);
        assert!(created["ticketLabel"].as_str().unwrap().ends_with(&format!("-{number:05}")));
    }
}

#[tokio::test]
async fn a_label_is_found_however_it_is_typed() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let created = create(&mut client, &seed()).await;
    let label = created["ticketLabel"].as_str().unwrap();
    let year = &label[4..8];
    for typed in [
        label.to_owned(),
        format!("tkt-{year}-1"),
        format!("tkt {year}-1"),
        format!("  Tkt–{year}–00001\t"),
        format!("#TKT/{year}/1"),
        format!("TKT{year}-000000001"),
        format!("tkt.{year}.01"),
    ] {
        let answer = look_up(&mut client, &typed, "ana.garcia@example.com").await;
        assert_eq!(answer.ok()["ticketLabel"], label, "{typed}");
    }
}

#[tokio::test]
async fn an_email_address_that_is_not_exactly_the_same_finds_nothing() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let created = create(&mut client, &seed()).await;
    let label = created["ticketLabel"].as_str().unwrap();
    for email in [
        "Ana.garcia@example.com",
        "ana.garcia@EXAMPLE.com",
        "ana.garcia@example.co",
        "ana.garcia@example.com.",
        "%",
        "ana",
    ] {
        let answer = look_up(&mut client, label, email).await;
        assert_eq!(answer.problem(404, "ticket-not-found")["detail"], "Ticket no encontrado", "{email}");
    }
}

/// An answer without what differs between any two answers.
fn comparable(answer: &Answer) -> (Vec<String>, Vec<u8>) {
    let differs = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        matches!(name.as_str(), "date" | "x-request-id" | "ratelimit")
    };
    (answer.head.lines().filter(|line| !differs(line)).map(String::from).collect(), answer.body.clone())
}

#[tokio::test]
async fn a_wrong_label_and_a_wrong_email_cannot_be_told_apart() {
    let desk = Desk::new();
    // With its rate limits, which must not tell them apart either.
    let server = desk.serve_with(|command| command);
    let mut client = server.connect().await;
    let created = create(&mut client, &seed()).await;
    let label = created["ticketLabel"].as_str().unwrap();
    let next_label = label.replace("-00001", "-00002");
    let (email, wrong_email) = ("ana.garcia@example.com", "ana.garcia@example.org");

    for path in ["/api/tickets/consultar", "/api/tickets/comentar"] {
        let mut answers = vec![];
        for (label, email) in [
            (label, wrong_email),
            (&next_label, email),
            (&next_label, wrong_email),
            (&label.replace("TKT", "ABC"), email),
            ("no label at all", email),
            ("TKT-1999-00001", email),
            ("TKT-2026-99999999999", email),
            (label, "no address at all"),
        ] {
            let form = json!({ "label": label, "email": email, "mensaje": "¿Alguna novedad?" });
            let answer = client.post(path, &form).await;
            assert_eq!(answer.problem(404, "ticket-not-found")["detail"], "Ticket no encontrado");
            answers.push(comparable(&answer));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    }
}

#[tokio::test]
async fn errors_speak_the_readers_language_and_messages_of_success_spanish() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let form = json!({ "label": "TKT-2026-00001", "email": "ana@example.com" }).to_string();
    for (wanted, detail, language) in [
        ("es", "Ticket no encontrado", "es"),
        ("en", "Ticket not found", "en"),
        ("pt-BR,pt;q=0.9", "Ticket não encontrado", "pt"),
        ("fr, en;q=0.3, pt;q=0.2", "Ticket not found", "en"),
        ("fr", "Ticket no encontrado", "es"),
        ("\u{1F980};q=\u{1F980}", "Ticket no encontrado", "es"),
    ] {
        let request = Request::post("/api/tickets/consultar", form.clone()).header("Accept-Language", wanted);
        let answer = client.ask(&request).await;
        assert_eq!(answer.problem(404, "ticket-not-found")["detail"], detail);
        assert_eq!(answer.header("content-language"), Some(language));
    }

    let request = Request::post("/api/tickets/crear", r#"{"email": "x"}"#).header("Accept-Language", "en");
    let problem = client.ask(&request).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["message"], "This field is required.");
    assert_eq!(problem["errors"][1]["message"], "The e-mail address has no “@”.");

    let request = Request::post("/api/tickets/crear", seed().to_string()).header("Accept-Language", "en");
    assert_eq!(client.ask(&request).await.ok()["mensaje"], "Su solicitud ha sido registrada exitosamente.");
}

#[tokio::test]
async fn the_requesters_answer_is_the_tickets_last_event() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let created = create(&mut client, &seed()).await;
    let (label, email) = (created["ticketLabel"].as_str().unwrap(), "ana.garcia@example.com");

    let form = json!({ "label": label, "email": email, "mensaje": " Ya funciona,\n¡gracias! " });
    let answer = client.post("/api/tickets/comentar", &form).await;
    assert_eq!(members(&answer), ["mensaje"]);
    assert!(answer.ok()["mensaje"].is_string());

    let found = look_up(&mut client, label, email).await.ok();
    assert_eq!(found["ultimaAccion"], "COMENTARIO");
    assert_eq!(found["ultimoMotivo"], "Ya funciona,\n¡gracias!");
    assert_eq!(found["ultimoActorNombre"], "Ana García");
    assert_eq!(found["ultimoActorRol"], "USUARIO");
    assert_eq!(found["estadoNombre"], "ABIERTO");
    // A comment changes none of these.
    for name in ["estadoAntes", "estadoDespues", "prioridadAntes", "prioridadDespues", "areaAntes", "areaDespues"] {
        assert_eq!(found[name], Value::Null, "{name}");
    }
    assert!(instant(&found["ultimaFechaHistorial"]) >= instant(&found["creadoEn"]));
    assert_eq!(found["actualizadoEn"], found["ultimaFechaHistorial"]);
}
