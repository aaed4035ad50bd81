use crate::limits::{SUBSCRIPTION_FAILURES_DEGRADED, SUBSCRIPTION_FAILURES_INACTIVE};

/// How deliveries to a recipient go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// Whether it is told what happens.
    pub standing: Standing,
    /// Failures in a row, the last attempt being one of them.
    pub failures: u32,
}

/// Whether a recipient is told what happens. Source: the v2 contract, `status` of a subscription.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Standing {
    /// It is.
    #[default]
    Active,
    /// It is, but has failed too often in a row to be believed in.
    Degraded,
    /// It is not.
    Inactive,
}

/// What came of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was delivered.
    Delivered,
    /// It was not.
    Failed,
    /// The recipient wants nothing any more.
    Gone,
}

impl Standing {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Active, Self::Degraded, Self::Inactive];

    /// Its name on the wire and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Degraded => "DEGRADED",
            Self::Inactive => "INACTIVE",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }
}

impl Health {
    /// Of a recipient that is told nothing.
    pub const fn stopped() -> Self {
        Self { standing: Standing::Inactive, failures: 0 }
    }

    /// The health after an attempt. One that has become inactive stays so until somebody makes it active.
    #[must_use]
    pub fn after(self, outcome: Outcome) -> Self {
        let failures = self.failures.saturating_add(1);
        let standing = match (self.standing, outcome) {
            (Standing::Inactive, _) => return self,
            (_, Outcome::Delivered) => return Self::default(),
            (_, Outcome::Gone) => Standing::Inactive,
            (standing, Outcome::Failed) => match failures {
                SUBSCRIPTION_FAILURES_INACTIVE.. => Standing::Inactive,
                SUBSCRIPTION_FAILURES_DEGRADED.. => Standing::Degraded,
                _ => standing,
            },
        };
        Self { standing, failures }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(outcomes: impl IntoIterator<Item = Outcome>) -> Health {
        outcomes.into_iter().fold(Health::default(), Health::after)
    }

    fn failed(times: usize) -> Health {
        after([Outcome::Failed].into_iter().cycle().take(times))
    }

    /// Source: the v2 contract, subscriptions.
    #[test]
    fn ten_failures_in_a_row_degrade_and_five_hundred_end_it() {
        assert_eq!(failed(9), Health { standing: Standing::Active, failures: 9 });
        assert_eq!(failed(10), Health { standing: Standing::Degraded, failures: 10 });
        assert_eq!(failed(499), Health { standing: Standing::Degraded, failures: 499 });
        assert_eq!(failed(500), Health { standing: Standing::Inactive, failures: 500 });
    }

    #[test]
    fn a_success_forgives_all_failures_and_revives_nobody() {
        assert_eq!(failed(499).after(Outcome::Delivered), Health::default());
        assert_eq!(failed(500).after(Outcome::Delivered), failed(500));
        assert_eq!(failed(500).after(Outcome::Failed), failed(500));
        assert_eq!(failed(9).after(Outcome::Delivered).after(Outcome::Failed).standing, Standing::Active);
    }

    #[test]
    fn who_is_gone_is_told_nothing_more_at_once() {
        assert_eq!(after([Outcome::Delivered, Outcome::Gone]).standing, Standing::Inactive);
    }
}
