use core::{fmt, str::FromStr};

use chrono::TimeDelta;

use crate::limits::SLA_BUDGET_MINUTES_MAX;

/// Working time that a target grants: hours (`"4h"`) or minutes (`"90m"`), from one minute to ten years.
///
/// There is no "1 day": it would mean 24 hours to some and a working day to others.
///
/// ```
/// use ticketing_core::sla::Budget;
///
/// let budget: Budget = "90m".parse().unwrap();
/// assert_eq!(budget.minutes(), 90);
/// assert_eq!(budget.hours(), 1.5);
/// assert_eq!("240m".parse::<Budget>().unwrap().to_string(), "4h");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Budget {
    minutes: u32,
}

/// A text that is no [`Budget`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "“{0}” is no budget: write hours, minutes or business days, such as \"4h\", \"90m\" or \"2bd\", of ten years at most"
)]
pub struct BudgetError(String);

impl BudgetError {
    pub(super) fn of(text: &str) -> Self {
        Self(text.chars().take(40).collect())
    }
}

impl Budget {
    /// So many minutes; `None` unless they are between one minute and ten years.
    pub fn from_minutes(minutes: u32) -> Option<Self> {
        (1..=SLA_BUDGET_MINUTES_MAX).contains(&minutes).then_some(Self { minutes })
    }

    /// Its working time.
    pub fn total(self) -> TimeDelta {
        TimeDelta::minutes(self.minutes.into())
    }

    /// Its working time in minutes.
    pub const fn minutes(self) -> u32 {
        self.minutes
    }

    /// Its working time in hours.
    pub fn hours(self) -> f64 {
        f64::from(self.minutes) / 60.0
    }

    /// Its working time in hours where that is a whole number.
    pub const fn whole_hours(self) -> Option<u32> {
        if self.minutes.is_multiple_of(60) { Some(self.minutes / 60) } else { None }
    }
}

impl FromStr for Budget {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let read = || {
            let (digits, minutes_each) = match text.strip_suffix('h') {
                Some(hours) => (hours, 60),
                None => (text.strip_suffix('m')?, 1),
            };
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let minutes = digits.parse::<u32>().ok()?.checked_mul(minutes_each)?;
            Self::from_minutes(minutes)
        };
        read().ok_or_else(|| BudgetError::of(text))
    }
}

/// Hours where they are whole, else minutes: every budget has one way to be written.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whole_hours() {
            Some(hours) => write!(f, "{hours}h"),
            None => write!(f, "{}m", self.minutes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_says_its_unit() {
        for (text, minutes) in [("1m", 1), ("4h", 240), ("72h", 4320), ("87840h", SLA_BUDGET_MINUTES_MAX)] {
            assert_eq!(text.parse::<Budget>().map(Budget::minutes), Ok(minutes));
        }
        for text in ["", "h", "4", "0h", "0m", "1d", "1 h", "-4h", "+4h", "4.5h", "4H", "87841h", "99999999999h", "٤h"]
        {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
    }
}
