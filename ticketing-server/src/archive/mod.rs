//! A help desk in a file of lines: every ticket with its whole history, and all that it takes to go on elsewhere.
//!
//! - [`Export`] reads a store line by line, [`Import`] takes lines into a store; an archive is the one written down, and a move to
//!   another store is the one fed to the other.
//! - What is here already stays: an archive may be taken in again, also one of a store that has gone on since, or after a
//!   run that broke off. A ticket that has gone on in the archive goes on here.
//! - Each ticket that was stored is read back and compared. [`Digest`] tells whether two stores hold the same tickets, [`verify`]
//!   whether one is what it should be.
//!
//! # Format
//! JSON, a line for each thing, as objects with one member, whose name says what it is ([`Line`]): `archive` first, then `rules`,
//! `user`, `key`, `token`, `reference`, `forgotten`, `ticket`s in the order of their labels, `repeatable`, `subscription` and `recipient`, and
//! `end` last, with counts and a hash. Instants are milliseconds since the epoch, octets are base64. Members that are not known are
//! passed over, so that a later format may have more of them.
//!
//! An archive has password hashes, signing keys and webhooks' secrets in it, unless it is [of tickets alone](Extent::Tickets): it
//! is to be kept like the store itself.

mod digest;
mod export;
mod figures;
mod import;
mod line;
mod records;
mod verify;

pub use self::{
    digest::Digest,
    export::{Export, ExportError, Extent, Unexported},
    import::{Import, ImportError, ImportReport, LeftOut},
    line::{Line, LineError},
    verify::{Deviation, Findings, verify},
};

/// The format that is written, and read.
pub const FORMAT: u32 = 1;

/// Tickets that are read or stored at once.
const PAGE: u32 = 200;
