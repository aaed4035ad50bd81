use std::collections::BTreeMap;

use super::{Rules, RulesHash};
use crate::sla::{Agreement, Calendar, Promise};

/// The active rules, and earlier ones: a ticket keeps the deadlines that it was promised, in the calendar that was in force.
///
/// ```
/// use ticketing_core::{Rules, Rulebook};
///
/// let before = Rules::default();
/// let after = Rules::from_json(r#"{ "cierreAutomatico": 3 }"#).unwrap();
/// let book = Rulebook::new(after.clone(), [before.clone()]);
/// assert_eq!(book.active(), &after);
/// assert_eq!(book.version(before.hash()), Some(&before));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    active: Rules,
    earlier: BTreeMap<RulesHash, Rules>,
}

impl Rulebook {
    /// Rules that are in force, and those that were.
    pub fn new(active: Rules, earlier: impl IntoIterator<Item = Rules>) -> Self {
        Self { active, earlier: earlier.into_iter().map(|rules| (rules.hash(), rules)).collect() }
    }

    /// The same, with other rules in force.
    #[must_use]
    pub fn activated(&self, active: Rules) -> Self {
        let mut earlier = self.earlier.clone();
        earlier.insert(self.active.hash(), self.active.clone());
        Self { active, earlier }
    }

    /// The rules that are in force.
    pub fn active(&self) -> &Rules {
        &self.active
    }

    /// The rules of a hash.
    pub fn version(&self, hash: RulesHash) -> Option<&Rules> {
        if self.active.hash() == hash { Some(&self.active) } else { self.earlier.get(&hash) }
    }

    /// Whether it has the rules that something was promised under.
    pub fn knows(&self, agreement: Option<&Agreement>) -> bool {
        agreement.is_none_or(|agreement| {
            let calendars = agreement.promises.iter().filter_map(|(_, promise)| promise.as_ref()?.calendar.as_ref());
            let mut hashes = calendars.map(|calendar| calendar.rules).chain([agreement.rules]);
            hashes.all(|hash| self.version(hash).is_some())
        })
    }

    /// The calendar in which a promise is counted. A version that is not in the book, which a store's always is, is taken to have
    /// had the calendars of today.
    pub fn calendar(&self, promise: &Promise) -> Calendar {
        let Some(reference) = &promise.calendar else { return Calendar::default() };
        let of = |rules: &Rules| rules.calendar(&reference.name).cloned();
        self.version(reference.rules).and_then(of).or_else(|| of(&self.active)).unwrap_or_default()
    }

    /// The calendar in which a ticket's permanency is counted as working time: its resolution's, else the deployment's, else all
    /// time.
    pub fn working_calendar(&self, agreement: Option<&Agreement>) -> Calendar {
        let resolution = agreement.and_then(|agreement| agreement.promises.resolution.as_ref());
        match resolution.filter(|promise| promise.calendar.is_some()) {
            Some(promise) => self.calendar(promise),
            None => self.active.working_calendar(),
        }
    }
}

impl From<Rules> for Rulebook {
    fn from(active: Rules) -> Self {
        Self::new(active, [])
    }
}
