//! `/api/tickets`: what anybody may do without logging in, and what the desk does.

mod clock;
mod command;
mod comment;
mod create;
mod deadlines;
pub(crate) mod history;
mod list;
mod look_up;
mod show;
mod sla;
mod totals;

pub(crate) use self::{
    command::{archive, assign, cancel, pause, reclassify, reopen, transfer, unarchive, update},
    comment::comment,
    create::{create, create_from},
    deadlines::deadlines,
    list::{dashboard, metrics, queue},
    look_up::look_up,
    show::show,
    sla::sla,
    totals::totals,
};
#[cfg(feature = "cli")]
pub(crate) use self::{show::Detail, sla::Answer as SlaAnswer};
