//! Users, signing keys, attempts to log in.

use serde_json::json;
use ticketing_core::{
    Timestamp, User,
    ticket::ActorId,
    user::{Attempts, BackOff, NewUser, Settled, UserPatch},
};
use ticketing_server::store::{
    Attempt, AttemptKey, Attempted, KeyId, KeySecret, PasswordHash, Settlement, SigningKey, Store, UserChange,
    UserRecord, UserStored,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{at, morning};

fn record(email: &str, role: &str) -> UserRecord {
    let form = json!({
        "email": email, "nombre": "Ana «O'Higgins» 🦀", "password": "secreta", "rol": role, "area": "Redes", "telefono": "+57 1"
    });
    let new = NewUser::from_json(form.to_string().as_bytes()).unwrap();
    UserRecord { user: User::new(ActorId(Uuid::now_v7()), new, morning()), password: Some(hash("one")) }
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash(format!("$argon2id${text}"))
}

async fn add(store: &impl Store, email: &str, role: &str) -> User {
    let record = record(email, role);
    assert_eq!(store.add_user(record.clone()).await.unwrap(), UserStored::Stored);
    record.user
}

/// A change as the engine would store it.
fn change(before: &User, patch: &str) -> UserChange {
    let patch = UserPatch::from_json(patch.as_bytes()).unwrap();
    let user = before.patched(patch, at("2026-03-24T12:00:00Z")).unwrap().unwrap();
    let needs_other_admin = before.stops_being_admin(&user);
    UserChange { expected_version: before.version, user, password: None, needs_other_admin }
}

fn deletion(before: &User) -> UserChange {
    let user = before.deleted(at("2026-03-24T13:00:00Z"));
    let needs_other_admin = before.stops_being_admin(&user);
    UserChange { expected_version: before.version, user, password: None, needs_other_admin }
}

pub(crate) async fn a_user_who_was_added_is_found_by_id_and_by_address(store: impl Store) {
    let records = ["ADMIN", "MESA", "AREA", "USUARIO"].map(|role| record(&format!("{role}@Example.com"), role));
    for record in &records {
        assert_eq!(store.add_user(record.clone()).await.unwrap(), UserStored::Stored);
    }
    for found in &records {
        assert_eq!(store.find_user(found.user.id).await.unwrap().as_ref(), Some(found));
        let key = found.user.email.as_ref().unwrap().key();
        assert_eq!(store.find_user_by_email(&key).await.unwrap().as_ref(), Some(found));
        assert_eq!(store.find_user_by_email(&key.to_uppercase()).await.unwrap(), None);
    }
    assert_eq!(store.users().await.unwrap(), records.map(|record| record.user));
    assert_eq!(store.find_user(ActorId(Uuid::nil())).await.unwrap(), None);
    assert_eq!(store.find_user_by_email("").await.unwrap(), None);
}

pub(crate) async fn an_address_is_one_users_in_whatever_letters(store: impl Store) {
    let user = add(&store, "ana@example.com", "MESA").await;
    let other = add(&store, "otra@example.com", "MESA").await;
    assert_eq!(store.add_user(record("ANA@Example.com", "ADMIN")).await.unwrap(), UserStored::EmailTaken);
    let taken = change(&other, r#"{"email": "Ana@example.com"}"#);
    assert_eq!(store.change_user(taken).await.unwrap(), UserStored::EmailTaken);
    let own = change(&user, r#"{"email": "Ana@example.com"}"#);
    assert_eq!(store.change_user(own).await.unwrap(), UserStored::Stored);
    assert_eq!(store.users().await.unwrap()[1], other);

    let mut additions = JoinSet::new();
    let store = std::sync::Arc::new(store);
    for _ in 0..10 {
        let store = std::sync::Arc::clone(&store);
        additions.spawn(async move { store.add_user(record("nueva@example.com", "MESA")).await.unwrap() });
    }
    let added = additions.join_all().await;
    assert_eq!(added.iter().filter(|added| **added == UserStored::Stored).count(), 1);
}

pub(crate) async fn of_two_changes_of_one_user_one_is_stored(store: impl Store) {
    let user = add(&store, "ana@example.com", "MESA").await;
    let first = UserChange { password: Some(hash("two")), ..change(&user, r#"{"nombre": "Anna", "area": null}"#) };
    assert_eq!(store.change_user(first.clone()).await.unwrap(), UserStored::Stored);
    assert_eq!(store.change_user(change(&user, r#"{"telefono": "2"}"#)).await.unwrap(), UserStored::Conflict);
    assert_eq!(store.change_user(deletion(&user)).await.unwrap(), UserStored::Conflict);
    let expected = UserRecord { user: first.user.clone(), password: first.password };
    assert_eq!(store.find_user(user.id).await.unwrap(), Some(expected));
    // A change without a password leaves the one there is.
    let second = change(&first.user, r#"{"is_active": false, "telefono": null}"#);
    assert_eq!(store.change_user(second.clone()).await.unwrap(), UserStored::Stored);
    let expected = UserRecord { user: second.user, password: Some(hash("two")) };
    assert_eq!(store.find_user(user.id).await.unwrap(), Some(expected));
    let nobody = change(&record("nadie@example.com", "MESA").user, r#"{"nombre": "Nadie"}"#);
    assert_eq!(store.change_user(nobody).await.unwrap(), UserStored::Conflict);
}

pub(crate) async fn of_a_user_who_is_deleted_the_name_is_left_and_the_address_is_free(store: impl Store) {
    let user = add(&store, "ana@example.com", "MESA").await;
    assert_eq!(store.change_user(deletion(&user)).await.unwrap(), UserStored::Stored);
    let left = store.find_user(user.id).await.unwrap().unwrap();
    assert_eq!(left, UserRecord { user: deletion(&user).user, password: None });
    assert_eq!((left.user.email, left.user.phone, left.user.area, left.user.name), (None, None, None, user.name));
    assert_eq!(store.find_user_by_email("ana@example.com").await.unwrap(), None);
    let again = add(&store, "ana@example.com", "MESA").await;
    assert_eq!(store.change_user(deletion(&again)).await.unwrap(), UserStored::Stored);
    assert_eq!(store.users().await.unwrap().len(), 2);
}

pub(crate) async fn the_last_active_administrator_is_not_taken_away(store: impl Store) {
    let user = add(&store, "ana@example.com", "ADMIN").await;
    let idle = add(&store, "idle@example.com", "ADMIN").await;
    let retired = change(&idle, r#"{"is_active": false}"#);
    assert_eq!(store.change_user(retired).await.unwrap(), UserStored::Stored);
    add(&store, "mesa@example.com", "MESA").await;
    for change in [change(&user, r#"{"rol": "MESA"}"#), change(&user, r#"{"is_active": false}"#), deletion(&user)] {
        assert_eq!(store.change_user(change).await.unwrap(), UserStored::LastAdmin);
    }
    assert_eq!(store.find_user(user.id).await.unwrap().unwrap().user, user);
    // Of two who go at once, one stays.
    let other = add(&store, "otra@example.com", "ADMIN").await;
    let (a, b) = tokio::join!(store.change_user(deletion(&user)), store.change_user(deletion(&other)));
    let gone = [a.unwrap(), b.unwrap()];
    assert!(gone.contains(&UserStored::Stored) && gone.contains(&UserStored::LastAdmin), "{gone:?}");
}

fn key(number: u8) -> SigningKey {
    let (created_at, tokens_until) = (morning(), morning());
    SigningKey { id: KeyId(Uuid::from_u128(number.into())), secret: KeySecret([number; 32]), created_at, tokens_until }
}

pub(crate) async fn the_last_key_signs_and_is_never_forgotten(store: impl Store) {
    assert_eq!(store.signing_keys().await.unwrap(), []);
    store.add_signing_key(key(1), true).await.unwrap();
    store.add_signing_key(key(2), true).await.unwrap();
    assert_eq!(store.signing_keys().await.unwrap(), [key(1)], "only the first one is the first");
    store.add_signing_key(key(3), false).await.unwrap();
    assert_eq!(store.signing_keys().await.unwrap(), [key(1), key(3)]);

    let (noon, one) = (at("2026-03-24T12:00:00Z"), at("2026-03-24T13:00:00Z"));
    assert!(store.keep_signing_key(key(1).id, one).await.unwrap());
    assert!(store.keep_signing_key(key(1).id, noon).await.unwrap());
    assert!(!store.keep_signing_key(key(2).id, noon).await.unwrap());
    assert_eq!(store.signing_keys().await.unwrap()[0].tokens_until, one);
    assert_eq!(store.forget_signing_keys(one).await.unwrap(), 0);
    assert_eq!(store.forget_signing_keys(Timestamp::MAX).await.unwrap(), 1);
    assert_eq!(store.forget_signing_keys(Timestamp::MAX).await.unwrap(), 0);
    assert_eq!(store.signing_keys().await.unwrap(), [key(3)]);
    assert!(!store.keep_signing_key(key(1).id, one).await.unwrap());
}

pub(crate) async fn each_change_of_users_and_keys_grows_the_revision(store: impl Store) {
    let mut last = store.accounts_revision().await.unwrap();
    let mut grows = async |expected: bool, what: &str| {
        let revision = store.accounts_revision().await.unwrap();
        assert_eq!(revision > last, expected, "{what}");
        last = revision;
    };
    let user = add(&store, "ana@example.com", "MESA").await;
    grows(true, "a user more").await;
    store.add_user(record("ana@example.com", "MESA")).await.unwrap();
    grows(false, "an address that is taken").await;
    store.change_user(change(&user, r#"{"nombre": "Anna"}"#)).await.unwrap();
    grows(true, "a change").await;
    store.change_user(deletion(&user)).await.unwrap();
    grows(false, "a conflict").await;
    store.add_signing_key(key(1), true).await.unwrap();
    grows(true, "a first key").await;
    store.add_signing_key(key(2), true).await.unwrap();
    grows(false, "no first key").await;
    store.add_signing_key(key(2), false).await.unwrap();
    grows(true, "a key more").await;
    store.forget_signing_keys(Timestamp::MAX).await.unwrap();
    grows(true, "a key less").await;
    attempt(&store, AttemptKey([1; 32]), morning()).await;
    grows(false, "an attempt").await;
}

const ACCOUNT: AttemptKey = AttemptKey([1; 32]);
const ADDRESS: AttemptKey = AttemptKey([2; 32]);

async fn attempt(store: &impl Store, account: AttemptKey, now: Timestamp) -> Attempted {
    let keys = vec![(account, BackOff::ACCOUNT), (ADDRESS, BackOff::ADDRESS)];
    store.count_attempt(Attempt { keys, now }).await.unwrap()
}

async fn settle(store: &impl Store, made_at: Timestamp, keys: &[(AttemptKey, Settled)]) {
    store.settle_attempt(Settlement { made_at, keys: keys.to_vec() }).await.unwrap();
}

fn seconds(wait: i64) -> Attempted {
    Attempted::TooEarly { wait: ticketing_core::TimeDelta::seconds(wait) }
}

pub(crate) async fn an_attempt_counts_under_all_of_its_keys_or_under_none(store: impl Store) {
    for _ in 0..5 {
        assert_eq!(attempt(&store, ACCOUNT, morning()).await, Attempted::Counted);
    }
    // What is refused does not count against the address either.
    for _ in 0..50 {
        assert_eq!(attempt(&store, ACCOUNT, morning()).await, seconds(1));
    }
    for number in 10..25 {
        assert_eq!(attempt(&store, AttemptKey([number; 32]), morning()).await, Attempted::Counted);
    }
    assert_eq!(attempt(&store, AttemptKey([99; 32]), morning()).await, seconds(1));

    // One taken back, and one more is free.
    settle(&store, morning(), &[(ADDRESS, Settled::TakenBack)]).await;
    assert_eq!(attempt(&store, AttemptKey([99; 32]), morning()).await, Attempted::Counted);
    assert_eq!(attempt(&store, AttemptKey([99; 32]), morning()).await, seconds(1));
    settle(&store, morning(), &[(ACCOUNT, Settled::Forgiven), (ADDRESS, Settled::Forgiven)]).await;
    assert_eq!(attempt(&store, ACCOUNT, morning()).await, Attempted::Counted);
    // What is not there cannot be taken back.
    let nothing = [(AttemptKey([77; 32]), Settled::Forgiven), (AttemptKey([78; 32]), Settled::TakenBack)];
    settle(&store, morning(), &nothing).await;
}

pub(crate) async fn an_attempt_that_is_taken_back_leaves_the_others_as_they_were(store: impl Store) {
    for _ in 0..5 {
        assert_eq!(attempt(&store, ACCOUNT, morning()).await, Attempted::Counted);
        settle(&store, morning(), &[(ACCOUNT, Settled::Wrong)]).await;
    }
    // Two at the same time, the first of which is the last to be settled.
    let (later, latest) = (at("2026-03-24T10:30:00Z"), at("2026-03-24T11:10:00Z"));
    assert_eq!(attempt(&store, ACCOUNT, later).await, Attempted::Counted);
    assert_eq!(attempt(&store, ACCOUNT, latest).await, Attempted::Counted);
    assert_eq!(attempt(&store, ACCOUNT, latest).await, seconds(4));
    settle(&store, latest, &[(ACCOUNT, Settled::TakenBack)]).await;
    settle(&store, later, &[(ACCOUNT, Settled::TakenBack)]).await;
    // The five and their delay are as old as before, and forgotten in their time.
    assert_eq!(attempt(&store, ACCOUNT, latest).await, Attempted::Counted);
    settle(&store, latest, &[(ACCOUNT, Settled::TakenBack)]).await;
    let an_hour_later = Attempts::forgotten_before(at("2026-03-24T11:15:00.124Z"));
    settle(&store, morning(), &[(ADDRESS, Settled::Forgiven)]).await;
    assert_eq!(store.forget_attempts_before(an_hour_later).await.unwrap(), 1);
}

pub(crate) async fn attempts_at_the_same_time_count_each(store: impl Store) {
    let store = std::sync::Arc::new(store);
    let mut attempts = JoinSet::new();
    for _ in 0..40 {
        let store = std::sync::Arc::clone(&store);
        attempts.spawn(async move { attempt(&*store, ACCOUNT, morning()).await });
    }
    let outcomes = attempts.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Attempted::Counted).count(), 5);
}

pub(crate) async fn attempts_are_forgotten_when_their_time_is_over(store: impl Store) {
    attempt(&store, ACCOUNT, morning()).await;
    let an_hour_later = at("2026-03-24T11:15:00.124Z");
    assert_eq!(store.forget_attempts_before(Attempts::forgotten_before(morning())).await.unwrap(), 0);
    assert_eq!(store.forget_attempts_before(Attempts::forgotten_before(an_hour_later)).await.unwrap(), 2);
    assert_eq!(store.forget_attempts_before(Timestamp::MAX).await.unwrap(), 0);
}
