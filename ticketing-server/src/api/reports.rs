//! `/api/reportes` and `/v2/reports`: what tickets come to in figures.

use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, HeaderMap, HeaderValue, VARY};
use ticketing_core::{Actor, TokenScope};

use crate::{
    EngineError,
    http::{ApiError, Call, Response, json_value, not_modified, text, with_etag},
    reports::{self, Asked, Dialect, Format, Told, Unclear},
    store::Store,
};

/// `GET /api/reportes`: figures by period and by area, type, priority, category, agent or origin, as JSON or CSV. Beyond the contract.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    report(call, &actor, Dialect::Desk).await
}

/// `GET /v2/reports`: the same, for other systems. Beyond the contract.
pub(crate) async fn show_integration<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    report(call, &actor, Dialect::Integration).await
}

async fn report<S: Store>(call: Call<S>, actor: &Actor, dialect: Dialect) -> Result<Response, ApiError> {
    let engine = call.engine();
    let asked = Asked::read(&|name| call.queries(name), dialect, call.locale(), engine.now(), &engine.rules())?;

    let answer = engine.report(actor, &asked.ask).await.map_err(|error| match error {
        EngineError::Report(error) => reports::refused(error, dialect).into(),
        error => ApiError::from(error),
    })?;
    asked.check(&answer.report)?;
    let told = Told::new(engine, asked, answer);
    let format = told.asked.format.unwrap_or_else(|| wanted(call.headers()));
    let mut response = match format {
        Format::Json => {
            let (body, tag) = reports::json(&told).map_err(|error| ApiError::Internal(error.into()))?;
            let response = if call.has_etag(&tag) { not_modified() } else { json_value(body) };
            // Weak: it says nothing of when it was asked for.
            with_etag(response, &format!("W/{tag}"))?
        }
        Format::Csv => as_file(&told)?,
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(told.asked.locale.code()));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-language, authorization, x-api-token"));
    Ok(response)
}

fn as_file(told: &Told) -> Result<Response, ApiError> {
    let body = reports::csv(told).map_err(|error| ApiError::Internal(error.into()))?;
    let mut response = text("text/csv; charset=utf-8; header=present", body);
    let names = |first: &str, last: &str| format!("attachment; filename=\"reporte-{first}-{last}.csv\"");
    let spans = &told.answer.report.spans;
    let name = |span: Option<&ticketing_core::report::Span>| span.map(|span| span.name.clone()).unwrap_or_default();
    let disposition = names(&name(spans.first()), &name(spans.last()));
    let disposition = HeaderValue::try_from(disposition).map_err(|error| ApiError::Internal(error.into()))?;
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// What the client would rather have; JSON where it does not care. Source: RFC 9110, section 12.5.1.
fn wanted(headers: &HeaderMap) -> Format {
    let ranges =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let (mut csv, mut json) = (None, None);
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse().ok());
        let weight: f32 = weight.unwrap_or_default();
        match name.as_str() {
            "text/csv" => csv = Some(weight),
            "application/json" => json = Some(weight),
            _ => {}
        }
    }
    if csv.unwrap_or_default() > json.unwrap_or_default() { Format::Csv } else { Format::Json }
}

impl From<Unclear> for ApiError {
    fn from(Unclear { name, wanted }: Unclear) -> Self {
        Self::InvalidParameter { name, wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: Format) {
        let headers = [(ACCEPT, HeaderValue::from_str(accept).unwrap())].into_iter().collect();
        assert_eq!(wanted(&headers), expected, "{accept}");
    }

    #[test]
    fn csv_is_for_those_who_ask_for_it() {
        assert_eq!(wanted(&HeaderMap::new()), Format::Json);
        for accept in [
            "",
            "*/*",
            "text/*",
            "application/json",
            "application/json, text/csv",
            "text/csv;q=0.5, application/json",
            "text/csv;q=0",
        ] {
            check(accept, Format::Json);
        }
        for accept in ["text/csv", "TEXT/CSV", "text/csv, */*;q=0.1", "text/csv; charset=utf-8, application/json;q=0.9"]
        {
            check(accept, Format::Csv);
        }
    }
}
