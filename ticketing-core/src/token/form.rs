use super::{Scopes, TokenScope};
use crate::{
    TimeDelta, Timestamp,
    form::{Form, FormError},
    limits::{TOKEN_EXPIRY_DAYS_MAX, TOKEN_NOMBRE_CHARS_MAX},
    members::Value,
    text::TextRule,
    violation::Problem,
};

const NAME: TextRule = TextRule::line(1, TOKEN_NOMBRE_CHARS_MAX);

/// A token to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewToken {
    pub(super) name: String,
    pub(super) scopes: Scopes,
    pub(super) expires_at: Option<Timestamp>,
}

impl NewToken {
    /// Reads `{"nombre": …, "alcances": ["tickets:read", …], "expira_en": …}`; the last one, an instant in RFC 3339, may be
    /// absent. A scope that is given twice is given.
    ///
    /// # Errors
    /// [`FormError::Malformed`], or all violations: there must be a scope, and the instant must be still to come.
    ///
    /// # Example
    /// ```
    /// use ticketing_core::{Timestamp, token::NewToken};
    ///
    /// let now = Timestamp::parse("2026-03-24T10:15:00Z").unwrap();
    /// let form = br#"{"nombre": "crm", "alcances": ["tickets:read"], "expira_en": "2026-01-01T00:00:00Z"}"#;
    /// assert_eq!(NewToken::from_json(form, now).unwrap_err().to_string(), "expira_en: invalid-expiry");
    /// ```
    pub fn from_json(json: &[u8], now: Timestamp) -> Result<Self, FormError> {
        let mut form = Form::read(json, ["nombre", "alcances", "expira_en"])?;
        let name = form.take(|value| value.required_text(NAME).map(str::to_owned));
        let scopes = form.take_items(scopes);
        let expires_at = form.take(|value| expiry(value, now));
        form.finish()?;
        Ok(Self { name, scopes, expires_at })
    }
}

fn scopes(items: &[Value<'_>]) -> Result<Scopes, Problem> {
    let allowed = || TokenScope::ALL.map(|scope| scope.name().to_owned()).into();
    let scope = |item: &Value<'_>| {
        if *item == Value::LoneSurrogate {
            return Err(Problem::InvalidUnicode);
        }
        let name = item.trimmed().ok().flatten().unwrap_or_default();
        TokenScope::from_name(name).ok_or_else(|| Problem::UnknownValue { allowed: allowed() })
    };
    let scopes: Scopes = items.iter().map(scope).collect::<Result<_, _>>()?;
    if scopes.is_empty() { Err(Problem::Required) } else { Ok(scopes) }
}

fn expiry(value: &Value<'_>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = value.trimmed()? else { return Ok(None) };
    let latest = now.checked_add(TimeDelta::days(TOKEN_EXPIRY_DAYS_MAX.into())).unwrap_or(Timestamp::MAX);
    let expires_at = Timestamp::parse(text).filter(|instant| now < *instant && *instant <= latest);
    expires_at.map(Some).ok_or(Problem::InvalidExpiry { days_max: TOKEN_EXPIRY_DAYS_MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-24T10:15:00.500Z").unwrap()
    }

    fn read(form: &str) -> Result<NewToken, FormError> {
        NewToken::from_json(form.as_bytes(), now())
    }

    #[track_caller]
    fn refused(form: &str, error: &str) {
        assert_eq!(read(form).unwrap_err().to_string(), error, "{form}");
    }

    #[test]
    fn everything_wrong_with_a_form_is_said_at_once() {
        refused("{}", "nombre: required; alcances: required");
        refused("[]", "body: wrong-type");
        refused("{", "malformed JSON at line 1, column 1");
        refused(
            r#"{"expira_en": 7, "alcances": "tickets:read", "nombre": ["crm"]}"#,
            "nombre: wrong-type; alcances: wrong-type; expira_en: wrong-type",
        );
        refused(
            r#"{"nombre": "a\u0000b", "alcances": ["tickets:read", "admin"], "expira_en": "mañana"}"#,
            "nombre: control-character; alcances: unknown-value; expira_en: invalid-expiry",
        );
        refused(
            r#"{"nombre": "\ud800", "alcances": ["\ud800"], "expira_en": "\ud800"}"#,
            "nombre: invalid-unicode; alcances: invalid-unicode; expira_en: invalid-unicode",
        );
        refused(
            r#"{"nombre": "a", "nombre": "b", "alcances": [], "alcances": [], "expira_en": null, "expira_en": null}"#,
            "nombre: repeated; alcances: repeated; expira_en: repeated",
        );
    }

    #[test]
    fn a_name_has_one_to_a_hundred_characters_when_it_is_trimmed() {
        let named = |name: &str| read(&format!(r#"{{"nombre": "{name}", "alcances": ["subscriptions"]}}"#));
        assert_eq!(named(&format!(" {} ", "ñ".repeat(100))).unwrap().name, "ñ".repeat(100));
        assert_eq!(named("x").unwrap().name, "x");
        assert_eq!(named(&"ñ".repeat(101)).unwrap_err().to_string(), "nombre: too-long");
        assert_eq!(named(" \u{2003} ").unwrap_err().to_string(), "nombre: required");
    }

    #[test]
    fn scopes_are_an_array_of_known_names_each_of_which_counts_once() {
        let scoped = |scopes: &str| read(&format!(r#"{{"nombre": "crm", "alcances": {scopes}}}"#));
        let new = scoped(r#"["tickets:write", " tickets:read ", "tickets:\u0077rite"]"#).unwrap();
        assert_eq!(new.scopes.to_string(), "tickets:read tickets:write");
        for (scopes, code) in [
            ("[]", "required"),
            ("null", "required"),
            ("{}", "wrong-type"),
            ("true", "wrong-type"),
            ("1e999", "wrong-type"),
            (r#""""#, "wrong-type"),
            ("[null]", "unknown-value"),
            ("[7]", "unknown-value"),
            (r#"[["tickets:read"]]"#, "unknown-value"),
            (r#"["tickets:read tickets:write"]"#, "unknown-value"),
            (r#"["TICKETS:READ"]"#, "unknown-value"),
        ] {
            assert_eq!(scoped(scopes).unwrap_err().to_string(), format!("alcances: {code}"), "{scopes}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(scoped(&deep).unwrap_err().to_string(), "alcances: unknown-value");
    }

    #[test]
    fn an_expiry_is_an_instant_to_come_within_ten_years() {
        let expiring =
            |text: &str| read(&format!(r#"{{"nombre": "a", "alcances": ["subscriptions"], "expira_en": {text}}}"#));
        for text in ["null", r#""""#, r#"" ""#] {
            assert_eq!(expiring(text).unwrap().expires_at, None, "{text}");
        }
        let soon = expiring(r#"" 2026-03-24T05:15:00.501-05:00 ""#).unwrap().expires_at;
        assert_eq!(soon, now().checked_add(TimeDelta::milliseconds(1)));
        let last = now().checked_add(TimeDelta::days(3_660)).unwrap();
        assert_eq!(expiring(&format!("\"{last}\"")).unwrap().expires_at, Some(last));
        for text in [
            "\"2026-03-24T10:15:00.500Z\"",
            "\"2026-03-24\"",
            "\"2026-03-31T10:15:00\"",
            "\"2026-02-30T10:15:00Z\"",
            "\"9999-12-31T23:59:59Z\"",
            "\"+12026-03-31T10:15:00Z\"",
            "\"90d\"",
        ] {
            assert_eq!(expiring(text).unwrap_err().to_string(), "expira_en: invalid-expiry", "{text}");
        }
        let late = last.checked_add(TimeDelta::milliseconds(1)).unwrap();
        assert_eq!(expiring(&format!("\"{late}\"")).unwrap_err().to_string(), "expira_en: invalid-expiry");
    }
}
