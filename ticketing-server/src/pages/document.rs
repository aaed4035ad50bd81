use hyper::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, VARY};
use maud::{DOCTYPE, Markup, html};
use ticketing_core::Locale;

use super::{
    texts::{script_texts, texts},
    visit::Visit,
};
use crate::http::{ApiError, Response, text};

/// Nothing from elsewhere, nothing inline. `'wasm-unsafe-eval'` lets the browser compile the checks, and no text as code.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page that there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Home,
    Request,
    LookUp,
}

impl Page {
    /// From the service's root.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Home => "",
            Self::Request => "solicitud",
            Self::LookUp => "consulta",
        }
    }

    const fn script(self) -> Option<&'static str> {
        match self {
            Self::Home => None,
            Self::Request => Some("assets/request.js"),
            Self::LookUp => Some("assets/look-up.js"),
        }
    }
}

/// A page with what surrounds it everywhere.
pub(super) struct Document<'a> {
    pub(super) visit: Visit,
    pub(super) page: Page,
    pub(super) title: &'a str,
    pub(super) main: Markup,
}

impl Document<'_> {
    /// 200. A form that is fetched may be kept by its reader's browser, so that the way back leads to what was written.
    pub(super) fn answer(self) -> Response {
        let html = self.render(false).into_string();
        dressed(text("text/html; charset=utf-8", html), self.visit.locale, "private, no-cache")
    }

    /// 200, with what only its reader may see.
    pub(super) fn answer_privately(self) -> Response {
        let html = self.render(false).into_string();
        dressed(text("text/html; charset=utf-8", html), self.visit.locale, "no-store")
    }

    /// The status of an error that the page speaks of.
    pub(super) fn error(self, error: ApiError) -> Response {
        let html = self.render(true).into_string();
        dressed(error.into_page(self.visit.locale, html), self.visit.locale, "no-store")
    }

    fn render(&self, has_error: bool) -> Markup {
        let Self { visit, page, title, main } = self;
        let texts = texts(visit.locale);
        let script_texts = page.script().map(|_| serde_json::to_string(script_texts(visit.locale)).unwrap_or_default());
        let current = |other: Page| (*page == other && other != Page::Home).then_some("page");
        html! {
            (DOCTYPE)
            html lang=(visit.locale.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { @if has_error { (texts.error_prefix) } (title) " · " (texts.desk) }
                    link rel="icon" type="image/svg+xml" href=(visit.path("assets/icon.svg"));
                    link rel="stylesheet" href=(visit.path("assets/theme.css"));
                    link rel="stylesheet" href=(visit.path("assets/pages.css"));
                    @if let Some(script) = page.script() {
                        script type="module" src=(visit.path(script)) {}
                    }
                }
                body data-texts=[script_texts] {
                    a.skip href="#main" { (texts.skip) }
                    header.top {
                        div.bar {
                            a.brand href=(visit.link(Page::Home)) {
                                img src=(visit.path("assets/icon.svg")) alt="" width="32" height="32";
                                span { (texts.desk) }
                            }
                            nav aria-label=(texts.pages) {
                                a href=(visit.link(Page::Request)) aria-current=[current(Page::Request)] { (texts.request) }
                                a href=(visit.link(Page::LookUp)) aria-current=[current(Page::LookUp)] { (texts.look_up) }
                            }
                        }
                    }
                    main #main tabindex="-1" { (main) }
                    footer.bottom {
                        p { (texts.footer) }
                        nav aria-label=(texts.language) {
                            @for locale in Locale::ALL {
                                @let is_current = locale == visit.locale;
                                a href=(visit.link_in(*page, locale)) lang=(locale.code()) hreflang=(locale.code())
                                    aria-current=[is_current.then_some("true")] { (name(locale)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a language calls itself.
const fn name(locale: Locale) -> &'static str {
    match locale {
        Locale::Es => "Español",
        Locale::En => "English",
        Locale::Pt => "Português",
    }
}

fn dressed(mut response: Response, locale: Locale, cache: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(locale.code()));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    response
}
