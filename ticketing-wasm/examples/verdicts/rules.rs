//! Documents of rules, and what the core makes of each.

use serde_json::{Value, json};
use ticketing_core::{Locale, Rules, RulesError, field::FIELDS};

use crate::documents::documents;

/// Documents of rules, and what the core makes of each: the hash and the fields' options and limits, or nothing where they are none.
pub(crate) fn rules() -> anyhow::Result<Vec<Value>> {
    Ok(documents()?.iter().map(told).collect())
}

fn told(document: &Value) -> Value {
    // Without rules there are the built-in ones.
    let rules = if document.is_null() { Ok(Rules::default()) } else { Rules::from_json(&document.to_string()) };
    let expected = rules.as_ref().ok().map(|rules| {
            let fields = FIELDS.iter().map(|spec| {
                let rule = rules.field(spec.field);
                json!([spec.name, rule.required, rule.min, rule.max, rules.options(spec.field), spec.label(Locale::Pt), spec.help(Locale::En)])
            });
            json!({ "hash": rules.hash(), "fields": fields.collect::<Vec<_>>(), "label": rules.labels().label(2026, 7).ok().map(|label| label.to_string()) })
        });
    // Where the types are wrong, serde says so in its own words and by line and column.
    let why = match rules {
        Err(RulesError::Value(refused)) => Some(refused.to_string()),
        _ => None,
    };
    json!({ "rules": document, "expected": expected, "why": why })
}
