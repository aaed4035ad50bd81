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
