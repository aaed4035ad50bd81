//! A document of rules is refused with a reason, or is rules: whose canonical JSON is the same rules again, under the same hash, and by
//! which a ticket is promised something without harm.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ticketing_core::{
    Actor, Draft, Rulebook, Rules, RulesDocument, Ticket, TicketId, Timestamp, limits, ticket::Origin,
};

const FORM: &[u8] = br#"{ "nombre": "Ana", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
    "descripcion": "No puedo iniciar la sesi\u00f3n.", "prioridad": "ALTA" }"#;

fuzz_target!(|text: &str| {
    let read = Rules::from_json(text);
    let document = RulesDocument::from_json(text);
    let rules = match read {
        Ok(rules) => rules,
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && !message.contains('\n'), "{message}");
            // What decides may be asked also by rules that would be refused.
            if let Ok(document) = document {
                decide(&Rules::from_checked(document));
            }
            return;
        }
    };
    assert!(document.is_ok());
    let json = rules.to_json();
    let again = Rules::from_json(&json).expect("canonical JSON is rules");
    assert_eq!(again.to_json(), json);
    assert_eq!(again.hash(), rules.hash());
    decide(&rules);
});

fn decide(rules: &Rules) {
    let draft = Draft::from_json(FORM).expect("it is JSON");
    let Ok(new) = draft.validate(rules) else { return };
    let now = Timestamp::parse("2026-03-24T10:15:00Z").expect("it is an instant");
    let Ok(opened) = Ticket::open(&new, Origin::Other, &Actor::Requester, now, rules) else { return };
    let ticket = Ticket::replay(TicketId::default(), [&opened.event]).expect("what was decided can be replayed");
    let book = Rulebook::from(rules.clone());
    let _ = ticket.next_moment(&book);
    if let Some(due) = ticket.sla.read(&book, now).and_then(|reading| reading.due) {
        assert!(due >= now, "{due:?} is before it began");
    }
    assert!((limits::LABEL_YEAR_MIN..=limits::LABEL_YEAR_MAX).contains(&rules.label_year(now)));
}
