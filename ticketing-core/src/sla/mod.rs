//! Service levels: which policy a ticket falls under, how much time it grants, and when that time is up.
//!
//! - [`Policy`]: who is promised what, by [`Target`]s of three [kinds](TargetKind). The first that matches a ticket wins; that
//!   none does is a valid answer.
//! - [`Agreement`]: what one ticket was promised, kept in its events.
//! - [`Sla`]: a ticket's clocks as plain instants: when they started, when the ticket changed its status. [`Sla::read`] tells what
//!   that comes to, [`Sla::explain`] why.
//! - [`Calendar`]: when time counts as working time.

mod account;
mod allowance;
mod budget;
mod calendar;
mod clock;
mod explanation;
mod policy;
mod reading;
mod target;

pub(crate) use self::policy::Promised;
pub use self::{
    account::{Account, Share},
    allowance::{Allowance, DueAt},
    budget::{Budget, BudgetError},
    calendar::{Allowed, Calendar, Day, Hours, Shift, ShiftError},
    clock::{Clock, ClockChanges, DueByHand, Entered, Sla, Taken, Threshold},
    explanation::{Interval, Reason},
    policy::{
        Agreement, Audience, CalendarReference, EscalationStep, Foreseen, Policy, Predicate, Preview, Promise, Rematch,
        Target,
    },
    reading::{ClockState, Reading, Stop},
    target::{PerTarget, TargetKind},
};

/// What is left out of JSON.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
