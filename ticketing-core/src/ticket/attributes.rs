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
}

impl Intake {
    /// What whoever asks is called.
    pub fn requester_name(&self) -> Option<&str> {
        self.requester.as_ref().map(|requester| requester.name.as_str())
    }
}

/// The person who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requester {
    /// `nombre`.
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
