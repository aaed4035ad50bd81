use ticketing_core::{LookUp, Status, Timestamp};
use uuid::Uuid;

use super::create::Hours;
use crate::{
    PublicTicket,
    http::{ApiError, Call, Object, Response},
    store::Store,
};

/// `POST /api/tickets/consultar`: a ticket's state for whoever knows its label and e-mail address. Source: the seed and the
/// Mesa de Ayuda contract.
pub(crate) async fn look_up<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let look_up = LookUp::from_json(&call.json_body().await?)?;
    call.limit_email(&look_up.email)?;

    let ticket = call.engine().look_up(&look_up).await?;
    answer(&ticket)
}

/// The seed's 25 fields in its order, then the SLA's and what the last event changed.
fn answer(public: &PublicTicket) -> Result<Response, ApiError> {
    let record = &public.record;
    let (intake, attributes, last) = (&record.intake, &record.attributes, &record.last);
    let requester = intake.requester.as_ref();
    let last_at = last.recorded_at.seconds();

    let mut answer = Object::new();
    answer
        .text("ticketUuid", record.id.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))?
        .text("ticketLabel", record.label.write_text(&mut [0; 26]))?
        .value("ticketNum", &record.label.number())?
        .optional("solicitanteNombre", intake.requester_name())?
        .optional("solicitanteEmail", requester.map(|requester| requester.email.as_str()))?
        .optional("solicitanteTel", requester.and_then(|requester| requester.phone.as_deref()))?
        .value("tieneWhatsapp", &requester.is_some_and(|requester| requester.has_whatsapp))?
        .optional("documento", requester.and_then(|requester| requester.document.as_deref()))?
        .optional("empresaDepartamento", requester.and_then(|requester| requester.company.as_deref()))?
        .optional("tipoSolicitud", attributes.ticket_type.as_deref())?
        .optional("categoria", attributes.category.as_deref())?
        .optional("subcategoria", attributes.subcategory.as_deref())?
        .optional("asunto", intake.subject.as_deref())?
        .optional("descripcionProblema", intake.description.as_deref())?
        .optional("respuestaCliente", record.reply.as_deref())?
        .text("areaAsignada", &attributes.area)?
        .optional("prioridadNombre", attributes.priority.as_deref())?
        .text("estadoNombre", record.status.name())?
        .value("creadoEn", &record.created_at.seconds())?
        .value("actualizadoEn", &last_at)?
        .value("ultimaFechaHistorial", &last_at)?
        .text("ultimaAccion", last.action.name())?
        .optional("ultimoMotivo", record.last_text.as_deref())?
        .optional("ultimoActorNombre", public.last_author_name.as_deref())?
        .text("ultimoActorRol", last.author.role.name())?
        .value("slaHoras", &public.granted.map(Hours::from))?
        .value("fechaLimiteSla", &public.due_at.map(Timestamp::seconds))?
        .optional("estadoAntes", last.status.before.map(Status::name))?
        .optional("estadoDespues", last.status.after.map(Status::name))?
        .optional("prioridadAntes", last.priority.before.as_deref())?
        .optional("prioridadDespues", last.priority.after.as_deref())?
        .optional("areaAntes", last.area.before.as_deref())?
        .optional("areaDespues", last.area.after.as_deref())?;
    Ok(answer.answer())
}
