use chrono::TimeDelta;

use crate::{
    Timestamp,
    limits::{
        ACCOUNT_AT_ADDRESS_DELAY_SECONDS_MAX, ACCOUNT_ATTEMPTS_FREE, ACCOUNT_DELAY_SECONDS_MAX, ADDRESS_ATTEMPTS_FREE,
        ADDRESS_DELAY_SECONDS_MAX, ATTEMPTS_KEPT_MINUTES, CLOCKS_APART_SECONDS_MAX,
    },
};

/// How long to wait after wrong passwords: some are free, then the delay doubles from one second up to a ceiling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    free: u32,
    delay_seconds_max: u32,
}

/// The attempts that count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attempts {
    /// Those that were wrong.
    pub wrong: Tally,
    /// Those of which it is not known yet.
    pub open: Tally,
}

/// How many attempts, and when the last one was made; of none, whenever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How many.
    pub count: u32,
    /// When the last one was made.
    pub last_at: Timestamp,
}

/// What has become of an attempt that was counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// The password was wrong.
    Wrong,
    /// It is as if it had not been made: the others count on, from when they were made.
    TakenBack,
    /// It wipes the slate clean.
    Forgiven,
}

impl BackOff {
    /// Of an account, from one network address, whether there is one or not.
    pub const ACCOUNT_AT_ADDRESS: Self =
        Self { free: ACCOUNT_ATTEMPTS_FREE, delay_seconds_max: ACCOUNT_AT_ADDRESS_DELAY_SECONDS_MAX };
    /// Of an account, from wherever.
    pub const ACCOUNT: Self = Self { free: ACCOUNT_ATTEMPTS_FREE, delay_seconds_max: ACCOUNT_DELAY_SECONDS_MAX };
    /// Of a network address.
    pub const ADDRESS: Self = Self { free: ADDRESS_ATTEMPTS_FREE, delay_seconds_max: ADDRESS_DELAY_SECONDS_MAX };
    /// Of whoever has a session, at the password of their own account: as much as of an account from one address.
    pub const OWN_PASSWORD: Self = Self::ACCOUNT_AT_ADDRESS;

    /// The attempts once another one is made.
    ///
    /// # Errors
    /// How long it still has to wait. An attempt that is refused does not count: whoever goes on trying waits no longer.
    pub fn attempt(self, so_far: Attempts, now: Timestamp) -> Result<Attempts, TimeDelta> {
        let so_far = so_far.remembered(now);
        if so_far.count() >= self.free {
            let delay = self.delay(so_far.count());
            // Where another server's clock is a little ahead, the last one seems to be still to come.
            let waited = now.since(so_far.last_at()).max(TimeDelta::zero());
            if waited < delay {
                return Err(delay - waited);
            }
        }
        Ok(Attempts { open: so_far.open.and_one(now), ..so_far })
    }

    /// The time between an attempt and the next after so many.
    pub(super) fn delay(self, count: u32) -> TimeDelta {
        let doubled = 1_u32.checked_shl(count.saturating_sub(self.free)).unwrap_or(u32::MAX);
        TimeDelta::seconds(doubled.min(self.delay_seconds_max).into())
    }
}

impl Attempts {
    /// The attempts once it is known what has become of one that was made at an instant.
    #[must_use]
    pub fn settled(self, made_at: Timestamp, settled: Settled) -> Self {
        let open = Tally { count: self.open.count.saturating_sub(1), ..self.open };
        let open = if open.count == 0 { Tally::default() } else { open };
        match settled {
            Settled::Wrong => Self { wrong: self.wrong.and_one(made_at), open },
            Settled::TakenBack => Self { open, ..self },
            Settled::Forgiven => Self::default(),
        }
    }

    /// When the last one was made.
    pub fn last_at(self) -> Timestamp {
        self.wrong.last_at.max(self.open.last_at)
    }

    /// Attempts whose last one was made before this instant are forgotten.
    pub fn forgotten_before(now: Timestamp) -> Timestamp {
        let kept = i64::from(ATTEMPTS_KEPT_MINUTES) * 60_000;
        Timestamp::saturating_from_unix_millis(now.unix_millis().saturating_sub(kept))
    }

    fn count(self) -> u32 {
        self.wrong.count.saturating_add(self.open.count)
    }

    fn remembered(self, now: Timestamp) -> Self {
        if self.last_at() < Self::forgotten_before(now) {
            return Self::default();
        }
        Self { wrong: self.wrong.as_of(now), open: self.open.as_of(now) }
    }
}

impl Tally {
    /// Where the clock was set back since, nobody knows when the last one was made: long ago, and the next one counts from when it is
    /// made. Otherwise whoever has to wait would do so until the clock is there again.
    fn as_of(self, now: Timestamp) -> Self {
        let ahead = now.unix_millis().saturating_add(i64::from(CLOCKS_APART_SECONDS_MAX) * 1000);
        let is_to_come = self.count > 0 && self.last_at.unix_millis() > ahead;
        if is_to_come { Self { last_at: Timestamp::MIN, ..self } } else { self }
    }

    fn and_one(self, at: Timestamp) -> Self {
        Self { count: self.count.saturating_add(1), last_at: self.last_at.max(at) }
    }
}
