use hyper::Uri;
use ticketing_core::Locale;

use super::document::Page;
use crate::http::query;

/// How a page is asked for: in which language, and from where its links lead.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    /// The language of the page.
    pub(crate) locale: Locale,
    /// It was chosen with `?lang=`, and links keep it.
    is_chosen: bool,
    /// How many directories this page lies below the service's root. Links are relative, so that they also lead there where
    /// an application has mounted the service below a path of its own.
    depth: usize,
}

impl Visit {
    /// `accepted`: the language that the browser asks for.
    pub(crate) fn of(uri: &Uri, accepted: Locale) -> Self {
        let chosen = query(uri, "lang").and_then(|tag| Locale::from_tag(&tag));
        let depth = uri.path().bytes().skip(1).filter(|byte| *byte == b'/').count();
        Self { locale: chosen.unwrap_or(accepted), is_chosen: chosen.is_some(), depth }
    }

    /// Where a page is, in this visit's language.
    pub(super) fn link(self, page: Page) -> String {
        if self.is_chosen { self.link_in(page, self.locale) } else { self.path(page.path()) }
    }

    /// Where a page is in a language.
    pub(super) fn link_in(self, page: Page, locale: Locale) -> String {
        format!("{}?lang={}", self.path(page.path()), locale.code())
    }

    /// Where a path of the service is.
    pub(super) fn path(self, path: &str) -> String {
        format!("./{}{path}", "../".repeat(self.depth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, accepted: Locale, link: &str) {
        assert_eq!(Visit::of(&uri.parse().unwrap(), accepted).link(Page::LookUp), link);
    }

    #[test]
    fn links_are_relative_and_keep_a_chosen_language() {
        check("/", Locale::Es, "./consulta");
        check("/solicitud", Locale::En, "./consulta");
        check("/solicitud/?lang=pt-BR", Locale::En, "./../consulta?lang=pt");
        check("/solicitud?a=b&lang=xx", Locale::En, "./consulta");
    }
}
