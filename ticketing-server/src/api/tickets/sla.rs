use serde::Serialize;
use ticketing_core::{
    RulesHash, Seconds, Status, TimeDelta, Timestamp,
    sla::{Account, Audience, ClockState, Interval, Reason, Share, Threshold},
    ticket::{ActorId, Event, Stay},
};

use crate::{
    DeskSla, Engine,
    http::{ApiError, Call, Response, json},
    store::Store,
};

/// `GET /api/tickets/{uuid}/sla`: what a ticket was promised, what has become of it, and why: every interval that counted or did
/// not, which sum to what has elapsed. For the desk.
pub(crate) async fn sla<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    let id = call.ticket_id()?;

    let sla = call.engine().desk_sla(id, &actor).await?;
    // Without a tag: it is another from one moment to the next.
    json(&Answer::new(call.engine(), &sla))
}

/// A ticket's service levels, as they go over the wire and are printed. Times are whole milliseconds.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    ticket_uuid: String,
    ticket_label: String,
    leido_en: Seconds,
    politica: Option<Policy<'a>>,
    objetivos: Vec<Target<'a>>,
    permanencia: Permanency<'a>,
    eventos: Vec<Noted>,
}

#[derive(Serialize)]
struct Policy<'a> {
    id: u32,
    nombre: Option<&'a str>,
    /// The version of the rules that it is of.
    reglas: RulesHash,
}

#[derive(Serialize)]
struct Target<'a> {
    objetivo: &'static str,
    ciclo: u32,
    estado: &'static str,
    tiempo: Option<String>,
    calendario: Option<Calendar<'a>>,
    pausa: Vec<&'static str>,
    fijado_a_mano: bool,
    inicio: Seconds,
    vence: Option<Seconds>,
    concedido_ms: Option<i64>,
    transcurrido_ms: i64,
    transcurrido_calendario_ms: i64,
    restante_ms: i64,
    umbrales: Vec<Moment>,
    intervalos: Vec<Counted>,
}

#[derive(Serialize)]
struct Calendar<'a> {
    nombre: &'a str,
    reglas: RulesHash,
}

#[derive(Serialize)]
struct Moment {
    porcentaje: u8,
    momento: Option<Seconds>,
    ocurrido: Option<Seconds>,
}

#[derive(Serialize)]
struct Counted {
    desde: Seconds,
    hasta: Seconds,
    ms: i64,
    cuenta: bool,
    motivo: &'static str,
    fecha: Option<String>,
}

#[derive(Serialize)]
struct Permanency<'a> {
    estados: Vec<InStatus>,
    responsables: Vec<WithOwner<'a>>,
}

#[derive(Serialize)]
struct InStatus {
    estado: &'static str,
    #[serde(flatten)]
    stay: Stayed,
}

#[derive(Serialize)]
struct WithOwner<'a> {
    agente_id: Option<String>,
    agente_nombre: Option<String>,
    area: &'a str,
    #[serde(flatten)]
    stay: Stayed,
}

#[derive(Serialize)]
struct Stayed {
    desde: Seconds,
    hasta: Option<Seconds>,
    total_ms: i64,
    laboral_ms: i64,
}

#[derive(Serialize)]
struct Noted {
    secuencia: u32,
    fecha: Seconds,
    accion: &'static str,
    objetivo: Option<&'static str>,
    ciclo: Option<u32>,
    porcentaje: Option<u8>,
    momento: Option<Seconds>,
    notificar: Vec<Audience>,
}

impl<'a> Answer<'a> {
    pub(crate) fn new<S: Store>(engine: &Engine<S>, sla: &'a DeskSla) -> Self {
        let record = &sla.record;
        let agreement = record.ticket.sla.agreement.as_ref();
        let statuses = sla.permanency.statuses.iter();
        let owners = sla.permanency.owners.iter();
        let owner = |stay: &'a Stay<(Option<ActorId>, String)>| {
            let (agent, area) = &stay.value;
            WithOwner {
                agente_id: agent.map(|id| id.0.to_string()),
                agente_nombre: agent.and_then(|id| engine.user_name(id)),
                area: sla.book.active().desk_area(area),
                stay: stay.into(),
            }
        };
        let of_clocks = record.history.iter().filter(|new| new.event.action.is_of_clocks());
        Self {
            ticket_uuid: record.ticket.id.to_string(),
            ticket_label: record.label.to_string(),
            leido_en: sla.at.seconds(),
            politica: agreement.map(|agreement| Policy {
                id: agreement.policy,
                nombre: sla.policy_name(),
                reglas: agreement.rules,
            }),
            objetivos: sla.accounts.iter().map(Target::from).collect(),
            permanencia: Permanency {
                estados: statuses.map(|stay| InStatus { estado: stay.value.name(), stay: stay.into() }).collect(),
                responsables: owners.map(owner).collect(),
            },
            eventos: of_clocks.map(|new| Noted::from(&new.event)).collect(),
        }
    }
}

impl<'a> From<&'a Account> for Target<'a> {
    fn from(account: &'a Account) -> Self {
        let Account { reading, promise, .. } = account;
        let promise = promise.as_ref();
        let calendar = promise.and_then(|promise| promise.calendar.as_ref());
        Self {
            objetivo: account.kind.member(),
            ciclo: account.cycle,
            estado: state(reading.state),
            tiempo: promise.map(|promise| promise.allowance.to_string()),
            calendario: calendar.map(|calendar| Calendar { nombre: &calendar.name, reglas: calendar.rules }),
            pausa: promise.map_or_else(Vec::new, |promise| promise.pauses.iter().map(|status| status.name()).collect()),
            fijado_a_mano: account.due_by_hand.is_some(),
            inicio: account.started_at.seconds(),
            vence: reading.due.map(Timestamp::seconds),
            concedido_ms: account.granted.map(|granted| granted.num_milliseconds()),
            transcurrido_ms: reading.elapsed.num_milliseconds(),
            transcurrido_calendario_ms: account.calendar_time.num_milliseconds(),
            restante_ms: reading.remaining.num_milliseconds(),
            umbrales: account.shares.iter().map(Moment::from).collect(),
            intervalos: account.intervals.iter().map(Counted::from).collect(),
        }
    }
}

const fn state(state: ClockState) -> &'static str {
    match state {
        ClockState::Running => "EN_CURSO",
        ClockState::Paused => "EN_PAUSA",
        ClockState::Met => "CUMPLIDO",
        ClockState::Breached => "VENCIDO",
    }
}

impl From<&Share> for Moment {
    fn from(share: &Share) -> Self {
        let seconds = |at: Option<Timestamp>| at.map(Timestamp::seconds);
        Self { porcentaje: share.percent, momento: seconds(share.at), ocurrido: seconds(share.passed_at) }
    }
}

impl From<&Interval> for Counted {
    fn from(interval: &Interval) -> Self {
        let (motivo, fecha) = match interval.reason {
            Reason::Working => ("LABORAL", None),
            Reason::OutsideHours => ("FUERA_DE_HORARIO", None),
            Reason::ClosedDate(date) => ("FECHA_CERRADA", Some(date.to_string())),
            Reason::Status(status) => (Status::name(status), None),
        };
        Self {
            desde: interval.from.seconds(),
            hasta: interval.until.seconds(),
            ms: interval.length().num_milliseconds(),
            cuenta: interval.counts(),
            motivo,
            fecha,
        }
    }
}

impl<T> From<&Stay<T>> for Stayed {
    fn from(stay: &Stay<T>) -> Self {
        let millis = |time: TimeDelta| time.num_milliseconds();
        Self {
            desde: stay.from.seconds(),
            hasta: stay.until.map(Timestamp::seconds),
            total_ms: millis(stay.full_time),
            laboral_ms: millis(stay.working_time),
        }
    }
}

impl From<&Event> for Noted {
    fn from(event: &Event) -> Self {
        let passed = event.changes.clocks.passed.first();
        Self {
            secuencia: event.seq,
            fecha: event.recorded_at.seconds(),
            accion: event.action.name(),
            objetivo: passed.map(|Threshold { target, .. }| target.member()),
            ciclo: passed.map(|passed| passed.cycle),
            porcentaje: passed.map(|passed| passed.percent),
            momento: passed.map(|passed| passed.at.seconds()),
            notificar: event.changes.notify.clone(),
        }
    }
}
