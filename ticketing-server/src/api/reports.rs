//! `/api/reportes` and `/v2/reports`: what tickets come to in figures.

use std::collections::BTreeSet;

use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, HeaderMap, HeaderValue, VARY};
use ticketing_core::{Actor, TokenScope, integration::ReferenceKind, report::Dimension};

use super::v2::id_of;
use crate::{
    Engine, EngineError,
    http::{ApiError, Call, Response, json_value, not_modified, text, with_etag},
    reports::{self, Asked, Dialect, Format, Parameters, Told, Unclear},
    store::Store,
};

/// `GET /api/reportes`: figures by period and by area, type, priority, category, agent or origin, as JSON or CSV. Beyond the contract.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.staff().await?.actor();
    let engine = call.engine();
    let asked = Asked::read(&|name| call.queries(name), Dialect::Desk, call.locale(), engine.now(), &engine.rules())?;
    report(call, &actor, asked).await
}

/// `GET /v2/reports`: the same, for other systems. Beyond the contract.
pub(crate) async fn show_integration<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let actor = call.integration(TokenScope::TicketsRead).await?.actor();
    // What has an id there may be asked for by it, as in lists.
    let by = call.query(OF_OTHER_SYSTEMS.by);
    let of_dimension = REFERENCES.into_iter().find(|(dimension, _)| by.as_deref().map(str::trim) == Some(*dimension));
    let of_dimension = of_dimension.map(|(_, kind)| kind);
    let needs_by = [
        "necesita by=team, urgency o category",
        "it needs by=team, urgency or category",
        "precisa de by=team, urgency ou category",
    ];
    let [team_ids, value_ids] = ["teamId", "valueId"].map(|name| (name, call.queries(name)));
    let engine = call.engine();
    let teams = names(engine, team_ids, Some(ReferenceKind::Team), needs_by).await?;
    let values = names(engine, value_ids, of_dimension, needs_by).await?;

    let asked = {
        let given = |name: &str| {
            let mut given = call.queries(name);
            if name == OF_OTHER_SYSTEMS.area {
                given.extend_from_slice(&teams);
            } else if name == OF_OTHER_SYSTEMS.value {
                given.extend_from_slice(&values);
            }
            given
        };
        Asked::read(&given, Dialect::Integration, call.locale(), engine.now(), &engine.rules())?
    };
    report(call, &actor, asked).await
}

const OF_OTHER_SYSTEMS: &Parameters = Dialect::Integration.parameters();

/// By what a report may be whose values have ids.
const REFERENCES: [(&str, ReferenceKind); 3] = [
    (Dialect::Integration.dimension(Dimension::Area), ReferenceKind::Team),
    (Dialect::Integration.dimension(Dimension::Priority), ReferenceKind::Urgency),
    (Dialect::Integration.dimension(Dimension::Category), ReferenceKind::Category),
];

/// What the ids of a parameter are called.
async fn names<S: Store>(
    engine: &Engine<S>,
    (name, ids): (&'static str, Vec<String>),
    kind: Option<ReferenceKind>,
    otherwise: [&'static str; 3],
) -> Result<Vec<String>, ApiError> {
    let unclear = Unclear { name, wanted: ["un identificador", "an id", "um identificador"] };
    let ids = ids.iter().map(|text| id_of(text)).collect::<Option<BTreeSet<_>>>().ok_or(unclear)?;
    let mut names = Vec::new();
    for id in ids {
        let kind = kind.ok_or(Unclear { name, wanted: otherwise })?;
        names.extend(engine.name_of(name, kind, Some(id)).await?);
    }
    Ok(names)
}

async fn report<S: Store>(call: Call<S>, actor: &Actor, asked: Asked) -> Result<Response, ApiError> {
    let (engine, dialect) = (call.engine(), asked.dialect);
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
