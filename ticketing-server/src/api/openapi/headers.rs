//! Headers of answers, in both dialects.

use serde_json::{Map, Value, json};

use super::text;

/// What any answer may have.
pub(super) const OF_ALL: &[&str] = &["X-Request-Id", "RateLimit", "RateLimit-Policy"];

pub(super) fn all() -> Value {
    json!({
        "X-Request-Id": header(true, "The request's own, or one that was made for it.", &text()),
        "RateLimit": header(
            false,
            "Requests left (`r`) and seconds until the whole burst is there again (`t`).",
            &json!({ "type": "string", "examples": ["\"address\";r=59;t=1"] }),
        ),
        "RateLimit-Policy": header(
            false,
            "How many requests there may be in which time.",
            &json!({ "type": "string", "examples": ["\"address\";q=120;w=60;burst=60"] }),
        ),
        "Content-Language": header(true, "The language of the text for people.", &json!({ "enum": ["es", "en", "pt"] })),
        "Accept-Encoding": header(
            false,
            "The body was encoded, which it may not be.",
            &json!({ "const": "identity" }),
        ),
        "WWW-Authenticate": header(true, "How to say who one is.", &json!({ "const": "Bearer" })),
        "Retry-After": header(true, "Seconds after which to try again.", &digits()),
    })
}

pub(super) fn header(is_always_there: bool, description: &str, schema: &Value) -> Value {
    json!({ "description": description, "required": is_always_there, "schema": schema })
}

pub(super) fn digits() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]+$" })
}

/// References to headers by their names.
pub(super) fn named(names: &[&str]) -> Value {
    let reference = |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    names.iter().map(reference).collect::<Map<_, _>>().into()
}

/// What an error of a status has.
pub(super) fn of_error(status: &str) -> Value {
    let more: &[&str] = match status {
        "401" => &["Content-Language", "WWW-Authenticate"],
        "415" => &["Content-Language", "Accept-Encoding"],
        "429" | "503" => &["Content-Language", "Retry-After"],
        _ => &["Content-Language"],
    };
    named(&[OF_ALL, more].concat())
}
