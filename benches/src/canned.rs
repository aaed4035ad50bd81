//! Requests that are written before anything is measured: lists, searches and look-ups of tickets that are there.

use std::{cell::Cell, net::SocketAddr};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::load::{Request, Workload, exchange, post};

/// Requests that are sent in turn, and what their answers have in common.
pub(crate) struct Canned {
    requests: Vec<Vec<u8>>,
    next: Cell<usize>,
    /// What every right answer begins with.
    begins: &'static [u8],
    /// How many octets it has: hours that are left have more digits or fewer.
    octets: std::ops::Range<usize>,
}

impl Canned {
    /// One list, asked for again and again. Its first answer is looked at: as many rows as are said, of tickets.
    ///
    /// # Errors
    /// When the answer is another one.
    pub(crate) fn list(address: SocketAddr, path: &str, token: &str, rows: usize) -> anyhow::Result<Self> {
        let request = get(path, token);
        let (status, body) = exchange(address, &request)?;
        ensure!(status == 200, "{path} answers {status}: {}", String::from_utf8_lossy(&body));
        let answered: Vec<Value> = serde_json::from_slice(&body).with_context(|| format!("{path} answers no list"))?;
        ensure!(answered.len() == rows, "{path} answers {} rows instead of {rows}", answered.len());
        ensure!(answered.iter().all(|row| row["label"].is_string()), "{path} answers rows without a label");
        let slack = body.len() / 50 + 64;
        let octets = body.len().saturating_sub(slack)..body.len() + slack;
        let begins = if rows == 0 { b"[]".as_slice() } else { b"[{" };
        Ok(Self { requests: vec![request], next: Cell::new(0), begins, octets })
    }

    /// Look-ups of tickets by label and e-mail address.
    pub(crate) fn look_ups(tickets: &[(String, String)]) -> Self {
        let form = |(label, email): &(String, String)| json!({ "label": label, "email": email }).to_string();
        let requests = tickets.iter().map(|ticket| post("/api/tickets/consultar", form(ticket).as_bytes())).collect();
        Self { requests, next: Cell::new(0), begins: b"{\"ticketUuid\":", octets: 500..8_000 }
    }

    /// Octets that an answer has, about.
    pub(crate) fn answer_octets(&self) -> usize {
        usize::midpoint(self.octets.start, self.octets.end)
    }

    /// The same requests, of a server that answers all of them alike.
    pub(crate) fn of_constant(&self) -> Self {
        Self { requests: self.requests.clone(), next: Cell::new(0), begins: b"", octets: 0..usize::MAX }
    }
}

impl Workload for Canned {
    fn render(&self, request: &mut Request) {
        // A prime beyond the number of requests visits each before it comes back to the first.
        const STRIDE: usize = 7_368_787;
        let next = self.next.replace((self.next.get() + STRIDE) % self.requests.len());
        request.bytes.clear();
        request.bytes.extend_from_slice(&self.requests[next]);
    }

    fn accept(&self, _: &Request, body: &[u8]) -> bool {
        body.starts_with(self.begins) && self.octets.contains(&body.len())
    }
}

/// A GET of whoever has logged in.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// The token of a user who logs in.
///
/// # Errors
/// When the server does not let them.
pub(crate) fn log_in(address: SocketAddr, email: &str, password: &str) -> anyhow::Result<String> {
    let form = json!({ "email": email, "password": password }).to_string();
    let (status, body) = exchange(address, &post("/api/auth/login", form.as_bytes()))?;
    ensure!(status == 200, "logging in is answered with {status}: {}", String::from_utf8_lossy(&body));
    let session: Value = serde_json::from_slice(&body)?;
    Ok(session["access_token"].as_str().context("a session without a token")?.to_owned())
}
