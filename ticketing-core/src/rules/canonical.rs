//! JSON that is the same for the same data: keys sorted, no white space.

use serde::Serialize;
use serde_json::Value;

/// Canonical JSON. Sorts by itself: whether `serde_json`'s maps are sorted depends on who else is in the build.
pub(super) fn json(data: &impl Serialize) -> String {
    let mut text = String::new();
    // Rules are maps with text keys, lists, texts, integers and booleans, which always become a value.
    write(&serde_json::to_value(data).unwrap_or_default(), &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            write_all(sorted, text, ['{', '}'], |(name, value), text| {
                write_scalar(&Value::from(name.as_str()), text);
                text.push(':');
                write(value, text);
            });
        }
        Value::Array(items) => write_all(items, text, ['[', ']'], write),
        scalar => write_scalar(scalar, text),
    }
}

fn write_all<T>(
    items: impl IntoIterator<Item = T>,
    text: &mut String,
    [open, close]: [char; 2],
    write_item: impl Fn(T, &mut String),
) {
    text.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_item(item, text);
    }
    text.push(close);
}

fn write_scalar(value: &Value, text: &mut String) {
    text.push_str(&value.to_string());
}
