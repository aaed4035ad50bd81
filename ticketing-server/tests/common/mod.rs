//! What the tests share that drive the real program: the program itself, and a client on bare TCP; and what those share that
//! work at a desk: a service in their own process, on a clock of theirs, with users.

pub(crate) mod database;
pub(crate) mod desk;
pub(crate) mod http;
pub(crate) mod program;

use serde_json::{Value, json};

/// The seed's example of a ticket, with an address that is one.
pub(crate) fn seed() -> Value {
    json!({
        "nombre": "Ana García",
        "email": "ana.garcia@example.com",
        "telefono": "+573001234567",
        "tieneWhatsapp": true,
        "documento": "12345678",
        "empresaDepartamento": "Recursos Humanos",
        "tipo": "INCIDENTE",
        "categoria": "Sistemas",
        "subcategoria": "Correo electrónico",
        "asunto": "No puedo acceder a mi correo corporativo",
        "descripcion": "Desde esta mañana no puedo iniciar sesión en Outlook. Aparece el error 403 Forbidden.",
        "prioridad": "ALTA",
        "areaAsignada": "MESA",
    })
}

/// The seed's example with other values in some of its fields.
pub(crate) fn seed_with(changes: &Value) -> Value {
    let mut form = seed();
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    form
}

/// A count that grows with `TICKETING_SCALE`, which is 1 where it is not set. At least one.
pub(crate) fn scaled(count: u32) -> u32 {
    let scale: f64 = std::env::var("TICKETING_SCALE").map_or(1.0, |scale| scale.parse().unwrap());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's `as` saturates")]
    let scaled = (f64::from(count) * scale).round() as u32;
    scaled.max(1)
}
