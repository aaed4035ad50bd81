//! A document's one way to be written: what is left out is filled in, and what may be said in several ways is said in one, so that
//! its JSON says everything.

use super::RulesDocument;
use crate::{
    field::FIELDS,
    sla::{Target, TargetKind},
};

impl RulesDocument {
    /// Fills in what is left out.
    pub(super) fn fill_in(&mut self) {
        for spec in &FIELDS {
            self.fields.insert(spec.name.to_owned(), self.field(spec));
        }
        for policy in &mut self.sla.policies {
            policy.targets_mut().for_each(|(kind, target)| target.fill_in(kind));
        }
    }

    /// Sorts what is in no order of its own.
    pub(super) fn put_in_order(&mut self) {
        put_in_order(&mut self.zones, |a, b| a.name <= b.name);
        for rules in self.calendars.values_mut() {
            put_in_order(&mut rules.exceptions, |a, b| a.date <= b.date);
        }
    }
}

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
