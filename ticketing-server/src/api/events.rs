//! `/api/eventos`: what happens, as it happens.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use serde::Serialize;
use ticketing_core::User;

use crate::{
    Engine, Follower,
    api::tickets::history,
    http::{ApiError, BoxError, Call, Response, events},
    store::{FeedEntry, FeedPosition, Store},
};

/// How often something is sent where nothing happens, so that whoever stands between does not take the connection for dead, and
/// whoever may not listen any longer is told so.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a client may take to receive what was sent: one that does not read keeps its place from others.
const PATIENCE: Duration = Duration::from_secs(30);
/// How soon a client is to come back.
const RETRY_MS: u32 = 2_000;

/// `GET /api/eventos`: a stream of server-sent events, for the desk: each event of each ticket that one may read, in order.
/// `Last-Event-ID` goes on after the last one that was received; without it, what happens from now on. To be read with fetch:
/// the token goes into a header, never into an address.
pub(crate) async fn stream<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let user = call.staff().await?;
    let after = call.last_event_id()?;
    let place =
        Arc::clone(&call.state().streams).try_acquire_owned().map_err(|error| ApiError::Unavailable(error.into()))?;

    let follower = call.engine().follow(&user.actor(), after).await?;
    let (sender, body) = Channel::new(1);
    let asked = Asked { call, user };
    tokio::spawn(async move {
        let _place = place;
        // It ends with its client, its session, or the server.
        let _ = asked.tell(follower, sender).await;
    });
    Ok(events(body))
}

/// What is sent of an event.
#[derive(Serialize)]
struct Told<'a> {
    ticket_uuid: String,
    ticket_label: String,
    area_asignada: &'a str,
    #[serde(flatten)]
    event: history::Entry,
    sla: Option<Alarm>,
}

/// Which share of which target's time is up.
#[derive(Serialize)]
struct Alarm {
    objetivo: &'static str,
    ciclo: u32,
    porcentaje: u8,
}

/// Who asked, and as whom.
struct Asked<S> {
    call: Call<S>,
    user: Arc<User>,
}

/// The stream is over.
struct Over;

impl<S: Store> Asked<S> {
    async fn tell(self, mut follower: Follower<S>, mut sender: Sender<Bytes, BoxError>) -> Result<(), Over> {
        let begin = format!("retry: {RETRY_MS}\nid: {}\nevent: inicio\ndata: {{}}\n\n", follower.position().0);
        self.send(&mut sender, begin).await?;
        let mut closing = self.call.state().closing.subscribe();
        loop {
            let told = tokio::select! {
                _ = closing.wait_for(|closing| *closing) => return Ok(()),
                told = tokio::time::timeout(HEARTBEAT, follower.next()) => told,
            };
            match told {
                // A comment. Where all that happened was none of theirs, they go on after it the next time.
                Err(_) => self.send(&mut sender, format!("id: {}\n: \n\n", follower.position().0)).await?,
                Ok(Ok(entries)) => {
                    for entry in &entries {
                        let frame = frame(self.call.engine(), entry).ok_or(Over)?;
                        self.send(&mut sender, frame).await?;
                    }
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "what happens could not be read");
                    return Err(Over);
                }
            }
        }
    }

    /// What was true when they asked must still be, each time that they are told something: user, role, area.
    fn send<'s>(
        &self,
        sender: &'s mut Sender<Bytes, BoxError>,
        frame: String,
    ) -> impl Future<Output = Result<(), Over>> + Send + use<'s, S> {
        let (asked, is, mut closing) = (self.call.staff(), self.user.actor(), self.call.state().closing.subscribe());
        async move {
            let user = asked.await.map_err(|_| Over)?;
            if user.actor() != is {
                return Err(Over);
            }
            tokio::select! {
                _ = closing.wait_for(|closing| *closing) => Err(Over),
                sent = tokio::time::timeout(PATIENCE, sender.send_data(frame.into())) => {
                    sent.map_err(|_| Over)?.map_err(|_| Over)
                }
            }
        }
    }
}

fn frame<S: Store>(engine: &Engine<S>, entry: &FeedEntry) -> Option<String> {
    let rules = engine.rules();
    let passed = entry.event.changes.clocks.passed.first().filter(|_| entry.event.action.is_of_clocks());
    let told = Told {
        ticket_uuid: entry.id.to_string(),
        ticket_label: entry.label.to_string(),
        area_asignada: rules.desk_area(entry.event.told_area(&entry.area)),
        event: history::entry(
            engine,
            &rules,
            entry.requester_name.as_deref(),
            &entry.event,
            entry.text.as_deref(),
            entry.on_behalf.as_deref(),
        ),
        sla: passed.map(|passed| Alarm {
            objetivo: passed.target.member(),
            ciclo: passed.cycle,
            porcentaje: passed.percent,
        }),
    };
    // One line: what breaks a line in JSON is escaped.
    let json = serde_json::to_string(&told).ok()?;
    Some(format!("id: {}\nevent: ticket\ndata: {json}\n\n", entry.position.0))
}

impl<S: Store> Call<S> {
    /// The position of the last event that a client has received, if it says so.
    fn last_event_id(&self) -> Result<Option<FeedPosition>, ApiError> {
        let Some(value) = self.header("last-event-id") else { return Ok(None) };
        let digits = value.to_str().ok().map(str::trim).filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()));
        let position = digits.and_then(|digits| digits.parse().ok());
        position.map(|position| Some(FeedPosition(position))).ok_or(ApiError::InvalidHeader("Last-Event-ID"))
    }
}
