//! TypeScript's view of the core's types, from the core's own tables.

use std::fmt::Write as _;

use ticketing_core::field::{FIELDS, Kind};
use ticketing_core::user::UserRole;
use ticketing_core::violation::{JsonType, Param, Problem};
use ticketing_core::{EmailError, Field, Locale, Status};

use super::lifecycle;

/// `types.d.ts`: fields, forms, tickets and issues.
pub(super) fn declarations() -> String {
    let mut text = String::from("// Written by `cargo xtask wasm` from the tables of ticketing-core.\n");
    let quoted = |names: &[&str]| names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" | ");
    let locales = Locale::ALL.map(Locale::code);
    let names = FIELDS.each_ref().map(|spec| spec.name);
    // Writing to a `String` does not fail.
    let _ = write!(
        text,
        "\n/** A language of messages. */\nexport type Locale = {};\n\n/** A field of a new ticket. */\nexport type FieldName = {};\n",
        quoted(&locales),
        quoted(&names)
    );
    interface(&mut text, "A new ticket as it is sent, before it is checked.", "Form", |required, _| {
        if required { ("", "") } else { ("?", " | null") }
    });
    interface(
        &mut text,
        "A ticket that keeps all rules: texts are trimmed, and what is empty is left out.",
        "Ticket",
        |required, has_default| if required || has_default { ("", "") } else { ("?", "") },
    );
    issues(&mut text);
    let roles = UserRole::ALL.map(UserRole::name);
    let statuses = Status::ALL.map(Status::name);
    let states = ["running", "paused", "met", "breached"];
    let _ = write!(
        text,
        "\n/** Where a ticket stands. */\nexport type Status = {};\n\n/** What a clock does. */\nexport type ClockState = {};\n\n/** What somebody is who logs in. */\nexport type Role = {};\n\n/** What is done to a ticket, by the last part of its path. */\nexport type Action = {};\n",
        quoted(&statuses),
        quoted(&states),
        quoted(&roles),
        quoted(&lifecycle::actions())
    );
    text
}

/// A type with a member for each field: `mark` says what stands after its name and after its type, from whether it is required
/// and whether the rules have a value for a form that gives none.
fn interface(text: &mut String, about: &str, name: &str, mark: impl Fn(bool, bool) -> (&'static str, &'static str)) {
    let _ = write!(text, "\n/** {about} */\nexport interface {name} {{\n");
    for spec in FIELDS {
        let kind = if spec.kind == Kind::Flag { "boolean" } else { "string" };
        let has_default = spec.kind == Kind::Flag || spec.field == Field::Area;
        let (after_name, after_kind) = mark(spec.required, has_default);
        let _ = write!(text, "  /** {} */\n  {}{after_name}: {kind}{after_kind};\n", spec.label(Locale::En), spec.name);
    }
    text.push_str("}\n");
}

fn issues(text: &mut String) {
    let problems = [
        Problem::Required,
        Problem::WrongType { expected: JsonType::String },
        Problem::InvalidUnicode,
        Problem::ControlCharacter { position: 1 },
        Problem::TooShort { min: 1, actual: 0 },
        Problem::TooLong { max: 1, actual: 2 },
        Problem::InvalidEmail { reason: EmailError::MissingAt },
        Problem::UnknownValue { allowed: [].into() },
    ];
    text.push_str("\n/** A broken rule: its code, and what its message says for programs. */\nexport type Problem =\n");
    for problem in &problems {
        let params: Vec<_> = problem
            .params()
            .iter()
            .map(|(name, param)| {
                let kind = match param {
                    Param::Number(_) => "number",
                    Param::Name(_) => "string",
                    Param::Values(_) => "string[]",
                };
                format!("{name}: {kind}")
            })
            .collect();
        let params =
            if params.is_empty() { "Record<string, never>".into() } else { format!("{{ {} }}", params.join("; ")) };
        let _ = writeln!(text, "  | {{ code: {:?}; params: {params} }}", problem.code());
    }
    text.truncate(text.trim_end().len());
    text.push_str(";\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_must_have_is_what_the_table_requires() {
        let text = declarations();
        assert!(text.contains("  nombre: string;\n"));
        assert!(text.contains("  asunto?: string | null;\n"));
        assert!(text.contains("  areaAsignada: string;\n"));
        assert!(text.contains(r#"| { code: "too-long"; params: { max: number; actual: number } }"#));
    }
}
