//! `/assets`: the style and the scripts of the pages, and the browser checks.

use std::{collections::HashMap, sync::LazyLock};

use hyper::header::{CACHE_CONTROL, ETAG, HeaderValue};
use sha2::{Digest, Sha256};

use crate::{
    http::{ApiError, Call, Response, not_modified, text},
    store::Store,
};

/// Every file below `assets/` as it was when this crate was built: its name, and what is in it.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

struct Asset {
    octets: &'static [u8],
    content_type: &'static str,
    etag: HeaderValue,
}

/// Found by the exact name, so that no path leads anywhere else.
static ASSETS: LazyLock<HashMap<&str, Asset>> =
    LazyLock::new(|| FILES.iter().filter_map(|(name, octets)| Some((*name, asset(name, octets)?))).collect());

/// The browser checks were built before this crate was.
#[cfg(feature = "cli")]
pub(crate) fn check_in_browsers() -> bool {
    ASSETS.contains_key("ticketing-wasm/index.js")
}

/// What stands for all files as they are, in paths that need never be asked for again.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, octets) in FILES {
        hash.update(name);
        hash.update(octets.len().to_be_bytes());
        hash.update(octets);
    }
    let hash = hash.finalize().first_chunk().map_or(0, |octets| u64::from_be_bytes(*octets));
    format!("v-{hash:016x}")
});

/// A file that is text.
#[cfg(test)]
pub(super) fn text_of(name: &str) -> Option<&'static str> {
    ASSETS.get(name).and_then(|asset| str::from_utf8(asset.octets).ok())
}

/// The directory, below the service's root, under which each file has another name whenever any of them changes. What scripts import
/// is beside them, and so has one too.
pub(super) fn versioned() -> String {
    format!("assets/{}", *VERSION)
}

/// `GET /assets/…`. Names do not change with what is in them, so that browsers ask each time, and mostly get a 304; those that have
/// the version before them are kept.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let name = call.path().strip_prefix("/assets/").ok_or(ApiError::NoRoute)?;
    // A page that is older or newer than this process gets what there is, and keeps it not.
    let (is_kept, name) = match name.split_once('/') {
        Some((version, name)) if version.starts_with("v-") => (version == *VERSION, name),
        _ => (false, name),
    };
    let asset = ASSETS.get(name).ok_or(ApiError::NoRoute)?;
    let has_it = asset.etag.to_str().is_ok_and(|etag| call.has_etag(etag));
    let mut response = if has_it { not_modified() } else { text(asset.content_type, asset.octets) };
    response.headers_mut().insert(ETAG, asset.etag.clone());
    let cache = if is_kept { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

fn asset(name: &str, octets: &'static [u8]) -> Option<Asset> {
    let (_, ending) = name.rsplit_once('.')?;
    let content_type = match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        _ => return None,
    };
    let hash = u128::from_be_bytes(*Sha256::digest(octets).first_chunk()?);
    Some(Asset { octets, content_type, etag: HeaderValue::try_from(format!("\"{hash:032x}\"")).ok()? })
}
