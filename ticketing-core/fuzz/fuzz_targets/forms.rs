//! Every small form that comes as JSON: it is refused as no JSON only where an independent reader refuses it too, and what breaks rules
//! can be said to people. The first octet says which form.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ticketing_core::{
    Comment, FormError, Locale, LookUp, Rules, Timestamp, Violations,
    integration::{IntegrationDraft, ReferenceKind, Request},
    subscription::{NewSubscription, SubscriptionPatch},
    ticket::Order,
    token::NewToken,
    user::{Login, NewUser, PasswordChange, UserPatch},
};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::default);

type Read = fn(&[u8]) -> Option<FormError>;

const NOW: i64 = 1_774_347_300_000;

fn now() -> Timestamp {
    Timestamp::saturating_from_unix_millis(NOW)
}

/// A seed begins with the letter of its place here, `a` being the first.
const FORMS: [Read; 26] = [
    |json| LookUp::from_json(json).err(),
    |json| Comment::from_json(json).err(),
    |json| Login::from_json(json).err(),
    |json| PasswordChange::from_json(json).err(),
    |json| NewUser::from_json(json).err(),
    |json| UserPatch::from_json(json).err(),
    |json| NewToken::from_json(json, now()).err(),
    |json| NewSubscription::from_json(json).err(),
    |json| SubscriptionPatch::from_json(json).err(),
    |json| Order::update(json, &RULES).err(),
    |json| Order::assign(json, &RULES).err(),
    |json| Order::transfer(json, &RULES).err(),
    |json| Order::reclassify(json, &RULES).err(),
    |json| Order::pause(json, &RULES).err(),
    |json| Order::reopen(json, &RULES).err(),
    |json| Order::cancel(json, &RULES).err(),
    |json| Order::archive(json, &RULES).err(),
    |json| handed_over(IntegrationDraft::from_json(json, &RULES, now())),
    |json| request(Request::reference(json, ReferenceKind::Category)),
    |json| request(Request::clients(json)),
    |json| request(Request::owner(json)),
    |json| request(Request::subject(json)),
    |json| request(Request::visibility(json)),
    |json| request(Request::solution(json)),
    |json| request(Request::status(json)),
    |json| request(if json.len() % 2 == 0 { Request::action(json, now()) } else { Request::tag(json) }),
];

fuzz_target!(|data: &[u8]| {
    let Some((which, json)) = data.split_first() else { return };
    let read = FORMS[usize::from(which.wrapping_sub(b'a')) % FORMS.len()];
    match read(json) {
        None => {}
        Some(FormError::Malformed(malformed)) => {
            assert!(serde_json::from_slice::<serde_json::Value>(json).is_err(), "refused, but it is JSON");
            assert!(malformed.line > 0);
        }
        Some(FormError::Invalid(violations)) => are_presentable(&violations),
    }
});

/// A ticket that another system hands over: what it names is known, or some of it is not.
fn handed_over(read: Result<IntegrationDraft, FormError>) -> Option<FormError> {
    let draft = match read {
        Ok(draft) => draft,
        Err(error) => return Some(error),
    };
    for is_known in [true, false] {
        let name = |_: ReferenceKind, _: &_| is_known.then(|| "Sistemas".to_owned());
        if let Err(violations) = draft.clone().validate(&RULES, name, |_| None) {
            are_presentable(&violations);
        }
    }
    None
}

fn request(read: Result<Request, FormError>) -> Option<FormError> {
    let request = match read {
        Ok(request) => request,
        Err(error) => return Some(error),
    };
    for is_known in [true, false] {
        if let Err(violations) = request.order(|_, _| is_known.then(|| "Sistemas".to_owned())) {
            are_presentable(&violations);
        }
    }
    None
}

/// Every violation has a code and one line of text in every language.
fn are_presentable(violations: &Violations) {
    assert!(violations.iter().len() > 0);
    for rendered in Locale::ALL.into_iter().flat_map(|locale| violations.render(locale)) {
        assert!(!rendered.code.is_empty());
        assert!(!rendered.message.is_empty() && !rendered.message.contains('\n'), "{}", rendered.message);
    }
}
