//! A roll-up as octets: for a store that keeps them whole, and to hand them on.
//!
//! The version, 1. Then the names in order – how many, and each with its length – and the rows in order: how many, and of each its
//! dimension, level, bucket, area and value (as indexes of names), counter, cell and count. Numbers are LEB128, counts zigzagged
//! before.

use std::collections::BTreeSet;

use super::{Bucket, Counter, Dimension, Level, Rollup, Row};

const VERSION: u64 = 1;

/// What keeps octets from being a roll-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RollupError {
    /// They were written by a later version.
    #[error("roll-ups of version {0} are not known here")]
    Version(u64),
    /// They are cut short, or no roll-up.
    #[error("octet {0} is not that of a roll-up")]
    Malformed(usize),
}

impl Rollup {
    /// Its octets: the same ones for the same sums.
    pub fn to_bytes(&self) -> Vec<u8> {
        let names: BTreeSet<&str> = self.rows().flat_map(|(row, _)| [&*row.area, &*row.value]).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let index = |name: &str| names.binary_search(&name).unwrap_or_default();
        let mut octets = Vec::new();
        let mut write = |mut number: u64| {
            while number >= 0x80 {
                octets.push(number.to_le_bytes()[0] | 0x80);
                number >>= 7;
            }
            octets.push(number.to_le_bytes()[0]);
        };
        write(VERSION);
        write(names.len() as u64);
        for name in &names {
            write(name.len() as u64);
            name.bytes().for_each(|octet| write(octet.into()));
        }
        write(self.rows().len() as u64);
        for (Row { by, bucket, area, value, counter, cell }, count) in self.rows() {
            for number in [by.number(), bucket.level.number()] {
                write(number.into());
            }
            write(bucket.number.into());
            write(index(area) as u64);
            write(index(value) as u64);
            write(counter.number().into());
            write((*cell).into());
            write(((count << 1) ^ (count >> 63)).cast_unsigned());
        }
        octets
    }

    /// The sums that octets are of.
    ///
    /// # Errors
    /// [`RollupError`] where they are not those of a roll-up.
    ///
    /// ```
    /// use ticketing_core::report::{Rollup, RollupError};
    ///
    /// let octets = Rollup::default().to_bytes();
    /// assert_eq!(Rollup::from_bytes(&octets), Ok(Rollup::default()));
    /// assert_eq!(Rollup::from_bytes(&[9]), Err(RollupError::Version(9)));
    /// ```
    pub fn from_bytes(octets: &[u8]) -> Result<Self, RollupError> {
        let mut reader = Reader { octets, at: 0 };
        match reader.number()? {
            VERSION => {}
            version => return Err(RollupError::Version(version)),
        }
        let mut names = Vec::new();
        for _ in 0..reader.number()? {
            let length = reader.number()?;
            let mut name = Vec::new();
            for _ in 0..length {
                name.push(reader.small()?);
            }
            names.push(reader.some(String::from_utf8(name).ok())?);
        }
        let mut rollup = Self::default();
        for _ in 0..reader.number()? {
            let by = reader.small()?;
            let by = reader.some(Dimension::from_number(by))?;
            let level = reader.small()?;
            let level = reader.some(Level::from_number(level))?;
            let number = reader.small()?;
            let [area, value] = [reader.small::<usize>()?, reader.small::<usize>()?];
            let area = reader.some(names.get(area).cloned())?;
            let value = reader.some(names.get(value).cloned())?;
            let counter = reader.small()?;
            let counter = reader.some(Counter::from_number(counter))?;
            let cell = reader.small()?;
            let count = reader.number()?;
            let count = (count >> 1).cast_signed() ^ (count & 1).cast_signed().wrapping_neg();
            rollup.add(Row { by, bucket: Bucket { level, number }, area, value, counter, cell }, count);
        }
        if reader.at == octets.len() { Ok(rollup) } else { Err(RollupError::Malformed(reader.at)) }
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn number(&mut self) -> Result<u64, RollupError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octets.get(self.at).copied();
            let octet = self.some(octet)?;
            self.at = self.at.saturating_add(1);
            number |= u64::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        Err(RollupError::Malformed(self.at))
    }

    fn small<T: TryFrom<u64>>(&mut self) -> Result<T, RollupError> {
        let number = self.number()?;
        self.some(T::try_from(number).ok())
    }

    fn some<T>(&self, value: Option<T>) -> Result<T, RollupError> {
        value.ok_or(RollupError::Malformed(self.at))
    }
}
