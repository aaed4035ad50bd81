//! The form and the answer that the seed shows, with an address in place of the one that its page hides.

/// The body of a creation, 13 fields, as `curl` sends it: indented. UTF-8, 525 bytes.
pub const CREATE_BODY: &[u8] = include_bytes!("../data/crear.json");

/// The answer of a look-up, 25 fields, indented. UTF-8, about 1 KB.
pub const FOUND_ANSWER: &[u8] = include_bytes!("../data/consultar-respuesta.json");

/// The names of the nine fields that the answer of a creation has.
pub const CREATED_FIELDS: [&str; 9] = [
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

/// The body of a creation that breaks a rule in each of six fields.
pub const INVALID_BODY: &[u8] = br#"{
    "nombre": "A",
    "email": "ana",
    "documento": "123456789012345678901234567890123456789012345678901",
    "tipo": "INCIDENTE",
    "categoria": "S",
    "descripcion": "corta",
    "prioridad": "MAS QUE URGENTE, DE INMEDIATO"
}"#;
