use std::{borrow::Cow, collections::BTreeMap};

use super::{Counter, histogram};

/// Sums of one dimension over a stretch of time: by area and value, and where it is an hour, by its quarters.
///
/// The same facts give the same sums in whatever order and in however many parts they came; one that comes to nothing is not there.
///
/// As octets: the version, 2. Then the names in order – how many, and each with its length. Then the areas: how many, and of each its
/// name (as an index of the names) and its values: how many, and of each its name and its slots: how many, and of each its number, its
/// length in octets, and its counts. Those are, counter by counter in the order of their numbers: the number, then of one without cells
/// the count; of one with cells how many have any, and of each by how much it is further than the one before, times four, plus what is
/// counted in it: 1 is one, 2 one less, 3 two, and 0 says that the count follows. Numbers are LEB128, counts zigzagged before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    areas: BTreeMap<String, BTreeMap<String, BTreeMap<u8, Cells>>>,
}

const VERSION: u64 = 2;

/// What keeps octets from being sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SumsError {
    /// They were written by a later version.
    #[error("sums of version {0} are not known here")]
    Version(u64),
    /// They are cut short, or no sums.
    #[error("these are not the octets of sums")]
    Malformed,
}

impl Sums {
    /// Adds to a cell.
    pub fn add(&mut self, slot: u8, area: &str, value: &str, counter: Counter, cell: u32, count: i64) {
        self.add_all(slot, area, value, |add| add(counter, cell, count));
    }

    /// Adds to cells of one area and value.
    pub(super) fn add_all(
        &mut self,
        slot: u8,
        area: &str,
        value: &str,
        counts: impl FnOnce(&mut dyn FnMut(Counter, u32, i64)),
    ) {
        let add_to = |cells: &mut Cells| {
            counts(&mut |counter, cell, count| cells.add(counter, cell, count));
            cells.0.is_empty()
        };
        // Mostly it is there: names are copied for what is new.
        let known = self.areas.get_mut(area).and_then(|values| values.get_mut(value)?.get_mut(&slot));
        let is_empty = match known {
            Some(cells) => add_to(cells),
            None => add_to(self.cells(slot, area, value)),
        };
        if is_empty {
            self.forget(slot, area, value);
        }
    }

    /// Adds all of others.
    pub fn merge(&mut self, other: &Self) {
        self.merge_some(other, Some, |_| true);
    }

    /// Adds those of some slots, to the slots that are named for them, and of some counters.
    pub fn merge_some(&mut self, other: &Self, slot: impl Fn(u8) -> Option<u8>, counts: impl Fn(Counter) -> bool) {
        for (area, values) in &other.areas {
            for (value, slots) in values {
                for (number, cells) in slots {
                    if let Some(number) = slot(*number) {
                        self.cells(number, area, value).merge(cells, &counts);
                    }
                }
            }
        }
        self.prune();
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// Every sum: of which slot, area and value, which counter and cell, and how much.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &str, &str, Counter, u32, i64)> {
        self.areas.iter().flat_map(|(area, values)| {
            values.iter().flat_map(move |(value, slots)| {
                slots.iter().flat_map(move |(slot, cells)| {
                    let sums = cells.0.iter();
                    sums.map(move |((counter, cell), count)| (*slot, &**area, &**value, *counter, *cell, *count))
                })
            })
        })
    }

    fn cells(&mut self, slot: u8, area: &str, value: &str) -> &mut Cells {
        let values = self.areas.entry(area.to_owned()).or_default();
        values.entry(value.to_owned()).or_default().entry(slot).or_default()
    }

    /// Of what comes to nothing, nothing is there.
    fn forget(&mut self, slot: u8, area: &str, value: &str) {
        let Some(values) = self.areas.get_mut(area) else { return };
        let Some(slots) = values.get_mut(value) else { return };
        slots.remove(&slot);
        if slots.is_empty() {
            values.remove(value);
        }
        if values.is_empty() {
            self.areas.remove(area);
        }
    }

    fn prune(&mut self) {
        prune(&mut self.areas, |cells| cells.0.is_empty());
    }

    /// Its octets: the same ones for the same sums.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut parts = Parts::default();
        for (area, values) in &self.areas {
            let of_area = parts.0.entry(area).or_default();
            for (value, slots) in values {
                let own = slots.iter().map(|(slot, cells)| (*slot, Part::Cells(Cow::Borrowed(cells))));
                of_area.insert(value, own.collect());
            }
        }
        parts.to_bytes()
    }

    /// The octets of these sums and those that octets are of. Most of what there is in an hour is not added to: it is copied, and not read.
    ///
    /// # Errors
    /// [`SumsError`] where they are none, as far as they are read.
    pub fn added_to(&self, octets: &[u8]) -> Result<Vec<u8>, SumsError> {
        let mut parts = Parts::default();
        let mut is_twice = false;
        walk(octets, |group| {
            let slots = parts.0.entry(group.area).or_default().entry(group.value).or_default();
            is_twice |= slots.insert(group.slot, Part::Octets(group.counts)).is_some();
        })?;
        if is_twice {
            return Err(SumsError::Malformed);
        }
        for (area, values) in &self.areas {
            for (value, slots) in values {
                let own = parts.0.entry(area).or_default().entry(value).or_default();
                for (slot, cells) in slots {
                    let sum = match own.get(slot) {
                        Some(Part::Octets(octets)) => {
                            let mut sum = Cells::read(octets)?;
                            sum.merge(cells, |_| true);
                            Cow::Owned(sum)
                        }
                        _ => Cow::Borrowed(cells),
                    };
                    own.insert(*slot, Part::Cells(sum));
                }
            }
        }
        prune(&mut parts.0, Part::is_empty);
        Ok(parts.to_bytes())
    }

    /// The sums that octets are of.
    ///
    /// # Errors
    /// [`SumsError`] where they are none.
    ///
    /// ```
    /// use ticketing_core::report::{Sums, SumsError};
    ///
    /// let octets = Sums::default().to_bytes();
    /// assert_eq!(Sums::from_bytes(&octets), Ok(Sums::default()));
    /// assert_eq!(Sums::from_bytes(&[9]), Err(SumsError::Version(9)));
    /// ```
    pub fn from_bytes(octets: &[u8]) -> Result<Self, SumsError> {
        let mut sums = Self::default();
        let mut failed = None;
        walk(octets, |group| {
            let cells = sums.cells(group.slot, group.area, group.value);
            failed = failed.or(cells.add_octets(group.counts).err());
        })?;
        sums.prune();
        failed.map_or(Ok(sums), Err)
    }
}

/// Of what comes to nothing, nothing is there.
fn prune<N: Ord, C>(areas: &mut BTreeMap<N, BTreeMap<N, BTreeMap<u8, C>>>, is_empty: impl Fn(&C) -> bool) {
    areas.retain(|_, values| {
        values.retain(|_, slots| {
            slots.retain(|_, counts| !is_empty(counts));
            !slots.is_empty()
        });
        !values.is_empty()
    });
}

/// Groups by area, value and slot.
#[derive(Default)]
struct Parts<'a>(BTreeMap<&'a str, BTreeMap<&'a str, BTreeMap<u8, Part<'a>>>>);

/// What a group counts.
enum Part<'a> {
    Cells(Cow<'a, Cells>),
    Octets(&'a [u8]),
}

impl Part<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Self::Cells(cells) => cells.0.is_empty(),
            Self::Octets(octets) => octets.is_empty(),
        }
    }
}

impl Parts<'_> {
    fn to_bytes(&self) -> Vec<u8> {
        let mut names: Vec<&str> = self.0.keys().copied().collect();
        names.extend(self.0.values().flat_map(|values| values.keys().copied()));
        names.sort_unstable();
        names.dedup();
        let index = |name: &str| names.binary_search(&name).unwrap_or_default() as u64;
        let mut octets = Vec::new();
        write(&mut octets, VERSION);
        write(&mut octets, names.len() as u64);
        for name in &names {
            write(&mut octets, name.len() as u64);
            octets.extend_from_slice(name.as_bytes());
        }
        write(&mut octets, self.0.len() as u64);
        let mut body = Vec::new();
        for (area, values) in &self.0 {
            write(&mut octets, index(area));
            write(&mut octets, values.len() as u64);
            for (value, slots) in values {
                write(&mut octets, index(value));
                write(&mut octets, slots.len() as u64);
                for (slot, part) in slots {
                    body.clear();
                    match part {
                        Part::Cells(cells) => cells.write(&mut body),
                        Part::Octets(octets) => body.extend_from_slice(octets),
                    }
                    write(&mut octets, (*slot).into());
                    write(&mut octets, body.len() as u64);
                    octets.extend_from_slice(&body);
                }
            }
        }
        octets
    }
}

/// Counts by counter and cell, in order, without those that are nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Cells(Vec<((Counter, u32), i64)>);

impl Cells {
    fn read(octets: &[u8]) -> Result<Self, SumsError> {
        let mut cells = Self::default();
        cells.add_octets(octets)?;
        Ok(cells)
    }

    fn add_octets(&mut self, octets: &[u8]) -> Result<(), SumsError> {
        counts(octets, |counter, counts| {
            counts.each(|cell, count| self.add(counter, cell, count))?;
            Ok(true)
        })
    }

    fn add(&mut self, counter: Counter, cell: u32, count: i64) {
        let key = (counter, cell);
        // Octets have them in order.
        if count != 0 && self.0.last().is_none_or(|(last, _)| *last < key) {
            return self.0.push((key, count));
        }
        match self.0.binary_search_by_key(&key, |(key, _)| *key) {
            Err(at) if count != 0 => self.0.insert(at, (key, count)),
            Err(_) => {}
            Ok(at) => {
                let sum = self.0.get(at).map_or(0, |(_, sum)| *sum).saturating_add(count);
                if sum == 0 {
                    self.0.remove(at);
                } else if let Some((_, own)) = self.0.get_mut(at) {
                    *own = sum;
                }
            }
        }
    }

    fn merge(&mut self, other: &Self, counts: impl Fn(Counter) -> bool) {
        let own = core::mem::take(&mut self.0);
        self.0.reserve(own.len().saturating_add(other.0.len()));
        let mut own = own.into_iter().peekable();
        for (key, count) in other.0.iter().filter(|((counter, _), _)| counts(*counter)) {
            while let Some(earlier) = own.next_if(|(first, _)| first < key) {
                self.0.push(earlier);
            }
            let same = own.next_if(|(first, _)| first == key).map_or(0, |(_, sum)| sum);
            let sum = same.saturating_add(*count);
            if sum != 0 {
                self.0.push((*key, sum));
            }
        }
        self.0.extend(own);
    }

    fn write(&self, octets: &mut Vec<u8>) {
        for of_counter in self.0.chunk_by(|((one, _), _), ((other, _), _)| one == other) {
            let Some(((counter, _), first)) = of_counter.first() else { continue };
            write(octets, counter.number().into());
            if !counter.has_cells() {
                write(octets, zigzag(*first));
                continue;
            }
            write(octets, of_counter.len() as u64);
            let mut last = 0;
            for ((_, cell), count) in of_counter {
                let further = u64::from(cell.saturating_sub(last)) << 2;
                last = *cell;
                match count {
                    1 => write(octets, further | 1),
                    -1 => write(octets, further | 2),
                    2 => write(octets, further | 3),
                    count => {
                        write(octets, further);
                        write(octets, zigzag(*count));
                    }
                }
            }
        }
    }
}

fn write(octets: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        octets.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    octets.push(number.to_le_bytes()[0]);
}

const fn zigzag(count: i64) -> u64 {
    ((count << 1) ^ (count >> 63)).cast_unsigned()
}

/// What is counted of an area and a value.
pub(super) struct Group<'a> {
    pub(super) area: &'a str,
    pub(super) value: &'a str,
    /// Which names of the octets those are.
    pub(super) names: [usize; 2],
    pub(super) slot: u8,
    /// To be read by [`counts`].
    pub(super) counts: &'a [u8],
}

/// Goes through the groups of octets, without reading what they count.
pub(super) fn walk<'a>(octets: &'a [u8], mut see: impl FnMut(Group<'a>)) -> Result<(), SumsError> {
    let mut reader = Reader(octets);
    match reader.number()? {
        VERSION => {}
        version => return Err(SumsError::Version(version)),
    }
    let mut names = Vec::new();
    for _ in 0..reader.number()? {
        let length = reader.small()?;
        names.push(core::str::from_utf8(reader.octets(length)?).map_err(|_| SumsError::Malformed)?);
    }
    let name = |index: usize| names.get(index).copied().ok_or(SumsError::Malformed);
    for _ in 0..reader.number()? {
        let area_name = reader.small()?;
        let area = name(area_name)?;
        for _ in 0..reader.number()? {
            let value_name = reader.small()?;
            let value = name(value_name)?;
            for _ in 0..reader.number()? {
                let (slot, length) = (reader.small()?, reader.small()?);
                see(Group { area, value, names: [area_name, value_name], slot, counts: reader.octets(length)? });
            }
        }
    }
    if reader.0.is_empty() { Ok(()) } else { Err(SumsError::Malformed) }
}

/// Goes through what a group counts, counter by counter, for as long as somebody wants more. Of one that is not read, all is passed over.
#[inline]
pub(super) fn counts(
    octets: &[u8],
    mut see: impl FnMut(Counter, &mut Counts<'_, '_>) -> Result<bool, SumsError>,
) -> Result<(), SumsError> {
    let mut reader = Reader(octets);
    while !reader.0.is_empty() {
        let counter = Counter::from_number(reader.small()?).ok_or(SumsError::Malformed)?;
        let has_cells = counter.has_cells();
        let left = if has_cells { reader.number()? } else { 1 };
        let cell_max = if counter.is_stock() { u32::MAX } else { histogram::CELL_MAX };
        let mut counts = Counts { reader: &mut reader, left, has_cells, cell_max };
        if !see(counter, &mut counts)? {
            return Ok(());
        }
        counts.each(|_, _| {})?;
    }
    Ok(())
}

/// What is counted of a counter, by cell.
pub(super) struct Counts<'r, 'a> {
    reader: &'r mut Reader<'a>,
    left: u64,
    has_cells: bool,
    cell_max: u32,
}

impl Counts<'_, '_> {
    /// Goes through all of it.
    #[inline]
    pub(super) fn each(&mut self, mut see: impl FnMut(u32, i64)) -> Result<(), SumsError> {
        let left = core::mem::take(&mut self.left);
        if !self.has_cells {
            if left > 0 {
                see(0, self.reader.count()?);
            }
            return Ok(());
        }
        // One of its own, which need not be in memory: this is what reports do most.
        let mut reader = Reader(self.reader.0);
        let mut cell = 0_u64;
        for _ in 0..left {
            let number = reader.number()?;
            // Neither is ever more than 2⁶².
            cell = cell.wrapping_add(number >> 2);
            let told = u32::try_from(cell).ok().filter(|cell| *cell <= self.cell_max).ok_or(SumsError::Malformed)?;
            let count = match number & 3 {
                0 => reader.count()?,
                // Mostly 1; the others without a branch.
                few => [0, 1, -1, 2].get(usize::from(few.to_le_bytes()[0])).copied().unwrap_or_default(),
            };
            see(told, count);
        }
        self.reader.0 = reader.0;
        Ok(())
    }
}

/// A number of any size, and what comes after it.
#[cold]
fn large(octets: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    let mut rest = octets;
    for shift in (0..64).step_by(7) {
        let octet;
        (octet, rest) = rest.split_first()?;
        number |= u64::from(octet & 0x7f) << shift;
        if *octet < 0x80 {
            return Some((number, rest));
        }
    }
    None
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    #[inline]
    fn number(&mut self) -> Result<u64, SumsError> {
        let (number, rest) = match self.0 {
            // Most are small.
            [octet @ ..0x80, rest @ ..] => ((*octet).into(), rest),
            octets => large(octets).ok_or(SumsError::Malformed)?,
        };
        self.0 = rest;
        Ok(number)
    }

    #[inline]
    fn count(&mut self) -> Result<i64, SumsError> {
        let count = self.number()?;
        Ok((count >> 1).cast_signed() ^ (count & 1).cast_signed().wrapping_neg())
    }

    #[inline]
    fn small<T: TryFrom<u64>>(&mut self) -> Result<T, SumsError> {
        T::try_from(self.number()?).map_err(|_| SumsError::Malformed)
    }

    fn octets(&mut self, length: usize) -> Result<&'a [u8], SumsError> {
        let (octets, rest) = self.0.split_at_checked(length).ok_or(SumsError::Malformed)?;
        self.0 = rest;
        Ok(octets)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_sums() -> impl Strategy<Value = Sums> {
        let names = || prop::sample::select(vec!["", "MESA", "redes", "Categoría 1"]);
        let counter = prop::sample::select(Counter::ALL.to_vec());
        let cell = prop_oneof![0..200_u32, 0..=histogram::CELL_MAX];
        let count = prop_oneof![-3..4_i64, -(1_i64 << 50)..1 << 50];
        prop::collection::vec((0..4_u8, names(), names(), counter, cell, count), 0..60).prop_map(|added| {
            let mut sums = Sums::default();
            for (slot, area, value, counter, cell, count) in added {
                sums.add(slot, area, value, counter, if counter.has_cells() { cell } else { 0 }, count);
            }
            sums
        })
    }

    proptest! {
        #[test]
        fn prop_sums_are_read_as_they_were_written(sums in any_sums()) {
            let octets = sums.to_bytes();
            prop_assert_eq!(&Sums::from_bytes(&octets).unwrap(), &sums);
            for length in 0..octets.len() {
                prop_assert!(Sums::from_bytes(&octets[..length]).is_err());
            }
        }

        #[test]
        fn prop_what_is_added_to_octets_is_what_is_added_to_their_sums(sums in any_sums(), other in any_sums(), is_taken in any::<bool>()) {
            let mut added = other;
            if is_taken {
                // Nothing is left of some.
                for (slot, area, value, counter, cell, count) in sums.iter() {
                    added.add(slot, area, value, counter, cell, -count);
                }
            }
            let mut both = sums.clone();
            both.merge(&added);
            prop_assert_eq!(added.added_to(&sums.to_bytes()).unwrap(), both.to_bytes());
        }

        #[test]
        fn prop_what_is_taken_away_again_was_never_there(sums in any_sums(), other in any_sums()) {
            let mut both = sums.clone();
            both.merge(&other);
            for (slot, area, value, counter, cell, count) in other.iter() {
                both.add(slot, area, value, counter, cell, -count);
            }
            prop_assert_eq!(both.to_bytes(), sums.to_bytes());
        }

        /// Octets that are none are told, and what is read of others is what they would be written as.
        #[test]
        fn prop_any_octets_are_sums_or_none(sums in any_sums(), at in any::<prop::sample::Index>(), octet: u8, rest: Vec<u8>) {
            let mut octets = sums.to_bytes();
            let at = at.index(octets.len());
            octets[at] = octet;
            for octets in [&octets, &rest] {
                if let Ok(read) = Sums::from_bytes(octets) {
                    prop_assert_eq!(Sums::from_bytes(&read.to_bytes()), Ok(read));
                }
            }
        }
    }
}
