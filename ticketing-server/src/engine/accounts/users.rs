use std::sync::Arc;

use ticketing_core::{
    Timestamp, User, Uuid,
    ticket::ActorId,
    user::{NewUser, UserPatch},
};

use super::AccountError;
use crate::{
    Engine,
    store::{PasswordHash, Store, UserChange, UserRecord, UserStored},
};

/// How often a change is tried anew on what others have made of the user.
const ATTEMPTS: u32 = 16;

/// On whose word users and tokens are changed. It is asked again right before a change is stored: a password takes its time to hash.
#[derive(Clone, Debug)]
pub enum Authority {
    /// Whoever has the database, or embeds the engine.
    Operator,
    /// An administrator, as their token told of them.
    Admin(Arc<User>),
}

impl Authority {
    /// Which user it is; `None` where it is none.
    pub(super) fn id(&self) -> Option<ActorId> {
        match self {
            Self::Operator => None,
            Self::Admin(admin) => Some(admin.id),
        }
    }
}

impl<S: Store> Engine<S> {
    /// Stores a user who was not there before.
    ///
    /// # Errors
    /// [`AccountError::SessionOver`], [`AccountError::EmailTaken`], [`AccountError::Overloaded`], or the store's.
    pub async fn create_user(&self, new: NewUser, authority: &Authority) -> Result<User, AccountError> {
        let password = Some(self.inner.accounts.passwords.hash(new.password().clone()).await?);
        self.check_authority(authority)?;
        let user = User::new(ActorId(Uuid::now_v7()), new, self.now());
        match self.inner.store.add_user(UserRecord { user: user.clone(), password }).await? {
            UserStored::Stored => {}
            UserStored::EmailTaken => return Err(AccountError::EmailTaken),
            UserStored::LastAdmin | UserStored::Conflict => return Err(AccountError::Contended),
        }
        self.inner.accounts.take_over(&self.inner.store, |known| known.directory.put(user.clone())).await;
        Ok(user)
    }

    /// Changes a user. What tokens tell of them, or a new password, logs them out everywhere.
    ///
    /// # Errors
    /// [`AccountError::NotFound`], [`AccountError::Invalid`] where they would work one area and have none,
    /// [`AccountError::SessionOver`], [`AccountError::EmailTaken`], [`AccountError::LastAdmin`],
    /// [`AccountError::Contended`], [`AccountError::Overloaded`], or the store's.
    pub async fn change_user(&self, id: ActorId, patch: UserPatch, authority: &Authority) -> Result<(), AccountError> {
        let before = self.existing(id).await?;
        // What is refused anyhow needs no hash.
        before.patched(patch.clone(), self.now())?;
        let hash = match patch.password() {
            Some(password) => Some(self.inner.accounts.passwords.hash(password.clone()).await?),
            None => None,
        };
        for _ in 0..ATTEMPTS {
            let before = self.existing(id).await?;
            self.check_authority(authority)?;
            let Some(after) = before.patched(patch.clone(), self.now())? else { return Ok(()) };
            match self.store_change(&before, after, hash.clone()).await {
                Err(AccountError::Contended) => {}
                outcome => return outcome,
            }
        }
        Err(AccountError::Contended)
    }

    /// Deletes a user: all but the name and the role, which history tells.
    ///
    /// # Errors
    /// [`AccountError::NotFound`], [`AccountError::SessionOver`], [`AccountError::LastAdmin`],
    /// [`AccountError::Contended`], or the store's.
    pub async fn delete_user(&self, id: ActorId, authority: &Authority) -> Result<(), AccountError> {
        self.remove_user(id, authority, User::deleted).await
    }

    /// Erases a user as a person: of what they did, history tells the role alone.
    ///
    /// # Errors
    /// As [`delete_user`](Self::delete_user).
    pub async fn erase_user(&self, id: ActorId, authority: &Authority) -> Result<(), AccountError> {
        self.remove_user(id, authority, User::erased).await
    }

    async fn remove_user(
        &self,
        id: ActorId,
        authority: &Authority,
        left: fn(&User, Timestamp) -> User,
    ) -> Result<(), AccountError> {
        for _ in 0..ATTEMPTS {
            let before = self.existing(id).await?;
            self.check_authority(authority)?;
            match self.store_change(&before, left(&before, self.now()), None).await {
                Err(AccountError::Contended) => {}
                outcome => return outcome,
            }
        }
        Err(AccountError::Contended)
    }

    /// Stores what has become of a user, and knows it at once.
    pub(super) async fn store_change(
        &self,
        before: &User,
        after: User,
        password: Option<PasswordHash>,
    ) -> Result<(), AccountError> {
        let needs_other_admin = before.stops_being_admin(&after);
        let expected_version = before.version;
        let change = UserChange { expected_version, user: after.clone(), password, needs_other_admin };
        match self.inner.store.change_user(change).await? {
            UserStored::Stored => {
                self.inner.accounts.take_over(&self.inner.store, |known| known.directory.put(after)).await;
                Ok(())
            }
            UserStored::EmailTaken => Err(AccountError::EmailTaken),
            UserStored::LastAdmin => Err(AccountError::LastAdmin),
            UserStored::Conflict => Err(AccountError::Contended),
        }
    }

    pub(super) fn check_authority(&self, authority: &Authority) -> Result<(), AccountError> {
        match authority {
            Authority::Admin(admin) if !(admin.is_active_admin() && self.is_still(admin)) => {
                Err(AccountError::SessionOver)
            }
            Authority::Admin(_) | Authority::Operator => Ok(()),
        }
    }

    async fn existing(&self, id: ActorId) -> Result<User, AccountError> {
        let user = self.inner.store.find_user(id).await?.map(|record| record.user);
        user.filter(|user| !user.is_deleted()).ok_or(AccountError::NotFound)
    }
}
