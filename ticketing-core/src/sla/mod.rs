//! Service levels: which policy a ticket falls under, how much time it grants, and when that time is up.
//!
//! - [`Policy`]: who is promised what. The first that matches a ticket wins; that none does is a valid answer.
//! - [`Agreement`]: what one ticket was promised, kept in its events.
//! - [`Sla`]: a ticket's clock as plain instants: when it started, when it stood still. [`Sla::read`] tells what that comes to.

mod allowance;
mod budget;
mod calendar;
mod clock;
mod policy;

pub use self::{
    allowance::{Allowance, DueAt},
    budget::{Budget, BudgetError},
    calendar::{Allowed, Calendar, Hours, Shift, ShiftError},
    clock::{ClockState, Reading, Sla, Stop},
    policy::{Agreement, Policy, Predicate, Target},
};
