//! What creations count, written once for all that a transaction has of them.

use std::collections::{
    BTreeMap, HashMap,
    btree_map::Entry::{Occupied, Vacant},
};

use rusqlite::{Connection, OptionalExtension};

use super::{
    facets::{self, Key},
    rows::damaged,
};
use crate::store::StoreError;

/// What a transaction has counted and not written yet.
///
/// A creation takes its year's next number and is one more in its facet. To read and to write these two rows for each was half of its
/// statements, and nobody sees them before the transaction ends. All other work of the transaction finds them written.
#[derive(Default)]
pub(super) struct Counts {
    /// The last number that was given, by year.
    labels: BTreeMap<u16, u32>,
    facets: HashMap<Key, Facet>,
}

/// A facet and how many tickets more it has.
struct Facet {
    id: i64,
    more: i64,
}

impl Counts {
    /// Takes the next number of a year's series.
    pub(super) fn next_label_number(&mut self, connection: &Connection, year: u16) -> Result<u32, StoreError> {
        let last = match self.labels.entry(year) {
            Occupied(known) => known.into_mut(),
            Vacant(unknown) => {
                let sql = "SELECT last FROM label_counters WHERE year = ?";
                let last = connection.prepare_cached(sql)?.query_row([year], |row| row.get(0)).optional()?;
                unknown.insert(last.unwrap_or(0))
            }
        };
        *last = last.checked_add(1).ok_or_else(|| damaged("the year's labels are used up"))?;
        Ok(*last)
    }

    /// The facet of a new ticket, with it counted.
    pub(super) fn entered(&mut self, connection: &Connection, key: &Key) -> Result<i64, StoreError> {
        if let Some(facet) = self.facets.get_mut(key) {
            facet.more += 1;
            return Ok(facet.id);
        }
        let id = facets::find(connection, key)?;
        self.facets.insert(key.clone(), Facet { id, more: 1 });
        Ok(id)
    }

    /// Writes it, and knows nothing any more.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<(), StoreError> {
        for (year, last) in std::mem::take(&mut self.labels) {
            let sql = "UPDATE label_counters SET last = ? WHERE year = ?";
            if connection.prepare_cached(sql)?.execute((last, year))? == 0 {
                let sql = "INSERT INTO label_counters (last, year) VALUES (?, ?)";
                connection.prepare_cached(sql)?.execute((last, year))?;
            }
        }
        for Facet { id, more } in std::mem::take(&mut self.facets).into_values() {
            facets::count(connection, id, more)?;
        }
        Ok(())
    }
}
