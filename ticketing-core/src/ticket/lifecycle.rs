//! The one table of the lifecycle, for both dialects: who may do what, from where to where.
//!
//! Source: the Mesa de Ayuda contract, "Lifecycle".

use serde::{Deserialize, Serialize};

use super::Role;
use crate::Locale;

/// Where a ticket stands. Archiving is not a status: it freezes a ticket with the one it has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Status {
    /// Nobody works it yet.
    #[serde(rename = "ABIERTO")]
    Open,
    /// Somebody works it.
    #[serde(rename = "EN_PROCESO")]
    InProgress,
    /// It waits for somebody else; its clock stands still.
    #[serde(rename = "PAUSADO")]
    Paused,
    /// The desk has solved it; the requester may object.
    #[serde(rename = "RESUELTO")]
    Resolved,
    /// It is over.
    #[serde(rename = "CERRADO")]
    Closed,
    /// It is over without a solution, for good.
    #[serde(rename = "CANCELADO")]
    Canceled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::InProgress, Self::Paused, Self::Resolved, Self::Closed, Self::Canceled];

    /// Its name in the Mesa de Ayuda dialect and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "ABIERTO",
            Self::InProgress => "EN_PROCESO",
            Self::Paused => "PAUSADO",
            Self::Resolved => "RESUELTO",
            Self::Closed => "CERRADO",
            Self::Canceled => "CANCELADO",
        }
    }

    /// The status of that name, exactly so.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Reads a status as clients send it: any letter case, `EN PROCESO` for `EN_PROCESO`, `PENDIENTE` for `ABIERTO`.
    pub fn from_input(text: &str) -> Option<Self> {
        match text.trim().to_uppercase().replace(' ', "_").as_str() {
            "PENDIENTE" => Some(Self::Open),
            name => Self::from_name(name),
        }
    }

    /// It is still to be worked: open, in progress or paused.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::InProgress | Self::Paused)
    }

    /// It is resolved, closed or canceled.
    pub const fn is_finished(self) -> bool {
        !self.is_open()
    }
}

/// What may be done to a ticket, as the table knows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// Set the status.
    SetStatus(Status),
    /// Change priority or area in an update.
    Edit,
    /// Reply to the requester in an update.
    Reply,
    /// Give it to an agent.
    Assign,
    /// Give it to another area.
    Transfer,
    /// Correct priority and category.
    Reclassify,
    /// Stop the clock.
    Pause,
    /// Work it again.
    Reopen,
    /// End it without a solution.
    Cancel,
    /// Take it out of the working set.
    Archive,
    /// Put it back.
    Unarchive,
    /// Note something for the desk, or change what the ticket says of itself: its words, tags, service, who may see it.
    Describe,
    /// The requester answers.
    Comment,
    /// A resolved ticket closes by itself.
    CloseItself,
    /// Note what the clocks came to.
    KeepTime,
    /// Apply other rules to what is promised.
    Rematch,
    /// Erase what it says of a person. No route does this: it is for whoever answers for the desk's data, and for the engine itself.
    Erase,
}

impl Operation {
    /// Every operation that has a name on the wire and is not a status to set, in the order of the contract.
    pub const NAMED: [Self; 15] = [
        Self::Edit,
        Self::Reply,
        Self::Describe,
        Self::Assign,
        Self::Transfer,
        Self::Reclassify,
        Self::Pause,
        Self::Reopen,
        Self::Cancel,
        Self::Archive,
        Self::Unarchive,
        Self::Comment,
        Self::CloseItself,
        Self::KeepTime,
        Self::Rematch,
    ];

    /// The name of the action on the wire that does it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SetStatus(_) | Self::Edit | Self::Reply | Self::Describe => "actualizar",
            Self::Assign => "asignar",
            Self::Transfer => "transferir",
            Self::Reclassify => "reclasificar",
            Self::Pause => "pausar",
            Self::Reopen => "reabrir",
            Self::Cancel => "cancelar",
            Self::Archive => "archivar",
            Self::Unarchive => "desarchivar",
            Self::Comment => "comentar",
            Self::CloseItself => "cerrar",
            Self::KeepTime => "controlar plazos",
            Self::Rematch => "aplicar reglas",
            Self::Erase => "borrar datos",
        }
    }
}

impl Operation {
    /// What is not possible, in the reader's language: to set this status, to change these fields, or an action by its name.
    pub fn phrase(self, locale: Locale) -> String {
        match self {
            Self::SetStatus(status) => {
                let name = status.name();
                match locale {
                    Locale::Es => format!("pasar a {name}"),
                    Locale::En => format!("change to {name}"),
                    Locale::Pt => format!("passar a {name}"),
                }
            }
            Self::Edit => locale
                .pick(["cambiar la prioridad ni el área", "change priority or area", "alterar a prioridade nem a área"])
                .to_owned(),
            Self::Reply => locale.pick(["responder", "reply", "responder"]).to_owned(),
            Self::Describe => {
                locale.pick(["anotar ni describir", "note or describe", "anotar nem descrever"]).to_owned()
            }
            other => other.name().to_owned(),
        }
    }
}

/// Why the table says no.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Denied {
    /// This role may not, whatever the status.
    Role,
    /// The status does not allow it, or the ticket is archived.
    Status,
}

/// The status that a ticket has after an operation.
///
/// # Errors
/// [`Denied`]: the role is asked first.
#[expect(clippy::match_same_arms, reason = "a table reads row by row")]
pub const fn after(operation: Operation, status: Status, archived: bool, role: Role) -> Result<Status, Denied> {
    use Operation as Op;
    use Status::{Canceled, Closed, InProgress, Open, Paused, Resolved};

    if !may(operation, role) {
        return Err(Denied::Role);
    }
    if archived {
        return match operation {
            Op::Unarchive | Op::Erase => Ok(status),
            _ => Err(Denied::Status),
        };
    }
    match (operation, status) {
        // The same status is no change.
        (Op::SetStatus(Open), Open)
        | (Op::SetStatus(InProgress), InProgress)
        | (Op::SetStatus(Paused), Paused)
        | (Op::SetStatus(Resolved), Resolved)
        | (Op::SetStatus(Closed), Closed)
        | (Op::SetStatus(Canceled), Canceled) => Ok(status),
        (Op::SetStatus(to), Open | InProgress | Paused) => Ok(to),
        (Op::SetStatus(Closed), Resolved) => Ok(Closed),
        (Op::SetStatus(to @ (Open | InProgress | Paused)), Resolved | Closed) => {
            if may(Op::Reopen, role) {
                Ok(to)
            } else {
                Err(Denied::Role)
            }
        }
        (Op::SetStatus(_), Resolved | Closed | Canceled) => Err(Denied::Status),

        (Op::Reply | Op::Describe, Canceled) => Err(Denied::Status),
        (Op::Reply | Op::Describe, _) => Ok(status),

        (Op::Assign, Open) => Ok(InProgress),
        (Op::Edit | Op::Assign | Op::Transfer | Op::Reclassify, Open | InProgress | Paused) => Ok(status),
        (Op::Edit | Op::Assign | Op::Transfer | Op::Reclassify, Resolved | Closed | Canceled) => Err(Denied::Status),

        (Op::Pause, Open | InProgress) => Ok(Paused),
        (Op::Pause, _) => Err(Denied::Status),

        (Op::Reopen, Paused | Resolved | Closed) => Ok(InProgress),
        (Op::Reopen, _) => Err(Denied::Status),

        (Op::Cancel, Open | InProgress | Paused) => Ok(Canceled),
        (Op::Cancel, _) => Err(Denied::Status),

        (Op::Archive, Open | InProgress | Paused) => Ok(Closed),
        (Op::Archive, Resolved | Closed | Canceled) => Ok(status),
        (Op::Unarchive, _) => Err(Denied::Status),

        (Op::Comment, Paused | Resolved) => Ok(InProgress),
        (Op::Comment, Open | InProgress) => Ok(status),
        (Op::Comment, Closed | Canceled) => Err(Denied::Status),

        (Op::CloseItself, Resolved) => Ok(Closed),
        (Op::CloseItself, _) => Err(Denied::Status),

        (Op::KeepTime | Op::Rematch, Open | InProgress | Paused) => Ok(status),
        (Op::KeepTime | Op::Rematch, Resolved | Closed | Canceled) => Err(Denied::Status),

        // Whose data they are does not depend on where the ticket stands.
        (Op::Erase, _) => Ok(status),
    }
}

/// Whether a role may ever do it. An AREA user is further bound to one area, which the table does not know.
pub const fn may(operation: Operation, role: Role) -> bool {
    use Operation as Op;
    match operation {
        Op::SetStatus(_) | Op::Edit | Op::Reply | Op::Describe | Op::Pause | Op::Cancel | Op::Archive => {
            matches!(role, Role::Admin | Role::Desk | Role::Area | Role::Token)
        }
        Op::Assign | Op::Transfer | Op::Reclassify | Op::Reopen => {
            matches!(role, Role::Admin | Role::Desk | Role::Token)
        }
        Op::Unarchive => matches!(role, Role::Admin),
        Op::Erase => matches!(role, Role::Admin | Role::System),
        Op::Comment => matches!(role, Role::Requester),
        Op::CloseItself | Op::KeepTime | Op::Rematch => matches!(role, Role::System),
    }
}

/// Whether nobody works a ticket that is open. The clock of its resolution stands still, where a policy does not say otherwise.
pub const fn pauses_work(status: Status) -> bool {
    matches!(status, Status::Paused)
}

/// The names of the actions that a role may take now, each once, in the order of the contract.
pub fn allowed(status: Status, archived: bool, role: Role) -> Vec<&'static str> {
    let mut names = Vec::new();
    for operation in Operation::NAMED {
        if after(operation, status, archived, role).is_ok() && !names.contains(&operation.name()) {
            names.push(operation.name());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, as the architecture page shows it. Review a change of it against the contract.
    #[test]
    fn the_table() {
        let letter = |role: Role| match role {
            Role::Requester => 'U',
            Role::Admin => 'A',
            Role::Desk => 'M',
            Role::Area => 'R',
            Role::Token => 'T',
            Role::System => 'S',
        };
        let mut operations: Vec<_> = Status::ALL.map(Operation::SetStatus).to_vec();
        operations.extend(Operation::NAMED);
        operations.push(Operation::Erase);
        let cell = |operation, status, archived| {
            let roles = |wanted: Result<Status, Denied>| {
                let of = |role: &Role| after(operation, status, archived, *role) == wanted;
                Role::ALL.into_iter().filter(of).map(letter).collect::<String>()
            };
            let mut outcomes: Vec<_> = Status::ALL.into_iter().map(|to| (to.name(), roles(Ok(to)))).collect();
            outcomes.retain(|(_, roles)| !roles.is_empty());
            match &outcomes[..] {
                [] => "–".to_owned(),
                _ => outcomes.iter().map(|(to, roles)| format!("{to} {roles}")).collect::<Vec<_>>().join(" / "),
            }
        };
        let mut table = String::from("A ADMIN, M MESA, R AREA, T token, U USUARIO, S SISTEMA; – is refused to all\n");
        for operation in operations {
            let name = match operation {
                Operation::SetStatus(to) => format!("estado={}", to.name()),
                Operation::Edit => "actualizar prioridad, área".to_owned(),
                Operation::Reply => "actualizar respuesta".to_owned(),
                Operation::Describe => "actualizar notas, asunto, tipo, servicio, clientes, etiquetas".to_owned(),
                operation => operation.name().to_owned(),
            };
            table += &format!("{name}\n");
            for status in Status::ALL {
                table += &format!("    {:<10} → {}\n", status.name(), cell(operation, status, false));
            }
            table += &format!("    {:<10} → {}\n", "archivado", cell(operation, Status::Closed, true));
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn statuses_are_read_as_clients_send_them() {
        assert_eq!(Status::from_input("en proceso"), Some(Status::InProgress));
        assert_eq!(Status::from_input(" Pendiente "), Some(Status::Open));
        assert_eq!(Status::from_input("RESUELTO"), Some(Status::Resolved));
        assert_eq!(Status::from_input("ARCHIVADO"), None);
        for status in Status::ALL {
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
    }

    #[test]
    fn a_refusal_can_name_what_is_allowed() {
        assert_eq!(allowed(Status::Canceled, false, Role::Desk), ["archivar"]);
        assert_eq!(allowed(Status::Closed, true, Role::Admin), ["desarchivar"]);
        assert_eq!(allowed(Status::Closed, true, Role::Desk), [""; 0]);
        assert_eq!(allowed(Status::Resolved, false, Role::Area), ["actualizar", "archivar"]);
    }
}
