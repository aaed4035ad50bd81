//! A file of holidays is refused with a reason, or taken: dates in order, each once, in the years that were asked for, with names in one line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ticketing_server::fuzzing::holidays;

fuzz_target!(|octets: &[u8]| {
    match holidays(octets) {
        Ok((days, _)) => {
            assert!(days.is_sorted_by(|(one, _), (next, _)| one < next), "{days:?}");
            for (date, name) in &days {
                assert!(("2020-01-01"..="2040-12-31").contains(&date.as_str()), "{date}");
                assert!(
                    name.chars().count() <= 100 && name.trim() == name && !name.contains(char::is_control),
                    "{name:?}"
                );
            }
            assert_eq!(holidays(octets).map(|(again, _)| again), Ok(days));
        }
        Err(message) => assert!(!message.is_empty() && !message.contains('\n'), "{message}"),
    }
});
