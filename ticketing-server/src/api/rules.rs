//! `/api/reglas`.

use std::time::Duration;

use hyper::header::{CACHE_CONTROL, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use ticketing_core::{Rules, RulesDocument};

use crate::{
    RematchPreview, RulesChange,
    http::{ApiError, Call, Response, json, json_value, not_modified, with_etag},
    store::Store,
    zones,
};

/// How long servers may take to know rules that another one has made active.
const UNTIL_KNOWN: Duration = Duration::from_secs(1);

/// `GET /api/reglas`: the active rules as canonical JSON; their hash is the `ETag`.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let rules = call.engine().rules();
    let etag = etag(&rules);
    let response = if call.has_etag(&etag) { not_modified() } else { json_value(rules.to_json()) };
    let mut response = with_etag(response, &etag)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// `POST /api/reglas/previa`: what other rules would change, and what would become of the tickets that are open. Changes nothing.
pub(crate) async fn preview<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    call.admin().await?;
    let rules = read(&call.json_body().await?)?;

    let open = call.engine().preview_rematch(&rules).await?;
    let active = call.engine().rules();
    let changes = RulesChange::between(&active, &rules).map_err(|error| ApiError::Internal(error.into()))?;
    with_etag(json(&Preview::new(&rules, changes, open))?, &etag(&active))
}

/// `PUT /api/reglas`: makes rules active. With `If-Match`, only where those are active that somebody has seen; with `?abiertos=si`,
/// the tickets that are open come under them too.
pub(crate) async fn apply<S: Store>(mut call: Call<S>) -> Result<Response, ApiError> {
    let admin = call.admin().await?;
    let rematches = match call.query("abiertos").as_deref() {
        None | Some("no") => false,
        Some("si") => true,
        Some(_) => {
            let wanted = ["si o no", "si or no", "si ou no"];
            return Err(ApiError::InvalidParameter { name: "abiertos", wanted });
        }
    };
    let rules = read(&call.json_body().await?)?;
    let engine = call.engine();
    engine.refresh_rules().await?;
    if !call.expects_rules(&etag(&engine.rules()))? {
        return Err(ApiError::RulesChanged);
    }

    let version = engine.apply_rules(rules.clone()).await?;
    tracing::info!(rules.version = version.0, actor.id = %admin.id.0, "rules were made active");
    let abiertos = if rematches {
        tokio::time::sleep(UNTIL_KNOWN).await;
        Some(engine.rematch_open().await?)
    } else {
        None
    };
    let done = Applied { message: "Reglas activas", version: version.0, hash: rules.hash().to_string(), abiertos };
    with_etag(json(&done)?, &etag(&rules))
}

/// A document, with the tables of the zones that it names, as rules.
fn read(body: &[u8]) -> Result<Rules, ApiError> {
    let refused = |why: String| ApiError::InvalidRules { why };
    let text = str::from_utf8(body).map_err(|error| refused(error.to_string()))?;
    let mut document = RulesDocument::from_json(text).map_err(|error| refused(error.to_string()))?;
    zones::complete(&mut document).map_err(|error| refused(error.to_string()))?;
    Rules::new(document).map_err(|error| refused(error.to_string()))
}

fn etag(rules: &Rules) -> String {
    format!("\"{}\"", rules.hash())
}

#[derive(Serialize)]
struct Preview {
    hash: String,
    cambios: Vec<Change>,
    abiertos: Open,
}

#[derive(Serialize)]
struct Change {
    ruta: String,
    antes: Option<Value>,
    despues: Option<Value>,
}

#[derive(Serialize)]
struct Open {
    total: u32,
    otra_promesa: u32,
    otra_fecha: u32,
    vencerian: u32,
    dejarian_de_estar_vencidos: u32,
}

impl Preview {
    fn new(rules: &Rules, changes: Vec<RulesChange>, open: RematchPreview) -> Self {
        let RematchPreview { open, promised_otherwise, due_otherwise, overdue_at_once, overdue_no_more } = open;
        let change = |RulesChange { path, before, after }| Change { ruta: path, antes: before, despues: after };
        Self {
            hash: rules.hash().to_string(),
            cambios: changes.into_iter().map(change).collect(),
            abiertos: Open {
                total: open,
                otra_promesa: promised_otherwise,
                otra_fecha: due_otherwise,
                vencerian: overdue_at_once,
                dejarian_de_estar_vencidos: overdue_no_more,
            },
        }
    }
}

#[derive(Serialize)]
struct Applied {
    message: &'static str,
    version: i64,
    hash: String,
    /// How many open tickets have come under them; null where that was not asked for.
    abiertos: Option<u32>,
}
