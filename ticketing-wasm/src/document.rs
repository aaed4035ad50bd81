//! Rules, from the words in which `js/rules.js` has written a document.
//!
//! That script knows a document's members, their types, and what stands for those that are left out; it writes each value in
//! the order in which it is read here. What values there may be is the core's to say. What decides nothing here, such as the
//! release of a tz database, is not written; nor, to the module for forms, is what only checks of rules ask.
//!
//! A text is its octets, of which the word has the number; a flag, a number or a length is a word, and so is a choice, by its
//! place among all; what may be missing follows a word that says whether it is there.

use ticketing_core::{
    AreaRules, ByName, CalendarException, CalendarRules, FieldRule, LabelError, LabelFormat, Named, PriorityRules,
    Rules, RulesDocument, SlaRules, Status, Transition, Week, Zone,
    field::FIELDS,
    sla::{Allowance, Audience, Budget, Day, DueAt, EscalationStep, Policy, Predicate, Shift, Target},
};

#[cfg(feature = "form")]
use crate::wire::Buffers;
use crate::wire::Input;

/// Reads rules, which somebody else has checked; answers nothing where no label can be written so. Whoever does not know whether they
/// are rules asks the module for agents' pages: hardly any page with a form does, and all would carry it.
#[cfg(feature = "form")]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn validator(buffers: &mut Buffers, octets: usize) -> Option<Box<Rules>> {
    let (mut input, _) = buffers.open(octets);
    document(&mut input).ok().map(Rules::from_checked).map(Box::new)
}

/// Whether this is the module that checks rules. The scripts know it too; there is no module for both.
const CHECKS: bool = cfg!(feature = "desk");

/// Forgets rules.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn forget(rules: Option<Box<Rules>>) {
    drop(rules);
}

/// The document that comes next, with labels that can be written so.
pub(crate) fn document(input: &mut Input<'_>) -> Result<RulesDocument, LabelError> {
    let mut fields = ByName::new();
    for spec in &FIELDS {
        fields.insert(spec.name.to_owned(), field(input));
    }
    let types = texts(input);
    let priorities = PriorityRules { list: list(input, named), only_known: flag(input) };
    let areas = AreaRules { list: list(input, named), default: text(input), only_known: flag(input) };
    let (prefix, digits) = (text(input), input.word());
    let label = LabelFormat::new(&prefix, u8::try_from(digits).unwrap_or(u8::MAX))?;
    let sla = SlaRules { policies: list(input, policy) };
    let (auto_close_days, reopen_days) = (for_checks(input, number), for_checks(input, number));
    let (zone, zones) = (text(input), list(input, zone));
    let mut calendars = ByName::new();
    for _ in 0..input.word() {
        calendars.insert(text(input), calendar(input));
    }
    let calendar = for_checks(input, |input| option(input, text));
    let anonymise_months = for_checks(input, |input| option(input, number));
    Ok(RulesDocument {
        fields,
        types,
        priorities,
        areas,
        label,
        sla,
        auto_close_days,
        reopen_days,
        zone,
        zones,
        calendars,
        calendar,
        anonymise_months,
    })
}

fn field(input: &mut Input<'_>) -> FieldRule {
    FieldRule { required: option(input, flag), min: option(input, number), max: option(input, number) }
}

fn named(input: &mut Input<'_>) -> Named {
    Named { name: text(input), aliases: texts(input) }
}

fn policy(input: &mut Input<'_>) -> Policy {
    let (id, name) = (input.word(), for_checks(input, text));
    let when = Predicate {
        types: texts(input),
        priorities: texts(input),
        categories: texts(input),
        areas: texts(input),
        origins: texts(input),
    };
    let first_response = option(input, target);
    let next_response = for_checks(input, |input| option(input, target));
    let resolution = option(input, target);
    Policy { when, first_response, next_response, resolution, ..Policy::new(id, name) }
}

fn target(input: &mut Input<'_>) -> Target {
    let mut by_priority = ByName::new();
    for _ in 0..input.word() {
        let name = text(input);
        if let Some(allowance) = allowance(input.word()) {
            by_priority.insert(name, allowance);
        }
    }
    Target {
        by_priority,
        otherwise: allowance(input.word()),
        due_at: due_at(input.word()),
        calendar: option(input, text),
        pauses: for_checks(input, |input| Some(statuses(input))),
        at_risk: for_checks(input, |input| list(input, percent)),
        escalation: for_checks(input, |input| list(input, step)),
    }
}

/// Minutes, or business days as less than nothing; 0 for none.
pub(crate) fn allowance(word: u32) -> Option<Allowance> {
    match word.cast_signed() {
        days @ ..0 => {
            let days = u16::try_from(days.unsigned_abs()).ok()?.try_into().ok()?;
            Some(Allowance::BusinessDays { days, due_at: DueAt::default() })
        }
        _ => Budget::from_minutes(word).map(Allowance::Time),
    }
}

pub(crate) fn due_at(word: u32) -> DueAt {
    if word == 0 { DueAt::Close } else { DueAt::SameTime }
}

/// Each has a bit.
fn statuses(input: &mut Input<'_>) -> Vec<Status> {
    let word = input.word();
    let mut statuses = Vec::new();
    for status in &Status::ALL {
        if word >> *status as u32 & 1 != 0 {
            statuses.push(*status);
        }
    }
    statuses
}

fn percent(input: &mut Input<'_>) -> u8 {
    u8::try_from(input.word()).unwrap_or(u8::MAX)
}

fn step(input: &mut Input<'_>) -> EscalationStep {
    EscalationStep {
        at: percent(input),
        area: option(input, text),
        priority: option(input, text),
        // Who it is decides nothing here, but that it is somebody.
        notify: if flag(input) { vec![Audience::Desk] } else { vec![] },
    }
}

fn zone(input: &mut Input<'_>) -> Zone {
    Zone {
        name: text(input),
        version: None,
        offset_seconds: input.word().cast_signed(),
        transitions: list(input, transition),
    }
}

fn transition(input: &mut Input<'_>) -> Transition {
    Transition { at_unix_seconds: input.wide(), offset_seconds: input.word().cast_signed() }
}

pub(crate) fn calendar(input: &mut Input<'_>) -> CalendarRules {
    let zone = option(input, text);
    let mut shifts = || shifts(input);
    let week = Week {
        monday: shifts(),
        tuesday: shifts(),
        wednesday: shifts(),
        thursday: shifts(),
        friday: shifts(),
        saturday: shifts(),
        sunday: shifts(),
    };
    CalendarRules { zone, week, exceptions: list(input, exception) }
}

fn exception(input: &mut Input<'_>) -> CalendarException {
    let date = Day::from_epoch_days(input.word().cast_signed());
    CalendarException { date, name: for_checks(input, |input| option(input, text)), shifts: shifts(input) }
}

/// Pairs of minutes of the day, without what JavaScript does not write.
fn shifts(input: &mut Input<'_>) -> Vec<Shift> {
    let mut shifts = Vec::new();
    for _ in 0..input.word() {
        let mut minute = || u16::try_from(input.word()).unwrap_or(u16::MAX);
        shifts.extend(Shift::of_minutes(minute(), minute()));
    }
    shifts
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

/// What only checks ask.
fn for_checks<T: Default>(input: &mut Input<'_>, read: impl FnOnce(&mut Input<'_>) -> T) -> T {
    if CHECKS { read(input) } else { T::default() }
}

pub(crate) fn option<T>(input: &mut Input<'_>, read: impl FnOnce(&mut Input<'_>) -> T) -> Option<T> {
    flag(input).then(|| read(input))
}

pub(crate) fn list<T>(input: &mut Input<'_>, read: impl Fn(&mut Input<'_>) -> T) -> Vec<T> {
    let mut list = Vec::new();
    // One after the other: a length is no reason to reserve anything.
    for _ in 0..input.word() {
        list.push(read(input));
    }
    list
}
