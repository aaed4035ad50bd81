//! `/openapi.json`: the API described for programs, the fields of a ticket from the one table that validation uses too.

mod auth;
mod desk;
mod headers;
mod reports;
mod sla;
pub(crate) mod v2;

use serde_json::{Map, Value, json};
use ticketing_core::{
    Locale, Rules, Status,
    field::{FIELDS, FieldSpec, Kind},
    limits::{EMAIL_OCTETS_MAX, LABEL_INPUT_CHARS_MAX, MENSAJE_CHARS_MAX, MENSAJE_CHARS_MIN},
    ticket::{Action, Role},
};

use crate::{
    http::{ApiError, Call, Response, json as answer},
    store::Store,
};

/// `GET /openapi.json`: OpenAPI 3.1, with the limits of the active rules.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    answer(&document(&call.engine().rules()))
}

fn document(rules: &Rules) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Mesa de Ayuda",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "description": "Anybody submits a ticket without logging in, gets a label, and looks the ticket up with it and \
                            the e-mail address. Texts are trimmed; lengths count Unicode characters. Messages come in \
                            Spanish, English or Portuguese (Accept-Language)."
        },
        "paths": merged([paths(), auth::paths(), desk::paths(), reports::paths()]),
        "components": {
            "schemas": merged([schemas(rules), rules_schemas(), auth::schemas(), desk::schemas(rules), sla::schemas(), reports::schemas()]),
            "headers": headers::all(),
            "securitySchemes": auth::security_schemes()
        }
    })
}

/// Objects as one.
fn merged<const N: usize>(parts: [Value; N]) -> Value {
    let members = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        _ => None,
    });
    Value::Object(members.flatten().collect())
}

fn paths() -> Value {
    let limited = ["400", "408", "413", "415", "422", "429", "503"];
    json!({
        "/api/tickets/crear": { "post": {
            "operationId": "crearTicket", "tags": ["Tickets"], "summary": "Create a ticket",
            "description": "With a session, whoever is logged in is recorded.",
            "security": [{}, { "bearerAuth": [] }],
            "parameters": [idempotency_key()],
            "requestBody": body("TicketNuevo"),
            "responses": responses("TicketCreado", &limited, &["401", "409"]),
        } },
        "/api/tickets/consultar": { "post": {
            "operationId": "consultarTicket", "tags": ["Tickets"], "summary": "Look a ticket up",
            "description": "A wrong label and a wrong e-mail address get the same answer.",
            "requestBody": body("Consulta"),
            "responses": responses("TicketPublico", &limited, &["404"]),
        } },
        "/api/tickets/comentar": { "post": {
            "operationId": "comentarTicket", "tags": ["Tickets"], "summary": "Answer as the requester",
            "description": "A paused ticket goes on; a resolved one is re-opened for some days, then 409.",
            "requestBody": body("Comentario"),
            "responses": responses("Confirmacion", &limited, &["404", "409"]),
        } },
        "/api/reglas": { "get": {
            "operationId": "reglas", "tags": ["Rules"], "summary": "The active rules",
            "description": "The ETag is the hash of the rules: the UUIDv5 of this JSON.",
            "responses": {
                "200": {
                    "description": "Canonical JSON: sorted keys, integers only.",
                    "headers": { "ETag": { "schema": { "type": "string" } } },
                    "content": { "application/json": { "schema": { "type": "object" } } }
                },
                "304": { "description": "If-None-Match names the active rules." }
            },
        }, "put": apply_rules() },
        "/api/reglas/previa": { "post": preview_rules() },
        "/openapi.json": { "get": {
            "operationId": "openapi", "tags": ["Service"], "summary": "This document",
            "responses": { "200": { "description": "OpenAPI 3.1.", "content": { "application/json": {} } } },
        } },
        "/livez": { "get": probe("livez", "The process answers") },
        "/readyz": { "get": probe("readyz", "The store reads and writes") },
        "/metrics": { "get": {
            "operationId": "metrics", "tags": ["Service"], "summary": "Metrics for Prometheus",
            "responses": { "200": { "description": "OpenMetrics text.", "content": { "application/openmetrics-text": {} } } },
        } },
    })
}

fn apply_rules() -> Value {
    let mut answers = responses("ReglasActivas", &OF_RULES, &["412"]);
    answers["200"]["headers"]["ETag"] = rules_tag();
    json!({
        "operationId": "activarReglas", "tags": ["Rules"], "summary": "Make rules active",
        "description": "Roles: ADMIN. The whole document; what it leaves out is as built in. The tables of zones that it names are made here.",
        "security": security(),
        "parameters": [
            {
                "name": "If-Match", "in": "header", "schema": { "type": "string", "pattern": "^\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\"$" },
                "description": "The ETag of the rules that were seen; a 412 where others are active."
            },
            {
                "name": "abiertos", "in": "query", "schema": { "enum": ["si", "no"], "default": "no" },
                "description": "si: open tickets come under them too. Without, they keep what they were promised until something changes them."
            },
        ],
        "requestBody": body("Reglas"),
        "responses": answers,
    })
}

fn preview_rules() -> Value {
    let mut answers = responses("ReglasPrevia", &OF_RULES, &[]);
    answers["200"]["headers"]["ETag"] = rules_tag();
    json!({
        "operationId": "previaReglas", "tags": ["Rules"], "summary": "What other rules would change",
        "description": "Roles: ADMIN. Changes nothing. The ETag is that of the active rules, against which they are compared.",
        "security": security(), "requestBody": body("Reglas"), "responses": answers,
    })
}

const OF_RULES: [&str; 8] = ["400", "401", "403", "408", "413", "415", "422", "503"];

fn rules_tag() -> Value {
    headers::header(true, "The hash of the rules.", &text())
}

fn rules_schemas() -> Value {
    let count = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
    let change = object(vec![("ruta", text()), ("antes", json!({})), ("despues", json!({}))]);
    let open = object(vec![
        ("total", count("Tickets that are open.")),
        ("otra_promesa", count("Would be promised something else.")),
        ("otra_fecha", count("Would be due at another time.")),
        ("vencerian", count("Would be overdue that are not now.")),
        ("dejarian_de_estar_vencidos", count("Would no longer be overdue.")),
    ]);
    json!({
        "Reglas": { "type": "object", "description": "As /api/reglas answers them." },
        "ReglasPrevia": object(vec![
            ("hash", json!({ "type": "string", "format": "uuid" })),
            ("cambios", json!({ "type": "array", "items": change })),
            ("abiertos", open),
        ]),
        "ReglasActivas": object(vec![
            ("message", text()),
            ("version", json!({ "type": "integer" })),
            ("hash", json!({ "type": "string", "format": "uuid" })),
            ("abiertos", json!({ "type": ["integer", "null"], "description": "Open tickets that have come under them." })),
        ]),
    })
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Makes the request repeatable for 24 hours: the same key and body get the first answer again, another \
                        body is a 422, and a key whose first request is not answered yet is a 409.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }
    })
}

fn security() -> Value {
    json!([{ "bearerAuth": [] }])
}

fn body(schema: &str) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": reference(schema) } } })
}

fn responses(schema: &str, errors: &[&str], more_errors: &[&str]) -> Value {
    let mut responses = Map::new();
    responses.insert(
        "200".into(),
        json!({
            "description": "Done.", "headers": headers::named(headers::OF_ALL),
            "content": { "application/json": { "schema": reference(schema) } }
        }),
    );
    for status in errors.iter().chain(more_errors).chain(&["500"]) {
        let meaning = match *status {
            "400" => "The body is not JSON (with line and column), broke off, or a header has no meaning.",
            "401" => "Nobody is logged in: no token, or one that is not valid any more, or wrong credentials.",
            "403" => "The role may not do this, or the user is deactivated.",
            "404" => "There is no such thing, or not for whoever asks.",
            "408" => "The body took too long to arrive.",
            "412" => "What If-Match names is no longer so. Of a ticket, `cambios` has what happened.",
            "409" => "Not now, or not any more: the detail says why.",
            "413" => "The body is larger than 1 MiB.",
            "415" => "The body is not announced as application/json in UTF-8.",
            "422" => "Values break rules: all of them are in `errors`.",
            "429" => "Too many requests; see Retry-After.",
            "500" => "A defect of the service.",
            _ => "Try again; see Retry-After.",
        };
        responses.insert((*status).into(), problem_answer(status, meaning));
    }
    responses.into()
}

fn problem_answer(status: &str, description: &str) -> Value {
    let content = json!({ "application/problem+json": { "schema": reference("Problema") } });
    json!({ "description": description, "headers": headers::of_error(status), "content": content })
}

fn probe(id: &str, summary: &str) -> Value {
    let ok = json!({ "description": "Yes.", "content": { "text/plain": { "schema": { "type": "string" } } } });
    let no = problem_answer("503", "No.");
    json!({ "operationId": id, "tags": ["Service"], "summary": summary, "responses": { "200": ok, "503": no } })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn schemas(rules: &Rules) -> Value {
    json!({
        "TicketNuevo": new_ticket(rules),
        "TicketCreado": object(vec![
            ("ticketUuid", json!({ "type": "string", "format": "uuid" })),
            ("ticketLabel", label()),
            ("estado", status()),
            ("tipo", text()),
            ("prioridad", text()),
            ("slaHoras", nullable("number", "Hours that the SLA grants; null without SLA.")),
            ("fechaCreacion", instant()),
            ("fechaLimiteSla", json!({ "type": ["string", "null"], "format": "date-time" })),
            ("mensaje", text()),
        ]),
        "Consulta": look_up(vec![]),
        "Comentario": look_up(vec![
            ("mensaje", json!({ "type": "string", "minLength": MENSAJE_CHARS_MIN, "maxLength": MENSAJE_CHARS_MAX })),
        ]),
        "Confirmacion": object(vec![("mensaje", text())]),
        "TicketPublico": public_ticket(),
        "Problema": problem(),
    })
}

/// The field table as JSON Schema, with the limits of the active rules.
fn new_ticket(rules: &Rules) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for spec in &FIELDS {
        properties.insert(spec.name.into(), field(spec, rules));
        if rules.is_required(spec.field) {
            required.push(spec.name);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn field(spec: &FieldSpec, rules: &Rules) -> Value {
    let is_required = rules.is_required(spec.field);
    let or_null = |kind: &str| if is_required { json!(kind) } else { json!([kind, "null"]) };
    let mut schema = match spec.kind {
        Kind::Text { .. } => {
            let limits = rules.text_rule(spec.field);
            // An empty optional text is as good as none.
            let min = if is_required { limits.min } else { 0 };
            json!({ "type": or_null("string"), "minLength": min, "maxLength": limits.max })
        }
        Kind::Email => json!({ "type": or_null("string"), "format": "idn-email", "maxLength": EMAIL_OCTETS_MAX }),
        Kind::Type => json!({ "type": or_null("string"), "enum": rules.types() }),
        Kind::Flag => json!({ "type": or_null("boolean"), "default": false }),
    };
    schema["title"] = spec.label(Locale::Es).into();
    schema["description"] = spec.help(Locale::Es).into();
    if spec.field == ticketing_core::Field::Area {
        schema["default"] = rules.document().areas.default.as_str().into();
    }
    schema
}

fn look_up(more: Vec<(&'static str, Value)>) -> Value {
    let mut properties = vec![
        (
            "label",
            json!({ "type": "string", "minLength": 1, "maxLength": LABEL_INPUT_CHARS_MAX, "examples": ["TKT-2026-00142"] }),
        ),
        ("email", json!({ "type": "string", "minLength": 1, "maxLength": EMAIL_OCTETS_MAX })),
    ];
    properties.extend(more);
    object(properties)
}

fn public_ticket() -> Value {
    let or_null = || nullable("string", "");
    let statuses = || json!({ "enum": Status::ALL.map(|status| json!(status.name())).into_iter().chain([Value::Null]).collect::<Vec<_>>() });
    object(vec![
        ("ticketUuid", json!({ "type": "string", "format": "uuid" })),
        ("ticketLabel", label()),
        ("ticketNum", json!({ "type": "integer", "minimum": 1 })),
        ("solicitanteNombre", or_null()),
        ("solicitanteEmail", or_null()),
        ("solicitanteTel", or_null()),
        ("tieneWhatsapp", json!({ "type": "boolean" })),
        ("documento", or_null()),
        ("empresaDepartamento", or_null()),
        ("tipoSolicitud", or_null()),
        ("categoria", or_null()),
        ("subcategoria", or_null()),
        ("asunto", or_null()),
        ("descripcionProblema", or_null()),
        ("respuestaCliente", nullable("string", "The desk's last reply.")),
        ("areaAsignada", text()),
        ("prioridadNombre", or_null()),
        ("estadoNombre", status()),
        ("creadoEn", instant()),
        ("actualizadoEn", instant()),
        ("ultimaFechaHistorial", instant()),
        ("ultimaAccion", json!({ "enum": Action::ALL.map(Action::name) })),
        ("ultimoMotivo", or_null()),
        ("ultimoActorNombre", or_null()),
        ("ultimoActorRol", json!({ "enum": Role::ALL.map(Role::name) })),
        ("slaHoras", nullable("number", "Hours that the SLA grants; null without SLA.")),
        ("fechaLimiteSla", json!({ "type": ["string", "null"], "format": "date-time" })),
        ("estadoAntes", statuses()),
        ("estadoDespues", statuses()),
        ("prioridadAntes", or_null()),
        ("prioridadDespues", or_null()),
        ("areaAntes", or_null()),
        ("areaDespues", or_null()),
    ])
}

fn problem() -> Value {
    let violation = object(vec![
        ("field", json!({ "type": "string", "description": "Empty for the body as a whole." })),
        ("code", json!({ "type": "string", "description": "Stable, kebab-case." })),
        ("message", text()),
        ("params", json!({ "type": "object" })),
    ]);
    json!({
        "description": "RFC 9457.",
        "type": "object",
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "detail": { "type": "string", "description": "For people, in their language." },
            "code": { "type": "string", "description": "For programs; stable." },
            "errors": { "type": "array", "items": violation },
            "cambios": {
                "type": "array", "items": reference("Evento"), "description": "What happened in between (412)."
            },
            "allowed": { "type": "array", "items": { "type": "string" }, "description": "Actions possible now (409)." },
        },
        "required": ["type", "title", "status", "detail", "code"]
    })
}

/// An object all of whose properties are there.
fn object(properties: Vec<(&'static str, Value)>) -> Value {
    let required: Vec<_> = properties.iter().map(|(name, _)| *name).collect();
    let properties: Map<_, _> = properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time", "description": "UTC, whole seconds." })
}

fn instant_or_null() -> Value {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

fn label() -> Value {
    json!({ "type": "string", "pattern": "^[A-Z]{1,10}-[0-9]{4}-[0-9]+$", "examples": ["TKT-2026-00142"] })
}

fn status() -> Value {
    json!({ "enum": Status::ALL.map(Status::name) })
}

fn nullable(kind: &str, description: &str) -> Value {
    let mut schema = json!({ "type": [kind, "null"] });
    if !description.is_empty() {
        schema["description"] = description.into();
    }
    schema
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    /// Holds a document against the routes that it is to describe.
    #[track_caller]
    pub(super) fn describes(document: &Value, mut routes: Vec<String>) {
        let mut described = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys().filter(|member| *member != "parameters") {
                described.push(format!("{} {path}", method.to_uppercase()));
            }
        }
        described.sort();
        routes.sort();
        assert_eq!(described, routes);
    }

    #[track_caller]
    pub(super) fn leads_somewhere(document: &Value) {
        let text = document.to_string();
        let references = text.split("\"#/").skip(1).map(|rest| rest.split('"').next().unwrap());
        assert!(references.clone().count() > 10);
        for reference in references {
            assert!(document.pointer(&format!("/{reference}")).is_some(), "{reference}");
        }
    }

    /// Other systems have a document of their own.
    #[test]
    fn it_describes_every_route_for_programs_and_no_other() {
        let mut routes = crate::routes::list_api::<crate::store::sqlite::SqliteStore>();
        routes.retain(|line| !line.contains(" /v2/"));
        describes(&document(&Rules::default()), routes);
    }

    /// The page for people names every endpoint, and no other.
    #[test]
    fn the_page_on_the_api_lists_every_route() {
        let page = include_str!("../../../API.md");
        let documented = page.split('`').filter(|code| {
            let method = code.split(' ').next().unwrap_or_default();
            ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method)
        });
        let mut documented: Vec<_> = documented.map(str::to_owned).collect();
        let mut routes = crate::routes::list_api::<crate::store::sqlite::SqliteStore>();
        documented.sort();
        routes.sort();
        assert_eq!(documented, routes);
    }

    /// What the page says of roles is what the document says, which is what the core's table says.
    #[test]
    fn the_page_and_the_document_name_the_same_roles() {
        let document = document(&Rules::default());
        let mut compared = 0;
        for line in include_str!("../../../API.md").lines().filter(|line| line.contains("POST /api/tickets/{uuid}/")) {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let path = cells[1].trim_matches('`').split(' ').nth(1).unwrap();
            let description = document["paths"][path]["post"]["description"].as_str().unwrap();
            assert_eq!(description.replace(" (in its own area)", ""), format!("Roles: {}.", cells[2]), "{path}");
            compared += 1;
        }
        assert_eq!(compared, 9);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        leads_somewhere(&document(&Rules::default()));
    }

    #[test]
    fn a_new_ticket_has_the_limits_of_the_rules() {
        let rules = Rules::from_json(r#"{ "campos": { "asunto": { "requerido": true, "max": 80 } } }"#).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&new_ticket(&rules)).unwrap());
    }
}
