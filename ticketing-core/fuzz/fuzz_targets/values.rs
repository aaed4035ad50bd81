//! Values that are parsed once and then trusted: what is printed of one reads back as itself.

#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use ticketing_core::{
    LabelFormat, Locale, Timestamp,
    sla::{Allowance, Budget, Shift},
    subscription::WebhookUrl,
    token::TokenSecret,
};

fuzz_target!(|text: &str| {
    reads_back::<Budget>(text);
    reads_back::<Allowance>(text);
    if let Some(instant) = Timestamp::parse(text) {
        let printed = instant.to_string();
        assert_eq!(Timestamp::parse(&printed), Some(instant), "{printed}");
        assert_eq!(Timestamp::from_unix_millis(instant.unix_millis()), Ok(instant));
        let seconds = Timestamp::parse(&instant.seconds().to_string()).expect("it is an instant");
        assert!(seconds <= instant && instant.unix_millis() - seconds.unix_millis() < 1_000);
    }
    let (one, other) = text.split_once(' ').unwrap_or((text, text));
    if let Ok(shift) = Shift::parse(one, other) {
        let (from, until) = shift.times();
        assert_eq!(Shift::parse(&from, &until), Ok(shift));
        assert!((1..=24 * 60).contains(&shift.minutes()));
    }
    match WebhookUrl::parse(text) {
        Ok(url) => {
            assert_eq!(WebhookUrl::parse(url.as_str()).as_ref(), Ok(&url));
            assert!(url.as_str().is_ascii() && !url.as_str().contains(char::is_whitespace));
            // Whoever connects reads it with another parser.
            assert!(
                !url.as_str().contains('@') || url.as_str().split('/').nth(2).is_some_and(|host| !host.contains('@'))
            );
        }
        Err(error) => assert!(!error.reason().is_empty()),
    }
    if let Some(secret) = TokenSecret::parse(text) {
        assert_eq!(secret.reveal(), text);
        assert!(text.starts_with(secret.prefix()) && !format!("{secret:?}").contains(secret.prefix()));
    }
    assert!(Locale::ALL.contains(&Locale::negotiate(text)));
    if let Ok(format) = LabelFormat::new(text, 5) {
        let label = format.label(2026, 142).expect("its year and number are some");
        assert_eq!(format.parse(&label.to_string()), Ok(label));
        assert_eq!(format.parse(&label.to_string().to_lowercase()), Ok(label));
    }
});

fn reads_back<V: FromStr + Display + PartialEq + std::fmt::Debug>(text: &str)
where
    V::Err: Display,
{
    match text.parse::<V>() {
        Ok(value) => assert!(value.to_string().parse::<V>().is_ok_and(|again| again == value), "{value}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
