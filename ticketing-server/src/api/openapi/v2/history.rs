//! How long a ticket stayed as it was.

use serde_json::{Value, json};
use ticketing_core::TokenScope;

use super::{
    super::{object, reference},
    answers::{OF_READS, answers, page},
    instant, of_ticket, or_null, paging, security, text_or_null,
};

pub(super) fn paths() -> Value {
    json!({
        "/v2/tickets/{ticketId}/status-changes": {
            "parameters": of_ticket(),
            "get": {
                "operationId": "listStatusChanges", "tags": ["History"],
                "summary": "The statuses that a ticket had, and the one that it has",
                "security": security(TokenScope::TicketsRead), "parameters": paging(),
                "responses": answers("200", page("Newest first.", "StatusStay"), &[&[400, 404], OF_READS]),
            }
        },
        "/v2/tickets/{ticketId}/owner-changes": {
            "parameters": of_ticket(),
            "get": {
                "operationId": "listOwnerChanges", "tags": ["History"], "summary": "The owners that a ticket no longer has",
                "security": security(TokenScope::TicketsRead), "parameters": paging(),
                "responses": answers("200", page("Newest first.", "OwnerStay"), &[&[400, 404], OF_READS]),
            }
        },
    })
}

pub(super) fn schemas() -> Value {
    let owner = json!({ "type": ["string", "null"], "format": "uuid", "description": "The agent before the change." });
    let changed = || vec![("updatedById", text_or_null("On whose behalf, or who.")), ("updatedAt", instant())];
    let stay = |members: Vec<(&'static str, Value)>| {
        let seconds = |what: &str| json!({ "type": "number", "minimum": 0, "description": format!("Seconds {what}.") });
        let times = [
            ("permanencyTimeFullTime", seconds("by the calendar")),
            ("permanencyTimeWorkingTime", seconds("of working time")),
        ];
        object(members.into_iter().chain(times).chain(changed()).collect())
    };
    json!({
        "StatusStay": stay(vec![("status", reference("Status")), ("justification", or_null("Reference"))]),
        "OwnerStay": stay(vec![("ownerId", owner), ("ownerTeam", or_null("Reference"))]),
    })
}
