use std::mem;

use ticketing_core::{Ticket, Timestamp, ticket::Scope};

use super::{
    FORMAT, PAGE,
    digest::Digest,
    line::{
        ForgottenLine, Header, KeyLine, Line, LineError, RecipientLine, ReferenceLine, RepeatableLine, RulesLine,
        SubscriptionLine, TicketLine, TokenLine, UndeliveredLine, UserLine,
    },
    records::records,
};
use crate::store::{
    Delivery, FeedEntry, FeedPage, FeedPosition, LabelKey, Place, RecipientId, Store, StoreError, SubscriptionRecord,
    TicketRecord,
};

/// How much of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Extent {
    /// All that it takes to go on elsewhere.
    #[default]
    Everything,
    /// Rules, what has an id, and tickets: nothing with which somebody could log in or sign.
    Tickets,
}

/// Reads a store, a few lines at a time. Tickets that are stored meanwhile may or may not be among them.
pub struct Export<'s, S> {
    store: &'s S,
    extent: Extent,
    now: Timestamp,
    next: Section,
    digest: Digest,
    /// Where what is damaged is left out: what that was.
    left_out: Option<Vec<Unexported>>,
}

/// Something that an archive does not have because it is damaged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unexported {
    /// A ticket's label, or the place of an event of which somebody is still to be told.
    pub what: String,
    /// What is wrong with it.
    pub error: String,
}

/// What comes next.
enum Section {
    Header,
    Rules,
    Users,
    Keys,
    Tokens,
    References,
    Forgotten,
    TicketsAfter(LabelKey),
    Repeatable,
    Recipients,
    End,
    Nothing,
}

/// Why a store was not read to the end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something in it cannot be written.
    #[error(transparent)]
    Line(#[from] LineError),
    /// What is kept of a ticket is not what its history comes to.
    #[error("{0} is not what its history comes to")]
    Deviates(String),
}

impl<'s, S: Store> Export<'s, S> {
    /// Reads a store from its beginning.
    pub fn new(store: &'s S, extent: Extent, now: Timestamp) -> Self {
        Self { store, extent, now, next: Section::Header, digest: Digest::default(), left_out: None }
    }

    /// With all that can be read of a store that is damaged: a ticket that cannot be, or is not what its history comes to, is left out and
    /// is no error.
    #[must_use]
    pub fn without_damaged(self) -> Self {
        Self { left_out: Some(Vec::new()), ..self }
    }

    /// What was left out so far.
    pub fn left_out(&self) -> &[Unexported] {
        self.left_out.as_deref().unwrap_or_default()
    }

    /// The lines that come next; `None` after the last one.
    ///
    /// # Errors
    /// [`ExportError`]. What was read until then is whole lines.
    pub async fn lines(&mut self) -> Result<Option<Vec<Line>>, ExportError> {
        let everything = self.extent == Extent::Everything;
        Ok(Some(match mem::replace(&mut self.next, Section::Nothing) {
            Section::Header => {
                self.next = Section::Rules;
                let totals = self.store.totals(&Scope::Everything).await?;
                let tickets = totals.iter().map(|total| u64::from(total.tickets)).sum();
                vec![Line::Archive(Header { format: FORMAT, at: self.now, tickets })]
            }
            Section::Rules => {
                self.next = if everything { Section::Users } else { Section::References };
                let versions = self.store.rules_versions().await?;
                let line = |(rules, from)| Line::Rules(Box::new(RulesLine::new(&rules, from)));
                versions.into_iter().map(line).collect()
            }
            Section::Users => {
                self.next = Section::Keys;
                self.users().await?
            }
            Section::Keys => {
                self.next = Section::Tokens;
                self.store.signing_keys().await?.iter().map(|key| Line::Key(KeyLine::new(key))).collect()
            }
            Section::Tokens => {
                self.next = Section::References;
                let tokens = self.store.tokens().await?;
                tokens.into_iter().map(|token| Line::Token(Box::new(TokenLine::new(token)))).collect()
            }
            Section::References => {
                self.next = Section::Forgotten;
                let references = self.store.references().await?;
                references.into_iter().map(|reference| Line::Reference(ReferenceLine::new(reference))).collect()
            }
            Section::Forgotten => {
                self.next = Section::TicketsAfter(LabelKey::NOTHING);
                self.store.forgotten().await?.iter().map(|person| Line::Forgotten(ForgottenLine::new(person))).collect()
            }
            Section::TicketsAfter(label) => self.tickets(label).await?,
            Section::Repeatable => {
                self.next = Section::Recipients;
                let since = crate::engine::create::keys_valid_from(self.now);
                let requests = self.store.repeatable(since).await?;
                requests.into_iter().map(|request| Line::Repeatable(Box::new(RepeatableLine::new(request)))).collect()
            }
            Section::Recipients => {
                self.next = Section::End;
                self.recipients().await?
            }
            Section::End => vec![Line::End(self.digest.end())],
            Section::Nothing => return Ok(None),
        }))
    }

    async fn users(&self) -> Result<Vec<Line>, StoreError> {
        let mut lines = Vec::new();
        for user in self.store.users().await? {
            if let Some(record) = self.store.find_user(user.id).await? {
                lines.push(Line::User(Box::new(UserLine::new(record))));
            }
        }
        Ok(lines)
    }

    async fn tickets(&mut self, after: LabelKey) -> Result<Vec<Line>, ExportError> {
        let (records, last) = self.records(after).await?;
        self.next = match last {
            Some(last) => Section::TicketsAfter(last),
            None if self.extent == Extent::Everything => Section::Repeatable,
            None => Section::End,
        };
        let mut lines = Vec::with_capacity(records.len());
        for record in records {
            // An archive has histories and no states: what comes out of it is what they come to.
            let replayed = Ticket::replay(record.ticket.id, record.history.iter().map(|new| &new.event));
            if replayed.ok().as_ref() != Some(&record.ticket) {
                let error = ExportError::Deviates(record.label.to_string());
                let Some(left_out) = &mut self.left_out else { return Err(error) };
                left_out.push(Unexported { what: record.label.to_string(), error: error.to_string() });
                continue;
            }
            let events = record.history.len() as u64;
            let line = Line::Ticket(Box::new(TicketLine::new(record)));
            self.digest.add(&line.write()?, events);
            lines.push(line);
        }
        Ok(lines)
    }

    /// The next tickets, and the last of them, also where that cannot be read.
    async fn records(&mut self, after: LabelKey) -> Result<(Vec<TicketRecord>, Option<LabelKey>), StoreError> {
        let Some(left_out) = &mut self.left_out else {
            let records = self.store.records(after, PAGE).await?;
            let last = records.last().map(|record| record.label.into());
            return Ok((records, last));
        };
        let outlines = self.store.outlines(after, PAGE).await?;
        let unreadable = |label: &str, error| left_out.push(Unexported { what: label.to_owned(), error });
        let records = records(self.store, after, &outlines, unreadable).await?;
        Ok((records, outlines.last().map(|outline| outline.key)))
    }

    /// The events after a position.
    async fn feed(&mut self, after: FeedPosition) -> Result<FeedPage, StoreError> {
        let Some(left_out) = &mut self.left_out else {
            return Ok(FeedPage { entries: self.store.feed(after, PAGE).await?, unreadable: vec![] });
        };
        let page = self.store.feed_page(after, PAGE).await?;
        for (position, error) in &page.unreadable {
            let what = format!("event {}", position.0);
            if left_out.iter().all(|known| known.what != what) {
                left_out.push(Unexported { what, error: error.clone() });
            }
        }
        Ok(page)
    }

    /// Subscriptions and others who are told, each with what they have not been told so far.
    async fn recipients(&mut self) -> Result<Vec<Line>, StoreError> {
        let subscriptions = self.store.subscriptions().await?;
        let mut lines = Vec::new();
        for (id, place) in self.store.recipients().await? {
            let subscription = subscriptions.iter().find(|record| record.subscription.id.0 == id.0);
            let undelivered = self.undelivered(id, place, subscription).await?;
            lines.extend(subscription.map(|record| Line::Subscription(Box::new(SubscriptionLine::new(record)))));
            lines.push(Line::Recipient(RecipientLine { id: id.0, undelivered }));
        }
        Ok(lines)
    }

    /// What failed or waits, and what comes after a place. Where it stands in this feed is nobody's business elsewhere: an event is
    /// its ticket's and has a number there.
    async fn undelivered(
        &mut self,
        id: RecipientId,
        place: Place,
        subscription: Option<&SubscriptionRecord>,
    ) -> Result<Vec<UndeliveredLine>, StoreError> {
        let wanted = |entry: &FeedEntry| {
            subscription.is_none_or(|record| record.subscription.criteria.action_of(&entry.event).is_some())
        };
        let mut lines = Vec::new();
        let known = self.store.undelivered(id).await?;
        for delivery in &known {
            let before = FeedPosition(delivery.position.0.saturating_sub(1));
            let entry = match self.store.feed(before, 1).await {
                Ok(entries) => entries.into_iter().next(),
                // It is left out with its ticket.
                Err(StoreError::Damaged(_)) if self.left_out.is_some() => None,
                Err(error) => return Err(error),
            };
            lines.extend(
                entry.filter(|entry| entry.position == delivery.position).map(|entry| failed(&entry, delivery)),
            );
        }
        let mut position = place.position;
        loop {
            let page = self.feed(position).await?;
            let Some(last) = page.last() else { return Ok(lines) };
            position = last;
            let is_new = |entry: &&FeedEntry| known.iter().all(|delivery| delivery.position != entry.position);
            let news = page.entries.iter().filter(|entry| wanted(entry)).filter(is_new);
            lines.extend(news.map(|entry| self.waiting(entry)));
        }
    }

    fn waiting(&self, entry: &FeedEntry) -> UndeliveredLine {
        UndeliveredLine {
            ticket: entry.id,
            seq: entry.event.seq,
            attempts: 0,
            next_attempt_at: Some(self.now),
            last_attempt_at: self.now,
            failure: None,
            http_status: None,
        }
    }
}

fn failed(entry: &FeedEntry, delivery: &Delivery) -> UndeliveredLine {
    UndeliveredLine {
        ticket: entry.id,
        seq: entry.event.seq,
        attempts: delivery.attempts,
        next_attempt_at: delivery.next_attempt_at,
        last_attempt_at: delivery.last_attempt_at,
        failure: delivery.failure.map(|failure| failure.kind.name().to_owned()),
        http_status: delivery.failure.and_then(|failure| failure.http_status),
    }
}
