use std::{fmt, net::IpAddr, time::Duration};

use sha2::{Digest, Sha256};
use ticketing_core::{
    User, Violations,
    ticket::ActorId,
    user::{BackOff, Login, Password, PasswordChange, Settled},
    violation::Problem,
};

use super::AccountError;
use crate::{
    Engine,
    store::{Attempt, AttemptKey, Attempted, Settlement, Store, UserRecord},
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
        // Before the user is read: a change that is stored after that makes the token say nothing.
        let at = self.now();
        let counts = Count::of_login(&login.email_key(), address);
        let UserRecord { user, .. } =
            self.check_password(counts, Whose::Email(login.email_key()), login.password).await?;
        if !user.is_active {
            return Err(AccountError::Deactivated);
        }
        let token = self.issue_token(&user, at).await?;
        // Another process may have made the change; the token is to be good for the next request.
        if self.user(user.id).is_none_or(|known| *known != user) {
            self.inner.accounts.read(&self.inner.store).await?;
        }
        Ok(LoggedIn { token, user })
    }

    /// Gives a user who has a session another password, which logs them out everywhere.
    ///
    /// # Errors
    /// [`AccountError::Invalid`] where the one they say they have is another one: a 401 would log out a client whose session is
    /// good. [`AccountError::TooEarly`] after too many of those, whoever else has guessed at the account.
    /// [`AccountError::SessionOver`] where they are not any more who they were; [`AccountError::Contended`],
    /// [`AccountError::Overloaded`], or the store's.
    pub async fn change_own_password(&self, user: &User, change: PasswordChange) -> Result<(), AccountError> {
        let PasswordChange { current, new } = change;
        let checked = self.check_password(Count::of_own_password(user.id), Whose::Id(user.id), current).await;
        let before = match checked {
            Ok(record) => record.user,
            Err(AccountError::InvalidCredentials) => {
                return Err(Violations::of(PasswordChange::CURRENT_FIELD, Problem::WrongPassword).into());
            }
            Err(error) => return Err(error),
        };
        let hash = self.inner.accounts.passwords.hash(new).await?;
        if !self.is_still(user) || before.tokens_valid_from != user.tokens_valid_from {
            return Err(AccountError::SessionOver);
        }
        // Whoever was faster may have set a password: the one that was just checked is not theirs any more.
        self.store_change(&before, before.with_password_changed(self.now()), Some(hash)).await
    }

    /// The user whose password it is. The attempt counts before the password is looked at, so that attempts at the same time
    /// count, and is settled after that, also where the client has hung up: it is no wrong one for that.
    async fn check_password(
        &self,
        counts: Vec<Count>,
        whose: Whose,
        password: Password,
    ) -> Result<UserRecord, AccountError> {
        let engine = self.clone();
        let checked = tokio::spawn(async move { engine.count_and_check(counts, whose, password).await }).await;
        checked.unwrap_or(Err(AccountError::Broken("the check of a password broke off")))
    }

    async fn count_and_check(
        &self,
        counts: Vec<Count>,
        whose: Whose,
        password: Password,
    ) -> Result<UserRecord, AccountError> {
        let (store, made_at) = (&self.inner.store, self.now());
        let keys = counts.iter().map(|count| (count.key, count.policy)).collect();
        if let Attempted::TooEarly { wait } = store.count_attempt(Attempt { keys, now: made_at }).await? {
            return Err(AccountError::TooEarly { wait: wait.to_std().unwrap_or(Duration::from_secs(1)) });
        }
        let checked = self.right_one(whose, password).await;
        let settled = |count: Count| match &checked {
            Ok(_) => (count.key, count.when_right),
            Err(AccountError::InvalidCredentials) => (count.key, Settled::Wrong),
            // It was not looked at.
            Err(_) => (count.key, Settled::TakenBack),
        };
        store.settle_attempt(Settlement { made_at, keys: counts.into_iter().map(settled).collect() }).await?;
        checked
    }

    async fn right_one(&self, whose: Whose, password: Password) -> Result<UserRecord, AccountError> {
        let record = match whose {
            Whose::Email(key) => self.inner.store.find_user_by_email(&key).await?,
            Whose::Id(id) => self.inner.store.find_user(id).await?,
        };
        let kept = record.as_ref().and_then(|record| record.password.as_ref());
        let is_right = self.inner.accounts.passwords.is_right(password, kept).await?;
        record.filter(|_| is_right).ok_or(AccountError::InvalidCredentials)
    }
}

/// Whose password is checked.
enum Whose {
    /// Of whoever logs in with this address, in the form in which addresses compare.
    Email(String),
    Id(ActorId),
}

/// By what an attempt counts.
struct Count {
    key: AttemptKey,
    policy: BackOff,
    /// What the right password does to what was counted so far.
    when_right: Settled,
}

impl Count {
    fn of_login(email_key: &str, address: Option<IpAddr>) -> Vec<Self> {
        let address = address.map(|address| address.to_string());
        let from = address.as_deref().unwrap_or_default();
        let mut counts = vec![
            Self {
                key: key(["account at address", from, email_key]),
                policy: BackOff::ACCOUNT_AT_ADDRESS,
                when_right: Settled::Forgiven,
            },
            Self { key: key(["account", email_key]), policy: BackOff::ACCOUNT, when_right: Settled::Forgiven },
        ];
        if address.is_some() {
            // It keeps its other attempts: whoever has an account of their own could guess on without end.
            let (policy, when_right) = (BackOff::ADDRESS, Settled::TakenBack);
            counts.push(Self { key: key(["address", from]), policy, when_right });
        }
        counts
    }

    /// Apart from logins: what strangers guess must not be in the way of whoever has a session.
    fn of_own_password(id: ActorId) -> Vec<Self> {
        let key = key(["own password", &id.0.to_string()]);
        vec![Self { key, policy: BackOff::OWN_PASSWORD, when_right: Settled::Forgiven }]
    }
}

/// Hashed: the store needs not tell who tried. Of all parts only the last one may be anything.
fn key<const N: usize>(parts: [&str; N]) -> AttemptKey {
    let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update([0]).chain_update(part));
    AttemptKey(hash.finalize().into())
}
