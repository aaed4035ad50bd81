//! Says, before anything is measured, whether a server does the work that is going to be measured.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use ticketing_benches::seed;

use crate::{
    load::{exchange, post},
    servers::Server,
};

/// Creates the seed's ticket, looks it up, and tries what must be refused.
///
/// # Errors
/// The first answer that is not the right one.
pub(crate) fn public_endpoints(server: &Server) -> anyhow::Result<()> {
    answers(server).with_context(|| format!("a wrong answer from {}", server.name))
}

fn answers(server: &Server) -> anyhow::Result<()> {
    let sent: Value = serde_json::from_slice(seed::CREATE_BODY)?;

    let created = create(server, seed::CREATE_BODY, 200)?;
    let mut expected = seed::CREATED_FIELDS;
    expected.sort_unstable();
    let mut fields: Vec<_> = created.as_object().context("not an object")?.keys().map(String::as_str).collect();
    fields.sort_unstable();
    ensure!(fields == expected, "a creation answers {fields:?}");
    ensure!(created["slaHoras"] == 4 && created["estado"] == "ABIERTO", "a creation answers {created}");

    let label = created["ticketLabel"].as_str().unwrap_or_default();
    let email = sent["email"].as_str().unwrap_or_default();
    let found = find(server, label, email, 200)?;
    let as_sent = [
        ("solicitanteNombre", "nombre"),
        ("solicitanteEmail", "email"),
        ("solicitanteTel", "telefono"),
        ("tieneWhatsapp", "tieneWhatsapp"),
        ("documento", "documento"),
        ("empresaDepartamento", "empresaDepartamento"),
        ("tipoSolicitud", "tipo"),
        ("categoria", "categoria"),
        ("subcategoria", "subcategoria"),
        ("asunto", "asunto"),
        ("descripcionProblema", "descripcion"),
        ("prioridadNombre", "prioridad"),
        ("areaAsignada", "areaAsignada"),
    ];
    for (answered, asked) in as_sent {
        ensure!(found[answered] == sent[asked], "{answered} is {}, not {}", found[answered], sent[asked]);
    }
    for same in ["ticketUuid", "ticketLabel", "slaHoras", "fechaLimiteSla"] {
        ensure!(found[same] == created[same], "{same} is {}, not {}", found[same], created[same]);
    }
    let example: Value = serde_json::from_slice(seed::FOUND_ANSWER)?;
    for field in example.as_object().into_iter().flat_map(|example| example.keys()) {
        ensure!(found.get(field).is_some(), "a look-up's answer has no {field}");
    }

    let next = create(server, seed::CREATE_BODY, 200)?;
    ensure!(next["ticketLabel"] != created["ticketLabel"], "two tickets are called {label}");

    let wrong_email = find(server, label, "ana@example.com", 404)?;
    let wrong_label = find(server, "TKT-2026-999999", email, 404)?;
    ensure!(wrong_email == wrong_label, "a wrong label and a wrong address are told apart");
    create(server, seed::INVALID_BODY, 422)?;
    create(server, b"{\"nombre\": ", 400)?;
    Ok(())
}

fn create(server: &Server, body: &[u8], status: u16) -> anyhow::Result<Value> {
    answer(server, "/api/tickets/crear", body, status)
}

fn find(server: &Server, label: &str, email: &str, status: u16) -> anyhow::Result<Value> {
    let body = json!({ "label": label, "email": email }).to_string();
    answer(server, "/api/tickets/consultar", body.as_bytes(), status)
}

fn answer(server: &Server, path: &str, body: &[u8], expected: u16) -> anyhow::Result<Value> {
    let (status, answer) = exchange(server.address, &post(path, body))?;
    let text = String::from_utf8_lossy(&answer);
    ensure!(status == expected, "{path} answers {status}, not {expected}: {text}");
    serde_json::from_slice(&answer).with_context(|| format!("{path} does not answer JSON: {text}"))
}
