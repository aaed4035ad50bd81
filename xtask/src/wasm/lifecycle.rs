//! The lifecycle for JavaScript: the core's table, asked of every role in every place.

use serde_json::{Map, Value, json};
use ticketing_core::Status;
use ticketing_core::ticket::lifecycle::{self, Operation};
use ticketing_core::user::UserRole;

/// `lifecycle.js`: by role, not archived and archived, by status.
pub(super) fn script() -> String {
    let table: Map<_, _> = UserRole::ALL.into_iter().map(|role| (role.name().to_owned(), of_role(role))).collect();
    format!(
        "// Written by `cargo xtask wasm` from the table of ticketing-core.\n\nexport const LIFECYCLE = {};\n",
        Value::from(table)
    )
}

fn of_role(role: UserRole) -> Value {
    [false, true]
        .map(|archived| {
            let rows = Status::ALL.map(|status| (status.name().to_owned(), row(status, archived, role)));
            Value::from(rows.into_iter().collect::<Map<_, _>>())
        })
        .into_iter()
        .collect()
}

fn row(status: Status, archived: bool, role: UserRole) -> Value {
    let after = |operation| lifecycle::after(operation, status, archived, role.as_role()).ok();
    // Pairs, in the order of the contract.
    let mut actions: Vec<(&str, &str)> = Vec::new();
    for operation in Operation::NAMED {
        if let Some(after) = after(operation)
            && actions.iter().all(|(name, _)| *name != operation.name())
        {
            actions.push((operation.name(), after.name()));
        }
    }
    let statuses = Status::ALL.into_iter().filter(|to| after(Operation::SetStatus(*to)).is_some()).map(Status::name);
    json!({
        "actions": actions,
        "statuses": statuses.collect::<Vec<_>>(),
        "edit": after(Operation::Edit).is_some(),
        "reply": after(Operation::Reply).is_some(),
    })
}

/// The names of what a role may do at all, each once, in the order of the contract.
pub(super) fn actions() -> Vec<&'static str> {
    let mut names = Vec::new();
    for operation in Operation::NAMED {
        let may = UserRole::ALL.into_iter().any(|role| lifecycle::may(operation, role.as_role()));
        if may && !names.contains(&operation.name()) {
            names.push(operation.name());
        }
    }
    names
}
