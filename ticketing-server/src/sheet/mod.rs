//! A sheet of tickets that another help desk has had: comma-separated values, with a word on which column is what.
//!
//! - [`Mapping`] says what the columns are, what their words mean, and how dates are written.
//! - [`Sheet`] is the text of a file, as spreadsheets write it, in rows.
//! - [`Mapping::ticket`] makes of a row a ticket, through the core's door, or says all that is wrong with it.

mod mapping;
mod read;

pub(crate) use self::{
    mapping::{Columns, Mapping, Refused, Row},
    read::{Sheet, SheetOptions},
};
