use std::time::{Duration, Instant};

/// Whether somebody waits for what is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Urgency {
    /// Somebody does.
    Awaited,
    /// Nobody does: it may be left to what others leave of the processors.
    Aside,
}

/// Why whoever follows the feed, for whom nobody waits, does not give way to others all the same.
#[derive(Debug, Default)]
pub(crate) struct Hurry {
    missing: u64,
    starved_at: Option<Instant>,
}

impl Hurry {
    /// From how many events on they would fall behind for ever on a machine that others never leave alone. A burst may leave as many.
    const FAR_BEHIND: u64 = 250_000;
    /// What takes as long has no processor: where it has one, it takes a fifth of that.
    pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
    /// For how long it is then done like any other work.
    const LASTS: Duration = Duration::from_secs(10);

    /// There are so many events before them.
    pub(crate) fn is_behind(&mut self, missing: u64) {
        self.missing = missing;
    }

    /// What they did had no processor.
    pub(crate) fn has_starved(&mut self, now: Instant) {
        self.starved_at = Some(now);
    }

    /// How they are to go on.
    pub(crate) fn urgency(&self, now: Instant) -> Urgency {
        let has_starved = self.starved_at.is_some_and(|at| now.saturating_duration_since(at) < Self::LASTS);
        if has_starved || self.missing >= Self::FAR_BEHIND { Urgency::Awaited } else { Urgency::Aside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_far_behind_or_has_starved_does_not_give_way() {
        let now = Instant::now();
        let mut hurry = Hurry::default();
        assert_eq!(hurry.urgency(now), Urgency::Aside);
        hurry.is_behind(Hurry::FAR_BEHIND);
        assert_eq!(hurry.urgency(now), Urgency::Awaited);
        hurry.is_behind(Hurry::FAR_BEHIND - 1);
        assert_eq!(hurry.urgency(now), Urgency::Aside);
        hurry.has_starved(now);
        assert_eq!(hurry.urgency(now), Urgency::Awaited);
        assert_eq!(hurry.urgency(now + Hurry::LASTS), Urgency::Aside);
    }
}
