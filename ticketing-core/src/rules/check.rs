//! What keeps a document from being rules. What may be said in several ways is made one way here, and what is left out is
//! filled in, so that the document's JSON says everything.

use super::{FieldRule, Named, RefusedValue, RulesDocument, RulesProblem};
use crate::{
    Field, Status, Zone,
    field::{FIELDS, Kind},
    limits::{SLA_AT_RISK_MAX, SLA_BREACH_PERCENT},
    sla::{Calendar, Target, TargetKind},
    text::{TextRule, area_key, priority_key, trimmed},
    ticket::Origin,
};

/// What is told of a document that is refused. The checks are the same whatever that is.
pub(super) trait Refusal {
    /// That a place has a problem.
    fn of(place: &Place<'_>, problem: impl FnOnce() -> RulesProblem) -> Self;
}

/// Where, and why. Boxed, because hardly anybody meets it, and everybody would carry it.
impl Refusal for Box<RefusedValue> {
    #[cold]
    fn of(place: &Place<'_>, problem: impl FnOnce() -> RulesProblem) -> Self {
        let mut path = String::new();
        place.write(&mut path);
        Self::new(RefusedValue { path, problem: problem() })
    }
}

/// That it is: what tells nobody why needs not carry it either.
pub(super) struct Untold;

impl Refusal for Untold {
    fn of(_: &Place<'_>, _: impl FnOnce() -> RulesProblem) -> Self {
        Self
    }
}

/// Where in a document.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    /// A member, or several with dots between them.
    Member(&'a str),
    /// An item of a list, from 0.
    Item(usize),
}

impl<'a> Place<'a> {
    pub(super) const fn of(member: &'a str) -> Self {
        Self { parent: None, step: Step::Member(member) }
    }

    pub(super) const fn member<'b>(&'b self, member: &'b str) -> Place<'b>
    where
        'a: 'b,
    {
        Place { parent: Some(self), step: Step::Member(member) }
    }

    pub(super) const fn item<'b>(&'b self, index: usize) -> Place<'b>
    where
        'a: 'b,
    {
        Place { parent: Some(self), step: Step::Item(index) }
    }

    pub(super) fn refuse<R: Refusal>(&self, problem: impl FnOnce() -> RulesProblem) -> R {
        R::of(self, problem)
    }

    fn write(&self, path: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(path);
        }
        match self.step {
            Step::Member(member) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(member);
            }
            Step::Item(index) => {
                path.push('[');
                push_decimal(path, index);
                path.push(']');
            }
        }
    }
}

/// By hand: the browser's module has no other use for what formats numbers.
fn push_decimal(text: &mut String, number: usize) {
    if number >= 10 {
        push_decimal(text, number / 10);
    }
    text.push(char::from(b'0'.wrapping_add(u8::try_from(number % 10).unwrap_or_default())));
}

/// What the rules say of each field, in the order of the field table.
pub(super) fn fields<R: Refusal>(document: &mut RulesDocument) -> Result<[FieldRule; Field::COUNT], R> {
    let fields = Place::of("campos");
    if let Some(unknown) = document.fields.iter().map(|(name, _)| name).find(|name| Field::from_name(name).is_none()) {
        return Err(fields.member(unknown).refuse(|| RulesProblem::NoSuchField));
    }
    let mut rules = [FieldRule::default(); Field::COUNT];
    for (spec, rule) in FIELDS.iter().zip(&mut rules) {
        let place = fields.member(spec.name);

        let chosen = document.fields.get(spec.name).copied().unwrap_or_default();
        rule.required = Some(chosen.required.unwrap_or(spec.required));
        if spec.required && chosen.required == Some(false) {
            return Err(place.member("requerido").refuse(|| RulesProblem::Indispensable));
        }
        if spec.kind == Kind::Flag && chosen.required == Some(true) {
            return Err(place.member("requerido").refuse(|| RulesProblem::RequiredFlag));
        }
        if let Kind::Text { min, max, ceiling, .. } = spec.kind {
            let (min, max) = (chosen.min.unwrap_or(min), chosen.max.unwrap_or(max));
            if min < 1 {
                return Err(place.member("min").refuse(|| RulesProblem::NoMin));
            }
            if max > ceiling {
                return Err(place.member("max").refuse(|| RulesProblem::AboveCeiling { ceiling }));
            }
            if min > max {
                return Err(place.member("min").refuse(|| RulesProblem::MinAboveMax { max }));
            }
            rule.min = Some(min);
            rule.max = Some(max);
        } else if chosen.min.is_some() || chosen.max.is_some() {
            return Err(place.refuse(|| RulesProblem::FixedLength));
        }
        document.fields.insert(spec.name.to_owned(), *rule);
    }
    Ok(rules)
}

pub(super) fn types<R: Refusal>(document: &RulesDocument) -> Result<(), R> {
    let types = Place::of("tipos");
    if document.types.is_empty() {
        return Err(types.refuse(|| RulesProblem::NoType));
    }
    for (index, of_type) in document.types.iter().enumerate() {
        let place = types.item(index);
        name(&place, of_type)?;
        if document.types.iter().take(index).any(|other| other == of_type) {
            return Err(place.refuse(|| RulesProblem::Twice { name: of_type.clone() }));
        }
    }
    Ok(())
}

/// A name as a ticket would carry it: trimmed, no control characters, 1 to 100 characters.
pub(super) fn name<R: Refusal>(place: &Place<'_>, name: &str) -> Result<(), R> {
    if trimmed(name).len() != name.len() || TextRule::line(1, 100).check(name).is_err() {
        return Err(place.refuse(|| RulesProblem::NoName));
    }
    Ok(())
}

/// Keys of all names and aliases, each with the number of what it names.
pub(super) fn names<R: Refusal>(
    list: &str,
    all: &[Named],
    key_of: fn(&str) -> String,
) -> Result<Vec<(String, usize)>, R> {
    let list = Place::of(list);
    let mut keys: Vec<(String, usize)> = Vec::new();
    for (index, named) in all.iter().enumerate() {
        for one in named.names() {
            let place = list.item(index);
            name(&place, one)?;
            let key = key_of(one);
            if keys.iter().any(|(known, _)| *known == key) {
                return Err(place.refuse(|| RulesProblem::Taken { name: one.to_owned() }));
            }
            keys.push((key, index));
        }
    }
    Ok(keys)
}

pub(super) fn default_area<R: Refusal>(document: &RulesDocument, area_keys: &[(String, usize)]) -> Result<(), R> {
    let place = Place::of("areas.predeterminada");
    let area = &document.areas.default;
    name(&place, area)?;
    if document.areas.only_known && !area_keys.iter().any(|(key, _)| *key == area_key(area)) {
        return Err(place.refuse(|| RulesProblem::UnknownDefault));
    }
    Ok(())
}

/// The deployment's zone.
pub(super) fn zones<R: Refusal>(document: &mut RulesDocument) -> Result<Zone, R> {
    const DAY_SECONDS: i32 = 86_400;
    let zones = Place::of("zonas");
    for (index, zone) in document.zones.iter().enumerate() {
        let place = zones.item(index);
        name(&place.member("nombre"), &zone.name)?;
        if document.zones.iter().take(index).any(|other| other.name == zone.name) {
            return Err(place.refuse(|| RulesProblem::Twice { name: zone.name.clone() }));
        }
        // Without `abs`, of which the smallest number has none.
        let is_too_far = |offset: i32| offset <= -DAY_SECONDS || offset >= DAY_SECONDS;
        if is_too_far(zone.offset_seconds) || zone.transitions.iter().any(|change| is_too_far(change.offset_seconds)) {
            return Err(place.refuse(|| RulesProblem::Offset));
        }
        // It needs no table, and is what it is.
        if zone.name == Zone::UTC && (zone.offset_seconds != 0 || !zone.transitions.is_empty()) {
            return Err(place.refuse(|| RulesProblem::Offset));
        }
        if !zone.transitions.is_sorted_by(|a, b| a.at_unix_seconds < b.at_unix_seconds) {
            return Err(place.member("transiciones").refuse(|| RulesProblem::Transitions));
        }
    }
    put_in_order(&mut document.zones, |a, b| a.name <= b.name);
    zone(document, &document.zone, &Place::of("zona"))
}

fn zone<R: Refusal>(document: &RulesDocument, name: &str, place: &Place<'_>) -> Result<Zone, R> {
    match document.zones.iter().find(|zone| zone.name == name) {
        Some(zone) => Ok(zone.clone()),
        None if name == Zone::UTC => Ok(Zone::default()),
        None => Err(place.refuse(|| RulesProblem::NoTable { name: name.to_owned() })),
    }
}

/// The calendars by their names, ready for use.
pub(super) fn calendars<R: Refusal>(document: &mut RulesDocument, own: &Zone) -> Result<Vec<(String, Calendar)>, R> {
    let calendars = Place::of("calendarios");
    let mut compiled = Vec::new();
    for (of, rules) in document.calendars.iter() {
        let place = calendars.member(of);
        name(&place, of)?;
        let zone = rules.zone.as_ref().map(|name| zone(document, name, &place.member("zona"))).transpose()?;
        compiled.push((of.to_owned(), rules.compile(&place, zone.unwrap_or_else(|| own.clone()))?));
    }
    for rules in document.calendars.values_mut() {
        put_in_order(&mut rules.exceptions, |a, b| a.date <= b.date);
    }
    known_calendar(document, document.calendar.as_ref(), &Place::of("calendario"))?;
    Ok(compiled)
}

fn known_calendar<R: Refusal>(document: &RulesDocument, name: Option<&String>, place: &Place<'_>) -> Result<(), R> {
    match name {
        Some(name) if document.calendars.get(name).is_none() => {
            let known = || document.calendars.iter().map(|(name, _)| name.to_owned()).collect();
            Err(place.refuse(|| RulesProblem::UnknownCalendar { name: name.clone(), known: known() }))
        }
        _ => Ok(()),
    }
}

pub(super) fn policies<R: Refusal>(
    document: &mut RulesDocument,
    priority_keys: &[(String, usize)],
    area_keys: &[(String, usize)],
) -> Result<(), R> {
    let policies = Place::of("sla.politicas");
    for policy in &mut document.sla.policies {
        policy.targets_mut().for_each(|(kind, target)| target.fill_in(kind));
    }
    for (index, policy) in document.sla.policies.iter().enumerate() {
        let place = policies.item(index);

        if !(1..=i32::MAX.unsigned_abs()).contains(&policy.id) {
            return Err(place.member("id").refuse(|| RulesProblem::PolicyId));
        }
        if document.sla.policies.iter().take(index).any(|other| other.id == policy.id) {
            return Err(place.member("id").refuse(|| RulesProblem::PolicyTwice { id: policy.id }));
        }
        name(&place.member("nombre"), &policy.name)?;
        if let Some(unknown) = policy.when.types.iter().find(|name| !document.types.contains(name)) {
            return Err(place.member("cuando.tipo").refuse(|| RulesProblem::UnknownType { name: unknown.clone() }));
        }
        if let Some(unknown) = policy.when.origins.iter().find(|name| Origin::from_name(name).is_none()) {
            return Err(place.member("cuando.origen").refuse(|| RulesProblem::UnknownOrigin { name: unknown.clone() }));
        }
        for (kind, of) in policy.targets().iter() {
            if let Some(of) = of {
                target(document, of, &place.member(kind.member()), priority_keys, area_keys)?;
            }
        }
    }
    Ok(())
}

fn target<R: Refusal>(
    document: &RulesDocument,
    target: &Target,
    place: &Place<'_>,
    priority_keys: &[(String, usize)],
    area_keys: &[(String, usize)],
) -> Result<(), R> {
    for (index, (name, _)) in target.by_priority.iter().enumerate() {
        let key = priority_key(name);
        if target.by_priority.iter().take(index).any(|(other, _)| priority_key(other) == key) {
            return Err(place.member("porPrioridad").refuse(|| RulesProblem::Taken { name: name.to_owned() }));
        }
        let known = priority_keys.iter().find(|(known, _)| *known == key);
        let named = known.and_then(|(_, index)| document.priorities.list.get(*index));
        if let Some(canonical) = named.filter(|named| priority_key(&named.name) != key) {
            let alias = || RulesProblem::Alias { name: name.to_owned(), canonical: canonical.name.clone() };
            return Err(place.member("porPrioridad").refuse(alias));
        }
    }
    known_calendar(document, target.calendar.as_ref(), &place.member("calendario"))?;
    let pauses = target.pauses.as_deref().unwrap_or_default();
    if let Some(finished) = pauses.iter().find(|status| status.is_finished()) {
        return Err(place.member("pausa").refuse(|| RulesProblem::FinishedPause { status: *finished }));
    }
    if Status::ALL.iter().all(|status| !status.is_open() || pauses.contains(status)) {
        return Err(place.member("pausa").refuse(|| RulesProblem::NeverRuns));
    }
    let is_share = |percent: &u8| (1..SLA_BREACH_PERCENT).contains(percent);
    if target.at_risk.len() > SLA_AT_RISK_MAX || !target.at_risk.iter().all(is_share) {
        return Err(place.member("enRiesgo").refuse(|| RulesProblem::AtRisk));
    }
    let steps = place.member("escalar");
    for (index, step) in target.escalation.iter().enumerate() {
        let place = steps.item(index);
        #[expect(clippy::manual_contains, reason = "of octets it is `memchr`, which nothing else here needs")]
        let is_at_risk = target.at_risk.iter().any(|percent| *percent == step.at);
        if step.at != SLA_BREACH_PERCENT && !is_at_risk {
            return Err(place.member("al").refuse(|| RulesProblem::EscalationAt { percent: step.at }));
        }
        if target.escalation.iter().take(index).any(|other| other.at == step.at) {
            return Err(place.member("al").refuse(|| {
                let mut name = String::new();
                push_decimal(&mut name, usize::from(step.at));
                RulesProblem::Twice { name }
            }));
        }
        if step.area.is_none() && step.priority.is_none() && step.notify.is_empty() {
            return Err(place.refuse(|| RulesProblem::EmptyEscalation));
        }
        if let Some(area) = &step.area {
            let place = place.member("area");
            name(&place, area)?;
            // As if somebody gave it to that area by hand.
            if document.areas.only_known && !area_keys.iter().any(|(key, _)| *key == area_key(area)) {
                return Err(place.refuse(|| RulesProblem::UnknownDefault));
            }
        }
        let raises = |name: &String| priority_keys.iter().any(|(known, _)| *known == priority_key(name));
        if let Some(unknown) = step.priority.as_ref().filter(|name| !raises(name)) {
            return Err(place.member("prioridad").refuse(|| RulesProblem::UnknownPriority { name: unknown.clone() }));
        }
    }
    Ok(())
}

/// What a target leaves out.
impl Target {
    fn fill_in(&mut self, kind: TargetKind) {
        let pauses = self.pauses.get_or_insert_with(|| kind.pauses());
        *pauses = each_once(pauses);
        self.at_risk = each_once(&self.at_risk);
    }
}

/// In order, and each once. There are few.
fn each_once<T: Copy + Ord>(list: &[T]) -> Vec<T> {
    let mut ordered: Vec<T> = Vec::new();
    while let Some(next) = list.iter().filter(|item| ordered.last() < Some(*item)).min() {
        ordered.push(*next);
    }
    ordered
}

/// Sorts what mostly is in order already. The sorts of std are larger than all that checks a form.
fn put_in_order<T>(list: &mut [T], are_in_order: impl Fn(&T, &T) -> bool) {
    for sorted in 1..list.len() {
        for place in (1..=sorted).rev() {
            match list.get(place.saturating_sub(1)..=place) {
                Some([a, b]) if !are_in_order(a, b) => list.swap(place.saturating_sub(1), place),
                _ => break,
            }
        }
    }
}
