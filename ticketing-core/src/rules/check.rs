//! What keeps a document from being rules.

use super::{CalendarException, CalendarRules, FieldRule, Keys, Named, RefusedValue, RulesDocument, RulesProblem};
use crate::{
    Field, Status, Zone,
    field::{FIELDS, Kind},
    limits::{
        CALENDAR_EXCEPTIONS_MAX, CALENDAR_SHIFTS_MAX, RULE_DAYS_MAX, RULE_MONTHS_MAX, SLA_AT_RISK_MAX,
        SLA_BREACH_PERCENT,
    },
    sla::{Shift, Target},
    text::{TextRule, priority_key, trimmed},
    ticket::Origin,
};

/// Where, and why. Boxed, because hardly anybody meets it, and everybody would carry it.
pub(super) type Refused = Box<RefusedValue>;

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

    #[cold]
    #[expect(clippy::unnecessary_box_returns, reason = "as every result here has it")]
    pub(super) fn refuse(&self, problem: impl FnOnce() -> RulesProblem) -> Refused {
        let mut path = String::new();
        self.write(&mut path);
        Refused::new(RefusedValue { path, problem: problem() })
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

/// Says whether a document that is filled in may be rules.
pub(super) fn document(document: &RulesDocument, keys: &Keys) -> Result<(), Refused> {
    fields(document)?;
    types(document)?;
    names("prioridades.lista", &document.priorities.list, &keys.priorities)?;
    names("areas.lista", &document.areas.list, &keys.areas)?;
    default_area(document, keys)?;
    zones(document)?;
    calendars(document)?;
    policies(document, keys)?;
    for (member, days) in [("cierreAutomatico", document.auto_close_days), ("reapertura", document.reopen_days)] {
        if days > RULE_DAYS_MAX {
            return Err(Place::of(member).refuse(|| RulesProblem::TooManyDays));
        }
    }
    if document.anonymise_months.is_some_and(|months| !(1..=RULE_MONTHS_MAX).contains(&months)) {
        return Err(Place::of("anonimizacion").refuse(|| RulesProblem::Months));
    }
    Ok(())
}

fn fields(document: &RulesDocument) -> Result<(), Refused> {
    let fields = Place::of("campos");
    if let Some(unknown) = document.fields.iter().map(|(name, _)| name).find(|name| Field::from_name(name).is_none()) {
        return Err(fields.member(unknown).refuse(|| RulesProblem::NoSuchField));
    }
    for spec in &FIELDS {
        let place = fields.member(spec.name);
        let FieldRule { required, min, max } = document.field(spec);
        if spec.required && required == Some(false) {
            return Err(place.member("requerido").refuse(|| RulesProblem::Indispensable));
        }
        if spec.kind == Kind::Flag && required == Some(true) {
            return Err(place.member("requerido").refuse(|| RulesProblem::RequiredFlag));
        }
        if let (Kind::Text { ceiling, .. }, Some(min), Some(max)) = (spec.kind, min, max) {
            if min < 1 {
                return Err(place.member("min").refuse(|| RulesProblem::NoMin));
            }
            if max > ceiling {
                return Err(place.member("max").refuse(|| RulesProblem::AboveCeiling { ceiling }));
            }
            if min > max {
                return Err(place.member("min").refuse(|| RulesProblem::MinAboveMax { max }));
            }
        } else if min.is_some() || max.is_some() {
            return Err(place.refuse(|| RulesProblem::FixedLength));
        }
    }
    Ok(())
}

fn types(document: &RulesDocument) -> Result<(), Refused> {
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
pub(super) fn name(place: &Place<'_>, name: &str) -> Result<(), Refused> {
    if trimmed(name).len() != name.len() || TextRule::line(1, 100).check(name).is_err() {
        return Err(place.refuse(|| RulesProblem::NoName));
    }
    Ok(())
}

/// `keys` are those of all names and aliases, in order.
fn names(list: &str, all: &[Named], keys: &[(String, usize)]) -> Result<(), Refused> {
    let list = Place::of(list);
    let mut before = 0;
    for (index, named) in all.iter().enumerate() {
        let place = list.item(index);
        for one in named.names() {
            name(&place, one)?;
            let (known, rest) = keys.split_at_checked(before).unwrap_or_default();
            if rest.first().is_some_and(|(key, _)| known.iter().any(|(other, _)| other == key)) {
                return Err(place.refuse(|| RulesProblem::Taken { name: one.to_owned() }));
            }
            before = before.saturating_add(1);
        }
    }
    Ok(())
}

fn default_area(document: &RulesDocument, keys: &Keys) -> Result<(), Refused> {
    let place = Place::of("areas.predeterminada");
    let area = &document.areas.default;
    name(&place, area)?;
    if document.areas.only_known && !keys.has_area(area) {
        return Err(place.refuse(|| RulesProblem::UnknownDefault));
    }
    Ok(())
}

fn zones(document: &RulesDocument) -> Result<(), Refused> {
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
    known_zone(document, &document.zone, &Place::of("zona"))
}

fn known_zone(document: &RulesDocument, name: &str, place: &Place<'_>) -> Result<(), Refused> {
    match document.table(name) {
        None if name != Zone::UTC => Err(place.refuse(|| RulesProblem::NoTable { name: name.to_owned() })),
        _ => Ok(()),
    }
}

fn calendars(document: &RulesDocument) -> Result<(), Refused> {
    let calendars = Place::of("calendarios");
    for (of, rules) in document.calendars.iter() {
        let place = calendars.member(of);
        name(&place, of)?;
        if let Some(zone) = &rules.zone {
            known_zone(document, zone, &place.member("zona"))?;
        }
        calendar(rules, &place)?;
    }
    known_calendar(document, document.calendar.as_ref(), &Place::of("calendario"))
}

fn calendar(rules: &CalendarRules, place: &Place<'_>) -> Result<(), Refused> {
    let too_many = |shifts: &Vec<Shift>| shifts.len() > CALENDAR_SHIFTS_MAX;
    if rules.week.days().into_iter().any(too_many) {
        return Err(place.member("semana").refuse(|| RulesProblem::TooManyShifts));
    }
    let exceptions = place.member("excepciones");
    if rules.exceptions.len() > CALENDAR_EXCEPTIONS_MAX {
        return Err(exceptions.refuse(|| RulesProblem::TooManyExceptions));
    }
    for (index, CalendarException { date, name: called, shifts }) in rules.exceptions.iter().enumerate() {
        if too_many(shifts) {
            return Err(exceptions.refuse(|| RulesProblem::TooManyShifts));
        }
        if let Some(called) = called {
            name(&exceptions, called)?;
        }
        if rules.exceptions.iter().take(index).any(|other| other.date == *date) {
            return Err(exceptions.refuse(|| RulesProblem::DateTwice { date: *date }));
        }
    }
    let of_dates = rules.exceptions.iter().map(|exception| &exception.shifts);
    if rules.week.days().into_iter().chain(of_dates).all(Vec::is_empty) {
        return Err(place.refuse(|| RulesProblem::NoWorkingTime));
    }
    Ok(())
}

fn known_calendar(document: &RulesDocument, name: Option<&String>, place: &Place<'_>) -> Result<(), Refused> {
    match name {
        Some(name) if document.calendars.get(name).is_none() => {
            let known = || document.calendars.iter().map(|(name, _)| name.to_owned()).collect();
            Err(place.refuse(|| RulesProblem::UnknownCalendar { name: name.clone(), known: known() }))
        }
        _ => Ok(()),
    }
}

fn policies(document: &RulesDocument, keys: &Keys) -> Result<(), Refused> {
    let policies = Place::of("sla.politicas");
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
                target(document, of, &place.member(kind.member()), keys)?;
            }
        }
    }
    Ok(())
}

fn target(document: &RulesDocument, target: &Target, place: &Place<'_>, keys: &Keys) -> Result<(), Refused> {
    for (index, (name, _)) in target.by_priority.iter().enumerate() {
        let key = priority_key(name);
        if target.by_priority.iter().take(index).any(|(other, _)| priority_key(other) == key) {
            return Err(place.member("porPrioridad").refuse(|| RulesProblem::Taken { name: name.to_owned() }));
        }
        let named = super::named(&keys.priorities, &document.priorities.list, &key);
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
            if document.areas.only_known && !keys.has_area(area) {
                return Err(place.refuse(|| RulesProblem::UnknownDefault));
            }
        }
        if let Some(unknown) = step.priority.as_ref().filter(|name| !keys.has_priority(name)) {
            return Err(place.member("prioridad").refuse(|| RulesProblem::UnknownPriority { name: unknown.clone() }));
        }
    }
    Ok(())
}
