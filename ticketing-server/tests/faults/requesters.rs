//! Those who ask for something while something fails, and what they know afterwards.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
};

use serde_json::{Value, json};
use ticketing_server::{
    archive::verify,
    store::{AnyStore, LabelKey, Location, TicketStore},
};
use tokio::task::JoinSet;

use super::common::http::{Answer, Connection, Request};

/// A requester's ticket is told from every other one by the number in its requester's address.
pub(crate) fn email(requester: u32) -> String {
    format!("requester-{requester}@example.com")
}

/// A ticket of such a length that a log is full after some dozens.
pub(crate) fn form(requester: u32) -> Value {
    json!({
        "nombre": format!("Solicitante {requester}"),
        "email": email(requester),
        "tipo": "INCIDENTE",
        "categoria": "Sistemas",
        "descripcion": format!("Solicitud número {requester}. {}", "Nada funciona. ".repeat(1_000)),
        "prioridad": "ALTA",
    })
}

pub(crate) fn creation(requester: u32) -> Request {
    Request::post("/api/tickets/crear", form(requester).to_string())
        .header("Idempotency-Key", &format!("key-{requester}"))
}

/// A ticket that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) label: String,
    pub(crate) requester: u32,
    /// How much the disk's journal had when the answer was there.
    pub(crate) noted: u64,
}

/// What came of many requests.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) acknowledged: Vec<Acknowledged>,
    /// Requesters who were told that nothing was stored.
    pub(crate) refused: Vec<u32>,
}

/// Who creates tickets, one after the other, until they are to stop or the server is gone.
pub(crate) struct Load {
    clients: JoinSet<Known>,
    stop: Arc<AtomicBool>,
    pub(crate) answered: Arc<AtomicU32>,
}

impl Load {
    /// `noted` tells how much is in the journal now.
    pub(crate) fn start(
        address: SocketAddr,
        clients: u32,
        next: &Arc<AtomicU32>,
        noted: impl Fn() -> u64 + Clone + Send + 'static,
    ) -> Self {
        let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let mut set = JoinSet::new();
        for _ in 0..clients {
            let (next, stop, answered, noted) =
                (Arc::clone(next), Arc::clone(&stop), Arc::clone(&answered), noted.clone());
            set.spawn(async move {
                let mut known = Known::default();
                let Ok(mut client) = Connection::try_open(address).await else { return known };
                while !stop.load(SeqCst) {
                    let requester = next.fetch_add(1, SeqCst);
                    if client.try_send(creation(requester).octets()).await.is_err() {
                        break;
                    }
                    let Ok(Some(answer)) = client.try_answer().await else { break };
                    note(&mut known, &answer, requester, noted());
                    answered.fetch_add(1, SeqCst);
                }
                known
            });
        }
        Self { clients: set, stop, answered }
    }

    pub(crate) async fn ended(self) -> Known {
        let mut all = Known::default();
        for Known { acknowledged, refused } in self.clients.join_all().await {
            all.acknowledged.extend(acknowledged);
            all.refused.extend(refused);
        }
        all
    }

    pub(crate) async fn stop(self) -> Known {
        self.stop.store(true, SeqCst);
        self.ended().await
    }
}

/// Anything else than these is a defect: done, or not done because the disk takes nothing, or because the server is about to end.
pub(crate) fn note(known: &mut Known, answer: &Answer, requester: u32, noted: u64) {
    if answer.status == 200 {
        let label = answer.json()["ticketLabel"].as_str().unwrap().to_owned();
        known.acknowledged.push(Acknowledged { label, requester, noted });
    } else {
        let code = if answer.json()["code"] == "unavailable" { "unavailable" } else { "read-only" };
        answer.problem(503, code);
        known.refused.push(requester);
    }
}

/// Asserts that a ticket is found and is its requester's.
pub(crate) async fn is_found(client: &mut Connection, ticket: &Acknowledged) {
    let email = email(ticket.requester);
    let found = client.post("/api/tickets/consultar", &json!({ "label": ticket.label, "email": email })).await.ok();
    assert_eq!((&found["ticketLabel"], &found["solicitanteEmail"]), (&json!(ticket.label), &json!(email)));
}

/// Asserts that a file holds what was acknowledged, nothing twice, and nothing that is not as it must be. Answers whose tickets it has.
pub(crate) async fn holds(file: &Path, acknowledged: &[Acknowledged], what: &str) -> HashMap<u32, String> {
    let store =
        AnyStore::open(&Location::Sqlite(file.to_owned())).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let findings = verify(&store).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!((&findings.deviations[..], &findings.gaps[..]), (&[][..], &[][..]), "{what}");
    let mut there = HashMap::new();
    let mut after = LabelKey::NOTHING;
    loop {
        let tickets = store.histories(after, 500).await.unwrap();
        let Some(last) = tickets.last() else { break };
        after = last.label.into();
        for ticket in &tickets {
            let record = store.find_public(ticket.label.into()).await.unwrap().expect("a ticket with a history");
            let email = record.intake.requester.as_ref().expect("a requester").email.to_string();
            let number = email.strip_prefix("requester-").and_then(|rest| rest.split('@').next()).unwrap();
            let before = there.insert(number.parse::<u32>().unwrap(), ticket.label.to_string());
            assert_eq!(before, None, "{what}: {email} has two tickets");
        }
    }
    for Acknowledged { label, requester, .. } in acknowledged {
        assert_eq!(there.get(requester), Some(label), "{what}: {} was told {label}", email(*requester));
    }
    there
}
