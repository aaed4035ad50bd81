use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Allowance, Allowed, Calendar, DueAt, PerTarget, TargetKind, is_default};
use crate::{Rules, RulesHash, Status, Timestamp, rules::ByName, text::priority_key};

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
    /// The time until the desk answers first.
    #[serde(rename = "primeraRespuesta", default, skip_serializing_if = "Option::is_none")]
    pub first_response: Option<Target>,
    /// The time until the desk answers a comment.
    #[serde(rename = "siguienteRespuesta", default, skip_serializing_if = "Option::is_none")]
    pub next_response: Option<Target>,
    /// The time until the ticket is resolved. Without any target, a ticket that matches has no SLA.
    #[serde(rename = "resolucion", default)]
    pub resolution: Option<Target>,
    /// What happens to clocks that run when a ticket comes to be under this policy, or under another target of it.
    #[serde(rename = "alReclasificar", default, skip_serializing_if = "is_default")]
    pub rematch: Rematch,
}

/// What becomes of running clocks when the policy matches a ticket anew.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rematch {
    /// As if the new target had applied since the clock started.
    #[default]
    Carry,
    /// The clock starts anew.
    Restart,
    /// The ticket keeps what it was promised.
    Keep,
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

/// A time by which something is promised: how much, on which clock, and what happens as it runs out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// The time that is granted, by the priority's canonical name.
    #[serde(rename = "porPrioridad")]
    pub by_priority: ByName<Allowance>,
    /// For every other priority, and for none. Without it, such a ticket has no such target.
    #[serde(rename = "otras")]
    pub otherwise: Option<Allowance>,
    /// When business days end on the last of them.
    #[serde(rename = "vence", skip_serializing_if = "is_default")]
    pub due_at: DueAt,
    /// The name of the calendar that it is counted in; none: around the clock.
    #[serde(rename = "calendario", skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// Open statuses in which its clock stands still. Left out: PAUSADO for the resolution, none for responses.
    #[serde(rename = "pausa")]
    pub pauses: Option<Vec<Status>>,
    /// Percents of its time at which it is at risk, in order.
    #[serde(rename = "enRiesgo")]
    pub at_risk: Vec<u8>,
    /// What is done as its time runs out.
    #[serde(rename = "escalar", skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<EscalationStep>,
}

/// What is done by itself when so much of a target's time is up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationStep {
    /// At which percent: one of those at which the target is at risk, or 100, when it is breached.
    #[serde(rename = "al")]
    pub at: u8,
    /// Gives the ticket to this area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Raises it to this priority; one that is as urgent already stays.
    #[serde(rename = "prioridad", default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Lets these know.
    #[serde(rename = "notificar", default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Audience>,
}

/// Who is let know of an escalation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Audience {
    /// Whom the ticket is assigned to.
    #[serde(rename = "AGENTE")]
    Assignee,
    /// Those who work its area.
    #[serde(rename = "AREA")]
    Area,
    /// Those who work every area.
    #[serde(rename = "MESA")]
    Desk,
    /// The administrators.
    #[serde(rename = "ADMIN")]
    Admins,
}

impl Policy {
    /// One for every ticket, without targets.
    pub fn new(id: u32, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            when: Predicate::default(),
            first_response: None,
            next_response: None,
            resolution: None,
            rematch: Rematch::default(),
        }
    }

    /// Its targets by their kinds.
    pub fn targets(&self) -> PerTarget<&Option<Target>> {
        let Self { first_response, next_response, resolution, .. } = self;
        PerTarget { first_response, next_response, resolution }
    }

    /// Its targets, to change them.
    pub(crate) fn targets_mut(&mut self) -> impl Iterator<Item = (TargetKind, &mut Target)> {
        let Self { first_response, next_response, resolution, .. } = self;
        let targets = [first_response, next_response, resolution];
        TargetKind::ALL.into_iter().zip(targets).filter_map(|(kind, target)| Some((kind, target.as_mut()?)))
    }
}

impl Target {
    /// The time that it grants to a ticket of a priority, by its key; `None`: no such target.
    pub(crate) fn allowance(&self, priority: Option<&str>) -> Option<Allowance> {
        let named = |(name, allowance): (&str, &Allowance)| (priority_key(name) == priority?).then_some(*allowance);
        let allowance = self.by_priority.iter().find_map(named).or(self.otherwise)?;
        Some(allowance.due_at(self.due_at))
    }
}

/// What a ticket would be promised, as the rules have it.
pub(crate) struct Promised<'r> {
    pub(crate) policy: &'r Policy,
    /// The key of the ticket's priority.
    pub(crate) priority: Option<String>,
}

impl Promised<'_> {
    fn target(&self, kind: TargetKind) -> Option<(&Target, Allowance)> {
        let target = self.policy.targets().get(kind).as_ref()?;
        Some((target, target.allowance(self.priority.as_deref())?))
    }

    /// The same, to be kept with the ticket.
    pub(crate) fn agreement(&self, rules: RulesHash) -> Agreement {
        let promise = |kind| {
            let (target, allowance) = self.target(kind)?;
            Some(Promise {
                allowance,
                calendar: target.calendar.as_ref().map(|name| CalendarReference { name: name.clone(), rules }),
                pauses: target.pauses.clone().unwrap_or_default(),
                at_risk: target.at_risk.clone(),
            })
        };
        let promises = PerTarget {
            first_response: promise(TargetKind::FirstResponse),
            next_response: promise(TargetKind::NextResponse),
            resolution: promise(TargetKind::Resolution),
        };
        Agreement { policy: self.policy.id, rules, promises }
    }

    /// What it comes to for a ticket that is created at an instant.
    pub(crate) fn preview(&self, rules: &Rules, now: Timestamp) -> Preview {
        let foresee = |kind| {
            let (target, allowance) = self.target(kind)?;
            let around_the_clock = Calendar::default();
            let named = target.calendar.as_deref().and_then(|name| rules.calendar(name));
            let calendar = named.unwrap_or(&around_the_clock);
            let Allowed { total, due } = calendar.allow(now, allowance);
            let due = match allowance {
                Allowance::Time(_) => calendar.after(now, total),
                Allowance::BusinessDays { .. } => due,
            };
            Some(Foreseen { total, due })
        };
        let targets = PerTarget {
            first_response: foresee(TargetKind::FirstResponse),
            // Nobody waits for one yet.
            next_response: None,
            resolution: foresee(TargetKind::Resolution),
        };
        Preview { policy: self.policy.id, targets }
    }
}

/// What a ticket would be promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Preview {
    /// The policy's id.
    pub policy: u32,
    /// By the kinds of its targets; nothing for a next response.
    pub targets: PerTarget<Option<Foreseen>>,
}

/// What a target would come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Foreseen {
    /// The working time that is granted.
    pub total: TimeDelta,
    /// When it is up; `None` beyond 2099.
    pub due: Option<Timestamp>,
}

/// What one ticket was promised, by which policy of which rules. Kept in its events, so that later rules do not change it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agreement {
    /// The policy's id.
    pub policy: u32,
    /// The rules that have the policy.
    pub rules: RulesHash,
    /// What is promised.
    pub promises: PerTarget<Option<Promise>>,
}

/// A time by which something was promised to one ticket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Promise {
    /// How much time it has.
    #[serde(with = "super::allowance::in_full")]
    pub allowance: Allowance,
    /// The calendar that it is counted in; none: around the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarReference>,
    /// Open statuses in which its clock stands still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Status>,
    /// Percents of its time at which it is at risk, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at_risk: Vec<u8>,
}

/// A calendar as it was in a version of the rules.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CalendarReference {
    /// Its name.
    pub name: String,
    /// The rules.
    pub rules: RulesHash,
}
