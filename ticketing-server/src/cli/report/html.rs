//! A report as a page that needs nothing else: no script, no font, no picture from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use ticketing_core::report::{Figures, Measure, ReportRow, Unit};

use super::text::{NOTHING, Number, Part, change, clock_name, part_name, period_name, text};
use crate::reports::{Told, dimension_name};

const STYLE: &str = include_str!("page.css");
/// Most lines of a picture: nobody tells more of them apart.
const LINES_MAX: usize = 6;

pub(super) fn page(told: &Told) -> String {
    let locale = told.asked.locale;
    let title = locale.pick(["Reporte de la mesa de ayuda", "Help desk report", "Relatório da central de ajuda"]);
    let page = html! {
        (DOCTYPE)
        html lang=(locale.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    p { (super::heading(told)) }
                    @if !told.asked.ask.areas.is_empty() {
                        p { (locale.pick(["Áreas: ", "Areas: ", "Áreas: "])) (told.asked.ask.areas.join(", ")) }
                    }
                }
                main {
                    @for measure in &told.asked.measures { (section(told, *measure)) }
                }
                footer { "ticketing-server " (env!("CARGO_PKG_VERSION")) }
            }
        }
    };
    page.into_string()
}

/// What a measure means, what it comes to, a picture of it, and the tables behind that.
fn section(told: &Told, measure: Measure) -> Markup {
    let Some(spec) = measure.spec() else { return html! {} };
    let locale = told.asked.locale;
    let total = &told.answer.report.total;
    let parts = Part::of(spec);
    let (of, first) = Part::drawn(measure);
    let is_of_ages = spec.unit == Unit::Ages;
    let (now, before) = (first.read(of, &total.whole), first.read(of, &total.previous));
    let change = change(now, before, locale);
    let drawn = drawn(told, measure, parts);
    html! {
        section {
            h2 { (spec.name(locale)) }
            p.says { (spec.sentence(locale)) @if let Some(clock) = clock_name(spec.counts, locale) { " " (clock) } }
            p.now {
                (text(now, locale))
                @if first != Part::Whole { small { (part_name(first, locale)) } }
                @if change != NOTHING { small { (change) } }
            }
            div.chart {
                @if is_of_ages { (bars(told, measure, parts, spec.name(locale))) } @else {
                    (lines(told, &drawn, spec.name(locale)))
                    @if drawn.len() > 1 { (legend(&drawn)) }
                }
            }
            (summary(told, measure, parts))
            @if !is_of_ages {
                details {
                    summary { (locale.pick(["Por ", "By ", "Por "])) (period_name(told.asked.ask.period, locale)) }
                    (periods(told, &drawn))
                }
            }
        }
    }
}

/// A line of a picture.
struct Drawn {
    name: String,
    /// By period.
    values: Vec<Option<Number>>,
}

/// Of all tickets the percentiles, or whatever there is; by a dimension the rows that are used most.
fn drawn(told: &Told, measure: Measure, parts: &[Part]) -> Vec<Drawn> {
    let locale = told.asked.locale;
    let values = |part: Part, row: &ReportRow| row.periods.iter().map(|figures| part.read(measure, figures)).collect();
    let first = parts.first().copied().unwrap_or(Part::Whole);
    if told.asked.ask.by.is_none() {
        let is_told = |part: &&Part| !matches!(part, Part::Count | Part::P99);
        let total = &told.answer.report.total;
        let line = |part: &Part| Drawn { name: part_name(*part, locale), values: values(*part, total) };
        return parts.iter().filter(is_told).map(line).collect();
    }
    let rows = told.named_rows().take(LINES_MAX);
    rows.map(|(called, row)| Drawn { name: called.name.clone(), values: values(first, row) }).collect()
}

const WIDTH: f64 = 720.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 196.0;
const HEIGHT: f64 = 216.0;
/// More dots than these are a line.
const DOTS_MAX: usize = 64;

fn lines(told: &Told, drawn: &[Drawn], label: &str) -> Markup {
    let locale = told.asked.locale;
    let spans = &told.answer.report.spans;
    let numbers = || drawn.iter().flat_map(|line| line.values.iter().flatten().copied());
    let Some(most) = numbers().max_by(|one, other| one.value().total_cmp(&other.value())) else {
        return html! { p.says { (locale.pick(["Nada en este tiempo.", "Nothing in this time.", "Nada neste tempo."])) } };
    };
    let top = if most.value() > 0.0 { most.value() } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "there are not that many periods")]
    let x = |index: usize| match spans.len() {
        0 | 1 => WIDTH / 2.0,
        count => 6.0 + index as f64 / (count - 1) as f64 * (WIDTH - 12.0),
    };
    let y = |number: Number| BOTTOM - number.value() / top * (BOTTOM - TOP);
    let name = |index: usize| spans.get(index).map_or("", |span| span.name.as_str());
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(label) {
            @for line in [TOP, BOTTOM] { line.grid x1="0" x2=(WIDTH) y1=(line) y2=(line) {} }
            text x="0" y=(TOP - 4.0) { (most.text(locale)) }
            text x="0" y=(HEIGHT - 4.0) { (name(0)) }
            @if spans.len() > 1 {
                text x=(WIDTH) y=(HEIGHT - 4.0) text-anchor="end" { (name(spans.len() - 1)) }
            }
            @for (number, line) in drawn.iter().enumerate() {
                g class={ "s" (number) } {
                    @for points in stretches(&line.values, x, y) { polyline.s points=(points) {} }
                    @if spans.len() <= DOTS_MAX {
                        @for (index, value) in line.values.iter().enumerate() {
                            @if let Some(value) = value {
                                circle.dot cx=(round(x(index))) cy=(round(y(*value))) r="3" {
                                    title { (line.name) " · " (name(index)) ": " (value.text(locale)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Points of a line, which is broken where there is nothing.
fn stretches(values: &[Option<Number>], x: impl Fn(usize) -> f64, y: impl Fn(Number) -> f64) -> Vec<String> {
    let mut stretches = vec![Vec::new()];
    for (index, value) in values.iter().enumerate() {
        match (value, stretches.last_mut()) {
            (Some(value), Some(stretch)) => stretch.push(format!("{},{}", round(x(index)), round(y(*value)))),
            _ => stretches.push(Vec::new()),
        }
    }
    stretches.into_iter().filter(|stretch| stretch.len() > 1).map(|stretch| stretch.join(" ")).collect()
}

fn round(place: f64) -> f64 {
    (place * 10.0).round() / 10.0
}

/// What there is at the end, by age.
fn bars(told: &Told, measure: Measure, parts: &[Part], label: &str) -> Markup {
    const BAR: f64 = 26.0;
    let locale = told.asked.locale;
    let total = &told.answer.report.total;
    let bands: Vec<_> = parts.iter().map(|part| (*part, part.read(measure, &total.whole))).collect();
    let most = bands.iter().filter_map(|(_, number)| *number).map(Number::value).fold(1.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "there are six")]
    let place = |index: usize| index as f64 * BAR;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (place(bands.len())) } role="img" aria-label=(label) {
            @for (index, (part, number)) in bands.iter().enumerate() {
                g.s0 {
                    text x="0" y=(place(index) + 16.0) { (part_name(*part, locale)) }
                    rect.bar x="130" y=(place(index) + 4.0) height=(BAR - 8.0) rx="3"
                        width=(round(number.map_or(0.0, Number::value) / most * (WIDTH - 200.0))) {}
                    text x=(round(138.0 + number.map_or(0.0, Number::value) / most * (WIDTH - 200.0))) y=(place(index) + 16.0) {
                        (text(*number, locale))
                    }
                }
            }
        }
    }
}

fn legend(drawn: &[Drawn]) -> Markup {
    html! {
        ul.legend {
            @for (number, line) in drawn.iter().enumerate() {
                li class={ "s" (number) } {
                    svg viewBox="0 0 28 8" aria-hidden="true" { line.s x1="1" x2="27" y1="4" y2="4" {} }
                    span { (line.name) }
                }
            }
        }
    }
}

/// A line for each row, and one for all.
fn summary(told: &Told, measure: Measure, parts: &[Part]) -> Markup {
    let locale = told.asked.locale;
    let (of, first) = Part::drawn(measure);
    let cells = |row: &ReportRow| {
        let mut cells: Vec<_> = parts.iter().map(|part| text(part.read(measure, &row.whole), locale)).collect();
        let read = |figures: &Figures| first.read(of, figures);
        let earlier = read(&row.previous);
        cells.extend([text(earlier, locale), change(read(&row.whole), earlier, locale)]);
        cells
    };
    let line = |name: &str, row: &ReportRow, is_all: bool| {
        html! {
            tr class=[is_all.then_some("all")] {
                th scope="row" { (name) }
                @for cell in cells(row) { td { (cell) } }
            }
        }
    };
    html! {
        div.wide {
            table {
                thead {
                    tr {
                        th scope="col" { @if let Some(by) = told.asked.ask.by { (dimension_name(by, locale)) } }
                        @for part in parts { th scope="col" { (part_name(*part, locale)) } }
                        th scope="col" { (locale.pick(["antes", "before", "antes"])) }
                        th scope="col" { (locale.pick(["cambio", "change", "mudança"])) }
                    }
                }
                tbody {
                    @for (called, row) in told.named_rows() { (line(&called.name, row, false)) }
                    (line(locale.pick(["Total", "All", "Total"]), &told.answer.report.total, true))
                }
            }
        }
    }
}

/// What a picture draws.
fn periods(told: &Told, drawn: &[Drawn]) -> Markup {
    let locale = told.asked.locale;
    html! {
        div.wide {
            table {
                thead {
                    tr {
                        th scope="col" { (locale.pick(["Periodo", "Period", "Período"])) }
                        @for line in drawn { th scope="col" { (line.name) } }
                    }
                }
                tbody {
                    @for (index, span) in told.answer.report.spans.iter().enumerate() {
                        tr {
                            th scope="row" { (span.name) }
                            @for line in drawn {
                                td { (line.values.get(index).copied().flatten().map_or_else(|| NOTHING.to_owned(), |number| number.text(locale))) }
                            }
                        }
                    }
                }
            }
        }
    }
}
