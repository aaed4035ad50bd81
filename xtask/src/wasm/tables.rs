//! JavaScript's half of the tables, from the core's own: what the module would otherwise carry to say what it never decides.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use ticketing_core::field::{FIELDS, FieldSpec, Kind};
use ticketing_core::limits::{SLA_BUDGET_MINUTES_MAX, SLA_BUSINESS_DAYS_MAX};
use ticketing_core::sla::{Audience, ClockState, DueAt, Rematch, TargetKind};
use ticketing_core::violation::{JsonType, Param};
use ticketing_core::{Field, Locale, PROMISED, Problem, Rules, RulesHash, Status, Week};
use ticketing_wasm::tables::{DATE, NAME, NUMBERS, PERCENT, STATUS, problem_words, problems, refusals};

/// `tables.js`: fields, problems with their messages, the built-in rules and why others are refused.
pub(super) fn script() -> String {
    let mut text = String::from("// Written by `cargo xtask wasm` from the tables of ticketing-core.\n");
    let mut table = |about: &str, name: &str, rows: &[String]| {
        // Writing to a `String` does not fail.
        let _ = write!(text, "\n/** {about} */\nexport const {name} = [\n  {},\n];\n", rows.join(",\n  "));
    };
    let problems = problems();
    table("Fields: name, kind and built-in limits.", "FIELDS", &fields());
    table(
        "Problems: code, and parameters as a function of two numbers or a list of values.",
        "PROBLEMS",
        &problems.iter().map(problem).collect::<Vec<_>>(),
    );
    table(
        "Languages: code, the fields' labels and help texts, and the problems' messages, functions where they are not always the same.",
        "LOCALES",
        &Locale::ALL.map(|locale| {
            let [labels, helps] =
                [FieldSpec::label, FieldSpec::help].map(|of| json!(FIELDS.each_ref().map(|spec| of(spec, locale))));
            let messages: Vec<_> = problems.iter().map(|problem| message(problem, locale)).collect();
            format!("[{:?}, {labels}, {helps}, [{}]]", locale.code(), messages.join(", "))
        }),
    );
    table(
        "Why rules are refused; the place is said before.",
        "REFUSALS",
        &refusals().iter().map(|problem| json!(unnumbered(&problem.to_string())).to_string()).collect::<Vec<_>>(),
    );
    let not_an_object = Problem::WrongType { expected: JsonType::Object };
    let unknown = Problem::UnknownValue { allowed: [].into() };
    let mut rules = json!(Rules::default());
    // Fields stand in their own table; and what is nothing is what is left out.
    without_nothing(&mut rules);
    rules.as_object_mut().map(|members| members.remove("campos"));
    let constants: [(&str, Value); 14] = [
        ("NOT_AN_OBJECT", json!(problem_words(&not_an_object)[0])),
        ("UNKNOWN_VALUE", json!(problem_words(&unknown)[0])),
        ("PROMISED", json!(PROMISED.map(Field::name))),
        ("BUDGET_MINUTES_MAX", json!(SLA_BUDGET_MINUTES_MAX)),
        ("BUSINESS_DAYS_MAX", json!(SLA_BUSINESS_DAYS_MAX)),
        ("DAYS", json!(Week::DAYS)),
        ("STATUSES", json!(Status::ALL)),
        ("PAUSES", json!(pauses())),
        ("CLOCK_STATES", json!([ClockState::Running, ClockState::Paused, ClockState::Met, ClockState::Breached])),
        ("DUE_AT", json!([DueAt::Close, DueAt::SameTime])),
        ("REMATCH", json!([Rematch::Carry, Rematch::Restart, Rematch::Keep])),
        ("AUDIENCES", json!([Audience::Assignee, Audience::Area, Audience::Desk, Audience::Admins])),
        ("NAMESPACE", json!(RulesHash::NAMESPACE.simple().to_string())),
        ("RULES", rules),
    ];
    text.push('\n');
    for (name, value) in constants {
        let _ = writeln!(text, "export const {name} = {value};");
    }
    text
}

/// Leaves out members that have nothing in them, all the way down.
fn without_nothing(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(without_nothing);
            let is_nothing = |value: &Value| match value {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                Value::Object(members) => members.is_empty(),
                _ => false,
            };
            members.retain(|_, value| !is_nothing(value));
        }
        Value::Array(items) => items.iter_mut().for_each(without_nothing),
        _ => {}
    }
}

/// Targets by the names of their kinds, with the statuses in which their clocks pause where rules do not say.
fn pauses() -> Vec<(&'static str, Vec<Status>)> {
    let names = TargetKind::ALL.map(TargetKind::member);
    let targets: Map<_, _> = names.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    let mut policy = json!({ "id": 1, "nombre": "x" });
    policy.as_object_mut().into_iter().for_each(|policy| policy.extend(targets.clone()));
    let rules = Rules::from_json(&json!({ "sla": { "politicas": [policy] } }).to_string()).unwrap_or_default();
    let filled_in = rules.policy(1).map(|policy| {
        policy
            .targets()
            .iter()
            .map(|(kind, target)| {
                let pauses = target.as_ref().and_then(|target| target.pauses.clone());
                (kind.member(), pauses.unwrap_or_default())
            })
            .collect()
    });
    filled_in.unwrap_or_default()
}

fn fields() -> Vec<String> {
    let kind = |kind| match kind {
        Kind::Text { multiline: true, .. } => "lines",
        Kind::Text { .. } => "text",
        Kind::Email => "email",
        Kind::Type => "choice",
        Kind::Flag => "flag",
    };
    let rules = Rules::default();
    let row = |spec: &FieldSpec| json!([spec.name, kind(spec.kind), rules.field(spec.field)]).to_string();
    FIELDS.iter().map(row).collect()
}

fn problem(example: &Problem) -> String {
    let params = example.params();
    let values: Vec<_> = params.iter().map(|(name, param)| format!("{name}: {}", argument(param))).collect();
    format!("[{:?}, {} => ({{ {} }})]", example.code(), takes(example), values.join(", "))
}

/// The arguments of what is told of a problem.
fn takes(example: &Problem) -> &'static str {
    match example.params().iter().filter(|(_, param)| !matches!(param, Param::Name(_))).count() {
        0 => "()",
        1 => "(a)",
        _ => "(a, b)",
    }
}

fn message(example: &Problem, locale: Locale) -> String {
    let message = example.message(locale);
    if takes(example) == "()" {
        return json!(message).to_string();
    }
    let message = message.replace('\\', "\\\\").replace('`', "\\`").replace(NAME, "${a.join(\", \")}");
    let message = message.replace(&NUMBERS[0].to_string(), "${a}").replace(&NUMBERS[1].to_string(), "${b}");
    format!("{} => `{message}`", takes(example))
}

fn argument(param: &Param) -> String {
    match param {
        Param::Number(number) if *number == NUMBERS[1] => "b".to_owned(),
        Param::Number(_) | Param::Values(_) => "a".to_owned(),
        Param::Name(name) => format!("{name:?}"),
    }
}

/// A refusal with a mark where its number or date stands, another one than names have.
fn unnumbered(message: &str) -> String {
    let message = message.replace(&DATE.to_string(), "{d}").replace(STATUS.name(), NAME);
    message.replace(&NUMBERS[0].to_string(), "{n}").replace(&PERCENT.to_string(), "{n}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_same_in_each_message_is_an_argument() {
        let script = script();
        assert!(script.contains(r#"["too-short", (a, b) => ({ min: a, actual: b })]"#));
        assert!(script.contains("(a, b) => `Escriba al menos ${a} caracteres (ahora ${b}).`"));
        assert!(script.contains(r#"(a) => `Elija uno de estos valores: ${a.join(", ")}.`"#));
        assert!(script.contains(r#"["wrong-type", () => ({ expected: "string" })]"#));
        assert!(script.contains(r#""Debe ser un texto.""#));
        assert!(script.contains(r#""policy {n} stands there twice""#));
        assert!(NUMBERS.iter().all(|number| !script.contains(&number.to_string())));
    }
}
