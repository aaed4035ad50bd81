//! A ticket's tags.

use serde_json::{Value, json};
use ticketing_core::{TokenScope, limits::BEHALF_CHARS_MAX};

use super::{
    super::{body, object, reference},
    answers::{OF_BODIES, OF_READS, answers, done, no_content, page},
    behalf, id, of_ticket, paging, parameter, security,
};

pub(super) fn paths() -> Value {
    json!({
        "/v2/tickets/{ticketId}/tags": {
            "parameters": of_ticket(),
            "get": {
                "operationId": "listTicketTags", "tags": ["Tags"], "summary": "A ticket's tags",
                "security": security(TokenScope::TicketsRead), "parameters": paging(),
                "responses": answers("200", page("The newest first.", "Reference"), &[&[400, 404], OF_READS]),
            },
            "post": {
                "operationId": "addTag", "tags": ["Tags"], "summary": "Add a tag to a ticket",
                "description": "One that it has already stays.",
                "security": security(TokenScope::TicketsWrite),
                "requestBody": body("TagChange"),
                "responses": answers("200", done("The tag.", &reference("TagAttribute")), &[OF_BODIES, &[404]]),
            },
        },
        "/v2/tickets/{ticketId}/tags/{tagId}": {
            "parameters": [parameter("ticketId"), {
                "name": "tagId", "in": "path", "required": true, "schema": id()
            }],
            "delete": {
                "operationId": "removeTag", "tags": ["Tags"], "summary": "Take a tag from a ticket",
                "security": security(TokenScope::TicketsWrite),
                "parameters": [{
                    "name": "updatedById", "in": "query", "description": "On whose behalf, kept as given.",
                    "schema": { "type": "string", "maxLength": BEHALF_CHARS_MAX }
                }],
                "responses": answers("204", no_content(), &[&[400, 404, 409], OF_READS]),
            },
        },
    })
}

pub(super) fn schemas() -> Value {
    let mut change = object(vec![("tag", reference("TagInput"))]);
    change["properties"]["updatedById"] = behalf();
    json!({
        "TagChange": change,
        "TagAttribute": object(vec![("tag", reference("Reference")), ("updatedById", behalf())]),
    })
}
