//! Creations of tickets of many kinds: lists have something to choose from.

use std::cell::Cell;

use serde_json::{Value, json};
use ticketing_benches::seed;

use crate::load::{Request, Workload, post};

/// The seed's ticket in each of eight areas, with each of five priorities.
pub(crate) struct Varied {
    requests: Vec<Vec<u8>>,
    next: Cell<usize>,
    created: Cell<usize>,
}

const AREAS: [&str; 8] = ["MESA", "SISTEMAS", "REDES", "SOPORTE", "INFRAESTRUCTURA", "DESARROLLO", "NOMINA", "ARCHIVO"];
const PRIORITIES: [&str; 5] = ["ALTA", "MEDIA", "BAJA", "URGENTE", "OTRA"];

impl Varied {
    pub(crate) fn new() -> Self {
        let mut form: Value = serde_json::from_slice(seed::CREATE_BODY).expect("the seed's body is JSON");
        let mut requests = vec![];
        for area in AREAS {
            for priority in PRIORITIES {
                form["areaAsignada"] = json!(area);
                form["prioridad"] = json!(priority);
                requests.push(post("/api/tickets/crear", form.to_string().as_bytes()));
            }
        }
        Self { requests, next: Cell::new(0), created: Cell::new(0) }
    }

    /// How many there are.
    pub(crate) fn created(&self) -> usize {
        self.created.get()
    }
}

impl Workload for Varied {
    fn render(&self, request: &mut Request) {
        let next = self.next.replace((self.next.get() + 1) % self.requests.len());
        request.bytes.clear();
        request.bytes.extend_from_slice(&self.requests[next]);
    }

    fn accept(&self, _: &Request, body: &[u8]) -> bool {
        self.created.set(self.created.get() + 1);
        body.starts_with(b"{\"ticketUuid\":")
    }
}
