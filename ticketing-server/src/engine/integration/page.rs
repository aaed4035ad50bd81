use std::ops::Range;

use ticketing_core::{
    Actor, Problem, Refusal, Status, TicketLabel, Timestamp, Violations,
    integration::ReferenceKind,
    ticket::{ActorId, Origin},
};

use super::{
    super::{Engine, EngineError, desk},
    ticket::IntegrationTicket,
};
use crate::store::{Filter, Narrow, PageQuery, PageStart, Search, Store};

/// Which tickets another system wants to see. What is `None` may be anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRequest {
    /// In this status.
    pub status: Option<Status>,
    /// From there.
    pub origin: Option<Origin>,
    /// Of the team of this id.
    pub team: Option<u32>,
    /// Of the category of this id.
    pub category: Option<u32>,
    /// With the tag of this id.
    pub tag: Option<u32>,
    /// Assigned to them.
    pub owner: Option<ActorId>,
    /// That came to be then.
    pub created: Option<Range<Timestamp>>,
    /// To which something last happened then.
    pub updated: Option<Range<Timestamp>>,
    /// With these words: a label, an e-mail address, or words that all stand somewhere in the ticket.
    pub text: Option<String>,
    /// Which page, from 1; or all after the ticket of a label.
    pub start: Result<u32, TicketLabel>,
    /// At most so many.
    pub size: u32,
}

/// A page of tickets as other systems read them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberedPage {
    /// Newest first.
    pub tickets: Vec<IntegrationTicket>,
    /// There are older ones.
    pub has_more: bool,
    /// How many there are on all pages.
    pub total: u64,
}

impl<S: Store> Engine<S> {
    /// The tickets that another system wants to see and may, newest first.
    ///
    /// # Errors
    /// [`EngineError::Refused`] for a requester, and for ids of nothing; or the store's.
    pub async fn numbered_page(&self, actor: &Actor, request: PageRequest) -> Result<NumberedPage, EngineError> {
        let rules = self.rules();
        let scope = actor.scope(&rules)?;
        let team = self.name_of("teamId", ReferenceKind::Team, request.team).await?;
        let category = self.name_of("categoryId", ReferenceKind::Category, request.category).await?;
        let tag = self.name_of("tagId", ReferenceKind::Tag, request.tag).await?;
        let PageRequest { status, origin, owner, created, updated, text, start, size, .. } = request;
        let area_keys = team.map(|team| rules.area_keys(&team));
        let filter = Filter { area_keys, status, origin, ..Filter::default() };
        let narrow = Narrow { category, assignee: owner, tag, created, updated };
        let search = text.as_deref().map(|text| desk::search(text, &rules));
        let start = match start {
            Ok(page) => PageStart::After(u64::from(page.saturating_sub(1)) * u64::from(size)),
            Err(label) => PageStart::Before(label.into()),
        };
        let mut query = PageQuery { scope, filter, narrow, search, start, limit: size };
        let mut page = self.inner.store.page(query.clone()).await?;
        if let (Some(Search::Label(_)), Some(text), 0) = (&query.search, text, page.total) {
            // It reads like a label, and is words.
            query.search = Some(desk::words(&text));
            page = self.inner.store.page(query).await?;
        }
        let tickets = self.all_in_integration(page.tickets).await?;
        Ok(NumberedPage { tickets, has_more: page.has_more, total: page.total })
    }

    /// What an id is called, if one is asked for.
    pub(crate) async fn name_of(
        &self,
        field: &'static str,
        kind: ReferenceKind,
        id: Option<u32>,
    ) -> Result<Option<String>, EngineError> {
        let Some(id) = id else { return Ok(None) };
        let unknown = || Refusal::from(Violations::of(field, Problem::UnknownReference));
        Ok(Some(self.reference(kind, id).await?.ok_or_else(unknown)?.name))
    }
}
