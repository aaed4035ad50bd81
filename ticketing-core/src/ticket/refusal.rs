use super::{Status, lifecycle::Operation};
use crate::{Locale, Violations, limits::TICKET_EVENTS_MAX};

/// Why a command changes nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The actor's role may not do this.
    #[error("the role may not do this")]
    Forbidden,
    /// The actor works another area.
    #[error("the ticket belongs to another area")]
    ForeignArea,
    /// The ticket's status does not allow it.
    #[error("“{}” is not allowed on a ticket that is {}", operation.phrase(Locale::En), status.name())]
    NotAllowed {
        /// What was asked for.
        operation: Operation,
        /// Where the ticket stands.
        status: Status,
        /// It is archived.
        archived: bool,
        /// What this actor may do now.
        allowed: Vec<&'static str>,
    },
    /// The requester's time to object is over.
    #[error("the ticket can no longer be re-opened by a comment")]
    ReopenWindowOver,
    /// So much has happened to the ticket that it only takes what ends it.
    #[error("the ticket has {TICKET_EVENTS_MAX} events, and takes only what ends it")]
    Full,
    /// A value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Violations),
}

impl Refusal {
    /// The stable kebab-case name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::ForeignArea => "foreign-area",
            Self::NotAllowed { .. } => "not-allowed",
            Self::ReopenWindowOver => "reopen-window-over",
            Self::Full => "ticket-full",
            Self::Invalid(_) => "invalid",
        }
    }

    /// One line in the reader's language.
    pub fn message(&self, locale: Locale) -> String {
        use Locale::{En, Es, Pt};
        match self {
            Self::Forbidden => match locale {
                Es => "No autorizado para esta acción".into(),
                En => "You are not allowed to do this".into(),
                Pt => "Sem autorização para esta ação".into(),
            },
            Self::ForeignArea => match locale {
                Es => "No autorizado para acceder a este ticket".into(),
                En => "You are not allowed to access this ticket".into(),
                Pt => "Sem autorização para acessar este ticket".into(),
            },
            Self::NotAllowed { operation, status, archived, allowed } => {
                let (es, en, pt) =
                    if *archived { ("archivado", "archived", "arquivado") } else { (status.name(), status.name(), status.name()) };
                let list = allowed.join(", ");
                // What is archived takes none of the action's parts.
                let operation = if *archived { operation.name().to_owned() } else { operation.phrase(locale) };
                let reason = match locale {
                    Es => format!("El ticket está {es}: no se puede {operation}."),
                    En => format!("The ticket is {en}: “{operation}” is not possible."),
                    Pt => format!("O ticket está {pt}: não é possível {operation}."),
                };
                match (allowed.is_empty(), locale) {
                    (true, _) => reason,
                    (false, Es) => format!("{reason} Ahora se puede: {list}."),
                    (false, En) => format!("{reason} Possible now: {list}."),
                    (false, Pt) => format!("{reason} Agora é possível: {list}."),
                }
            }
            Self::ReopenWindowOver => match locale {
                Es => "El plazo para responder a este ticket resuelto ya pasó. Cree una solicitud nueva y mencione este número.".into(),
                En => "The time to answer this resolved ticket is over. Please open a new one and mention this number.".into(),
                Pt => "O prazo para responder a este ticket resolvido já passou. Crie uma nova solicitação e mencione este número.".into(),
            },
            Self::Full => match locale {
                Es => format!("El ticket ya tiene {TICKET_EVENTS_MAX} movimientos y solo se puede terminar. Cree uno nuevo y mencione este número."),
                En => format!("The ticket has {TICKET_EVENTS_MAX} events and can only be ended. Please open a new one and mention this number."),
                Pt => format!("O ticket já tem {TICKET_EVENTS_MAX} eventos e só pode ser encerrado. Crie um novo e mencione este número."),
            },
            Self::Invalid(violations) => violations.summary(locale),
        }
    }
}
