//! Who works at the desk: users, what a change to them entails, and how long to wait after wrong passwords.
//!
//! - [`Login`], [`PasswordChange`], [`NewUser`], [`UserPatch`]: forms, read from JSON with all violations at once.
//! - [`User::new`], [`User::patched`], [`User::with_password_changed`], [`User::deleted`]: what becomes of a user. Pure.
//! - [`BackOff`]: how long to wait after wrong passwords. Pure.
//!
//! No password stands in a user's state, nor what is kept of it.

mod back_off;
mod change;
mod forms;
mod password;

pub use self::{
    back_off::{Attempts, BackOff, Settled, Tally},
    forms::{Login, NewUser, PasswordChange, UserPatch},
    password::Password,
};
use crate::{
    EmailAddress, Timestamp, TokenScope, text,
    ticket::{Actor, ActorId, Agent, Role},
};

/// Somebody who may log in, or once might.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Their identity.
    pub id: ActorId,
    /// The number of their last change, from 1.
    pub version: u32,
    /// What they log in with; `None` once they are deleted.
    pub email: Option<EmailAddress>,
    /// Their name. It stays when they are deleted, because history tells it.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// The area that they work. Those who work one area only have one, until they are deleted.
    pub area: Option<String>,
    /// A phone number.
    pub phone: Option<String>,
    /// They may log in.
    pub is_active: bool,
    /// A token from before this instant, a whole second, says nothing any more.
    pub tokens_valid_from: Timestamp,
}

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum UserRole {
    /// Everything.
    Admin,
    /// Work the tickets of every area.
    Desk,
    /// Work the tickets of one area.
    Area,
    /// Log in, and nothing else.
    #[default]
    Requester,
}

impl UserRole {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Desk, Self::Area, Self::Requester];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        self.as_role().name()
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What a user of this role is in a ticket's history.
    pub const fn as_role(self) -> Role {
        match self {
            Self::Admin => Role::Admin,
            Self::Desk => Role::Desk,
            Self::Area => Role::Area,
            Self::Requester => Role::Requester,
        }
    }

    /// They work at the desk.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Requester)
    }

    /// They may do at the integration API, as themselves, what a scope stands for. Source: the integration contract.
    pub const fn has_scope(self, scope: TokenScope) -> bool {
        match scope {
            TokenScope::TicketsRead | TokenScope::TicketsWrite => self.is_staff(),
            TokenScope::Subscriptions => matches!(self, Self::Admin),
        }
    }

    /// They may see and change users, and other systems' tokens.
    pub const fn manages_users(self) -> bool {
        matches!(self, Self::Admin)
    }
}

impl User {
    /// They were deleted: only their name and role are left, for history.
    pub const fn is_deleted(&self) -> bool {
        self.email.is_none()
    }

    /// By which users are listed: their names, letter case and accents aside.
    pub fn sort_key(&self) -> String {
        text::priority_key(&self.name)
    }

    /// The user as somebody who gives commands.
    pub fn actor(&self) -> Actor {
        match self.role {
            UserRole::Admin => Actor::Admin(self.id),
            UserRole::Desk => Actor::Desk(self.id),
            UserRole::Area => Actor::Area { id: self.id, area: self.area.clone().unwrap_or_default() },
            UserRole::Requester => Actor::Requester,
        }
    }

    /// The user as somebody to whom tickets may be given; `None` where they do not work at the desk.
    pub fn agent(&self) -> Option<Agent> {
        let area = match self.role {
            UserRole::Admin | UserRole::Desk => None,
            UserRole::Area => Some(self.area.clone().unwrap_or_default()),
            UserRole::Requester => return None,
        };
        Some(Agent { id: self.id, area, is_active: self.is_active })
    }
}

#[cfg(test)]
mod tests;
