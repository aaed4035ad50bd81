//! The integration API.

use serde_json::{Value, json};

use super::{object, reference, responses, text};

pub(super) fn paths() -> Value {
    json!({
        "/v2/statuses": { "get": {
            "operationId": "statuses", "tags": ["Integration"], "summary": "List the statuses with their ids",
            "description": "Scope: tickets:read.",
            "security": security(),
            "responses": responses("V2Statuses", &["401", "403", "429", "503"], &[]),
        } },
    })
}

/// Other systems show a token, in either header; the desk its session.
fn security() -> Value {
    json!([{ "apiToken": [] }, { "bearerAuth": [] }])
}

pub(super) fn security_schemes() -> Value {
    json!({ "apiToken": {
        "type": "apiKey", "in": "header", "name": "X-API-TOKEN",
        "description": "A token that an administrator has created (`/api/auth/tokens`); `Authorization: Bearer` takes it too."
    } })
}

pub(super) fn schemas() -> Value {
    let types = ["NEW", "IN_ATTENDANCE", "STOPPED", "RESOLVED", "CLOSED", "CANCELED"];
    json!({
        "V2Status": object(vec![
            ("id", json!({ "type": "integer", "minimum": 1, "maximum": 6 })),
            ("name", text()),
            ("type", json!({ "enum": types })),
        ]),
        "V2Statuses": { "type": "array", "items": reference("V2Status") },
    })
}
