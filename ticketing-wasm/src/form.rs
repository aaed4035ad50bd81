//! Between a form's values and the core.

use ticketing_core::{
    Draft, Field, LabelFormat, Locale, NewTicket, Rules, RulesDocument, Timestamp, Value, Violation, Violations,
    Walk as _,
    field::{FIELDS, Kind},
    sla::Sla,
    ticket::Origin,
    violation::Param,
};

use crate::wire::{Reader, RulesReader, Writer};

/// The language of a tag; Spanish where it is none that there is.
pub(crate) fn locale(tag: &Value<'_>) -> Locale {
    text(tag).and_then(Locale::from_tag).unwrap_or_default()
}

fn text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The rules that come next, the built-in ones where nothing does; or why they are none.
pub(crate) fn rules(input: Reader<'_>) -> Result<Rules, String> {
    let mut reader = RulesReader::new(input);
    let mut document = RulesDocument::default();
    let read = match reader.nothing(false) {
        Ok(true) => return Ok(Rules::default()),
        _ => document.walk(&mut reader),
    };
    match read {
        Ok(()) => Rules::new(document).map_err(|error| error.to_string()),
        Err(error) => {
            let path = reader.path();
            Err(if path.is_empty() { error.0 } else { format!("{path}: {error}") })
        }
    }
}

/// The values of all fields, in the table's order.
pub(crate) fn draft<'a>(input: &mut Reader<'a>) -> Draft<'a> {
    let mut draft = Draft::new();
    for spec in FIELDS {
        draft.set(spec.field, input.value());
    }
    draft
}

/// A ticket as what validation has made of each value: `true` where the text is unchanged, else the text or flag; nothing where
/// there is none.
pub(crate) fn ticket(draft: &Draft<'_>, ticket: &NewTicket, answer: &mut Writer) {
    let normalised = Draft::from(ticket);
    answer.well();
    answer.list(FIELDS.len());
    for spec in FIELDS {
        match (normalised.get(spec.field), draft.get(spec.field)) {
            (Value::Flag(flag), _) => answer.flag(*flag),
            (Value::Text(text), Value::Text(given)) if text == given => answer.flag(true),
            (Value::Text(text), _) => answer.text(text),
            _ => answer.nothing(),
        }
    }
}

/// All violations.
pub(crate) fn issues(violations: &Violations, locale: Locale, answer: &mut Writer) {
    answer.list(violations.iter().len());
    for violation in violations {
        issue(violation, locale, answer);
    }
}

/// A violation as four values: field, code, message and parameters.
pub(crate) fn issue(violation: &Violation, locale: Locale, answer: &mut Writer) {
    let Violation { field, problem } = violation;
    answer.name(field);
    answer.name(problem.code());
    answer.text(&problem.message(locale));
    let params = problem.params();
    answer.map(params.iter().count());
    for (name, param) in params.iter() {
        answer.name(name);
        match param {
            Param::Number(number) => answer.number(*number),
            Param::Name(name) => answer.name(name),
            Param::Values(values) => {
                answer.list(values.len());
                for value in values {
                    answer.text(value);
                }
            }
        }
    }
}

/// What is wrong with a value of the field in a row of the table.
pub(crate) fn check(row: usize, value: Value<'_>, rules: &Rules) -> Option<Violation> {
    let spec = FIELDS.get(row)?;
    let problem = Draft::new().with(spec.field, value).validate_field(spec.field, rules).err()?;
    Some(Violation { field: spec.name, problem })
}

/// The fields as a form shows them.
pub(crate) fn fields(rules: &Rules, locale: Locale, answer: &mut Writer) {
    answer.list(FIELDS.len());
    for spec in FIELDS {
        let options = rules.options(spec.field);
        let kind = match spec.kind {
            Kind::Text { multiline: true, .. } => "lines",
            Kind::Text { .. } => "text",
            Kind::Email => "email",
            Kind::Type => "choice",
            Kind::Flag => "flag",
        };
        let lengths = matches!(spec.kind, Kind::Text { .. }).then(|| rules.text_rule(spec.field));
        let default = (spec.field == Field::Area).then_some(rules.document().areas.default.as_str());
        let members =
            5 + 2 * usize::from(lengths.is_some()) + usize::from(!options.is_empty()) + usize::from(default.is_some());
        answer.map(members);
        answer.name("name");
        answer.name(spec.name);
        answer.name("kind");
        answer.name(kind);
        answer.name("required");
        answer.flag(rules.is_required(spec.field));
        answer.name("label");
        answer.text(spec.label(locale));
        answer.name("help");
        answer.text(spec.help(locale));
        if let Some(lengths) = lengths {
            answer.name("min");
            answer.number(lengths.min);
            answer.name("max");
            answer.number(lengths.max);
        }
        if !options.is_empty() {
            answer.name("options");
            answer.list(options.len());
            for option in options {
                answer.text(option);
            }
        }
        if let Some(default) = default {
            answer.name("default");
            answer.text(default);
        }
    }
}

/// Policy, minutes of the budget and the deadline, or nothing where nothing is promised.
pub(crate) fn sla(input: &mut Reader<'_>, rules: &Rules, now: Option<Timestamp>, answer: &mut Writer) {
    let mut draft = Draft::new();
    for field in [Field::Type, Field::Priority, Field::Category, Field::Area] {
        draft.set(field, input.value());
    }
    let Some(agreement) = draft.agreement(rules, Origin::Other) else { return answer.nothing() };
    let (policy, minutes) = (agreement.policy, agreement.resolution.minutes());
    let due = now.and_then(|now| Sla::start(Some(agreement), now).read(rules.calendar(), now)?.due);
    answer.list(3);
    answer.number(policy);
    answer.number(minutes);
    match due {
        Some(due) => answer.text(&due.seconds().to_string()),
        None => answer.nothing(),
    }
}

/// A label's canonical form, prefix, year and number; nothing where the text is no label.
pub(crate) fn label(format: &LabelFormat, typed: &Value<'_>, answer: &mut Writer) {
    let Some(label) = text(typed).and_then(|typed| format.parse(typed).ok()) else { return answer.nothing() };
    answer.list(4);
    answer.text(&label.to_string());
    answer.text(label.prefix());
    answer.number(label.year().into());
    answer.number(label.number());
}
