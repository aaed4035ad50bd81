use std::{collections::HashMap, mem};

use ticketing_core::{Rulebook, Rules, TicketId, TicketLabel, Timestamp};

use super::{
    FORMAT, PAGE,
    digest::Digest,
    line::{End, Header, Line, LineError, RecipientLine, TicketLine},
};
use crate::store::{
    Appended, Delivery, Erasure, FeedPosition, FollowUp, LabelKey, RecipientId, Restoration, Restored, Store,
    StoreError, SubscriptionRecord, TicketRecord, TokenRecord, TokenStored, UserRecord, UserStored,
};

/// Takes the lines of an archive into a store, in their order. What is here already stays as it is.
pub struct Import<'s, S> {
    store: &'s S,
    header: Option<Header>,
    rules: Vec<(Rules, Timestamp)>,
    /// Made when the first ticket asks for it.
    book: Option<Rulebook>,
    page: Vec<TicketRecord>,
    read: Digest,
    subscription: Option<SubscriptionRecord>,
    recipients: Vec<(Option<SubscriptionRecord>, RecipientLine)>,
    has_ended: bool,
    report: ImportReport,
}

/// What was taken in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportReport {
    /// Tickets that are new here.
    pub stored: u64,
    /// Tickets that have gone on.
    pub continued: u64,
    /// Tickets that were here, with all that has happened to them.
    pub known: u64,
    /// Events that are new here.
    pub events: u64,
    /// Users, keys, tokens, versions of the rules, what has an id, subscriptions: as many as are new here.
    pub others: u64,
    /// What was not taken.
    pub left_out: Vec<LeftOut>,
}

/// Something that was not taken, because something else is here in its place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LeftOut {
    /// Another ticket has the label.
    #[error("{0}: another ticket has this label here")]
    LabelTaken(TicketLabel),
    /// Something else has happened to it here.
    #[error("{0}: here something else has happened to it")]
    Diverged(TicketLabel),
    /// Another user has the address.
    #[error("the user {0}: another one has the address here")]
    EmailTaken(String),
    /// Another token has the name.
    #[error("the token “{0}”: another one has the name here")]
    NameTaken(String),
    /// The id is something else's, or the name has another id.
    #[error("{0} {1} “{2}”: here the id is something else's, or the name has another one")]
    ReferenceTaken(&'static str, u32, String),
}

/// Why lines were not taken. Those before were.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line that is none.
    #[error(transparent)]
    Line(#[from] LineError),
    /// There is something before the line that says what follows.
    #[error("an archive begins with a line “archive”")]
    NoArchive,
    /// It is of a later program.
    #[error("this is format {0}, and {FORMAT} is the newest one that is known")]
    Format(u32),
    /// There are tickets before any rules, and none here.
    #[error("an archive has rules before its tickets")]
    NoRules,
    /// The last line is missing.
    #[error("the archive ends too early: its last line, “end”, is missing")]
    TooShort,
    /// There is something after the last line.
    #[error("there is something after the line “end”")]
    TooLong,
    /// Tickets are missing, or are not as they were written.
    #[error(
        "the archive is damaged: it says {} tickets, {} events, {}, and has {} tickets, {} events, {}",
        said.tickets, said.events, said.sha256, found.tickets, found.events, found.sha256
    )]
    Damaged {
        /// What the last line says.
        said: End,
        /// What the lines before come to.
        found: End,
    },
    /// What was read back is not what was stored.
    #[error("{0} is not here as it was stored")]
    Unlike(TicketLabel),
}

impl<'s, S: Store> Import<'s, S> {
    /// Begins.
    pub fn new(store: &'s S) -> Self {
        Self {
            store,
            header: None,
            rules: vec![],
            book: None,
            page: vec![],
            read: Digest::default(),
            subscription: None,
            recipients: vec![],
            has_ended: false,
            report: ImportReport::default(),
        }
    }

    /// How many tickets there were when the archive was begun; `None` before its first line.
    pub fn expected(&self) -> Option<u64> {
        self.header.as_ref().map(|header| header.tickets)
    }

    /// How many tickets were read.
    pub fn tickets(&self) -> u64 {
        self.read.tickets()
    }

    /// Takes a line. Tickets are stored some at a time.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn take(&mut self, line: Line) -> Result<(), ImportError> {
        if self.has_ended {
            return Err(ImportError::TooLong);
        }
        if self.header.is_none() && !matches!(line, Line::Archive(_)) {
            return Err(ImportError::NoArchive);
        }
        if !matches!(line, Line::Ticket(_)) {
            self.store_page().await?;
        }
        match line {
            Line::Archive(header) if header.format > FORMAT => return Err(ImportError::Format(header.format)),
            Line::Archive(header) => self.header = Some(header),
            Line::Rules(line) => self.rules.push(line.read()?),
            Line::User(line) => self.take_user(line.read()?).await?,
            Line::Key(line) => {
                let key = line.read()?;
                if self.store.signing_keys().await?.iter().all(|known| known.id != key.id) {
                    self.store.add_signing_key(key, false).await?;
                    self.report.others += 1;
                }
            }
            Line::Token(line) => self.take_token(line.read()?).await?,
            Line::Reference(line) => {
                let reference = line.read()?;
                if self.store.restore_references(vec![reference.clone()]).await? != [true] {
                    let kind = reference.kind.name();
                    self.report.left_out.push(LeftOut::ReferenceTaken(kind, reference.id, reference.name));
                }
            }
            Line::Forgotten(line) => self.store.note_forgotten(vec![line.read()?]).await?,
            Line::Ticket(line) => self.take_ticket(*line).await?,
            Line::Repeatable(line) => self.store.restore_repeatable(vec![line.read()?]).await?,
            Line::Subscription(line) => self.subscription = Some(line.read()?),
            Line::Recipient(line) => self.recipients.push((self.subscription.take(), line)),
            Line::End(said) => {
                let found = self.read.end();
                if said != found {
                    return Err(ImportError::Damaged { said, found });
                }
                self.has_ended = true;
            }
        }
        Ok(())
    }

    /// Ends, after the last line.
    ///
    /// # Errors
    /// [`ImportError::TooShort`], or the store's.
    pub async fn finish(mut self) -> Result<ImportReport, ImportError> {
        self.store_page().await?;
        self.activate_rules().await?;
        if !self.has_ended {
            return Err(ImportError::TooShort);
        }
        while self.store.give_positions().await? {}
        // Last: whoever is told from now on has nothing to hear of what was taken in, but for what they have missed.
        self.store_recipients().await?;
        Ok(self.report)
    }

    /// Those that are not known here become versions; the one that was active here stays so.
    async fn activate_rules(&mut self) -> Result<(), StoreError> {
        let known = self.store.rules_versions().await?;
        let active_here = known.last().cloned();
        let is_known = |rules: &Rules| known.iter().any(|(known, _)| known.hash() == rules.hash());
        let mut activated = false;
        for (rules, from) in mem::take(&mut self.rules) {
            // In an empty store all of them in their order, also one that was active twice.
            if active_here.is_none() || !is_known(&rules) {
                self.store.activate_rules(rules, from).await?;
                self.report.others += 1;
                activated = true;
            }
        }
        if let Some((rules, from)) = active_here.filter(|_| activated) {
            self.store.activate_rules(rules, from).await?;
        }
        Ok(())
    }

    async fn book(&mut self) -> Result<Option<&Rulebook>, StoreError> {
        if self.book.is_none() {
            self.activate_rules().await?;
            let mut versions = self.store.rules_versions().await?;
            let active = versions.pop();
            self.book = active.map(|(active, _)| Rulebook::new(active, versions.into_iter().map(|(rules, _)| rules)));
        }
        Ok(self.book.as_ref())
    }

    async fn take_user(&mut self, record: UserRecord) -> Result<(), StoreError> {
        if self.store.find_user(record.user.id).await?.is_some() {
            return Ok(());
        }
        let name = record.user.name.clone();
        match self.store.add_user(record).await? {
            UserStored::Stored => self.report.others += 1,
            UserStored::EmailTaken | UserStored::LastAdmin | UserStored::Conflict => {
                self.report.left_out.push(LeftOut::EmailTaken(name));
            }
        }
        Ok(())
    }

    async fn take_token(&mut self, record: TokenRecord) -> Result<(), StoreError> {
        if self.store.tokens().await?.iter().any(|known| known.token.id == record.token.id) {
            return Ok(());
        }
        let name = record.token.name.clone();
        match self.store.add_token(record).await? {
            TokenStored::Stored => self.report.others += 1,
            TokenStored::NameTaken => self.report.left_out.push(LeftOut::NameTaken(name)),
        }
        Ok(())
    }

    async fn take_ticket(&mut self, line: TicketLine) -> Result<(), ImportError> {
        let written = Line::Ticket(Box::new(line.clone())).write()?;
        let record = line.read()?;
        self.read.add(&written, record.history.len() as u64);
        self.page.push(record);
        if self.page.len() >= PAGE as usize { self.store_page().await } else { Ok(()) }
    }

    async fn store_page(&mut self) -> Result<(), ImportError> {
        if self.page.is_empty() {
            return Ok(());
        }
        let page = mem::take(&mut self.page);
        let Some(book) = self.book().await? else { return Err(ImportError::NoRules) };
        let restorations = page
            .iter()
            .map(|record| Restoration { next_moment: record.ticket.next_moment(book), record: record.clone() })
            .collect();
        let restored = self.store.restore(restorations).await?;
        let mut stored = Vec::with_capacity(page.len());
        for (record, restored) in page.into_iter().zip(restored) {
            match restored {
                Restored::Stored => {
                    self.report.stored += 1;
                    self.report.events += record.history.len() as u64;
                    stored.push(record);
                }
                Restored::Known => {
                    if self.go_on(&record).await? {
                        stored.push(record);
                    }
                }
                Restored::LabelTaken => self.report.left_out.push(LeftOut::LabelTaken(record.label)),
            }
        }
        self.read_back(stored).await
    }

    /// A ticket that is here already takes over what has happened since. `true` where it is now what the archive says, in full.
    async fn go_on(&mut self, record: &TicketRecord) -> Result<bool, ImportError> {
        let here = self.store.history(record.ticket.id).await?;
        let in_common = here.iter().zip(&record.history).take_while(|(here, there)| here.event == there.event).count();
        if in_common < here.len().min(record.history.len()) {
            self.report.left_out.push(LeftOut::Diverged(record.label));
            return Ok(false);
        }
        let news = record.history.get(here.len()..).unwrap_or_default();
        if news.is_empty() {
            self.report.known += 1;
            return Ok(false);
        }
        let next_moment = match self.book().await? {
            Some(book) => record.ticket.next_moment(book),
            None => None,
        };
        let follow_up = FollowUp {
            expected_version: u32::try_from(here.len()).unwrap_or(u32::MAX),
            events: news.to_vec(),
            ticket: record.ticket.clone(),
            next_moment,
            idempotency: None,
        };
        // Whoever was erased there is erased here.
        let appended = if news.iter().any(|new| new.event.changes.erased.is_some()) {
            let TicketRecord { intake, address, history, .. } = record.clone();
            self.store.erase(Erasure { follow_up, intake, address, history, forgets_keys: true }).await?
        } else {
            self.store.append(follow_up).await?
        };
        match appended {
            Appended::Stored => {
                self.report.continued += 1;
                self.report.events += news.len() as u64;
                Ok(true)
            }
            // Somebody works on it here.
            Appended::Conflict | Appended::KeyUsed(_) => {
                self.report.left_out.push(LeftOut::Diverged(record.label));
                Ok(false)
            }
        }
    }

    /// Looks whether tickets are here as they are in the archive.
    async fn read_back(&self, stored: Vec<TicketRecord>) -> Result<(), ImportError> {
        let Some((first, last)) = stored.first().zip(stored.last()) else { return Ok(()) };
        let (first, last) = (LabelKey::from(first.label), LabelKey::from(last.label));
        let mut after = LabelKey { number: first.number.saturating_sub(1), ..first };
        let mut expected: HashMap<TicketId, TicketRecord> =
            stored.into_iter().map(|record| (record.ticket.id, record)).collect();
        while (after.year, after.number) < (last.year, last.number) {
            let records = self.store.records(after, PAGE).await?;
            let Some(newest) = records.last() else { break };
            after = newest.label.into();
            for record in records {
                if let Some(wanted) = expected.remove(&record.ticket.id)
                    && !is_here(&wanted, &record)
                {
                    return Err(ImportError::Unlike(record.label));
                }
            }
        }
        match expected.into_values().next() {
            Some(missing) => Err(ImportError::Unlike(missing.label)),
            None => Ok(()),
        }
    }

    async fn store_recipients(&mut self) -> Result<(), ImportError> {
        let recipients = mem::take(&mut self.recipients);
        let wanted = recipients.iter().flat_map(|(_, line)| &line.undelivered);
        let positions = self.positions(wanted.map(|line| (line.ticket, line.seq))).await?;
        for (subscription, RecipientLine { id, undelivered }) in recipients {
            let mut deliveries = Vec::with_capacity(undelivered.len());
            for line in undelivered {
                let failure = line.failure()?;
                // What is not here is told by nobody here.
                let Some(position) = positions.get(&(line.ticket, line.seq)) else { continue };
                deliveries.push(Delivery {
                    position: *position,
                    ticket: line.ticket,
                    attempts: line.attempts,
                    next_attempt_at: line.next_attempt_at,
                    last_attempt_at: line.last_attempt_at,
                    failure,
                });
            }
            if self.store.restore_recipient(RecipientId(id), subscription, deliveries).await? {
                self.report.others += 1;
            }
        }
        Ok(())
    }

    /// Where events stand in the feed here.
    async fn positions(
        &self,
        events: impl Iterator<Item = (TicketId, u32)>,
    ) -> Result<HashMap<(TicketId, u32), FeedPosition>, StoreError> {
        let mut wanted: HashMap<_, _> = events.map(|event| (event, FeedPosition::default())).collect();
        let (mut missing, mut position) = (wanted.len(), FeedPosition::default());
        while missing > 0 {
            let entries = self.store.feed(position, PAGE).await?;
            let Some(last) = entries.last() else { break };
            position = last.position;
            for entry in entries {
                if let Some(found) = wanted.get_mut(&(entry.id, entry.event.seq)) {
                    *found = entry.position;
                    missing -= 1;
                }
            }
        }
        wanted.retain(|_, position| *position != FeedPosition::default());
        Ok(wanted)
    }
}

/// Whether a ticket was stored as it was to be. It may have gone on already, where servers work on the store.
fn is_here(wanted: &TicketRecord, found: &TicketRecord) -> bool {
    if found.history.len() == wanted.history.len() {
        return found == wanted;
    }
    found.label == wanted.label && found.history.starts_with(&wanted.history)
}
