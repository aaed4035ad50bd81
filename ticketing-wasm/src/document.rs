//! Rules, from the words in which `js/rules.js` has written a document.
//!
//! That script knows a document's members, their types, and what stands for those that are left out; it writes each value in
//! the order in which it is read here. What values there may be is the core's to say.
//!
//! A text is its octets, of which the word has the number; a flag, a number or a length is a word; what may be missing follows a word that says
//! whether it is there.

use ticketing_core::{
    AreaRules, ByName, FieldRule, LabelFormat, Named, PriorityRules, RefusedValue, Rules, RulesDocument, RulesProblem,
    SlaRules, Transition, Zone,
    field::FIELDS,
    sla::{Budget, Policy, Predicate, Target},
};

use crate::wire::Input;

/// The rules that come next.
pub(crate) fn rules(input: &mut Input<'_>) -> Result<Rules, RefusedValue> {
    let fields = FIELDS.iter().map(|spec| (spec.name.to_owned(), field(input))).collect();
    let types = texts(input);
    let priorities = PriorityRules { list: list(input, named), only_known: flag(input) };
    let areas = AreaRules { list: list(input, named), default: text(input), only_known: flag(input) };
    let (prefix, digits) = (text(input), input.word());
    let label = LabelFormat::new(&prefix, u8::try_from(digits).unwrap_or(u8::MAX))
        .map_err(|error| RefusedValue { path: "etiqueta".into(), problem: RulesProblem::Label(error) })?;
    let sla = SlaRules { policies: list(input, policy) };
    let (auto_close_days, reopen_days) = (input.word(), input.word());
    let zone =
        Zone { name: text(input), offset_seconds: input.word().cast_signed(), transitions: list(input, transition) };
    Rules::new(RulesDocument { fields, types, priorities, areas, label, sla, auto_close_days, reopen_days, zone })
}

fn field(input: &mut Input<'_>) -> FieldRule {
    FieldRule { required: option(input, flag), min: option(input, number), max: option(input, number) }
}

fn named(input: &mut Input<'_>) -> Named {
    Named { name: text(input), aliases: texts(input) }
}

fn policy(input: &mut Input<'_>) -> Policy {
    let (id, name) = (input.word(), text(input));
    let when = Predicate {
        types: texts(input),
        priorities: texts(input),
        categories: texts(input),
        areas: texts(input),
        origins: texts(input),
    };
    Policy { id, name, when, resolution: option(input, target) }
}

fn target(input: &mut Input<'_>) -> Target {
    let mut by_priority = ByName::new();
    for _ in 0..input.word() {
        let name = text(input);
        if let Some(budget) = budget(input) {
            by_priority.insert(name, budget);
        }
    }
    Target { by_priority, otherwise: option(input, budget).flatten() }
}

fn budget(input: &mut Input<'_>) -> Option<Budget> {
    Budget::from_minutes(input.word())
}

fn transition(input: &mut Input<'_>) -> Transition {
    let (low, high) = (input.word(), input.word());
    let at_unix_seconds = (u64::from(high) << 32 | u64::from(low)).cast_signed();
    Transition { at_unix_seconds, offset_seconds: input.word().cast_signed() }
}

fn text(input: &mut Input<'_>) -> String {
    let octets = input.word();
    input.text(octets).to_owned()
}

fn number(input: &mut Input<'_>) -> u32 {
    input.word()
}

fn flag(input: &mut Input<'_>) -> bool {
    input.word() != 0
}

fn texts(input: &mut Input<'_>) -> Vec<String> {
    list(input, text)
}

fn option<T>(input: &mut Input<'_>, read: impl FnOnce(&mut Input<'_>) -> T) -> Option<T> {
    flag(input).then(|| read(input))
}

fn list<T>(input: &mut Input<'_>, read: impl Fn(&mut Input<'_>) -> T) -> Vec<T> {
    let mut list = Vec::new();
    // One after the other: a length is no reason to reserve anything.
    for _ in 0..input.word() {
        list.push(read(input));
    }
    list
}
