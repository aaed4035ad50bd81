//! `/`: the way to both pages.

use maud::html;

use super::{
    document::{Document, Page},
    texts::texts,
};
use crate::{
    http::{ApiError, Call, Response},
    store::Store,
};

/// `GET /`.
pub(crate) async fn show<S: Store>(call: Call<S>) -> Result<Response, ApiError> {
    let visit = call.visit();
    let texts = texts(visit.locale);
    let main = html! {
        div.hero {
            h1 { (texts.home_title) }
            p.lead { (texts.home_lead) }
        }
        div.doors {
            @for (page, name, about, go) in [
                (Page::Request, texts.request, texts.home_request, texts.home_request_go),
                (Page::LookUp, texts.look_up, texts.home_look_up, texts.home_look_up_go),
            ] {
                section.card.door {
                    h2 { (name) }
                    p { (about) }
                    a.button.secondary[page == Page::LookUp] href=(visit.link(page)) { (go) }
                }
            }
        }
    };
    Ok(Document { visit, page: Page::Home, title: texts.home_title, main }.answer())
}
