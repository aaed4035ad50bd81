//! What arrives, to whom, and who sends it.

use std::{
    sync::{
        Arc,
        atomic::Ordering::{Relaxed, SeqCst},
    },
    time::Duration,
};

use serde_json::json;
use ticketing_core::subscription::event_id;
use tokio::time::{Instant, sleep};

use crate::{
    receiver::{Arrival, Receiver, Reply},
    sender::{Desk, comment, options, send},
};

#[tokio::test]
async fn each_event_arrives_signed_and_says_what_it_is() {
    let (desk, receiver) = (Desk::new().await, Receiver::kind().await);
    desk.ticket().await;
    let (subscription, secret) = desk
        .subscribe_to(
            &receiver.url(),
            &json!({ "webhook": { "url": receiver.url(), "headers": { "X-Desk": "norte" } } }),
        )
        .await;
    let _sender = desk.send(&options(&[1]));
    let id = desk.ticket().await;
    let created = receiver.taken(1).await.remove(0);
    assert_eq!(created.id(), event_id(id, 1).to_string());
    assert_eq!(created.headers["webhook-id"], created.id());
    assert_eq!(created.headers["x-desk"], "norte");
    assert_eq!(created.headers["content-type"], "application/json");
    let event = desk.engine.history(id).await.unwrap().remove(0).event;
    let expected = json!({
        "id": created.id(), "timestamp": event.recorded_at.to_string(), "subscriptionId": subscription.id.0,
        "type": "TICKET", "action": "CREATED", "ticket": created.body["ticket"],
    });
    assert_eq!(created.body, expected, "and nothing that happened before it was wanted");
    assert_eq!((created.ticket(), &created.body["ticket"]["subject"]), (id.0.to_string().as_str(), &"Outlook".into()));
    assert!(created.is_signed_with(&secret));
    assert!(!created.is_signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));

    desk.comment(id).await;
    let commented = receiver.taken(2).await.remove(1);
    assert_eq!((commented.action(), commented.id()), ("COMMENTED", event_id(id, 2).to_string()));
    assert!(commented.is_signed_with(&secret));
    assert_eq!(receiver.connections.load(SeqCst), 1, "a connection is used again");
}

#[tokio::test]
async fn each_subscription_is_told_what_it_wants() {
    let (desk, all, comments, nothing) =
        (Desk::new().await, Receiver::kind().await, Receiver::kind().await, Receiver::kind().await);
    desk.subscribe(&all.url()).await;
    desk.subscribe_to(&comments.url(), &json!({ "criteria": { "action": "COMMENTED" } })).await;
    let (gone, _) = desk.subscribe(&nothing.url()).await;
    desk.subscribe_to(&nothing.url(), &json!({ "status": "INACTIVE" })).await;
    desk.engine.delete_subscription(gone.id).await.unwrap();
    let _sender = desk.send(&options(&[1]));
    let id = desk.ticket().await;
    desk.comment(id).await;
    assert_eq!(all.taken(2).await[1].action(), "COMMENTED");
    assert_eq!(comments.taken(1).await.len(), 1);
    sleep(Duration::from_millis(300)).await;
    assert_eq!((all.arrivals().len(), comments.arrivals().len(), nothing.arrivals().len()), (2, 1, 0));
}

#[tokio::test]
async fn both_secrets_sign_for_a_day_after_a_new_one_was_made() {
    let (desk, receiver) = (Desk::new().await, Receiver::kind().await);
    let (subscription, old) = desk.subscribe(&receiver.url()).await;
    let _sender = desk.send(&options(&[1]));
    desk.ticket().await;
    receiver.taken(1).await;
    let new = desk.engine.rotate_secret(subscription.id).await.unwrap();
    assert_eq!(new.subscription.version, 2);
    sleep(Duration::from_millis(600)).await;
    desk.ticket().await;
    let both = receiver.taken(2).await.remove(1);
    assert!(both.is_signed_with(&old) && both.is_signed_with(&new.secret.reveal()));
    desk.ahead.fetch_add(24 * 60 * 60 * 1000, SeqCst);
    desk.ticket().await;
    let one = receiver.taken(3).await.remove(2);
    assert_eq!(one.headers["webhook-signature"].to_str().unwrap().split(' ').count(), 1);
}

/// What was noted is not sent again, and what happened while nobody sent is sent.
#[tokio::test]
async fn a_sender_that_is_asked_to_stop_leaves_nothing_half_done() {
    let (desk, receiver) =
        (Desk::new().await, Receiver::new(|_, _| Reply::After(Duration::from_millis(30), 200)).await);
    desk.subscribe(&receiver.url()).await;
    for _ in 0..3 {
        let sender = desk.send(&options(&[1]));
        for _ in 0..40 {
            desk.ticket().await;
        }
        sender.stop().await;
    }
    let sender = desk.send(&options(&[1]));
    receiver.taken(120).await;
    sender.stop().await;
    assert_eq!((receiver.arrivals().len(), receiver.ids().len()), (120, 120));
}

#[tokio::test]
async fn one_that_was_away_is_told_everything_and_nobody_waits_for_it() {
    let (desk, receiver, other) = (Desk::new().await, Receiver::kind().await, Receiver::kind().await);
    desk.subscribe(&receiver.url()).await;
    let ids = [desk.ticket().await, desk.ticket().await];
    for number in 0..1_500 {
        desk.comment(ids[number % 2]).await;
    }
    desk.subscribe(&other.url()).await;
    let _sender = desk.send(&options(&[1]));
    desk.ticket().await;
    other.taken(1).await;
    let arrivals = receiver.taken(1_503).await;
    for id in ids {
        let of_ticket = arrivals.iter().filter(|arrival| arrival.ticket() == id.0.to_string());
        let expected = (1..=751).map(|seq| event_id(id, seq).to_string());
        assert!(of_ticket.map(Arrival::id).eq(expected), "in order, each once");
    }
    assert_eq!(other.arrivals().len(), 1);
}

#[tokio::test]
async fn of_two_processes_one_sends_and_the_other_takes_over_when_it_is_dead() {
    let (desk, receiver) = (Desk::new().await, Receiver::kind().await);
    desk.subscribe(&receiver.url()).await;
    let first = desk.send(&options(&[1]));
    let id = desk.ticket().await;
    receiver.taken(1).await;
    let beside = desk.beside().await;
    let figures = Arc::default();
    let second = send(&beside, &options(&[1]), &figures);
    for _ in 0..20 {
        comment(&beside, id).await;
    }
    receiver.taken(21).await;
    sleep(Duration::from_millis(1_200)).await;
    assert_eq!((receiver.arrivals().len(), figures.delivered.load(Relaxed)), (21, 0));
    // As if killed: its lease is not given back.
    drop(first);
    let began = Instant::now();
    desk.comment(id).await;
    receiver.until(|arrivals| arrivals.iter().any(|arrival| arrival.id() == event_id(id, 22).to_string())).await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(receiver.ids().len(), 22);
    // One that stops gives it back.
    second.stop().await;
    let _third = desk.send(&options(&[1]));
    let began = Instant::now();
    desk.comment(id).await;
    receiver.until(|arrivals| arrivals.iter().any(|arrival| arrival.id() == event_id(id, 23).to_string())).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}
