use subtle::ConstantTimeEq;
use ticketing_core::{
    Actor, Command, Comment, LookUp, Status, TimeDelta, Timestamp,
    sla::{ClockState, TargetKind},
    ticket::status_after_comment,
};

use super::{Engine, EngineError};
use crate::store::{LabelKey, PublicRecord, Store};

/// A ticket as its requester sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicTicket {
    /// What the store has of it.
    pub record: Box<PublicRecord>,
    /// The working time that is granted for its resolution.
    pub granted: Option<TimeDelta>,
    /// When that is up, a pause that lasts being taken to end now.
    pub due_at: Option<Timestamp>,
    /// What its clock does; `None` where nothing is promised.
    pub clock: Option<ClockState>,
    /// The status that a comment of its requester would give it; `None` where it takes none.
    pub after_comment: Option<Status>,
    /// What the author of the last event that they may see is called.
    pub last_author_name: Option<String>,
}

impl<S: Store> Engine<S> {
    /// The ticket of a label and an e-mail address, the address exactly as it was given at creation.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a wrong label and a wrong address alike; or the store's.
    pub async fn look_up(&self, look_up: &LookUp) -> Result<PublicTicket, EngineError> {
        let _place = self.enter_public()?;
        self.find_public(look_up).await
    }

    async fn find_public(&self, look_up: &LookUp) -> Result<PublicTicket, EngineError> {
        let mut book = self.book();
        // What is no label takes the same way and finds nothing.
        let label = book.active().labels().parse(&look_up.label).ok();
        let found = self.inner.store.find_public(label.map_or(LabelKey::NOTHING, LabelKey::from)).await?;
        // Of one that is for the desk alone, nobody else knows.
        let same_label = |record: &PublicRecord| {
            label.is_some_and(|label| label == record.label) && record.attributes.visibility.is_public()
        };
        let address =
            found.as_ref().and_then(|record| record.intake.requester.as_ref()).map_or("", |r| r.email.as_str());
        // Compared also where there is nothing to compare with.
        let same_address = bool::from(address.as_bytes().ct_eq(look_up.email.as_bytes())) && !address.is_empty();
        let record = found.filter(|record| same_address && same_label(record)).ok_or(EngineError::NotFound)?;
        if !book.knows(record.sla.agreement.as_ref()) {
            book = self.book_for([&record.sla]).await?;
        }
        let (rules, now) = (book.active(), self.now().max(record.sla.entered_at()));
        let reading = record.sla.read(&book, now);
        let after_comment = status_after_comment(record.status, record.is_archived, record.resolved_at, rules, now);
        let last_author_name = self.author_name(record.last.author, record.intake.requester_name());
        Ok(PublicTicket {
            granted: record.sla.granted(TargetKind::Resolution, &book, now),
            due_at: reading.and_then(|reading| reading.due),
            clock: reading.map(|reading| reading.state),
            after_comment,
            last_author_name,
            record,
        })
    }

    /// The requester answers.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] as for [`look_up`](Self::look_up); [`EngineError::Refused`] where the ticket takes no more
    /// answers; or the store's.
    pub async fn comment(&self, comment: Comment) -> Result<(), EngineError> {
        let _place = self.enter_public()?;
        let id = self.find_public(&comment.look_up).await?.record.id;
        self.execute(id, &Actor::Requester, Command::Comment { message: comment.message }).await?;
        Ok(())
    }
}
