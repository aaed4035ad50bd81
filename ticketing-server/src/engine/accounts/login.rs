use std::{fmt, net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};
use ticketing_core::{
    User, Violations,
    user::{BackOff, Login, Password, PasswordChange},
    violation::Problem,
};

use super::AccountError;
use crate::{
    Engine,
    store::{Attempt, AttemptKey, Attempted, Store, UserRecord},
};

/// Somebody who has just logged in.
#[derive(Clone)]
pub struct LoggedIn {
    /// What they show from now on. It is a secret, which `Debug` keeps.
    pub token: String,
    /// Who they are.
    pub user: User,
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedIn").field("token", &format_args!("••••••")).field("user", &self.user).finish()
    }
}

impl<S: Store> Engine<S> {
    /// Logs a user in. `address` is the client's, an IPv6 network of 64 bits as one, where it is known.
    ///
    /// An unknown address and a wrong password cost the same work and are one case.
    ///
    /// # Errors
    /// [`AccountError::InvalidCredentials`]; [`AccountError::Deactivated`] after the right password only;
    /// [`AccountError::TooEarly`] after too many wrong ones, of this account or from this address;
    /// [`AccountError::Overloaded`], or the store's.
    pub async fn log_in(&self, login: Login, address: Option<IpAddr>) -> Result<LoggedIn, AccountError> {
        let store = &self.inner.store;
        let attempt = self.attempt(&login.email_key(), address).await?;
        // Before the user is read: a change that is stored after that makes the token say nothing.
        let at = self.now();
        let record = store.find_user_by_email(&login.email_key()).await?;
        self.check_password(attempt, login.password, record.as_ref()).await?;
        let user = record.map(|record| record.user).ok_or(AccountError::InvalidCredentials)?;
        if !user.is_active {
            return Err(AccountError::Deactivated);
        }
        let token = self.issue_token(&user, at).await?;
        // Another process may have made the change; the token is to be good for the next request.
        if self.user(user.id).is_none_or(|known| *known != user) {
            self.inner.accounts.read(store).await?;
        }
        Ok(LoggedIn { token, user })
    }

    /// Gives a user another password, which logs them out everywhere.
    ///
    /// # Errors
    /// [`AccountError::Invalid`] where the one they say they have is another one: a 401 would log out a client whose session is
    /// good. It counts as a wrong password everywhere else does. [`AccountError::SessionOver`] where they are not any more who
    /// they were, or as [`log_in`](Self::log_in).
    pub async fn change_own_password(
        &self,
        user: &User,
        change: PasswordChange,
        address: Option<IpAddr>,
    ) -> Result<(), AccountError> {
        let PasswordChange { current, new } = change;
        let email = user.email.as_ref().ok_or(AccountError::SessionOver)?;
        let attempt = self.attempt(&email.key(), address).await?;
        let record = self.inner.store.find_user(user.id).await?.ok_or(AccountError::SessionOver)?;
        match self.check_password(attempt, current, Some(&record)).await {
            Err(AccountError::InvalidCredentials) => {
                return Err(Violations::of(PasswordChange::CURRENT_FIELD, Problem::WrongPassword).into());
            }
            outcome => outcome?,
        }
        let hash = self.inner.accounts.passwords.hash(new).await?;
        let (after, now) = (record.user.clone(), self.now());
        if !self.is_still(user) || record.user.tokens_valid_from != user.tokens_valid_from {
            return Err(AccountError::SessionOver);
        }
        // Whoever was faster may have set a password: the one that was just checked is not theirs any more.
        self.store_change(&record.user, after.with_password_changed(now), Some(hash)).await
    }

    /// Counts an attempt: before the password is checked, so that attempts at the same time count.
    async fn attempt(&self, email_key: &str, address: Option<IpAddr>) -> Result<Counted, AccountError> {
        let account = key("account", email_key);
        let address = address.map(|address| key("address", &address.to_string()));
        let keys = [(account, BackOff::ACCOUNT)].into_iter();
        let keys = keys.chain(address.map(|address| (address, BackOff::ADDRESS))).collect();
        match self.inner.store.count_attempt(Attempt { keys, now: self.now() }).await? {
            Attempted::Counted => Ok(Counted { account, address }),
            Attempted::TooEarly { wait } => {
                Err(AccountError::TooEarly { wait: wait.to_std().unwrap_or(Duration::from_secs(1)) })
            }
        }
    }

    /// Checks a password, and takes the attempt back where it is right.
    async fn check_password(
        &self,
        Counted { account, address }: Counted,
        password: Password,
        record: Option<&UserRecord>,
    ) -> Result<(), AccountError> {
        let (store, address) = (&self.inner.store, address.into_iter().collect::<Vec<_>>());
        let kept = record.and_then(|record| record.password.as_ref());
        match self.inner.accounts.passwords.is_right(password, kept).await {
            // An address keeps its other attempts: whoever has an account of their own could guess on without end.
            Ok(true) => Ok(store.settle_attempt(vec![account], address).await?),
            Ok(false) => Err(AccountError::InvalidCredentials),
            // It was not looked at.
            Err(error) => {
                store.settle_attempt(vec![], [vec![account], address].concat()).await?;
                Err(error)
            }
        }
    }
}

/// An attempt that was counted, by what.
struct Counted {
    account: AttemptKey,
    address: Option<AttemptKey>,
}

/// Hashed: the store needs not tell who tried.
fn key(kind: &str, who: &str) -> AttemptKey {
    AttemptKey(Sha256::new().chain_update(kind).chain_update([0]).chain_update(who).finalize().into())
}
