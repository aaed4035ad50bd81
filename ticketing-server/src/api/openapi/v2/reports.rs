//! What tickets come to in figures.

use serde_json::{Value, json};
use ticketing_core::TokenScope;

use super::{
    super::{reference, reports},
    answers::{OF_READS, answers, done},
    id, security,
};
use crate::reports::Dialect;

pub(super) fn paths() -> Value {
    let mut report = done("The report.", &reference("Report"));
    reports::complete(&mut report);
    let mut answers = answers("200", report, &[&[400], OF_READS]);
    answers["304"] = reports::not_modified();
    json!({ "/v2/reports": { "get": {
        "operationId": "getReport", "tags": ["Reports"], "summary": "What tickets come to in figures",
        "description": "By period, and by a dimension. From sums that are kept as tickets change.",
        "security": security(TokenScope::TicketsRead),
        "parameters": parameters(),
        "responses": answers,
    } } })
}

/// What has an id can be asked for by it as well.
fn parameters() -> Value {
    let ids = |name: &str, description: &str| {
        let schema = json!({ "type": "array", "items": id() });
        json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
    };
    let mut parameters = reports::parameters(Dialect::Integration);
    if let Value::Array(parameters) = &mut parameters {
        parameters.push(ids("teamId", "Of these teams only, by id; beside those of `team`."));
        parameters.push(ids(
            "valueId",
            "Of these teams, urgencies or categories only, by id, where it is by those; beside those of `value`.",
        ));
    }
    parameters
}

pub(super) fn schemas() -> Value {
    json!({ "Report": reports::report(Dialect::Integration), "Figures": reports::figures(Dialect::Integration) })
}
