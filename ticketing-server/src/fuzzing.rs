//! Doors to parsers that are nobody else's business, for the fuzz targets in `fuzz/`. No part of the interface: what is here changes as
//! the parsers do.

use ticketing_core::Rules;

use crate::{
    holidays::{self, Holidays, Years},
    rules_file,
};

/// The rules of a file, or all that people are told.
pub fn rules_of_file(octets: &[u8], is_json: bool) -> Result<Rules, String> {
    rules_file::parse_as(octets, is_json)
}

/// The dates and names of a file of holidays, and how many notes there are on what was not taken; or all that people are told.
pub fn holidays(octets: &[u8]) -> Result<(Vec<(String, String)>, usize), String> {
    let years = Years::new(2020, 2040).ok_or("they are in order")?;
    let Holidays { days, notes } = holidays::read(octets, years).map_err(|error| error.to_string())?;
    Ok((days.into_iter().map(|day| (day.date.to_string(), day.name)).collect(), notes.len()))
}
