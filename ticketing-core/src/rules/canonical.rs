//! JSON that is the same for the same rules: keys sorted, no white space.

use serde_json::Value;

use super::RulesDocument;

/// Canonical JSON.
pub(super) fn json(document: &RulesDocument) -> String {
    let mut json = String::new();
    // What rules are made of can always be written.
    write(&mut json, &serde_json::to_value(document).unwrap_or_default());
    json
}

fn write(json: &mut String, value: &Value) {
    let separated = |json: &mut String, index| {
        if index > 0 {
            json.push(',');
        }
    };
    match value {
        Value::Object(members) => {
            // Whether they are sorted already is up to whoever else uses `serde_json` in the same program.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            json.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                separated(json, index);
                write(json, &Value::from(name.as_str()));
                json.push(':');
                write(json, value);
            }
            json.push('}');
        }
        Value::Array(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                separated(json, index);
                write(json, item);
            }
            json.push(']');
        }
        scalar => json.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rules, sla::Policy};

    /// Whoever writes it otherwise, in another language or by hand, finds here what to write.
    #[test]
    fn the_built_in_rules() {
        insta::assert_snapshot!(Rules::default().to_json());
    }

    #[test]
    fn names_are_in_the_order_of_their_octets_and_texts_escaped_as_little_as_may_be() {
        let mut document = RulesDocument::default();
        let budget = "90m".parse().unwrap();
        let names = ["\u{E000}", "\u{10000}", "a\"\\\u{8}\u{C}\n\r\t\u{1F}\u{7F}\u{2028}/", "a"];
        let Some(Policy { resolution: Some(target), .. }) = document.sla.policies.first_mut() else { panic!() };
        target.by_priority = names.map(|name| (name.to_owned(), budget)).into_iter().collect();
        let written = "{\"a\":\"90m\",\"a\\\"\\\\\\b\\f\\n\\r\\t\\u001f\u{7F}\u{2028}/\":\"90m\",\"\u{E000}\":\"90m\",\"\u{10000}\":\"90m\"}";
        assert!(json(&document).contains(written), "{}", json(&document));
    }
}
