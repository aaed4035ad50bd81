//! The integration API over HTTP: every row of its contract, and that it is a second view of the desk's own tickets.
//!
//! Source: the integration contract.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../common/mod.rs"]
mod common;

mod access;
mod actions;
mod api;
mod attributes;
mod concurrency;
mod creation;
mod dates;
mod dialects;
mod filters;
mod hostile;
mod idempotency;
mod lifecycle;
mod pages;
mod permanency;
mod privacy;
mod references;
mod tags;
mod tickets;
