//! Numbers of labels: taken by the transaction that stores the tickets, or so many ahead.

use std::collections::BTreeMap;

use super::{
    rows::{Columns, damaged},
    transactions::Transaction,
};
use crate::store::StoreError;

/// Takes the next numbers of a year's series, until the transaction ends alone with it; answers the first of them. Where it is not
/// committed, they were not taken.
pub(super) async fn take(transaction: &Transaction<'_>, year: u16, numbers: u32) -> Result<u32, StoreError> {
    let sql = "INSERT INTO label_counters (year, last) VALUES ($1, $2)
               ON CONFLICT (year) DO UPDATE SET last = label_counters.last + excluded.last
               RETURNING last";
    let row = transaction.query_opt(sql, &[&i32::from(year), &i64::from(numbers)]).await?;
    let last: i64 = Columns::new(&row.ok_or_else(|| damaged("a counter counts nothing"))?).next()?;
    let last = u32::try_from(last).map_err(|_| damaged("the year's labels are used up"))?;
    Ok(last - numbers + 1)
}

/// Numbers that a process has taken ahead. It gives them in their order; those of others are between them.
#[derive(Default)]
pub(super) struct Blocks {
    years: BTreeMap<u16, Block>,
}

#[derive(Default)]
struct Block {
    /// The last number that was given to a ticket; what comes later is higher.
    given: u32,
    /// What is left, from first to last.
    rests: Vec<(u32, u32)>,
}

impl Blocks {
    /// The next numbers of a series that are there; as many as are wanted, if there are so many.
    pub(super) fn next(&self, year: u16, wanted: usize) -> Vec<u32> {
        let rests = self.years.get(&year).map_or(&[][..], |block| &block.rests);
        rests.iter().flat_map(|(first, last)| *first..=*last).take(wanted).collect()
    }

    /// All up to this number are given, or shall not be.
    pub(super) fn given(&mut self, year: u16, number: u32) {
        let block = self.years.entry(year).or_default();
        block.given = block.given.max(number);
        let rests = block.rests.iter().filter(|(_, last)| *last > number);
        block.rests = rests.map(|(first, last)| ((*first).max(number + 1), *last)).collect();
    }

    /// The last number of a series that was given.
    pub(super) fn last(&self, year: u16) -> u32 {
        self.years.get(&year).map_or(0, |block| block.given.max(block.rests.last().map_or(0, |(_, last)| *last)))
    }

    pub(super) fn add(&mut self, year: u16, first: u32, last: u32) {
        self.years.entry(year).or_default().rests.push((first, last));
    }

    /// What is left of all series.
    pub(super) fn rests(&self) -> Vec<(u16, u32, u32)> {
        let rests =
            |(year, block): (&u16, &Block)| block.rests.iter().map(|(first, last)| (*year, *first, *last)).collect();
        self.years.iter().flat_map(|(year, block)| -> Vec<_> { rests((year, block)) }).collect()
    }
}

/// Takes a block of numbers of a series: what somebody has given back, if all of it comes after the last that this process has, else
/// the next ones.
pub(super) async fn take_block(
    transaction: &Transaction<'_>,
    year: u16,
    after: u32,
    numbers: u32,
) -> Result<(u32, u32), StoreError> {
    let sql = "DELETE FROM label_rests WHERE year = $1 AND first = (
                   SELECT first FROM label_rests WHERE year = $1 AND first > $2 ORDER BY first LIMIT 1
               ) RETURNING first, last";
    if let Some(row) = transaction.query_opt(sql, &[&i32::from(year), &i64::from(after)]).await? {
        let columns = &mut Columns::new(&row);
        let mut number = || columns.next::<i64>()?.try_into().map_err(damaged);
        return Ok((number()?, number()?));
    }
    let first = take(transaction, year, numbers).await?;
    Ok((first, first + (numbers - 1)))
}

/// Gives numbers back that were not given to a ticket.
pub(super) async fn give_back(transaction: &Transaction<'_>, rests: &[(u16, u32, u32)]) -> Result<(), StoreError> {
    for (year, first, last) in rests {
        let sql = "INSERT INTO label_rests (year, first, last) VALUES ($1, $2, $3)";
        transaction.execute(sql, &[&i32::from(*year), &i64::from(*first), &i64::from(*last)]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Blocks;

    #[test]
    fn numbers_are_given_once_and_in_their_order() {
        let mut blocks = Blocks::default();
        blocks.add(2026, 11, 13);
        blocks.add(2026, 31, 33);
        assert_eq!(blocks.next(2026, 2), [11, 12]);
        // What was not given after all is still there.
        assert_eq!(blocks.next(2026, 5), [11, 12, 13, 31, 32]);
        blocks.given(2026, 31);
        assert_eq!(blocks.next(2026, 9), [32, 33]);
        assert_eq!(blocks.next(2027, 1), Vec::<u32>::new());
        assert_eq!((blocks.last(2026), blocks.last(2027)), (33, 0));
        assert_eq!(blocks.rests(), [(2026, 32, 33)]);
    }
}
