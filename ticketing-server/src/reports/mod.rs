//! Reports as they are asked for and told: once for the desk, for other systems and for the command line, which have words of their
//! own for the same things.

mod ask;
mod csv;
mod json;
mod told;
mod words;

pub(crate) use self::{
    ask::{Asked, FIGURES_MAX, Format, Unclear, refused},
    csv::csv,
    json::{Members, json},
    told::{Kind, Told},
    words::{Dialect, Parameters},
};
#[cfg(feature = "cli")]
pub(crate) use self::{
    json::Answer,
    words::{age_bands, dimension_name},
};
