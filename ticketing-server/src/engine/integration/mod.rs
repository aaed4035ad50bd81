//! The same tickets as other systems read and change them.

mod hand_over;
mod page;
mod references;
mod ticket;

pub(super) use self::references::{References, rewritten, written};
pub use self::{
    hand_over::HandOver,
    page::{NumberedPage, PageRequest},
    ticket::{IntegrationHistory, IntegrationTicket, TicketReferences},
};
