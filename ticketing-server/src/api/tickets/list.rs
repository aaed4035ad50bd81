use hyper::header::{HeaderName, HeaderValue, LINK};
use serde::Serialize;
use ticketing_core::{
    Rules, Seconds, Status, TicketId, TicketLabel, Timestamp,
    sla::{ClockState, TargetKind},
    ticket::{ActorId, REDACTED},
};

use super::{clock::Clock, create::Hours};
use crate::{
    DeskClock, Engine, ListRequest, Listing,
    http::{ApiError, Call, Response, json},
    store::{ListedTicket, Store},
};

/// Most tickets on a page, and as many as a client gets that does not say.
const PAGE_MAX: u32 = 1_000;
/// Most characters of what is searched for.
const SEARCH_CHARS_MAX: usize = 200;

/// `GET /api/tickets/dashboard`: the newest tickets. Source: the Mesa de Ayuda contract.
pub(crate) async fn dashboard<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    page(call, |listing, rules| rows(listing, |ticket, clock| DashboardRow::new(ticket, clock, rules))).await
}

/// `GET /api/tickets/dashboard-metricas`: the newest tickets with what they are counted by. Source: the Mesa de Ayuda contract.
pub(crate) async fn metrics<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    page(call, |listing, rules| rows(listing, |ticket, clock| MetricsRow::new(ticket, clock, rules))).await
}

/// `GET /api/tickets/cola`: the newest tickets as a queue shows them: whose they are, and what their clocks do. Beyond the contract.
pub(crate) async fn queue<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let engine = call.engine().clone();
    page(call, move |listing, rules| rows(listing, |ticket, clock| QueueRow::new(&engine, ticket, clock, rules))).await
}

/// A bare array, as the client expects; what else there is to say stands in headers.
async fn page<S: Store>(
    call: Call<S>,
    answer: impl FnOnce(&Listing, &Rules) -> Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    let request = request(&call)?;

    let listing = match request {
        Some(request) => call.engine().list(&actor, request).await?,
        None => Listing { tickets: vec![], has_more: false, total: Some(0) },
    };
    let rules = call.engine().rules();
    let mut response = answer(&listing, &rules)?;
    if let (true, Some((last, _))) = (listing.has_more, listing.tickets.last()) {
        let next = format!("<{}>; rel=\"next\"", call.uri_with("cursor", &last.label.to_string()));
        let next = HeaderValue::try_from(next).map_err(|error| ApiError::Internal(error.into()))?;
        response.headers_mut().insert(LINK, next);
    }
    if let Some(total) = listing.total {
        response.headers_mut().insert(HeaderName::from_static("x-total"), total.into());
    }
    Ok(response)
}

fn rows<'l, R: Serialize>(
    listing: &'l Listing,
    row: impl Fn(&'l ListedTicket, Option<DeskClock>) -> R,
) -> Result<Response, ApiError> {
    json(&listing.tickets.iter().map(|(ticket, clock)| row(ticket, *clock)).collect::<Vec<_>>())
}

/// What is asked for; `None` where nothing can be all of it.
fn request<S: Store>(call: &Call<S>) -> Result<Option<ListRequest>, ApiError> {
    let given = |name: &str| call.query(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let invalid = |name, wanted| ApiError::InvalidParameter { name, wanted };

    let limit = given("limite").map_or(Ok(PAGE_MAX), |limit| {
        limit.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit)).ok_or_else(|| {
            invalid("limite", ["un número de 1 a 1000", "a number from 1 to 1000", "um número de 1 a 1000"])
        })
    })?;
    let before = given("cursor").map(|cursor| {
        cursor.parse::<TicketLabel>().map_err(|_| {
            invalid(
                "cursor",
                [
                    "use el enlace “next” de la página anterior",
                    "use the “next” link of the page before",
                    "use o link “next” da página anterior",
                ],
            )
        })
    });
    let mut is_archived = match given("archivados").as_deref() {
        None | Some("si") => None,
        Some("no") => Some(false),
        Some("solo") => Some(true),
        Some(_) => return Err(invalid("archivados", ["si, no o solo", "si, no or solo", "si, no ou solo"])),
    };
    let (mut status, mut is_nothing) = (None, false);
    if let Some(text) = given("estado") {
        // As the list itself calls what is archived.
        if text.eq_ignore_ascii_case(ARCHIVED) {
            is_nothing = is_archived == Some(false);
            is_archived = Some(true);
        } else {
            status = Some(Status::from_input(&text).ok_or_else(|| invalid("estado", [STATUSES; 3]))?);
        }
    }
    let text = given("q");
    if text.as_ref().is_some_and(|text| text.chars().count() > SEARCH_CHARS_MAX) {
        return Err(invalid("q", ["hasta 200 caracteres", "up to 200 characters", "até 200 caracteres"]));
    }
    let before = before.transpose()?;
    let (area, priority) = (given("area"), given("prioridad"));
    Ok((!is_nothing).then_some(ListRequest { area, status, priority, is_archived, text, before, limit }))
}

const ARCHIVED: &str = "ARCHIVADO";
const STATUSES: &str = "ABIERTO, EN_PROCESO, PAUSADO, RESUELTO, CERRADO, CANCELADO, ARCHIVADO";

#[derive(Serialize)]
struct DashboardRow<'l> {
    ticket_uuid: TicketId,
    label: TicketLabel,
    categoria: Option<&'l str>,
    correo: &'l str,
    estado_code: &'static str,
    prioridad_nom: Option<&'l str>,
    area_asignada: &'l str,
    actualizado_en: Seconds,
    sla_horas: Option<Hours>,
    horas_restantes: Option<f64>,
    vencido: bool,
}

impl<'l> DashboardRow<'l> {
    fn new(ticket: &'l ListedTicket, clock: Option<DeskClock>, rules: &'l Rules) -> Self {
        let clock = Clock::from(clock);
        Self {
            ticket_uuid: ticket.id,
            label: ticket.label,
            categoria: ticket.attributes.category.as_deref(),
            correo: ticket.requester_email.as_deref().unwrap_or_default(),
            // The client's filter compares these letter by letter.
            estado_code: match ticket.status {
                _ if ticket.is_archived => ARCHIVED,
                Status::Open => "PENDIENTE",
                status => status.name(),
            },
            prioridad_nom: ticket.attributes.priority.as_deref(),
            area_asignada: rules.desk_area(&ticket.attributes.area),
            actualizado_en: ticket.updated_at.seconds(),
            sla_horas: clock.hours,
            horas_restantes: clock.hours_left,
            vencido: clock.is_overdue,
        }
    }
}

#[derive(Serialize)]
struct MetricsRow<'l> {
    uuid: TicketId,
    ticket_label: TicketLabel,
    solicitante_nombre: &'l str,
    solicitante_email: &'l str,
    tipo_solicitud: Option<&'l str>,
    categoria: Option<&'l str>,
    subcategoria: Option<&'l str>,
    asunto: Option<&'l str>,
    area_asignada: &'l str,
    prioridad: Option<&'l str>,
    sla_horas: Option<Hours>,
    estado: &'static str,
    creado_en: Seconds,
    actualizado_en: Seconds,
    fecha_limite_sla: Option<Seconds>,
    horas_restantes_sla: Option<f64>,
    sla_vencido: bool,
}

impl<'l> MetricsRow<'l> {
    fn new(ticket: &'l ListedTicket, clock: Option<DeskClock>, rules: &'l Rules) -> Self {
        let clock = Clock::from(clock);
        let attributes = &ticket.attributes;
        // The client counts priorities by name.
        let priority = |priority: &'l str| rules.known_priority(priority).unwrap_or(priority);
        Self {
            uuid: ticket.id,
            ticket_label: ticket.label,
            // Of somebody who was erased, what says so.
            solicitante_nombre: if ticket.is_erased {
                REDACTED
            } else {
                ticket.requester_name.as_deref().unwrap_or_default()
            },
            solicitante_email: ticket.requester_email.as_deref().unwrap_or_default(),
            tipo_solicitud: attributes.ticket_type.as_deref(),
            categoria: attributes.category.as_deref(),
            subcategoria: attributes.subcategory.as_deref(),
            asunto: ticket.subject.as_deref(),
            area_asignada: rules.desk_area(&attributes.area),
            prioridad: attributes.priority.as_deref().map(priority),
            sla_horas: clock.hours,
            estado: ticket.status.name(),
            creado_en: ticket.created_at.seconds(),
            actualizado_en: ticket.updated_at.seconds(),
            fecha_limite_sla: clock.due,
            horas_restantes_sla: clock.hours_left,
            sla_vencido: clock.is_overdue,
        }
    }
}

#[derive(Serialize)]
struct QueueRow<'l> {
    uuid: TicketId,
    label: TicketLabel,
    asunto: Option<&'l str>,
    solicitante: Option<&'l str>,
    tipo: Option<&'l str>,
    categoria: Option<&'l str>,
    area: &'l str,
    prioridad: Option<&'l str>,
    /// By canonical name, where the rules know it.
    prioridad_nom: Option<&'l str>,
    estado: &'static str,
    archivado: bool,
    agente_id: Option<ActorId>,
    agente_nombre: Option<String>,
    creado_en: Seconds,
    actualizado_en: Seconds,
    vence: Option<Seconds>,
    concedido_ms: Option<i64>,
    restante_ms: Option<i64>,
    vencido: bool,
    /// The clock runs: what remains becomes less in its calendar.
    corre: bool,
    calendario: Option<&'l str>,
}

impl<'l> QueueRow<'l> {
    fn new<S: Store>(engine: &Engine<S>, ticket: &'l ListedTicket, clock: Option<DeskClock>, rules: &'l Rules) -> Self {
        let attributes = &ticket.attributes;
        let agreement = ticket.sla.agreement.as_ref();
        let promise = agreement.and_then(|agreement| agreement.promises.get(TargetKind::Resolution).as_ref());
        let pauses = promise.is_some_and(|promise| promise.pauses.contains(&ticket.status));
        let known = |priority: &'l str| rules.known_priority(priority);
        Self {
            uuid: ticket.id,
            label: ticket.label,
            asunto: ticket.subject.as_deref(),
            solicitante: ticket.requester_name.as_deref(),
            tipo: attributes.ticket_type.as_deref(),
            categoria: attributes.category.as_deref(),
            area: rules.desk_area(&attributes.area),
            prioridad: attributes.priority.as_deref(),
            prioridad_nom: attributes.priority.as_deref().and_then(known),
            estado: ticket.status.name(),
            archivado: ticket.is_archived,
            agente_id: ticket.assignee,
            agente_nombre: ticket.assignee.and_then(|id| engine.user_name(id)),
            creado_en: ticket.created_at.seconds(),
            actualizado_en: ticket.updated_at.seconds(),
            vence: clock.and_then(|clock| clock.reading.due).map(Timestamp::seconds),
            concedido_ms: clock.and_then(|clock| clock.granted).map(|granted| granted.num_milliseconds()),
            restante_ms: clock.map(|clock| clock.reading.remaining.num_milliseconds()),
            vencido: clock.is_some_and(|clock| clock.reading.state == ClockState::Breached),
            corre: clock.is_some() && ticket.status.is_open() && !pauses,
            calendario: promise.and_then(|promise| promise.calendar.as_ref()).map(|calendar| calendar.name.as_str()),
        }
    }
}
