use maud::{Markup, html};
use ticketing_core::{Timestamp, Zone};

use crate::zones::local;

/// An instant in the deployment's time zone, named beside it. Where scripts run, they show it in the reader's zone and words.
pub(super) fn when(at: Timestamp, zone: &Zone) -> Markup {
    html! { time datetime=(at.seconds()) { (local(at, zone)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_where_the_desk_is() {
        let bogota = Zone::fixed("America/Bogota", -5 * 3600);
        let at = Timestamp::parse("2026-03-24T03:15:59Z").unwrap();
        assert_eq!(
            when(at, &bogota).into_string(),
            r#"<time datetime="2026-03-24T03:15:59Z">2026-03-23 22:15 (America/Bogota)</time>"#
        );
    }
}
