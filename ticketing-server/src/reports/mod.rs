//! Reports as they are asked for and told: once for the desk, for other systems and for the command line, which have words of their
//! own for the same things.

mod ask;
mod csv;
mod json;
mod told;
mod words;

#[cfg(feature = "cli")]
pub(crate) use self::words::age_bands;
pub(crate) use self::{
    ask::{Asked, FIGURES_MAX, Format, Unclear, refused},
    csv::csv,
    json::{Answer, Members, json},
    told::{Kind, Told},
    words::{Dialect, dimension_name},
};
