use serde_json::Value;
use ticketing_core::Rules;

/// A value in which two sets of rules differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesChange {
    /// Where: member names separated by dots, `[index]` in lists.
    pub path: String,
    /// What stands there; `None`: nothing.
    pub before: Option<Value>,
    /// What would.
    pub after: Option<Value>,
}

impl RulesChange {
    /// All values in which rules differ from others.
    ///
    /// # Errors
    /// None that rules give rise to: what is written is read again.
    pub fn between(before: &Rules, after: &Rules) -> Result<Vec<Self>, serde_json::Error> {
        let mut changes = Vec::new();
        let (before, after) = (serde_json::from_str(&before.to_json())?, serde_json::from_str(&after.to_json())?);
        compare("", Some(&before), Some(&after), &mut changes);
        Ok(changes)
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<RulesChange>) {
    match (before, after) {
        _ if before == after => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, old.get(name), new.get(name), changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{index}]"), old.get(index), new.get(index), changes);
            }
        }
        _ => changes.push(RulesChange { path: path.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_that_differs_is_named() {
        let before = serde_json::json!({ "a": 1, "b": { "c": [1, 2], "d": true } });
        let after = serde_json::json!({ "a": 1, "b": { "c": [1, 3, 4] }, "e": "x" });
        let mut changes = vec![];
        compare("", Some(&before), Some(&after), &mut changes);
        let show = |value: Option<Value>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
        let mut changes: Vec<_> = changes
            .into_iter()
            .map(|RulesChange { path, before, after }| format!("{path}: {} → {}", show(before), show(after)))
            .collect();
        changes.sort();
        assert_eq!(changes, ["b.c[1]: 2 → 3", "b.c[2]: – → 4", "b.d: true → –", "e: – → \"x\""]);
    }
}
