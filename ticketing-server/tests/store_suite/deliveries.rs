//! Subscriptions, what is to be delivered to them, and who does it.

use serde_json::json;
use ticketing_core::{
    TicketId, TimeDelta, Timestamp,
    subscription::{Health, NewSubscription, Standing, Subscription, SubscriptionId, SubscriptionPatch},
};
use ticketing_server::store::{
    Delivery, DeliveryId, Failure, FailureKind, FeedPosition, GivenUp, Lease, Place, RecipientId, Secret, Secrets,
    Store, SubscriptionChange, SubscriptionRecord, SubscriptionStored,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{at, create, creation, creation_at, morning};

fn record(number: u128) -> SubscriptionRecord {
    let form = json!({
        "eventType": "TICKET", "webhook": { "url": "https://hooks.example/in?a=%20", "headers": { "X-A": "1 2" } },
        "criteria": { "action": "COMMENTED" },
    });
    let new = NewSubscription::from_json(form.to_string().as_bytes()).unwrap();
    let subscription = Subscription::new(SubscriptionId(Uuid::from_u128(number)), new, morning());
    let secrets =
        Secrets { current: Secret([1; 32]), previous: Some((Secret([2; 32]), at("2026-03-25T10:15:00.123Z"))) };
    SubscriptionRecord { subscription, secrets }
}

fn recipient(record: &SubscriptionRecord) -> RecipientId {
    RecipientId(record.subscription.id.0)
}

/// A change as the engine would store it.
fn change(before: &SubscriptionRecord, is_active: Option<bool>) -> SubscriptionChange {
    let later = at("2026-03-24T12:00:00Z");
    let subscription = match is_active {
        Some(is_active) => before.subscription.patched(SubscriptionPatch::activity_only(is_active), later).unwrap(),
        None => before.subscription.touched(later),
    };
    SubscriptionChange {
        expected_version: before.subscription.version,
        sets_health: is_active.is_some(),
        resumes: before.subscription.is_resumed_by(&subscription),
        record: SubscriptionRecord { subscription, ..before.clone() },
    }
}

async fn newest(store: &impl Store) -> FeedPosition {
    store.newest_position().await.unwrap()
}

fn failed(position: u64, next: Option<Timestamp>) -> Delivery {
    Delivery {
        position: FeedPosition(position),
        ticket: TicketId(Uuid::from_u128(7)),
        attempts: 3,
        next_attempt_at: next,
        last_attempt_at: morning(),
        failure: Some(Failure { kind: FailureKind::Answer, http_status: Some(503) }),
    }
}

/// A subscription after which three tickets were created; and the generation of its place.
async fn subscribed(store: &impl Store) -> (SubscriptionRecord, u32) {
    create(store, creation()).await;
    let record = record(1);
    assert!(store.add_subscription(record.clone(), 9).await.unwrap());
    let place = store.find_recipient(recipient(&record)).await.unwrap().unwrap();
    assert_eq!(place.position, newest(store).await, "what happened before is not told");
    for _ in 0..3 {
        create(store, creation()).await;
    }
    (record, place.generation)
}

pub(crate) async fn a_subscription_that_was_added_is_found_as_it_was(store: impl Store) {
    let records = [record(3), record(1), record(2)];
    for record in &records {
        assert!(store.add_subscription(record.clone(), 3).await.unwrap());
    }
    assert!(!store.add_subscription(record(4), 3).await.unwrap(), "there are as many as there may be");
    assert_eq!(store.subscriptions().await.unwrap(), records, "oldest first");
    assert_eq!(store.find_subscription(records[1].subscription.id).await.unwrap().as_ref(), Some(&records[1]));
    assert_eq!(store.find_subscription(SubscriptionId(Uuid::nil())).await.unwrap(), None);
    assert_eq!(store.find_recipient(RecipientId(Uuid::nil())).await.unwrap(), None);
}

pub(crate) async fn of_two_changes_of_one_subscription_one_is_stored(store: impl Store) {
    let (before, _) = subscribed(&store).await;
    let mut first = change(&before, None);
    first.record.secrets = Secrets { current: Secret([3; 32]), previous: None };
    assert_eq!(store.change_subscription(first.clone()).await.unwrap(), SubscriptionStored::Stored);
    assert_eq!(store.change_subscription(change(&before, Some(false))).await.unwrap(), SubscriptionStored::Conflict);
    assert_eq!(store.subscriptions().await.unwrap(), [first.record]);
    let nobody = change(&record(2), None);
    assert_eq!(store.change_subscription(nobody).await.unwrap(), SubscriptionStored::Conflict);
}

pub(crate) async fn what_deliveries_make_of_health_and_what_people_do_stand_apart(store: impl Store) {
    let (before, _) = subscribed(&store).await;
    let (id, degraded) = (before.subscription.id, Health { standing: Standing::Degraded, failures: 12 });
    let health = async || store.find_subscription(id).await.unwrap().unwrap().subscription.health;
    store.keep_health(id, 1, degraded).await.unwrap();
    // A change of something else leaves it.
    let touched = change(&before, None);
    store.change_subscription(touched.clone()).await.unwrap();
    assert_eq!(health().await, degraded);
    store.keep_health(id, 1, Health::stopped()).await.unwrap();
    assert_eq!(health().await, degraded, "made under another version");
    let stopped = change(&touched.record, Some(false));
    store.change_subscription(stopped.clone()).await.unwrap();
    assert_eq!(health().await.standing, Standing::Inactive);

    // Who is told again goes on from now on.
    let place = async || store.find_recipient(recipient(&before)).await.unwrap().unwrap();
    let before_that = place().await;
    store.change_subscription(change(&stopped.record, Some(true))).await.unwrap();
    assert_eq!(health().await, Health::default());
    let resumed = place().await;
    assert_eq!(resumed.position, newest(&store).await);
    assert!(resumed.position > before_that.position && resumed.generation > before_that.generation);
}

pub(crate) async fn a_place_that_somebody_has_set_is_not_set_back(store: impl Store) {
    let (record, generation) = subscribed(&store).await;
    let id = recipient(&record);
    let place = async || store.find_recipient(id).await.unwrap().unwrap();
    let (last, first) = (newest(&store).await, FeedPosition(1));
    let nobody = (RecipientId(Uuid::nil()), Place { position: last, generation });
    store.keep_places(vec![nobody, (id, Place { position: last, generation })]).await.unwrap();
    assert_eq!(place().await, Place { position: last, generation });

    assert!(store.set_place(id, first).await.unwrap());
    let set = place().await;
    assert!(set.position == first && set.generation > generation);
    store.keep_places(vec![(id, Place { position: last, generation })]).await.unwrap();
    store.keep_deliveries(id, generation, vec![failed(2, None)]).await.unwrap();
    assert_eq!((place().await, store.undelivered(id).await.unwrap()), (set, vec![]));
    assert!(!store.set_place(RecipientId(Uuid::nil()), first).await.unwrap());
}

pub(crate) async fn what_waits_and_what_was_given_up_beyond_a_place_is_undelivered(store: impl Store) {
    let (record, generation) = subscribed(&store).await;
    let id = recipient(&record);
    let FeedPosition(here) = store.find_recipient(id).await.unwrap().unwrap().position;
    let waits = Delivery { attempts: 0, failure: None, ..failed(here + 2, Some(morning())) };
    let rows = vec![failed(here - 1, Some(morning())), failed(here, None), failed(here + 1, None), waits.clone()];
    store.keep_deliveries(id, generation, rows.clone()).await.unwrap();
    let undelivered = [rows[0].clone(), rows[2].clone(), waits.clone()];
    assert_eq!(store.undelivered(id).await.unwrap(), undelivered);
    // Known of each event is what was stored last.
    let again = Delivery { attempts: 4, ..failed(here - 1, None) };
    store.keep_deliveries(id, generation, vec![again]).await.unwrap();
    store.forget_delivery(id, waits.position).await.unwrap();
    assert_eq!(store.undelivered(id).await.unwrap(), [rows[2].clone()]);
    let listed = store.failed_deliveries(Some(id), None, 9).await.unwrap();
    let positions: Vec<_> = listed.iter().map(|failed| failed.delivery.position.0).collect();
    assert_eq!(positions, [here - 1, here, here + 1]);
    assert_eq!(store.failed_deliveries(None, Some(listed[0].id), 1).await.unwrap(), listed[1..2]);
    assert_eq!(store.failed_deliveries(Some(RecipientId(Uuid::nil())), None, 9).await.unwrap(), []);

    // Who is told everything anew has given up nothing of it.
    store.set_place(id, FeedPosition(here)).await.unwrap();
    assert_eq!(store.undelivered(id).await.unwrap(), []);
    assert_eq!(store.failed_deliveries(Some(id), None, 9).await.unwrap().len(), 2);
}

pub(crate) async fn what_was_given_up_is_tried_anew_when_somebody_says_so(store: impl Store) {
    let (record, generation) = subscribed(&store).await;
    let (id, now) = (recipient(&record), at("2026-03-24T12:00:00Z"));
    let rows = vec![failed(1, None), failed(2, None), failed(3, Some(morning()))];
    store.keep_deliveries(id, generation, rows.clone()).await.unwrap();
    let listed = store.failed_deliveries(None, None, 9).await.unwrap();
    assert_eq!(store.revive_deliveries(GivenUp::One(listed[2].id), now).await.unwrap(), 0, "it is not given up");
    assert_eq!(store.revive_deliveries(GivenUp::One(DeliveryId(u64::MAX)), now).await.unwrap(), 0);
    assert_eq!(store.revive_deliveries(GivenUp::One(listed[0].id), now).await.unwrap(), 1);
    let revived = Delivery { attempts: 0, ..failed(1, Some(now)) };
    assert_eq!(store.undelivered(id).await.unwrap(), [revived, rows[1].clone(), rows[2].clone()]);
    assert!(store.find_recipient(id).await.unwrap().unwrap().generation > generation);
    assert_eq!(store.revive_deliveries(GivenUp::Of(id), now).await.unwrap(), 1);
    assert_eq!(store.revive_deliveries(GivenUp::Of(id), now).await.unwrap(), 0);
}

pub(crate) async fn a_subscription_that_is_deleted_takes_its_deliveries_along(store: impl Store) {
    let (record, generation) = subscribed(&store).await;
    let id = recipient(&record);
    store.keep_deliveries(id, generation, vec![failed(1, None)]).await.unwrap();
    assert!(store.delete_subscription(record.subscription.id).await.unwrap());
    assert!(!store.delete_subscription(record.subscription.id).await.unwrap());
    assert_eq!(store.subscriptions().await.unwrap(), []);
    assert_eq!(store.find_recipient(id).await.unwrap(), None);
    // Whoever still delivers stores nothing more.
    store.keep_deliveries(id, generation, vec![failed(2, None)]).await.unwrap();
    assert_eq!(store.failed_deliveries(None, None, 9).await.unwrap(), []);
}

pub(crate) async fn what_was_given_up_is_forgotten_in_its_time(store: impl Store) {
    let (record, generation) = subscribed(&store).await;
    store
        .keep_deliveries(recipient(&record), generation, vec![failed(1, None), failed(2, Some(morning()))])
        .await
        .unwrap();
    assert_eq!(store.forget_given_up_before(morning()).await.unwrap(), 0);
    assert_eq!(store.forget_given_up_before(Timestamp::MAX).await.unwrap(), 1, "and not what is tried again");
}

pub(crate) async fn what_happened_since_an_instant_stands_after_a_position(store: impl Store) {
    let nothing = FeedPosition::default();
    assert_eq!(store.position_before(morning()).await.unwrap(), nothing);
    let hour = |hours: i64| morning().checked_add(TimeDelta::hours(hours)).unwrap();
    for hours in 0..20 {
        create(&store, creation_at(hour(hours), 2026)).await;
    }
    let mut before = nothing;
    for (entry, hours) in store.feed(nothing, 20).await.unwrap().into_iter().zip(0..) {
        assert_eq!(store.position_before(hour(hours)).await.unwrap(), before);
        before = entry.position;
    }
    assert_eq!(store.position_before(Timestamp::MIN).await.unwrap(), nothing);
    assert_eq!(store.position_before(Timestamp::MAX).await.unwrap(), newest(&store).await);
}

pub(crate) async fn each_change_of_recipients_grows_their_revision_and_no_delivery_does(store: impl Store) {
    let mut last = store.recipients_revision().await.unwrap();
    let mut grows = async |expected: bool, what: &str| {
        let revision = store.recipients_revision().await.unwrap();
        assert_eq!(revision > last, expected, "{what}");
        last = revision;
    };
    let (record, generation) = subscribed(&store).await;
    let id = recipient(&record);
    grows(true, "one more").await;
    store.change_subscription(change(&record, None)).await.unwrap();
    grows(true, "a change").await;
    store.change_subscription(change(&record, None)).await.unwrap();
    grows(false, "a conflict").await;
    store.keep_health(record.subscription.id, 2, Health::stopped()).await.unwrap();
    store.keep_places(vec![(id, Place { position: FeedPosition(3), generation })]).await.unwrap();
    store.keep_deliveries(id, generation, vec![failed(1, None)]).await.unwrap();
    grows(false, "deliveries").await;
    store.revive_deliveries(GivenUp::Of(id), morning()).await.unwrap();
    grows(true, "deliveries that are tried anew").await;
    store.set_place(id, FeedPosition(1)).await.unwrap();
    grows(true, "another place").await;
    store.delete_subscription(record.subscription.id).await.unwrap();
    grows(true, "one less").await;
}

pub(crate) async fn a_lease_is_one_holders_until_it_is_over_or_given_back(store: impl Store) {
    let lease = |number: u128| Lease { name: "work", holder: Uuid::from_u128(number) };
    let second = |seconds: i64| morning().checked_add(TimeDelta::seconds(seconds)).unwrap();
    let take =
        async |number: u128, now: i64| store.take_lease(&lease(number), second(now), second(now + 5)).await.unwrap();
    assert!(take(1, 0).await);
    assert!(!take(2, 4).await);
    assert!(take(1, 4).await, "whoever has it holds it for longer");
    assert!(!take(2, 8).await);
    assert!(take(2, 9).await, "it is over");
    assert!(!take(1, 10).await);
    store.release_lease(&lease(1)).await.unwrap();
    assert!(!take(1, 11).await, "only its holder gives it back");
    store.release_lease(&lease(2)).await.unwrap();
    assert!(take(1, 11).await);
    assert!(store.take_lease(&Lease { name: "other work", ..lease(2) }, second(0), second(5)).await.unwrap());

    let store = std::sync::Arc::new(store);
    let mut takers = JoinSet::new();
    for number in 10..30 {
        let store = std::sync::Arc::clone(&store);
        takers.spawn(async move { store.take_lease(&lease(number), second(60), second(65)).await.unwrap() });
    }
    assert_eq!(takers.join_all().await.into_iter().filter(|taken| *taken).count(), 1);
}
