//! Tokens of other systems.

use std::sync::Arc;

use serde_json::json;
use ticketing_core::{
    Timestamp, Token,
    ticket::ActorId,
    token::{NewToken, TokenSecret},
};
use ticketing_server::store::{Store, TokenHash, TokenRecord, TokenStored};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{at, morning};

/// A token as the engine would store it. Each number is another one.
fn record(number: u8, name: &str, expires_at: Option<&str>, now: Timestamp) -> TokenRecord {
    let form = json!({ "nombre": name, "alcances": ["tickets:write", "subscriptions"], "expira_en": expires_at });
    let new = NewToken::from_json(form.to_string().as_bytes(), now).unwrap();
    let secret = TokenSecret::from_random([number; 6], [number; 32]);
    let created_by = number.is_multiple_of(2).then(|| ActorId(Uuid::from_u128(7)));
    let token = Token::new(ActorId(Uuid::now_v7()), new, &secret, created_by, now);
    TokenRecord { token, hash: TokenHash([number; 32]) }
}

async fn add(store: &impl Store, record: &TokenRecord) {
    assert_eq!(store.add_token(record.clone()).await.unwrap(), TokenStored::Stored);
}

pub(crate) async fn a_token_that_was_added_is_there_with_its_hash(store: impl Store) {
    assert_eq!(store.tokens().await.unwrap(), []);
    let records = [
        record(1, "crm «O'Higgins» 🦀", None, morning()),
        record(2, "informes", Some("2027-01-01T00:00:00.123Z"), morning()),
    ];
    for record in &records {
        add(&store, record).await;
    }
    assert_eq!(store.tokens().await.unwrap(), records);
    assert!(!format!("{records:?}").contains("1, 1, 1"));
}

pub(crate) async fn of_all_tokens_that_are_valid_one_has_a_name(store: impl Store) {
    let (noon, one) = (at("2026-03-24T12:00:00Z"), at("2026-03-24T13:00:00Z"));
    let expiring = record(1, "Importación", Some("2026-03-24T12:00:00Z"), morning());
    add(&store, &expiring).await;
    let same = record(2, "importacion", None, morning());
    assert_eq!(store.add_token(same).await.unwrap(), TokenStored::NameTaken);
    // It expires, and the name is free; it is revoked, and the name is free.
    let second = record(3, "IMPORTACIÓN", None, noon);
    add(&store, &second).await;
    let third = record(4, "importación", None, one);
    assert_eq!(store.add_token(third.clone()).await.unwrap(), TokenStored::NameTaken);
    assert!(store.revoke_token(second.token.id, one).await.unwrap());
    add(&store, &third).await;
    assert_eq!(store.tokens().await.unwrap().len(), 3);
}

pub(crate) async fn of_tokens_with_one_name_that_are_added_at_once_one_is_stored(store: impl Store) {
    let store = Arc::new(store);
    let mut additions = JoinSet::new();
    for number in 0..10 {
        let store = Arc::clone(&store);
        additions.spawn(async move { store.add_token(record(number, "crm", None, morning())).await.unwrap() });
    }
    let added = additions.join_all().await;
    assert_eq!(added.iter().filter(|added| **added == TokenStored::Stored).count(), 1);
}

pub(crate) async fn a_token_is_revoked_once_and_stays(store: impl Store) {
    let record = record(1, "crm", None, morning());
    add(&store, &record).await;
    let (noon, one) = (at("2026-03-24T12:00:00Z"), at("2026-03-24T13:00:00Z"));
    assert!(store.revoke_token(record.token.id, noon).await.unwrap());
    assert!(store.revoke_token(record.token.id, one).await.unwrap());
    let revoked = TokenRecord { token: record.token.revoked(noon), ..record };
    assert_eq!(store.tokens().await.unwrap(), [revoked]);
    assert!(!store.revoke_token(ActorId(Uuid::nil()), noon).await.unwrap());
}

pub(crate) async fn the_last_use_of_a_token_is_the_latest_that_was_noted(store: impl Store) {
    let records = [record(1, "crm", None, morning()), record(2, "informes", None, morning())];
    for record in &records {
        add(&store, record).await;
    }
    let [crm, reports] = records.map(|record| record.token.id);
    let (noon, one) = (at("2026-03-24T12:00:00Z"), at("2026-03-24T13:00:00Z"));
    store.note_token_uses(vec![(crm, noon)]).await.unwrap();
    store.note_token_uses(vec![(crm, one), (reports, noon), (ActorId(Uuid::nil()), one)]).await.unwrap();
    // Another process is late.
    store.note_token_uses(vec![(crm, noon)]).await.unwrap();
    store.note_token_uses(vec![]).await.unwrap();
    let uses: Vec<_> = store.tokens().await.unwrap().into_iter().map(|record| record.token.last_used_at).collect();
    assert_eq!(uses, [Some(one), Some(noon)]);
}

pub(crate) async fn each_change_of_tokens_but_their_use_grows_the_revision(store: impl Store) {
    let mut last = store.accounts_revision().await.unwrap();
    let mut grows = async |expected: bool, what: &str| {
        let revision = store.accounts_revision().await.unwrap();
        assert_eq!(revision > last, expected, "{what}");
        last = revision;
    };
    let first = record(1, "crm", None, morning());
    add(&store, &first).await;
    grows(true, "a token more").await;
    store.add_token(record(2, "crm", None, morning())).await.unwrap();
    grows(false, "a name that is taken").await;
    store.note_token_uses(vec![(first.token.id, morning())]).await.unwrap();
    grows(false, "a use").await;
    store.revoke_token(first.token.id, morning()).await.unwrap();
    grows(true, "a token that is revoked").await;
    store.revoke_token(first.token.id, morning()).await.unwrap();
    grows(false, "one that was revoked before").await;
    store.revoke_token(ActorId(Uuid::nil()), morning()).await.unwrap();
    grows(false, "no token").await;
}
