use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use ticketing_core::{Rulebook, Ticket, TicketId, TicketLabel, Timestamp, ticket::Scope};

use super::{PAGE, figures::Recount, records::records};
use crate::store::{FeedPosition, LabelKey, LooseEnd, LooseEndKind, Outline, Store, StoreError, TicketRecord, Total};

/// What a store was found to hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// Tickets that were looked at.
    pub tickets: u64,
    /// Events that they have.
    pub events: u64,
    /// Numbers of labels that no ticket has, as ranges of a year. A store that gives numbers one by one has none.
    pub gaps: Vec<(u16, u32, u32)>,
    /// The desk went on working, so that the feed and the counters could not be compared with tickets that were read one after the other.
    pub is_moving: bool,
    /// What is not as it must be.
    pub deviations: Vec<Deviation>,
}

/// Something that is not as it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deviation {
    /// What is kept of a ticket is not what its history comes to.
    State(TicketLabel),
    /// Its history has gaps, or does not begin with what opens a ticket.
    History(TicketLabel, String),
    /// Another ticket, or none, is found under its label.
    Label(TicketLabel),
    /// What its requester is shown is not what happened.
    Public(TicketLabel),
    /// Rules that it was promised something under are gone.
    Rules(TicketLabel),
    /// The feed has its events in another order, has some twice, or lacks some.
    Feed(TicketLabel),
    /// So many tickets are counted in a place, and so many are there.
    Count(String, u32, u32),
    /// When something is to be done about its clocks is not what they come to.
    Moment(TicketLabel),
    /// It cannot be read, and why: a ticket, or what else there is one of.
    Unreadable(String, String),
    /// The event at a position of the feed cannot be read, and is told to nobody.
    UnreadableEvent(FeedPosition, String),
    /// What reports are made of is not what the events come to: of what, and when.
    Figures(String),
    /// What stands beside tickets and does not belong to any, or says otherwise.
    LooseEnd(LooseEnd),
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(label) => write!(f, "{label}: what is kept of it is not what its history comes to"),
            Self::History(label, problem) => write!(f, "{label}: its history is none: {problem}"),
            Self::Label(label) => write!(f, "{label}: it is not found under its label"),
            Self::Public(label) => write!(f, "{label}: what its requester is shown is not what happened"),
            Self::Rules(label) => write!(f, "{label}: the rules are gone that it was promised something under"),
            Self::Feed(label) => write!(f, "{label}: the feed has not each of its events once and in order"),
            Self::Count(of, counted, found) => write!(f, "{of}: {counted} tickets are counted, {found} are there"),
            Self::Moment(label) => write!(f, "{label}: its next alarm is noted for another time than it is due"),
            Self::Unreadable(what, error) => write!(f, "{what}: it cannot be read: {error}"),
            Self::UnreadableEvent(position, error) => {
                write!(f, "the event at position {} cannot be read, and is told to nobody: {error}", position.0)
            }
            Self::Figures(of) => {
                write!(f, "figures {of} are not what the events come to: make them anew with `report --rebuild`")
            }
            Self::LooseEnd(LooseEnd { kind, of }) => match kind {
                LooseEndKind::Page => write!(f, "the file's pages: {of}"),
                LooseEndKind::Events => write!(f, "there are events of a ticket that is not there: {of}"),
                LooseEndKind::Intake => write!(f, "there are a requester's words of a ticket that is not there: {of}"),
                LooseEndKind::Text => write!(f, "there is a text of an event that is not there: ticket {of}"),
                LooseEndKind::Tags => write!(f, "{of}: its tags are not those that it is found by"),
                LooseEndKind::Facet => write!(f, "{of}: it is in lists that it does not belong to"),
                LooseEndKind::LabelCounter => write!(f, "{of}: the year's next number is taken already"),
                LooseEndKind::Repeatable => {
                    write!(f, "{of}: a request that may be repeated has come to what is not there")
                }
                LooseEndKind::Delivery => {
                    write!(f, "position {of}: something is to be delivered that is not in the feed")
                }
                LooseEndKind::Recipient => {
                    write!(f, "recipient {of}: they have been told more than there is, or are nobody")
                }
                LooseEndKind::Words => write!(f, "{of}: no search finds it"),
            },
        }
    }
}

/// Looks at all that a store holds: each ticket is what its history comes to, is found under its label and shown to its requester as
/// it is; labels have no gaps; the feed has each event once, those of a ticket in their order; what reports are made of is what the events come to; counters say how many there are, alarms
/// are noted for when they are due; and what stands beside tickets belongs to them. What cannot be read is named, and the rest is looked
/// at all the same.
///
/// # Errors
/// The store's, where it is out of reach.
pub async fn verify(store: &impl Store) -> Result<Findings, StoreError> {
    let began = store.newest_position().await?;
    let mut findings = Findings::default();
    let book = readable(book(store).await, "the rules", &mut findings.deviations)?.flatten();
    // An event that cannot be read is told with the feed.
    let mut recount = readable(Recount::begin(store).await, "the figures", &mut Vec::new())?.flatten();
    let mut counts: BTreeMap<Facet, u32> = BTreeMap::new();
    let mut versions: HashMap<TicketId, (TicketLabel, u32)> = HashMap::new();
    // What has to be of one instant, which the reading of all tickets is not.
    let mut compared = Vec::new();
    let mut after = LabelKey::NOTHING;
    loop {
        let what = format!("the tickets after number {} of {}", after.number, after.year);
        let Some(outlines) = readable(store.outlines(after, PAGE).await, &what, &mut findings.deviations)? else {
            break;
        };
        let Some(last) = outlines.last().map(|outline| outline.key) else { break };
        let deviations = &mut findings.deviations;
        let unreadable = |label: &str, error| deviations.push(Deviation::Unreadable(label.to_owned(), error));
        for record in records(store, after, &outlines, unreadable).await? {
            findings.tickets += 1;
            findings.events += record.history.len() as u64;
            *counts.entry(Facet::of(&record.ticket)).or_default() += 1;
            versions.insert(record.ticket.id, (record.label, record.ticket.version));
            look_at(store, &record, book.as_ref(), &mut findings.deviations).await?;
            if let (Some(recount), Some(book)) = (&mut recount, &book) {
                recount.add(record.ticket.id, record.history.iter().map(|new| &new.event), book);
            }
            let outline = outlines.iter().find(|outline| outline.key == record.label.into());
            let next_moment = book.as_ref().and_then(|book| record.ticket.next_moment(book));
            if book.is_some()
                && outline.is_some_and(|outline| outline.next_moment != next_moment.map(Timestamp::unix_millis))
            {
                compared.push(Deviation::Moment(record.label));
            }
        }
        for Outline { key, .. } in outlines {
            let expected = if key.year == after.year { after.number.saturating_add(1) } else { 1 };
            if key.number > expected {
                findings.gaps.push((key.year, expected, key.number - 1));
            }
            after = key;
        }
        after = last;
    }
    compared.extend(
        readable(counted(store, counts).await, "the counters", &mut findings.deviations)?.into_iter().flatten(),
    );
    compared
        .extend(readable(feed(store, &versions).await, "the feed", &mut findings.deviations)?.into_iter().flatten());
    // Without a ticket that cannot be read, there is nothing to compare with.
    let is_whole = !findings.deviations.iter().any(|deviation| {
        use Deviation::{History, Unreadable, UnreadableEvent};
        matches!(deviation, Unreadable(..) | UnreadableEvent(..) | History(..))
    });
    if let Some(recount) = recount.filter(|_| book.is_some() && is_whole) {
        let figures = readable(recount.compare(store).await, "the figures", &mut findings.deviations)?;
        compared.extend(figures.into_iter().flatten().map(Deviation::Figures));
    }
    let loose_ends = readable(store.loose_ends().await, "what stands beside the tickets", &mut findings.deviations)?;
    compared.extend(loose_ends.into_iter().flatten().map(Deviation::LooseEnd));
    findings.is_moving = store.newest_position().await? != began;
    if !findings.is_moving {
        findings.deviations.append(&mut compared);
    }
    Ok(findings)
}

/// What was read, unless it is damaged, which is told.
fn readable<T>(
    read: Result<T, StoreError>,
    what: &str,
    deviations: &mut Vec<Deviation>,
) -> Result<Option<T>, StoreError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(StoreError::Damaged(error)) => {
            deviations.push(Deviation::Unreadable(what.to_owned(), error.to_string()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn book(store: &impl Store) -> Result<Option<Rulebook>, StoreError> {
    let mut versions = store.rules_versions().await?;
    let active = versions.pop();
    Ok(active.map(|(active, _)| Rulebook::new(active, versions.into_iter().map(|(rules, _)| rules))))
}

async fn look_at(
    store: &impl Store,
    record: &TicketRecord,
    book: Option<&Rulebook>,
    deviations: &mut Vec<Deviation>,
) -> Result<(), StoreError> {
    let TicketRecord { ticket, label, history, .. } = record;
    match Ticket::replay(ticket.id, history.iter().map(|new| &new.event)) {
        Ok(replayed) if replayed == *ticket => {}
        Ok(_) => deviations.push(Deviation::State(*label)),
        Err(error) => deviations.push(Deviation::History(*label, error.to_string())),
    }
    let found = readable(store.find_label((*label).into()).await, &label.to_string(), deviations)?.flatten();
    if found.is_none_or(|found| found != (ticket.id, *label)) {
        deviations.push(Deviation::Label(*label));
    }
    let public = readable(store.find_public((*label).into()).await, &label.to_string(), deviations)?.flatten();
    let is_shown = public.is_some_and(|public| {
        let is_news = public.last.seq > ticket.last_public.seq;
        let same = public.last == ticket.last_public && public.status == ticket.status;
        public.id == ticket.id && (is_news || same)
    });
    if !is_shown {
        deviations.push(Deviation::Public(*label));
    }
    if !book.is_some_and(|book| book.knows(ticket.sla.agreement.as_ref())) {
        deviations.push(Deviation::Rules(*label));
    }
    Ok(())
}

/// What tickets are counted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Facet {
    area_key: String,
    status: &'static str,
    priority_key: String,
    is_archived: bool,
    origin: &'static str,
}

impl Facet {
    fn of(ticket: &Ticket) -> Self {
        Self {
            area_key: ticket.attributes.area_key(),
            status: ticket.status.name(),
            priority_key: ticket.attributes.priority_key(),
            is_archived: ticket.is_archived(),
            origin: ticket.origin.name(),
        }
    }
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { area_key, status, priority_key, is_archived, origin } = self;
        let archived = if *is_archived { ", archived" } else { "" };
        write!(f, "area “{area_key}”, {status}, priority “{priority_key}”, from {origin}{archived}")
    }
}

async fn counted(store: &impl Store, mut counts: BTreeMap<Facet, u32>) -> Result<Vec<Deviation>, StoreError> {
    let mut deviations = Vec::new();
    for Total { area_key, status, priority_key, is_archived, origin, tickets } in
        store.totals(&Scope::Everything).await?
    {
        let facet = Facet { area_key, status: status.name(), priority_key, is_archived, origin: origin.name() };
        let found = counts.remove(&facet).unwrap_or_default();
        if found != tickets {
            deviations.push(Deviation::Count(facet.to_string(), tickets, found));
        }
    }
    deviations.extend(counts.into_iter().map(|(facet, found)| Deviation::Count(facet.to_string(), 0, found)));
    Ok(deviations)
}

async fn feed(
    store: &impl Store,
    versions: &HashMap<TicketId, (TicketLabel, u32)>,
) -> Result<Vec<Deviation>, StoreError> {
    let mut deviations = Vec::new();
    let mut told: HashMap<TicketId, Option<u32>> = HashMap::with_capacity(versions.len());
    let mut position = FeedPosition::default();
    loop {
        let page = store.feed_page(position, PAGE).await?;
        let Some(last) = page.last() else { break };
        position = last;
        deviations.extend(page.unreadable.into_iter().map(|(at, error)| Deviation::UnreadableEvent(at, error)));
        for entry in page.entries {
            let seq = told.entry(entry.id).or_insert(Some(0));
            *seq = seq.and_then(|seq| (entry.event.seq == seq + 1).then_some(seq + 1));
        }
    }
    let is_told = |id: &TicketId, version: u32| told.get(id).copied().flatten() == Some(version);
    let untold = versions.iter().filter(|(id, (_, version))| !is_told(id, *version));
    deviations.extend(untold.map(|(_, (label, _))| Deviation::Feed(*label)));
    Ok(deviations)
}
