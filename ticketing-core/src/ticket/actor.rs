use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Event, Refusal,
    lifecycle::{self, Operation},
};
use crate::{Rules, text};

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

    /// Whose tickets they may read.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for a requester, who reads one ticket, by its label.
    pub fn scope(&self, rules: &Rules) -> Result<Scope, Refusal> {
        match self {
            Self::Requester => Err(Refusal::Forbidden),
            Self::Area { area, .. } => Ok(Scope::Area(rules.area_keys(area))),
            Self::Admin(_) | Self::Desk(_) | Self::Token(_) | Self::System => Ok(Scope::Everything),
        }
    }

    /// Says whether their role may ever do this.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`].
    pub fn check_operation(&self, operation: Operation) -> Result<(), Refusal> {
        if lifecycle::may(operation, self.role()) { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Says whether a ticket of this area is theirs to touch. That a requester has it is known by its label and address.
    ///
    /// # Errors
    /// [`Refusal::ForeignArea`].
    pub fn check_area(&self, area: &str, rules: &Rules) -> Result<(), Refusal> {
        match self {
            Self::Area { area: own, .. } if rules.area_key(own) != rules.area_key(area) => Err(Refusal::ForeignArea),
            _ => Ok(()),
        }
    }
}

/// Whose tickets somebody may read at the desk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// Everybody's.
    Everything,
    /// Those of the area that has these keys: its own, and those of its aliases.
    Area(Vec<String>),
}

impl Scope {
    /// Whether somebody is told of an event of a ticket that is in an area now: where they may read the ticket, or could until the
    /// event took it from them.
    pub fn follows(&self, area: &str, event: &Event) -> bool {
        match self {
            Self::Everything => true,
            Self::Area(keys) => {
                let left = event.changes.area.as_ref().map(|change| change.before.as_str());
                [Some(area), left].into_iter().flatten().any(|area| keys.contains(&text::area_key(area)))
            }
        }
    }
}
