//! Reports as people and programs get them: over HTTP in both dialects, and on the command line; figures against a desk that was counted
//! by hand.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../common/mod.rs"]
mod common;

mod access;
mod command_line;
mod counted;
mod csv;
mod desk;
mod integration;
mod refusals;
