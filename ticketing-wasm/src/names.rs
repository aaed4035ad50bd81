//! The names that both sides have in a table, so that they cross the boundary as numbers.

/// Fields, codes, parameters and their values. What is missing here crosses as text, no less right and a little slower.
pub(crate) const NAMES: [&str; 42] = [
    // Fields; the first is that of the form as a whole.
    "",
    "nombre",
    "email",
    "tipo",
    "categoria",
    "descripcion",
    "prioridad",
    "documento",
    "telefono",
    "tieneWhatsapp",
    "empresaDepartamento",
    "subcategoria",
    "asunto",
    "areaAsignada",
    // Codes
    "required",
    "wrong-type",
    "invalid-unicode",
    "control-character",
    "too-short",
    "too-long",
    "invalid-email",
    "unknown-value",
    // Parameters
    "expected",
    "position",
    "min",
    "max",
    "actual",
    "reason",
    "allowed",
    // Types of JSON values
    "string",
    "boolean",
    "object",
    // Kinds of fields, and what a form is told of them
    "name",
    "kind",
    "options",
    "default",
    "label",
    "help",
    "text",
    "lines",
    "choice",
    "flag",
];

#[cfg(test)]
mod tests {
    use ticketing_core::field::FIELDS;

    use super::*;

    #[test]
    fn every_field_is_there_and_nothing_is_there_twice() {
        for spec in FIELDS {
            assert!(NAMES.contains(&spec.name));
        }
        for (index, name) in NAMES.iter().enumerate() {
            assert_eq!(NAMES.iter().position(|other| other == name), Some(index));
        }
    }
}
