use std::{borrow::Cow, collections::BTreeMap};

use super::{Fact, Shelf, Stretch, Sums, What, histogram, quarter};
use crate::{Timestamp, sla::TargetKind};

/// By what figures are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// The area that has the ticket.
    Area,
    /// Its type.
    Type,
    /// Its priority.
    Priority,
    /// Its category.
    Category,
    /// Whom it is assigned to.
    Agent,
    /// Where it came from.
    Origin,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 6] = [Self::Area, Self::Type, Self::Priority, Self::Category, Self::Agent, Self::Origin];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Type => "tipo",
            Self::Priority => "prioridad",
            Self::Category => "categoria",
            Self::Agent => "agente",
            Self::Origin => "origen",
        }
    }

    /// The dimension of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }

    /// Its number in stores. Never changes.
    pub const fn number(self) -> u8 {
        match self {
            Self::Area => 0,
            Self::Type => 1,
            Self::Priority => 2,
            Self::Category => 3,
            Self::Agent => 4,
            Self::Origin => 5,
        }
    }

    /// The dimension of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.number() == number)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What is counted in a row. Figures are made of these.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Counter {
            $($(#[$doc])* $name,)*
        }

        impl Counter {
            /// Every counter.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its number in stores. Never changes.
            pub const fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// The counter of that number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

counters! {
    /// Tickets that came to be.
    Created = 1,
    /// Resolutions.
    Resolved = 2,
    /// Cancellations.
    Canceled = 3,
    /// Closings.
    Closed = 4,
    /// Re-openings.
    Reopened = 5,
    /// Transfers.
    Transferred = 6,
    /// Resolutions of which it is known what the requester had heard before.
    TouchKnown = 7,
    /// Of those, the ones before which they had heard nothing.
    OneTouch = 8,
    /// Milliseconds for which resolved tickets were open.
    OpenMillis = 9,
    /// Milliseconds for which resolved tickets were PAUSADO.
    PausedMillis = 10,
    /// Tickets in the backlog: what came, less what left.
    Backlog = 11,
    /// The same by when tickets came to be: the cell is the hour since the epoch.
    BacklogCreated = 12,
    /// First responses by working time; cells of the [`histogram`].
    FirstResponseWorking = 20,
    /// First responses by calendar time; cells of the [`histogram`].
    FirstResponseCalendar = 21,
    /// Next responses by working time; cells of the [`histogram`].
    NextResponseWorking = 22,
    /// Next responses by calendar time; cells of the [`histogram`].
    NextResponseCalendar = 23,
    /// Resolutions by working time; cells of the [`histogram`].
    ResolutionWorking = 24,
    /// Resolutions by calendar time; cells of the [`histogram`].
    ResolutionCalendar = 25,
    /// First responses that were promised by a time.
    FirstResponsePromised = 30,
    /// Of those, the ones in time.
    FirstResponseInTime = 31,
    /// Next responses that were promised by a time.
    NextResponsePromised = 32,
    /// Of those, the ones in time.
    NextResponseInTime = 33,
    /// Resolutions that were promised by a time.
    ResolutionPromised = 34,
    /// Of those, the ones in time.
    ResolutionInTime = 35,
    /// First responses whose time was up.
    FirstResponseBreached = 36,
    /// Next responses whose time was up.
    NextResponseBreached = 37,
    /// Resolutions whose time was up.
    ResolutionBreached = 38,
}

impl Counter {
    /// Of a target: its working times, calendar times, how many had a time, how many were in it, and how many had none left.
    const fn of(kind: TargetKind) -> [Self; 5] {
        use Counter as C;
        match kind {
            TargetKind::FirstResponse => [
                C::FirstResponseWorking,
                C::FirstResponseCalendar,
                C::FirstResponsePromised,
                C::FirstResponseInTime,
                C::FirstResponseBreached,
            ],
            TargetKind::NextResponse => [
                C::NextResponseWorking,
                C::NextResponseCalendar,
                C::NextResponsePromised,
                C::NextResponseInTime,
                C::NextResponseBreached,
            ],
            TargetKind::Resolution => [
                C::ResolutionWorking,
                C::ResolutionCalendar,
                C::ResolutionPromised,
                C::ResolutionInTime,
                C::ResolutionBreached,
            ],
        }
    }

    /// It is about what there is at an instant: the sum of all that was before.
    pub const fn is_stock(self) -> bool {
        matches!(self, Self::Backlog | Self::BacklogCreated)
    }

    /// It is counted in cells; all others have one.
    pub const fn has_cells(self) -> bool {
        matches!(self.number(), 12 | 20..=25)
    }
}

/// Which count a row has: its whole key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Row {
    /// By what it is told.
    pub by: Dimension,
    /// When it counts: the quarter of an hour since the epoch.
    pub quarter: u32,
    /// The area: whoever may read one area's tickets reads these rows. As given.
    pub area: String,
    /// The dimension's value, as given; an id of an agent, the name of an origin. Empty where there is none, and by area.
    pub value: String,
    /// What is counted.
    pub counter: Counter,
    /// Which cell of it; 0 where it has one.
    pub cell: u32,
}

/// Sums of facts, by dimension and hour.
///
/// The same facts give the same sums in whatever order and in however many parts they came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rollup {
    hours: BTreeMap<(Dimension, Stretch), Sums>,
}

impl Rollup {
    /// Adds a fact: to the sums of its hour, of each dimension.
    pub fn apply(&mut self, fact: &Fact) {
        let quarter = quarter(fact.at);
        let hour = Stretch::hour_of(quarter);
        let slot = u8::try_from(quarter.saturating_sub(hour.from)).unwrap_or_default();
        for (by, value) in values(fact) {
            let sums = self.hours.entry((by, hour)).or_default();
            sums.add_all(slot, &fact.dimensions.area, &value, |add| counts(fact.what, add));
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for ((by, hour), sums) in &other.hours {
            self.add(*by, *hour, sums);
        }
    }

    /// Adds to an hour.
    pub fn add(&mut self, by: Dimension, hour: Stretch, sums: &Sums) {
        self.hours.entry((by, hour)).or_default().merge(sums);
    }

    /// Dimensions, hours and their sums, in order: what a store has to add to those that it keeps.
    pub fn hours(&self) -> impl Iterator<Item = (Dimension, Stretch, &Sums)> {
        self.hours.iter().filter(|(_, sums)| !sums.is_empty()).map(|((by, hour), sums)| (*by, *hour, sums))
    }

    /// Every row and how much is in it.
    pub fn rows(&self) -> impl Iterator<Item = (Row, i64)> {
        self.hours().flat_map(|(by, hour, sums)| {
            sums.iter().map(move |(slot, area, value, counter, cell, count)| {
                let quarter = hour.from.saturating_add(slot.into());
                (Row { by, quarter, area: area.to_owned(), value: value.to_owned(), counter, cell }, count)
            })
        })
    }

    /// What a store would keep of a dimension.
    pub fn shelf(&self, by: Dimension) -> Shelf {
        let own = self.hours().filter(|(own, ..)| *own == by);
        own.map(|(_, hour, sums)| (hour, sums.to_bytes())).collect()
    }
}

/// What a fact's row is called in each dimension.
fn values(fact: &Fact) -> [(Dimension, Cow<'_, str>); 6] {
    let dimensions = &fact.dimensions;
    Dimension::ALL.map(|by| {
        let given = match by {
            Dimension::Area => None,
            Dimension::Type => dimensions.ticket_type.as_deref(),
            Dimension::Priority => dimensions.priority.as_deref(),
            Dimension::Category => dimensions.category.as_deref(),
            Dimension::Agent => {
                return (by, dimensions.agent.map_or_else(Cow::default, |agent| agent.0.to_string().into()));
            }
            Dimension::Origin => Some(dimensions.origin.name()),
        };
        (by, given.unwrap_or_default().into())
    })
}

/// The hour since the epoch that has an instant.
fn hour(at: Timestamp) -> u32 {
    quarter(at) / 4
}

/// What a fact adds: to which counter, in which cell, and how much.
fn counts(what: What, add: &mut dyn FnMut(Counter, u32, i64)) {
    let mut backlog = |created_at: Timestamp, count| {
        add(Counter::Backlog, 0, count);
        add(Counter::BacklogCreated, hour(created_at), count);
    };
    match what {
        What::Entered { created_at } => return backlog(created_at, 1),
        What::Left { created_at } => return backlog(created_at, -1),
        What::Created => add(Counter::Created, 0, 1),
        What::Canceled => add(Counter::Canceled, 0, 1),
        What::Closed => add(Counter::Closed, 0, 1),
        What::Reopened => add(Counter::Reopened, 0, 1),
        What::Transferred => add(Counter::Transferred, 0, 1),
        What::Breached(kind) => {
            let [.., breached] = Counter::of(kind);
            add(breached, 0, 1);
        }
        What::Resolved { one_touch, open, paused, .. } => {
            add(Counter::Resolved, 0, 1);
            add(Counter::TouchKnown, 0, one_touch.is_some().into());
            add(Counter::OneTouch, 0, (one_touch == Some(true)).into());
            add(Counter::OpenMillis, 0, open.num_milliseconds());
            add(Counter::PausedMillis, 0, paused.num_milliseconds());
        }
        What::Responded { .. } => {}
    }
    let (kind, taken, in_time) = match what {
        What::Resolved { taken, in_time, .. } => (TargetKind::Resolution, taken, in_time),
        What::Responded { kind, taken, in_time } => (kind, taken, in_time),
        _ => return,
    };
    let [working, calendar, promised, was_in_time, _] = Counter::of(kind);
    add(working, histogram::cell(taken.working), 1);
    add(calendar, histogram::cell(taken.calendar), 1);
    add(promised, 0, in_time.is_some().into());
    add(was_in_time, 0, (in_time == Some(true)).into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_in_the_order_of_their_numbers_and_those_with_cells_say_so() {
        use Counter as C;
        assert!(C::ALL.is_sorted_by_key(|counter| counter.number()));
        let with_cells: Vec<_> = C::ALL.iter().filter(|counter| counter.has_cells()).collect();
        let expected = [
            C::BacklogCreated,
            C::FirstResponseWorking,
            C::FirstResponseCalendar,
            C::NextResponseWorking,
            C::NextResponseCalendar,
            C::ResolutionWorking,
            C::ResolutionCalendar,
        ];
        assert_eq!(with_cells, expected.each_ref());
    }
}
