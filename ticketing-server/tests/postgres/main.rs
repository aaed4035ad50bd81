//! What only PostgreSQL has to show: several real servers on one database, connections that are cut, a server that is replaced by
//! its replica, transactions that get in each other's way. Without PostgreSQL these tests say that they did not run.
//!
//! `TICKETING_SCALE` multiplies how long there is load.

#![cfg(all(feature = "cli", feature = "postgres"))]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod common;
#[path = "../webhooks/receiver.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod receiver;

mod cluster;
mod command_line;
mod contention;
mod load;
mod replica;
mod servers;
mod tls;

use self::common::{
    database::{Database, ServerDatabase},
    program::Desk,
};

/// A desk on a database of its own, if there is PostgreSQL.
fn desk() -> Option<Desk> {
    let database = ServerDatabase::or_say_so()?;
    Some(Desk::on(Database::Server(database)))
}
