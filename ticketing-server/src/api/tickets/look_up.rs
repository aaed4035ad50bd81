use serde::Serialize;
use ticketing_core::{LookUp, Seconds, Status, Timestamp};

use super::create::Hours;
use crate::{
    PublicTicket,
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `POST /api/tickets/consultar`: a ticket's state for whoever knows its label and e-mail address. Source: the seed and the
/// Mesa de Ayuda contract.
pub(crate) async fn look_up<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let look_up = LookUp::from_json(&call.json_body().await?)?;
    call.limit_email(&look_up.email)?;

    let ticket = call.engine().look_up(&look_up).await?;
    json(&Answer::from(&ticket))
}

/// The seed's 25 fields in its order, then the SLA's and what the last event changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    ticket_uuid: String,
    ticket_label: String,
    ticket_num: u32,
    solicitante_nombre: Option<&'a str>,
    solicitante_email: Option<&'a str>,
    solicitante_tel: Option<&'a str>,
    tiene_whatsapp: bool,
    documento: Option<&'a str>,
    empresa_departamento: Option<&'a str>,
    tipo_solicitud: Option<&'a str>,
    categoria: Option<&'a str>,
    subcategoria: Option<&'a str>,
    asunto: Option<&'a str>,
    descripcion_problema: Option<&'a str>,
    respuesta_cliente: Option<&'a str>,
    area_asignada: &'a str,
    prioridad_nombre: Option<&'a str>,
    estado_nombre: &'static str,
    creado_en: Seconds,
    actualizado_en: Seconds,
    ultima_fecha_historial: Seconds,
    ultima_accion: &'static str,
    ultimo_motivo: Option<&'a str>,
    ultimo_actor_nombre: Option<&'a str>,
    ultimo_actor_rol: &'static str,
    sla_horas: Option<Hours>,
    fecha_limite_sla: Option<Seconds>,
    estado_antes: Option<&'static str>,
    estado_despues: Option<&'static str>,
    prioridad_antes: Option<&'a str>,
    prioridad_despues: Option<&'a str>,
    area_antes: Option<&'a str>,
    area_despues: Option<&'a str>,
}

impl<'a> From<&'a PublicTicket> for Answer<'a> {
    fn from(public: &'a PublicTicket) -> Self {
        let record = &public.record;
        let (intake, last) = (&record.intake, &record.last);
        let requester = intake.requester.as_ref();
        Self {
            ticket_uuid: record.id.to_string(),
            ticket_label: record.label.to_string(),
            ticket_num: record.label.number(),
            solicitante_nombre: intake.requester_name(),
            solicitante_email: requester.map(|requester| requester.email.as_str()),
            solicitante_tel: requester.and_then(|requester| requester.phone.as_deref()),
            tiene_whatsapp: requester.is_some_and(|requester| requester.has_whatsapp),
            documento: requester.and_then(|requester| requester.document.as_deref()),
            empresa_departamento: requester.and_then(|requester| requester.company.as_deref()),
            tipo_solicitud: record.attributes.ticket_type.as_deref(),
            categoria: record.attributes.category.as_deref(),
            subcategoria: record.attributes.subcategory.as_deref(),
            asunto: intake.subject.as_deref(),
            descripcion_problema: intake.public_description(),
            respuesta_cliente: record.reply.as_deref(),
            area_asignada: &record.attributes.area,
            prioridad_nombre: record.attributes.priority.as_deref(),
            estado_nombre: record.status.name(),
            creado_en: record.created_at.seconds(),
            actualizado_en: last.recorded_at.seconds(),
            ultima_fecha_historial: last.recorded_at.seconds(),
            ultima_accion: last.action.name(),
            ultimo_motivo: record.last_text.as_deref(),
            ultimo_actor_nombre: public.last_author_name.as_deref(),
            ultimo_actor_rol: last.author.role.name(),
            sla_horas: public.granted.map(Hours::from),
            fecha_limite_sla: public.due_at.map(Timestamp::seconds),
            estado_antes: last.status.before.map(Status::name),
            estado_despues: last.status.after.map(Status::name),
            prioridad_antes: last.priority.before.as_deref(),
            prioridad_despues: last.priority.after.as_deref(),
            area_antes: last.area.before.as_deref(),
            area_despues: last.area.after.as_deref(),
        }
    }
}
