use std::time::{Duration, Instant};

use crate::store::Written;

/// When whoever follows the feed, for whom nobody waits, leaves off for a while.
///
/// Even what gives way to all others costs them something: where they go on, the processor's caches have something else in them. While
/// writes come so close together that they wait for one another, that is a tenth of all that can be written; and what such a burst
/// leaves is followed in a few seconds once it is over. A load that does not end is followed while it lasts: a burst is waited for once,
/// and the next one only after all that there is was followed and the last one has been over for a while.
#[derive(Default)]
pub(super) struct Rest {
    looked: Option<(Instant, Written)>,
    /// It was a burst, when last looked at.
    is_burst: bool,
    /// When there last was one.
    burst_at: Option<Instant>,
    /// Until when it may rest; `None` while nothing tells it from whoever has just begun, and has everything before them.
    until: Option<Instant>,
    /// It has followed all that there was.
    has_followed: bool,
}

impl Rest {
    /// So long a burst is waited for.
    const LASTS: Duration = Duration::from_secs(10);
    /// What comes again in less is the same burst.
    const CALM: Duration = Duration::from_secs(5);
    /// In less, it is not seen how writes come.
    const LOOKS: Duration = Duration::from_millis(100);
    /// Fewer a second are no burst, however close together.
    const RATE_MIN: f64 = 1_000.0;
    /// As many to a transaction have waited for each other.
    const CLOSE_TOGETHER: u64 = 4;

    /// Whether it is time to rest, by what was written until now.
    pub(super) fn is_due(&mut self, written: Written, now: Instant) -> bool {
        self.look(written, now);
        if !self.is_burst {
            return false;
        }
        // Whoever has followed everything begins anew.
        if std::mem::take(&mut self.has_followed) {
            self.until = Some(now + Self::LASTS);
        }
        self.until.is_some_and(|until| now < until)
    }

    /// There is nothing more to follow, for now.
    pub(super) fn has_followed(&mut self, now: Instant) {
        let is_calm = self.burst_at.is_none_or(|at| now.saturating_duration_since(at) >= Self::CALM);
        self.has_followed |= is_calm;
    }

    fn look(&mut self, written: Written, now: Instant) {
        let (looked_at, before) = *self.looked.get_or_insert((now, written));
        let passed = now.saturating_duration_since(looked_at);
        if passed < Self::LOOKS {
            return;
        }
        let writes = written.writes.saturating_sub(before.writes);
        let transactions = written.transactions.saturating_sub(before.transactions);
        #[expect(clippy::cast_precision_loss, reason = "a count of what was written since the last look")]
        let is_quick = writes as f64 >= Self::RATE_MIN * passed.as_secs_f64();
        self.is_burst = is_quick && writes >= Self::CLOSE_TOGETHER * transactions;
        if self.is_burst {
            self.burst_at = Some(now);
        }
        self.looked = Some((now, written));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody who follows, and a clock.
    struct Follower {
        rest: Rest,
        now: Instant,
        written: Written,
    }

    impl Follower {
        fn new() -> Self {
            let mut follower = Self { rest: Rest::default(), now: Instant::now(), written: Written::default() };
            assert!(!follower.rests(0, 0, 0));
            follower
        }

        /// One who has followed everything before anything comes.
        fn up_to_date() -> Self {
            let mut follower = Self::new();
            follower.rest.has_followed(follower.now);
            follower
        }

        /// Whether they rest after so many milliseconds, in which so much was written.
        fn rests(&mut self, millis: u64, transactions: u64, writes: u64) -> bool {
            self.now += Duration::from_millis(millis);
            self.written.transactions += transactions;
            self.written.writes += writes;
            self.rest.is_due(self.written, self.now)
        }

        /// A second of a burst.
        fn rests_in_burst(&mut self) -> bool {
            self.rests(1_000, 1_000, 10_000)
        }

        /// A second without one, after which everything was followed.
        fn follows(&mut self) {
            assert!(!self.rests(1_000, 1, 1));
            self.rest.has_followed(self.now);
        }
    }

    #[test]
    fn it_is_time_while_writes_wait_for_each_other() {
        for (millis, transactions, writes, rests) in [
            (1_000, 250, 1_000, true),
            (1_000, 251, 1_000, false),
            (1_000, 10, 999, false),
            (200, 50, 200, true),
            (200, 20, 199, false),
            // A form that is sent twenty times, and many that come one after the other.
            (500, 1, 20, false),
            (1_000, 4_000, 4_000, false),
            (1_000, 0, 0, false),
        ] {
            assert_eq!(Follower::up_to_date().rests(millis, transactions, writes), rests, "{writes} in {millis} ms");
        }
    }

    #[test]
    fn whoever_has_everything_before_them_does_not_rest() {
        let mut new = Follower::new();
        assert!((0..30).all(|_| !new.rests_in_burst()));
        // It is up to date in the middle of the burst: that is not yet over.
        new.rest.has_followed(new.now);
        assert!(!new.rests_in_burst());
    }

    #[test]
    fn a_load_that_does_not_end_is_waited_for_once() {
        let mut follower = Follower::up_to_date();
        let rests: Vec<_> = (0..60)
            .map(|second| {
                // Now and then nothing comes for a moment, or looks follow each other quickly.
                if second % 7 == 3 {
                    assert!(!follower.rests(150, 0, 0));
                    follower.rest.has_followed(follower.now);
                }
                follower.rests_in_burst()
            })
            .collect();
        let (first, rest) = rests.split_at(9);
        assert!(first.iter().all(|rests| *rests), "{rests:?}");
        assert!(!rest[1..].iter().any(|rests| *rests), "{rests:?}");
        for _ in 0..Rest::CALM.as_secs() {
            follower.follows();
        }
        assert!(follower.rests_in_burst(), "the next burst is waited for again");
    }

    #[test]
    fn a_burst_is_not_waited_for_before_the_last_one_was_followed() {
        let mut follower = Follower::up_to_date();
        while follower.rests_in_burst() {}
        assert!((0..20).all(|_| !follower.rests(1_000, 1, 1)));
        assert!(!follower.rests_in_burst());
    }

    #[test]
    fn whoever_looks_again_at_once_sees_the_same() {
        let mut follower = Follower::up_to_date();
        assert!(follower.rests_in_burst());
        assert!(follower.rests(1, 0, 0));
        assert!(!follower.rests(200, 0, 0));
    }
}
