//! What happens, for those who ask now and then.

use serde_json::{Value, json};
use ticketing_core::TokenScope;

use super::{
    super::{headers::header, label, object, reference, text},
    answers::{OF_READS, answers, done},
    instant, parameter, security,
    subscriptions::happening,
};
use crate::api::v2::PAGE_SIZE_MAX;

pub(super) fn paths() -> Value {
    let events = json!({ "type": "array", "items": reference("Event"), "maxItems": PAGE_SIZE_MAX });
    let mut events = done("In order, none twice.", &events);
    events["headers"]["Link"] =
        header(true, "Where to go on, `rel=\"next\"`, also where nothing has happened.", &text());
    json!({ "/v2/events": { "get": {
        "operationId": "listEvents", "tags": ["Events"], "summary": "What has happened after a position",
        "description": "To follow what happens, ask again and again at `Link`. Some of a page's events may be of tickets that one may \
                        not read: it is shorter then, and no end.",
        "security": security(TokenScope::TicketsRead),
        "parameters": [
            {
                "name": "after", "in": "query",
                "description": "The last position that is known; `latest`: what happens from now on; without it, from the beginning.",
                "schema": { "type": "string", "pattern": "^([0-9]{1,18}|latest)$", "default": "0" }
            },
            parameter("size"),
        ],
        "responses": answers("200", events, &[&[400], OF_READS]),
    } } })
}

pub(super) fn schemas() -> Value {
    let number = |about: &str| json!({ "type": "integer", "minimum": 1, "description": about });
    let actions = json!({ "type": "array", "minItems": 1, "items": happening(), "description": "All that it is." });
    json!({ "Event": object(vec![
        ("id", json!({ "type": "string", "format": "uuid", "description": "The same as webhooks have." })),
        ("position", number("Where it stands among all events.")),
        ("timestamp", instant()),
        ("type", json!({ "const": "TICKET" })),
        ("action", happening()),
        ("actions", actions),
        ("ticketId", json!({ "type": "string", "format": "uuid" })),
        ("ticketLabel", label()),
        ("number", number("Its number in its ticket.")),
    ]) })
}
