//! Accounts: users, the keys that their tokens are signed with, and attempts to log in.

use std::fmt;

use ticketing_core::{
    TimeDelta, Timestamp, User, Uuid,
    ticket::ActorId,
    user::{Attempts, BackOff, Settled},
};

use super::StoreError;

/// Users. Each change grows the revision of all accounts, in its own transaction.
pub trait UserStore: Send + Sync + 'static {
    /// A number that grows with each change of users, tokens or signing keys: cheap enough to be asked every second.
    fn accounts_revision(&self) -> impl Future<Output = Result<AccountsRevision, StoreError>> + Send;

    /// Every user, those who were deleted too. One who cannot be read is logged and left out: the others are as they are.
    fn users(&self) -> impl Future<Output = Result<Vec<User>, StoreError>> + Send;

    /// A user and what is kept of their password.
    fn find_user(&self, id: ActorId) -> impl Future<Output = Result<Option<UserRecord>, StoreError>> + Send;

    /// The user of an e-mail address, in the form in which addresses compare.
    fn find_user_by_email(
        &self,
        email_key: &str,
    ) -> impl Future<Output = Result<Option<UserRecord>, StoreError>> + Send;

    /// Stores a user who was not there before.
    fn add_user(&self, record: UserRecord) -> impl Future<Output = Result<UserStored, StoreError>> + Send;

    /// Stores what has become of a user. Of one who is deleted, nothing is left but the name and the role.
    fn change_user(&self, change: UserChange) -> impl Future<Output = Result<UserStored, StoreError>> + Send;
}

/// The keys that tokens are signed with, and checked against.
pub trait KeyStore: Send + Sync + 'static {
    /// Every key, oldest first. The last one signs. One that cannot be read is logged and left out.
    fn signing_keys(&self) -> impl Future<Output = Result<Vec<SigningKey>, StoreError>> + Send;

    /// Stores a key, which signs from now on; where it is meant to be the first one, only if there is none.
    fn add_signing_key(
        &self,
        key: SigningKey,
        only_as_first: bool,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps a key until an instant at least; `false` where it is gone already.
    fn keep_signing_key(&self, id: KeyId, until: Timestamp) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Forgets the keys all of whose tokens have expired, but never the last one; answers how many.
    fn forget_signing_keys(&self, expired_before: Timestamp) -> impl Future<Output = Result<usize, StoreError>> + Send;
}

/// Attempts to log in that did not succeed, or have not yet.
pub trait AttemptStore: Send + Sync + 'static {
    /// Counts an attempt under each of its keys, or under none where one of them has to wait. What it comes to is decided in
    /// the transaction that counts: what others count at the same time counts too.
    fn count_attempt(&self, attempt: Attempt) -> impl Future<Output = Result<Attempted, StoreError>> + Send;

    /// Notes what has become of an attempt that was counted, in one transaction.
    fn settle_attempt(&self, settlement: Settlement) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets the attempts whose last one was made before an instant; answers under how many keys.
    fn forget_attempts_before(&self, instant: Timestamp) -> impl Future<Output = Result<usize, StoreError>> + Send;
}

/// The number of the last change of users, tokens or signing keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct AccountsRevision(pub i64);

/// A user and what is kept of their password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserRecord {
    /// The user.
    pub user: User,
    /// `None` where they are deleted.
    pub password: Option<PasswordHash>,
}

/// What has become of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserChange {
    /// The version that it was decided on.
    pub expected_version: u32,
    /// The user after it.
    pub user: User,
    /// Their new password; `None`: the one they have.
    pub password: Option<PasswordHash>,
    /// It takes an active administrator away: there must be another one.
    pub needs_other_admin: bool,
}

/// What became of a user to be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserStored {
    /// It is stored.
    Stored,
    /// Another user has the e-mail address.
    EmailTaken,
    /// There is no other active administrator.
    LastAdmin,
    /// The user has another version, or is not there.
    Conflict,
}

/// What is kept of a password: a text in the PHC format. It does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

/// The name of a signing key, as tokens give it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyId(pub Uuid);

/// A key that tokens are signed with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningKey {
    /// Its name.
    pub id: KeyId,
    /// The key itself.
    pub secret: KeySecret,
    /// When it came to be.
    pub created_at: Timestamp,
    /// No token that was signed with it is valid for longer.
    pub tokens_until: Timestamp,
}

/// 32 random octets that do not show.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(pub [u8; 32]);

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

/// By what attempts are counted: a hash, so that the store does not tell who tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AttemptKey(pub [u8; 32]);

/// An attempt to log in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// By what it is counted, and how long each of them makes it wait.
    pub keys: Vec<(AttemptKey, BackOff)>,
    /// When it is made.
    pub now: Timestamp,
}

/// What has become of an attempt that was counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// When it was made.
    pub made_at: Timestamp,
    /// What has become of it under each of its keys.
    pub keys: Vec<(AttemptKey, Settled)>,
}

/// What became of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attempted {
    /// It is counted and may be made.
    Counted,
    /// It may not be made yet, and is not counted.
    TooEarly {
        /// How long to wait.
        wait: TimeDelta,
    },
}

impl Attempt {
    /// What the attempt comes to, told what was counted under each key so far: all of them count it, or the longest wait.
    ///
    /// # Errors
    /// Those of `so_far`.
    pub fn decide(
        &self,
        so_far: impl Fn(AttemptKey) -> Result<Attempts, StoreError>,
    ) -> Result<Result<Vec<(AttemptKey, Attempts)>, TimeDelta>, StoreError> {
        let (mut counted, mut longest) = (Vec::with_capacity(self.keys.len()), None);
        for (key, policy) in &self.keys {
            match policy.attempt(so_far(*key)?, self.now) {
                Ok(attempts) => counted.push((*key, attempts)),
                Err(wait) => longest = longest.max(Some(wait)),
            }
        }
        Ok(longest.map_or(Ok(counted), Err))
    }
}
