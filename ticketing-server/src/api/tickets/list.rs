use hyper::header::{HeaderName, HeaderValue, LINK};
use serde::Serialize;
use ticketing_core::{
    Rules, Seconds, Status, TicketLabel, Timestamp,
    sla::{ClockState, TargetKind},
    ticket::REDACTED,
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
    page(call, DashboardRow::new).await
}

/// `GET /api/tickets/dashboard-metricas`: the newest tickets with what they are counted by. Source: the Mesa de Ayuda contract.
pub(crate) async fn metrics<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    page(call, MetricsRow::new).await
}

/// `GET /api/tickets/cola`: the newest tickets as a queue shows them: whose they are, and what their clocks do. Beyond the contract.
pub(crate) async fn queue<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let engine = call.engine().clone();
    page(call, move |ticket, clock, rules| QueueRow::new(&engine, ticket, clock, rules)).await
}

/// A bare array, as the client expects; what else there is to say stands in headers.
async fn page<S: Store, R: Serialize>(
    call: Call<S>,
    row: impl Fn(&ListedTicket, Option<DeskClock>, &Rules) -> R,
) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    let request = request(&call)?;

    let listing = match request {
        Some(request) => call.engine().list(&actor, request).await?,
        None => Listing { tickets: vec![], has_more: false, total: Some(0) },
    };
    let rules = call.engine().rules();
    let rows: Vec<_> = listing.tickets.iter().map(|(ticket, clock)| row(ticket, *clock, &rules)).collect();
    let mut response = json(&rows)?;
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
struct DashboardRow {
    ticket_uuid: String,
    label: String,
    categoria: Option<String>,
    correo: String,
    estado_code: &'static str,
    prioridad_nom: Option<String>,
    area_asignada: String,
    actualizado_en: Seconds,
    sla_horas: Option<Hours>,
    horas_restantes: Option<f64>,
    vencido: bool,
}

impl DashboardRow {
    fn new(ticket: &ListedTicket, clock: Option<DeskClock>, rules: &Rules) -> Self {
        let clock = Clock::from(clock);
        Self {
            ticket_uuid: ticket.id.to_string(),
            label: ticket.label.to_string(),
            categoria: ticket.attributes.category.clone(),
            correo: ticket.requester_email.clone().unwrap_or_default(),
            // The client's filter compares these letter by letter.
            estado_code: match ticket.status {
                _ if ticket.is_archived => ARCHIVED,
                Status::Open => "PENDIENTE",
                status => status.name(),
            },
            prioridad_nom: ticket.attributes.priority.clone(),
            area_asignada: rules.desk_area(&ticket.attributes.area).to_owned(),
            actualizado_en: ticket.updated_at.seconds(),
            sla_horas: clock.hours,
            horas_restantes: clock.hours_left,
            vencido: clock.is_overdue,
        }
    }
}

#[derive(Serialize)]
struct MetricsRow {
    uuid: String,
    ticket_label: String,
    solicitante_nombre: String,
    solicitante_email: String,
    tipo_solicitud: Option<String>,
    categoria: Option<String>,
    subcategoria: Option<String>,
    asunto: Option<String>,
    area_asignada: String,
    prioridad: Option<String>,
    sla_horas: Option<Hours>,
    estado: &'static str,
    creado_en: Seconds,
    actualizado_en: Seconds,
    fecha_limite_sla: Option<Seconds>,
    horas_restantes_sla: Option<f64>,
    sla_vencido: bool,
}

impl MetricsRow {
    fn new(ticket: &ListedTicket, clock: Option<DeskClock>, rules: &Rules) -> Self {
        let clock = Clock::from(clock);
        let attributes = &ticket.attributes;
        // The client counts priorities by name.
        let priority = |priority: &str| rules.known_priority(priority).unwrap_or(priority).to_owned();
        Self {
            uuid: ticket.id.to_string(),
            ticket_label: ticket.label.to_string(),
            // Of somebody who was erased, what says so.
            solicitante_nombre: if ticket.is_erased {
                REDACTED.to_owned()
            } else {
                ticket.requester_name.clone().unwrap_or_default()
            },
            solicitante_email: ticket.requester_email.clone().unwrap_or_default(),
            tipo_solicitud: attributes.ticket_type.clone(),
            categoria: attributes.category.clone(),
            subcategoria: attributes.subcategory.clone(),
            asunto: ticket.subject.clone(),
            area_asignada: rules.desk_area(&attributes.area).to_owned(),
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
struct QueueRow {
    uuid: String,
    label: String,
    asunto: Option<String>,
    solicitante: Option<String>,
    tipo: Option<String>,
    categoria: Option<String>,
    area: String,
    prioridad: Option<String>,
    /// By canonical name, where the rules know it.
    prioridad_nom: Option<String>,
    estado: &'static str,
    archivado: bool,
    agente_id: Option<String>,
    agente_nombre: Option<String>,
    creado_en: Seconds,
    actualizado_en: Seconds,
    vence: Option<Seconds>,
    concedido_ms: Option<i64>,
    restante_ms: Option<i64>,
    vencido: bool,
    /// The clock runs: what remains becomes less in its calendar.
    corre: bool,
    calendario: Option<String>,
}

impl QueueRow {
    fn new<S: Store>(engine: &Engine<S>, ticket: &ListedTicket, clock: Option<DeskClock>, rules: &Rules) -> Self {
        let attributes = &ticket.attributes;
        let agreement = ticket.sla.agreement.as_ref();
        let promise = agreement.and_then(|agreement| agreement.promises.get(TargetKind::Resolution).as_ref());
        let pauses = promise.is_some_and(|promise| promise.pauses.contains(&ticket.status));
        let known = |priority: &str| rules.known_priority(priority).map(str::to_owned);
        Self {
            uuid: ticket.id.to_string(),
            label: ticket.label.to_string(),
            asunto: ticket.subject.clone(),
            solicitante: ticket.requester_name.clone(),
            tipo: attributes.ticket_type.clone(),
            categoria: attributes.category.clone(),
            area: rules.desk_area(&attributes.area).to_owned(),
            prioridad: attributes.priority.clone(),
            prioridad_nom: attributes.priority.as_deref().and_then(known),
            estado: ticket.status.name(),
            archivado: ticket.is_archived,
            agente_id: ticket.assignee.map(|id| id.0.to_string()),
            agente_nombre: ticket.assignee.and_then(|id| engine.user_name(id)),
            creado_en: ticket.created_at.seconds(),
            actualizado_en: ticket.updated_at.seconds(),
            vence: clock.and_then(|clock| clock.reading.due).map(Timestamp::seconds),
            concedido_ms: clock.and_then(|clock| clock.granted).map(|granted| granted.num_milliseconds()),
            restante_ms: clock.map(|clock| clock.reading.remaining.num_milliseconds()),
            vencido: clock.is_some_and(|clock| clock.reading.state == ClockState::Breached),
            corre: clock.is_some() && ticket.status.is_open() && !pauses,
            calendario: promise.and_then(|promise| promise.calendar.as_ref()).map(|calendar| calendar.name.clone()),
        }
    }
}
