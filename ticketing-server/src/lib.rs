//! A help desk to embed or to run: the engine around `ticketing-core`, its stores, its HTTP service.
//!
//! - [`Engine`]: the one way to do anything. It has no HTTP in it: `default-features = false, features = ["sqlite"]`.
//! - [`store`]: where tickets are kept. [`store::sqlite`] (feature `sqlite`) is the embedded default.
//! - [`archive`]: all of a store in a file of lines, and into another store.
//! - [`courier`]: what happens, delivered to those outside. [`webhooks`] (feature `webhooks`) does it over HTTP.
//! - [`zones`]: time zones by their IANA names, for the core's calendars.
//! - [`mail`] (feature `mail`): mails to requesters and agents about what happens to their tickets.
//! - [`http`] (feature `http`): the API as one [`tower::Service`](https://docs.rs/tower), and [`serve`](http::serve) for it.
//! - The binary (feature `cli`) reads its settings and puts these together.

#![forbid(unsafe_code)]

pub mod archive;
pub mod clock;
/// How what happens is delivered to those outside; [`Engine::deliver`] does it.
pub mod courier {
    pub use crate::engine::courier::{Carried, Carrier, CourierFigures, CourierOptions, Recipient};
}
mod engine;
pub mod store;
pub mod zones;

#[cfg(feature = "http")]
mod api;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(any(feature = "cli", feature = "fuzzing"))]
mod holidays;
#[cfg(feature = "http")]
pub mod http;
#[cfg(any(feature = "http", feature = "webhooks"))]
mod integration;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "http")]
mod pages;
#[cfg(feature = "http")]
mod reports;
#[cfg(feature = "http")]
mod routes;
#[cfg(any(feature = "cli", feature = "fuzzing"))]
mod rules_file;
#[cfg(any(feature = "cli", feature = "fuzzing"))]
mod sheet;
#[cfg(feature = "webhooks")]
pub mod webhooks;

pub use self::engine::{
    AccountError, AuthError, Authority, Conditions, CreateRequest, CreatedTicket, DUE_HOURS, Deadlines, DeskClock,
    DeskSla, DeskTicket, Engine, EngineError, EngineOptions, EraseError, EraseOptions, ErasedSubject, Executed,
    ExportedTicket, Follower, HandOver, IdempotencyKey, IntegrationHistory, IntegrationTicket, InvalidIdempotencyKey,
    ListRequest, Listing, LoggedIn, NewSecret, NumberedPage, PageRequest, PasswordCost, PublicTicket, Redelivery,
    RematchPreview, Replayed, ReportAnswer, ReportAsk, ReportFigures, RulesChange, Subject, SubjectExport,
    SubjectTicket, SubscriptionError, TakeOver, TakenOver, TicketReferences,
};
