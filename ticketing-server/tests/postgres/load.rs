//! Requesters who do not give up: what they are answered is what has to be there in the end.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use ticketing_core::{Ticket, TicketLabel};
use ticketing_server::store::{LabelKey, Store, StoredHistory};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::common::{
    http::{Answer, Connection, Request},
    seed_with,
};

/// Where servers answer at the moment; requesters go from one to the next.
#[derive(Default)]
pub(crate) struct Servers {
    addresses: Mutex<Vec<SocketAddr>>,
    next: AtomicU32,
}

impl Servers {
    pub(crate) fn set(&self, number: usize, address: SocketAddr) {
        let mut addresses = self.addresses.lock().unwrap();
        if number < addresses.len() {
            addresses[number] = address;
        } else {
            addresses.push(address);
        }
    }

    fn one(&self) -> SocketAddr {
        let addresses = self.addresses.lock().unwrap();
        addresses[usize::try_from(self.next.fetch_add(1, SeqCst)).unwrap() % addresses.len()]
    }

    /// Asks once; `None` where nobody answers.
    async fn try_ask(&self, request: &Request) -> Option<Answer> {
        let ask = async {
            let mut connection = Connection::try_open(self.one()).await.ok()?;
            connection.try_send(request.octets()).await.ok()?;
            connection.try_answer().await.ok()?
        };
        timeout(Duration::from_secs(30), ask).await.ok()?
    }

    /// Asks, here and there, until it is done. The request has to be one that may be repeated.
    async fn ask(&self, request: &Request) -> Answer {
        const PATIENCE: Duration = Duration::from_mins(1);
        let began = Instant::now();
        loop {
            let answer = self.try_ask(request).await;
            match answer {
                Some(answer) if answer.status == 200 => return answer,
                Some(answer) => assert_eq!(answer.status, 503, "{answer}"),
                None => {}
            }
            assert!(began.elapsed() < PATIENCE, "nobody does it");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What requesters know.
#[derive(Default)]
pub(crate) struct Known {
    /// Label and number of each requester, all of whom were answered in the end.
    created: Vec<(String, u32)>,
    /// Comments that were answered.
    said: Vec<String>,
    /// Comments that nobody has answered: they may be there or not.
    unknown: HashSet<String>,
    /// The longest that somebody had to wait for their ticket.
    pub(crate) longest: Duration,
}

fn email(requester: u32) -> String {
    format!("requester-{requester}@example.com")
}

/// Requesters, so many at once, until they are told to stop, each with a pause behind each ticket.
pub(crate) async fn requesters(
    at_once: u32,
    pause: Duration,
    servers: &Arc<Servers>,
    stopped: &Arc<AtomicBool>,
) -> Known {
    let next = Arc::new(AtomicU32::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..at_once {
        let (servers, stopped, next) = (Arc::clone(servers), Arc::clone(stopped), Arc::clone(&next));
        clients.spawn(async move {
            let mut known = Known::default();
            while !stopped.load(SeqCst) {
                request(&servers, next.fetch_add(1, SeqCst), &mut known).await;
                sleep(pause).await;
            }
            known
        });
    }
    let mut all = Known::default();
    for known in clients.join_all().await {
        all.created.extend(known.created);
        all.said.extend(known.said);
        all.unknown.extend(known.unknown);
        all.longest = all.longest.max(known.longest);
    }
    all
}

async fn request(servers: &Servers, requester: u32, known: &mut Known) {
    let began = Instant::now();
    let email = email(requester);
    let form = seed_with(&json!({ "email": email, "prioridad": "BAJA", "categoria": format!("C{}", requester % 5) }));
    let create = Request::post("/api/tickets/crear", form.to_string());
    let created = servers.ask(&create.header("Idempotency-Key", &format!("key-{requester}"))).await.ok();
    let label = created["ticketLabel"].as_str().unwrap().to_owned();
    known.longest = known.longest.max(began.elapsed());

    let message = format!("Mensaje de {requester}");
    let form = json!({ "label": label, "email": email, "mensaje": message }).to_string();
    match servers.try_ask(&Request::post("/api/tickets/comentar", form)).await {
        Some(answer) if answer.status == 200 => known.said.push(message),
        Some(answer) if answer.status != 503 => panic!("{answer}"),
        _ => _ = known.unknown.insert(message),
    }
    known.created.push((label, requester));
}

impl Known {
    /// Asserts that a store has all that was answered, and nothing else; answers the histories of all tickets.
    pub(crate) async fn is_what_is_in(&self, store: &impl Store) -> Vec<StoredHistory> {
        let mut numbers: Vec<_> =
            self.created.iter().map(|(label, _)| label.parse::<TicketLabel>().unwrap().number()).collect();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()), "each once, none missing");
        let histories = store.histories(LabelKey::NOTHING, 1_000_000).await.unwrap();
        assert_eq!(histories.len(), self.created.len(), "there is no ticket that nobody knows of");

        let requesters: HashMap<_, _> = self.created.iter().map(|(label, requester)| (label, *requester)).collect();
        let mut said = HashMap::<String, u32>::new();
        for history in &histories {
            let record = store.record(history.id).await.unwrap().unwrap();
            let requester = requesters[&history.label.to_string()];
            assert_eq!(record.intake.requester.unwrap().email.as_str(), email(requester), "{}", history.label);
            // More may have happened since: the time of some is up by itself.
            let events: Vec<_> = record.history.iter().map(|new| &new.event).collect();
            assert!(
                events.iter().copied().zip(&history.events).all(|(now, before)| now == before),
                "{}",
                history.label
            );
            assert!(events.len() >= history.events.len(), "{}", history.label);
            assert_eq!(Ticket::replay(history.id, events).unwrap(), record.ticket, "{}", history.label);
            for text in record.history.into_iter().filter_map(|new| new.text) {
                *said.entry(text).or_default() += 1;
            }
        }
        for message in &self.said {
            assert_eq!(said.remove(message), Some(1), "{message}");
        }
        for (message, times) in said {
            assert!(self.unknown.contains(&message) && times == 1, "{message}, {times} times");
        }
        println!(
            "{} tickets, {} comments, {} comments nobody knows of; somebody waited {:?}",
            self.created.len(),
            self.said.len(),
            self.unknown.len(),
            self.longest
        );
        histories
    }
}
