use chrono::TimeDelta;

use crate::Timestamp;

/// When a clock counts. So far one: around the clock, every instant of every day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Calendar {
    /// Every instant counts.
    #[default]
    AroundTheClock,
}

impl Calendar {
    /// Working time from `from` to `until`; zero where `until` is not later.
    pub fn working(self, from: Timestamp, until: Timestamp) -> TimeDelta {
        match self {
            Self::AroundTheClock => until.since(from).max(TimeDelta::zero()),
        }
    }

    /// The earliest instant by which `total` of working time has passed since `from`; `None` beyond the year 9999.
    pub fn after(self, from: Timestamp, total: TimeDelta) -> Option<Timestamp> {
        match self {
            Self::AroundTheClock => from.checked_add(total.max(TimeDelta::zero())),
        }
    }
}
