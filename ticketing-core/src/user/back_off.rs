use chrono::TimeDelta;

use crate::{
    Timestamp,
    limits::{
        ACCOUNT_ATTEMPTS_FREE, ACCOUNT_DELAY_SECONDS_MAX, ADDRESS_ATTEMPTS_FREE, ADDRESS_DELAY_SECONDS_MAX,
        ATTEMPTS_KEPT_MINUTES,
    },
};

/// How long to wait after wrong passwords: some are free, then the delay doubles from one second up to a ceiling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    free: u32,
    delay_seconds_max: u32,
}

/// The attempts that were made and did not succeed, or have not yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempts {
    /// How many.
    pub count: u32,
    /// When the last one was made.
    pub last_at: Timestamp,
}

impl BackOff {
    /// Of an account, whether there is one or not.
    pub const ACCOUNT: Self = Self { free: ACCOUNT_ATTEMPTS_FREE, delay_seconds_max: ACCOUNT_DELAY_SECONDS_MAX };
    /// Of a network address.
    pub const ADDRESS: Self = Self { free: ADDRESS_ATTEMPTS_FREE, delay_seconds_max: ADDRESS_DELAY_SECONDS_MAX };

    /// The attempts once another one is made.
    ///
    /// # Errors
    /// How long it still has to wait. An attempt that is refused does not count: whoever goes on trying waits no longer.
    pub fn attempt(self, so_far: Option<Attempts>, now: Timestamp) -> Result<Attempts, TimeDelta> {
        let count = so_far.filter(|attempts| !attempts.are_forgotten(now)).map_or(0, |attempts| {
            // As many as it takes to have waited long enough, and more.
            attempts.count.min(u32::MAX - 1)
        });
        if let Some(Attempts { last_at, .. }) = so_far
            && count >= self.free
        {
            let delay = self.delay(count);
            // Where the clock was set back, the last one seems to be still to come.
            let waited = now.since(last_at).max(TimeDelta::zero());
            if waited < delay {
                return Err(delay - waited);
            }
        }
        Ok(Attempts { count: count + 1, last_at: now })
    }

    /// The time between an attempt and the next after so many.
    pub(super) fn delay(self, count: u32) -> TimeDelta {
        let doubled = 1_u32.checked_shl(count.saturating_sub(self.free)).unwrap_or(u32::MAX);
        TimeDelta::seconds(doubled.min(self.delay_seconds_max).into())
    }
}

impl Attempts {
    /// Attempts whose last one was made before this instant are forgotten.
    pub fn forgotten_before(now: Timestamp) -> Timestamp {
        let kept = i64::from(ATTEMPTS_KEPT_MINUTES) * 60_000;
        Timestamp::saturating_from_unix_millis(now.unix_millis().saturating_sub(kept))
    }

    fn are_forgotten(self, now: Timestamp) -> bool {
        self.last_at < Self::forgotten_before(now)
    }
}
