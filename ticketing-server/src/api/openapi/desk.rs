//! What the desk reads and does, with the roles that may.

use serde_json::{Map, Value, json};
use ticketing_core::{
    Rules, Status,
    field::Field,
    limits::{MOTIVO_CHARS_MAX, MOTIVO_CHARS_MIN, RESPUESTA_CHARS_MAX, RESPUESTA_CHARS_MIN},
    ticket::{
        Action, AskedBy, Role,
        lifecycle::{self, Operation},
    },
    user::UserRole,
};

use super::{body, headers, instant, instant_or_null, label, nullable, object, reference, responses, status, text};
use crate::DUE_HOURS;

/// The endpoints that take a command: what is last in their path, what they do, the schema of their body.
const COMMANDS: [(Operation, &str, &str); 9] = [
    (Operation::Edit, "Change status, priority or area, and reply to the requester", "Actualizacion"),
    (Operation::Assign, "Assign to an agent; an open ticket is in progress then", "Asignacion"),
    (Operation::Transfer, "Give to another area, and to an agent there", "Transferencia"),
    (Operation::Reclassify, "Correct priority and category; the SLA is matched anew", "Reclasificacion"),
    (Operation::Pause, "Stop the resolution clock", "Motivo"),
    (Operation::Reopen, "Work a paused, resolved or closed ticket again", "Motivo"),
    (Operation::Cancel, "End without a solution, for good", "Cancelacion"),
    (Operation::Archive, "Take out of the working set, read-only; an open one is closed by it", "Motivo"),
    (Operation::Unarchive, "Put back with the status that it had", "Motivo"),
];

pub(super) fn paths() -> Value {
    let reads = ["401", "403", "503"];
    let commands = ["400", "401", "403", "404", "408", "409", "412", "413", "415", "422", "503"];
    let readers = "Roles: ADMIN, MESA, AREA (its own area's tickets and no others).";
    let list = |id: &str, summary: &str, schema: &str| {
        let mut answers = responses(schema, &reads, &["422"]);
        let headers = &mut answers["200"]["headers"];
        headers["Link"] = headers::header(false, "The next page, `rel=\"next\"`, where there is one.", &text());
        let about = "Tickets on all pages, from counters; not for a search.";
        headers["x-total"] = headers::header(false, about, &json!({ "type": "integer" }));
        json!({ "get": {
            "operationId": id, "tags": ["Desk"], "summary": summary,
            "description": format!("{readers} Newest first. Without parameters the newest 1,000, archived ones included."),
            "security": super::security(), "parameters": list_parameters(), "responses": answers,
        } })
    };
    let mut paths = Map::new();
    paths.insert("/api/tickets/dashboard".into(), list("dashboard", "List tickets", "Tablero"));
    paths.insert(
        "/api/tickets/dashboard-metricas".into(),
        list("dashboardMetricas", "List tickets with what they are counted by", "Metricas"),
    );
    paths.insert("/api/tickets/cola".into(), list("cola", "List tickets as a queue shows them", "Cola"));
    paths.insert(
        "/api/tickets/totales".into(),
        json!({ "get": {
            "operationId": "totales", "tags": ["Desk"], "summary": "Count tickets by status, area and priority",
            "description": format!("{readers} From counters that are kept with each change."),
            "security": super::security(), "responses": responses("Totales", &reads, &[]),
        } }),
    );
    let area = json!({ "name": "area", "in": "query", "required": false, "allowEmptyValue": true, "description": "Of this area; compared without case.", "schema": text() });
    paths.insert(
        "/api/tickets/plazos".into(),
        json!({ "get": {
            "operationId": "plazos", "tags": ["Desk"], "summary": "Count open tickets by what is left of their time",
            "description": format!("{readers} What was counted is answered for ten times as long as that took."),
            "security": super::security(), "parameters": [area], "responses": responses("Plazos", &reads, &[]),
        } }),
    );
    paths.insert("/api/eventos".into(), stream());
    let mut shown = responses("TicketDetalle", &reads, &["404"]);
    shown["200"]["headers"]["ETag"] = etag();
    paths.insert(
        "/api/tickets/{uuid}".into(),
        json!({
            "parameters": uuid(),
            "get": {
                "operationId": "ticket", "tags": ["Desk"], "summary": "A ticket in full, with its history",
                "description": readers, "security": super::security(), "responses": shown,
            }
        }),
    );
    let sla = responses("Sla", &reads, &["404"]);
    paths.insert(
        "/api/tickets/{uuid}/sla".into(),
        json!({
            "parameters": uuid(),
            "get": {
                "operationId": "slaTicket", "tags": ["Desk"],
                "summary": "What a ticket was promised, what has become of it, and why",
                "description": format!("{readers} The intervals that count sum exactly to the time that has elapsed."),
                "security": super::security(), "responses": sla,
            }
        }),
    );
    for (operation, summary, schema) in COMMANDS {
        let mut answers = responses("Mensaje", &commands, &[]);
        for status in ["200", "412"] {
            answers[status]["headers"]["ETag"] = etag();
        }
        let name = operation.name();
        paths.insert(
            format!("/api/tickets/{{uuid}}/{name}"),
            json!({
                "parameters": uuid(),
                "post": {
                    "operationId": format!("{name}Ticket"), "tags": ["Desk"], "summary": summary,
                    "description": roles(operation), "security": super::security(), "parameters": conditions(),
                    "requestBody": body(schema), "responses": answers,
                }
            }),
        );
    }
    paths.into()
}

fn stream() -> Value {
    let mut answers = responses("Evento", &["400", "401", "403", "503"], &[]);
    let about = "Server-sent events: `inicio` once, then `ticket` for each event, whose data is an EventoDeTicket and whose id is \
        its position.";
    answers["200"] =
        json!({ "description": about, "content": { "text/event-stream": { "schema": { "type": "string" } } } });
    json!({ "get": {
        "operationId": "eventos", "tags": ["Desk"], "summary": "What happens to tickets, as it happens",
        "description": "Roles: ADMIN, MESA, AREA (its own area's tickets, and those that leave it). To be read with fetch: a token \
            goes into the header.",
        "security": super::security(),
        "parameters": [{
            "name": "Last-Event-ID", "in": "header", "schema": { "type": "string", "pattern": "^[0-9]+$" },
            "description": "The last position that was received: what happened since comes first. Without it, what happens from now on."
        }],
        "responses": answers,
    } })
}

/// Who may, from the core's table.
fn roles(operation: Operation) -> String {
    let may = |role: &UserRole| lifecycle::may(operation, role.as_role());
    let name = |role: UserRole| if role == UserRole::Area { "AREA (in its own area)" } else { role.name() };
    let roles: Vec<_> = UserRole::ALL.into_iter().filter(may).map(name).collect();
    format!("Roles: {}.", roles.join(", "))
}

fn uuid() -> Value {
    json!([{ "name": "uuid", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } }])
}

fn etag() -> Value {
    let tag = json!({ "type": "string", "pattern": "^\"[0-9]+\"$" });
    headers::header(true, "The ticket's version.", &tag)
}

/// An `ETag` as it comes back, by way of a proxy that compresses too.
const VERSION: &str = r#"(W/)?"[1-9][0-9]{0,8}""#;

fn conditions() -> Value {
    json!([
        {
            "name": "If-Match", "in": "header", "required": false,
            "description": "The ETag of the version that was seen, or several: a ticket that has changed since is a 412, with what \
                            happened in between in `cambios`. Without it, the last write wins.",
            "schema": { "type": "string", "minLength": 1, "pattern": format!(r"^(\*|{VERSION}( *, *{VERSION})*)$") }
        },
        super::idempotency_key(),
    ])
}

fn list_parameters() -> Value {
    // What is empty is as good as absent: so a form sends what nobody has chosen.
    let parameter = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "required": false, "allowEmptyValue": true, "description": description, "schema": schema });
    let statuses: Vec<_> = Status::ALL.into_iter().map(Status::name).chain(["ARCHIVADO"]).collect();
    json!([
        parameter(
            "limite",
            "Tickets on a page.",
            json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 1000 })
        ),
        parameter("cursor", "From the `next` link of the page before.", text()),
        parameter("estado", "In any letter case; PENDIENTE is ABIERTO.", json!({ "enum": statuses })),
        parameter("prioridad", "Compared without case and accents.", text()),
        parameter("area", "Compared without case.", text()),
        parameter(
            "q",
            "A label, an e-mail address, or words that all stand in the ticket; without case and accents. New words are \
             found within a second, or soon after a burst of writes.",
            json!({ "type": "string", "maxLength": 200 })
        ),
        parameter(
            "archivados",
            "Archived tickets too, not, or only.",
            json!({ "enum": ["si", "no", "solo"], "default": "si" })
        ),
    ])
}

pub(super) fn schemas(rules: &Rules) -> Value {
    let lines = |min: u32, max: u32| json!({ "type": "string", "minLength": min, "maxLength": max });
    let reason = || lines(MOTIVO_CHARS_MIN, MOTIVO_CHARS_MAX);
    let of_field = |field: Field| {
        let rule = rules.text_rule(field);
        lines(rule.min, rule.max)
    };
    let optional = |mut schema: Value| {
        schema["type"] = json!(["string", "null"]);
        schema
    };
    let agent = || json!({ "type": "string", "format": "uuid", "description": "An active agent who works the area." });
    let statuses = Status::ALL.into_iter().map(|status| status.name().into()).chain([json!("PENDIENTE"), Value::Null]);
    let statuses: Vec<_> = statuses.collect();
    let mut update = object(vec![
        ("estado", json!({ "enum": statuses, "description": "In any letter case; PENDIENTE is ABIERTO." })),
        ("prioridad", optional(of_field(Field::Priority))),
        ("area", optional(of_field(Field::Area))),
        ("respuesta", optional(lines(RESPUESTA_CHARS_MIN, RESPUESTA_CHARS_MAX))),
    ]);
    update["required"] = json!([]);
    let mut transfer =
        object(vec![("nuevaArea", of_field(Field::Area)), ("motivo", reason()), ("agenteId", optional(agent()))]);
    transfer["required"] = json!(["nuevaArea", "motivo"]);
    json!({
        "Actualizacion": update,
        "Asignacion": object(vec![("agenteId", agent()), ("motivo", reason())]),
        "Transferencia": transfer,
        "Reclasificacion": object(vec![
            ("nuevaPrioridad", of_field(Field::Priority)),
            ("nuevaCategoria", of_field(Field::Category)),
            ("motivo", reason()),
        ]),
        "Motivo": object(vec![("motivo", reason())]),
        "Cancelacion": object(vec![
            ("motivo", reason()),
            ("rol", json!({ "enum": AskedBy::ALL.map(AskedBy::name), "description": "Who asked for it." })),
        ]),
        "Tablero": { "type": "array", "items": row() },
        "Metricas": { "type": "array", "items": metrics_row() },
        "Cola": { "type": "array", "items": queue_row() },
        "Totales": totals(),
        "Plazos": deadlines(),
        "TicketDetalle": object(vec![
            ("ticket", ticket()),
            ("historial", json!({ "type": "array", "items": reference("Evento"), "description": "Oldest first." })),
        ]),
        "Evento": event(),
        "EventoDeTicket": followed(),
    })
}

fn hours_left() -> Value {
    nullable("number", "Negative once overdue; it stands still while the ticket is paused or finished.")
}

fn hours() -> Value {
    nullable("number", "Hours that the SLA grants; null without SLA.")
}

fn overdue() -> Value {
    json!({ "type": "boolean", "description": "The deadline passed while the clock ran." })
}

fn row() -> Value {
    let statuses = json!(["PENDIENTE", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO", "ARCHIVADO"]);
    object(vec![
        ("ticket_uuid", json!({ "type": "string", "format": "uuid" })),
        ("label", label()),
        ("categoria", nullable("string", "")),
        ("correo", json!({ "type": "string", "description": "Empty where nobody asked." })),
        ("estado_code", json!({ "enum": statuses })),
        ("prioridad_nom", nullable("string", "As it was given.")),
        ("area_asignada", text()),
        ("actualizado_en", instant()),
        ("sla_horas", hours()),
        ("horas_restantes", hours_left()),
        ("vencido", overdue()),
    ])
}

fn queue_row() -> Value {
    let millis = |description: &str| nullable("integer", description);
    object(vec![
        ("uuid", json!({ "type": "string", "format": "uuid" })),
        ("label", label()),
        ("asunto", nullable("string", "")),
        ("solicitante", nullable("string", "The requester's name.")),
        ("tipo", nullable("string", "")),
        ("categoria", nullable("string", "")),
        ("area", text()),
        ("prioridad", nullable("string", "As it was given.")),
        ("prioridad_nom", nullable("string", "By its canonical name, where the rules know it.")),
        ("estado", status()),
        ("archivado", json!({ "type": "boolean" })),
        ("agente_id", json!({ "type": ["string", "null"], "format": "uuid" })),
        ("agente_nombre", nullable("string", "")),
        ("creado_en", instant()),
        ("actualizado_en", instant()),
        ("vence", instant_or_null()),
        ("concedido_ms", millis("Working time that was granted.")),
        ("restante_ms", millis("Working time that remains; negative once overdue.")),
        ("vencido", overdue()),
        (
            "corre",
            json!({ "type": "boolean", "description": "The clock runs: what remains becomes less in its calendar." }),
        ),
        ("calendario", nullable("string", "The calendar that the clock runs in; null: around the clock.")),
    ])
}

fn metrics_row() -> Value {
    object(vec![
        ("uuid", json!({ "type": "string", "format": "uuid" })),
        ("ticket_label", label()),
        ("solicitante_nombre", text()),
        ("solicitante_email", text()),
        ("tipo_solicitud", nullable("string", "")),
        ("categoria", nullable("string", "")),
        ("subcategoria", nullable("string", "")),
        ("asunto", nullable("string", "")),
        ("area_asignada", text()),
        ("prioridad", nullable("string", "By its canonical name.")),
        ("sla_horas", hours()),
        ("estado", status()),
        ("creado_en", instant()),
        ("actualizado_en", instant()),
        ("fecha_limite_sla", instant_or_null()),
        ("horas_restantes_sla", hours_left()),
        ("sla_vencido", overdue()),
    ])
}

fn totals() -> Value {
    let by = || json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    object(vec![
        ("total", json!({ "type": "integer" })),
        ("archivados", json!({ "type": "integer", "description": "Of the total." })),
        ("por_estado", by()),
        ("por_area", by()),
        ("por_prioridad", by()),
    ])
}

fn deadlines() -> Value {
    let count = |about: &str| json!({ "type": "integer", "minimum": 0, "description": about });
    let due = object(vec![
        ("horas", json!({ "enum": DUE_HOURS })),
        ("tickets", count("Not overdue, the clock runs, and due within so many hours.")),
    ]);
    object(vec![
        ("leido_en", instant()),
        ("abiertos", count("Open and not archived.")),
        ("vencidos", count("Their time was up while the clock ran.")),
        ("por_vencer", json!({ "type": "array", "items": due, "description": "Each has those of fewer hours too." })),
        ("detenidos", count("Not overdue, and the clock stands still.")),
        ("sin_plazo", count("Nothing was promised.")),
    ])
}

fn ticket() -> Value {
    let or_null = || nullable("string", "");
    object(vec![
        ("uuid", json!({ "type": "string", "format": "uuid" })),
        ("ticket_label", label()),
        ("ticket_num", json!({ "type": "integer", "minimum": 1 })),
        ("tipo_solicitud", or_null()),
        ("solicitante_nombre", text()),
        ("solicitante_email", text()),
        ("solicitante_tel", or_null()),
        ("tiene_whatsapp", json!({ "type": "boolean" })),
        ("documento", or_null()),
        ("empresa_departamento", or_null()),
        ("categoria", or_null()),
        ("subcategoria", or_null()),
        ("asunto", or_null()),
        ("descripcion_problema", or_null()),
        ("respuesta_cliente", nullable("string", "The desk's last reply.")),
        ("area_asignada", text()),
        ("prioridad", or_null()),
        ("estado", status()),
        ("sla_horas", hours()),
        ("fecha_limite_sla", instant_or_null()),
        ("horas_restantes_sla", hours_left()),
        ("sla_vencido", overdue()),
        ("agente_id", json!({ "type": ["string", "null"], "format": "uuid" })),
        ("agente_nombre", or_null()),
        ("ip_registro", nullable("string", "The address that it was created from.")),
        ("creado_en", instant()),
        ("actualizado_en", instant()),
        ("resuelto_en", instant_or_null()),
        ("cerrado_en", instant_or_null()),
        ("archivado_en", instant_or_null()),
    ])
}

/// An event as those who follow are told: a line of the history, or an alarm, and whose it is.
fn followed() -> Value {
    let mut event = event();
    event["properties"]["accion"] = json!({ "enum": Action::ALL.map(Action::name) });
    let of_ticket = object(vec![
        ("ticket_uuid", json!({ "type": "string", "format": "uuid" })),
        ("ticket_label", label()),
        ("area_asignada", text()),
        (
            "sla",
            json!({ "type": ["object", "null"], "description": "Which share of which target's time is up.", "properties": {
                "objetivo": text(), "ciclo": { "type": "integer" }, "porcentaje": { "type": "integer" },
            } }),
        ),
    ]);
    json!({ "allOf": [event, of_ticket] })
}

fn event() -> Value {
    let or_null = || nullable("string", "");
    // What clocks came to stands with the service levels.
    let of_the_history = Action::ALL.into_iter().filter(|action| !action.is_of_clocks());
    let actions: Vec<_> = of_the_history.map(Action::name).collect();
    object(vec![
        ("secuencia", json!({ "type": "integer", "minimum": 1 })),
        ("fecha", instant()),
        ("accion", json!({ "enum": actions })),
        ("motivo", nullable("string", "The reason, the reply or the comment.")),
        ("actor_nombre", or_null()),
        ("actor_rol", json!({ "enum": Role::ALL.map(Role::name) })),
        ("estado_antes", or_null()),
        ("estado_despues", or_null()),
        ("prioridad_antes", or_null()),
        ("prioridad_despues", or_null()),
        ("area_antes", or_null()),
        ("area_despues", or_null()),
        ("agente_antes", nullable("string", "By name.")),
        ("agente_despues", nullable("string", "By name.")),
        ("comentario", nullable("string", "Who asked for a cancellation; what became of the category.")),
    ])
}
