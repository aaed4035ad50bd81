use std::net::IpAddr;

use sha2::{Digest, Sha256};
use ticketing_core::{
    Actor, NewTicket, Rulebook, Status, Ticket, TicketId, TicketLabel, TimeDelta, Timestamp,
    sla::TargetKind,
    ticket::{ActorId, Attributes, Origin},
};
use uuid::Uuid;

use super::{Engine, EngineError, integration};
use crate::store::{Created, Creation, Idempotency, KeyUse, Store, StoreError};

/// How long a request may be repeated with its key, in milliseconds: 24 hours.
const KEY_VALID_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// A ticket to create.
#[derive(Clone, Debug)]
pub struct CreateRequest {
    /// The ticket, validated.
    pub ticket: NewTicket,
    /// Who creates it.
    pub actor: Actor,
    /// Where it comes from.
    pub origin: Origin,
    /// The client's address, kept with the ticket.
    pub address: Option<IpAddr>,
    /// What makes the request repeatable.
    pub key: Option<IdempotencyKey>,
}

impl CreateRequest {
    /// A ticket that its requester creates.
    pub fn new(ticket: NewTicket) -> Self {
        Self { ticket, actor: Actor::Requester, origin: Origin::Other, address: None, key: None }
    }
}

/// A client's key for a request that it may repeat, and what tells that request from another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    pub(super) owner: Option<ActorId>,
    pub(super) key: String,
    fingerprint: [u8; 32],
}

/// A key that is none: empty, longer than 255 characters, or with others than visible ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an idempotency key has 1 to 255 visible ASCII characters")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// A key of 1 to 255 visible ASCII characters, and what tells its request from others: its body, and what it is done to.
    ///
    /// # Errors
    /// [`InvalidIdempotencyKey`].
    pub fn new(key: &str, request: &[u8]) -> Result<Self, InvalidIdempotencyKey> {
        if !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidIdempotencyKey);
        }
        Ok(Self { owner: None, key: key.to_owned(), fingerprint: Sha256::digest(request).into() })
    }

    /// The key as this one's own: somebody else's of the same text is another.
    #[must_use]
    pub fn of(self, owner: Option<ActorId>) -> Self {
        Self { owner, ..self }
    }

    pub(super) fn at(self, now: Timestamp) -> Idempotency {
        let Self { owner, key, fingerprint } = self;
        Idempotency { owner, key, fingerprint, used_at: now, valid_from: keys_valid_from(now) }
    }
}

/// A ticket as it was created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreatedTicket {
    /// Its identity.
    pub id: TicketId,
    /// Its name.
    pub label: TicketLabel,
    /// What it is about.
    pub attributes: Attributes,
    /// Where it stands.
    pub status: Status,
    /// When it came to be.
    pub created_at: Timestamp,
    /// The working time that is granted for its resolution.
    pub granted: Option<TimeDelta>,
    /// When that is up.
    pub due_at: Option<Timestamp>,
    /// The request had been made before: this is the answer to the first one.
    pub repeated: bool,
}

impl<S: Store> Engine<S> {
    /// Stores a ticket under the next label of its year.
    ///
    /// A request that is repeated with its key within 24 hours gets the first one's answer again.
    ///
    /// # Errors
    /// [`EngineError::KeyReused`], [`EngineError::KeyInFlight`], or the store's.
    pub async fn create(&self, request: CreateRequest) -> Result<CreatedTicket, EngineError> {
        let CreateRequest { ticket: new, actor, origin, address, key } = request;
        let _entered = match &key {
            Some(key) => Some(self.inner.in_flight.enter(key).ok_or(EngineError::KeyInFlight)?),
            None => None,
        };
        let _place = if actor == Actor::Requester { Some(self.enter_public()?) } else { None };
        let (book, now) = (self.book(), self.now());
        let rules = book.active();
        // Version 7: grows with time, so that the index of ids grows at its end.
        let id = TicketId(Uuid::now_v7());
        let mut opened = Ticket::open(&new, origin, &actor, now, rules)?;
        let ticket = Ticket::opened(id, &opened.event).map_err(|error| StoreError::Damaged(error.into()))?;
        let mut intake = new.into_intake();
        opened.on_behalf.clone_from(&intake.created_by);
        intake.created_by = opened.by();
        if opened.event.changes.due_by_hand.is_some() {
            intake.due_by.clone_from(&intake.created_by);
        }
        // Of a ticket in all its parts, which is large, only these wait for the store.
        let (attributes, status, created_at) = (ticket.attributes.clone(), ticket.status, ticket.created_at);
        let (granted, due_at) = promised(&ticket, &book);
        let creation = Creation {
            id,
            next_moment: ticket.next_moment(&book),
            ticket,
            opened,
            intake,
            address,
            label: rules.labels().clone(),
            label_year: rules.label_year(now),
            idempotency: key.map(|key| key.at(now)),
        };
        match self.inner.store.create(creation).await? {
            Created::New(label) => {
                self.inner.news.tell();
                if origin == Origin::AgentInSystem {
                    Box::pin(self.offer_in_passing(integration::written(rules, &attributes))).await;
                }
                Ok(CreatedTicket { id, label, attributes, status, created_at, granted, due_at, repeated: false })
            }
            // Rare and large: whoever waits for a creation keeps no room for it.
            Created::KeyUsed(used) => Box::pin(self.of_key(used)).await,
        }
    }

    /// The answer to a request that is repeated with its key, also where rules that came since would refuse it; `None` where
    /// it was not made before.
    ///
    /// # Errors
    /// [`EngineError::KeyReused`], or the store's.
    pub async fn repeated(&self, key: &IdempotencyKey) -> Result<Option<CreatedTicket>, EngineError> {
        let used = self.inner.store.find_key(&key.clone().at(self.now())).await?;
        match used {
            Some(used) => self.of_key(used).await.map(Some),
            None => Ok(None),
        }
    }

    /// Another process may have created it, under rules that are news here.
    async fn of_key(&self, used: KeyUse) -> Result<CreatedTicket, EngineError> {
        match used {
            KeyUse::SameRequest { id, label, opened, version: _ } => {
                let ticket = Ticket::opened(id, &opened).map_err(|error| StoreError::Damaged(error.into()))?;
                let book = self.book_for([&ticket.sla]).await?;
                let (granted, due_at) = promised(&ticket, &book);
                let Ticket { attributes, status, created_at, .. } = ticket;
                Ok(CreatedTicket { id, label, attributes, status, created_at, granted, due_at, repeated: true })
            }
            KeyUse::OtherRequest => Err(EngineError::KeyReused),
        }
    }
}

/// The instant before which keys are forgotten.
pub(crate) fn keys_valid_from(now: Timestamp) -> Timestamp {
    Timestamp::saturating_from_unix_millis(now.unix_millis() - KEY_VALID_MILLIS)
}

/// The working time that was granted to a ticket when it came to be, and when that is up, however long ago that was.
fn promised(ticket: &Ticket, book: &Rulebook) -> (Option<TimeDelta>, Option<Timestamp>) {
    let granted = ticket.sla.granted(TargetKind::Resolution, book, ticket.created_at);
    (granted, ticket.sla.read(book, ticket.created_at).and_then(|reading| reading.due))
}
