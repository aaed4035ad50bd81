//! The handlers, a file per resource: parse, call the engine, answer.

pub(crate) mod auth;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod openapi;
pub(crate) mod reports;
pub(crate) mod rules;
pub(crate) mod tickets;
pub(crate) mod v2;
