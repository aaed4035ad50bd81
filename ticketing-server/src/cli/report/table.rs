//! A report for a terminal: tables with a small picture of each line.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use ticketing_core::report::{Figures, Measure, MeasureSpec, ReportRow};

use super::text::{self, Part, change, clock_name, part_name, period_name, text};
use crate::reports::{Told, dimension_name};

/// How wide a table is where no terminal says.
const WIDTH: u16 = 100;
/// How wide a picture is at least, where there are as many periods.
const PICTURE_MIN: usize = 6;
/// And at most.
const PICTURE_MAX: usize = 60;

/// All of it, as wide as the terminal; `None`: it does not go to one.
pub(super) fn table(told: &Told, terminal: Option<u16>) -> String {
    let width = terminal.unwrap_or(WIDTH);
    let mut all = super::heading(told);
    all.push('\n');
    let specs = || told.asked.measures.iter().filter_map(|measure| measure.spec());
    if told.asked.ask.by.is_none() {
        let _ = write!(all, "\n{}\n", figures(told, width));
        for spec in specs() {
            let _ = write!(all, "\n{}: {}", spec.name(told.asked.locale), definition(spec, told));
        }
        all.push('\n');
        return all;
    }
    for spec in specs() {
        let (name, definition, rows) = (spec.name(told.asked.locale), definition(spec, told), rows(told, spec, width));
        let _ = write!(all, "\n{name}\n{definition}\n{rows}\n");
    }
    all
}

fn definition(spec: &MeasureSpec, told: &Told) -> String {
    let locale = told.asked.locale;
    let clock = clock_name(spec.counts, locale).map(|clock| format!(" {clock}")).unwrap_or_default();
    format!("{}{clock}", spec.sentence(locale))
}

/// A line for each figure of all tickets.
fn figures(told: &Told, width: u16) -> String {
    let (locale, total) = (told.asked.locale, &told.answer.report.total);
    let head = [
        locale.pick(["Cifra", "Figure", "Indicador"]).to_owned(),
        by_period(told),
        locale.pick(["Conjunto", "Whole", "Conjunto"]).to_owned(),
        before(told),
    ];
    let lines = told.asked.measures.iter().filter_map(|measure| measure.spec()).flat_map(|spec| {
        let parts = Part::of(spec).iter().filter(|part| **part != Part::Count);
        parts.map(move |part| {
            let name = match part {
                Part::Whole => spec.name(locale).to_owned(),
                part => format!("{}, {}", spec.name(locale), part_name(*part, locale)),
            };
            let read = |figures: &Figures| part.read(spec.measure, figures);
            let (now, earlier) = (read(&total.whole), read(&total.previous));
            let picture = picture((spec.measure, *part), total);
            Line { name, picture, cells: vec![text(now, locale), change(now, earlier, locale)] }
        })
    });
    draw(&head, lines.collect(), width)
}

/// A line for each row, of one measure.
fn rows(told: &Told, spec: &MeasureSpec, width: u16) -> String {
    let (locale, report) = (told.asked.locale, &told.answer.report);
    let (parts, drawn) = (Part::of(spec), Part::drawn(spec.measure));
    let by = told.asked.ask.by.map_or("", |by| dimension_name(by, locale));
    let mut head = vec![by.to_owned(), by_period(told)];
    head.extend(parts.iter().map(|part| part_name(*part, locale)));
    head.push(before(told));
    let line = |name: &str, row: &ReportRow| {
        let mut cells: Vec<_> = parts.iter().map(|part| text(part.read(spec.measure, &row.whole), locale)).collect();
        let read = |figures: &Figures| drawn.1.read(drawn.0, figures);
        cells.push(change(read(&row.whole), read(&row.previous), locale));
        Line { name: name.to_owned(), picture: picture(drawn, row), cells }
    };
    let mut lines: Vec<_> = told.named_rows().map(|(called, row)| line(&called.name, row)).collect();
    lines.push(line(locale.pick(["Total", "All", "Total"]), &report.total));
    draw(&head, lines, width)
}

fn by_period(told: &Told) -> String {
    let (locale, period) = (told.asked.locale, told.asked.ask.period);
    format!("{} {}", locale.pick(["por", "by", "por"]), period_name(period, locale))
}

fn before(told: &Told) -> String {
    told.asked.locale.pick(["antes", "before", "antes"]).to_owned()
}

struct Line {
    name: String,
    /// A value for each period.
    picture: Vec<Option<f64>>,
    cells: Vec<String>,
}

fn picture((measure, part): (Measure, Part), row: &ReportRow) -> Vec<Option<f64>> {
    row.periods.iter().map(|figures| part.read(measure, figures).map(text::Number::value)).collect()
}

fn draw(head: &[String], lines: Vec<Line>, width: u16) -> String {
    let width_of = |text: &str| text.chars().count();
    // What is left beside the other columns, each with a space on either side.
    let columns = |index: usize| {
        let cells = lines.iter().filter_map(|line| line.cells.get(index)).map(|cell| width_of(cell));
        cells.chain(head.get(index + 2).map(|name| width_of(name))).max().unwrap_or_default() + 2
    };
    let taken: usize = (0..head.len().saturating_sub(2)).map(columns).sum();
    let names = lines.iter().map(|line| width_of(&line.name)).max().unwrap_or_default() + 2;
    let left = usize::from(width).saturating_sub(taken + 2);
    let periods = lines.first().map_or(0, |line| line.picture.len());
    let drawn = left.saturating_sub(names).clamp(PICTURE_MIN, PICTURE_MAX).min(periods.max(1));

    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(head);
    for Line { name, picture, cells } in lines {
        let mut row = vec![name, sparkline(&picture, drawn)];
        row.extend(cells);
        table.add_row(row);
    }
    for index in 2..head.len() {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if let Some(column) = table.column_mut(1) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    if let Some(column) = table.column_mut(0) {
        let most = left.saturating_sub(drawn.max(head.get(1).map_or(0, |name| width_of(name)))).max(12);
        column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(u16::try_from(most).unwrap_or(u16::MAX))));
    }
    table.trim_fmt()
}

/// Values as blocks from nothing to the largest, so many of them: where there are more values, each is the mean of some that follow each
/// other. Where there is none, a space.
fn sparkline(values: &[Option<f64>], width: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let width = width.min(values.len());
    let mean = |index: usize| {
        let (from, until) = (index * values.len() / width, (index + 1) * values.len() / width);
        let some: Vec<_> = values.get(from..until).unwrap_or_default().iter().flatten().collect();
        #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
        let count = some.len() as f64;
        (!some.is_empty()).then(|| some.into_iter().sum::<f64>() / count)
    };
    let means: Vec<_> = (0..width).map(mean).collect();
    let most = means.iter().flatten().copied().fold(0.0, f64::max);
    let block = |value: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float's `as` saturates")]
        let step = if most > 0.0 { (value / most * 7.0).round() as usize } else { 0 };
        BLOCKS.get(step).copied().unwrap_or('█')
    };
    means.into_iter().map(|mean| mean.map_or(' ', block)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[Option<f64>], width: usize, expected: &str) {
        assert_eq!(sparkline(values, width), expected);
    }

    #[test]
    fn a_sparkline_goes_from_nothing_to_the_largest() {
        let some: Vec<_> = (0..8).map(|value| Some(f64::from(value))).collect();
        check(&some, 20, "▁▂▃▄▅▆▇█");
        check(&some, 4, "▂▄▆█");
        check(&[Some(0.0), None, Some(2.0)], 9, "▁ █");
        check(&[Some(0.0), Some(0.0)], 9, "▁▁");
        check(&[], 9, "");
    }
}
