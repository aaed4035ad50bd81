//! What a requester sends after creation: label and e-mail to look a ticket up, and a message with them to comment.

use crate::{
    email,
    form::{self, FormError},
    limits::LABEL_INPUT_CHARS_MAX,
    text::TextRule,
    ticket::Message,
    violation::Violations,
};

/// A look-up: what the requester typed, trimmed. Neither needs to be a label or an address: what is none matches nothing,
/// and the answer to it must not differ from that to a wrong one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookUp {
    /// The label as typed.
    pub label: String,
    /// The e-mail address as typed; compared exactly.
    pub email: String,
}

/// A requester's answer to a ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Whose ticket.
    pub look_up: LookUp,
    /// The answer.
    pub message: Message,
}

const LABEL: (&str, TextRule) = ("label", TextRule::line(1, LABEL_INPUT_CHARS_MAX));
const EMAIL: (&str, TextRule) = ("email", email::TYPED);
const MESSAGE: (&str, TextRule) = ("mensaje", Message::RULE);

impl LookUp {
    /// Reads `{"label": …, "email": …}`.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations: both are texts and must be given.
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let [label, email] = form::texts(json, [LABEL, EMAIL])?;
        Ok(Self { label, email })
    }
}

impl Comment {
    /// Reads `{"label": …, "email": …, "mensaje": …}`.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations: the message has 2 to 5000 characters.
    pub fn from_json(json: &[u8]) -> Result<Self, FormError> {
        let [label, email, message] = form::texts(json, [LABEL, EMAIL, MESSAGE])?;
        let message = Message::new(&message).map_err(|problem| Violations::of(MESSAGE.0, problem))?;
        Ok(Self { look_up: LookUp { label, email }, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_takes_what_people_type() {
        let look_up = LookUp::from_json(br#"{"label": " tkt-2026-142 ", "email": "Ana@example.com "}"#).unwrap();
        assert_eq!(look_up, LookUp { label: "tkt-2026-142".into(), email: "Ana@example.com".into() });
        assert!(LookUp::from_json(br#"{"label": "x", "email": "y"}"#).is_ok());
    }

    #[track_caller]
    fn refused(json: &str, error: &str) {
        assert_eq!(Comment::from_json(json.as_bytes()).unwrap_err().to_string(), error);
    }

    #[test]
    fn everything_wrong_with_a_comment_is_said_at_once() {
        refused("{}", "label: required; email: required; mensaje: required");
        refused(
            r#"{"label": 142, "email": null, "mensaje": "a"}"#,
            "label: wrong-type; email: required; mensaje: too-short",
        );
        refused(&format!(r#"{{"label": "x", "email": "y", "mensaje": "{}"}}"#, "ñ".repeat(5001)), "mensaje: too-long");
        refused("[]", "body: wrong-type");
        refused("{", "malformed JSON at line 1, column 1");
    }
}
