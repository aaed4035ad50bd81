//! What there is to refer to by an id.

use serde_json::{Map, Value, json};
use ticketing_core::TokenScope;

use super::{
    super::{object, reference, text},
    answers::{OF_READS, answers, done},
    security,
};

/// What is last in the path, its operation, what it lists, and the schema of one.
const LISTS: [(&str, &str, &str, &str); 8] = [
    ("statuses", "listStatuses", "The statuses with the ids that they have for good", "Status"),
    ("categories", "listCategories", "Categories", "Reference"),
    ("services", "listServices", "Services", "Reference"),
    ("urgencies", "listUrgencies", "Urgencies: the desk's priorities", "Reference"),
    ("justifications", "listJustifications", "Justifications: named reasons of a status", "Reference"),
    ("tags", "listTags", "Tags", "Reference"),
    ("agents", "listAgents", "Agents to whom tickets may be given", "Agent"),
    ("teams", "listTeams", "Teams: the desk's areas", "Reference"),
];

pub(super) fn paths() -> Value {
    let path = |(name, id, summary, schema): (&str, &str, &str, &str)| {
        let list = json!({ "type": "array", "items": reference(schema) });
        let operation = json!({
            "operationId": id, "tags": ["References"], "summary": summary,
            "description": "What staff, other systems or the command line have made.",
            "security": security(TokenScope::TicketsRead),
            "responses": answers("200", done("All of them.", &list), &[OF_READS]),
        });
        (format!("/v2/{name}"), json!({ "get": operation }))
    };
    LISTS.into_iter().map(path).collect::<Map<_, _>>().into()
}

pub(super) fn schemas() -> Value {
    json!({ "Agent": object(vec![("id", json!({ "type": "string", "format": "uuid" })), ("name", text())]) })
}
