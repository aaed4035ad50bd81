//! How what nobody waits for leaves room to what somebody does.

use std::time::{Duration, Instant};

/// The pace of work that follows the feed: half of the time at most, some milliseconds at a stretch.
///
/// A desk may have twenty thousand events a second. To go through a second's of them in one go takes a processor for a tenth of a second
/// and more, and whoever writes meanwhile stands behind it, again and again. In small pieces, the same work fits in between. Whoever
/// is far behind all the same does not rest, so that nobody falls behind for ever.
pub(crate) struct Pace {
    works_since: Instant,
    rests: bool,
}

impl Pace {
    /// From how many events on somebody is far behind.
    const FAR_BEHIND: u64 = 50_000;
    /// To rest more often costs more than it gives: what a processor has at hand of the work is gone after each.
    const WORKS_MIN: Duration = Duration::from_millis(4);
    /// A piece that took long has waited itself.
    const RESTS_MAX: Duration = Duration::from_millis(20);

    /// That of whoever has so many events before them.
    pub(crate) fn with(missing: u64) -> Self {
        Self { works_since: Instant::now(), rests: missing < Self::FAR_BEHIND }
    }

    /// That of work for somebody who waits.
    pub(crate) fn without_rests() -> Self {
        Self { works_since: Instant::now(), rests: false }
    }

    /// How long to rest now, if at all: as long as it has worked.
    pub(crate) fn rest(&self) -> Option<Duration> {
        let worked = self.works_since.elapsed();
        (self.rests && worked >= Self::WORKS_MIN).then(|| worked.min(Self::RESTS_MAX))
    }

    /// Goes on.
    pub(crate) fn rested(&mut self) {
        self.works_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    #[test]
    fn whoever_follows_rests_as_long_as_they_have_worked_and_only_after_some_work() {
        let mut pace = Pace::with(10);
        sleep(Duration::from_millis(5));
        let rest = pace.rest().unwrap();
        assert!(rest >= Duration::from_millis(5) && rest <= Pace::RESTS_MAX, "{rest:?}");
        // On a machine that is busy with others, even this may take some milliseconds.
        let is_fresh = (0..100).any(|_| {
            pace.rested();
            pace.rest().is_none()
        });
        assert!(is_fresh, "it rests after no work");
    }

    #[test]
    fn nobody_rests_who_is_far_behind_or_works_for_somebody_who_waits() {
        for pace in [Pace::with(Pace::FAR_BEHIND), Pace::without_rests()] {
            sleep(Duration::from_millis(5));
            assert_eq!(pace.rest(), None);
        }
    }
}
