//! The plot in the docs, drawn from the figures that stand beside it: what is quicker than what, and what changes as a file grows.

use std::{fs, ops::Range, path::PathBuf};

use anyhow::{Context as _, anyhow};
use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use serde::Deserialize;

/// From where, and where to.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The figures.
    #[arg(long, default_value = "docs/figures.json")]
    figures: PathBuf,
    /// The plot.
    #[arg(long, default_value = "docs/benchmarks.svg")]
    to: PathBuf,
}

/// What a plot needs of the file of figures.
#[derive(Deserialize)]
struct Record {
    stages: std::collections::BTreeMap<String, Stage>,
}

#[derive(Deserialize)]
struct Stage {
    figures: Vec<Figure>,
}

#[derive(Deserialize)]
struct Figure {
    id: String,
    name: String,
    unit: String,
    value: f64,
    tickets: Option<u64>,
    peer: Option<String>,
    ratio: Option<f64>,
    kept: Option<bool>,
}

const WIDTH: u32 = 900;
const ROW: u32 = 17;
const GROWTH_HEIGHT: u32 = 380;
/// The stages whose rates stand beside others'.
const COMPARED: [&str; 3] = ["core", "http", "postgres"];
/// Tones that are seen on white as well as on black.
const KEPT: RGBColor = RGBColor(38, 150, 105);
const MISSED: RGBColor = RGBColor(214, 118, 30);
const NO_AIM: RGBColor = RGBColor(96, 125, 180);
const LINES: [RGBColor; 6] =
    [KEPT, MISSED, NO_AIM, RGBColor(170, 85, 160), RGBColor(190, 155, 30), RGBColor(200, 75, 85)];
/// Black is what a reader's own colour takes the place of.
const STYLE: &str = r##"<style>
text { fill: #24292f; font-family: system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  text { fill: #d1d7e0; }
  [stroke="#000000"] { stroke: #d1d7e0; }
}
</style>
"##;

/// Draws it.
///
/// # Errors
/// When the figures cannot be read, or the plot cannot be written.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = &arguments.figures;
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    fs::write(&arguments.to, drawn(&text)?).with_context(|| arguments.to.display().to_string())
}

/// The plot of a file of figures.
fn drawn(figures: &str) -> anyhow::Result<String> {
    let record: Record = serde_json::from_str(figures)?;
    let bars: Vec<_> = COMPARED
        .iter()
        .filter_map(|name| record.stages.get(*name))
        .flat_map(|stage| &stage.figures)
        .filter(|figure| figure.unit.ends_with("/s") && figure.ratio.is_some_and(|ratio| ratio > 0.0))
        .collect();
    let growth = record.stages.get("growth").map(|stage| lines(&stage.figures)).unwrap_or_default();
    let compared = if bars.is_empty() { 0 } else { ROW * (u32::try_from(bars.len())? + 4) };
    let grown = if growth.is_empty() { 0 } else { GROWTH_HEIGHT };

    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, (compared + grown).max(1))).into_drawing_area();
        let (above, below) = root.split_vertically(compared);
        if !bars.is_empty() {
            draw_bars(&above, &bars)?;
        }
        if !growth.is_empty() {
            draw_growth(&below, &growth)?;
        }
        root.present().map_err(|error| anyhow!("{error}"))?;
    }
    let head = svg.find('>').context("a plot without a head")? + 1;
    svg.insert_str(head, &format!("\n{STYLE}"));
    Ok(svg)
}

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;

/// A bar for each rate, as long as it is a multiple of the other one: from 1, to the right where ours is higher.
fn draw_bars(area: &Area<'_>, figures: &[&Figure]) -> anyhow::Result<()> {
    const LEFT: f64 = 500.0;
    const RIGHT: f64 = 830.0;
    let decades = |ratio: f64| ratio.log10();
    let from = figures.iter().filter_map(|figure| figure.ratio).fold(0.1_f64, f64::min);
    let to = figures.iter().filter_map(|figure| figure.ratio).fold(10.0_f64, f64::max);
    let (from, to) = (decades(from).floor(), decades(to).ceil());
    #[expect(clippy::cast_possible_truncation, reason = "pixels of a plot")]
    let x = |ratio: f64| (LEFT + (decades(ratio) - from) / (to - from) * (RIGHT - LEFT)) as i32;
    let row = |index: usize| i32::try_from(ROW).unwrap_or_default() * i32::try_from(index + 2).unwrap_or_default();
    let style = |position| TextStyle::from(("sans-serif", 12).into_font()).color(&BLACK).pos(position);
    let right = style(Pos::new(HPos::Right, VPos::Center));
    let left = style(Pos::new(HPos::Left, VPos::Center));
    let centre = style(Pos::new(HPos::Center, VPos::Center));
    let draw = |result: Result<(), _>| result.map_err(|error: DrawingAreaErrorKind<_>| anyhow!("{error}"));

    let title = TextStyle::from(("sans-serif", 15).into_font()).color(&BLACK);
    draw(area.draw(&Text::new("Rates as a multiple of the other’s, in one run", (10, 6), title)))?;
    let (top, bottom) = (row(0) - 4, row(figures.len()));
    let mut decade = from;
    while decade <= to {
        let ratio = 10_f64.powf(decade);
        let line = if decade == 0.0 { BLACK.mix(0.8) } else { RGBColor(128, 128, 128).mix(0.35) };
        draw(area.draw(&PathElement::new(vec![(x(ratio), top), (x(ratio), bottom)], line)))?;
        draw(area.draw(&Text::new(power(decade), (x(ratio), bottom + 10), centre.clone())))?;
        decade += 1.0;
    }
    for (index, figure) in figures.iter().enumerate() {
        let (Some(ratio), y) = (figure.ratio, row(index) + 6) else { continue };
        let colour = match figure.kept {
            Some(true) => KEPT,
            Some(false) => MISSED,
            None => NO_AIM,
        };
        let ends = (x(ratio.min(1.0)), x(ratio.max(1.0)));
        let beside = figure.peer.as_deref().map(|peer| format!("{} : {peer}", figure.name)).unwrap_or_default();
        draw(area.draw(&Text::new(beside, (490, y), right.clone())))?;
        draw(area.draw(&Rectangle::new([(ends.0, y - 5), (ends.1, y + 5)], colour.filled())))?;
        let told = if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") };
        draw(area.draw(&Text::new(told, (ends.1 + 5, y), left.clone())))?;
    }
    let legend = "green: its aim is kept, orange: missed, blue: it has none";
    draw(area.draw(&Text::new(legend, (840, 14), right)))
}

/// A power of ten, as an axis has it.
fn power(decade: f64) -> String {
    if decade.abs() < 3.0 {
        return format!("{}", 10_f64.powf(decade));
    }
    let digits = decade.to_string().replace('-', "⁻");
    let raised = digits.chars().map(|digit| match digit.to_digit(10) {
        Some(digit) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize],
        None => digit,
    });
    format!("10{}", raised.collect::<String>())
}

/// Latencies of one kind by the number of tickets.
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// The medians of a file that grows.
fn lines(figures: &[Figure]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for figure in figures.iter().filter(|figure| figure.id.contains("-p50-")) {
        let (Some(tickets), Some(name)) = (figure.tickets, figure.name.strip_suffix(", p50")) else { continue };
        #[expect(clippy::cast_precision_loss, reason = "ten million")]
        let point = (tickets as f64, figure.value);
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push(point),
            None => lines.push(Line { name: name.to_owned(), points: vec![point] }),
        }
    }
    lines
}

fn draw_growth(area: &Area<'_>, lines: &[Line]) -> anyhow::Result<()> {
    let range = |of: fn(&(f64, f64)) -> f64| -> Range<f64> {
        let values = || lines.iter().flat_map(|line| &line.points).map(of);
        values().fold(f64::INFINITY, f64::min) / 1.5..values().fold(0.0, f64::max) * 1.5
    };
    let failed = |error: DrawingAreaErrorKind<_>| anyhow!("{error}");
    let mut chart = ChartBuilder::on(area)
        .caption("Median latency in ms by tickets in the file, one client", ("sans-serif", 15))
        .margin(10)
        .margin_right(230)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(range(|point| point.0).log_scale(), range(|point| point.1).log_scale())
        .map_err(failed)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(128, 128, 128).mix(0.35))
        .label_style(("sans-serif", 12))
        .x_label_formatter(&|tickets| format!("{tickets}"))
        .draw()
        .map_err(failed)?;
    let mut labels: Vec<(i32, &str, RGBColor)> = Vec::new();
    for (line, colour) in lines.iter().zip(LINES.into_iter().cycle()) {
        chart.draw_series(LineSeries::new(line.points.iter().copied(), colour.stroke_width(2))).map_err(failed)?;
        chart.draw_series(line.points.iter().map(|point| Circle::new(*point, 3, colour.filled()))).map_err(failed)?;
        if let Some(last) = line.points.last() {
            labels.push((chart.backend_coord(last).1, &line.name, colour));
        }
    }
    // Beside the ends of their lines, one below the other where those are close.
    labels.sort_by_key(|(y, ..)| *y);
    let mut free = i32::MIN;
    let left = i32::try_from(WIDTH).unwrap_or_default() - 230;
    let top = area.get_pixel_range().1.start;
    for (y, name, colour) in labels {
        let y = (y - top).max(free);
        free = y + 16;
        let style =
            TextStyle::from(("sans-serif", 12).into_font()).color(&BLACK).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Circle::new((left, y), 4, colour.filled())).map_err(failed)?;
        area.draw(&Text::new(name.to_owned(), (left + 10, y), style)).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plot_in_the_docs_is_that_of_the_figures() {
        let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let figures = fs::read_to_string(docs.join("figures.json")).unwrap();
        let plot = fs::read_to_string(docs.join("benchmarks.svg")).unwrap();
        assert!(drawn(&figures).unwrap() == plot, "`cargo xtask bench --draw` draws it anew");
    }
}
