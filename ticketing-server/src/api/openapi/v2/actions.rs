//! What was said of a ticket.

use serde_json::{Value, json};
use ticketing_core::{TokenScope, limits::DESCRIPCION_CHARS_MAX, ticket::Origin};

use super::{
    super::{body, idempotency_key, object, reference, text},
    answers::{OF_BODIES, OF_READS, answers, created, done, page},
    behalf, id, instant, instant_or_null, of_ticket, or_null, paging, security, text_or_null,
    tickets::visibility,
};

pub(super) fn paths() -> Value {
    let action = || reference("Action");
    json!({
        "/v2/tickets/{ticketId}/actions": {
            "parameters": of_ticket(),
            "get": {
                "operationId": "listActions", "tags": ["Actions"], "summary": "What was said of a ticket",
                "security": security(TokenScope::TicketsRead), "parameters": paging(),
                "responses": answers("200", page("Newest first.", "Action"), &[&[400, 404], OF_READS]),
            },
            "post": {
                "operationId": "createAction", "tags": ["Actions"],
                "summary": "Say something of a ticket, and perhaps give it another status",
                "description": "A PUBLIC one is what the requester reads; the first of them is the first response.",
                "security": security(TokenScope::TicketsWrite),
                "parameters": [idempotency_key()],
                "requestBody": body("NewAction"),
                "responses": answers("201", created("The action.", &action()), &[OF_BODIES, &[404, 422]]),
            },
        },
        "/v2/tickets/{ticketId}/actions/{actionId}": {
            "parameters": [super::parameter("ticketId"), {
                "name": "actionId", "in": "path", "required": true, "description": "Its number in its ticket.", "schema": id()
            }],
            "get": {
                "operationId": "getAction", "tags": ["Actions"], "summary": "One of the things that were said",
                "security": security(TokenScope::TicketsRead),
                "responses": answers("200", done("The action.", &action()), &[&[404], OF_READS]),
            },
        },
    })
}

pub(super) fn schemas() -> Value {
    json!({
        "Action": object(vec![
            ("id", id()),
            ("type", visibility()),
            ("origin", json!({ "enum": Origin::ALL.map(Origin::name) })),
            ("description", text()),
            ("status", reference("Status")),
            ("justification", or_null("Reference")),
            ("createdAt", instant()),
            ("createdById", text_or_null("On whose behalf, or who.")),
        ]),
        "NewAction": {
            "type": "object",
            "properties": {
                "type": visibility(),
                "description": { "type": "string", "minLength": 1, "maxLength": DESCRIPCION_CHARS_MAX },
                "status": {
                    "anyOf": [reference("StatusInput"), { "type": "null" }],
                    "description": "The status that the ticket is to have; the one that it has, where it is not given."
                },
                "justification": reference("ReferenceInput"),
                "createdAt": instant_or_null("When it was said, for display; not in the future."),
                "createdById": behalf(),
            },
            "required": ["type", "description"]
        },
    })
}
