//! What may be done to tickets.

use serde_json::{Value, json};
use ticketing_core::{
    Status,
    ticket::lifecycle::{self, Operation},
    user::UserRole,
};

/// What each role may do to each ticket, and what becomes of that.
pub(crate) fn lifecycle() -> Vec<Value> {
    let mut lines = Vec::new();
    for role in UserRole::ALL {
        for archived in [false, true] {
            for status in Status::ALL {
                let after =
                    |operation| lifecycle::after(operation, status, archived, role.as_role()).ok().map(Status::name);
                let named: serde_json::Map<_, _> = Operation::NAMED
                    .into_iter()
                    .filter(|operation| !matches!(operation, Operation::Edit | Operation::Reply))
                    .map(|operation| (operation.name().to_owned(), after(operation).into()))
                    .collect();
                let settable = Status::ALL.into_iter().filter(|to| after(Operation::SetStatus(*to)).is_some());
                lines.push(json!({
                    "ticket": { "estado": status.name(), "archivado": archived, "rol": role.name() },
                    "allowed": lifecycle::allowed(status, archived, role.as_role()),
                    "after": named,
                    "statuses": settable.map(Status::name).collect::<Vec<_>>(),
                    "edit": after(Operation::Edit).is_some(),
                    "reply": after(Operation::Reply).is_some(),
                }));
            }
        }
    }
    lines
}
