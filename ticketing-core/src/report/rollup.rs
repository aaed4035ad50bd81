use std::collections::BTreeMap;

use super::{Bucket, Buckets, Fact, Level, What, histogram};
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
    /// The counter of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|counter| counter.number() == number)
    }

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
}

/// Which count a row has: its whole key, in the order in which reports read it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Row {
    /// By what it is told.
    pub by: Dimension,
    /// When it counts.
    pub bucket: Bucket,
    /// The area: whoever may read one area's tickets reads these rows. As given.
    pub area: String,
    /// The dimension's value, as given; an id of an agent, the name of an origin. Empty where there is none, and by area.
    pub value: String,
    /// What is counted.
    pub counter: Counter,
    /// Which cell of it; 0 where it has one.
    pub cell: u32,
}

/// Sums of facts.
///
/// The same facts give the same rows in whatever order and in however many parts they came: a row is a sum, and one that comes to
/// nothing is not there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rollup {
    rows: BTreeMap<Row, i64>,
}

impl Rollup {
    /// Adds a fact: to a row for each dimension and each level.
    pub fn apply(&mut self, fact: &Fact) {
        for (by, value) in values(fact) {
            for level in Level::ALL {
                let bucket = Bucket::of(level, fact.at);
                counts(fact.what, |counter, cell, count| {
                    let row =
                        Row { by, bucket, area: fact.dimensions.area.clone(), value: value.clone(), counter, cell };
                    self.add(row, count);
                });
            }
        }
    }

    /// Adds to a row.
    pub fn add(&mut self, row: Row, count: i64) {
        if count == 0 {
            return;
        }
        let mut entry = match self.rows.entry(row) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(count);
                return;
            }
            std::collections::btree_map::Entry::Occupied(occupied) => occupied,
        };
        let sum = entry.get().saturating_add(count);
        if sum == 0 {
            entry.remove();
        } else {
            *entry.get_mut() = sum;
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: Self) {
        for (row, count) in other.rows {
            self.add(row, count);
        }
    }

    /// Every row and what is to be added to it, where a store keeps them.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&Row, i64)> {
        self.rows.iter().map(|(row, count)| (row, *count))
    }

    /// The rows of a dimension in stretches of time.
    pub(super) fn read(
        &self,
        by: Dimension,
        Buckets { level, from, until }: Buckets,
    ) -> impl Iterator<Item = (&Row, i64)> {
        let first = |number| Row {
            by,
            bucket: Bucket { level, number },
            area: String::new(),
            value: String::new(),
            counter: Counter::Created,
            cell: 0,
        };
        self.rows.range(first(from)..first(until.max(from))).map(|(row, count)| (row, *count))
    }
}

/// What a fact's row is called in each dimension.
fn values(fact: &Fact) -> [(Dimension, String); 6] {
    let dimensions = &fact.dimensions;
    Dimension::ALL.map(|by| {
        let value = match by {
            Dimension::Area => None,
            Dimension::Type => dimensions.ticket_type.clone(),
            Dimension::Priority => dimensions.priority.clone(),
            Dimension::Category => dimensions.category.clone(),
            Dimension::Agent => dimensions.agent.map(|agent| agent.0.to_string()),
            Dimension::Origin => Some(dimensions.origin.name().to_owned()),
        };
        (by, value.unwrap_or_default())
    })
}

/// What a fact adds: to which counter, in which cell, and how much.
fn counts(what: What, mut add: impl FnMut(Counter, u32, i64)) {
    let mut backlog = |created_at: Timestamp, count| {
        add(Counter::Backlog, 0, count);
        add(Counter::BacklogCreated, Bucket::of(Level::Hour, created_at).number, count);
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
