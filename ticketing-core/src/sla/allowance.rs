use core::{fmt, num::NonZeroU16, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Budget, BudgetError};
use crate::limits::SLA_BUSINESS_DAYS_MAX;

/// How much time a target grants: working time, or business days.
///
/// ```
/// use ticketing_core::sla::Allowance;
///
/// assert_eq!("240m".parse::<Allowance>().unwrap().to_string(), "4h");
/// assert_eq!("2bd".parse::<Allowance>().unwrap().to_string(), "2bd");
/// assert!("2d".parse::<Allowance>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Allowance {
    /// So much working time.
    Time(Budget),
    /// Until so many business days after the one on which the clock starts.
    BusinessDays {
        /// How many.
        days: NonZeroU16,
        /// When on the last of them.
        due_at: DueAt,
    },
}

/// When on its last day an allowance of business days ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueAt {
    /// When the last of the shifts ends that start on that day.
    #[default]
    Close,
    /// At the time of day at which the clock started.
    SameTime,
}

impl Allowance {
    /// The same, ending at another time of its last day. Working time has none.
    #[must_use]
    pub const fn due_at(self, due_at: DueAt) -> Self {
        match self {
            Self::Time(budget) => Self::Time(budget),
            Self::BusinessDays { days, due_at: _ } => Self::BusinessDays { days, due_at },
        }
    }
}

/// A [`Budget`], or `2bd`.
impl FromStr for Allowance {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let days = text.strip_suffix("bd").filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        match days {
            Some(digits) => {
                let days = digits.parse().ok().filter(|days: &NonZeroU16| days.get() <= SLA_BUSINESS_DAYS_MAX);
                let days = days.ok_or_else(|| BudgetError::of(text))?;
                Ok(Self::BusinessDays { days, due_at: DueAt::default() })
            }
            None => text.parse().map(Self::Time),
        }
    }
}

impl From<Budget> for Allowance {
    fn from(budget: Budget) -> Self {
        Self::Time(budget)
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(budget) => budget.fmt(f),
            Self::BusinessDays { days, .. } => write!(f, "{days}bd"),
        }
    }
}

impl TryFrom<String> for Allowance {
    type Error = BudgetError;

    fn try_from(text: String) -> Result<Self, BudgetError> {
        text.parse()
    }
}

impl From<Allowance> for String {
    fn from(allowance: Allowance) -> Self {
        allowance.to_string()
    }
}

/// With when it ends on its last day, which rules say apart from it.
pub(super) mod in_full {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{Allowance, DueAt};

    const SAME_TIME: &str = " same_time";

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
    pub(in crate::sla) fn serialize<S: Serializer>(allowance: &Allowance, serializer: S) -> Result<S::Ok, S::Error> {
        match allowance {
            Allowance::BusinessDays { due_at: DueAt::SameTime, .. } => {
                serializer.serialize_str(&format!("{allowance}{SAME_TIME}"))
            }
            _ => serializer.collect_str(allowance),
        }
    }

    pub(in crate::sla) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Allowance, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (allowance, due_at) = match text.strip_suffix(SAME_TIME) {
            Some(allowance) => (allowance, DueAt::SameTime),
            None => (text.as_str(), DueAt::Close),
        };
        let allowance: Allowance = allowance.parse().map_err(D::Error::custom)?;
        Ok(allowance.due_at(due_at))
    }
}
