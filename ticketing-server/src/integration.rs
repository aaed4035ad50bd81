//! What other systems read, whether they ask for it or are told: the shapes of the integration dialect.

use serde::Serialize;
use ticketing_core::{Status, TimeDelta, Timestamp, integration};

use crate::{IntegrationTicket, store::Named};

/// A ticket in JSON. Source: the integration contract; `label` and `tags` are beyond it.
pub(crate) fn view(ticket: &IntegrationTicket) -> impl Serialize + use<> {
    Ticket::from(ticket)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ticket {
    id: String,
    label: String,
    #[serde(rename = "type")]
    kind: &'static str,
    origin: &'static str,
    origin_email_account: Option<String>,
    subject: String,
    cc: Vec<String>,
    clients: Vec<String>,
    owner_id: Option<String>,
    owner_team: Option<Reference>,
    category: Option<Reference>,
    urgency: Option<Reference>,
    service: Option<Reference>,
    status: StatusReference,
    justification: Option<Reference>,
    tags: Vec<Reference>,
    resolved_at: Option<String>,
    reopened_at: Option<String>,
    closed_at: Option<String>,
    created_at: String,
    created_by_id: Option<String>,
    updated_at: Option<String>,
    solution_time: Option<i64>,
    response_time: Option<i64>,
    solution_at: Option<String>,
    response_at: Option<String>,
    real_response_at: Option<String>,
    solution_date_is_paused: bool,
    solution_changed_by_user: bool,
    solution_changed_by_id: Option<String>,
    agreement: Option<Agreement>,
}

/// What has an id.
#[derive(Serialize)]
pub(crate) struct Reference {
    id: u32,
    name: String,
}

impl From<&Named> for Reference {
    fn from(named: &Named) -> Self {
        Self { id: named.id, name: named.name.clone() }
    }
}

/// A status with the id that it has for good.
#[derive(Serialize)]
pub(crate) struct StatusReference {
    id: u32,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl From<Status> for StatusReference {
    fn from(status: Status) -> Self {
        let kind = integration::status_type(status);
        Self { id: integration::status_id(status), name: kind, kind }
    }
}

#[derive(Serialize)]
struct Agreement {
    id: u32,
    name: String,
    rule: String,
}

impl From<&IntegrationTicket> for Ticket {
    fn from(shown: &IntegrationTicket) -> Self {
        let (ticket, intake, references) = (&shown.stored.ticket, &shown.stored.intake, &shown.references);
        let reference = |named: &Option<Named>| named.as_ref().map(Reference::from);
        let owner_id = ticket.assignee.map(|id| id.0.to_string());
        let by_hand = ticket.sla.due_by_hand.is_some();
        Self {
            id: ticket.id.to_string(),
            label: shown.stored.label.to_string(),
            kind: ticket.attributes.visibility.name(),
            origin: ticket.origin.name(),
            // Nothing reads a mailbox.
            origin_email_account: None,
            subject: intake.subject.clone().unwrap_or_else(|| integration::NO_SUBJECT.to_owned()),
            cc: intake.cc.clone(),
            clients: intake.clients(),
            owner_team: owner_id.is_none().then(|| Reference::from(&references.team)),
            owner_id,
            category: reference(&references.category),
            urgency: reference(&references.urgency),
            service: reference(&references.service),
            status: ticket.status.into(),
            justification: reference(&references.justification),
            tags: references.tags.iter().map(Reference::from).collect(),
            resolved_at: instant(ticket.resolved_at),
            reopened_at: instant(ticket.reopened_at),
            closed_at: instant(ticket.closed_at),
            created_at: ticket.created_at.to_string(),
            created_by_id: intake.created_by.clone(),
            updated_at: Some(ticket.updated_at.to_string()),
            solution_time: minutes(shown.solution_time),
            response_time: minutes(shown.response_time),
            solution_at: instant(shown.solution_at),
            response_at: instant(shown.response_at),
            real_response_at: instant(ticket.first_responded_at()),
            solution_date_is_paused: shown.solution_is_paused,
            solution_changed_by_user: by_hand,
            solution_changed_by_id: intake.due_by.clone().filter(|_| by_hand),
            agreement: shown.agreement.clone().map(|(id, name, rule)| Agreement { id, name, rule }),
        }
    }
}

/// As this dialect writes instants, if there is one.
pub(crate) fn instant(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn minutes(span: Option<TimeDelta>) -> Option<i64> {
    span.map(|span| span.num_minutes())
}
