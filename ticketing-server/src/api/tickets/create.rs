use serde::Serialize;
use ticketing_core::{Actor, Draft, TimeDelta, Timestamp, ticket::Origin};
use uuid::Uuid;

use crate::{
    CreateRequest, CreatedTicket, IdempotencyKey,
    http::{ApiError, Call, Object, Response},
    store::Store,
};

/// `POST /api/tickets/crear`: stores a ticket and tells its label and deadline. Source: the seed.
pub(crate) async fn create<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let body = call.json_body().await?;
    let key = call.idempotency_key(&body)?;
    let created = create_from(&mut call, &body, key).await?;
    answer(&created)
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
        (Err(violations), Some(key)) => return Ok(Box::pin(call.engine().repeated(key)).await?.ok_or(violations)?),
        (Err(violations), None) => return Err(violations.into()),
    };
    if let Some(requester) = &ticket.intake().requester {
        call.limit_email(requester.email.as_str())?;
    }

    let (origin, address) = (Origin::of(&actor), call.client());
    // Boxed, it is not moved whole by each that waits for it.
    let created = Box::pin(call.engine().create(CreateRequest { ticket, actor, origin, address, key })).await?;
    if !created.repeated {
        call.state().metrics.tickets_created.inc();
        tracing::debug!(ticket.label = %created.label, "a ticket was created");
    }
    Ok(created)
}

/// The seed's nine fields, in its order.
fn answer(created: &CreatedTicket) -> Result<Response, ApiError> {
    let mut answer = Object::new();
    answer
        .text("ticketUuid", created.id.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))?
        .text("ticketLabel", created.label.write_text(&mut [0; 26]))?
        .text("estado", created.status.name())?
        .optional("tipo", created.attributes.ticket_type.as_deref())?
        .optional("prioridad", created.attributes.priority.as_deref())?
        .value("slaHoras", &created.granted.map(Hours::from))?
        .value("fechaCreacion", &created.created_at.seconds())?
        .value("fechaLimiteSla", &created.due_at.map(Timestamp::seconds))?
        .text("mensaje", "Su solicitud ha sido registrada exitosamente.")?;
    Ok(answer.answer())
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
