use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{
    PAGE,
    line::{End, Line, LineError, TicketLine},
};
use crate::store::{ArchiveStore, LabelKey, StoreError};

/// The SHA-256 of tickets as their lines in an archive say them, in the order of their labels.
#[derive(Clone, Default)]
pub struct Digest {
    hash: Sha256,
    tickets: u64,
    events: u64,
}

impl Digest {
    /// Of all that a store has.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(store: &impl ArchiveStore) -> Result<End, StoreError> {
        let mut digest = Self::default();
        let mut after = LabelKey::NOTHING;
        loop {
            let records = store.records(after, PAGE).await?;
            let Some(last) = records.last() else { return Ok(digest.end()) };
            after = last.label.into();
            for record in records {
                let events = record.history.len() as u64;
                let line = Line::Ticket(Box::new(TicketLine::new(record))).write();
                digest.add(&line.map_err(|error: LineError| StoreError::Damaged(error.into()))?, events);
            }
        }
    }

    /// Takes in a ticket's line, as it is written.
    pub(super) fn add(&mut self, line: &[u8], events: u64) {
        self.hash.update(line);
        self.tickets += 1;
        self.events += events;
    }

    pub(super) fn tickets(&self) -> u64 {
        self.tickets
    }

    /// What all tickets so far come to.
    pub(super) fn end(&self) -> End {
        let mut sha256 = String::with_capacity(64);
        for octet in self.hash.clone().finalize() {
            // Texts take all that is written to them.
            let _ = write!(sha256, "{octet:02x}");
        }
        End { tickets: self.tickets, events: self.events, sha256 }
    }
}
