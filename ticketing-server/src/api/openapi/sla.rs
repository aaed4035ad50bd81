//! A ticket's service levels.

use serde_json::{Map, Value, json};
use ticketing_core::{Status, sla::TargetKind, ticket::Action};

use super::{instant, instant_or_null, label, nullable, object, reference, text};

pub(super) fn schemas() -> Value {
    let stay = |mut of: Vec<(&'static str, Value)>| {
        of.extend([
            ("desde", instant()),
            ("hasta", instant_or_null()),
            ("total_ms", time("How long")),
            ("laboral_ms", time("How much of that was working time")),
        ]);
        object(of)
    };
    let of_clocks: Vec<_> = Action::ALL.into_iter().filter(|action| action.is_of_clocks()).map(Action::name).collect();
    let reasons: Vec<_> =
        ["LABORAL", "FUERA_DE_HORARIO", "FECHA_CERRADA"].into_iter().chain(Status::ALL.map(Status::name)).collect();
    let schemas = vec![
        (
            "Sla",
            object(vec![
                ("ticket_uuid", json!({ "type": "string", "format": "uuid" })),
                ("ticket_label", label()),
                ("leido_en", instant()),
                (
                    "politica",
                    json!({ "oneOf": [reference("SlaPolitica"), { "type": "null" }], "description": "Null: none is for this ticket." }),
                ),
                ("objetivos", list("SlaObjetivo")),
                (
                    "permanencia",
                    object(vec![
                        ("estados", list("SlaPermanenciaEstado")),
                        ("responsables", list("SlaPermanenciaResponsable")),
                    ]),
                ),
                ("eventos", list("SlaEvento")),
            ]),
        ),
        (
            "SlaPolitica",
            object(vec![
                ("id", json!({ "type": "integer" })),
                ("nombre", nullable("string", "")),
                (
                    "reglas",
                    json!({ "type": "string", "format": "uuid", "description": "The version of the rules that it is of." }),
                ),
            ]),
        ),
        ("SlaObjetivo", target()),
        (
            "SlaIntervalo",
            object(vec![
                ("desde", instant()),
                ("hasta", instant()),
                ("ms", time("How long")),
                ("cuenta", json!({ "type": "boolean" })),
                ("motivo", json!({ "enum": reasons, "description": "A status: the ticket was in it." })),
                (
                    "fecha",
                    json!({ "type": ["string", "null"], "format": "date", "description": "Which date was closed." }),
                ),
            ]),
        ),
        ("SlaPermanenciaEstado", stay(vec![("estado", json!({ "enum": Status::ALL.map(Status::name) }))])),
        (
            "SlaPermanenciaResponsable",
            stay(vec![
                ("agente_id", json!({ "type": ["string", "null"], "format": "uuid" })),
                ("agente_nombre", nullable("string", "")),
                ("area", text()),
            ]),
        ),
        (
            "SlaEvento",
            object(vec![
                ("secuencia", json!({ "type": "integer", "minimum": 1 })),
                ("fecha", instant()),
                ("accion", json!({ "enum": of_clocks })),
                ("objetivo", json!({ "oneOf": [kinds(), { "type": "null" }] })),
                ("ciclo", nullable("integer", "")),
                ("porcentaje", nullable("integer", "")),
                (
                    "momento",
                    json!({ "type": ["string", "null"], "format": "date-time", "description": "When the share of time was up." }),
                ),
                ("notificar", json!({ "type": "array", "items": { "enum": ["AGENTE", "AREA", "MESA", "ADMIN"] } })),
            ]),
        ),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect::<Map<_, _>>().into()
}

fn target() -> Value {
    object(vec![
        ("objetivo", kinds()),
        (
            "ciclo",
            json!({ "type": "integer", "description": "From 0; one more with each re-opening, wait or restart." }),
        ),
        ("estado", json!({ "enum": ["EN_CURSO", "EN_PAUSA", "CUMPLIDO", "VENCIDO"] })),
        ("tiempo", nullable("string", "What was promised, such as `4h`, `90m` or `2bd`.")),
        (
            "calendario",
            json!({ "type": ["object", "null"], "description": "Null: around the clock.",
                            "properties": { "nombre": text(), "reglas": { "type": "string", "format": "uuid" } } }),
        ),
        ("pausa", json!({ "type": "array", "items": { "enum": Status::ALL.map(Status::name) } })),
        ("fijado_a_mano", json!({ "type": "boolean", "description": "Somebody has set the due date." })),
        ("inicio", instant()),
        ("vence", instant_or_null()),
        ("concedido_ms", nullable("integer", "Working time that was promised, in milliseconds.")),
        ("transcurrido_ms", time("Working time that has elapsed: the sum of the intervals that count")),
        ("transcurrido_calendario_ms", time("All time since the start")),
        ("restante_ms", time("Working time that is left; negative once overdue")),
        (
            "umbrales",
            json!({ "type": "array", "items": object(vec![
                        ("porcentaje", json!({ "type": "integer", "description": "100 is the deadline." })),
                        ("momento", instant_or_null()),
                        ("ocurrido", json!({ "type": ["string", "null"], "format": "date-time", "description": "Once it has been noted." })),
                    ]) }),
        ),
        ("intervalos", list("SlaIntervalo")),
    ])
}

fn list(schema: &str) -> Value {
    json!({ "type": "array", "items": reference(schema) })
}

fn time(what: &str) -> Value {
    json!({ "type": "integer", "description": format!("{what}, in milliseconds.") })
}

fn kinds() -> Value {
    json!({ "enum": TargetKind::ALL.map(TargetKind::member) })
}
