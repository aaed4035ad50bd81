use core::fmt;

/// A password as somebody typed it, trimmed. It never shows: not in a log, not in an error.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Password(String);

impl Password {
    pub(super) fn new(trimmed: &str) -> Self {
        Self(trimmed.to_owned())
    }

    /// What was typed, for whoever makes or checks a hash of it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Dots, however many characters it has.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}
