//! Hashes of passwords: argon2id, off the threads that answer requests, a few at a time.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash as Phc},
};
use ticketing_core::user::Password;
use tokio::sync::Semaphore;

use super::AccountError;
use crate::store::{PasswordHash, StoreError};

/// What it costs to check a password, and so to guess one. Less than the least is the least.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl PasswordCost {
    /// The least that there is: for tests.
    pub const LEAST: Self = Self { memory_kib: Params::MIN_M_COST, passes: 1 };
}

/// Some 20 ms. Source: OWASP, Password Storage Cheat Sheet.
impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

pub(super) struct Passwords {
    argon2: Argon2<'static>,
    /// As many at once as there are processors.
    at_once: Arc<Semaphore>,
    /// Those, and the ones that wait.
    in_all: Arc<Semaphore>,
    runs: Arc<AtomicU64>,
}

/// How many passwords may wait for each one that is being worked on: a second or so.
const WAITING_PER_PROCESSOR: usize = 32;

impl Passwords {
    pub(super) fn new(cost: PasswordCost) -> Self {
        let PasswordCost { memory_kib, passes } = cost;
        let (memory_kib, passes) = (memory_kib.max(Params::MIN_M_COST), passes.max(Params::MIN_T_COST));
        // Never the default: any other cost makes sense.
        let params = Params::new(memory_kib, passes, 1, None).unwrap_or_default();
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            at_once: Arc::new(Semaphore::new(at_once)),
            in_all: Arc::new(Semaphore::new(at_once * (1 + WAITING_PER_PROCESSOR))),
            runs: Arc::default(),
        }
    }

    pub(super) fn runs(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.runs)
    }

    /// What to keep of a password.
    pub(super) async fn hash(&self, password: Password) -> Result<PasswordHash, AccountError> {
        let (argon2, salt) = (self.argon2.clone(), random::<16>()?);
        let hash = self.run(move || argon2.hash_password_with_salt(password.reveal().as_bytes(), &salt)).await?;
        let hash: Phc = hash.map_err(|_| AccountError::Broken("a password could not be hashed"))?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether a password is the one that was kept. Where there is none, it is not, after the same work.
    pub(super) async fn is_right(&self, password: Password, kept: Option<&PasswordHash>) -> Result<bool, AccountError> {
        let argon2 = self.argon2.clone();
        let Some(kept) = kept else {
            let salt = [0; 16];
            self.run(move || argon2.hash_password_with_salt(password.reveal().as_bytes(), &salt).is_ok()).await?;
            return Ok(false);
        };
        let kept = Phc::new(&kept.0).map_err(|_| AccountError::Broken("what is kept of a password is no hash"))?;
        self.run(move || argon2.verify_password(password.reveal().as_bytes(), &kept).is_ok()).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AccountError> {
        let entered = Arc::clone(&self.in_all).try_acquire_owned().map_err(|_| AccountError::Overloaded)?;
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| AccountError::Overloaded)?;
        let runs = Arc::clone(&self.runs);
        // What was begun is done, also when nobody waits for it any more: it keeps its permits until then.
        let work = tokio::task::spawn_blocking(move || {
            runs.fetch_add(1, Relaxed);
            let done = work();
            drop((permit, entered));
            done
        });
        work.await.map_err(|_| AccountError::Broken("the work on a password broke off"))
    }
}

/// Octets that nobody can foresee.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| StoreError::Unavailable(error.into()))?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        let form = format!(r#"{{"email": "a", "password": "{text}"}}"#);
        ticketing_core::user::Login::from_json(form.as_bytes()).unwrap().password
    }

    #[test]
    fn what_is_kept_is_argon2id_with_the_cost_that_was_asked_for_and_a_salt_of_its_own() {
        let passwords = Passwords::new(PasswordCost { memory_kib: 0, passes: 0 });
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let kept = passwords.hash(password("tulipanes")).await.unwrap();
            assert!(kept.0.starts_with("$argon2id$v=19$m=8,t=1,p=1$") && !kept.0.contains("tulipan"));
            assert_ne!(passwords.hash(password("tulipanes")).await.unwrap(), kept);
            assert!(passwords.is_right(password("tulipanes"), Some(&kept)).await.unwrap());
            assert!(!passwords.is_right(password("tulipane"), Some(&kept)).await.unwrap());
            assert!(!passwords.is_right(password("tulipanes"), None).await.unwrap());
            assert_eq!(passwords.runs().load(Relaxed), 5);
            assert_eq!(format!("{kept:?}"), "••••••");
        });
    }

    #[test]
    fn a_flood_is_refused_instead_of_kept_waiting() {
        let passwords = Passwords::new(PasswordCost::LEAST);
        let most = passwords.in_all.available_permits();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let held = Arc::clone(&passwords.in_all).try_acquire_many_owned(u32::try_from(most).unwrap()).unwrap();
            let refused = passwords.is_right(password("tulipanes"), None).await;
            assert!(matches!(refused, Err(AccountError::Overloaded)));
            drop(held);
            assert!(!passwords.is_right(password("tulipanes"), None).await.unwrap());
        });
        assert_eq!(passwords.in_all.available_permits(), most);
    }
}
