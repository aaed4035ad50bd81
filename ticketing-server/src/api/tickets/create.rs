use serde::Serialize;
use ticketing_core::{Actor, Draft, Seconds, TimeDelta, ticket::Origin};

use crate::{
    CreateRequest, CreatedTicket, IdempotencyKey,
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `POST /api/tickets/crear`: stores a ticket and tells its label and deadline. Source: the seed.
pub(crate) async fn create<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let body = call.json_body().await?;
    let key = call.idempotency_key(&body)?;
    let created = create_from(&mut call, &body, key).await?;
    json(&Answer::from(&created))
}

/// The ticket of a form in JSON, whether a program or a page sent it.
pub(crate) async fn create_from<S: Store>(
    call: &mut Call<S>,
    form: &[u8],
    key: Option<IdempotencyKey>,
) -> Result<CreatedTicket, ApiError> {
    // Whoever is logged in creates it as who they are.
    let actor = call.user().await?.map_or(Actor::Requester, |user| user.actor());
    let key = key.map(|key| key.of(actor.author().id));
    let ticket = match (Draft::from_json(form)?.validate(&call.engine().rules()), &key) {
        (Ok(ticket), _) => ticket,
        // The client does not know whether its first request was done: only the answer to that one tells it.
        (Err(violations), Some(key)) => return Ok(call.engine().repeated(key).await?.ok_or(violations)?),
        (Err(violations), None) => return Err(violations.into()),
    };
    if let Some(requester) = &ticket.intake().requester {
        call.limit_email(requester.email.as_str())?;
    }

    let (origin, address) = (Origin::of(&actor), call.client());
    let created = call.engine().create(CreateRequest { ticket, actor, origin, address, key }).await?;
    if !created.repeated {
        call.state().metrics.tickets_created.inc();
        tracing::debug!(ticket.label = %created.label, "a ticket was created");
    }
    Ok(created)
}

/// The seed's nine fields, in its order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    ticket_uuid: String,
    ticket_label: String,
    estado: &'static str,
    tipo: Option<&'a str>,
    prioridad: Option<&'a str>,
    sla_horas: Option<Hours>,
    fecha_creacion: Seconds,
    fecha_limite_sla: Option<Seconds>,
    mensaje: &'static str,
}

impl<'a> From<&'a CreatedTicket> for Answer<'a> {
    fn from(created: &'a CreatedTicket) -> Self {
        Self {
            ticket_uuid: created.id.to_string(),
            ticket_label: created.label.to_string(),
            estado: created.status.name(),
            tipo: created.attributes.ticket_type.as_deref(),
            prioridad: created.attributes.priority.as_deref(),
            sla_horas: created.granted.map(Hours::from),
            fecha_creacion: created.created_at.seconds(),
            fecha_limite_sla: created.due_at.map(ticketing_core::Timestamp::seconds),
            mensaje: "Su solicitud ha sido registrada exitosamente.",
        }
    }
}

/// Granted working time in hours: an integer when they are whole.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Hours {
    Whole(i64),
    Fraction(f64),
}

impl From<TimeDelta> for Hours {
    fn from(granted: TimeDelta) -> Self {
        let hours = granted.num_hours();
        if TimeDelta::hours(hours) == granted {
            return Self::Whole(hours);
        }
        #[expect(clippy::cast_precision_loss, reason = "thousands of years of milliseconds are exact")]
        let millis = granted.num_milliseconds() as f64;
        Self::Fraction(millis / 3_600_000.0)
    }
}
