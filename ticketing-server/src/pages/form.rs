use serde::Serializer as _;
use serde_json::Value;

/// What a form sends without scripts, `application/x-www-form-urlencoded`: names and values in their order.
#[derive(Default)]
pub(super) struct Form(Vec<(String, String)>);

/// What a browser sends for a checkbox that is ticked; for one that is not, it sends nothing.
const TICKED: &str = "on";

impl Form {
    /// Every text is such a form: what is no UTF-8 becomes the replacement character.
    pub(super) fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body);
        // Forms are sent with CR LF for every line break in them; a script sees LF, and so does whoever counts characters.
        Self(pairs.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect())
    }

    /// The first value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.get(name) == Some(TICKED)
    }

    /// The JSON that a script would send instead, so that both are read and judged in one place: a text as it is, a name that
    /// comes twice twice, and those in `flags` as `true` where they are ticked.
    pub(super) fn json(&self, flags: &[&str]) -> Vec<u8> {
        let value = |name: &str, value: &str| {
            if value == TICKED && flags.contains(&name) { Value::Bool(true) } else { Value::from(value) }
        };
        let mut json = Vec::new();
        let members = self.0.iter().map(|(name, text)| (name, value(name, text)));
        // Texts always become JSON.
        let _ = serde_json::Serializer::new(&mut json).collect_map(members);
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, json: &str) {
        assert_eq!(String::from_utf8(Form::parse(body.as_bytes()).json(&["tieneWhatsapp"])).unwrap(), json);
    }

    #[test]
    fn a_form_is_the_json_that_a_script_would_send() {
        check("", "{}");
        check("nombre=Ana+Garc%C3%ADa&asunto=", r#"{"nombre":"Ana García","asunto":""}"#);
        check("tieneWhatsapp=on", r#"{"tieneWhatsapp":true}"#);
        check("tieneWhatsapp=quiz%C3%A1s", r#"{"tieneWhatsapp":"quizás"}"#);
        check("nombre=on&email=%ff", r#"{"nombre":"on","email":"�"}"#);
        check("descripcion=uno%0D%0Ados", r#"{"descripcion":"uno\ndos"}"#);
        check("email=a&email=b", r#"{"email":"a","email":"b"}"#);
    }
}
