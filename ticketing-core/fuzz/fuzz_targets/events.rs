//! A history, as an archive has it: an event to a line. What can be read of it is written as it was read, and is replayed to a ticket or
//! refused; a ticket that came of it can be asked all that tickets are asked.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ticketing_core::{Event, Rulebook, Rules, Ticket, TicketId};

static BOOK: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::from(Rules::default()));

fuzz_target!(|text: &str| {
    let mut events = Vec::new();
    for line in text.lines().take(20) {
        let Ok(event) = serde_json::from_str::<Event>(line) else { return };
        let written = serde_json::to_string(&event).expect("what was read can be written");
        let again: Event = serde_json::from_str(&written).expect("what was written can be read");
        assert_eq!(again, event);
        events.push(event);
    }
    let Ok(ticket) = Ticket::replay(TicketId::default(), &events) else { return };
    assert_eq!(ticket.version, u32::try_from(events.len()).expect("they are few"));
    assert_eq!(Ticket::replay(TicketId::default(), &events), Ok(ticket.clone()));
    let now = ticket.recorded_at;
    let _ = (ticket.next_moment(&BOOK), ticket.sla.read(&BOOK, now));
    if let Ok(state) = serde_json::to_string(&ticket.sla) {
        assert_eq!(serde_json::from_str(&state).ok(), Some(ticket.sla));
    }
});
