use serde::{Deserialize, Serialize};

use super::Actor;
use crate::{EmailAddress, text};

/// What a ticket is about and who is to work it: short, for lists and statistics. Stored and echoed as given.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Attributes {
    /// `tipo`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<String>,
    /// `prioridad`, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// `categoria`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// `subcategoria`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subcategory: Option<String>,
    /// `areaAsignada`, as given.
    pub area: String,
    /// The service that it is about. Other systems name one, forms do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Whether its requester may know of it.
    #[serde(default, skip_serializing_if = "Visibility::is_public")]
    pub visibility: Visibility,
}

/// Who may see a ticket, or what is said about it: the integration dialect's `type`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Visibility {
    /// The desk and the requester.
    #[default]
    Public,
    /// The desk alone.
    Internal,
}

impl Visibility {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Internal, Self::Public];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Internal => "INTERNAL",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|visibility| visibility.name() == name)
    }

    /// The requester may see it.
    pub fn is_public(&self) -> bool {
        *self == Self::Public
    }
}

impl Attributes {
    /// By which its area compares with others before the rules' aliases are asked: upper case, white space collapsed.
    pub fn area_key(&self) -> String {
        text::area_key(&self.area)
    }

    /// By which its priority compares with others before the rules' aliases are asked; empty where there is none.
    pub fn priority_key(&self) -> String {
        self.priority.as_deref().map_or_else(String::new, text::priority_key)
    }
}

/// Who asks, and in which words: what is erased with a person. Events refer to it and never hold it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Intake {
    /// Who asks; a ticket from another system may have nobody.
    pub requester: Option<Requester>,
    /// `asunto`.
    pub subject: Option<String>,
    /// `descripcion`.
    pub description: Option<String>,
    /// The description is for the desk alone.
    pub description_is_internal: bool,
    /// What another system says of whose ticket it is, in its own order and words: addresses, numbers, names. `None`: the
    /// requester's address is all there is to say.
    pub clients: Option<Vec<String>>,
    /// Who else is to be told, in another system's words.
    pub cc: Vec<String>,
    /// On whose behalf it was created, in another system's words; a user's id where somebody at the desk did.
    pub created_by: Option<String>,
    /// On whose behalf its description was given, in another system's words, where that is somebody else.
    pub described_by: Option<String>,
    /// On whose behalf its due date was last set by hand, likewise.
    pub due_by: Option<String>,
}

impl Intake {
    /// Whose ticket it is, as other systems are told.
    pub fn clients(&self) -> Vec<String> {
        let address = || self.requester.iter().map(|requester| requester.email.as_str().to_owned()).collect();
        self.clients.clone().unwrap_or_else(address)
    }

    /// What whoever asks is called, where anybody says so.
    pub fn requester_name(&self) -> Option<&str> {
        self.requester.as_ref().and_then(Requester::told_name)
    }
}

/// What its requester may see of an [`Intake`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublicIntake {
    /// Who asks.
    pub requester: Option<Requester>,
    /// `asunto`.
    pub subject: Option<String>,
    /// `descripcion`, unless that is for the desk alone.
    pub description: Option<String>,
}

impl PublicIntake {
    /// What may be seen of these parts of an intake.
    pub fn new(
        requester: Option<Requester>,
        subject: Option<String>,
        description: Option<String>,
        description_is_internal: bool,
    ) -> Self {
        Self { requester, subject, description: description.filter(|_| !description_is_internal) }
    }

    /// What whoever asks is called, where anybody says so.
    pub fn requester_name(&self) -> Option<&str> {
        self.requester.as_ref().and_then(Requester::told_name)
    }
}

impl From<Intake> for PublicIntake {
    fn from(intake: Intake) -> Self {
        let Intake { requester, subject, description, description_is_internal, .. } = intake;
        Self::new(requester, subject, description, description_is_internal)
    }
}

/// The person who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requester {
    /// `nombre`; empty where another system names nobody.
    pub name: String,
    /// `email`, as given: the look-up compares exactly.
    pub email: EmailAddress,
    /// `telefono`.
    pub phone: Option<String>,
    /// `tieneWhatsapp`.
    pub has_whatsapp: bool,
    /// `documento`.
    pub document: Option<String>,
    /// `empresaDepartamento`.
    pub company: Option<String>,
}

impl Requester {
    fn told_name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| !name.is_empty())
    }
}

/// Where a ticket came from. Source: the integration contract.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Origin {
    /// The desk's public form.
    Other,
    /// Made by somebody at the desk.
    AgentInSystem,
    /// Read from a mailbox.
    ImportedEmail,
    /// Made by a rule.
    SystemTrigger,
    /// Another system, by the integration API.
    TicketsApi,
    /// A chat.
    Chat,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 6] =
        [Self::Other, Self::AgentInSystem, Self::ImportedEmail, Self::SystemTrigger, Self::TicketsApi, Self::Chat];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Other => "OTHER",
            Self::AgentInSystem => "AGENT_IN_SYSTEM",
            Self::ImportedEmail => "IMPORTED_EMAIL",
            Self::SystemTrigger => "SYSTEM_TRIGGER",
            Self::TicketsApi => "TICKETS_API",
            Self::Chat => "CHAT",
        }
    }

    /// Where a ticket that somebody creates by themselves comes from.
    pub const fn of(actor: &Actor) -> Self {
        match actor {
            Actor::Requester => Self::Other,
            Actor::Admin(_) | Actor::Desk(_) | Actor::Area { .. } => Self::AgentInSystem,
            Actor::Token(_) => Self::TicketsApi,
            Actor::System => Self::SystemTrigger,
        }
    }

    /// The origin of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.name() == name)
    }
}
