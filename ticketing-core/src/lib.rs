//! The rules of a help desk as pure functions: what a ticket may hold, what it is called, when it is due, and who may do what
//! to it. The same code runs in a server, in an application that links it, and as WebAssembly in a browser.
//!
//! ```
//! use ticketing_core::{Actor, Draft, NewTicket, Rulebook, Rules, Ticket, TicketId, Timestamp, ticket::Origin};
//!
//! let rules = Rules::default();
//! let form = r#"{ "nombre": "Ana García", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
//!                  "descripcion": "No puedo iniciar sesión en Outlook.", "prioridad": "ALTA" }"#;
//! let new: NewTicket = Draft::from_json(form.as_bytes())?.validate(&rules)?;
//!
//! let now = Timestamp::parse("2026-03-24T10:15:00Z").unwrap();
//! let opened = Ticket::open(&new, Origin::Other, &Actor::Requester, now, &rules)?;
//! let ticket = Ticket::replay(TicketId::default(), [&opened.event])?;
//! let due = ticket.sla.read(&Rulebook::from(rules), now).and_then(|reading| reading.due).unwrap();
//! assert_eq!(due.seconds().to_string(), "2026-03-24T14:15:00Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In reading order:
//!
//! - [`limits`]: every limit, with what set it; [`field`](mod@field): the table of a new ticket's fields.
//! - [`Draft`] → [`NewTicket`] or [`Violations`]: untrusted input becomes a ticket that may be stored.
//! - [`EmailAddress`], [`TicketLabel`], [`Timestamp`]: values that are parsed once and then trusted.
//! - [`Rules`]: what a deployment may choose, as data.
//! - [`sla`]: what a ticket is promised, and when its time is up.
//! - [`ticket::Order`]: what the desk asks for, read from what it sends.
//! - [`ticket`]: a ticket as a fold over its events, and the lifecycle that decides which events there may be.
//! - [`report`]: what tickets come to in figures.
//! - [`integration`]: the same tickets as other systems name things.
//! - [`token`]: what other systems may do, and until when.
//! - [`subscription`]: who else is told what happens, and how long they are believed in when they do not listen.
//! - [`user`]: who works at the desk, what a change to them entails, and how long to wait after wrong passwords.
//!
//! Nothing here reads a clock, draws a random number, does I/O or panics: `now` and ids are arguments.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable
    )
)]

mod draft;
mod email;
pub mod field;
mod form;
pub mod integration;
mod label;
pub mod limits;
mod locale;
mod members;
pub mod report;
mod rules;
pub mod sla;
pub mod subscription;
mod text;
pub mod ticket;
mod time;
pub mod token;
mod upper;
pub mod user;
pub mod violation;
mod zone;

/// Signed lengths of time, as the SLA's clocks give them.
pub use chrono::TimeDelta;
/// What ids are made of.
pub use uuid::Uuid;

pub use self::{
    draft::{Arrival, Checked, Comment, Draft, LookUp, NewTicket, PROMISED, check_field, preview},
    email::{EmailAddress, EmailError},
    field::Field,
    form::FormError,
    label::{LabelError, LabelFormat, TicketLabel},
    locale::Locale,
    members::{MalformedJson, Value},
    rules::{
        AreaRules, ByName, CalendarException, CalendarRules, FieldRule, Named, PriorityRules, RefusedValue, Rulebook,
        Rules, RulesDocument, RulesError, RulesHash, RulesProblem, SlaRules, Week,
    },
    text::TextRule,
    ticket::{Actor, Command, Event, Refusal, Status, Ticket, TicketId},
    time::{Seconds, Timestamp, TimestampOutOfRange},
    token::{Token, TokenScope},
    user::{User, UserRole},
    violation::{Problem, Violation, Violations},
    zone::{Transition, Zone},
};
