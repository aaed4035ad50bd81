//! A person, as whoever answers for the desk's data is asked about them: what there is of them, to be handed out or erased.

mod export;

use std::{collections::HashMap, sync::atomic::Ordering::Relaxed};

use ticketing_core::{
    Actor, Command, EmailAddress, Refusal, Status, Ticket, TicketId, TicketLabel, Timestamp, User,
    ticket::{Attributes, Erased, Intake, Subjects, Trace, lifecycle::Operation},
};

pub use self::export::{ExportedTicket, SubjectExport};
use super::{AccountError, Authority, Engine, EngineError, execute::followed};
use crate::store::{AddressHash, Appended, Erasure, Forgotten, LabelKey, Store, StoreError, TicketRecord};

/// Tickets that are read at once.
const PAGE: u32 = 500;

/// What there is of a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    /// Their address, as it was asked for.
    pub address: EmailAddress,
    /// The tickets in which they stand, in the order of labels.
    pub tickets: Vec<SubjectTicket>,
    /// The user who has the address, if somebody has.
    pub user: Option<User>,
}

/// A ticket in which a person stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectTicket {
    /// Its identity.
    pub id: TicketId,
    /// Its name.
    pub label: TicketLabel,
    /// What there is to erase; `None` where they stand only in what is not erased.
    pub erased: Option<Erased>,
    /// Where they stand, in order.
    pub traces: Vec<Trace>,
    /// Where the ticket stands.
    pub status: Status,
    /// It is out of the working set.
    pub is_archived: bool,
    /// What tickets are sorted and counted by is no place for people; somebody has written the address there all the same. It stays.
    pub is_classified_by: bool,
}

impl SubjectTicket {
    /// Somebody is still to answer them.
    pub fn is_open(&self) -> bool {
        self.erased == Some(Erased::Person)
            && !self.is_archived
            && !matches!(self.status, Status::Closed | Status::Canceled)
    }
}

/// What is erased beside what is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EraseOptions {
    /// Tickets that are not over too: they stay open, and say nothing any more.
    pub open: bool,
    /// The user who has the address too.
    pub user: bool,
}

/// What was erased.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ErasedSubject {
    /// Tickets that were theirs.
    pub tickets: u32,
    /// Tickets of others in which they were named.
    pub mentions: u32,
}

/// Why a person was not erased. What was erased before stays so.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// They still wait for an answer in these tickets.
    #[error("{} tickets of theirs are not over", .0.len())]
    Open(Vec<TicketLabel>),
    /// Somebody works, or logs in, under the address.
    #[error("a user has this address")]
    User(Box<User>),
    /// The user was not erased.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The engine did not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for EraseError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl<S: Store> Engine<S> {
    /// Looks for a person in all tickets: each is read, because there is no index of all that is said. `so_far` is told how many were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_subject(
        &self,
        address: &EmailAddress,
        mut so_far: impl FnMut(u64),
    ) -> Result<Subject, StoreError> {
        let key = address.key();
        let is_theirs = |address: &str| address == key;
        let subjects = Subjects::new(&is_theirs);
        let (mut tickets, mut after, mut read) = (Vec::new(), LabelKey::NOTHING, 0);
        loop {
            let records = self.store().records(after, PAGE).await?;
            let Some(last) = records.last() else { break };
            after = last.label.into();
            read += records.len() as u64;
            tickets.extend(records.iter().filter_map(|record| subject_ticket(record, &subjects)));
            so_far(read);
        }
        let user = self.store().find_user_by_email(&key).await?.map(|record| record.user);
        Ok(Subject { address: address.clone(), tickets, user })
    }

    /// Erases a person: all that was said in the tickets that they asked for, and their address in those of others. States, clocks and
    /// counts stay what they were. Each ticket's history says that it was done, by whom and when; that the address was erased is
    /// noted as a hash, so that an older archive or backup does not bring them back.
    ///
    /// # Errors
    /// [`EraseError::User`] while a user has the address, [`EraseError::Open`] where tickets of theirs are not over, unless the options
    /// say that they are meant too: then nothing was erased. Else the engine's: it may be done again.
    pub async fn erase_subject(
        &self,
        address: &EmailAddress,
        actor: &Actor,
        options: EraseOptions,
    ) -> Result<ErasedSubject, EraseError> {
        actor.check_operation(Operation::Erase).map_err(EngineError::from)?;
        let mut subject = self.find_subject(address, |_| ()).await?;
        let user = subject.user.take();
        if let Some(user) = user.clone().filter(|_| !options.user) {
            return Err(EraseError::User(Box::new(user)));
        }
        let open: Vec<_> =
            subject.tickets.iter().filter(|ticket| ticket.is_open()).map(|ticket| ticket.label).collect();
        if !open.is_empty() && !options.open {
            return Err(EraseError::Open(open));
        }
        // First: whoever is interrupted finds out from it what is still to be done.
        self.forget_address(address).await?;
        if let Some(user) = user {
            self.erase_user(user.id, &Authority::Operator).await?;
        }
        let key = address.key();
        let is_theirs = |address: &str| address == key;
        let mut erased = ErasedSubject::default();
        // What comes in meanwhile is found the second time.
        for _ in 0..3 {
            let mut found = false;
            for ticket in subject.tickets.iter().filter(|ticket| ticket.erased.is_some()) {
                match self.erase_ticket(ticket.id, actor, Some(&Subjects::new(&is_theirs))).await? {
                    Some(Erased::Person) => erased.tickets += 1,
                    Some(Erased::Mentions) => erased.mentions += 1,
                    None => {}
                }
                found = true;
            }
            if !found {
                break;
            }
            subject = self.find_subject(address, |_| ()).await?;
        }
        Ok(erased)
    }

    /// Notes that an address was erased now.
    async fn forget_address(&self, address: &EmailAddress) -> Result<(), EraseError> {
        let known = self.store().forgotten().await?;
        // Those of one store are looked up with one key.
        let key = if let Some(person) = known.iter().max_by_key(|person| person.at) {
            person.key
        } else {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|error| StoreError::Unavailable(error.into()))?;
            key
        };
        Ok(self.store().note_forgotten(vec![Forgotten::new(key, &address.key(), self.now())]).await?)
    }

    /// Erases again those who were erased, in tickets that are older than that: somebody has brought them back, from an archive or a
    /// backup. Answers in how many tickets they were.
    ///
    /// # Errors
    /// When the store fails; some may have been erased.
    pub async fn erase_forgotten(&self) -> Result<u32, EngineError> {
        let mut people: HashMap<[u8; 32], HashMap<AddressHash, Timestamp>> = HashMap::new();
        for Forgotten { key, hash, at } in self.store().forgotten().await? {
            people.entry(key).or_default().insert(hash, at);
        }
        if people.is_empty() {
            return Ok(0);
        }
        let is_forgotten = |address: &str, created_at: Timestamp| {
            let hashed = |(key, of): (&[u8; 32], &HashMap<_, _>)| of.get(&Forgotten::hash(key, address)).copied();
            people.iter().filter_map(hashed).any(|at| created_at <= at)
        };
        let (mut erased, mut after) = (0, LabelKey::NOTHING);
        loop {
            let records = self.store().records(after, PAGE).await?;
            let Some(last) = records.last() else { return Ok(erased) };
            after = last.label.into();
            for TicketRecord { ticket, intake, history, .. } in records {
                let is_one = |address: &str| is_forgotten(address, ticket.created_at);
                let subjects = Subjects::new(&is_one);
                if subjects.to_erase(&intake, &history).is_some()
                    && self.erase_ticket(ticket.id, &Actor::System, Some(&subjects)).await?.is_some()
                {
                    erased += 1;
                }
            }
        }
    }

    /// Erases what a ticket says, where the rules keep it no longer.
    pub(super) async fn anonymise_ticket(&self, id: TicketId) -> Result<(), EngineError> {
        self.erase_ticket(id, &Actor::System, None).await?;
        self.inner.anonymised.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Erases some people in a ticket; with none given, all that it says, where its time is over.
    async fn erase_ticket(
        &self,
        id: TicketId,
        actor: &Actor,
        subjects: Option<&Subjects<'_>>,
    ) -> Result<Option<Erased>, EngineError> {
        const ATTEMPTS: u32 = 16;
        let mut turn = self.inner.turns.join(id).await?;
        for _ in 0..ATTEMPTS {
            let record = *self.store().record(id).await?.ok_or(EngineError::NotFound)?;
            let TicketRecord { ticket, mut intake, mut address, mut history, .. } = record;
            let command = match subjects {
                Some(subjects) => match subjects.to_erase(&intake, &history) {
                    Some(what) => Command::Erase(what),
                    None => return Ok(None),
                },
                None => Command::Anonymise,
            };
            let (book, now) = (self.book_for([&ticket.sla]).await?, self.now());
            let events = ticket.decide(command, actor, now, &book)?;
            let Some(what) = events.iter().find_map(|new| new.event.changes.erased) else {
                return Err(Refusal::Forbidden.into());
            };
            let forgets_keys = ticket.recorded_at >= super::create::keys_valid_from(now);
            history.extend(events.iter().cloned());
            match (what, subjects) {
                (Erased::Mentions, Some(subjects)) => subjects.erase_mentions(&mut intake, &mut history),
                (Erased::Mentions | Erased::Person, _) => {
                    (intake, address) = (Intake::default(), None);
                    for new in &mut history {
                        (new.text, new.on_behalf) = (None, None);
                    }
                }
            }
            let follow_up = followed(ticket, events, &book, None)?;
            match self.store().erase(Erasure { follow_up, intake, address, history, forgets_keys }).await? {
                Appended::Stored => {
                    self.inner.news.tell();
                    return Ok(Some(what));
                }
                Appended::Conflict if turn.is_none() => turn = Some(self.inner.turns.wait(id).await?),
                Appended::Conflict | Appended::KeyUsed(_) => {}
            }
        }
        Err(EngineError::Contended)
    }
}

fn subject_ticket(record: &TicketRecord, subjects: &Subjects<'_>) -> Option<SubjectTicket> {
    let TicketRecord { ticket, label, intake, history, .. } = record;
    let traces = subjects.traces(intake, history);
    let is_classified_by = classifies(ticket, subjects);
    (!traces.is_empty() || is_classified_by).then(|| SubjectTicket {
        id: ticket.id,
        label: *label,
        erased: subjects.to_erase(intake, history),
        traces,
        status: ticket.status,
        is_archived: ticket.is_archived(),
        is_classified_by,
    })
}

/// Whether an address stands in what a ticket is sorted and counted by.
fn classifies(ticket: &Ticket, subjects: &Subjects<'_>) -> bool {
    let Attributes { ticket_type, priority, category, subcategory, area, service, visibility: _ } = &ticket.attributes;
    let named = [ticket_type, priority, category, subcategory, service, &ticket.justification];
    let named = named.into_iter().flatten().chain([area]).chain(&ticket.tags);
    named.into_iter().any(|name| subjects.are_in(name))
}
