use std::ops::Range;

use chrono::{Days, NaiveDate, NaiveTime};
use ticketing_core::{
    Status, TicketLabel, Timestamp, TokenScope, Uuid, integration,
    ticket::{ActorId, Origin},
};

use super::paging::{Paging, number};
use crate::{
    PageRequest,
    http::{ApiError, Call, Response},
    integration::view,
    store::Store,
};

/// Most characters of what is searched for.
const SEARCH_CHARS_MAX: usize = 200;

/// `GET /v2/tickets`: tickets, newest first, in numbered pages; by `Link` with a cursor, for going through everything.
pub(crate) async fn list<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    let paging = Paging::of(&call)?;
    let request = request(&call, paging)?;
    let is_numbered = request.start.is_ok();

    let page = call.engine().numbered_page(&actor, request).await?;
    let rows: Vec<_> = page.tickets.iter().map(view).collect();
    let last = page.tickets.last().filter(|_| page.has_more);
    let next = last.map(|last| call.uri_after(&last.stored.label.to_string()));
    paging.answer(&rows, page.total, is_numbered, next)
}

fn request<S: Store>(call: &Call<S>, paging: Paging) -> Result<PageRequest, ApiError> {
    let invalid = |name, wanted| ApiError::InvalidParameter { name, wanted };
    let given = |name: &str| call.query(name).map(|value| value.trim().to_owned());
    let id = |name| number(call, name, ["un identificador", "an id", "um identificador"]);
    let status = id("statusId")?
        .map(|id| {
            let status: Option<Status> = integration::status_of_id(id.into());
            status.ok_or_else(|| invalid("statusId", ["de 1 a 6", "from 1 to 6", "de 1 a 6"]))
        })
        .transpose()?;
    let origin = given("origin")
        .map(|name| Origin::from_name(&name).ok_or_else(|| invalid("origin", [ORIGINS; 3])))
        .transpose()?;
    let owner = given("ownerId")
        .map(|id| {
            let wanted = ["el identificador de un agente", "an agent's id", "o identificador de um agente"];
            Uuid::try_parse(&id).map(ActorId).map_err(|_| invalid("ownerId", wanted))
        })
        .transpose()?;
    let text = given("q").filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > SEARCH_CHARS_MAX) {
        return Err(invalid("q", ["hasta 200 caracteres", "up to 200 characters", "até 200 caracteres"]));
    }
    let cursor = given("cursor")
        .map(|cursor| {
            let wanted = [
                "use el enlace “next” de la página anterior, sin page",
                "use the “next” link of the page before, without page",
                "use o link “next” da página anterior, sem page",
            ];
            let label = cursor.parse::<TicketLabel>().ok().filter(|_| call.query("page").is_none());
            label.ok_or_else(|| invalid("cursor", wanted))
        })
        .transpose()?;
    Ok(PageRequest {
        status,
        origin,
        team: id("teamId")?,
        category: id("categoryId")?,
        tag: id("tagId")?,
        owner,
        created: day(call, "createdAt")?,
        updated: day(call, "updatedAt")?,
        text,
        start: cursor.map_or(Ok(paging.page), Err),
        size: paging.size,
    })
}

const ORIGINS: &str = "OTHER, AGENT_IN_SYSTEM, IMPORTED_EMAIL, SYSTEM_TRIGGER, TICKETS_API, CHAT";

/// A UTC day.
fn day<S: Store>(call: &Call<S>, name: &'static str) -> Result<Option<Range<Timestamp>>, ApiError> {
    let Some(text) = call.query(name) else { return Ok(None) };
    let wanted = ["una fecha, AAAA-MM-DD", "a date, YYYY-MM-DD", "uma data, AAAA-MM-DD"];
    let invalid = || ApiError::InvalidParameter { name, wanted };
    let date: Option<NaiveDate> = text.parse().ok();
    // To the letter: chrono reads more than is written so.
    let date = date.filter(|date| date.to_string() == text).ok_or_else(invalid)?;
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let next = date.checked_add_days(Days::new(1)).ok_or_else(invalid)?;
    let instant = |date| Timestamp::saturating_from_unix_millis(midnight(date));
    Ok(Some(instant(date)..instant(next)))
}
