use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use ticketing_core::{
    Rules, RulesHash,
    integration::{Reference, ReferenceKind, UnknownReferences},
    ticket::{Attributes, Changes, NewEvent},
};

use super::super::Engine;
use crate::store::{Named, Store, StoreError};

/// What an engine knows of ids and names.
#[derive(Default)]
pub(in crate::engine) struct References {
    /// Ids of names, which never change.
    ids: Mutex<HashMap<Name, u32>>,
    /// The rules whose priorities and areas are offered.
    offered: Mutex<Option<RulesHash>>,
    /// What somebody at the desk has written that is offered, in this or in another spelling.
    written: Mutex<HashSet<Name>>,
}

/// What has an id, or will have one.
pub(in crate::engine) type Name = (ReferenceKind, String);

/// So many ids are remembered, and so many names that were written.
const IDS_MAX: usize = 10_000;

/// What a team is called to have an id: an area is one however it is spelt.
pub(super) fn team(rules: &Rules, area: &str) -> Name {
    (ReferenceKind::Team, rules.desk_area(&rules.area_key(area)).to_owned())
}

/// What somebody at the desk calls what a ticket is about.
pub(in crate::engine) fn written(rules: &Rules, attributes: &Attributes) -> Vec<Name> {
    let Attributes { category, priority, area, .. } = attributes;
    names(rules, category.as_ref(), priority.as_ref(), Some(area))
}

/// The same, of what they have just called so.
pub(in crate::engine) fn rewritten(rules: &Rules, events: &[NewEvent]) -> Vec<Name> {
    let of_event = |new: &NewEvent| {
        let Changes { category, priority, area, .. } = &new.event.changes;
        let category = category.as_ref().and_then(|change| change.after.as_ref());
        let priority = priority.as_ref().and_then(|change| change.after.as_ref());
        names(rules, category, priority, area.as_ref().map(|change| &change.after))
    };
    events.iter().flat_map(of_event).collect()
}

fn names(rules: &Rules, category: Option<&String>, priority: Option<&String>, area: Option<&String>) -> Vec<Name> {
    // Those that the rules know are offered by their own names.
    let priority = priority.filter(|priority| rules.known_priority(priority).is_none());
    let named = [(ReferenceKind::Category, category), (ReferenceKind::Urgency, priority)];
    let named = named.into_iter().filter_map(|(kind, name)| Some((kind, name?.clone())));
    named.chain(area.map(|area| team(rules, area))).collect()
}

impl References {
    fn remember(&self, names: impl IntoIterator<Item = (Name, u32)>) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() >= IDS_MAX {
            ids.clear();
        }
        ids.extend(names);
    }
}

/// What references of a request are called.
pub(super) struct Known(BTreeMap<(ReferenceKind, Reference), String>);

impl Known {
    pub(super) fn name(&self, kind: ReferenceKind, reference: &Reference) -> Option<String> {
        self.0.get(&(kind, reference.clone())).cloned()
    }

    /// What they are called.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// Whether some were given by their names: whoever uses those makes them.
    pub(super) fn makes(&self) -> bool {
        self.made().next().is_some()
    }

    fn made(&self) -> impl Iterator<Item = Name> {
        let by_name = self.0.iter().filter(|((_, reference), _)| matches!(reference, Reference::Name(_)));
        by_name.map(|((kind, _), name)| (*kind, name.clone()))
    }

    fn made_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let by_name = self.0.iter_mut().filter(|((_, reference), _)| matches!(reference, Reference::Name(_)));
        by_name.map(|(_, name)| name)
    }
}

impl<S: Store> Engine<S> {
    /// What of a kind other systems are offered: what staff, other systems or the command line made, and not what requesters wrote.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn offered(&self, kind: ReferenceKind) -> Result<Vec<Named>, StoreError> {
        self.offer_rules().await?;
        if kind == ReferenceKind::Team {
            let (rules, users) = (self.rules(), self.users());
            self.offer_written(users.iter().filter_map(|user| Some(team(&rules, user.area.as_ref()?)))).await?;
        }
        self.inner.store.offered(kind).await
    }

    /// Offers what somebody at the desk has written.
    pub(in crate::engine) async fn offer_written(
        &self,
        names: impl IntoIterator<Item = Name>,
    ) -> Result<(), StoreError> {
        let written = || self.inner.references.written.lock().unwrap_or_else(PoisonError::into_inner);
        let news: Vec<Name> = {
            let known = written();
            names.into_iter().filter(|name| !known.contains(name)).collect()
        };
        if news.is_empty() {
            return Ok(());
        }
        self.inner.store.offer(news.clone()).await?;
        let mut known = written();
        if known.len() >= IDS_MAX {
            known.clear();
        }
        known.extend(news);
        Ok(())
    }

    /// Offers something of a kind to other systems; answers its id, which is the one that it has already where it is there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn offer(&self, kind: ReferenceKind, name: &str) -> Result<u32, StoreError> {
        let name = if kind == ReferenceKind::Team { team(&self.rules(), name) } else { (kind, name.to_owned()) };
        let offered = self.inner.store.offer(vec![name]).await?;
        offered.first().map(|offered| offered.id).ok_or_else(|| StoreError::Damaged("a name has no id".into()))
    }

    /// The same, beside what was done to a ticket: that stands, whatever becomes of this.
    pub(in crate::engine) async fn offer_in_passing(&self, names: Vec<Name>) {
        if let Err(error) = self.offer_written(names).await {
            tracing::warn!(%error, "what the desk has written is not offered to other systems");
        }
    }

    /// What an id of a kind stands for; `None`: nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reference(&self, kind: ReferenceKind, id: u32) -> Result<Option<Named>, StoreError> {
        self.offer_rules().await?;
        let mut found = self.inner.store.find_references(vec![(kind, Reference::Id(id))]).await?;
        Ok(found.pop().flatten())
    }

    /// What references of a request are called, each as far as it is there. What may be made by its name is called that.
    pub(super) async fn know(&self, references: &UnknownReferences) -> Result<Known, StoreError> {
        let asked: Vec<_> = references.iter().map(|(kind, reference)| (kind, reference.clone())).collect();
        if asked.is_empty() {
            return Ok(Known(BTreeMap::new()));
        }
        self.offer_rules().await?;
        let found = self.inner.store.find_references(asked.clone()).await?;
        let name = |((kind, reference), found): ((ReferenceKind, Reference), Option<Named>)| {
            let name = match (found, &reference) {
                (Some(found), _) => found.name,
                (None, Reference::Name(name)) if kind.is_made_by_name() => name.clone(),
                (None, _) => return None,
            };
            Some(((kind, reference), name))
        };
        Ok(Known(asked.into_iter().zip(found).filter_map(name).collect()))
    }

    /// Offers what a request makes; answers whether it is called something else by now, because somebody else was faster with another
    /// spelling.
    pub(super) async fn offer_made(&self, known: &mut Known) -> Result<bool, StoreError> {
        let made: Vec<_> = known.made().collect();
        if made.is_empty() {
            return Ok(false);
        }
        let offered = self.inner.store.offer(made).await?;
        let mut is_other = false;
        for (name, offered) in known.made_mut().zip(offered) {
            is_other |= *name != offered.name;
            *name = offered.name;
        }
        Ok(is_other)
    }

    /// The ids of names, of which any that has none is given one.
    pub(super) async fn ids(&self, names: HashSet<Name>) -> Result<HashMap<Name, u32>, StoreError> {
        let mut ids = HashMap::with_capacity(names.len());
        let mut missing = Vec::new();
        {
            let known = self.inner.references.ids.lock().unwrap_or_else(PoisonError::into_inner);
            for name in names {
                match known.get(&name) {
                    Some(id) => {
                        ids.insert(name, *id);
                    }
                    None => missing.push(name),
                }
            }
        }
        if missing.is_empty() {
            return Ok(ids);
        }
        let asked = missing.iter().map(|(kind, name)| (*kind, Reference::Name(name.clone()))).collect();
        let found = self.inner.store.find_references(asked).await?;
        let mut news = Vec::new();
        let mut nameless = Vec::new();
        for (name, found) in missing.into_iter().zip(found) {
            match found {
                Some(found) if found.name == name.1 => news.push((name, found.id)),
                _ => nameless.push(name),
            }
        }
        if !nameless.is_empty() {
            let given = self.inner.store.identify(nameless.clone()).await?;
            news.extend(nameless.into_iter().zip(given));
        }
        self.inner.references.remember(news.iter().cloned());
        ids.extend(news);
        Ok(ids)
    }

    /// The priorities and areas of the rules are there for other systems, too.
    async fn offer_rules(&self) -> Result<(), StoreError> {
        let rules = self.rules();
        let offered = || self.inner.references.offered.lock().unwrap_or_else(PoisonError::into_inner);
        if *offered() == Some(rules.hash()) {
            return Ok(());
        }
        let document = rules.document();
        let priorities = document.priorities.list.iter().map(|known| (ReferenceKind::Urgency, known.name.clone()));
        let areas =
            document.areas.list.iter().map(|known| known.name.as_str()).chain([document.areas.default.as_str()]);
        let areas = areas.map(|area| team(&rules, area));
        self.inner.store.offer(priorities.chain(areas).collect()).await?;
        *offered() = Some(rules.hash());
        Ok(())
    }
}
