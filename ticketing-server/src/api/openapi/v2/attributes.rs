//! A ticket's attributes.

use serde_json::{Map, Value, json};
use ticketing_core::{
    TokenScope,
    limits::{ASUNTO_CHARS_MAX, CLIENT_CHARS_MAX, TICKET_CLIENTS_MAX},
};

use super::{
    super::{body, object, reference, text},
    answers::{OF_BODIES, answers, done},
    behalf, instant_or_null, of_ticket, or_null, security,
    tickets::visibility,
};

/// What is last in the path, the name of its schemas, and what is special about it.
const ATTRIBUTES: [(&str, &str, &str); 9] = [
    ("category", "Category", "Null: none. The SLA is matched anew."),
    ("urgency", "Urgency", "Null: none. The SLA is matched anew."),
    ("service", "Service", "Null: none."),
    ("clients", "Clients", "The requester stays who it was."),
    ("owner", "Owner", "An active agent. A new ticket is in attendance then."),
    ("subject", "Subject", ""),
    ("type", "Type", "Requesters see what is PUBLIC."),
    ("solution", "Solution", "The due date, set by hand; null gives it back to the SLA."),
    ("status", "Status", "Which statuses there may be is the lifecycle's (409)."),
];

pub(super) fn paths() -> Value {
    let path = |(attribute, name, about): (&str, &str, &str)| {
        let answer = done("What it is now.", &reference(&format!("{name}Attribute")));
        let operation = json!({
            "operationId": format!("change{name}"), "tags": ["Attributes"],
            "summary": format!("Change a ticket's {attribute}"), "description": about,
            "security": security(TokenScope::TicketsWrite),
            "requestBody": body(&format!("{name}Change")),
            "responses": answers("200", answer, &[OF_BODIES, &[404]]),
        });
        let path = format!("/v2/tickets/{{ticketId}}/attributes/{attribute}");
        (path, json!({ "parameters": of_ticket(), "patch": operation }))
    };
    ATTRIBUTES.into_iter().map(path).collect::<Map<_, _>>().into()
}

pub(super) fn schemas() -> Value {
    let mut schemas = Map::new();
    for (_, name, _) in ATTRIBUTES {
        let (change, is_now) = members(name);
        schemas.insert(format!("{name}Change"), on_behalf(change, false));
        schemas.insert(format!("{name}Attribute"), on_behalf(is_now, true));
    }
    // Why is told where there is a reason.
    schemas["StatusChange"]["properties"]["justification"] = reference("ReferenceInput");
    schemas.into()
}

type Members = Vec<(&'static str, Value)>;

/// The members of a change, and what is answered to it.
fn members(name: &str) -> (Members, Members) {
    let both = |name: &'static str, schema: Value| (vec![(name, schema.clone())], vec![(name, schema)]);
    let referred =
        |name: &'static str, input: &str| (vec![(name, reference(input))], vec![(name, or_null("Reference"))]);
    match name {
        "Category" => referred("category", "CategoryInput"),
        "Urgency" => referred("urgency", "ReferenceInput"),
        "Service" => referred("service", "ReferenceInput"),
        "Clients" => {
            let client = json!({ "type": "string", "minLength": 1, "maxLength": CLIENT_CHARS_MAX });
            both("clients", json!({ "type": "array", "maxItems": TICKET_CLIENTS_MAX, "items": client }))
        }
        "Owner" => both("ownerId", json!({ "type": "string", "format": "uuid" })),
        "Subject" => {
            let line = json!({ "type": "string", "minLength": 1, "maxLength": ASUNTO_CHARS_MAX });
            (vec![("subject", line)], vec![("subject", text())])
        }
        "Type" => both("type", visibility()),
        "Solution" => both("solutionAt", instant_or_null("")),
        _ => {
            let status = |schema: &str| ("status", reference(schema));
            (vec![status("StatusInput")], vec![status("Status"), ("justification", or_null("Reference"))])
        }
    }
}

/// With who it is on behalf of: it may be given, and is answered.
fn on_behalf(members: Members, is_always_there: bool) -> Value {
    let mut schema = object(members);
    schema["properties"]["updatedById"] = behalf();
    if let (Value::Array(required), true) = (&mut schema["required"], is_always_there) {
        required.push("updatedById".into());
    }
    schema
}
