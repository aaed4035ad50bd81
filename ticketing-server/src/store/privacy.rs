//! What is erased, and what is kept of that.

use std::{fmt, net::IpAddr};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use ticketing_core::{
    TicketId, Timestamp,
    ticket::{Intake, NewEvent},
};

use super::{Appended, FollowUp, StoreError};

/// Words and people, as they go.
pub trait PrivacyStore: Send + Sync + 'static {
    /// Stores what follows on a ticket's last event, and has the ticket say from then on what it is given and nothing else, in one
    /// transaction. The keys of requests that could be repeated are forgotten where it says so.
    fn erase(&self, erasure: Erasure) -> impl Future<Output = Result<Appended, StoreError>> + Send;

    /// Tickets that have been over since before an instant and whose person was not erased, longest first, and at most so many after the
    /// first ones. From an index.
    fn over_until(
        &self,
        instant: Timestamp,
        skip: u32,
        max: u32,
    ) -> impl Future<Output = Result<Vec<TicketId>, StoreError>> + Send;

    /// How many there are of them.
    fn count_over_until(&self, instant: Timestamp) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Those who were erased, in no order.
    fn forgotten(&self) -> impl Future<Output = Result<Vec<Forgotten>, StoreError>> + Send;

    /// Notes who was erased. Of one who was before, the later time stays.
    fn note_forgotten(&self, people: Vec<Forgotten>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes out of files what was deleted, and lies in them until something else is written in its place; out of the index of words
    /// too, which is brought up to date before. It may take as long as to write all of it anew, and whoever writes waits meanwhile.
    fn scrub(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What a ticket says from now on.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// The event that says so, and the state after it.
    pub follow_up: FollowUp,
    /// Who asked, and in which words; nobody and nothing where the person was erased.
    pub intake: Intake,
    /// The address of the client that created it.
    pub address: Option<IpAddr>,
    /// All events, those of the follow-up too, with the texts that they have from now on.
    pub history: Vec<NewEvent>,
    /// Requests that were made for it may be among those that can still be repeated.
    pub forgets_keys: bool,
}

/// Somebody who was erased, so that whoever brings them back (an older archive, a backup) can be told. Their address is not here:
/// an HMAC-SHA-256 of it says whether an address that somebody has is theirs, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forgotten {
    /// With which key. Those of one store have one, those that came from another one theirs.
    pub key: [u8; 32],
    /// Of the address in small letters.
    pub hash: AddressHash,
    /// When. What they have asked since is theirs to keep.
    pub at: Timestamp,
}

/// What is left of an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressHash(pub [u8; 32]);

impl fmt::Debug for AddressHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

impl Forgotten {
    /// What is kept of an address that is erased at an instant.
    pub fn new(key: [u8; 32], address_key: &str, at: Timestamp) -> Self {
        Self { key, hash: Self::hash(&key, address_key), at }
    }

    /// What an address comes to with a key.
    pub fn hash(key: &[u8; 32], address_key: &str) -> AddressHash {
        // A key of any length is one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return AddressHash([0; 32]) };
        mac.update(address_key.as_bytes());
        AddressHash(mac.finalize().into_bytes().into())
    }
}
