//! Generated forms.

use proptest::{prelude::*, sample::select};
use serde_json::json;
use ticketing_core::{
    Field,
    field::{FIELDS, Kind},
};

/// A form in JSON: members of the table and others, most of them what they should be, in any order.
pub(crate) fn form() -> impl Strategy<Value = String> {
    let members: Vec<_> = FIELDS
        .iter()
        .map(
            |spec| prop_oneof![6 => good(spec.field).boxed(), 3 => hostile().boxed(), 1 => Just(String::new()).boxed()],
        )
        .collect();
    (members, prop::option::weighted(0.1, ("[a-z_]{1,12}", hostile()))).prop_map(|(values, other)| {
        let mut members: Vec<_> = FIELDS
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .map(|(spec, value)| format!("{}: {value}", json!(spec.name)))
            .collect();
        if let Some((name, value)) = other.filter(|(name, _)| Field::from_name(name).is_none()) {
            members.insert(members.len() / 2, format!("{}: {value}", json!(name)));
        }
        format!("{{ {} }}", members.join(", "))
    })
}

/// A value in JSON that the field usually has.
fn good(field: Field) -> BoxedStrategy<String> {
    let quoted = |text: String| json!(text).to_string();
    match (field, field.spec().kind) {
        (_, Kind::Email) => {
            select(vec!["ana@example.com", "  josé.pérez@añil.example ", "a@b.co", "ana@example", "ana..b@x.co"])
                .prop_map(|text| json!(text).to_string())
                .boxed()
        }
        (_, Kind::Type) => select(vec!["INCIDENTE", "QUEJA", " CONSULTA\n", "incidente"])
            .prop_map(|text| json!(text).to_string())
            .boxed(),
        (_, Kind::Flag) => select(vec!["true", "false", "null"]).prop_map(str::to_owned).boxed(),
        (Field::Priority, _) => {
            select(vec!["ALTA", "alta", "Crítica", "cri\u{301}tica", "urgente", "BAJA", "mañana", "  MEDIA "])
                .prop_map(|text| json!(text).to_string())
                .boxed()
        }
        (_, Kind::Text { min, max, .. }) => {
            let length = prop_oneof![8 => min.saturating_sub(1)..=min + 30, 1 => max.min(300) - 1..=max.min(300) + 1];
            (length, "[ \u{a0}\u{3000}\u{feff}\u{85}\t]{0,2}", "\\PC{1,4}")
                .prop_map(move |(length, margin, letters)| {
                    let text: String = letters.chars().cycle().take(usize::try_from(length).unwrap_or(0)).collect();
                    quoted(format!("{margin}{text}{margin}"))
                })
                .boxed()
        }
    }
}

/// A value in JSON that nobody expects.
fn hostile() -> BoxedStrategy<String> {
    prop_oneof![
        4 => any::<String>().prop_map(|text| json!(text).to_string()),
        2 => "\\PC{0,40}".prop_map(|text| json!(text).to_string()),
        2 => prop::collection::vec(select(vec![
            r"\ud800", r"\udc00", r"\ud83d\ude00", r"\u0000", r"\u200b", r"\ufeff", r"\u2028", r"\n", r"\t", r"\\", "\\\"", "a", "é", "e\u{301}", " ",
            "\u{202e}", "\u{1F468}\u{200D}\u{1F469}", "ﬃ", "İ", "ß", "\u{85}", "\u{a0}", "\u{1680}",
        ]), 0..24).prop_map(|parts| format!("\"{}\"", parts.concat())),
        1 => (1_usize..1200, select(vec!["x", "ñ", "🦀", " ", "\u{301}"])).prop_map(|(count, text)| json!(text.repeat(count)).to_string()),
        1 => select(vec!["null", "true", "false", "0", "-1.5", "1e400", "[]", "{}", r#"["x"]"#, r#"{"length": 3}"#, "\"\"", "\"   \""])
            .prop_map(str::to_owned),
    ]
    .boxed()
}

/// Labels, and what is nearly one.
pub(crate) fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ ]{0,2}[tT][kK][tT][- _/]{0,2}[0-9]{3,5}[- ]{0,2}[0-9]{0,10}[ ]{0,2}",
        "\\PC{0,16}",
        "[A-Z]{1,11}-[0-9]{4}-[0-9]{1,7}",
    ]
}
