use std::collections::BTreeMap;

use crate::{
    Field, Rules, Violations,
    limits::REFERENCE_CHARS_MAX,
    text::{self, TextRule},
    violation::{Problem, Violation},
};

/// What has an id in the integration dialect. Each kind has ids of its own, below 2³¹.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReferenceKind {
    /// What tickets are about.
    Category,
    /// What is offered.
    Service,
    /// How urgent they are: priorities.
    Urgency,
    /// Why they have the status that they have.
    Justification,
    /// What else they have in common.
    Tag,
    /// Who works them: areas.
    Team,
}

impl ReferenceKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Category, Self::Service, Self::Urgency, Self::Justification, Self::Tag, Self::Team];

    /// Its name in the store and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Service => "service",
            Self::Urgency => "urgency",
            Self::Justification => "justification",
            Self::Tag => "tag",
            Self::Team => "team",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether other systems may name one that is not there yet.
    pub const fn is_made_by_name(self) -> bool {
        matches!(self, Self::Category | Self::Tag)
    }

    /// A name that one of the kind may have, trimmed.
    ///
    /// # Errors
    /// `required`, `control-character`, `too-short` or `too-long`; and what the rules take for no category or priority.
    pub fn name_of(self, name: &str, rules: &Rules) -> Result<String, Problem> {
        let name = text::trimmed(name);
        if name.is_empty() {
            return Err(Problem::Required);
        }
        TextRule::line(1, REFERENCE_CHARS_MAX).check(name)?;
        match self {
            Self::Category => rules.text_rule(Field::Category).check(name)?,
            Self::Urgency => {
                rules.text_rule(Field::Priority).check(name)?;
                rules.check_priority(name)?;
            }
            Self::Team => rules.check_area(name)?,
            Self::Service | Self::Justification | Self::Tag => {}
        }
        Ok(name.to_owned())
    }

    /// Under which two names of it mean the same: letter case and white space aside, and accents too, but for teams, which are areas.
    pub fn key(self, name: &str) -> String {
        match self {
            Self::Team => text::area_key(name),
            Self::Category | Self::Service | Self::Urgency | Self::Justification | Self::Tag => {
                text::priority_key(name)
            }
        }
    }
}

/// One of a kind, as another system means it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reference {
    /// By its id.
    Id(u32),
    /// By its name; it comes to be where it is not there.
    Name(String),
}

impl Reference {
    /// An id that nothing has.
    pub(super) const NOTHING: Self = Self::Id(0);
}

/// What is meant in an input, with where it stands.
pub(super) type Meant = (&'static str, ReferenceKind, Reference);

/// What references are called, by what they mean.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<(ReferenceKind, Reference), String>);

impl Names {
    pub(super) fn get(&self, kind: ReferenceKind, reference: Option<Reference>) -> Option<String> {
        self.0.get(&(kind, reference?)).cloned()
    }
}

/// References that an input has, before it is known what they are called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnknownReferences {
    meant: Vec<Meant>,
}

impl UnknownReferences {
    pub(super) fn add(&mut self, path: &'static str, kind: ReferenceKind, reference: Option<&Reference>) {
        self.meant.extend(reference.map(|reference| (path, kind, reference.clone())));
    }

    /// What is to be found.
    pub fn iter(&self) -> impl Iterator<Item = (ReferenceKind, &Reference)> {
        self.meant.iter().map(|(_, kind, reference)| (*kind, reference))
    }

    /// What they are called, or that some of them are nothing.
    pub(super) fn named(
        &self,
        find: impl Fn(ReferenceKind, &Reference) -> Option<String>,
    ) -> Result<Names, Violations> {
        let mut names = Names::default();
        let mut unknown = Vec::new();
        for (field, kind, reference) in &self.meant {
            match find(*kind, reference) {
                Some(name) => {
                    names.0.insert((*kind, reference.clone()), name);
                }
                None => unknown.push(Violation { field, problem: Problem::UnknownReference }),
            }
        }
        Violations::new(unknown).map_or(Ok(names), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_and_spellings_of_its_own() {
        for kind in ReferenceKind::ALL {
            assert_eq!(ReferenceKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(ReferenceKind::from_name("status"), None);
        let same = |kind: ReferenceKind, one: &str, other: &str| kind.key(one) == kind.key(other);
        assert!(same(ReferenceKind::Category, " Teléfono  móvil", "TELEFONO MOVIL"));
        // Areas are told apart by their accents, at the desk as here.
        assert!(same(ReferenceKind::Team, "café ", "CAFÉ") && !same(ReferenceKind::Team, "café", "cafe"));
        let made_by_name: Vec<_> = ReferenceKind::ALL.into_iter().filter(|kind| kind.is_made_by_name()).collect();
        assert_eq!(made_by_name, [ReferenceKind::Category, ReferenceKind::Tag]);
    }
}
