//! What carries elsewhere, written by somebody else: whatever goes wrong in it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use ticketing_core::{Timestamp, Uuid, subscription::Health};
use ticketing_server::{
    Engine,
    courier::{Carried, Carrier, CourierFigures, CourierOptions, Recipient},
    store::{AnyStore, DeliveryStore, Failure, FailureKind, FeedEntry, RecipientId, StoreError},
};
use tokio::time::{Instant, sleep};

use crate::sender::{Desk, look_for_news};

const SOMEBODY: RecipientId = RecipientId(Uuid::from_u128(7));

/// A carrier that panics where it is told to, once.
#[derive(Clone, Default)]
struct Clumsy {
    /// The numbers of the events that it has carried.
    carried: Arc<Mutex<Vec<u32>>>,
    trips_over_carrying: Arc<AtomicBool>,
    trips_over_wanting: Arc<AtomicBool>,
    /// What comes of carrying, one after the other; all else is delivered.
    comes_of_it: Arc<Mutex<VecDeque<Carried>>>,
    /// The failures in a row that were noted.
    failures: Arc<Mutex<Vec<u32>>>,
}

struct Somebody(Clumsy);

impl Recipient for Somebody {
    fn id(&self) -> RecipientId {
        SOMEBODY
    }

    fn version(&self) -> u32 {
        1
    }

    fn health(&self) -> Health {
        Health::default()
    }

    fn wants(&self, _: &FeedEntry) -> bool {
        assert!(!self.0.trips_over_wanting.swap(false, Relaxed), "a carrier trips, as it is to");
        true
    }
}

impl Carrier<AnyStore> for Clumsy {
    const NAME: &'static str = "clumsy";

    type Recipient = Somebody;
    type Content = ();

    async fn recipients(&self, _: &AnyStore) -> Result<Vec<Somebody>, StoreError> {
        Ok(vec![Somebody(self.clone())])
    }

    async fn content(&self, _: &Engine<AnyStore>, entry: &FeedEntry) -> Result<Option<((), u32)>, StoreError> {
        Ok(Some(((), entry.event.seq)))
    }

    async fn carry(&self, _: &Somebody, entry: &FeedEntry, (): &(), _: Timestamp) -> Carried {
        assert!(!self.trips_over_carrying.swap(false, Relaxed), "a carrier trips, as it is to");
        self.carried.lock().unwrap().push(entry.event.seq);
        self.comes_of_it.lock().unwrap().pop_front().unwrap_or(Carried::Delivered)
    }

    async fn keep_health(&self, _: &AnyStore, _: &Somebody, health: Health) -> Result<(), StoreError> {
        self.failures.lock().unwrap().push(health.failures);
        Ok(())
    }
}

impl Clumsy {
    async fn has_carried(&self, expected: &[u32]) {
        let began = Instant::now();
        while *self.carried.lock().unwrap() != expected {
            assert!(began.elapsed() < Duration::from_secs(20), "{:?}", self.carried.lock().unwrap());
            sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn send(desk: &Desk, carrier: &Clumsy) -> tokio::task::JoinHandle<()> {
    desk.engine.store().add_recipient(SOMEBODY).await.unwrap();
    let options = CourierOptions { retry_seconds: vec![60], ..CourierOptions::default() };
    let (engine, carrier, figures) = (desk.engine.clone(), carrier.clone(), Arc::clone(&desk.figures));
    tokio::spawn(async move {
        tokio::select! {
            () = engine.deliver(carrier, options, figures, std::future::pending()) => {}
            () = look_for_news(&engine) => {}
        }
    })
}

/// It was lost until the next start, and all that its ticket came to with it.
#[tokio::test]
async fn a_panic_of_a_carrier_is_a_failed_attempt() {
    let (desk, carrier) = (Desk::new().await, Clumsy::default());
    let sender = send(&desk, &carrier).await;
    carrier.trips_over_carrying.store(true, Relaxed);
    let id = desk.ticket().await;
    let failed = desk.failed(1).await.remove(0).delivery;
    let failure = Failure { kind: FailureKind::Internal, http_status: None };
    assert_eq!((failed.ticket, failed.attempts, failed.failure), (id, 1, Some(failure)));
    assert_eq!(desk.figures.failed.load(Relaxed), 1);
    desk.comment(id).await;
    desk.ahead.fetch_add(70_000, SeqCst);
    carrier.has_carried(&[1, 2]).await;
    desk.failed(0).await;
    sender.abort();
}

#[tokio::test]
async fn a_round_that_has_panicked_begins_again_where_it_was() {
    let (desk, carrier) = (Desk::new().await, Clumsy::default());
    let sender = send(&desk, &carrier).await;
    let id = desk.ticket().await;
    carrier.has_carried(&[1]).await;
    sleep(Duration::from_millis(1_500)).await;
    carrier.trips_over_wanting.store(true, Relaxed);
    desk.comment(id).await;
    carrier.has_carried(&[1, 2]).await;
    sender.abort();
}

/// A mail server that is down seemed to be back with each event that nobody is mailed.
#[tokio::test]
async fn what_there_is_nothing_to_carry_of_says_nothing_of_the_recipient() {
    let (desk, carrier) = (Desk::new().await, Clumsy::default());
    let failed = Carried::Failed(Failure { kind: FailureKind::Mail, http_status: None });
    *carrier.comes_of_it.lock().unwrap() = [failed, Carried::Nothing, failed, Carried::Nothing].into();
    let sender = send(&desk, &carrier).await;
    for number in 1..=4 {
        desk.ticket().await;
        carrier.has_carried(&vec![1; number]).await;
    }
    desk.failed(2).await;
    assert_eq!(*carrier.failures.lock().unwrap(), [1, 2]);
    desk.ahead.fetch_add(70_000, SeqCst);
    carrier.has_carried(&[1; 6]).await;
    desk.failed(0).await;
    assert_eq!(*carrier.failures.lock().unwrap(), [1, 2, 0]);
    let CourierFigures { delivered, failed, given_up, .. } = &*desk.figures;
    assert_eq!([delivered, failed, given_up].map(|figure| figure.load(Relaxed)), [2, 2, 0]);
    sender.abort();
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up_at_once_and_keeps_nothing_waiting() {
    let (desk, carrier) = (Desk::new().await, Clumsy::default());
    *carrier.comes_of_it.lock().unwrap() = [Carried::Refused].into();
    let sender = send(&desk, &carrier).await;
    let id = desk.ticket().await;
    desk.comment(id).await;
    carrier.has_carried(&[1, 2]).await;
    desk.failed(0).await;
    let CourierFigures { delivered, failed, given_up, .. } = &*desk.figures;
    assert_eq!([delivered, failed, given_up].map(|figure| figure.load(Relaxed)), [1, 0, 1]);
    assert!(carrier.failures.lock().unwrap().is_empty());
    sender.abort();
}
