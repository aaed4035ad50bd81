//! A copy of all tickets, such as a dashboard or a data warehouse keeps: taken once, and kept up to date from then on.
//!
//! 1. It notes where events are now (`GET /v2/events?after=latest`).
//! 2. It takes all tickets, page after page, from `Link` to `Link`. What changes meanwhile may be missing, or be old.
//! 3. It takes each ticket again that an event since then is about. It goes on like that for ever.
//!
//! Nothing is missing then, whatever happened between the pages, and nothing needs to be looked for: a mirror that was away for a week
//! goes on where it was. Webhooks tell the same as it happens; a mirror needs no address that the desk can reach.
//!
//! The desk runs in this program only so that the example needs nothing else. Run it with `cargo run -p example-ticket-mirror`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use reqwest::{Client, Method, header::LINK};
use serde_json::{Value, json};
use ticketing_core::token::NewToken;
use ticketing_server::{
    Authority, Engine,
    http::{App, HttpOptions, serve},
    store::sqlite::SqliteStore,
};
use tokio::{net::TcpListener, sync::oneshot};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let engine = Engine::start(SqliteStore::open(directory.path().join("ticketing.db"))?).await?;
    // An administrator has made a token for the mirror: `ticketing-server token create --name mirror --scopes …`.
    let form = br#"{ "nombre": "mirror", "alcances": ["tickets:read", "tickets:write"] }"#;
    let (_, secret) = engine.create_token(NewToken::from_json(form, engine.now())?, &Authority::Operator).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or_default() };
    let server = tokio::spawn(serve(listener, App::new(engine, HttpOptions::default()), shutdown));

    // The desk is on this machine: no proxy of the environment knows it.
    let desk = Desk { client: Client::builder().no_proxy().build()?, url, token: secret.reveal().to_owned() };
    for number in 1..=45 {
        desk.create(&format!("Ticket {number}")).await?;
    }

    let mut mirror = Mirror::begin(&desk).await?;
    let mut page = Some("/v2/tickets?size=20".to_owned());
    while let Some(path) = page {
        page = mirror.take_page(&desk, &path).await?;
        println!("{} tickets are here; more at {page:?}", mirror.tickets.len());
        // The desk goes on working meanwhile: at tickets that are here already, and at new ones.
        desk.change(mirror.tickets.keys().next().context("a ticket")?, "Changed between two pages").await?;
        desk.create("Created between two pages").await?;
    }
    mirror.follow(&desk).await?;
    mirror.compare(&desk, 48).await?;

    // It was away, and has kept what it knew: its tickets and where it was.
    desk.create("Created while nobody looked").await?;
    desk.change(mirror.tickets.keys().last().context("a ticket")?, "Changed while nobody looked").await?;
    let taken = mirror.follow(&desk).await?;
    println!("{taken} tickets were taken again");
    assert_eq!(taken, 2);
    mirror.compare(&desk, 49).await?;
    assert_eq!(mirror.follow(&desk).await?, 0);

    drop(stop);
    server.await??;
    Ok(())
}

/// What is known of the desk: to be kept together, so that neither is ahead of the other.
struct Mirror {
    /// By their ids.
    tickets: BTreeMap<String, Value>,
    /// Where events go on.
    events: String,
}

impl Mirror {
    /// A mirror without tickets, from now on.
    async fn begin(desk: &Desk) -> anyhow::Result<Self> {
        let (nothing, events) = desk.page("/v2/events?after=latest").await?;
        assert!(nothing.is_empty());
        Ok(Self { tickets: BTreeMap::new(), events: events.context("events have a position")? })
    }

    /// Takes a page of tickets, and answers where the next one is.
    async fn take_page(&mut self, desk: &Desk, path: &str) -> anyhow::Result<Option<String>> {
        let (tickets, next) = desk.page(path).await?;
        for ticket in tickets {
            self.tickets.insert(text(&ticket, "id")?, ticket);
        }
        Ok(next)
    }

    /// Takes each ticket again to which something has happened, and answers how many they were. There is always more to come:
    /// whoever keeps a mirror up to date waits a second and calls this again.
    async fn follow(&mut self, desk: &Desk) -> anyhow::Result<usize> {
        let mut all = BTreeSet::new();
        loop {
            let (events, next) = desk.page(&self.events).await?;
            let next = next.context("events have a position")?;
            let changed: BTreeSet<_> = events.iter().map(|event| text(event, "ticketId")).collect::<Result<_, _>>()?;
            for id in &changed {
                self.tickets.insert(id.clone(), desk.call(Method::GET, &format!("/v2/tickets/{id}"), None).await?);
            }
            all.extend(changed);
            // Some of a page may be of tickets that this token may not read: only the position tells that there is no more.
            if next == std::mem::replace(&mut self.events, next.clone()) {
                return Ok(all.len());
            }
        }
    }

    /// The mirror has what the desk has.
    async fn compare(&self, desk: &Desk, expected: usize) -> anyhow::Result<()> {
        let mut page = Some("/v2/tickets?size=100".to_owned());
        let mut there = BTreeMap::new();
        while let Some(path) = page {
            let (tickets, next) = desk.page(&path).await?;
            for ticket in tickets {
                there.insert(text(&ticket, "id")?, ticket);
            }
            page = next;
        }
        assert_eq!(there.len(), expected);
        assert!(self.tickets == there);
        println!("all {expected} tickets are as they are at the desk");
        Ok(())
    }
}

/// Where the desk is, and how to call it.
struct Desk {
    client: Client,
    url: String,
    token: String,
}

impl Desk {
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).header("X-API-TOKEN", &self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// A list's page, and where the next one is.
    async fn page(&self, path: &str) -> anyhow::Result<(Vec<Value>, Option<String>)> {
        let request = self.client.get(format!("{}{path}", self.url)).header("X-API-TOKEN", &self.token);
        let response = request.send().await?.error_for_status()?;
        let next = response.headers().get(LINK).map(|link| next(link.to_str()?)).transpose()?;
        Ok((response.json().await?, next))
    }

    async fn create(&self, subject: &str) -> anyhow::Result<()> {
        self.call(Method::POST, "/v2/tickets", Some(json!({ "subject": subject }))).await?;
        Ok(())
    }

    async fn change(&self, id: &str, subject: &str) -> anyhow::Result<()> {
        let path = format!("/v2/tickets/{id}/attributes/subject");
        self.call(Method::PATCH, &path, Some(json!({ "subject": subject }))).await?;
        Ok(())
    }
}

/// The path in a `Link: <…>; rel="next"`, the only one that lists here have. Source: RFC 8288.
fn next(link: &str) -> anyhow::Result<String> {
    let path = link.strip_prefix('<').and_then(|link| link.split_once('>')).context("a link")?;
    ensure!(path.1.contains("rel=\"next\""), "a link to something else: {link}");
    Ok(path.0.to_owned())
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("{name} is no text"))
}
