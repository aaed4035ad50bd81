use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who gives a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The person who asked, known by label and e-mail.
    Requester,
    /// Somebody at the desk with every right.
    Admin(ActorId),
    /// Somebody at the desk who works every area.
    Desk(ActorId),
    /// Somebody who works one area.
    Area {
        /// Who.
        id: ActorId,
        /// The only area whose tickets they may touch.
        area: String,
    },
    /// Another system, with the desk's rights.
    Token(ActorId),
    /// The engine itself.
    System,
}

/// The id of a user or token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActorId(pub Uuid);

/// What an actor is, as history tells it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// The person who asked.
    #[serde(rename = "USUARIO")]
    Requester,
    /// At the desk, every right.
    Admin,
    /// At the desk, every area.
    #[serde(rename = "MESA")]
    Desk,
    /// At the desk, one area.
    Area,
    /// Another system.
    Token,
    /// The engine itself.
    #[serde(rename = "SISTEMA")]
    System,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [Self::Requester, Self::Admin, Self::Desk, Self::Area, Self::Token, Self::System];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requester => "USUARIO",
            Self::Admin => "ADMIN",
            Self::Desk => "MESA",
            Self::Area => "AREA",
            Self::Token => "TOKEN",
            Self::System => "SISTEMA",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Who caused an event: a role, and an id where there is one. Names stand elsewhere and may be erased.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Author {
    /// What they are.
    pub role: Role,
    /// Which user or token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ActorId>,
}

impl Actor {
    /// What the actor is.
    pub const fn role(&self) -> Role {
        match self {
            Self::Requester => Role::Requester,
            Self::Admin(_) => Role::Admin,
            Self::Desk(_) => Role::Desk,
            Self::Area { .. } => Role::Area,
            Self::Token(_) => Role::Token,
            Self::System => Role::System,
        }
    }

    /// The actor as an event names them.
    pub const fn author(&self) -> Author {
        let id = match self {
            Self::Requester | Self::System => None,
            Self::Admin(id) | Self::Desk(id) | Self::Area { id, .. } | Self::Token(id) => Some(*id),
        };
        Author { role: self.role(), id }
    }
}
