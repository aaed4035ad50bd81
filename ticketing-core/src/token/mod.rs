//! Tokens of other systems: what they may do at the integration API, until when, and what they look like.
//!
//! - [`NewToken`]: the form, read from JSON with all violations at once.
//! - [`Token`]: a token's state. It has nothing of the secret but its start.
//! - [`TokenSecret`]: what the other system shows. Only a hash of it is kept, and not here.

mod form;
mod scope;
mod secret;

pub use self::{
    form::NewToken,
    scope::{Scopes, TokenScope},
    secret::TokenSecret,
};
use crate::{
    Timestamp, text,
    ticket::{Actor, ActorId},
};

/// What another system may do, or once might.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its identity.
    pub id: ActorId,
    /// What people call it. It stays when the token is revoked, because history tells it.
    pub name: String,
    /// The start of its secret, by which people recognise it.
    pub prefix: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it came to be.
    pub created_at: Timestamp,
    /// The administrator who created it; `None`: whoever has the database.
    pub created_by: Option<ActorId>,
    /// From then on it says nothing; `None`: it is for good.
    pub expires_at: Option<Timestamp>,
    /// Since when it says nothing; `None`: it was not revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, as far as that was noted.
    pub last_used_at: Option<Timestamp>,
}

impl Token {
    /// A token that was not there before.
    pub fn new(
        id: ActorId,
        new: NewToken,
        secret: &TokenSecret,
        created_by: Option<ActorId>,
        created_at: Timestamp,
    ) -> Self {
        let NewToken { name, scopes, expires_at } = new;
        let prefix = secret.prefix().to_owned();
        Self { id, name, prefix, scopes, created_at, created_by, expires_at, revoked_at: None, last_used_at: None }
    }

    /// Whether it says anything at an instant.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Whether it may do what a scope stands for, while it is valid.
    pub fn may(&self, scope: TokenScope) -> bool {
        self.scopes.contains(scope)
    }

    /// The token after it is revoked. It says nothing since the first time.
    #[must_use]
    pub fn revoked(&self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self.clone() }
    }

    /// The token as something that gives commands.
    pub const fn actor(&self) -> Actor {
        Actor::Token(self.id)
    }

    /// By which names compare, and tokens are listed: letter case, accents and the width of white space aside.
    pub fn name_key(&self) -> String {
        Self::key_of(&self.name)
    }

    /// The same of a name that somebody types.
    pub fn key_of(name: &str) -> String {
        text::priority_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Uuid;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn token(form: &str) -> Token {
        let now = at("2026-03-24T10:15:00Z");
        let new = NewToken::from_json(form.as_bytes(), now).unwrap();
        Token::new(ActorId(Uuid::from_u128(1)), new, &TokenSecret::from_random([1; 6], [2; 32]), None, now)
    }

    #[test]
    fn a_token_says_nothing_from_the_instant_at_which_it_expires() {
        let form = r#"{"nombre": "crm", "alcances": ["tickets:read"], "expira_en": "2026-03-25T00:00:00.001+00:00"}"#;
        let token = token(form);
        assert!(token.is_valid(at("2026-03-25T00:00:00.000Z")));
        assert!(!token.is_valid(at("2026-03-25T00:00:00.001Z")));
    }

    #[test]
    fn a_token_that_is_revoked_says_nothing_since_the_first_time() {
        let token = token(r#"{"nombre": "crm", "alcances": ["tickets:read"]}"#);
        assert!(token.is_valid(Timestamp::MAX));
        let noon = at("2026-03-24T12:00:00Z");
        let revoked = token.revoked(noon).revoked(Timestamp::MAX);
        assert_eq!(revoked.revoked_at, Some(noon));
        // Not at an earlier instant either: clocks are set back.
        assert!(!revoked.is_valid(token.created_at));
        assert_eq!(revoked.actor(), Actor::Token(token.id));
    }

    #[test]
    fn a_token_may_do_what_its_scopes_say_and_to_write_is_not_to_read() {
        let token = token(r#"{"nombre": "crm", "alcances": ["tickets:write"]}"#);
        let may = TokenScope::ALL.map(|scope| token.may(scope));
        assert_eq!(may, [false, true, false]);
    }

    #[test]
    fn names_compare_as_people_read_them() {
        let token = token(r#"{"nombre": " Importación  nocturna ", "alcances": ["tickets:write"]}"#);
        assert_eq!(token.name, "Importación  nocturna");
        assert_eq!(token.name_key(), Token::key_of("importacion NOCTURNA"));
        assert_ne!(token.name_key(), Token::key_of("importación"));
    }
}
