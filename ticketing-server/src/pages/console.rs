//! `/consola`: the desk's own page. It is a document without a ticket in it; its scripts ask the API, with the session of whoever
//! logs in.

use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, VARY};
use maud::{DOCTYPE, html};
use ticketing_core::Locale;

use super::assets;
use crate::{
    http::{ApiError, Call, Response, text},
    store::Store,
};

/// As for the public pages, and stricter: no form is sent anywhere, and no text becomes markup but by the templates' own policy.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types lit-html";

/// What the first script imports, and what that imports: so they are fetched at once and not one after the other. What is not among
/// them is fetched when somebody goes there.
const FIRST: [&str; 19] = [
    "act", "api", "core", "dialog", "filters", "history", "keys", "lit", "login", "marks", "notice", "page", "paint",
    "queue", "session", "source", "stream", "texts", "tickets",
];

/// `GET /consola`.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let visit = call.visit();
    let base = assets::versioned();
    let path = |name: &str| visit.path(&format!("{base}/{name}"));
    let document = html! {
        (DOCTYPE)
        html lang=(visit.locale.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title(visit.locale)) }
                link rel="icon" type="image/svg+xml" href=(path("icon.svg"));
                link rel="stylesheet" href=(path("theme.css"));
                link rel="stylesheet" href=(path("console/console.css"));
                @for name in FIRST {
                    link rel="modulepreload" href=(path(&format!("console/{name}.js")));
                }
                script type="module" src=(path("console/app.js")) {}
            }
            body data-service=(visit.path("")) {
                div #app {
                    noscript { p.noscript { (needs_scripts(visit.locale)) } }
                }
            }
        }
    };
    let mut response = text("text/html; charset=utf-8", document.into_string());
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

const fn title(locale: Locale) -> &'static str {
    match locale {
        Locale::Es => "Consola · Mesa de ayuda",
        Locale::En => "Console · Help desk",
        Locale::Pt => "Console · Central de ajuda",
    }
}

const fn needs_scripts(locale: Locale) -> &'static str {
    match locale {
        Locale::Es => "La consola necesita JavaScript.",
        Locale::En => "The console needs JavaScript.",
        Locale::Pt => "O console precisa de JavaScript.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_the_first_view_imports_is_fetched_at_once() {
        let mut imported = BTreeSet::new();
        let mut scripts = vec!["app".to_owned()];
        while let Some(script) = scripts.pop() {
            let text =
                assets::text_of(&format!("console/{script}.js")).unwrap_or_else(|| panic!("{script}.js is missing"));
            // Each import is a line of its own; what is fetched later has its name in brackets.
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let name = line.split("\"./").nth(1).and_then(|rest| rest.split(".js\"").next());
                let name = name.unwrap_or_else(|| panic!("{script}.js: {line}"));
                if imported.insert(name.to_owned()) {
                    scripts.push(name.to_owned());
                }
            }
        }
        assert_eq!(imported.iter().map(String::as_str).collect::<Vec<_>>(), FIRST);
    }
}
