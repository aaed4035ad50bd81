//! The desk's endpoints over HTTP: who may, what is done, what is told.
//!
//! Source: the Mesa de Ayuda contract, "Staff".

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../common/mod.rs"]
mod common;

mod access;
mod commands;
mod concurrency;
mod console;
mod detail;
mod events;
mod history;
mod lifecycle;
mod lists;
mod requester;
mod sla;
