use std::collections::BTreeMap;

use super::{Holds, Stretch, Sums, SumsError};

/// What is kept of a dimension: octets of [`Sums`] by stretch of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shelf(BTreeMap<Stretch, Vec<u8>>);

impl FromIterator<(Stretch, Vec<u8>)> for Shelf {
    fn from_iter<T: IntoIterator<Item = (Stretch, Vec<u8>)>>(kept: T) -> Self {
        Self(kept.into_iter().collect())
    }
}

impl Shelf {
    /// Puts something there.
    pub fn insert(&mut self, stretch: Stretch, octets: Vec<u8>) {
        self.0.insert(stretch, octets);
    }

    /// What is there of a stretch.
    pub fn get(&self, stretch: Stretch) -> Option<&[u8]> {
        self.0.get(&stretch).map(Vec::as_slice)
    }

    /// The stretches of which something is there, in order.
    pub fn stretches(&self) -> impl Iterator<Item = Stretch> {
        self.0.keys().copied()
    }

    /// The sum of all that happened between two quarters of an hour, from what is there of stretches that cover it.
    ///
    /// # Errors
    /// [`SumsError`] where something that is there cannot be read.
    pub fn whole(&self, from: u32, until: u32) -> Result<Sums, SumsError> {
        let mut whole = Sums::default();
        let kept: Vec<_> = self.stretches().collect();
        for stretch in super::cover(from, until, &kept) {
            for (own, octets) in self.within(stretch) {
                let sums = Sums::from_bytes(octets)?;
                let is_meant = |slot: u8| (stretch.from..stretch.until).contains(&own.from.saturating_add(slot.into()));
                let is_of_hours = own.holds == Holds::Hours;
                whole.merge_some(&sums, |slot| (!is_of_hours || is_meant(slot)).then_some(0), |_| true);
            }
        }
        Ok(whole)
    }

    /// What there is at a quarter of an hour: what there was at an earlier one, and all since.
    ///
    /// # Errors
    /// [`SumsError`] where something that is there cannot be read.
    pub fn stock(&self, earlier: Option<u32>, until: u32) -> Result<Sums, SumsError> {
        let before = earlier.and_then(|earlier| self.get(Stretch::stock(earlier))).map(Sums::from_bytes).transpose()?;
        let mut stock = before.unwrap_or_default();
        stock.merge_some(&self.whole(earlier.unwrap_or_default(), until)?, Some, super::Counter::is_stock);
        Ok(stock)
    }

    /// What is there of a stretch that [`cover`](super::cover) tells: itself, or its hours.
    pub(super) fn within(&self, stretch: Stretch) -> impl Iterator<Item = (Stretch, &[u8])> {
        let (first, last) = match stretch.holds {
            Holds::Hours => {
                let first = Stretch::hour_of(stretch.from);
                (first, Stretch::hour_of(stretch.until.saturating_sub(1)))
            }
            Holds::Whole | Holds::Stock => (stretch, stretch),
        };
        self.0.range(first..=last.max(first)).map(|(own, octets)| (*own, octets.as_slice()))
    }
}
