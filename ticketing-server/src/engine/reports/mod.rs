//! What tickets come to in figures, for whoever may read them.

use std::collections::HashMap;

use ticketing_core::{
    Actor, Ticket, TicketId, Timestamp, Zone,
    report::{Dimension, Period, Query, Report, Rollup, facts},
    ticket::Scope,
};

use super::{Engine, EngineError};
use crate::store::{FeedPosition, Store, StoreError};

/// What a report is to tell. Whose tickets it may be of is known by who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportAsk {
    /// Its first instant, moved back to where a quarter of an hour begins.
    pub from: Timestamp,
    /// The first instant after it, likewise. What there is at an instant that is still to come is what there is now.
    pub until: Timestamp,
    /// Whose civil time its periods are of.
    pub zone: Zone,
    /// How long each period is. The first and the last are cut where the report begins and ends.
    pub period: Period,
    /// By what, if by anything.
    pub by: Option<Dimension>,
    /// Of which areas, aliases included; empty: of all.
    pub areas: Vec<String>,
    /// Of which values of the dimension that it is by; an empty one is no value. Empty: of all.
    pub values: Vec<String>,
}

impl ReportAsk {
    /// The same, of the tickets that somebody may read.
    pub fn query(self, scope: Scope) -> Query {
        let Self { from, until, zone, period, by, areas, values } = self;
        Query { from, until, zone, period, by, scope, areas, values }
    }
}

/// What a report says, and how fresh it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportAnswer {
    /// What it says.
    pub report: Report,
    /// Everything up to then is in it.
    pub as_of: Timestamp,
    /// Events of the feed that are not in it yet.
    pub behind: u64,
}

impl<S: Store> Engine<S> {
    /// A report of the tickets that an actor may read.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester; [`EngineError::Report`] where there is no such report; or the store's.
    pub async fn report(&self, actor: &Actor, ask: &ReportAsk) -> Result<ReportAnswer, EngineError> {
        const AT_ONCE: u32 = 1_000;
        let query = ask.clone().query(actor.scope(&self.rules())?);
        query.spans()?;
        let as_of = self.now();
        let (mut rollup, mut tickets) = (Rollup::default(), HashMap::<TicketId, Ticket>::new());
        let mut after = FeedPosition::default();
        loop {
            let page = self.read_feed(after, AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = last;
            let book = self.book();
            for entry in page.entries {
                let damaged = |error: ticketing_core::ticket::ReplayError| StoreError::Damaged(error.into());
                let before = tickets.get(&entry.id).cloned();
                let ticket = match &before {
                    None => Ticket::opened(entry.id, &entry.event).map_err(damaged)?,
                    Some(before) => {
                        let mut after = before.clone();
                        after.apply(&entry.event).map_err(damaged)?;
                        after
                    }
                };
                facts(before.as_ref(), &entry.event, &ticket, &book).iter().for_each(|fact| rollup.apply(fact));
                tickets.insert(entry.id, ticket);
            }
        }
        let report = Report::of(&query, &rollup, &self.rules())?;
        Ok(ReportAnswer { report, as_of, behind: 0 })
    }
}
