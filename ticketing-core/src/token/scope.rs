use core::fmt;
use std::collections::BTreeSet;

/// A part of the integration API. None of them includes another: what only writes needs to read nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TokenScope {
    /// Read tickets, and what stands around them.
    TicketsRead,
    /// Create and change tickets.
    TicketsWrite,
    /// Read and change subscriptions.
    Subscriptions,
}

impl TokenScope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::TicketsRead, Self::TicketsWrite, Self::Subscriptions];

    /// Its name on the wire and in the store. Source: the integration contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TicketsRead => "tickets:read",
            Self::TicketsWrite => "tickets:write",
            Self::Subscriptions => "subscriptions",
        }
    }

    /// The scope of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// What a token may do: some scopes, each once.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Scopes(BTreeSet<TokenScope>);

impl Scopes {
    /// Reads names with white space between them, as [`Display`](fmt::Display) writes them. Source: RFC 6749, section 3.3.
    /// `None` where there is none, or one that is unknown.
    pub fn from_names(names: &str) -> Option<Self> {
        let scopes: Self = names.split_whitespace().map(TokenScope::from_name).collect::<Option<_>>()?;
        Some(scopes).filter(|scopes| !scopes.0.is_empty())
    }

    /// Whether this is one of them.
    pub fn contains(&self, scope: TokenScope) -> bool {
        self.0.contains(&scope)
    }

    /// Each of them, in the order of [`TokenScope::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = TokenScope> {
        self.0.iter().copied()
    }

    /// There is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<TokenScope> for Scopes {
    fn from_iter<I: IntoIterator<Item = TokenScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

/// Their names with a space between them: `tickets:read tickets:write`.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{}", scope.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_survive_being_written() {
        let all: Scopes = TokenScope::ALL.into_iter().collect();
        assert_eq!(all.to_string(), "tickets:read tickets:write subscriptions");
        assert_eq!(Scopes::from_names(&all.to_string()), Some(all));
        assert_eq!(Scopes::from_names("subscriptions subscriptions").unwrap().to_string(), "subscriptions");
        for names in ["", " ", "tickets", "tickets:read tickets:*", "Tickets:read"] {
            assert_eq!(Scopes::from_names(names), None, "{names}");
        }
    }
}
