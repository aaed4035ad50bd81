//! Users, their passwords and sessions; other systems' tokens.

mod api_tokens;
mod directory;
mod login;
mod passwords;
mod tokens;
mod users;

use std::{
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicU64},
    time::Duration,
};

use ticketing_core::{Timestamp, User, Uuid, Violations, ticket::ActorId};

use self::{
    api_tokens::{Tokens, Uses},
    directory::Directory,
    passwords::Passwords,
    tokens::{Keys, LookedFor},
};
pub use self::{login::LoggedIn, passwords::PasswordCost, users::Authority};
use super::Engine;
use crate::store::{AccountsRevision, SigningKey, Store, StoreError};

/// How an engine works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EngineOptions {
    /// How many minutes a token is valid: 120.
    pub token_minutes: NonZeroU32,
    /// What it costs to check a password.
    pub password_cost: PasswordCost,
    /// Most tickets at once that are created, looked up or commented on by their requesters: 2,048. One more is
    /// [`StoreError::Overloaded`]. The desk and other systems are not counted: so there is room for them however many the public are.
    pub public_max: usize,
    /// By which processes tell each other apart that sum up for reports; `None`: by one of its own. One that knows that it is the only one
    /// may have the same each time that it is started, and need not wait for its predecessor.
    pub identity: Option<Uuid>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            token_minutes: NonZeroU32::MIN.saturating_add(119),
            password_cost: PasswordCost::default(),
            public_max: 2_048,
            identity: None,
        }
    }
}

/// Why nobody was logged in, or no user or token changed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such user, or the password is another one.
    #[error("there is no user with this e-mail address and password")]
    InvalidCredentials,
    /// The password is right, and the user may not log in.
    #[error("the user is deactivated")]
    Deactivated,
    /// Too many wrong passwords.
    #[error("too many wrong passwords: wait {} s", wait.as_secs())]
    TooEarly {
        /// How long it has to wait.
        wait: Duration,
    },
    /// Whoever asked for it was changed, deactivated or deleted before it was done.
    #[error("whoever asked for it is not any more who they were")]
    SessionOver,
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// Another user has the e-mail address.
    #[error("another user has this e-mail address")]
    EmailTaken,
    /// There is no such token.
    #[error("there is no such token")]
    TokenNotFound,
    /// Another token that is valid has the name.
    #[error("another token has this name")]
    TokenNameTaken,
    /// There would be no active administrator any more.
    #[error("there must be another active administrator")]
    LastAdmin,
    /// A value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// Others changed the user each time before this change could.
    #[error("the user is being changed by too many at once")]
    Contended,
    /// More passwords wait to be checked than the process takes.
    #[error("too many passwords are waiting to be checked")]
    Overloaded,
    /// No random numbers, or a hash that is none.
    #[error("{0}")]
    Broken(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a token says nothing.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// It is none of ours, has expired, or tells of its user what is not so any more.
    #[error("the token is not valid")]
    InvalidToken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an engine knows of accounts.
pub(super) struct Accounts {
    options: EngineOptions,
    /// As of one revision.
    known: RwLock<Arc<Known>>,
    passwords: Passwords,
    looked_for_keys: LookedFor,
    looked_for_tokens: LookedFor,
    uses: Uses,
}

#[derive(Clone, Default)]
struct Known {
    revision: AccountsRevision,
    directory: Directory,
    tokens: Tokens,
    keys: Keys,
}

impl Accounts {
    /// The accounts of a store, which is given a signing key where it has none.
    pub(super) async fn start<S: Store>(store: &S, now: Timestamp, options: EngineOptions) -> Result<Self, StoreError> {
        let accounts = Self {
            options,
            known: RwLock::default(),
            passwords: Passwords::new(options.password_cost),
            looked_for_keys: LookedFor::default(),
            looked_for_tokens: LookedFor::default(),
            uses: Uses::default(),
        };
        if store.signing_keys().await?.is_empty() {
            store.add_signing_key(SigningKey::generate(now)?, true).await?;
        }
        accounts.read(store).await?;
        Ok(accounts)
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over what was just stored. It is done, whatever becomes of reading what others have done meanwhile.
    async fn take_over<S: Store>(&self, store: &S, change: impl FnOnce(&mut Known)) {
        change(Arc::make_mut(&mut self.known.write().unwrap_or_else(PoisonError::into_inner)));
        if let Err(error) = self.read(store).await {
            tracing::error!(%error, "an account was changed, and the others could not be read again");
        }
    }

    /// Reads all users, tokens and keys.
    async fn read<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        // First: what changes in between is read again when it is looked at next.
        let revision = store.accounts_revision().await?;
        let directory = Directory::new(store.users().await?);
        let tokens = Tokens::new(store.tokens().await?);
        let keys = Keys::new(store.signing_keys().await?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Two that read at the same time may end in the other order.
        if known.revision <= revision {
            *known = Arc::new(Known { revision, directory, tokens, keys });
        }
        Ok(())
    }
}

impl<S: Store> Engine<S> {
    /// A user, also one who was deactivated or deleted: history tells their names.
    pub fn user(&self, id: ActorId) -> Option<Arc<User>> {
        self.inner.accounts.known().directory.user(id)
    }

    /// Everybody who is not deleted, by name.
    pub fn users(&self) -> Vec<Arc<User>> {
        self.inner.accounts.known().directory.by_name()
    }

    /// Whether somebody is there who may change users.
    pub fn has_admin(&self) -> bool {
        self.users().iter().any(|user| user.is_active_admin())
    }

    /// Whether somebody who was believed before still is who they were, and may log in.
    pub(super) fn is_still(&self, user: &User) -> bool {
        let now = self.user(user.id);
        now.is_some_and(|now| now.is_active && now.tokens_valid_from == user.tokens_valid_from)
    }

    /// How many passwords this process has hashed or checked: a count that grows.
    pub fn password_runs(&self) -> Arc<AtomicU64> {
        self.inner.accounts.passwords.runs()
    }

    /// Takes over what another process has changed about users, tokens and keys.
    pub(super) async fn refresh_accounts(&self) -> Result<(), StoreError> {
        let (accounts, store) = (&self.inner.accounts, &self.inner.store);
        if store.accounts_revision().await? != accounts.known().revision {
            accounts.read(store).await?;
        }
        Ok(())
    }
}
