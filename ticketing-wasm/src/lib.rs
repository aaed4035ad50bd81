//! The rules of `ticketing-core` for JavaScript: the same verdict, code and message that the server gives.
//!
//! Everything here is translation. Names are camelCase on the other side.

use std::sync::LazyLock;

use serde::Serialize;
use ticketing_core::violation::RenderedViolation;
use ticketing_core::{Draft, LabelFormat, Locale, Rules};
use wasm_bindgen::prelude::wasm_bindgen;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::default);

/// What [`validate`] answers.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "camelCase")]
enum Answer {
    Valid,
    Invalid { errors: Vec<RenderedViolation> },
    Malformed { line: usize, column: usize, message: String },
}

/// The identity of the rules that this module applies: a UUID. The server has the same while its rules are the same.
#[wasm_bindgen(js_name = rulesHash)]
pub fn rules_hash() -> String {
    RULES.hash().to_string()
}

/// The canonical form of a label as a person typed it (`tkt 2026-142` → `TKT-2026-00142`); `undefined` if it is none.
#[wasm_bindgen(js_name = parseLabel)]
pub fn parse_label(text: &str) -> Option<String> {
    LabelFormat::default().parse(text).ok().map(|label| label.to_string())
}

/// Checks a new ticket in JSON. `locale` is a language tag; messages are Spanish where it is none of `es`, `en`, `pt`.
///
/// Answers JSON: `{"verdict": "valid"}`, `{"verdict": "invalid", "errors": [{field, code, message, params}, …]}` with every
/// violation in field order, or `{"verdict": "malformed", line, column, message}` for what is not JSON.
#[wasm_bindgen]
pub fn validate(json: &str, locale: &str) -> String {
    let locale = Locale::from_tag(locale).unwrap_or_default();
    let answer = match Draft::from_json(json.as_bytes()) {
        Err(error) => Answer::Malformed { line: error.line, column: error.column, message: error.message(locale) },
        Ok(draft) => match draft.validate(&RULES) {
            Ok(_) => Answer::Valid,
            Err(violations) => Answer::Invalid { errors: violations.render(locale) },
        },
    };
    // Names, texts and counts: nothing in an answer can fail to be written.
    serde_json::to_string(&answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_valid() {
        let json = r#"{ "nombre": "Ana García", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
                        "descripcion": "No puedo iniciar sesión en Outlook.", "prioridad": "ALTA" }"#;
        assert_eq!(validate(json, "es"), r#"{"verdict":"valid"}"#);
    }

    #[test]
    fn violations_come_in_the_language_asked_for() {
        let answer: serde_json::Value = serde_json::from_str(&validate(r#"{"nombre": "An"}"#, "en-GB")).unwrap();
        assert_eq!(answer["verdict"], "invalid");
        assert_eq!(answer["errors"].as_array().unwrap().len(), 6);
        let first = serde_json::json!({
            "field": "nombre", "code": "too-short", "message": "Write at least 3 characters (now 2).",
            "params": { "min": 3, "actual": 2 },
        });
        assert_eq!(answer["errors"][0], first);
    }

    #[test]
    fn what_is_not_json_says_where() {
        let answer: serde_json::Value = serde_json::from_str(&validate("{\n  nombre: 1}", "zz")).unwrap();
        assert_eq!(
            (&answer["verdict"], &answer["line"], &answer["column"]),
            (&"malformed".into(), &2.into(), &3.into())
        );
        assert_eq!(answer["message"], "El cuerpo no es JSON válido: línea 2, columna 3.");
    }

    #[test]
    fn labels_become_canonical() {
        assert_eq!(parse_label(" tkt 2026-142 ").as_deref(), Some("TKT-2026-00142"));
        assert_eq!(parse_label("142"), None);
    }

    #[test]
    fn the_hash_is_that_of_the_built_in_rules() {
        assert_eq!(rules_hash(), Rules::default().hash().to_string());
    }
}
