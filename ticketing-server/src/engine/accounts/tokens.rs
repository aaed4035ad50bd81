//! Tokens of people: JSON Web Tokens, signed with HMAC-SHA-256.
//!
//! A token says who its user is and what they may do. It is believed only while that is so: each request compares it with
//! the directory, which is in memory.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Deserializer, Serialize};
use ticketing_core::{Timestamp, User, Uuid, ticket::ActorId, user::UserRole};

use super::{AccountError, AuthError, passwords::random};
use crate::{
    Engine,
    store::{KeyId, KeySecret, SigningKey, Store, StoreError},
};

/// What a token says. Source: the Mesa de Ayuda contract.
#[derive(PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: ActorId,
    email: String,
    nombre: String,
    rol: String,
    /// Null where there is none.
    #[serde(deserialize_with = "given")]
    area: Option<String>,
    /// Seconds since the epoch, as is `exp`.
    iat: i64,
    exp: i64,
}

/// What may be null, but not be absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// The keys, ready for use.
#[derive(Clone, Default)]
pub(super) struct Keys {
    by_id: HashMap<Uuid, Arc<Key>>,
    signing: Option<Arc<Key>>,
}

struct Key {
    id: KeyId,
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Until when the store keeps it, in seconds.
    kept_until: AtomicI64,
}

impl Keys {
    /// The last one signs.
    pub(super) fn new(keys: Vec<SigningKey>) -> Self {
        let key = |key: SigningKey| {
            Arc::new(Key {
                id: key.id,
                encoding: EncodingKey::from_secret(&key.secret.0),
                decoding: DecodingKey::from_secret(&key.secret.0),
                kept_until: AtomicI64::new(seconds(key.tokens_until)),
            })
        };
        let keys: Vec<_> = keys.into_iter().map(key).collect();
        let signing = keys.last().map(Arc::clone);
        Self { by_id: keys.into_iter().map(|key| (key.id.0, key)).collect(), signing }
    }
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generate(now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self { id: KeyId(Uuid::now_v7()), secret: KeySecret(random()?), created_at: now, tokens_until: now })
    }
}

/// When something that was not known was last looked for in the store.
#[derive(Default)]
pub(super) struct LookedFor(Mutex<Option<Instant>>);

impl LookedFor {
    /// Another process may just have added it; whoever invents keys or tokens must not keep the store busy.
    pub(super) fn may_look(&self) -> bool {
        const SELDOM: Duration = Duration::from_secs(1);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may_look = last.is_none_or(|last| last.elapsed() > SELDOM);
        if may_look {
            *last = Some(Instant::now());
        }
        may_look
    }
}

impl<S: Store> Engine<S> {
    /// The user of a token.
    ///
    /// # Errors
    /// [`AuthError::InvalidToken`] where it is not signed by us, has expired, or tells of its user what is not so any more:
    /// they may have been changed, deactivated or deleted. Or the store's, where a key must be looked for.
    pub async fn authenticate(&self, token: &str) -> Result<Arc<User>, AuthError> {
        let accounts = &self.inner.accounts;
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::InvalidToken)?;
        let id = header.kid.as_deref().and_then(|id| Uuid::try_parse(id).ok()).ok_or(AuthError::InvalidToken)?;
        if !accounts.known().keys.by_id.contains_key(&id) && accounts.looked_for_keys.may_look() {
            accounts.read(&self.inner.store).await?;
        }
        let known = accounts.known();
        let key = known.keys.by_id.get(&id).ok_or(AuthError::InvalidToken)?;
        let claims = verified(token, &key.decoding).ok_or(AuthError::InvalidToken)?;
        let user = known.directory.user(claims.sub).ok_or(AuthError::InvalidToken)?;
        if claims.are_valid(&user, self.now()) { Ok(user) } else { Err(AuthError::InvalidToken) }
    }

    /// A token for a user as they were read at an instant.
    pub(super) async fn issue_token(&self, user: &User, at: Timestamp) -> Result<String, AccountError> {
        const ATTEMPTS: u32 = 4;
        let accounts = &self.inner.accounts;
        let iat = seconds(user.token_issued_at(at));
        let exp = iat + i64::from(accounts.options.token_minutes.get()) * 60;
        for _ in 0..ATTEMPTS {
            let known = accounts.known();
            let no_key = || StoreError::Damaged("there is no key to sign tokens with".into());
            let key = known.keys.signing.as_ref().ok_or_else(no_key)?;
            if self.is_kept(key, exp).await? {
                let header = Header { kid: Some(key.id.0.to_string()), ..Header::new(Algorithm::HS256) };
                let claims = Claims::of(user, iat, exp);
                return jsonwebtoken::encode(&header, &claims, &key.encoding)
                    .map_err(|_| AccountError::Broken("a token could not be signed"));
            }
            // Another process has a new key and has forgotten this one.
            accounts.read(&self.inner.store).await?;
        }
        Err(AccountError::Contended)
    }

    /// Makes sure that a key is kept for as long as a token of it is valid. Noted hours ahead: seldom, and not for each token.
    async fn is_kept(&self, key: &Key, exp: i64) -> Result<bool, StoreError> {
        const AHEAD_SECONDS: i64 = 2 * 60 * 60;
        if key.kept_until.load(Relaxed) >= exp {
            return Ok(true);
        }
        let until = exp + AHEAD_SECONDS;
        let instant = Timestamp::saturating_from_unix_millis(until.saturating_mul(1000));
        let is_kept = self.inner.store.keep_signing_key(key.id, instant).await?;
        if is_kept {
            key.kept_until.fetch_max(until, Relaxed);
        }
        Ok(is_kept)
    }
}

/// What a token says, where it is signed with this key and says everything that ours do. When it expires is another matter,
/// because it is our clock that tells.
fn verified(token: &str, key: &DecodingKey) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, key, &validation).ok().map(|token| token.claims)
}

impl Claims {
    fn of(user: &User, iat: i64, exp: i64) -> Self {
        Self {
            sub: user.id,
            email: user.email.as_ref().map_or("", |email| email.as_str()).to_owned(),
            nombre: user.name.clone(),
            rol: user.role.name().to_owned(),
            area: user.area.clone(),
            iat,
            exp,
        }
    }

    fn are_valid(&self, user: &User, now: Timestamp) -> bool {
        let is_true = user.email.as_ref().is_some_and(|email| email.as_str() == self.email)
            && user.name == self.nombre
            && UserRole::from_name(&self.rol) == Some(user.role)
            && user.area == self.area;
        is_true && user.is_active && self.iat >= seconds(user.tokens_valid_from) && self.exp > seconds(now)
    }
}

const fn seconds(at: Timestamp) -> i64 {
    at.unix_millis() / 1000
}
