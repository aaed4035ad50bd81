use ticketing_core::{
    Actor, Command, Refusal, Rulebook, Ticket, TicketId, Timestamp,
    ticket::{NewEvent, Order},
};

use super::{Engine, EngineError, IdempotencyKey, integration};
use crate::store::{Appended, FollowUp, Idempotency, KeyUse, Store, StoreError};

/// On what conditions a command is done.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Only on one of these versions of the ticket; `None`: on whichever there is.
    pub versions: Option<Vec<u32>>,
    /// Once, however often the request is made.
    pub key: Option<IdempotencyKey>,
    /// On whose behalf, in another system's words.
    pub on_behalf: Option<String>,
}

/// A command that was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Executed {
    /// The ticket's version after it.
    pub version: u32,
    /// It had been done before: nothing was done now.
    pub repeated: bool,
}

impl<S: Store> Engine<S> {
    /// Does a command to a ticket and answers its state after that. Where somebody else is faster, the command is decided
    /// anew on what they made of the ticket.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Refused`], [`EngineError::Contended`], or the store's.
    pub async fn execute(&self, id: TicketId, actor: &Actor, command: Command) -> Result<Ticket, EngineError> {
        match self.carry_out(id, actor, command, &Conditions::default()).await? {
            Outcome::Done(ticket) => Ok(*ticket),
            // Only with a key.
            Outcome::DoneBefore { .. } => self.ticket(id).await,
        }
    }

    /// Does what the desk asks for, on conditions.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); [`EngineError::Changed`] where the ticket has another version,
    /// [`EngineError::KeyReused`] and [`EngineError::KeyInFlight`] where the key stands for another request or for one that is
    /// being worked on.
    pub async fn order(
        &self,
        id: TicketId,
        actor: &Actor,
        order: Order,
        conditions: Conditions,
    ) -> Result<Executed, EngineError> {
        let _entered = match &conditions.key {
            Some(key) => Some(self.inner.in_flight.enter(key).ok_or(EngineError::KeyInFlight)?),
            None => None,
        };
        let command = order.with_agent(|agent| self.agent(agent));
        Ok(match self.carry_out(id, actor, command, &conditions).await? {
            Outcome::Done(ticket) => Executed { version: ticket.revision, repeated: false },
            Outcome::DoneBefore { version } => Executed { version, repeated: true },
        })
    }

    /// What a command came to that was done before with its key; `None` where it was not.
    ///
    /// # Errors
    /// [`EngineError::KeyReused`], or the store's.
    pub async fn ordered_before(&self, id: TicketId, key: &IdempotencyKey) -> Result<Option<Executed>, EngineError> {
        let version = self.done_before(id, key).await?;
        Ok(version.map(|version| Executed { version, repeated: true }))
    }

    async fn done_before(&self, id: TicketId, key: &IdempotencyKey) -> Result<Option<u32>, EngineError> {
        let used = self.inner.store.find_key(&key.clone().at(self.now())).await?;
        used.map(|used| version_of(&used, id)).transpose()
    }

    async fn carry_out(
        &self,
        id: TicketId,
        actor: &Actor,
        command: Command,
        conditions: &Conditions,
    ) -> Result<Outcome, EngineError> {
        const ATTEMPTS: u32 = 16;
        if let Some(key) = &conditions.key
            && let Some(version) = self.done_before(id, key).await?
        {
            return Ok(Outcome::DoneBefore { version });
        }
        let mut turn = self.inner.turns.join(id).await?;
        for _ in 0..ATTEMPTS {
            let ticket = self.ticket(id).await?;
            let (book, now) = (self.book_for([&ticket.sla]).await?, self.now());
            if conditions.versions.is_some()
                && let Some(noted) = keep_up(&ticket, &book, now)?
            {
                // What a policy has done by itself is a change that they have to have seen.
                self.inner.store.append(noted).await?;
                self.inner.news.tell();
                continue;
            }
            let decided = ticket.decide(command.clone(), actor, now, &book);
            // Whoever may not touch the ticket is told that, and not what became of it.
            if let Err(refusal @ (Refusal::Forbidden | Refusal::ForeignArea)) = decided {
                return Err(refusal.into());
            }
            if let Some(versions) = conditions.versions.as_ref().filter(|versions| !versions.contains(&ticket.revision))
            {
                // What happened since the newest one that there was is news.
                let there_was = versions.iter().copied().filter(|version| *version < ticket.revision).max();
                let since = there_was.unwrap_or(ticket.revision);
                let record = self.inner.store.record(id).await?.ok_or(EngineError::NotFound)?;
                // It may have left in between.
                actor.check_area(&record.ticket.attributes.area, book.active())?;
                return Err(EngineError::Changed { since, record });
            }
            let mut events = decided?;
            for new in events.iter_mut().filter(|new| new.event.author == actor.author()) {
                new.on_behalf.clone_from(&conditions.on_behalf);
            }
            // Where nothing was up at the moment that is stored, that moment is put right.
            let is_nothing = events.is_empty() && !matches!(command, Command::KeepTime);
            if is_nothing && conditions.key.is_none() {
                return Ok(Outcome::Done(Box::new(ticket)));
            }
            let idempotency = conditions.key.clone().map(|key| key.at(now));
            let written = match command {
                Command::Update { .. } | Command::Transfer { .. } | Command::Reclassify { .. } => {
                    integration::rewritten(book.active(), &events)
                }
                _ => Vec::new(),
            };
            let follow_up = followed(ticket, events, &book, idempotency)?;
            let ticket = follow_up.ticket.clone();
            match self.inner.store.append(follow_up).await? {
                Appended::Stored => {
                    self.inner.news.tell();
                    self.offer_in_passing(written).await;
                    return Ok(Outcome::Done(Box::new(ticket)));
                }
                // From now on, only those who have begun already, or another process, may be faster.
                Appended::Conflict if turn.is_none() => turn = Some(self.inner.turns.wait(id).await?),
                Appended::Conflict => {}
                Appended::KeyUsed(used) => return Ok(Outcome::DoneBefore { version: version_of(&used, id)? }),
            }
        }
        Err(EngineError::Contended)
    }
}

enum Outcome {
    Done(Box<Ticket>),
    DoneBefore { version: u32 },
}

/// The ticket's version after the request that a key stands for.
fn version_of(used: &KeyUse, id: TicketId) -> Result<u32, EngineError> {
    match used {
        KeyUse::SameRequest { id: of, version, .. } if *of == id => Ok(*version),
        KeyUse::SameRequest { .. } | KeyUse::OtherRequest => Err(EngineError::KeyReused),
    }
}

/// What clocks came to until now, to be stored by itself; `None`: nothing.
fn keep_up(ticket: &Ticket, book: &Rulebook, now: Timestamp) -> Result<Option<FollowUp>, StoreError> {
    if ticket.next_moment(book).is_none_or(|moment| moment > now) {
        return Ok(None);
    }
    let events = ticket.decide(Command::KeepTime, &Actor::System, now, book).unwrap_or_default();
    if events.is_empty() { Ok(None) } else { followed(ticket.clone(), events, book, None).map(Some) }
}

/// Events with the state after them.
pub(super) fn followed(
    mut ticket: Ticket,
    events: Vec<NewEvent>,
    book: &Rulebook,
    idempotency: Option<Idempotency>,
) -> Result<FollowUp, StoreError> {
    let expected_version = ticket.version;
    for new in &events {
        ticket.apply(&new.event).map_err(|error| StoreError::Damaged(error.into()))?;
    }
    Ok(FollowUp { expected_version, events, next_moment: ticket.next_moment(book), ticket, idempotency })
}
