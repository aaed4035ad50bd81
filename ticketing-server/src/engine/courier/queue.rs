//! What one recipient is to be delivered next. No clock, no store: a round asks and tells.

use std::collections::{BTreeSet, HashMap, VecDeque};

use ticketing_core::{TicketId, TimeDelta, Timestamp};

use crate::store::{Delivery, Failure, FeedPosition};

/// Events that are in memory only, at most, before no more are taken.
const IN_MEMORY_MAX: usize = 256;
/// Deliveries that failed or wait behind one, at most, before no more events are taken: what is still to come waits in the feed.
const STORED_MAX: usize = 10_000;

/// What one recipient is to be delivered: a line of events for each ticket, of which the first may be under way.
pub(super) struct Queue<E> {
    /// Each event up to here was taken.
    taken: FeedPosition,
    /// Events beyond the place at which the round has begun that are known already.
    known: BTreeSet<FeedPosition>,
    /// What was taken and is neither delivered nor stored.
    in_memory: BTreeSet<FeedPosition>,
    lines: HashMap<TicketId, VecDeque<Item<E>>>,
    /// Tickets whose first event may be delivered now.
    ready: VecDeque<TicketId>,
    /// Tickets whose first event may be delivered at an instant.
    later: BTreeSet<(Timestamp, TicketId)>,
    stored: usize,
}

struct Item<E> {
    position: FeedPosition,
    /// It is read again for an attempt where it is not in memory.
    entry: Option<E>,
    attempts: u32,
    /// It has a row, and may be tried from then on.
    stored: Option<Timestamp>,
}

/// The first event of a ticket, to be delivered now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Job<E> {
    pub(super) ticket: TicketId,
    pub(super) position: FeedPosition,
    pub(super) entry: Option<E>,
    pub(super) attempts: u32,
}

impl<E: Clone> Queue<E> {
    /// At a place, with what was not delivered before.
    pub(super) fn new(place: FeedPosition, undelivered: Vec<Delivery>) -> Self {
        let mut queue = Self {
            taken: place,
            known: undelivered.iter().map(|delivery| delivery.position).filter(|position| *position > place).collect(),
            in_memory: BTreeSet::new(),
            lines: HashMap::new(),
            ready: VecDeque::new(),
            later: BTreeSet::new(),
            stored: 0,
        };
        for Delivery { position, ticket, attempts, next_attempt_at, .. } in undelivered {
            if let Some(at) = next_attempt_at {
                queue.stored += 1;
                queue.push(ticket, Item { position, entry: None, attempts, stored: Some(at) });
            }
        }
        queue
    }

    /// Takes the next event of the feed, or passes it by. What waits behind a delivery that has a row is to be stored, too.
    pub(super) fn take(
        &mut self,
        position: FeedPosition,
        wanted: Option<(TicketId, E)>,
        now: Timestamp,
    ) -> Option<Delivery> {
        if position <= self.taken {
            return None;
        }
        self.taken = position;
        if self.known.remove(&position) {
            return None;
        }
        let (ticket, entry) = wanted?;
        let is_blocked = self.lines.get(&ticket).and_then(VecDeque::front).is_some_and(|first| first.stored.is_some());
        let item = Item { position, entry: Some(entry), attempts: 0, stored: None };
        if !is_blocked {
            self.in_memory.insert(position);
            self.push(ticket, item);
            return None;
        }
        self.stored += 1;
        self.push(ticket, Item { entry: None, stored: Some(now), ..item });
        Some(waiting(position, ticket, now))
    }

    /// What may be delivered next. It is under way until it is [`delivered`](Self::delivered), has [`failed`](Self::failed), or
    /// is to be tried [`again`](Self::again).
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Job<E>> {
        while let Some((_, ticket)) = self.later.first().copied().filter(|(at, _)| *at <= now) {
            self.later.pop_first();
            self.ready.push_back(ticket);
        }
        let ticket = self.ready.pop_front()?;
        let Item { position, entry, attempts, .. } = self.lines.get(&ticket)?.front()?;
        Some(Job { ticket, position: *position, entry: entry.clone(), attempts: *attempts })
    }

    /// The first event of a ticket was delivered; answers its position where it has a row, which is to be forgotten.
    pub(super) fn delivered(&mut self, ticket: TicketId) -> Option<FeedPosition> {
        let item = self.pop(ticket);
        self.go_on(ticket);
        item.filter(|item| item.stored.is_some()).map(|item| item.position)
    }

    /// The first event of a ticket was not tried: it is next once more.
    pub(super) fn again(&mut self, ticket: TicketId) {
        self.ready.push_front(ticket);
    }

    /// The first event of a ticket was not delivered, and is tried again at an instant, or not. Answers what is to be stored: that,
    /// and what waits behind it.
    pub(super) fn failed(
        &mut self,
        ticket: TicketId,
        now: Timestamp,
        next: Option<Timestamp>,
        failure: Failure,
    ) -> Vec<Delivery> {
        let Some(first) = self.lines.get_mut(&ticket).and_then(VecDeque::front_mut) else { return vec![] };
        first.attempts = first.attempts.saturating_add(1);
        first.entry = None;
        let position = first.position;
        let mut changed = vec![Delivery {
            position,
            ticket,
            attempts: first.attempts,
            next_attempt_at: next,
            last_attempt_at: now,
            failure: Some(failure),
        }];
        let Some(next) = next else {
            // Those behind it go on.
            self.pop(ticket);
            self.go_on(ticket);
            return changed;
        };
        self.stored += usize::from(first.stored.is_none());
        first.stored = Some(next);
        self.in_memory.remove(&position);
        self.later.insert((next, ticket));
        for item in self.lines.get_mut(&ticket).into_iter().flatten().skip(1).filter(|item| item.stored.is_none()) {
            item.stored = Some(now);
            item.entry = None;
            self.stored += 1;
            self.in_memory.remove(&item.position);
            changed.push(waiting(item.position, ticket, now));
        }
        changed
    }

    /// Each event up to here is delivered, has a row, or was not wanted.
    pub(super) fn place(&self) -> FeedPosition {
        self.in_memory.first().map_or(self.taken, |first| FeedPosition(first.0.saturating_sub(1)))
    }

    /// The clock was set back by so much: what is to be tried later is so as long from now as it was. (Forward, it is earlier.)
    pub(super) fn set_back(&mut self, by: TimeDelta) {
        let earlier = |at: Timestamp| at.checked_add(-by).unwrap_or(at);
        self.later = std::mem::take(&mut self.later).into_iter().map(|(at, ticket)| (earlier(at), ticket)).collect();
        for at in self.lines.values_mut().flatten().filter_map(|item| item.stored.as_mut()) {
            *at = earlier(*at);
        }
    }

    /// How much has a row.
    pub(super) fn stored(&self) -> usize {
        self.stored
    }

    /// Whether more may be taken.
    pub(super) fn has_room(&self) -> bool {
        self.in_memory.len() < IN_MEMORY_MAX && self.stored < STORED_MAX
    }

    /// Whether something may be delivered now.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// When something else may be delivered.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.later.first().map(|(at, _)| *at)
    }

    fn push(&mut self, ticket: TicketId, item: Item<E>) {
        let line = self.lines.entry(ticket).or_default();
        line.push_back(item);
        if line.len() == 1 {
            self.go_on(ticket);
        }
    }

    fn pop(&mut self, ticket: TicketId) -> Option<Item<E>> {
        let item = self.lines.get_mut(&ticket)?.pop_front()?;
        self.in_memory.remove(&item.position);
        self.stored -= usize::from(item.stored.is_some());
        Some(item)
    }

    /// A ticket's line has another first event, or none.
    fn go_on(&mut self, ticket: TicketId) {
        match self.lines.get(&ticket).and_then(VecDeque::front) {
            Some(Item { stored: Some(at), .. }) => _ = self.later.insert((*at, ticket)),
            Some(Item { stored: None, .. }) => self.ready.push_back(ticket),
            None => _ = self.lines.remove(&ticket),
        }
    }
}

/// A delivery that waits behind another one of its ticket.
fn waiting(position: FeedPosition, ticket: TicketId, now: Timestamp) -> Delivery {
    Delivery { position, ticket, attempts: 0, next_attempt_at: Some(now), last_attempt_at: now, failure: None }
}

#[cfg(test)]
mod tests;
