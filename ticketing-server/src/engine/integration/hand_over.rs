use std::net::IpAddr;

use ticketing_core::{
    Actor, Refusal, TicketId,
    integration::{IntegrationDraft, Request},
    ticket::{Edit, Order, Origin},
};

use super::super::{Conditions, CreateRequest, CreatedTicket, Engine, EngineError, Executed, IdempotencyKey};
use super::references::Known;
use crate::store::Store;

/// A ticket that another system hands over.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// The ticket, as far as it was checked.
    pub draft: IntegrationDraft,
    /// Who hands it over.
    pub actor: Actor,
    /// The client's address, kept with the ticket.
    pub address: Option<IpAddr>,
    /// What makes the request repeatable.
    pub key: Option<IdempotencyKey>,
}

impl<S: Store> Engine<S> {
    /// Stores a ticket that another system hands over.
    ///
    /// # Errors
    /// As [`create`](Self::create); [`EngineError::Refused`] where its references are nothing, or break rules, or the actor may not
    /// have it begin as it does.
    pub async fn hand_over(&self, request: HandOver) -> Result<CreatedTicket, EngineError> {
        let HandOver { draft, actor, address, key } = request;
        let draft = draft.by(&actor);
        let mut known = self.know(&draft.references()).await?;
        let validate = |draft: IntegrationDraft, known: &Known| {
            draft.validate(&self.rules(), |kind, reference| known.name(kind, reference), |id| self.agent(id))
        };
        let mut ticket = validate(draft.clone(), &known);
        // Ids first: where the process ends in between, a name too many is offered, and none too few.
        if ticket.is_ok() && self.offer_made(&mut known).await? {
            ticket = validate(draft, &known);
        }
        let ticket = match (ticket, &key) {
            (Ok(ticket), _) => ticket,
            // What is refused now may have been done before.
            (Err(refused), Some(key)) => return self.repeated(key).await?.ok_or(Refusal::from(refused).into()),
            (Err(refused), None) => return Err(Refusal::from(refused).into()),
        };
        // Staff who use this dialect hand over for another system, too.
        self.create(CreateRequest { ticket, actor, origin: Origin::TicketsApi, address, key }).await
    }

    /// Does what another system wants done to a ticket; with a key, once.
    ///
    /// # Errors
    /// As [`order`](Self::order).
    pub async fn request(
        &self,
        id: TicketId,
        actor: &Actor,
        request: Request,
        key: Option<IdempotencyKey>,
    ) -> Result<Executed, EngineError> {
        let mut known = self.know(&request.references()).await?;
        let order = |known: &Known| request.order(|kind, reference| known.name(kind, reference)).map_err(Refusal::from);
        let mut wanted = order(&known)?;
        if let Order::Edit(Edit::Subject(_) | Edit::Clients(_)) = &wanted
            && let Some(executed) = self.reads_so_already(id, actor, &wanted).await?
        {
            return Ok(executed);
        }
        // Nothing is made of what is refused.
        if known.makes() {
            self.foresee(id, actor, &wanted).await?;
            if self.offer_made(&mut known).await? {
                wanted = order(&known)?;
            }
        }
        let conditions = Conditions { key, on_behalf: request.on_behalf, ..Conditions::default() };
        self.order(id, actor, wanted, conditions).await
    }

    /// Adds a tag that another system wants a ticket to have, and answers what it is called.
    ///
    /// # Errors
    /// As [`order`](Self::order).
    pub async fn tag(&self, id: TicketId, actor: &Actor, request: Request) -> Result<String, EngineError> {
        let references = request.references();
        self.request(id, actor, request, None).await?;
        let known = self.know(&references).await?;
        Ok(known.names().next().unwrap_or_default().to_owned())
    }

    /// Where a ticket has the words already that it is to have, nothing is done; whether it might be is asked all the same.
    async fn reads_so_already(
        &self,
        id: TicketId,
        actor: &Actor,
        order: &Order,
    ) -> Result<Option<Executed>, EngineError> {
        let record = self.inner.store.record(id).await?.ok_or(EngineError::NotFound)?;
        let reads_so = match order {
            Order::Edit(Edit::Subject(subject)) => record.intake.subject.as_ref() == Some(subject),
            Order::Edit(Edit::Clients(clients)) => record.intake.clients() == *clients,
            _ => false,
        };
        if !reads_so {
            return Ok(None);
        }
        self.foresee(id, actor, order).await?;
        Ok(Some(Executed { version: record.ticket.revision, repeated: false }))
    }

    /// Asks whether an order would be done to a ticket, and does nothing.
    async fn foresee(&self, id: TicketId, actor: &Actor, order: &Order) -> Result<(), EngineError> {
        let ticket = self.ticket(id).await?;
        let book = self.book_for([&ticket.sla]).await?;
        ticket.decide(order.clone().with_agent(|agent| self.agent(agent)), actor, self.now(), &book)?;
        Ok(())
    }
}
