//! Doors to parsers that are nobody else's business, for the fuzz targets in `fuzz/`. No part of the interface: what is here changes as
//! the parsers do.

use ticketing_core::{Rules, Timestamp};

use crate::{
    TakeOver,
    holidays::{self, Holidays, Years},
    rules_file,
    sheet::{Columns, Mapping, Refused, Row, Sheet, SheetOptions},
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

/// What is wrong with a row: field, code and message each.
pub type RefusedRow = Vec<(String, &'static str, String)>;

/// The rows of a sheet, with their lines: what a ticket is called there and the ticket, or why it is none; or all that people are told of the
/// sheet. A mapping is a TOML file, or pairs, or empty, where the columns are called as fields are.
pub fn sheet(
    mapping: &str,
    octets: &[u8],
    now: Timestamp,
) -> Result<Vec<(u64, Result<(String, TakeOver), RefusedRow>)>, String> {
    let sheet = Sheet::read(octets, &SheetOptions::default()).map_err(|error| error.to_string())?;
    let mapping = match mapping {
        "" => Ok(Mapping::of_names(&sheet.header)),
        toml if toml.contains('[') => Mapping::from_toml(toml),
        pairs => Mapping::from_pairs(pairs),
    };
    let mapping = mapping.map_err(|error| error.to_string())?.with(None, Some("elsewhere".to_owned()));
    let columns: Columns<'_> = mapping.columns(&sheet.header).map_err(|error| error.to_string())?;
    let rules = Rules::default();
    let ticket = |row| match columns.ticket(row, &rules, |_| None, now) {
        Ok(Row { external, take_over }) => Ok((external, take_over)),
        Err(refused) => {
            Err(refused.into_iter().map(|Refused { field, code, message }| (field, code, message)).collect())
        }
    };
    Ok(sheet.rows().map(|(line, row)| (line, ticket(row))).collect())
}
