//! A line of an archive that can be read is written as a line, and reads back as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ticketing_server::archive::Line;

fuzz_target!(|text: &[u8]| {
    let line = match Line::parse(text) {
        Ok(line) => line,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let written = line.write().expect("what was read can be written");
    let (end, rest) = written.split_last().expect("it has an end");
    assert!(*end == b'\n' && !rest.contains(&b'\n'));
    assert_eq!(Line::parse(rest).expect("what was written can be read"), line);
});
