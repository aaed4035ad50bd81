use std::{cmp::Reverse, collections::BTreeMap};

use serde::Serialize;
use ticketing_core::Status;

use crate::{
    http::{ApiError, Call, Response, json},
    store::{Store, Total},
};

/// `GET /api/tickets/totales`: how many tickets there are, by status, area and priority, from counters. Beyond the contract:
/// what a dashboard would otherwise count from a list of all tickets.
pub(crate) async fn totals<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();

    let totals = call.engine().totals(&actor).await?;
    let rules = call.engine().rules();
    let mut answer = Answer::default();
    for Total { area_key, status, priority_key, is_archived, tickets, .. } in &totals {
        let tickets = u64::from(*tickets);
        answer.total += tickets;
        if *is_archived {
            answer.archivados += tickets;
        }
        *answer.por_estado.entry(status.name()).or_default() += tickets;
        *answer.por_area.entry(rules.desk_area(area_key).to_owned()).or_default() += tickets;
        let priority = rules.known_priority(priority_key).unwrap_or(priority_key);
        *answer.por_prioridad.entry(priority.to_owned()).or_default() += tickets;
    }
    answer.por_area = most(answer.por_area);
    answer.por_prioridad = most(answer.por_prioridad);
    json(&answer)
}

/// The names with the most tickets; all others are one.
fn most(counts: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    const NAMES_MAX: usize = 200;
    const OTHERS: &str = "OTRAS";
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let others: u64 = counts.drain(NAMES_MAX.min(counts.len())..).map(|(_, count)| count).sum();
    let mut most: BTreeMap<_, _> = counts.into_iter().collect();
    if others > 0 {
        *most.entry(OTHERS.to_owned()).or_default() += others;
    }
    most
}

#[derive(Serialize)]
struct Answer {
    total: u64,
    /// Of the total; they stand in the other counts too.
    archivados: u64,
    por_estado: BTreeMap<&'static str, u64>,
    por_area: BTreeMap<String, u64>,
    /// By canonical name; `""`: tickets without one.
    por_prioridad: BTreeMap<String, u64>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            total: 0,
            archivados: 0,
            por_estado: Status::ALL.map(|status| (status.name(), 0)).into(),
            por_area: BTreeMap::new(),
            por_prioridad: BTreeMap::new(),
        }
    }
}
