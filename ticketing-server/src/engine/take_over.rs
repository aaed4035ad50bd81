use std::collections::HashSet;

use ticketing_core::{
    Actor, NewTicket, Ticket, TicketId, TicketLabel,
    ticket::{NewEvent, Origin},
};
use tokio::task::JoinSet;

use super::{Engine, EngineError};
use crate::store::{Created, Creation, Restoration, Restored, Store, StoreError, TicketRecord};

/// A ticket that another help desk has had.
#[derive(Clone, Debug)]
pub struct TakeOver {
    /// Its identity here, the same each time that it is taken over.
    pub id: TicketId,
    /// Its label there, where it may be one here.
    pub label: Option<TicketLabel>,
    /// The ticket, with its status and its dates.
    pub ticket: NewTicket,
}

/// What became of a ticket to be taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TakenOver {
    /// It is here now, under the label that it had, or under the next one where it had none or another ticket has that.
    New(TicketLabel),
    /// It was here before. Nothing was changed.
    Known(TicketLabel),
}

impl<S: Store> Engine<S> {
    /// Takes over tickets of another help desk; answers what became of each, in order. Those that were here before stay as they are.
    ///
    /// # Errors
    /// [`EngineError`]; some may have been taken, and are known the next time.
    pub async fn take_over(&self, tickets: Vec<TakeOver>) -> Result<Vec<TakenOver>, EngineError> {
        let (book, now) = (self.book(), self.now());
        let mut opened = Vec::with_capacity(tickets.len());
        for TakeOver { id, label, ticket: new } in tickets {
            let event = Ticket::open(&new, Origin::TicketsApi, &Actor::System, now, book.active())?;
            let ticket = Ticket::opened(id, &event.event).map_err(|error| StoreError::Damaged(error.into()))?;
            let next_moment = ticket.next_moment(&book);
            opened.push((label, Opened { event, ticket, next_moment, new }));
        }
        let mut taken: Vec<Option<TakenOver>> = vec![None; opened.len()];
        let labelled = opened.iter().filter_map(|(label, opened)| Some(opened.restoration((*label)?)));
        let restored = self.store().restore(labelled.collect()).await?;
        let mut restored = restored.into_iter();
        let (mut creations, mut twice, mut creating) = (JoinSet::new(), Vec::new(), HashSet::new());
        for (nth, (label, opened)) in opened.into_iter().enumerate() {
            let became = label.and_then(|label| Some((label, restored.next()?)));
            match (became, taken.get_mut(nth)) {
                (Some((label, Restored::Stored)), Some(slot)) => *slot = Some(TakenOver::New(label)),
                // Under its label, or under another one if that was taken.
                (Some((_, Restored::Known)), Some(slot)) => *slot = Some(self.known(opened.ticket.id).await?),
                _ if !creating.insert(opened.ticket.id) => twice.push((nth, opened.ticket.id)),
                _ => {
                    let engine = self.clone();
                    creations.spawn(async move { (nth, engine.create_taken(opened).await) });
                }
            }
        }
        while let Some(ended) = creations.join_next().await {
            let (nth, outcome) = ended.map_err(|error| StoreError::Unavailable(error.into()))?;
            if let Some(slot) = taken.get_mut(nth) {
                *slot = Some(outcome?);
            }
        }
        for (nth, id) in twice {
            if let Some(slot) = taken.get_mut(nth) {
                *slot = Some(self.known(id).await?);
            }
        }
        self.inner.news.tell();
        Ok(taken.into_iter().flatten().collect())
    }

    async fn known(&self, id: TicketId) -> Result<TakenOver, EngineError> {
        let record = self.store().record(id).await?.ok_or(EngineError::NotFound)?;
        Ok(TakenOver::Known(record.label))
    }

    /// Under the next label.
    async fn create_taken(&self, opened: Opened) -> Result<TakenOver, EngineError> {
        let id = opened.ticket.id;
        if self.store().load(id).await?.is_some() {
            return self.known(id).await;
        }
        let rules = self.rules();
        let Opened { event, ticket, next_moment, new } = opened;
        let creation = Creation {
            id,
            opened: event,
            ticket,
            next_moment,
            intake: new.into_intake(),
            address: None,
            label: rules.labels().clone(),
            label_year: rules.label_year(self.now()),
            idempotency: None,
        };
        match self.store().create(creation).await? {
            Created::New(label) => Ok(TakenOver::New(label)),
            Created::KeyUsed(_) => Err(EngineError::KeyReused),
        }
    }
}

struct Opened {
    event: NewEvent,
    ticket: Ticket,
    next_moment: Option<ticketing_core::Timestamp>,
    new: NewTicket,
}

impl Opened {
    fn restoration(&self, label: TicketLabel) -> Restoration {
        let record = TicketRecord {
            ticket: self.ticket.clone(),
            label,
            intake: self.new.intake().clone(),
            address: None,
            history: vec![self.event.clone()],
        };
        Restoration { record, next_moment: self.next_moment }
    }
}
