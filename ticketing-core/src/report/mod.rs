//! What tickets come to in figures: from events, without ever looking at all of them again.
//!
//! - [`MEASURES`]: the table of all figures: what counts, in which clock, and the sentence that stands beside it.
//! - [`facts`]: what one event does to the figures, as a few [`Fact`]s. Pure; a history gives the same ones whenever it is read.
//! - [`Rollup`]: the sums of facts ([`Sums`]) by [`Dimension`] and hour. They may be added in any order, so that a store keeps the octets
//!   of each hour and adds to them as it reads the feed. Of longer stretches ([`Stretch`]) the sums can be kept too, made of the
//!   hours, and thrown away when one of these changes.
//! - [`Query`] → [`Report`]: what is kept of a dimension ([`Shelf`]) read by periods of a zone's civil time.
//!
//! What is decided here, once:
//!
//! - **When**: a fact counts at the instant at which it happened. A ticket that was taken over counts when it came to be, was resolved
//!   and was closed in the system that it comes from; that it was re-opened there does not count. A deadline was missed when it was,
//!   however late that was noted. All else counts when it was recorded.
//! - **Where**: a fact has the ticket's dimensions as its event leaves them: a resolution counts for the area and the agent that have
//!   the ticket then, whoever wrote the event. A transfer counts for the area that it left, and what leaves the backlog or misses a
//!   deadline, for where it was until then.
//! - **Backlog**: tickets that are open (ABIERTO, `EN_PROCESO`, PAUSADO) and not archived. One whose dimensions change moves in it.
//! - **Resolved**: an open ticket that becomes RESUELTO or CERRADO, which is what ends the clock of a resolution; so does archiving an
//!   open one, which closes it. One that is closed later is not resolved twice; one that was re-opened is, each time.
//! - **Archived and anonymised** tickets keep all their figures: facts hold no personal data.
//!
//! ```
//! use ticketing_core::{
//!     Actor, Draft, Rulebook, Rules, TicketId, Timestamp, Zone,
//!     report::{Figure, Measure, Period, Query, Report, Rollup, history_facts},
//!     ticket::{Origin, Scope, Ticket},
//! };
//!
//! let rules = Rules::default();
//! let form = r#"{ "nombre": "Ana García", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
//!                  "descripcion": "No puedo iniciar sesión en Outlook.", "prioridad": "ALTA" }"#;
//! let new = Draft::from_json(form.as_bytes())?.validate(&rules)?;
//! let at = |text| Timestamp::parse(text).unwrap();
//! let opened = Ticket::open(&new, Origin::Other, &Actor::Requester, at("2026-03-24T10:15:00Z"), &rules)?;
//!
//! let mut rollup = Rollup::default();
//! for fact in history_facts(TicketId::default(), [&opened.event], &Rulebook::from(rules.clone()))? {
//!     rollup.apply(&fact);
//! }
//! let march = Query {
//!     from: at("2026-03-01T00:00:00Z"),
//!     until: at("2026-04-01T00:00:00Z"),
//!     zone: Zone::default(),
//!     period: Period::Month,
//!     by: None,
//!     scope: Scope::Everything,
//!     areas: vec![],
//!     values: vec![],
//! };
//! let report = Report::of(&march, &rollup, &rules)?;
//! assert_eq!(report.total.whole.get(Measure::Created), Some(&Figure::Count(1)));
//! assert_eq!(report.total.whole.get(Measure::Backlog), Some(&Figure::Count(1)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fact;
mod figure;
pub mod histogram;
mod measure;
mod query;
mod rollup;
mod shelf;
mod stretch;
mod sums;
mod table;

pub use self::{
    fact::{Dimensions, FACTS_VERSION, Fact, What, facts, history_facts},
    figure::{AGE_BANDS_DAYS, Figure, Figures, Percentiles},
    measure::{Counts, MEASURES, Measure, MeasureSpec, Unit},
    query::{Period, Query, QueryError, Span, past_periods},
    rollup::{Counter, Dimension, Rollup, Row},
    shelf::Shelf,
    stretch::{Holds, Stretch, begins, cover, quarter},
    sums::{Sums, SumsError},
    table::{Report, ReportError, ReportRow, Value},
};
