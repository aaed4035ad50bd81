//! `/v2/events`: what happens, for those who ask now and then.

use hyper::header::LINK;
use serde::Serialize;
use ticketing_core::{
    TokenScope,
    subscription::{Happening, event_id},
};

use super::paging::{Paging, link};
use crate::{
    http::{ApiError, Call, Response, json},
    store::{FeedEntry, FeedPosition, Store},
};

/// `GET /v2/events?after=…`: what has happened after a position, in order, none twice, to the tickets that one may read. `Link` says
/// where to go on, also where nothing has happened. Without `after`, from the beginning; after `latest`, from now on.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    let size = Paging::of(&call)?.size;
    let after = after(&call)?;

    let (entries, position) = call.engine().feed_page(&actor, after, size).await?;
    let mut response = json(&entries.iter().map(View::from).collect::<Vec<_>>())?;
    let next = call.uri_with("after", &position.0.to_string());
    response.headers_mut().insert(LINK, link(&next)?);
    Ok(response)
}

/// `None`: from now on.
fn after<S: Store>(call: &Call<S>) -> Result<Option<FeedPosition>, ApiError> {
    const NAME: &str = "after";
    let text = call.query(NAME).unwrap_or_else(|| "0".to_owned());
    if text == "latest" {
        return Ok(None);
    }
    let wanted = ["una posición o latest", "a position or latest", "uma posição ou latest"];
    let digits = Some(&text).filter(|text| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()));
    let position = digits.and_then(|digits| digits.parse().ok()).map(FeedPosition);
    position.map(Some).ok_or(ApiError::InvalidParameter { name: NAME, wanted })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    /// The same as webhooks have.
    id: String,
    position: u64,
    timestamp: String,
    #[serde(rename = "type")]
    kind: &'static str,
    action: &'static str,
    /// All that it is.
    actions: Vec<&'static str>,
    ticket_id: String,
    ticket_label: String,
    /// Its number in its ticket.
    number: u32,
}

impl From<&FeedEntry> for View {
    fn from(entry: &FeedEntry) -> Self {
        let actions: Vec<_> = Happening::of(&entry.event).into_iter().map(Happening::name).collect();
        Self {
            id: event_id(entry.id, entry.event.seq).to_string(),
            position: entry.position.0,
            timestamp: entry.event.recorded_at.to_string(),
            kind: "TICKET",
            action: actions.first().copied().unwrap_or_default(),
            actions,
            ticket_id: entry.id.to_string(),
            ticket_label: entry.label.to_string(),
            number: entry.event.seq,
        }
    }
}
