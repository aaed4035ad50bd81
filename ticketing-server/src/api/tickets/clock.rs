use ticketing_core::{Seconds, TimeDelta, Timestamp, sla::ClockState};

use super::create::Hours;
use crate::DeskClock;

/// A ticket's SLA as the desk reads it; nothing where nothing was promised.
#[derive(Default)]
pub(super) struct Clock {
    pub(super) hours: Option<Hours>,
    pub(super) due: Option<Seconds>,
    /// Negative once overdue; it stands still while the ticket is paused or finished.
    pub(super) hours_left: Option<f64>,
    pub(super) is_overdue: bool,
}

impl From<Option<DeskClock>> for Clock {
    fn from(clock: Option<DeskClock>) -> Self {
        clock.map_or_else(Self::default, |DeskClock { granted, reading }| Self {
            hours: granted.map(Hours::from),
            due: reading.due.map(Timestamp::seconds),
            hours_left: Some(hundredths_of_hours(reading.remaining)),
            is_overdue: reading.state == ClockState::Breached,
        })
    }
}

fn hundredths_of_hours(time: TimeDelta) -> f64 {
    const MILLIS: i64 = 36_000;
    #[expect(clippy::cast_precision_loss, reason = "thousands of years of hundredths are exact")]
    let hundredths = time.num_milliseconds().div_euclid(MILLIS) as f64;
    hundredths / 100.0
}
