//! What the names of the wire are called on the pages. A name that a deployment chose itself is shown as it is.

use ticketing_core::{Locale, Status, ticket::Action};

/// A ticket type; the seven of the built-in rules have words of their own.
pub(super) fn ticket_type(name: &str, locale: Locale) -> &str {
    let names = match name {
        "PETICION" => ["Petición", "Formal request", "Petição"],
        "QUEJA" => ["Queja", "Complaint", "Queixa"],
        "RECLAMO" => ["Reclamo", "Claim", "Reclamação"],
        "SUGERENCIA" => ["Sugerencia", "Suggestion", "Sugestão"],
        "INCIDENTE" => ["Incidente", "Incident", "Incidente"],
        "SOLICITUD" => ["Solicitud de servicio", "Service request", "Solicitação de serviço"],
        "CONSULTA" => ["Consulta", "Question", "Consulta"],
        _ => return name,
    };
    locale.pick(names)
}

/// A priority; the four of the built-in rules have words of their own.
pub(super) fn priority(name: &str, locale: Locale) -> &str {
    let names = match name {
        "CRITICA" => ["Crítica", "Critical", "Crítica"],
        "ALTA" => ["Alta", "High", "Alta"],
        "MEDIA" => ["Media", "Medium", "Média"],
        "BAJA" => ["Baja", "Low", "Baixa"],
        _ => return name,
    };
    locale.pick(names)
}

pub(super) const fn status(status: Status, locale: Locale) -> &'static str {
    let names = match status {
        Status::Open => ["Abierta", "Open", "Aberta"],
        Status::InProgress => ["En proceso", "In progress", "Em andamento"],
        Status::Paused => ["En pausa", "Paused", "Em pausa"],
        Status::Resolved => ["Resuelta", "Resolved", "Resolvida"],
        Status::Closed => ["Cerrada", "Closed", "Fechada"],
        Status::Canceled => ["Cancelada", "Canceled", "Cancelada"],
    };
    locale.pick(names)
}

pub(super) const fn action(action: Action, locale: Locale) -> &'static str {
    let names = match action {
        Action::Opened => ["Solicitud creada", "Request made", "Solicitação criada"],
        Action::Updated => ["Actualización", "Update", "Atualização"],
        Action::Assigned => ["Asignada a una persona", "Given to an agent", "Atribuída a uma pessoa"],
        Action::Transferred => ["Pasó a otra área", "Moved to another area", "Passou a outra área"],
        Action::Reclassified => ["Reclasificada", "Reclassified", "Reclassificada"],
        Action::Paused => ["Puesta en pausa", "Paused", "Posta em pausa"],
        Action::Reopened => ["Reabierta", "Opened again", "Reaberta"],
        Action::Canceled => ["Cancelada", "Canceled", "Cancelada"],
        Action::Archived => ["Archivada", "Archived", "Arquivada"],
        Action::Unarchived => ["Desarchivada", "Taken out of the archive", "Desarquivada"],
        Action::Commented => ["Comentario", "Comment", "Comentário"],
        Action::ClosedItself => ["Cerrada automáticamente", "Closed by itself", "Fechada automaticamente"],
        // Not told here: requesters see the deadline, not the desk's alarms.
        Action::AtRisk => ["Plazo en riesgo", "Deadline at risk", "Prazo em risco"],
        Action::Breached => ["Plazo vencido", "Deadline passed", "Prazo vencido"],
        Action::Rematched => ["Reglas nuevas", "New rules", "Novas regras"],
        Action::Erased => ["Borrado de datos", "Data erased", "Dados apagados"],
    };
    locale.pick(names)
}
