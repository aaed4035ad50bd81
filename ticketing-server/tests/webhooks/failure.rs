//! What does not arrive: when it is tried again, and when it is not.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use ticketing_core::{
    TimeDelta,
    subscription::{Standing, SubscriptionPatch, event_id},
};
use ticketing_server::{
    Redelivery, SubscriptionError,
    store::{Failure, FailureKind},
};
use tokio::time::{Instant, sleep};

use crate::{
    common::scaled,
    receiver::{Arrival, Receiver, Reply},
    sender::{Desk, Sender, now, options},
};

/// Each way to fail, twice, and then the event is taken.
#[tokio::test]
async fn what_fails_is_tried_again_under_the_same_identity_until_it_is_taken() {
    let elsewhere = Receiver::kind().await;
    let replies = [
        (Reply::Status(500), FailureKind::Answer, Some(500)),
        (Reply::Status(404), FailureKind::Answer, Some(404)),
        (Reply::RedirectTo(elsewhere.url()), FailureKind::Answer, Some(307)),
        (Reply::Disconnect, FailureKind::BrokenOff, None),
        (Reply::BreakOff, FailureKind::BrokenOff, None),
        (Reply::Hang, FailureKind::Timeout, None),
        (Reply::Endless, FailureKind::Timeout, None),
        (Reply::After(Duration::from_secs(4), 200), FailureKind::Timeout, None),
    ];
    let mut cases = tokio::task::JoinSet::new();
    for (reply, kind, http_status) in replies {
        cases.spawn(async move {
            let said = format!("{reply:?}");
            let desk = Desk::new().await;
            let receiver =
                Receiver::new(move |_, time| if time <= 2 { reply.clone() } else { Reply::Status(204) }).await;
            let (subscription, secret) = desk.subscribe(&receiver.url()).await;
            let _sender = desk.send(&options(&[1, 1]));
            let id = desk.ticket().await;
            receiver.until(|arrivals| !arrivals.is_empty()).await;
            // Later events wait behind it.
            desk.comment(id).await;
            receiver.until(|arrivals| arrivals.len() >= 2).await;
            let failed = desk.engine.failed_deliveries(Some(subscription.id), None, 9).await.unwrap();
            assert_eq!(failed[0].delivery.failure, Some(Failure { kind, http_status }), "{said}");
            receiver.until(|arrivals| arrivals.iter().any(|arrival| arrival.id() == event_id(id, 2).to_string())).await;
            let arrivals = receiver.arrivals();
            let ids: Vec<_> = arrivals.iter().map(Arrival::id).collect();
            assert_eq!(ids[..4], [1, 1, 1, 2].map(|seq| event_id(id, seq).to_string()), "{said}");
            assert!(arrivals.iter().all(|arrival| arrival.is_signed_with(&secret)), "{said}");
            let apart = arrivals[1].at - arrivals[0].at;
            assert!(apart >= Duration::from_secs(1), "{said}: {apart:?}");
        });
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
    assert!(elsewhere.arrivals().is_empty(), "a redirect is not followed");
}

#[tokio::test]
async fn an_answer_may_take_its_time() {
    let desk = Desk::new().await;
    let receiver = Receiver::new(|_, _| Reply::After(Duration::from_millis(1_500), 200)).await;
    desk.subscribe(&receiver.url()).await;
    let _sender = desk.send(&options(&[1]));
    desk.ticket().await;
    receiver.taken(1).await;
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(receiver.arrivals().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_nobody_else() {
    let (desk, dead, alive) = (Desk::new().await, Receiver::new(|_, _| Reply::Hang).await, Receiver::kind().await);
    desk.subscribe(&dead.url()).await;
    desk.subscribe(&alive.url()).await;
    let _sender = desk.send(&options(&[5]));
    let began = Instant::now();
    for _ in 0..400 {
        desk.ticket().await;
    }
    let created = began.elapsed();
    alive.taken(400).await;
    let late = began.elapsed().saturating_sub(created);
    assert!(late < Duration::from_secs(2), "{late:?}");
    assert!(dead.arrivals().len() <= 60, "so many at once, and no more");
}

/// Source: RFC 9110, 10.2.3. Not what was refused alone: all else would be refused, too.
#[tokio::test]
async fn who_is_busy_is_left_alone_for_as_long_as_they_say() {
    for status in [429, 503] {
        let desk = Desk::new().await;
        let is_busy = AtomicBool::new(true);
        let receiver =
            Receiver::new(
                move |_, _| {
                    if is_busy.swap(false, SeqCst) { Reply::Busy(status, "3") } else { Reply::Status(200) }
                },
            )
            .await;
        let (subscription, _) = desk.subscribe(&receiver.url()).await;
        let _sender = desk.send(&options(&[1, 1]));
        let first = desk.ticket().await;
        receiver.until(|arrivals| !arrivals.is_empty()).await;
        let second = desk.ticket().await;
        receiver.taken(2).await;
        let arrivals = receiver.arrivals();
        let waited = arrivals[1].at - arrivals[0].at;
        assert!((Duration::from_secs(3)..Duration::from_secs(6)).contains(&waited), "{status}: {waited:?}");
        let mut of: Vec<_> = arrivals[1..].iter().map(|arrival| arrival.ticket().to_owned()).collect();
        of.sort();
        assert_eq!(of, [first.0.to_string(), second.0.to_string()]);
        desk.stands(subscription.id, Standing::Active).await;
        desk.failed(0).await;
    }
}

#[tokio::test]
async fn no_answer_makes_the_next_attempt_come_sooner_and_few_may_make_it_later() {
    for (status, wait) in
        [(503, "0"), (429, "Thu, 01 Jan 2026 00:00:00 GMT"), (500, "600"), (404, "600"), (503, "soon")]
    {
        let desk = Desk::new().await;
        let receiver =
            Receiver::new(move |_, time| if time == 1 { Reply::Busy(status, wait) } else { Reply::Status(200) }).await;
        desk.subscribe(&receiver.url()).await;
        let _sender = desk.send(&options(&[1]));
        desk.ticket().await;
        receiver.taken(1).await;
        let arrivals = receiver.arrivals();
        let waited = arrivals[1].at - arrivals[0].at;
        assert!((Duration::from_secs(1)..Duration::from_secs(4)).contains(&waited), "{status} {wait}: {waited:?}");
    }
}

#[tokio::test]
async fn who_asks_for_a_year_is_given_a_day_and_a_new_address_has_asked_for_nothing() {
    let (desk, other) = (Desk::new().await, Receiver::kind().await);
    let receiver = Receiver::new(|_, _| Reply::Busy(429, "31536000")).await;
    let (subscription, _) = desk.subscribe(&receiver.url()).await;
    let _sender = desk.send(&options(&[1]));
    let first = desk.ticket().await;
    let failed = desk.failed(1).await.remove(0).delivery;
    let wait = failed.next_attempt_at.unwrap().since(failed.last_attempt_at);
    assert!((TimeDelta::hours(24)..TimeDelta::minutes(27 * 60)).contains(&wait), "{wait}");
    let second = desk.ticket().await;
    sleep(Duration::from_millis(1_200)).await;
    assert_eq!(receiver.arrivals().len(), 1, "not for as long as they say");
    let patch = format!(r#"{{"webhook": {{"url": "{}"}}}}"#, other.url());
    let patch = SubscriptionPatch::from_json(patch.as_bytes()).unwrap();
    desk.engine.change_subscription(subscription.id, patch).await.unwrap();
    assert_eq!(other.taken(1).await[0].ticket(), second.0.to_string());
    desk.ahead.fetch_add(27 * 60 * 60 * 1_000, SeqCst);
    assert_eq!(other.taken(2).await[1].ticket(), first.0.to_string());
}

#[tokio::test]
async fn ten_failures_in_a_row_degrade_and_a_success_forgives_them() {
    let desk = Desk::new().await;
    let fails = Arc::new(AtomicBool::new(true));
    let receiver = Receiver::new({
        let fails = Arc::clone(&fails);
        move |_, _| Reply::Status(if fails.load(SeqCst) { 503 } else { 200 })
    })
    .await;
    let (subscription, _) = desk.subscribe(&receiver.url()).await;
    let _sender = desk.send(&options(&[1; 50]));
    for _ in 0..9 {
        desk.ticket().await;
    }
    receiver.until(|arrivals| arrivals.len() >= 9).await;
    desk.stands(subscription.id, Standing::Active).await;
    desk.ticket().await;
    let degraded = desk.stands(subscription.id, Standing::Degraded).await;
    assert!(degraded.health.failures >= 10 && degraded.version == 1, "{:?}", degraded.health);
    fails.store(false, SeqCst);
    let active = desk.stands(subscription.id, Standing::Active).await;
    assert_eq!(active.health.failures, 0);
    receiver.taken(10).await;
    desk.failed(0).await;
}

#[tokio::test]
async fn five_hundred_failures_in_a_row_end_it() {
    let (desk, receiver) = (Desk::new().await, Receiver::new(|_, _| Reply::Status(500)).await);
    let (subscription, _) = desk.subscribe(&receiver.url()).await;
    let _sender = desk.send(&options(&[60; 9]));
    for _ in 0..600 {
        desk.ticket().await;
    }
    let inactive = desk.stands(subscription.id, Standing::Inactive).await;
    assert_eq!(inactive.health.failures, 500);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.arrivals().len(), 500);
}

/// Nothing is sent to whoever is gone; once they are back, what happens from then on, and the rest when asked for.
#[tokio::test]
async fn who_is_gone_is_told_nothing_until_made_active_again() {
    let desk = Desk::new().await;
    let is_gone = AtomicBool::new(true);
    let receiver = Receiver::new(move |_, _| Reply::Status(if is_gone.swap(false, SeqCst) { 410 } else { 200 })).await;
    let other = Receiver::kind().await;
    let (subscription, _) = desk.subscribe(&receiver.url()).await;
    desk.subscribe(&other.url()).await;
    let _sender = desk.send(&options(&[60]));
    let began = now();
    let first = desk.ticket().await;
    desk.stands(subscription.id, Standing::Inactive).await;
    let second = desk.ticket().await;
    other.taken(2).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.arrivals().len(), 1);

    let active =
        desk.engine.change_subscription(subscription.id, SubscriptionPatch::activity_only(true)).await.unwrap();
    assert_eq!((active.health.standing, active.health.failures, active.version), (Standing::Active, 0, 2));
    sleep(Duration::from_millis(600)).await;
    assert_eq!(receiver.arrivals().len(), 1, "what failed waits for its time, and what happened meanwhile is not told");
    desk.engine.redeliver(Redelivery::Since(subscription.id, began)).await.unwrap();
    receiver.until(|arrivals| arrivals.iter().any(|arrival| arrival.ticket() == second.0.to_string())).await;
    desk.ahead.fetch_add(60 * 1_000, SeqCst);
    receiver.taken(1).await;
    receiver
        .until(|arrivals| arrivals.iter().filter(|arrival| arrival.ticket() == first.0.to_string()).count() == 2)
        .await;
}

#[tokio::test]
async fn what_was_given_up_is_kept_and_may_be_replayed() {
    let desk = Desk::new().await;
    let fails = Arc::new(AtomicBool::new(true));
    let receiver = Receiver::new({
        let fails = Arc::clone(&fails);
        move |arrival, _| Reply::Status(if fails.load(SeqCst) && arrival.action() == "CREATED" { 500 } else { 200 })
    })
    .await;
    let (subscription, _) = desk.subscribe(&receiver.url()).await;
    let _sender = desk.send(&options(&[1]));
    let id = desk.ticket().await;
    desk.comment(id).await;
    // The later one goes on when the first is given up.
    receiver.taken(1).await;
    assert_eq!(receiver.arrivals().len(), 3);
    let given_up = &desk.failed(1).await[0];
    assert_eq!(
        (given_up.delivery.attempts, given_up.delivery.next_attempt_at, given_up.delivery.ticket),
        (2, None, id)
    );
    assert!(given_up.label.is_some());

    fails.store(false, SeqCst);
    let replayed = desk.engine.redeliver(Redelivery::Delivery(given_up.id)).await.unwrap();
    assert_eq!(replayed, Some(1));
    let taken = receiver.taken(2).await;
    assert_eq!((taken[1].action(), taken[1].id()), ("CREATED", event_id(id, 1).to_string()));
    desk.failed(0).await;
    let again = desk.engine.redeliver(Redelivery::Delivery(given_up.id)).await;
    assert!(matches!(again, Err(SubscriptionError::NotFound)));
    assert_eq!(desk.engine.redeliver(Redelivery::GivenUp(subscription.id)).await.unwrap(), Some(0));
}

#[tokio::test]
async fn the_time_of_the_next_attempt_survives_a_restart() {
    let desk = Desk::new().await;
    let fails = AtomicBool::new(true);
    let receiver = Receiver::new(move |_, _| Reply::Status(if fails.swap(false, SeqCst) { 500 } else { 200 })).await;
    desk.subscribe(&receiver.url()).await;
    let sender = desk.send(&options(&[300]));
    let id = desk.ticket().await;
    receiver.until(|arrivals| arrivals.len() == 1).await;
    sleep(Duration::from_millis(300)).await;
    drop(sender);
    desk.comment(id).await;
    let _sender = send_after_lease(&desk);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(receiver.arrivals().len(), 1, "not before its time, and what comes later waits");
    let due = desk.engine.failed_deliveries(None, None, 9).await.unwrap()[0].delivery.next_attempt_at.unwrap();
    assert!((TimeDelta::seconds(290)..TimeDelta::seconds(331)).contains(&due.since(now())), "{due}");
    desk.ahead.fetch_add(331_000, SeqCst);
    let taken = receiver.taken(2).await;
    assert_eq!([taken[0].id(), taken[1].id()], [1, 2].map(|seq| event_id(id, seq).to_string()));
}

/// A sender that begins at once: the one before it is forgotten.
fn send_after_lease(desk: &Desk) -> Sender {
    desk.database.execute("DELETE FROM leases");
    desk.send(&options(&[300]))
}

/// Whatever fails, hangs or breaks off: each event arrives, and those of a ticket first arrive in their order.
#[tokio::test]
async fn events_of_a_ticket_arrive_in_their_order_whatever_fails() {
    let desk = Desk::new().await;
    let chance = AtomicU64::new(7);
    let receiver = Receiver::new(move |_, _| {
        let random = chance
            .fetch_update(SeqCst, SeqCst, |seed| Some(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)));
        match random.unwrap() >> 33 & 15 {
            0 => Reply::Status(500),
            1 => Reply::Disconnect,
            2 => Reply::BreakOff,
            3..=6 => Reply::After(Duration::from_millis(random.unwrap() >> 40 & 63), 200),
            _ => Reply::Status(200),
        }
    })
    .await;
    desk.subscribe(&receiver.url()).await;
    let _sender = desk.send(&options(&[1; 40]));
    let mut ids = vec![];
    for _ in 0..scaled(12) {
        ids.push(desk.ticket().await);
    }
    for _ in 0..8 {
        for id in &ids {
            desk.comment(*id).await;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let expected: HashSet<String> =
        ids.iter().flat_map(|id| (1..=9).map(|seq| event_id(*id, seq).to_string())).collect();
    receiver
        .until(|arrivals| {
            let taken: HashSet<_> = arrivals.iter().filter(|arrival| arrival.taken).map(Arrival::id).collect();
            taken == expected
        })
        .await;
    in_order(&receiver, &ids.iter().map(|id| (*id, 9)).collect());
}

/// Each event of each ticket first arrived after the one before it.
pub(crate) fn in_order(receiver: &Receiver, tickets: &HashMap<ticketing_core::TicketId, u32>) {
    let places: HashMap<_, _> = receiver.ids().into_iter().zip(0..).collect();
    for (id, last) in tickets {
        let of_ticket: Vec<u32> = (1..=*last)
            .map(|seq| *places.get(&event_id(*id, seq).to_string()).unwrap_or_else(|| panic!("{id} {seq} is lost")))
            .collect();
        assert!(of_ticket.is_sorted(), "{id}: {of_ticket:?}");
    }
}
