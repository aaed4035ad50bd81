use serde::{Deserialize, Serialize};

use super::{Budget, Calendar};
use crate::{Timestamp, rules::ByName};

/// What is promised to the tickets that match. In rules, the first match wins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Stable, from 1; reports and other systems know the policy by it.
    pub id: u32,
    /// For people.
    #[serde(rename = "nombre")]
    pub name: String,
    /// Which tickets it is for.
    #[serde(rename = "cuando", default)]
    pub when: Predicate,
    /// The time until the ticket is resolved. Without it, a ticket that matches has no SLA.
    #[serde(rename = "resolucion", default)]
    pub resolution: Option<Target>,
}

/// Which tickets a policy is for: each list that is not empty must have the ticket's value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Predicate {
    /// Ticket types.
    #[serde(rename = "tipo")]
    pub types: Vec<String>,
    /// Priorities, compared without case and accents, aliases included.
    #[serde(rename = "prioridad")]
    pub priorities: Vec<String>,
    /// Categories, compared without case and accents.
    #[serde(rename = "categoria")]
    pub categories: Vec<String>,
    /// Areas, compared by their keys, aliases included.
    #[serde(rename = "area")]
    pub areas: Vec<String>,
    /// Origins, such as `TICKETS_API`.
    #[serde(rename = "origen")]
    pub origins: Vec<String>,
}

/// A budget for each priority.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// By the priority's canonical name.
    #[serde(rename = "porPrioridad", default)]
    pub by_priority: ByName<Budget>,
    /// For every other priority, and for none. Without it, such a ticket has no SLA.
    #[serde(rename = "otras", default)]
    pub otherwise: Option<Budget>,
}

/// What one ticket was promised, by which policy. Kept in its events, so that later rules do not change it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agreement {
    /// The policy's id.
    pub policy: u32,
    /// The time until the ticket is resolved.
    pub resolution: Budget,
}

impl Agreement {
    /// When a ticket that is opened at an instant is due, if nothing stops its clock. `None` beyond 2099.
    #[inline]
    pub fn due(&self, calendar: &Calendar, opened_at: Timestamp) -> Option<Timestamp> {
        calendar.after(opened_at, self.resolution.total())
    }
}
