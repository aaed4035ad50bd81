use serde::Serialize;

use super::{ApiError, Response, json_value};

/// A JSON object written member by member, for the answers that are asked for most.
///
/// serde's serializer looks at each octet of every name and text, which takes as long as finding the ticket does. Names here are our
/// own, and have nothing to escape; nor has nearly any text, which is seen a few octets at once.
pub(crate) struct Object {
    json: Vec<u8>,
}

impl Object {
    /// An empty one, with room for most.
    pub(crate) fn new() -> Self {
        Self { json: Vec::with_capacity(2048) }
    }

    /// A member that is a text.
    #[inline]
    pub(crate) fn text(&mut self, name: &'static str, text: &str) -> Result<&mut Self, ApiError> {
        self.name(name);
        self.write_text(text)
    }

    fn write_text(&mut self, text: &str) -> Result<&mut Self, ApiError> {
        // No short circuit: so the compiler looks at many octets at once.
        let is_escaped = |octet: u8| octet < b' ' || octet == b'"' || octet == b'\\';
        if text.bytes().fold(false, |found, octet| found | is_escaped(octet)) {
            return self.write(&text);
        }
        self.json.push(b'"');
        self.json.extend_from_slice(text.as_bytes());
        self.json.push(b'"');
        Ok(self)
    }

    /// A member that is a text or null.
    #[inline]
    pub(crate) fn optional(&mut self, name: &'static str, text: Option<&str>) -> Result<&mut Self, ApiError> {
        self.name(name);
        let Some(text) = text else {
            self.json.extend_from_slice(b"null");
            return Ok(self);
        };
        self.write_text(text)
    }

    /// A member of any kind.
    pub(crate) fn value(&mut self, name: &'static str, value: &impl Serialize) -> Result<&mut Self, ApiError> {
        self.name(name);
        self.write(value)
    }

    /// 200 with it.
    pub(crate) fn answer(self) -> Response {
        let mut json = self.json;
        if json.is_empty() {
            json.push(b'{');
        }
        json.push(b'}');
        json_value(json)
    }

    /// Where its length is known, a name is written in a few instructions.
    #[inline]
    fn name(&mut self, name: &'static str) {
        debug_assert!(name.bytes().all(|octet| octet.is_ascii_alphanumeric()), "“{name}” may have something to escape");
        self.json.extend_from_slice(if self.json.is_empty() { b"{\"" } else { b",\"" });
        self.json.extend_from_slice(name.as_bytes());
        self.json.extend_from_slice(b"\":");
    }

    fn write(&mut self, value: &impl Serialize) -> Result<&mut Self, ApiError> {
        serde_json::to_writer(&mut self.json, value).map_err(|error| ApiError::Internal(error.into()))?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(object: Object) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let body = runtime.block_on(object.answer().into_body().collect()).unwrap();
        String::from_utf8(body.to_bytes().into()).unwrap()
    }

    #[test]
    fn members_stand_in_their_order() {
        let mut object = Object::new();
        object.text("b", "x").unwrap().optional("a", None).unwrap().value("c", &[1, 2]).unwrap();
        assert_eq!(written(object), r#"{"b":"x","a":null,"c":[1,2]}"#);
        assert_eq!(written(Object::new()), "{}");
    }

    proptest! {
        #[test]
        fn prop_texts_are_written_as_serde_writes_them(text in any::<String>(), escaped in "[ -~\t\n\"\\\\é\u{7f}\u{2028}]*") {
            let mut object = Object::new();
            object.text("text", &text).unwrap().optional("other", Some(&escaped)).unwrap();
            // An order that serde_json's map does not change.
            prop_assert_eq!(written(object), format!(r#"{{"text":{},"other":{}}}"#, json!(text), json!(escaped)));
        }
    }
}
