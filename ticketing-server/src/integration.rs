//! What other systems read, whether they ask for it or are told: the shapes of the integration dialect.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use ticketing_core::{Status, TicketId, TicketLabel, TimeDelta, Timestamp, integration, ticket::ActorId};

use crate::{IntegrationTicket, store::Named};

/// A ticket in JSON. Source: the integration contract; `label` and `tags` are beyond it.
pub(crate) fn view(ticket: &IntegrationTicket) -> impl Serialize + use<'_> {
    Ticket::from(ticket)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ticket<'t> {
    id: TicketId,
    label: TicketLabel,
    #[serde(rename = "type")]
    kind: &'static str,
    origin: &'static str,
    origin_email_account: Option<&'t str>,
    subject: &'t str,
    cc: &'t [String],
    clients: Vec<String>,
    owner_id: Option<ActorId>,
    owner_team: Option<Reference<'t>>,
    category: Option<Reference<'t>>,
    urgency: Option<Reference<'t>>,
    service: Option<Reference<'t>>,
    status: StatusReference,
    justification: Option<Reference<'t>>,
    tags: Vec<Reference<'t>>,
    resolved_at: Option<Instant>,
    reopened_at: Option<Instant>,
    closed_at: Option<Instant>,
    created_at: Instant,
    created_by_id: Option<&'t str>,
    updated_at: Option<Instant>,
    solution_time: Option<i64>,
    response_time: Option<i64>,
    solution_at: Option<Instant>,
    response_at: Option<Instant>,
    real_response_at: Option<Instant>,
    solution_date_is_paused: bool,
    solution_changed_by_user: bool,
    solution_changed_by_id: Option<&'t str>,
    agreement: Option<Agreement<'t>>,
}

/// As this dialect writes instants.
struct Instant(Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// What has an id.
#[derive(Serialize)]
pub(crate) struct Reference<'n> {
    id: u32,
    name: Cow<'n, str>,
}

impl<'n> From<&'n Named> for Reference<'n> {
    fn from(named: &'n Named) -> Self {
        Self { id: named.id, name: Cow::Borrowed(&named.name) }
    }
}

impl From<Named> for Reference<'_> {
    fn from(Named { id, name }: Named) -> Self {
        Self { id, name: Cow::Owned(name) }
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
struct Agreement<'t> {
    id: u32,
    name: &'t str,
    rule: &'t str,
}

impl<'t> From<&'t IntegrationTicket> for Ticket<'t> {
    fn from(shown: &'t IntegrationTicket) -> Self {
        let (ticket, intake, references) = (&shown.stored.ticket, &shown.stored.intake, &shown.references);
        let reference = |named: &'t Option<Named>| named.as_ref().map(Reference::from);
        let instant = |at: Option<Timestamp>| at.map(Instant);
        let by_hand = ticket.sla.due_by_hand.is_some();
        Self {
            id: ticket.id,
            label: shown.stored.label,
            kind: ticket.attributes.visibility.name(),
            origin: ticket.origin.name(),
            // Nothing reads a mailbox.
            origin_email_account: None,
            subject: intake.subject.as_deref().unwrap_or(integration::NO_SUBJECT),
            cc: &intake.cc,
            clients: intake.clients(),
            owner_team: ticket.assignee.is_none().then(|| Reference::from(&references.team)),
            owner_id: ticket.assignee,
            category: reference(&references.category),
            urgency: reference(&references.urgency),
            service: reference(&references.service),
            status: ticket.status.into(),
            justification: reference(&references.justification),
            tags: references.tags.iter().map(Reference::from).collect(),
            resolved_at: instant(ticket.resolved_at),
            reopened_at: instant(ticket.reopened_at),
            closed_at: instant(ticket.closed_at),
            created_at: Instant(ticket.created_at),
            created_by_id: intake.created_by.as_deref(),
            updated_at: Some(Instant(ticket.updated_at)),
            solution_time: minutes(shown.solution_time),
            response_time: minutes(shown.response_time),
            solution_at: instant(shown.solution_at),
            response_at: instant(shown.response_at),
            real_response_at: instant(ticket.first_responded_at()),
            solution_date_is_paused: shown.solution_is_paused,
            solution_changed_by_user: by_hand,
            solution_changed_by_id: intake.due_by.as_deref().filter(|_| by_hand),
            agreement: shown.agreement.as_ref().map(|(id, name, rule)| Agreement { id: *id, name, rule }),
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
