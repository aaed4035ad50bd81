//! A document's members, listed once for reading and for writing.
//!
//! serde reads and writes rules everywhere else. What it generates for a format is compiled once for each type of the document:
//! more than all the rules in a module for browsers. Here a format is a [`Walk`], and everything is compiled once.

use super::{AreaRules, ByName, FieldRule, Named, PriorityRules, RulesDocument, SlaRules};
use crate::{
    LabelFormat, Transition, Zone,
    sla::{Budget, Policy, Predicate, Target},
};

/// A format of rules: reads values into a document's places, or writes what stands there. A step fails where something else
/// stands than is asked for.
#[expect(clippy::missing_errors_doc, reason = "said above for every step")]
pub trait Walk {
    /// Whether it reads.
    fn reads(&self) -> bool;

    /// A text.
    fn text(&mut self, text: &mut String) -> Walked;

    /// A boolean.
    fn flag(&mut self, flag: &mut bool) -> Walked;

    /// An integer.
    fn number(&mut self, number: &mut i64) -> Walked;

    /// `null`, if it is that. To write: whether it is.
    fn nothing(&mut self, is_nothing: bool) -> Result<bool, WalkError>;

    /// A list's beginning and its length, which to write is given.
    fn list(&mut self, length: usize) -> Result<usize, WalkError>;

    /// A list's end.
    fn end_list(&mut self) -> Walked;

    /// An object's beginning.
    fn object(&mut self) -> Walked;

    /// To read: the names of the object's members.
    fn names(&mut self) -> Vec<String>;

    /// A member, whose value comes next; to read, `false` where there is none.
    fn member(&mut self, name: &str) -> Result<bool, WalkError>;

    /// An object's end. To read: all its members must have been asked for.
    fn end_object(&mut self) -> Walked;
}

/// What keeps a document from being read: one line, in English.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct WalkError(pub String);

impl WalkError {
    /// Something else was expected.
    pub fn expected(what: &str) -> Self {
        Self(format!("expected {what}"))
    }
}

/// The outcome of a step.
pub type Walked = Result<(), WalkError>;

impl RulesDocument {
    /// Reads a document, or writes this one. What is not there to be read stays as it is.
    ///
    /// # Errors
    /// [`WalkError`] for what is no document.
    pub fn walk(&mut self, walk: &mut dyn Walk) -> Walked {
        walk.object()?;
        if walk.member("campos")? {
            map(walk, &mut self.fields, FieldRule::default, field_rule)?;
        }
        if walk.member("tipos")? {
            texts(walk, &mut self.types)?;
        }
        if walk.member("prioridades")? {
            priorities(walk, &mut self.priorities)?;
        }
        if walk.member("areas")? {
            areas(walk, &mut self.areas)?;
        }
        if walk.member("etiqueta")? {
            label(walk, &mut self.label)?;
        }
        if walk.member("sla")? {
            sla(walk, &mut self.sla)?;
        }
        if walk.member("cierreAutomatico")? {
            number(walk, &mut self.auto_close_days)?;
        }
        if walk.member("reapertura")? {
            number(walk, &mut self.reopen_days)?;
        }
        if walk.member("zona")? {
            zone(walk, &mut self.zone)?;
        }
        walk.end_object()
    }
}

fn field_rule(walk: &mut dyn Walk, rule: &mut FieldRule) -> Walked {
    walk.object()?;
    // What is not said is not written.
    if (walk.reads() || rule.required.is_some()) && walk.member("requerido")? {
        option(walk, &mut rule.required, bool::default, |walk, required| walk.flag(required))?;
    }
    if (walk.reads() || rule.min.is_some()) && walk.member("min")? {
        option(walk, &mut rule.min, u32::default, number)?;
    }
    if (walk.reads() || rule.max.is_some()) && walk.member("max")? {
        option(walk, &mut rule.max, u32::default, number)?;
    }
    walk.end_object()
}

fn priorities(walk: &mut dyn Walk, rules: &mut PriorityRules) -> Walked {
    walk.object()?;
    if walk.member("lista")? {
        list(walk, &mut rules.list, nobody, named)?;
    }
    if walk.member("soloConocidas")? {
        walk.flag(&mut rules.only_known)?;
    }
    walk.end_object()
}

fn areas(walk: &mut dyn Walk, rules: &mut AreaRules) -> Walked {
    walk.object()?;
    if walk.member("lista")? {
        list(walk, &mut rules.list, nobody, named)?;
    }
    if walk.member("predeterminada")? {
        walk.text(&mut rules.default)?;
    }
    if walk.member("soloConocidas")? {
        walk.flag(&mut rules.only_known)?;
    }
    walk.end_object()
}

fn nobody() -> Named {
    Named { name: String::new(), aliases: Vec::new() }
}

fn named(walk: &mut dyn Walk, named: &mut Named) -> Walked {
    walk.object()?;
    required(walk, "nombre")?;
    walk.text(&mut named.name)?;
    if (walk.reads() || !named.aliases.is_empty()) && walk.member("alias")? {
        texts(walk, &mut named.aliases)?;
    }
    walk.end_object()
}

fn label(walk: &mut dyn Walk, format: &mut LabelFormat) -> Walked {
    let (mut prefix, mut digits) = (format.prefix().to_owned(), i64::from(format.digits()));
    if walk.reads() {
        digits = i64::from(LabelFormat::default().digits());
    }
    walk.object()?;
    required(walk, "prefijo")?;
    walk.text(&mut prefix)?;
    if walk.member("digitos")? {
        walk.number(&mut digits)?;
    }
    let digits = u8::try_from(digits).map_err(|_| WalkError::expected("an integer from 1 to 9"))?;
    *format = LabelFormat::new(&prefix, digits).map_err(|error| WalkError(error.to_string()))?;
    walk.end_object()
}

fn sla(walk: &mut dyn Walk, rules: &mut SlaRules) -> Walked {
    walk.object()?;
    if walk.member("politicas")? {
        let nothing = || Policy { id: 0, name: String::new(), when: Predicate::default(), resolution: None };
        list(walk, &mut rules.policies, nothing, policy)?;
    }
    walk.end_object()
}

fn policy(walk: &mut dyn Walk, policy: &mut Policy) -> Walked {
    walk.object()?;
    required(walk, "id")?;
    number(walk, &mut policy.id)?;
    required(walk, "nombre")?;
    walk.text(&mut policy.name)?;
    if walk.member("cuando")? {
        predicate(walk, &mut policy.when)?;
    }
    if walk.member("resolucion")? {
        let nothing = || Target { by_priority: ByName::new(), otherwise: None };
        option(walk, &mut policy.resolution, nothing, target)?;
    }
    walk.end_object()
}

fn predicate(walk: &mut dyn Walk, when: &mut Predicate) -> Walked {
    walk.object()?;
    let Predicate { types, priorities, categories, areas, origins } = when;
    for (name, list) in
        [("tipo", types), ("prioridad", priorities), ("categoria", categories), ("area", areas), ("origen", origins)]
    {
        if walk.member(name)? {
            texts(walk, list)?;
        }
    }
    walk.end_object()
}

fn target(walk: &mut dyn Walk, target: &mut Target) -> Walked {
    walk.object()?;
    if walk.member("porPrioridad")? {
        map(walk, &mut target.by_priority, Budget::hour, budget)?;
    }
    if walk.member("otras")? {
        option(walk, &mut target.otherwise, Budget::hour, budget)?;
    }
    walk.end_object()
}

fn budget(walk: &mut dyn Walk, budget: &mut Budget) -> Walked {
    let mut text = budget.to_string();
    walk.text(&mut text)?;
    *budget = text.parse().map_err(|error: crate::sla::BudgetError| WalkError(error.to_string()))?;
    Ok(())
}

fn zone(walk: &mut dyn Walk, zone: &mut Zone) -> Walked {
    walk.object()?;
    required(walk, "nombre")?;
    walk.text(&mut zone.name)?;
    required(walk, "desfaseSegundos")?;
    offset(walk, &mut zone.offset_seconds)?;
    if (walk.reads() || !zone.transitions.is_empty()) && walk.member("transiciones")? {
        list(walk, &mut zone.transitions, || Transition { at_unix_seconds: 0, offset_seconds: 0 }, transition)?;
    }
    walk.end_object()
}

fn transition(walk: &mut dyn Walk, transition: &mut Transition) -> Walked {
    walk.object()?;
    required(walk, "desde")?;
    walk.number(&mut transition.at_unix_seconds)?;
    required(walk, "desfaseSegundos")?;
    offset(walk, &mut transition.offset_seconds)?;
    walk.end_object()
}

fn offset(walk: &mut dyn Walk, seconds: &mut i32) -> Walked {
    let mut number = i64::from(*seconds);
    walk.number(&mut number)?;
    *seconds = i32::try_from(number).map_err(|_| WalkError::expected("seconds of less than a day"))?;
    Ok(())
}

fn number(walk: &mut dyn Walk, number: &mut u32) -> Walked {
    let mut wide = i64::from(*number);
    walk.number(&mut wide)?;
    *number = u32::try_from(wide).map_err(|_| WalkError::expected("an integer from 0 to 4294967295"))?;
    Ok(())
}

fn texts(walk: &mut dyn Walk, texts: &mut Vec<String>) -> Walked {
    list(walk, texts, String::new, |walk, text| walk.text(text))
}

fn required(walk: &mut dyn Walk, name: &str) -> Walked {
    if walk.member(name)? { Ok(()) } else { Err(WalkError(format!("{name} is missing"))) }
}

/// The steps of one value.
type Step<T> = fn(&mut dyn Walk, &mut T) -> Walked;

fn option<T>(walk: &mut dyn Walk, option: &mut Option<T>, nothing: fn() -> T, step: Step<T>) -> Walked {
    if walk.nothing(option.is_none())? {
        *option = None;
        return Ok(());
    }
    let mut value = option.take().unwrap_or_else(nothing);
    step(walk, &mut value)?;
    *option = Some(value);
    Ok(())
}

fn list<T>(walk: &mut dyn Walk, list: &mut Vec<T>, nothing: fn() -> T, step: Step<T>) -> Walked {
    let length = walk.list(list.len())?;
    if walk.reads() {
        list.clear();
        // One after the other: a length is no reason to reserve anything.
        for _ in 0..length {
            let mut value = nothing();
            step(walk, &mut value)?;
            list.push(value);
        }
    } else {
        for value in list {
            step(walk, value)?;
        }
    }
    walk.end_list()
}

fn map<T>(walk: &mut dyn Walk, map: &mut ByName<T>, nothing: fn() -> T, step: Step<T>) -> Walked {
    walk.object()?;
    if walk.reads() {
        *map = ByName::new();
        for name in walk.names() {
            let mut value = nothing();
            if walk.member(&name)? {
                step(walk, &mut value)?;
            }
            map.insert(name, value);
        }
    } else {
        for (name, value) in map.iter_mut() {
            walk.member(name)?;
            step(walk, value)?;
        }
    }
    walk.end_object()
}
