//! An accepted address is the trimmed text itself, is within the limits, and reads back as the same address.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ticketing_core::{EmailAddress, limits};

fuzz_target!(|text: &str| {
    match EmailAddress::parse(text) {
        Ok(address) => {
            assert_eq!(address.as_str(), text.trim());
            assert_eq!(EmailAddress::parse(&address.to_string()), Ok(address.clone()));
            assert!(address.as_str().len() <= limits::EMAIL_OCTETS_MAX);
            // A mail header must not be able to grow out of an address.
            assert!(!address.as_str().contains(|c: char| c.is_control() || c.is_whitespace()));
            assert_eq!(address.as_str().matches('@').count(), 1);
        }
        Err(reason) => assert!(!reason.reason().is_empty()),
    }
});
