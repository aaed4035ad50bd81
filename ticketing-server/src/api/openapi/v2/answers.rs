//! What is answered: the good ones with their headers, and each error once.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::super::{
    headers::{self, digits, header},
    merged, object, reference, text,
};
use crate::http::v2_code;

/// What may be answered instead to whoever only reads.
pub(super) const OF_READS: &[u16] = &[401, 403, 429, 500, 503];
/// And to whoever sends a body that changes something.
pub(super) const OF_BODIES: &[u16] = &[400, 401, 403, 408, 409, 413, 415, 429, 500, 503];

/// Every error, and when it is answered.
const ERRORS: [(u16, &str); 12] = [
    (400, "Malformed JSON, or values that break rules: what, and at which path, is in the details."),
    (401, "No token, or one that is not valid any more."),
    (403, "The token lacks the scope, which is in the details; or the role may not do this."),
    (404, "There is no such thing."),
    (408, "The body took too long to arrive."),
    (
        409,
        "The lifecycle refuses it: the reason and the actions that are possible now are in the details. Or the first request \
           with this Idempotency-Key is not answered yet.",
    ),
    (413, "The body is larger than 1 MiB."),
    (415, "The body is not announced as application/json in UTF-8."),
    (422, "The Idempotency-Key belongs to another request."),
    (429, "Too many requests."),
    (500, "A defect of the service."),
    (503, "Not now."),
];

/// All answers of an operation.
pub(super) fn answers(status: &str, done: Value, errors: &[&[u16]]) -> Value {
    let mut answers = Map::new();
    answers.insert(status.to_owned(), done);
    for status in errors.iter().copied().flatten() {
        let answer = json!({ "$ref": format!("#/components/responses/{}", code(*status)) });
        answers.insert(status.to_string(), answer);
    }
    answers.into()
}

/// 200 with JSON.
pub(super) fn done(description: &str, schema: &Value) -> Value {
    let content = json!({ "application/json": { "schema": schema } });
    json!({ "description": description, "headers": headers::named(headers::OF_ALL), "content": content })
}

/// 201 with JSON.
pub(super) fn created(description: &str, schema: &Value) -> Value {
    with_headers(done(description, schema), &["Location"])
}

/// 200 with a page of a list.
pub(super) fn page(description: &str, schema: &str) -> Value {
    let page = json!({ "type": "array", "items": reference(schema), "maxItems": crate::api::v2::PAGE_SIZE_MAX });
    with_headers(done(description, &page), &["x-total", "x-page", "x-page-size"])
}

/// 204.
pub(super) fn no_content() -> Value {
    json!({ "description": "Done.", "headers": headers::named(headers::OF_ALL) })
}

pub(super) fn with_headers(mut answer: Value, names: &[&str]) -> Value {
    if let (Value::Object(headers), Value::Object(more)) = (&mut answer["headers"], headers::named(names)) {
        headers.extend(more);
    }
    answer
}

/// Of all answers of this dialect.
pub(super) fn headers() -> Value {
    let path = json!({ "type": "string", "format": "uri-reference" });
    let of_this_dialect = json!({
        "Location": header(true, "The path of what was created.", &path),
        "Link": header(false, "The next page, `rel=\"next\"`, where there is one.", &text()),
        "Cache-Control": header(true, "Nobody is to keep it.", &json!({ "const": "no-store" })),
        "x-total": header(true, "Items on all pages.", &digits()),
        "x-page": header(true, "Which page this is.", &digits()),
        "x-page-size": header(true, "Items on a page.", &digits()),
    });
    merged([headers::all(), of_this_dialect])
}

pub(super) fn errors() -> Value {
    let answer = |(status, description): (u16, &str)| {
        let code = code(status);
        let schema = json!({ "allOf": [reference("Error"), { "properties": { "code": { "const": code } } }] });
        let mut answer = done(description, &schema);
        answer["headers"] = headers::of_error(&status.to_string());
        (code.to_owned(), answer)
    };
    ERRORS.into_iter().map(answer).collect::<Map<_, _>>().into()
}

fn code(status: u16) -> &'static str {
    StatusCode::from_u16(status).map_or("", |status| v2_code(status).0)
}

pub(super) fn schemas() -> Value {
    let mut detail = object(vec![
        ("code", json!({ "type": "string", "description": "Stable, kebab-case." })),
        ("message", json!({ "type": "string", "description": "For people, in their language." })),
    ]);
    detail["properties"]["path"] = json!({
        "type": "string", "examples": ["category.id"],
        "description": "The member, parameter or header that it is about; empty for the body as a whole."
    });
    let codes = ERRORS.map(|(status, _)| code(status));
    let mut error = object(vec![("code", json!({ "enum": codes })), ("message", text())]);
    error["properties"]["details"] = json!({ "type": "array", "minItems": 1, "items": reference("Detail") });
    json!({ "Error": error, "Detail": detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_another_and_has_its_code() {
        let codes: std::collections::BTreeSet<_> = ERRORS.iter().map(|(status, _)| code(*status)).collect();
        assert_eq!(codes.len(), ERRORS.len());
        assert_eq!((code(400), code(409), code(500)), ("VALIDATION_ERROR", "DUPLICATED", "INTERNAL_ERROR"));
    }
}
