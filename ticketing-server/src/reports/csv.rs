//! A report as CSV: a line for each period, or for each value in each, a column for each number. Source: RFC 4180.

use ticketing_core::{
    Locale,
    report::{Figure, Figures, Measure, ReportRow, Span, Unit},
};

use super::{
    Told,
    json::{Seconds, rounded},
    told::Called,
    words::{age_bands, dimension_name},
};

/// A report as CSV, with a first line that names the columns in the language that was asked for.
pub(crate) fn csv(told: &Told) -> Result<Vec<u8>, ::csv::Error> {
    let report = &told.answer.report;
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(head(told))?;
    for (index, span) in report.spans.iter().enumerate() {
        let mut line = |called: Option<&Called>, row: &ReportRow| match row.periods.get(index) {
            Some(figures) => writer.write_record(cells(told, span, called, figures)),
            None => Ok(()),
        };
        if told.asked.ask.by.is_none() {
            line(None, &report.total)?;
        }
        for (called, row) in told.named_rows() {
            line(Some(called), row)?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn head(told: &Told) -> Vec<String> {
    let locale = told.asked.locale;
    let name = |texts| locale.pick(texts).to_owned();
    let mut head =
        vec![name(["Periodo", "Period", "Período"]), name(["Desde", "From", "De"]), name(["Hasta", "Until", "Até"])];
    if let Some(by) = told.asked.ask.by {
        head.push(dimension_name(by, locale).to_owned());
        head.push(name(["Valor", "Value", "Valor"]));
    }
    for measure in &told.asked.measures {
        head.extend(columns(*measure, locale));
    }
    head
}

/// What a measure's columns are called.
fn columns(measure: Measure, locale: Locale) -> Vec<String> {
    let Some(spec) = measure.spec() else { return vec![] };
    let name = spec.name(locale);
    let with = |parts: &[&str]| parts.iter().map(|part| format!("{name}: {part}")).collect();
    match spec.unit {
        Unit::Tickets => vec![name.to_owned()],
        Unit::Share => with(&[
            locale.pick(["parte", "part", "parte"]),
            locale.pick(["de", "of", "de"]),
            locale.pick(["razón", "ratio", "razão"]),
        ]),
        Unit::Time => with(&[locale.pick(["casos", "count", "casos"]), "p50 (s)", "p90 (s)", "p99 (s)"]),
        Unit::Ages => age_bands(locale).map(|(band, ..)| format!("{name}: {band}")).collect(),
    }
}

fn cells(told: &Told, span: &Span, called: Option<&Called>, figures: &Figures) -> Vec<String> {
    let mut cells = vec![span.name.clone(), span.from.seconds().to_string(), span.until.seconds().to_string()];
    if let Some(Called { name, value, .. }) = called {
        cells.push(harmless(name));
        cells.push(harmless(value.as_deref().unwrap_or_default()));
    }
    for figure in told.asked.measures.iter().filter_map(|measure| figures.get(*measure)) {
        match figure {
            Figure::Count(count) => cells.push(count.to_string()),
            Figure::Share { part, whole } => {
                let ratio = figure.ratio().map(|ratio| rounded(ratio).to_string());
                cells.extend([part.to_string(), whole.to_string(), ratio.unwrap_or_default()]);
            }
            Figure::Times { count, percentiles } => {
                cells.push(count.to_string());
                let percentiles = percentiles.as_ref().map(|of| [of.p50, of.p90, of.p99]);
                let told = percentiles.map(|of| of.map(|length| Seconds::from(length).to_string()));
                cells.extend(told.unwrap_or_default());
            }
            Figure::Ages(bands) => cells.extend(bands.iter().map(ToString::to_string)),
        }
    }
    cells
}

/// A text that no spreadsheet takes for a formula: categories are what strangers have written. Source: OWASP, CSV injection.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_reckon_with_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["Redes", "a=b", "", "¿=?"] {
            assert_eq!(harmless(text), text);
        }
    }
}
