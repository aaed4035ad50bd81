use serde::Serialize;
use ticketing_core::Seconds;

use crate::{
    DUE_HOURS, Deadlines,
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `GET /api/tickets/plazos`: how many open tickets are overdue, or will be within hours. Beyond the contract.
pub(crate) async fn deadlines<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    let area = call.query("area").map(|area| area.trim().to_owned()).filter(|area| !area.is_empty());

    let Deadlines { at, open, overdue, due, still, without } = call.engine().deadlines(&actor, area.as_deref()).await?;
    let due = DUE_HOURS.into_iter().zip(due).map(|(horas, tickets)| Due { horas, tickets });
    json(&Answer {
        leido_en: at.seconds(),
        abiertos: open,
        vencidos: overdue,
        por_vencer: due.collect(),
        detenidos: still,
        sin_plazo: without,
    })
}

#[derive(Serialize)]
struct Answer {
    leido_en: Seconds,
    abiertos: u64,
    vencidos: u64,
    por_vencer: Vec<Due>,
    detenidos: u64,
    sin_plazo: u64,
}

#[derive(Serialize)]
struct Due {
    horas: u32,
    /// Those of fewer hours are among them.
    tickets: u64,
}
