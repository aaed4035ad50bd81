//! A label reads back from its canonical form as itself, whatever it was typed like.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ticketing_core::{LabelFormat, limits};

fuzz_target!(|text: &str| {
    let format = LabelFormat::default();
    let Ok(label) = format.parse(text) else { return };
    let canonical = label.to_string();
    let again = format.parse(&canonical).expect("a canonical label is a label");
    assert_eq!(again, label);
    assert_eq!(again.to_string(), canonical);
    assert!((limits::LABEL_YEAR_MIN..=limits::LABEL_YEAR_MAX).contains(&label.year()));
    assert!((1..=limits::LABEL_NUMBER_MAX).contains(&label.number()));
    assert_eq!(canonical, format!("{}-{}-{:05}", label.prefix(), label.year(), label.number()));
});
