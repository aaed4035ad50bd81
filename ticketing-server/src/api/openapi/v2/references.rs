//! What has an id and a name: as it is answered, and as it is meant in an input.

use serde_json::{Value, json};
use ticketing_core::{
    Field, Rules, Status,
    integration::{status_id, status_type},
    limits::REFERENCE_CHARS_MAX,
};

use super::{
    super::{object, text},
    id,
};

pub(super) fn schemas(rules: &Rules) -> Value {
    let category = rules.text_rule(Field::Category);
    json!({
        "Reference": object(vec![("id", id()), ("name", text())]),
        "ReferenceInput": {
            "description": "The id of one that there is (see References); null: none.",
            "type": ["object", "null"], "properties": { "id": id() }, "required": ["id"]
        },
        "CategoryInput": by_id_or_name(&json!(["object", "null"]), category.min, category.max.min(REFERENCE_CHARS_MAX)),
        "TagInput": by_id_or_name(&json!("object"), 1, REFERENCE_CHARS_MAX),
        "Status": status(),
        "StatusInput": {
            "type": "object", "properties": { "id": status_ids() }, "required": ["id"]
        },
    })
}

/// By its id; or by its name alone, which finds or makes it.
fn by_id_or_name(kind: &Value, min: u32, max: u32) -> Value {
    json!({
        "type": kind,
        "description": "The id of one that there is; or a name, which finds or makes one.",
        "anyOf": [
            { "properties": { "id": id() }, "required": ["id"] },
            {
                "properties": { "id": { "type": "null" }, "name": { "type": "string", "minLength": min, "maxLength": max } },
                "required": ["name"]
            }
        ]
    })
}

fn status() -> Value {
    let types = || json!({ "enum": Status::ALL.map(status_type) });
    object(vec![("id", status_ids()), ("name", types()), ("type", types())])
}

/// The ids that statuses have for good.
pub(super) fn status_ids() -> Value {
    let ids = Status::ALL.map(|status| format!("{} {}", status_id(status), status_type(status)));
    json!({ "type": "integer", "minimum": 1, "maximum": ids.len(), "description": format!("{}.", ids.join(", ")) })
}
