//! A sheet of another help desk, behind its mapping and a NUL: refused with a reason, or read, each row with a reason or as a ticket that the
//! core takes, which is the same one the next time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ticketing_core::Timestamp;
use ticketing_server::fuzzing::sheet;

fuzz_target!(|octets: &[u8]| {
    let (mapping, octets) = octets.iter().position(|octet| *octet == 0).map_or((&[][..], octets), |end| {
        let (mapping, rest) = octets.split_at(end);
        (mapping, &rest[1..])
    });
    let Ok(mapping) = std::str::from_utf8(mapping) else { return };
    let now = Timestamp::parse("2026-11-30T00:00:00Z").expect("an instant");
    let rows = match sheet(mapping, octets, now) {
        Ok(rows) => rows,
        Err(message) => {
            assert!(!message.is_empty());
            return;
        }
    };
    assert!(rows.is_sorted_by(|(one, _), (next, _)| one < next), "each row begins in a line of its own");
    let again = sheet(mapping, octets, now).expect("it was read before");
    for ((line, row), (_, again)) in rows.iter().zip(&again) {
        match (row, again) {
            (Ok((name, ticket)), Ok((again, same))) => {
                assert!(!name.is_empty(), "line {line}");
                assert_eq!((name, ticket.id, ticket.label), (again, same.id, same.label), "line {line}");
                let arrival = ticket.ticket.arrival();
                let dates = [arrival.created_at, arrival.reopened_at, arrival.resolved_at, arrival.closed_at];
                assert!(
                    arrival.created_at.is_some() && dates.iter().flatten().all(|date| *date <= now),
                    "line {line}: {dates:?}"
                );
            }
            (Err(refused), Err(again)) => {
                assert_eq!(refused, again, "line {line}");
                assert!(!refused.is_empty(), "line {line} is refused without a reason");
                for (field, code, message) in refused {
                    assert!(
                        !field.is_empty() && !code.is_empty() && !message.contains('\n'),
                        "{field}: {code}: {message}"
                    );
                }
            }
            _ => panic!("line {line} is a ticket, and is none"),
        }
    }
});
