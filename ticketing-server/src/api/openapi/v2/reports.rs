//! What tickets come to in figures.

use serde_json::{Value, json};
use ticketing_core::TokenScope;

use super::{
    super::{reference, reports},
    answers::{OF_READS, answers, done},
    security,
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
        "parameters": reports::parameters(Dialect::Integration),
        "responses": answers,
    } } })
}

pub(super) fn schemas() -> Value {
    json!({ "Report": reports::report(Dialect::Integration), "Figures": reports::figures(Dialect::Integration) })
}
