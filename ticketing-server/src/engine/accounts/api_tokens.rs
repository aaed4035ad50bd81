//! Tokens of other systems: secrets that are known by their hash.
//!
//! All of them are in memory, as users are, and read again with them. A secret is looked up by its SHA-256: it is random, so that
//! a slow hash would protect nothing, and how long it takes to find tells nothing of it.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};
use ticketing_core::{
    TimeDelta, Timestamp, Token, Uuid,
    ticket::ActorId,
    token::{NewToken, TokenSecret},
};

use super::{AccountError, AuthError, Authority, passwords::random};
use crate::{
    Engine,
    store::{Store, StoreError, TokenHash, TokenRecord, TokenStored},
};

/// All tokens, so that no request has to ask the store what it comes from.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    by_id: HashMap<ActorId, Arc<Token>>,
    by_hash: HashMap<TokenHash, ActorId>,
}

impl Tokens {
    pub(super) fn new(records: Vec<TokenRecord>) -> Self {
        let mut tokens = Self::default();
        for record in records {
            tokens.put(record);
        }
        tokens
    }

    fn put(&mut self, TokenRecord { token, hash }: TokenRecord) {
        self.by_hash.insert(hash, token.id);
        self.by_id.insert(token.id, Arc::new(token));
    }

    fn revoke(&mut self, id: ActorId, now: Timestamp) {
        if let Some(token) = self.by_id.get_mut(&id) {
            *token = Arc::new(token.revoked(now));
        }
    }

    fn of_secret(&self, secret: &TokenSecret) -> Option<Arc<Token>> {
        self.by_hash.get(&hash_of(secret)).and_then(|id| self.by_id.get(id)).map(Arc::clone)
    }
}

fn hash_of(secret: &TokenSecret) -> TokenHash {
    TokenHash(Sha256::digest(secret.reveal()).into())
}

/// When tokens were last used that the store does not know of yet.
#[derive(Default)]
pub(super) struct Uses(Mutex<Unnoted>);

#[derive(Default)]
struct Unnoted {
    uses: HashMap<ActorId, Timestamp>,
    /// When some were last noted.
    noted_at: Option<Timestamp>,
}

impl Uses {
    fn remember(&self, id: ActorId, at: Timestamp) {
        self.lock().remember(id, at);
    }

    fn last_of(&self, id: ActorId) -> Option<Timestamp> {
        self.lock().uses.get(&id).copied()
    }

    /// What is to be noted now, where it is a minute since the last time.
    fn take_due(&self, now: Timestamp) -> Vec<(ActorId, Timestamp)> {
        const SELDOM: TimeDelta = TimeDelta::minutes(1);
        let mut unnoted = self.lock();
        // A clock that was set back does not make it wait.
        let is_due = unnoted.noted_at.is_none_or(|noted_at| now.since(noted_at).abs() >= SELDOM);
        if unnoted.uses.is_empty() || !is_due {
            return vec![];
        }
        unnoted.noted_at = Some(now);
        mem::take(&mut unnoted.uses).into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Unnoted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unnoted {
    fn remember(&mut self, id: ActorId, at: Timestamp) {
        let last = self.uses.entry(id).or_insert(at);
        *last = at.max(*last);
    }
}

impl<S: Store> Engine<S> {
    /// Stores a token that was not there before. Its secret is told this once: only a hash of it is kept.
    ///
    /// # Errors
    /// [`AccountError::SessionOver`], [`AccountError::TokenNameTaken`], or the store's.
    pub async fn create_token(
        &self,
        new: NewToken,
        authority: &Authority,
    ) -> Result<(Token, TokenSecret), AccountError> {
        self.check_authority(authority)?;
        let secret = TokenSecret::from_random(random()?, random()?);
        let token = Token::new(ActorId(Uuid::now_v7()), new, &secret, authority.id(), self.now());
        let record = TokenRecord { token: token.clone(), hash: hash_of(&secret) };
        match self.inner.store.add_token(record.clone()).await? {
            TokenStored::Stored => {}
            TokenStored::NameTaken => return Err(AccountError::TokenNameTaken),
        }
        self.inner.accounts.take_over(&self.inner.store, |known| known.tokens.put(record)).await;
        Ok((token, secret))
    }

    /// Revokes a token: here it says nothing from now on, in other processes within a second. One that was revoked stays so.
    ///
    /// # Errors
    /// [`AccountError::SessionOver`], [`AccountError::TokenNotFound`], or the store's.
    pub async fn revoke_token(&self, id: ActorId, authority: &Authority) -> Result<(), AccountError> {
        self.check_authority(authority)?;
        let now = self.now();
        if !self.inner.store.revoke_token(id, now).await? {
            return Err(AccountError::TokenNotFound);
        }
        self.inner.accounts.take_over(&self.inner.store, |known| known.tokens.revoke(id, now)).await;
        Ok(())
    }

    /// Every token with its last use, by name; those that say nothing any more come last.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let now = self.now();
        let mut tokens: Vec<_> = self.inner.store.tokens().await?.into_iter().map(|record| record.token).collect();
        for token in &mut tokens {
            token.last_used_at = token.last_used_at.max(self.inner.accounts.uses.last_of(token.id));
        }
        tokens.sort_by_cached_key(|token| (!token.is_valid(now), token.name_key(), token.id));
        Ok(tokens)
    }

    /// The token of a secret that somebody shows.
    ///
    /// # Errors
    /// [`AuthError::InvalidToken`] where there is none, and where it has expired or was revoked: it is one case. Or the store's,
    /// where it must be looked for.
    pub async fn authenticate_api_token(&self, secret: &str) -> Result<Arc<Token>, AuthError> {
        let accounts = &self.inner.accounts;
        let secret = TokenSecret::parse(secret).ok_or(AuthError::InvalidToken)?;
        let mut token = accounts.known().tokens.of_secret(&secret);
        // Another process may just have created it.
        if token.is_none() && accounts.looked_for_tokens.may_look() {
            self.refresh_accounts().await?;
            token = accounts.known().tokens.of_secret(&secret);
        }
        let now = self.now();
        let token = token.filter(|token| token.is_valid(now)).ok_or(AuthError::InvalidToken)?;
        accounts.uses.remember(token.id, now);
        Ok(token)
    }

    /// What a token is called, also one that was revoked.
    pub fn token_name(&self, id: ActorId) -> Option<String> {
        self.inner.accounts.known().tokens.by_id.get(&id).map(|token| token.name.clone())
    }

    /// Notes when tokens were last used: all at once, and once a minute at most, however often it is called. Those of the last
    /// minute of a process are lost with it.
    ///
    /// # Errors
    /// When the store fails. What was to be noted is noted the next time.
    pub async fn note_token_uses(&self) -> Result<(), StoreError> {
        let uses = self.inner.accounts.uses.take_due(self.now());
        if uses.is_empty() {
            return Ok(());
        }
        let noted = self.inner.store.note_token_uses(uses.clone()).await;
        if noted.is_err() {
            let mut unnoted = self.inner.accounts.uses.lock();
            for (id, at) in uses {
                unnoted.remember(id, at);
            }
        }
        noted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_millis(seconds * 1000).unwrap()
    }

    #[test]
    fn uses_are_noted_together_and_once_a_minute() {
        let uses = Uses::default();
        let [one, two] = [1, 2].map(|number| ActorId(Uuid::from_u128(number)));
        assert_eq!(uses.take_due(at(0)), []);
        uses.remember(one, at(100));
        assert_eq!(uses.take_due(at(100)), [(one, at(100))]);
        // Requests that are answered at the same time may end in another order.
        uses.remember(one, at(120));
        uses.remember(one, at(110));
        uses.remember(two, at(130));
        assert_eq!(uses.take_due(at(159)), []);
        assert_eq!(uses.last_of(one), Some(at(120)));
        let mut due = uses.take_due(at(160));
        due.sort_unstable();
        assert_eq!(due, [(one, at(120)), (two, at(130))]);
        assert_eq!(uses.take_due(at(500)), []);
        uses.remember(one, at(10));
        assert_eq!(uses.take_due(at(10)), [(one, at(10))], "the clock was set back");
    }
}
