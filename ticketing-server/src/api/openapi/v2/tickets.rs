//! Tickets.

use serde_json::{Value, json};
use ticketing_core::{
    TokenScope,
    integration::NO_SUBJECT,
    limits::{ASUNTO_CHARS_MAX, CLIENT_CHARS_MAX, DESCRIPCION_CHARS_MAX, TICKET_CLIENTS_MAX, TICKET_TAGS_MAX},
    ticket::{Origin, Visibility},
};

use super::{
    super::{
        body,
        headers::{digits, header},
        idempotency_key, label, object, reference, text,
    },
    answers::{OF_BODIES, OF_READS, answers, created, done, page, with_headers},
    behalf, id, instant, instant_or_null, of_ticket, or_null, paging,
    references::status_ids,
    security, text_or_null,
};
use crate::api::v2::SEARCH_CHARS_MAX;

pub(super) fn paths() -> Value {
    // With a cursor there is no number of a page.
    let mut tickets = with_headers(page("Tickets, newest first.", "Ticket"), &["Link"]);
    tickets["headers"]["x-page"] = header(false, "Which page this is; not with a cursor.", &digits());
    json!({
        "/v2/tickets": {
            "get": {
                "operationId": "listTickets", "tags": ["Tickets"], "summary": "List tickets, newest first",
                "description": "In numbered pages; or, for going through everything, from `Link` to `Link`. Filters are combined with \
                                AND. Archived tickets are listed with their status.",
                "security": security(TokenScope::TicketsRead),
                "parameters": filters(),
                "responses": answers("200", tickets, &[&[400], OF_READS]),
            },
            "post": {
                "operationId": "createTicket", "tags": ["Tickets"], "summary": "Create a ticket",
                "description": "No member is required: what a ticket needs and is not given gets a default.",
                "security": security(TokenScope::TicketsWrite),
                "parameters": [idempotency_key()],
                "requestBody": body("NewTicket"),
                "responses": answers("201", created("The ticket.", &reference("Ticket")), &[OF_BODIES, &[422]]),
            },
        },
        "/v2/tickets/{ticketId}": {
            "parameters": of_ticket(),
            "get": {
                "operationId": "getTicket", "tags": ["Tickets"], "summary": "A ticket",
                "security": security(TokenScope::TicketsRead),
                "responses": answers("200", done("The ticket.", &reference("Ticket")), &[&[404], OF_READS]),
            },
        },
    })
}

fn filters() -> Value {
    let filter = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let day = || json!({ "type": "string", "format": "date" });
    let mut filters = paging();
    if let Value::Array(filters) = &mut filters {
        filters.extend([
            filter("cursor", "From the `next` link of the page before, instead of `page`.", text()),
            filter("createdAt", "The UTC day on which it was created.", day()),
            filter("updatedAt", "The UTC day on which something last happened to it.", day()),
            filter("statusId", "The id of its status.", status_ids()),
            filter("ownerId", "The agent whose it is.", json!({ "type": "string", "format": "uuid" })),
            filter("teamId", "The id of its team.", id()),
            filter("categoryId", "The id of its category.", id()),
            filter("tagId", "The id of one of its tags.", id()),
            filter("origin", "By which way it came.", json!({ "enum": Origin::ALL.map(Origin::name) })),
            filter(
                "q",
                "A label, an e-mail address, or words that all stand in the ticket; without case and accents. New words are found \
                 within a second, or soon after a burst of writes.",
                json!({ "type": "string", "maxLength": SEARCH_CHARS_MAX }),
            ),
        ]);
    }
    filters
}

pub(super) fn schemas() -> Value {
    json!({ "Ticket": ticket(), "NewTicket": new_ticket(), "FirstAction": first_action(), "Agreement": agreement() })
}

fn ticket() -> Value {
    let minutes = |what: &str| json!({ "type": ["integer", "null"], "minimum": 0, "description": format!("Minutes of working time for {what}; null without SLA.") });
    object(vec![
        ("id", json!({ "type": "string", "format": "uuid" })),
        ("label", label()),
        ("type", visibility()),
        ("origin", json!({ "enum": Origin::ALL.map(Origin::name) })),
        ("originEmailAccount", text_or_null("The mailbox that it came to.")),
        ("subject", text()),
        ("cc", json!({ "type": "array", "items": text() })),
        ("clients", json!({ "type": "array", "items": text(), "description": "Whose it is, as given and in order." })),
        ("ownerId", json!({ "type": ["string", "null"], "format": "uuid", "description": "The agent whose it is." })),
        ("ownerTeam", described(or_null("Reference"), "Whose it is while it is no agent's.")),
        ("category", or_null("Reference")),
        ("urgency", or_null("Reference")),
        ("service", or_null("Reference")),
        ("status", reference("Status")),
        ("justification", described(or_null("Reference"), "Why it has its status.")),
        ("tags", json!({ "type": "array", "items": reference("Reference"), "maxItems": TICKET_TAGS_MAX })),
        ("resolvedAt", instant_or_null("")),
        ("reopenedAt", instant_or_null("")),
        ("closedAt", instant_or_null("")),
        ("createdAt", instant()),
        ("createdById", text_or_null("On whose behalf it was created.")),
        ("updatedAt", instant_or_null("When something last happened to it.")),
        ("solutionTime", minutes("its resolution")),
        ("responseTime", minutes("a first response")),
        ("solutionAt", instant_or_null("By when it is due.")),
        ("responseAt", instant_or_null("By when a first response is due.")),
        ("realResponseAt", instant_or_null("When there was one.")),
        (
            "solutionDateIsPaused",
            json!({ "type": "boolean", "description": "The clock of its resolution stands still." }),
        ),
        ("solutionChangedByUser", json!({ "type": "boolean", "description": "Somebody has set the due date." })),
        ("solutionChangedById", text_or_null("On whose behalf.")),
        ("agreement", or_null("Agreement")),
    ])
}

fn agreement() -> Value {
    let mut agreement = object(vec![("id", json!({ "type": "integer" })), ("name", text()), ("rule", text())]);
    agreement["description"] = "The policy of service levels that it is under, and what that promised it.".into();
    agreement
}

fn new_ticket() -> Value {
    let texts = || {
        let one = json!({ "type": "string", "minLength": 1, "maxLength": CLIENT_CHARS_MAX });
        json!({ "type": ["array", "null"], "maxItems": TICKET_CLIENTS_MAX, "items": one })
    };
    let instant_of = |status: &str| instant_or_null(&format!("Not in the future; only with status {status}."));
    json!({
        "type": "object",
        "description": "What can only be read is ignored.",
        "properties": {
            "type": { "enum": ["INTERNAL", "PUBLIC", null], "default": "PUBLIC" },
            "subject": { "type": ["string", "null"], "maxLength": ASUNTO_CHARS_MAX, "default": NO_SUBJECT },
            "cc": texts(),
            "clients": described(texts(), "Whose it is, kept as given and in order. The first that is an e-mail address is the \
                                           requester's; without one nobody is written to."),
            "ownerId": { "type": ["string", "null"], "format": "uuid", "description": "An active agent." },
            "category": reference("CategoryInput"),
            "urgency": reference("ReferenceInput"),
            "service": reference("ReferenceInput"),
            "justification": reference("ReferenceInput"),
            "status": described(reference("StatusInput"), "NEW where it is not given."),
            "tags": { "type": ["array", "null"], "maxItems": TICKET_TAGS_MAX, "items": reference("TagInput") },
            "createdAt": instant_or_null("Not in the future. It starts the clocks."),
            "resolvedAt": instant_of("RESOLVED or CLOSED"),
            "reopenedAt": instant_or_null("Not in the future; with any status but CANCELED."),
            "closedAt": instant_of("CLOSED"),
            "solutionAt": instant_or_null("By when it is due, instead of what the service levels say."),
            "createdById": behalf(),
            "firstAction": { "anyOf": [reference("FirstAction"), { "type": "null" }] },
        }
    })
}

fn first_action() -> Value {
    json!({
        "type": "object",
        "description": "What the ticket begins with: its description.",
        "properties": {
            "type": { "enum": ["INTERNAL", "PUBLIC", null], "default": "PUBLIC" },
            "description": { "type": ["string", "null"], "maxLength": DESCRIPCION_CHARS_MAX },
            "createdAt": instant_or_null("Not in the future."),
            "createdById": behalf(),
        }
    })
}

/// Who may see it.
pub(super) fn visibility() -> Value {
    json!({ "enum": Visibility::ALL.map(Visibility::name) })
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}
