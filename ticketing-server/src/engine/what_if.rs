use ticketing_core::{
    Actor, Command, Rules, Status, Ticket, TicketId, TicketLabel,
    sla::{ClockState, Reading},
    ticket::{Scope, Verdicts},
};
use tokio::task::JoinSet;

use super::{Engine, EngineError};
use crate::store::{Filter, LabelKey, ListQuery, Store, StoreError};

/// How many tickets are read, or worked, at once.
const AT_ONCE: u32 = 200;

/// What a ticket's service levels came to, and would have come to under other rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// Its identity.
    pub id: TicketId,
    /// Its name.
    pub label: TicketLabel,
    /// As it was decided.
    pub decided: Verdicts,
    /// As it would have been.
    pub under: Verdicts,
}

/// What would become of the tickets that are open if other rules were applied to them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RematchPreview {
    /// How many tickets are open.
    pub open: u32,
    /// How many of them would be promised something else, by another policy or by other words of it.
    pub promised_otherwise: u32,
    /// How many of them would be due at another time.
    pub due_otherwise: u32,
    /// How many of them would be overdue that are not now.
    pub overdue_at_once: u32,
    /// How many of them would no longer be overdue.
    pub overdue_no_more: u32,
}

impl<S: Store> Engine<S> {
    /// Tells of every ticket, oldest first, what its service levels came to and what they would have come to had the rules been these
    /// from the beginning. Changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn replay(&self, rules: &Rules, mut each: impl FnMut(Replayed)) -> Result<(), StoreError> {
        self.refresh_rules().await?;
        let now = self.now();
        let mut after = LabelKey::NOTHING;
        loop {
            let page = self.inner.store.histories(after, AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.label.into();
            let book = self.book();
            for history in page {
                let damaged = |error| StoreError::Damaged(format!("{}: {error}", history.label).into());
                each(Replayed {
                    id: history.id,
                    label: history.label,
                    decided: Verdicts::as_decided(&history.events, &book, now).map_err(damaged)?,
                    under: Verdicts::under(rules, &history.events, now).map_err(damaged)?,
                });
            }
        }
    }

    /// Counts what would become of open tickets if rules that are not active yet were applied to them. Changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn preview_rematch(&self, rules: &Rules) -> Result<RematchPreview, StoreError> {
        self.refresh_rules().await?;
        let (before, now) = (self.book(), self.now());
        let after = before.activated(rules.clone());
        let mut preview = RematchPreview::default();
        for status in Status::ALL.into_iter().filter(|status| status.is_open()) {
            let mut cursor = None;
            while let Some(page) = self.open_page(status, &mut cursor).await? {
                for id in page {
                    let Some(ticket) = self.inner.store.load(id).await? else { continue };
                    preview.open += 1;
                    let Ok(events) = ticket.decide(Command::Rematch, &Actor::System, now, &after) else { continue };
                    let mut rematched = ticket.clone();
                    for new in &events {
                        rematched.apply(&new.event).map_err(|error| StoreError::Damaged(error.into()))?;
                    }
                    let promises = |ticket: &Ticket| {
                        ticket.sla.agreement.as_ref().map(|agreement| (agreement.policy, agreement.promises.clone()))
                    };
                    let (was, is) = (ticket.sla.read(&before, now), rematched.sla.read(&after, now));
                    let is_overdue =
                        |reading: Option<Reading>| reading.is_some_and(|reading| reading.state == ClockState::Breached);
                    preview.promised_otherwise += u32::from(promises(&ticket) != promises(&rematched));
                    preview.due_otherwise +=
                        u32::from(was.and_then(|reading| reading.due) != is.and_then(|reading| reading.due));
                    preview.overdue_at_once += u32::from(!is_overdue(was) && is_overdue(is));
                    preview.overdue_no_more += u32::from(is_overdue(was) && !is_overdue(is));
                }
            }
        }
        Ok(preview)
    }

    /// Applies the active rules to every open ticket, whatever it was promised before; answers how many have come under them by it.
    ///
    /// Other processes create tickets under the rules that they know. Whoever has just made others active gives them a second.
    ///
    /// # Errors
    /// [`EngineError::Contended`] where some tickets are changed by too many at once; or the store's. Some may have been done.
    pub async fn rematch_open(&self) -> Result<u32, EngineError> {
        // A ticket may change its status between two lists, or be created: what is done once needs not be done again.
        const PASSES: u32 = 10;
        let mut done = 0;
        for _ in 0..PASSES {
            let (changed, contended) = self.rematch_pass().await?;
            done += changed;
            if changed == 0 && contended == 0 {
                return Ok(done);
            }
        }
        Err(EngineError::Contended)
    }

    /// How many it has changed, and how many it could not.
    async fn rematch_pass(&self) -> Result<(u32, u32), EngineError> {
        let (mut done, mut contended) = (0, 0);
        for status in Status::ALL.into_iter().filter(|status| status.is_open()) {
            let mut cursor = None;
            while let Some(page) = self.open_page(status, &mut cursor).await? {
                let mut tasks = JoinSet::new();
                for id in page {
                    let engine = self.clone();
                    tasks.spawn(async move {
                        let before = engine.ticket(id).await?.version;
                        let after = engine.execute(id, &Actor::System, Command::Rematch).await?.version;
                        Ok::<_, EngineError>(after > before)
                    });
                }
                while let Some(outcome) = tasks.join_next().await {
                    match outcome {
                        Ok(Ok(changed)) => done += u32::from(changed),
                        // It is finished by now, or gone.
                        Ok(Err(EngineError::Refused(_) | EngineError::NotFound)) => {}
                        Ok(Err(EngineError::Contended)) | Err(_) => contended += 1,
                        Ok(Err(error)) => return Err(error),
                    }
                }
            }
        }
        Ok((done, contended))
    }

    /// The next tickets of a status that are in the working set, newest first.
    async fn open_page(
        &self,
        status: Status,
        cursor: &mut Option<LabelKey>,
    ) -> Result<Option<Vec<TicketId>>, StoreError> {
        let filter = Filter { status: Some(status), is_archived: Some(false), ..Filter::default() };
        let query = ListQuery { scope: Scope::Everything, filter, search: None, before: *cursor, limit: AT_ONCE };
        let page = self.inner.store.list(query).await?;
        let Some(last) = page.tickets.last() else { return Ok(None) };
        *cursor = Some(last.label.into());
        Ok(Some(page.tickets.into_iter().map(|ticket| ticket.id).collect()))
    }
}
