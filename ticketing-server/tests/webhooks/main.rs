//! Webhooks over real sockets: to receivers of every kind, and from the real program, whoever is killed meanwhile.

#![cfg(feature = "cli")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

mod carrier;
mod delivery;
mod failure;
mod program;
mod receiver;
mod sender;
