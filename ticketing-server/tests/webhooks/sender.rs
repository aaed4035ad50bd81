use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::{Value, json};
use ticketing_core::{
    Actor, Command, Draft, Field, TicketId, Timestamp,
    subscription::{NewSubscription, Standing, Subscription, SubscriptionId},
    ticket::Message,
};
use ticketing_server::{
    CreateRequest, Engine,
    courier::{CourierFigures, CourierOptions},
    store::{AnyStore, FailedDelivery},
    webhooks::{WebhookOptions, Webhooks},
};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::common::database::Database;

/// An engine on a database of its own, whose events are told outside.
pub(crate) struct Desk {
    pub(crate) engine: Engine<AnyStore>,
    pub(crate) figures: Arc<CourierFigures>,
    pub(crate) database: Database,
    /// By how much the clock is ahead.
    pub(crate) ahead: Arc<AtomicI64>,
}

/// Somebody who delivers, until it is dropped.
pub(crate) struct Sender {
    task: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sender {
    /// Ends as a server does that is asked to.
    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        (&mut self.task).await.unwrap();
    }
}

/// For receivers on this machine, without patience.
pub(crate) fn options(retry_seconds: &[u32]) -> WebhookOptions {
    WebhookOptions {
        allowed_networks: vec!["127.0.0.0/8".parse().unwrap()],
        timeout: Duration::from_secs(2),
        courier: CourierOptions {
            retry_seconds: retry_seconds.into(),
            pause_seconds_max: 0,
            ..CourierOptions::default()
        },
    }
}

pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

impl Desk {
    pub(crate) async fn new() -> Self {
        // Making one takes a while, in which others are waited for.
        let database = tokio::task::spawn_blocking(Database::new).await.unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let engine = engine(&database, &ahead).await;
        Self { engine, figures: Arc::default(), database, ahead }
    }

    /// Another engine on the same database, as another process has it.
    pub(crate) async fn beside(&self) -> Engine<AnyStore> {
        engine(&self.database, &self.ahead).await
    }

    pub(crate) fn send(&self, options: &WebhookOptions) -> Sender {
        send(&self.engine, options, &self.figures)
    }

    pub(crate) async fn subscribe(&self, url: &str) -> (Subscription, String) {
        self.subscribe_to(url, &json!({})).await
    }

    pub(crate) async fn subscribe_to(&self, url: &str, more: &Value) -> (Subscription, String) {
        let mut form = json!({ "eventType": "TICKET", "webhook": { "url": url } });
        for (name, value) in more.as_object().unwrap() {
            form[name] = value.clone();
        }
        let new = NewSubscription::from_json(form.to_string().as_bytes()).unwrap();
        let created = self.engine.create_subscription(new).await.unwrap();
        (created.subscription, created.secret.reveal())
    }

    pub(crate) async fn ticket(&self) -> TicketId {
        create(&self.engine).await
    }

    pub(crate) async fn comment(&self, id: TicketId) {
        comment(&self.engine, id).await;
    }

    /// What has failed and is not delivered yet, once there is so much.
    pub(crate) async fn failed(&self, count: usize) -> Vec<FailedDelivery> {
        let began = Instant::now();
        loop {
            let failed = self.engine.failed_deliveries(None, None, 99).await.unwrap();
            if failed.len() == count {
                return failed;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{failed:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until a subscription stands like this.
    pub(crate) async fn stands(&self, id: SubscriptionId, standing: Standing) -> Subscription {
        let began = Instant::now();
        loop {
            let subscription = self.engine.subscription(id).await.unwrap();
            if subscription.health.standing == standing {
                return subscription;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{:?}", subscription.health);
            sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn engine(database: &Database, ahead: &Arc<AtomicI64>) -> Engine<AnyStore> {
    let ahead = Arc::clone(ahead);
    let clock = move || Timestamp::from_unix_millis(now().unix_millis() + ahead.load(SeqCst)).unwrap();
    let store = database.open().await;
    Engine::start_with_clock(store, clock).await.unwrap()
}

/// What a server looks for all the time.
pub(crate) async fn look_for_news(engine: &Engine<AnyStore>) {
    loop {
        engine.give_positions().await.unwrap();
        engine.look_for_news().await.unwrap();
        sleep(Duration::from_millis(100)).await;
    }
}

pub(crate) fn send(engine: &Engine<AnyStore>, options: &WebhookOptions, figures: &Arc<CourierFigures>) -> Sender {
    let (engine, carrier, courier) = (engine.clone(), Webhooks::new(options).unwrap(), options.courier.clone());
    let (figures, (stop, stopped)) = (Arc::clone(figures), oneshot::channel());
    let task = tokio::spawn(async move {
        let stopped = async { _ = stopped.await };
        tokio::select! {
            () = engine.deliver(carrier, courier, figures, stopped) => {}
            () = look_for_news(&engine) => {}
        }
    });
    Sender { task, stop: Some(stop) }
}

pub(crate) async fn create(engine: &Engine<AnyStore>) -> TicketId {
    let form = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, "ana@example.com")
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "No puedo iniciar sesión en Outlook.")
        .with(Field::Subject, "Outlook")
        .with(Field::Priority, "BAJA");
    let new = form.validate(&engine.rules()).unwrap();
    engine.create(CreateRequest::new(new)).await.unwrap().id
}

pub(crate) async fn comment(engine: &Engine<AnyStore>, id: TicketId) {
    let message = Message::new("¿Hay novedades?").unwrap();
    engine.execute(id, &Actor::Requester, Command::Comment { message }).await.unwrap();
}
