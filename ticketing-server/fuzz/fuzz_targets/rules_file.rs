//! A rules file is refused with a place and a reason, or is rules; as JSON it is what the core reads. The first octet says which format: `{`
//! is JSON, whatever else TOML.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ticketing_core::Rules;
use ticketing_server::fuzzing::rules_of_file;

fuzz_target!(|octets: &[u8]| {
    let is_json = octets.first() == Some(&b'{');
    let read = rules_of_file(octets, is_json);
    match &read {
        Ok(rules) => {
            assert_eq!(Rules::from_json(&rules.to_json()).map(|again| again.hash()), Ok(rules.hash()));
        }
        Err(message) => {
            let place = message.strip_prefix("rules:").expect("it begins with the file's name");
            let line = place.split(':').next().and_then(|line| line.parse::<usize>().ok());
            assert!(line.is_some_and(|line| line >= 1), "{message}");
        }
    }
    // What the core takes, the file's reader takes; but for members that stand there twice, which are a slip of the pen in a file.
    if is_json
        && let Ok(text) = std::str::from_utf8(octets)
        && let Ok(rules) = Rules::from_json(text)
    {
        match read {
            Ok(read) => assert_eq!(read.hash(), rules.hash()),
            Err(message) => assert!(message.contains("twice"), "{message}"),
        }
    }
});
