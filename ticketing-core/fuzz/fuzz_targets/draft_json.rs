//! A draft in JSON is read as an independent reader reads it, judged the same field by field and as a whole, and a ticket
//! that came of it validates to itself.

#![no_main]

use std::borrow::Cow;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ticketing_core::field::FIELDS;
use ticketing_core::{Draft, Locale, Rules, Value, Violations};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::default);

fuzz_target!(|json: &[u8]| {
    let by_other = serde_json::from_slice::<serde_json::Value>(json);
    let draft = match Draft::from_json(json) {
        Ok(draft) => draft,
        Err(error) => {
            assert!(by_other.is_err(), "refused, but it is JSON");
            assert!(error.line > 0);
            assert!(Locale::ALL.into_iter().all(|locale| !error.message(locale).is_empty()));
            return;
        }
    };
    if let Ok(other) = by_other {
        reads_alike(&draft, &other);
    }
    match draft.validate(&RULES) {
        Ok(ticket) => {
            let again = Draft::from(&ticket);
            assert_eq!(again.validate(&RULES), Ok(ticket.clone()));
            assert!(FIELDS.iter().all(|spec| draft.validate_field(spec.field, &RULES).is_ok()));
        }
        Err(violations) => {
            are_presentable(&violations);
            agree_with_each_field(&draft, &violations);
        }
    }
});

/// Each field holds what serde_json finds there. It keeps the last of repeated members, and refuses half a surrogate pair.
fn reads_alike(draft: &Draft<'_>, other: &serde_json::Value) {
    let Some(members) = other.as_object() else { return };
    for spec in FIELDS {
        let expected = match members.get(spec.name) {
            None | Some(serde_json::Value::Null) => Value::Absent,
            Some(serde_json::Value::Bool(flag)) => Value::Flag(*flag),
            Some(serde_json::Value::String(text)) => Value::Text(Cow::Borrowed(text)),
            Some(_) => Value::Other,
        };
        let found = draft.get(spec.field);
        assert!(*found == expected || *found == Value::Repeated, "{}: {found:?}, not {expected:?}", spec.name);
    }
}

/// Every violation has a code and one line of text in every language; they come in field order, one per field.
fn are_presentable(violations: &Violations) {
    let order = |name: &str| FIELDS.iter().position(|spec| spec.name == name);
    let positions: Vec<_> = violations.iter().map(|violation| order(violation.field)).collect();
    assert!(!positions.is_empty() && positions.is_sorted_by(|one, next| one < next), "{violations}");
    for rendered in Locale::ALL.into_iter().flat_map(|locale| violations.render(locale)) {
        assert!(!rendered.code.is_empty());
        assert!(!rendered.message.is_empty() && !rendered.message.contains('\n'), "{}", rendered.message);
    }
}

/// A form that checks each field while it is filled in says what the whole says in the end.
fn agree_with_each_field(draft: &Draft<'_>, violations: &Violations) {
    let about_the_body = violations.iter().any(|violation| violation.field.is_empty());
    for spec in FIELDS.iter().filter(|_| !about_the_body) {
        let of_the_whole = violations.iter().find(|violation| violation.field == spec.name).map(|v| &v.problem);
        assert_eq!(draft.validate_field(spec.field, &RULES).err().as_ref(), of_the_whole, "{}", spec.name);
    }
}
