//! What the endpoints read and answer.

use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};

/// The form of a new ticket.
#[derive(Debug, Deserialize, Validate)]
#[serde(rename_all = "camelCase")]
pub struct CreateTicket {
    #[garde(length(chars, min = 3, max = 150))]
    pub nombre: String,
    #[garde(email)]
    pub email: String,
    #[garde(length(chars, max = 50))]
    pub documento: Option<String>,
    #[garde(length(chars, max = 30))]
    pub telefono: Option<String>,
    #[serde(default)]
    #[garde(skip)]
    pub tiene_whatsapp: bool,
    #[garde(length(chars, max = 150))]
    pub empresa_departamento: Option<String>,
    #[garde(skip)]
    pub tipo: Kind,
    #[garde(length(chars, min = 2, max = 100))]
    pub categoria: String,
    #[garde(length(chars, max = 100))]
    pub subcategoria: Option<String>,
    #[garde(length(chars, max = 200))]
    pub asunto: Option<String>,
    #[garde(length(chars, min = 10, max = 100_000))]
    pub descripcion: String,
    #[garde(length(chars, min = 1, max = 20))]
    pub prioridad: String,
    #[serde(default = "default_area")]
    #[garde(length(chars, min = 1, max = 100))]
    pub area_asignada: String,
}

fn default_area() -> String {
    "MESA".to_owned()
}

/// What the requester asks for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, sqlx::Type)]
#[serde(rename_all = "UPPERCASE")]
#[sqlx(rename_all = "UPPERCASE")]
pub enum Kind {
    Peticion,
    Queja,
    Reclamo,
    Sugerencia,
    Incidente,
    Solicitud,
    Consulta,
}

/// What the requester of a new ticket is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedTicket {
    pub ticket_uuid: String,
    pub ticket_label: String,
    pub estado: &'static str,
    pub tipo: Kind,
    pub prioridad: String,
    pub sla_horas: i64,
    pub fecha_creacion: DateTime<Utc>,
    pub fecha_limite_sla: DateTime<Utc>,
    pub mensaje: &'static str,
}

/// The two things by which a requester finds a ticket.
#[derive(Debug, Deserialize, Validate)]
pub struct FindTicket {
    #[garde(length(chars, min = 1, max = 40))]
    pub label: String,
    #[garde(length(chars, min = 1, max = 254))]
    pub email: String,
}

/// The current state of a ticket, as its requester sees it.
#[derive(Debug, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct FoundTicket {
    pub ticket_uuid: String,
    pub ticket_label: String,
    pub ticket_num: i64,
    pub solicitante_nombre: String,
    pub solicitante_email: String,
    pub solicitante_tel: Option<String>,
    pub tiene_whatsapp: bool,
    pub documento: Option<String>,
    pub empresa_departamento: Option<String>,
    pub tipo_solicitud: Kind,
    pub categoria: String,
    pub subcategoria: Option<String>,
    pub asunto: Option<String>,
    pub descripcion_problema: String,
    pub respuesta_cliente: Option<String>,
    pub area_asignada: String,
    pub prioridad_nombre: String,
    pub estado_nombre: String,
    pub creado_en: DateTime<Utc>,
    pub actualizado_en: DateTime<Utc>,
    pub ultima_fecha_historial: DateTime<Utc>,
    pub ultima_accion: String,
    pub ultimo_motivo: Option<String>,
    pub ultimo_actor_nombre: String,
    pub ultimo_actor_rol: String,
    pub sla_horas: Option<i64>,
    pub fecha_limite_sla: Option<DateTime<Utc>>,
    pub estado_antes: Option<String>,
    pub estado_despues: Option<String>,
    pub prioridad_antes: Option<String>,
    pub prioridad_despues: Option<String>,
    pub area_antes: Option<String>,
    pub area_despues: Option<String>,
}

/// Hours to resolve a ticket by priority, around the clock.
pub fn sla_hours(priority: &str) -> i64 {
    match priority.to_uppercase().as_str() {
        "CRITICA" | "CRÍTICA" | "URGENTE" => 2,
        "ALTA" => 4,
        "BAJA" => 72,
        // MEDIA, and what the desk does not know.
        _ => 24,
    }
}

/// Who wants to be a session's user.
#[derive(Debug, Deserialize)]
pub struct Login {
    pub email: String,
    pub password: String,
}

/// What whoever has logged in sends with each request.
#[derive(Debug, Serialize)]
pub struct Session {
    pub access_token: String,
}

/// What the desk's list is narrowed by.
#[derive(Debug, Deserialize)]
pub struct DeskFilter {
    pub limite: Option<u32>,
    pub estado: Option<String>,
    pub prioridad: Option<String>,
    pub area: Option<String>,
}

/// A row of the desk's list.
#[derive(Debug, Serialize)]
pub struct DeskRow {
    pub ticket_uuid: String,
    pub label: String,
    pub categoria: String,
    pub correo: String,
    pub estado_code: &'static str,
    pub prioridad_nom: String,
    pub area_asignada: String,
    pub actualizado_en: DateTime<Utc>,
    pub sla_horas: Option<i64>,
    pub horas_restantes: Option<f64>,
    pub vencido: bool,
}

/// A ticket as lists read it.
#[derive(Debug, sqlx::FromRow)]
pub struct ListedTicket {
    pub uuid: String,
    pub label: String,
    pub category: String,
    pub email: String,
    pub subject: Option<String>,
    pub status: String,
    pub priority: String,
    pub area: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub sla_hours: Option<i64>,
    pub due_at: Option<DateTime<Utc>>,
}

impl ListedTicket {
    /// The row that the desk reads now.
    pub fn into_desk_row(self, now: DateTime<Utc>) -> DeskRow {
        let left = self.due_at.map(|due| (due - now).num_milliseconds());
        DeskRow {
            ticket_uuid: self.uuid,
            label: self.label,
            categoria: self.category,
            correo: self.email,
            estado_code: if self.status == "ABIERTO" { "PENDIENTE" } else { "OTRO" },
            prioridad_nom: self.priority,
            area_asignada: if self.area == "MESA" { "MESA DE AYUDA".to_owned() } else { self.area },
            actualizado_en: self.updated_at,
            sla_horas: self.sla_hours,
            #[expect(clippy::cast_precision_loss, reason = "a few hours in milliseconds")]
            horas_restantes: left.map(|left| (left as f64 / 36_000.0).round() / 100.0),
            vencido: left.is_some_and(|left| left < 0),
        }
    }
}

/// Which numbered page, and what it is narrowed by.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageFilter {
    pub page: Option<u32>,
    pub size: Option<u32>,
    pub status_id: Option<u8>,
}

/// The integration API's names. What has an id there has 1 here, as if nobody ever asked for it: no table is read for it.
pub mod v2 {
    use super::{DateTime, ListedTicket, Serialize, Utc};

    const STATUSES: [(&str, &str); 6] = [
        ("ABIERTO", "NEW"),
        ("EN_PROCESO", "IN_ATTENDANCE"),
        ("PAUSADO", "STOPPED"),
        ("RESUELTO", "RESOLVED"),
        ("CERRADO", "CLOSED"),
        ("CANCELADO", "CANCELED"),
    ];

    /// The status with that id.
    pub fn status_of(id: u8) -> Option<&'static str> {
        STATUSES.get(usize::from(id).checked_sub(1)?).map(|(name, _)| *name)
    }

    /// Something with an id.
    #[derive(Debug, Serialize)]
    pub struct Reference<T> {
        id: usize,
        name: T,
    }

    /// A status, which has a type besides.
    #[derive(Debug, Serialize)]
    pub struct Status {
        id: usize,
        name: &'static str,
        r#type: &'static str,
    }

    /// The service level that a ticket was promised.
    #[derive(Debug, Serialize)]
    pub struct Agreement {
        id: usize,
        name: &'static str,
        rule: String,
    }

    /// A ticket in the integration API.
    #[derive(Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Ticket {
        id: String,
        label: String,
        r#type: &'static str,
        origin: &'static str,
        origin_email_account: Option<String>,
        subject: Option<String>,
        cc: [String; 0],
        clients: [String; 1],
        owner_id: Option<String>,
        owner_team: Reference<String>,
        category: Reference<String>,
        urgency: Reference<String>,
        service: Option<Reference<String>>,
        status: Status,
        justification: Option<Reference<String>>,
        tags: [Reference<String>; 0],
        resolved_at: Option<DateTime<Utc>>,
        reopened_at: Option<DateTime<Utc>>,
        closed_at: Option<DateTime<Utc>>,
        created_at: DateTime<Utc>,
        created_by_id: Option<String>,
        updated_at: DateTime<Utc>,
        solution_time: Option<i64>,
        response_time: Option<i64>,
        solution_at: Option<DateTime<Utc>>,
        response_at: Option<DateTime<Utc>>,
        real_response_at: Option<DateTime<Utc>>,
        solution_date_is_paused: bool,
        solution_changed_by_user: bool,
        solution_changed_by_id: Option<String>,
        agreement: Option<Agreement>,
    }

    impl From<ListedTicket> for Ticket {
        fn from(ticket: ListedTicket) -> Self {
            let position = STATUSES.iter().position(|(name, _)| *name == ticket.status).unwrap_or_default();
            let (_, status) = STATUSES[position];
            Self {
                id: ticket.uuid,
                label: ticket.label,
                r#type: "PUBLIC",
                origin: "OTHER",
                origin_email_account: None,
                subject: ticket.subject,
                cc: [],
                clients: [ticket.email],
                owner_id: None,
                owner_team: Reference { id: 1, name: ticket.area },
                category: Reference { id: 1, name: ticket.category },
                urgency: Reference { id: 1, name: ticket.priority },
                service: None,
                status: Status { id: position + 1, name: status, r#type: status },
                justification: None,
                tags: [],
                resolved_at: None,
                reopened_at: None,
                closed_at: None,
                created_at: ticket.created_at,
                created_by_id: None,
                updated_at: ticket.updated_at,
                solution_time: ticket.sla_hours.map(|hours| hours * 60),
                response_time: None,
                solution_at: ticket.due_at,
                response_at: None,
                real_response_at: None,
                solution_date_is_paused: false,
                solution_changed_by_user: false,
                solution_changed_by_id: None,
                agreement: ticket.sla_hours.map(|hours| Agreement {
                    id: 1,
                    name: "Estándar",
                    rule: format!("resolucion={hours}h"),
                }),
            }
        }
    }
}
