//! JSON that is the same for the same rules: keys sorted, no white space.

use core::fmt::Write as _;

use super::{
    RulesDocument,
    walk::{Walk, WalkError, Walked},
};

/// Canonical JSON.
pub(super) fn json(document: &RulesDocument) -> String {
    let mut writer = Writer { text: String::new(), outer: Vec::new() };
    // Nothing is refused that is written: a step fails only where a document is read.
    let _ = document.clone().walk(&mut writer);
    writer.text
}

struct Writer {
    /// The value that is being written, or the member's of the innermost object.
    text: String,
    /// What that value stands in, outermost first.
    outer: Vec<Outer>,
}

enum Outer {
    List { is_empty: bool },
    Object { before: String, members: Vec<(String, String)>, name: Option<String> },
}

impl Writer {
    /// A value begins.
    fn begin(&mut self) {
        if let Some(Outer::List { is_empty }) = self.outer.last_mut()
            && !core::mem::replace(is_empty, false)
        {
            self.text.push(',');
        }
    }

    /// The member that has been written takes its place among the others.
    fn end_member(&mut self) {
        if let Some(Outer::Object { members, name, .. }) = self.outer.last_mut()
            && let Some(name) = name.take()
        {
            let place = members.partition_point(|(other, _)| *other < name);
            members.insert(place, (name, core::mem::take(&mut self.text)));
        }
    }
}

impl Walk for Writer {
    fn reads(&self) -> bool {
        false
    }

    fn text(&mut self, text: &mut String) -> Walked {
        self.begin();
        write_text(&mut self.text, text);
        Ok(())
    }

    fn flag(&mut self, flag: &mut bool) -> Walked {
        self.begin();
        self.text.push_str(if *flag { "true" } else { "false" });
        Ok(())
    }

    fn number(&mut self, number: &mut i64) -> Walked {
        self.begin();
        // Writing to a `String` does not fail.
        let _ = write!(self.text, "{number}");
        Ok(())
    }

    fn nothing(&mut self, is_nothing: bool) -> Result<bool, WalkError> {
        if is_nothing {
            self.begin();
            self.text.push_str("null");
        }
        Ok(is_nothing)
    }

    fn list(&mut self, length: usize) -> Result<usize, WalkError> {
        self.begin();
        self.text.push('[');
        self.outer.push(Outer::List { is_empty: true });
        Ok(length)
    }

    fn end_list(&mut self) -> Walked {
        self.outer.pop();
        self.text.push(']');
        Ok(())
    }

    fn object(&mut self) -> Walked {
        self.begin();
        let before = core::mem::take(&mut self.text);
        self.outer.push(Outer::Object { before, members: Vec::new(), name: None });
        Ok(())
    }

    fn names(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn member(&mut self, name: &str) -> Result<bool, WalkError> {
        self.end_member();
        if let Some(Outer::Object { name: current, .. }) = self.outer.last_mut() {
            *current = Some(name.to_owned());
        }
        Ok(true)
    }

    fn end_object(&mut self) -> Walked {
        self.end_member();
        if let Some(Outer::Object { before, members, .. }) = self.outer.pop() {
            self.text = before;
            self.text.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    self.text.push(',');
                }
                write_text(&mut self.text, name);
                self.text.push(':');
                self.text.push_str(value);
            }
            self.text.push('}');
        }
        Ok(())
    }
}

fn write_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{C}' => json.push_str("\\f"),
            // Writing to a `String` does not fail.
            c if c < ' ' => drop(write!(json, "\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::json;
    use crate::{ByName, FieldRule, Named, RulesDocument, Transition, Zone, sla::Policy};

    fn any_name() -> impl Strategy<Value = String> {
        prop_oneof!["[\\x00-\\x7f\"\\\\]{0,8}", any::<String>()]
    }

    fn any_names() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(any_name(), 0..3)
    }

    /// Documents of every shape; whether they are rules is another matter.
    fn any_document() -> impl Strategy<Value = RulesDocument> {
        let named = (any_name(), any_names()).prop_map(|(name, aliases)| Named { name, aliases });
        let rule = any::<(Option<bool>, Option<u32>, Option<u32>)>().prop_map(|(required, min, max)| FieldRule {
            required,
            min,
            max,
        });
        let policy = (any::<u32>(), any_name(), any_names(), any::<bool>(), 1_u32..87840).prop_map(
            |(id, name, types, resolves, minutes)| {
                let mut policy = RulesDocument::default().sla.policies.remove(0);
                policy.when.types.clone_from(&types);
                policy.when.origins = types;
                let budget = format!("{minutes}m").parse().ok();
                policy.resolution = policy.resolution.filter(|_| resolves).map(|mut target| {
                    target.otherwise = budget;
                    target.by_priority = name.chars().map(String::from).zip(budget).collect();
                    target
                });
                Policy { id, name, ..policy }
            },
        );
        let zone = (any_name(), any::<i32>(), any::<i64>(), any::<bool>()).prop_map(|(name, offset, at, has)| Zone {
            name,
            offset_seconds: offset,
            transitions: if has { vec![Transition { at_unix_seconds: at, offset_seconds: offset }] } else { vec![] },
        });
        let fields = prop::collection::btree_map(any_name(), rule, 0..4).prop_map(ByName::from);
        (
            fields,
            any_names(),
            prop::collection::vec(named, 0..3),
            any_name(),
            prop::collection::vec(policy, 0..3),
            zone,
            any::<(u32, bool)>(),
        )
            .prop_map(|(fields, types, list, area, policies, zone, (days, only_known))| {
                let mut document =
                    RulesDocument { fields, types, zone, auto_close_days: days, ..RulesDocument::default() };
                document.priorities.list.clone_from(&list);
                document.priorities.only_known = only_known;
                document.areas.list = list;
                document.areas.default = area;
                document.sla.policies = policies;
                document
            })
    }

    /// Sorts, whatever `serde_json`'s maps do.
    fn sorted(value: &Value) -> String {
        match value {
            Value::Object(members) => {
                let members: BTreeMap<_, _> = members.iter().collect();
                let members: Vec<_> = members
                    .into_iter()
                    .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), sorted(value)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
            Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
            scalar => scalar.to_string(),
        }
    }

    proptest! {
        /// The walk lists what serde lists.
        #[test]
        fn prop_it_is_what_serde_writes_sorted(document in any_document()) {
            prop_assert_eq!(json(&document), sorted(&serde_json::to_value(&document).unwrap()));
        }
    }
}
