//! Tokens of other systems.

use std::fmt;

use ticketing_core::{Timestamp, Token, ticket::ActorId};

use super::StoreError;

/// Tokens. Each change but that of a last use grows the revision of all accounts, in its own transaction.
pub trait TokenStore: Send + Sync + 'static {
    /// Every token, oldest first, those that were revoked too. One that cannot be read is logged and left out: the others are
    /// as they are.
    fn tokens(&self) -> impl Future<Output = Result<Vec<TokenRecord>, StoreError>> + Send;

    /// Stores a token that was not there before. Of all that are valid when it is created, it alone has its name.
    fn add_token(&self, record: TokenRecord) -> impl Future<Output = Result<TokenStored, StoreError>> + Send;

    /// Notes since when a token says nothing, the first time that it is told; `false` where there is no such token.
    fn revoke_token(&self, id: ActorId, at: Timestamp) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Notes when tokens were last used, all in one transaction. None of them was used last before what is noted already.
    fn note_token_uses(&self, uses: Vec<(ActorId, Timestamp)>) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A token and what is kept of its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRecord {
    /// The token.
    pub token: Token,
    /// By which its secret is known.
    pub hash: TokenHash,
}

/// The SHA-256 of a token's secret. It does not show.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

/// What became of a token to be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenStored {
    /// It is stored.
    Stored,
    /// Another one that is valid has the name.
    NameTaken,
}
