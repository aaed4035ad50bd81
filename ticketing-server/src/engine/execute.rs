use ticketing_core::{Actor, Command, Ticket, TicketId};

use super::{Engine, EngineError, derived};
use crate::store::{Appended, FollowUp, Store, StoreError};

impl<S: Store> Engine<S> {
    /// Does a command to a ticket and answers its state after that. Where somebody else is faster, the command is decided
    /// anew on what they made of the ticket.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Refused`], [`EngineError::Contended`], or the store's.
    pub async fn execute(&self, id: TicketId, actor: &Actor, command: Command) -> Result<Ticket, EngineError> {
        const ATTEMPTS: u32 = 16;
        for _ in 0..ATTEMPTS {
            let (rules, now) = (self.rules(), self.now());
            let mut ticket = self.ticket(id).await?;
            let events = ticket.decide(command.clone(), actor, now, &rules)?;
            if events.is_empty() {
                return Ok(ticket);
            }
            let expected_version = ticket.version;
            for new in &events {
                ticket.apply(&new.event).map_err(|error| StoreError::Damaged(error.into()))?;
            }
            let derived = derived(&ticket, &rules);
            let follow_up = FollowUp { expected_version, events, ticket: ticket.clone(), derived };
            match self.inner.store.append(follow_up).await? {
                Appended::Stored => return Ok(ticket),
                Appended::Conflict => {}
            }
        }
        Err(EngineError::Contended)
    }
}
