use serde::Serialize;
use ticketing_core::{
    Rules, Seconds, Timestamp,
    ticket::{REDACTED, Requester},
};

use super::{clock::Clock, create::Hours, history};
use crate::{
    DeskTicket, Engine,
    http::{ApiError, Call, Response, etag, json, with_etag},
    store::Store,
};

/// `GET /api/tickets/{uuid}`: a ticket in full, with its history, for the desk. Source: the Mesa de Ayuda contract.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    let id = call.ticket_id()?;

    let ticket = call.engine().desk_ticket(id, &actor).await?;
    let rules = call.engine().rules();
    with_etag(json(&Detail::new(call.engine(), &rules, &ticket))?, &etag(ticket.record.ticket.revision))
}

/// A ticket in full, as it goes over the wire and is printed.
#[derive(Serialize)]
pub(crate) struct Detail<'a> {
    pub(crate) ticket: Ticket<'a>,
    pub(crate) historial: Vec<history::Entry>,
}

impl<'a> Detail<'a> {
    pub(crate) fn new<S: Store>(engine: &Engine<S>, rules: &'a Rules, shown: &'a DeskTicket) -> Self {
        let record = &shown.record;
        let historial = history::entries(engine, rules, record.intake.requester_name(), &record.history);
        Self { ticket: Ticket::new(engine, rules, shown), historial }
    }
}

/// Of somebody who was erased, what says so.
fn name_of<'a>(ticket: &ticketing_core::Ticket, requester: Option<&'a Requester>) -> &'a str {
    if ticket.is_erased() { REDACTED } else { requester.map_or("", |requester| &requester.name) }
}

#[expect(clippy::struct_field_names, reason = "the contract's names")]
#[derive(Serialize)]
pub(crate) struct Ticket<'a> {
    uuid: String,
    ticket_label: String,
    ticket_num: u32,
    tipo_solicitud: Option<&'a str>,
    solicitante_nombre: &'a str,
    solicitante_email: &'a str,
    solicitante_tel: Option<&'a str>,
    tiene_whatsapp: bool,
    documento: Option<&'a str>,
    empresa_departamento: Option<&'a str>,
    categoria: Option<&'a str>,
    subcategoria: Option<&'a str>,
    asunto: Option<&'a str>,
    descripcion_problema: Option<&'a str>,
    respuesta_cliente: Option<&'a str>,
    area_asignada: &'a str,
    prioridad: Option<&'a str>,
    estado: &'static str,
    sla_horas: Option<Hours>,
    fecha_limite_sla: Option<Seconds>,
    horas_restantes_sla: Option<f64>,
    sla_vencido: bool,
    agente_id: Option<String>,
    agente_nombre: Option<String>,
    ip_registro: Option<String>,
    creado_en: Seconds,
    actualizado_en: Seconds,
    resuelto_en: Option<Seconds>,
    cerrado_en: Option<Seconds>,
    archivado_en: Option<Seconds>,
}

impl<'a> Ticket<'a> {
    fn new<S: Store>(engine: &Engine<S>, rules: &'a Rules, shown: &'a DeskTicket) -> Self {
        let record = &shown.record;
        let (ticket, intake) = (&record.ticket, &record.intake);
        let requester = intake.requester.as_ref();
        let reply = ticket.reply.and_then(|seq| record.history.iter().find(|new| new.event.seq == seq));
        let clock = Clock::from(shown.clock);
        Self {
            uuid: ticket.id.to_string(),
            ticket_label: record.label.to_string(),
            ticket_num: record.label.number(),
            tipo_solicitud: ticket.attributes.ticket_type.as_deref(),
            solicitante_nombre: name_of(ticket, requester),
            solicitante_email: requester.map_or("", |requester| requester.email.as_str()),
            solicitante_tel: requester.and_then(|requester| requester.phone.as_deref()),
            tiene_whatsapp: requester.is_some_and(|requester| requester.has_whatsapp),
            documento: requester.and_then(|requester| requester.document.as_deref()),
            empresa_departamento: requester.and_then(|requester| requester.company.as_deref()),
            categoria: ticket.attributes.category.as_deref(),
            subcategoria: ticket.attributes.subcategory.as_deref(),
            asunto: intake.subject.as_deref(),
            descripcion_problema: intake.description.as_deref(),
            respuesta_cliente: reply.and_then(|new| new.text.as_deref()),
            area_asignada: rules.desk_area(&ticket.attributes.area),
            prioridad: ticket.attributes.priority.as_deref(),
            estado: ticket.status.name(),
            sla_horas: clock.hours,
            fecha_limite_sla: clock.due,
            horas_restantes_sla: clock.hours_left,
            sla_vencido: clock.is_overdue,
            agente_id: ticket.assignee.map(|id| id.0.to_string()),
            agente_nombre: ticket.assignee.and_then(|id| engine.user_name(id)),
            ip_registro: record.address.map(|address| address.to_string()),
            creado_en: ticket.created_at.seconds(),
            actualizado_en: ticket.updated_at.seconds(),
            resuelto_en: ticket.resolved_at.map(Timestamp::seconds),
            cerrado_en: ticket.closed_at.map(Timestamp::seconds),
            archivado_en: ticket.archived_at.map(Timestamp::seconds),
        }
    }
}
