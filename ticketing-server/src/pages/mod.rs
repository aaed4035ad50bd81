//! The public pages: the ticket form and the look-up, for people. They need no script: each form is sent as forms are and
//! answered with HTML. Where scripts run, the files in `assets/` add checks while one types, drafts, and sending later.
//!
//! There is no defence against requests from other sites, and none is needed: the API does the same for anybody who calls it,
//! without cookies or any other right that a browser would lend to a stranger's page.

pub(crate) mod assets;
pub(crate) mod console;
mod document;
mod field;
mod form;
pub(crate) mod home;
pub(crate) mod look_up;
mod names;
pub(crate) mod request;
mod texts;
mod visit;
mod when;

use maud::html;

#[cfg(feature = "cli")]
pub(crate) use self::assets::check_in_browsers;
pub(crate) use self::visit::Visit;
use self::{
    document::{Document, Page},
    texts::texts,
};
use crate::http::{ApiError, Response};

/// The page of an error that belongs to no form: too many requests, a body that broke off.
pub(crate) fn failed(error: ApiError, visit: Visit) -> Response {
    let texts = texts(visit.locale);
    let main = html! {
        section.card {
            h1 { (texts.failed_title) }
            p role="alert" { (error.detail(visit.locale)) }
            p.muted { (texts.failed_hint) }
            p { a.button href=(visit.link(Page::Home)) { (texts.back_home) } }
        }
    };
    Document { visit, page: Page::Home, title: texts.failed_title, main }.error(error)
}
