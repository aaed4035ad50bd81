//! Figures as people read them.

use ticketing_core::{
    Locale, TimeDelta, Timestamp, Zone,
    report::{Counts, Figure, Figures, Measure, MeasureSpec, Period, Unit},
};

/// What is told of a figure, one of them for each percentile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// A number of tickets, or a share.
    Whole,
    P50,
    P90,
    P99,
    /// How many there are behind it.
    Count,
    /// A band of ages.
    Band(usize),
}

/// A number that is told, and drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Number {
    Count(i64),
    Ratio(f64),
    Length(TimeDelta, Counts),
}

impl Part {
    /// Those of a measure, the one that is drawn first.
    pub(super) const fn of(spec: &MeasureSpec) -> &'static [Self] {
        match (spec.unit, spec.counts) {
            // Of shares of time nobody asks among how many milliseconds.
            (Unit::Tickets, _) | (Unit::Share, Counts::CalendarTime) => &[Self::Whole],
            (Unit::Share, _) => &[Self::Whole, Self::Count],
            (Unit::Time, _) => &[Self::P50, Self::P90, Self::P99, Self::Count],
            (Unit::Ages, _) => {
                &[Self::Band(0), Self::Band(1), Self::Band(2), Self::Band(3), Self::Band(4), Self::Band(5)]
            }
        }
    }

    /// What is drawn of a measure, and told against what was before: of ages, how many there are at all.
    pub(super) fn drawn(measure: Measure) -> (Measure, Self) {
        let parts = measure.spec().map_or(&[][..], Self::of);
        match parts.first() {
            Some(Self::Band(_)) | None => (Measure::Backlog, Self::Whole),
            Some(first) => (measure, *first),
        }
    }

    /// It of a figure; `None` where there is nothing.
    pub(super) fn read(self, measure: Measure, figures: &Figures) -> Option<Number> {
        let clock = measure.spec()?.counts;
        let figure = *figures.get(measure)?;
        let length = |length| Number::Length(length, clock);
        match (figure, self) {
            (Figure::Count(count), _) | (Figure::Times { count, .. }, Self::Count) => Some(Number::Count(count)),
            (Figure::Share { whole, .. }, Self::Count) => Some(Number::Count(whole)),
            (Figure::Share { .. }, _) => figure.ratio().map(Number::Ratio),
            (Figure::Times { percentiles, .. }, Self::P90) => percentiles.map(|of| length(of.p90)),
            (Figure::Times { percentiles, .. }, Self::P99) => percentiles.map(|of| length(of.p99)),
            (Figure::Times { percentiles, .. }, _) => percentiles.map(|of| length(of.p50)),
            (Figure::Ages(bands), Self::Band(band)) => bands.get(band).map(|count| Number::Count(*count)),
            (Figure::Ages(_), _) => None,
        }
    }
}

impl Number {
    /// To be drawn.
    #[expect(clippy::cast_precision_loss, reason = "a picture has no 53 bits of meaning")]
    pub(super) fn value(self) -> f64 {
        match self {
            Self::Count(count) => count as f64,
            Self::Ratio(ratio) => ratio,
            Self::Length(length, _) => length.num_milliseconds() as f64,
        }
    }

    /// To be read.
    pub(super) fn text(self, locale: Locale) -> String {
        match self {
            Self::Count(count) => grouped(count, locale),
            Self::Ratio(ratio) => format!("{} %", decimal(ratio * 100.0, locale)),
            Self::Length(time, clock) => length(time, clock),
        }
    }
}

/// What is told where there is nothing.
pub(super) const NOTHING: &str = "–";

pub(super) fn text(number: Option<Number>, locale: Locale) -> String {
    number.map_or_else(|| NOTHING.to_owned(), |number| number.text(locale))
}

/// What has become of a number: `▲ 12 %`; of a share, in points of a percent.
pub(super) fn change(now: Option<Number>, before: Option<Number>, locale: Locale) -> String {
    let (Some(now), Some(before)) = (now, before) else { return NOTHING.to_owned() };
    let (difference, unit) = match (now, before) {
        (Number::Ratio(now), Number::Ratio(before)) => ((now - before) * 100.0, "pp"),
        _ if before.value() == 0.0 && now.value() == 0.0 => (0.0, "%"),
        // Nothing is so many times as much as nothing.
        _ if before.value() == 0.0 => return NOTHING.to_owned(),
        _ => ((now.value() / before.value() - 1.0) * 100.0, "%"),
    };
    let size = decimal(difference.abs(), locale);
    if size == "0" {
        return "=".to_owned();
    }
    format!("{} {size} {unit}", if difference > 0.0 { '▲' } else { '▼' })
}

/// Digits in groups of three.
fn grouped(count: i64, locale: Locale) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = if count < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push_str(locale.pick([".", ",", "."]));
        }
        text.push(digit);
    }
    text
}

/// With one decimal where it is small; a large one needs none.
fn decimal(number: f64, locale: Locale) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a float's `as` saturates")]
    if number.abs() >= 99.95 {
        return grouped(number.round() as i64, locale);
    }
    let text = format!("{number:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    text.replace('.', locale.pick([",", ".", ","]))
}

/// `2 h 14 min`. Days are of all time only: of working time, nobody would know how long one is.
pub(super) fn length(time: TimeDelta, clock: Counts) -> String {
    let rounded = |unit: i64| (time.num_milliseconds() + unit * 500).div_euclid(unit * 1_000);
    let (seconds, minutes) = (rounded(1), rounded(60));
    let two = |first: i64, of: &str, second: i64, of_second: &str| match second {
        0 => format!("{first} {of}"),
        second => format!("{first} {of} {second} {of_second}"),
    };
    match (seconds, minutes, clock) {
        (..60, ..) => format!("{seconds} s"),
        (_, ..60, _) => format!("{minutes} min"),
        (_, 1_440.., Counts::CalendarTime) => two(rounded(3_600) / 24, "d", rounded(3_600) % 24, "h"),
        _ => two(minutes / 60, "h", minutes % 60, "min"),
    }
}

/// What a period is called.
pub(super) const fn period_name(period: Period, locale: Locale) -> &'static str {
    locale.pick(match period {
        Period::Hour => ["hora", "hour", "hora"],
        Period::Day => ["día", "day", "dia"],
        Period::Week => ["semana", "week", "semana"],
        Period::Month => ["mes", "month", "mês"],
        Period::Quarter => ["trimestre", "quarter", "trimestre"],
        Period::Year => ["año", "year", "ano"],
    })
}

/// What a part is called.
pub(super) fn part_name(part: Part, locale: Locale) -> String {
    match part {
        Part::Whole => locale.pick(["total", "total", "total"]).to_owned(),
        Part::P50 => "p50".to_owned(),
        Part::P90 => "p90".to_owned(),
        Part::P99 => "p99".to_owned(),
        Part::Count => locale.pick(["casos", "count", "casos"]).to_owned(),
        Part::Band(band) => {
            crate::reports::age_bands(locale).nth(band).map(|(_, begins, ends)| ages(begins, ends)).unwrap_or_default()
        }
    }
}

/// `3–7 d`: a column is no wider than its figures.
fn ages(begins: i64, ends: Option<i64>) -> String {
    match (begins, ends) {
        (0, Some(ends)) => format!("< {ends} d"),
        (begins, Some(ends)) => format!("{begins}–{ends} d"),
        (begins, None) => format!("≥ {begins} d"),
    }
}

/// In which clock a measure is, in words; `None` where it is in none.
pub(super) fn clock_name(counts: Counts, locale: Locale) -> Option<&'static str> {
    Some(locale.pick(match counts {
        Counts::Events => return None,
        Counts::WorkingTime => ["En tiempo laboral.", "In working time.", "Em tempo útil."],
        Counts::CalendarTime => ["En tiempo de calendario.", "In calendar time.", "Em tempo corrido."],
    }))
}

/// `2026-03-24 10:15`, or the day where it begins then.
pub(super) fn moment(at: Timestamp, zone: &Zone) -> String {
    let local = zone.shown(at).seconds().to_string();
    let (date, time) = local.split_once('T').unwrap_or((&local, ""));
    match time.get(..5) {
        Some("00:00") | None => date.to_owned(),
        Some(time) => format!("{date} {time}"),
    }
}

/// A span of time; one of whole days, from the first to the last of them.
pub(super) fn range(from: Timestamp, until: Timestamp, zone: &Zone, locale: Locale) -> String {
    let (begins, ends) = (moment(from, zone), moment(until, zone));
    let last = until.checked_add(TimeDelta::milliseconds(-1)).map(|last| moment(last, zone));
    let ends = match last {
        // It ends at a midnight: the day before is its last.
        Some(last) if !begins.contains(' ') && !ends.contains(' ') => {
            last.split(' ').next().unwrap_or_default().to_owned()
        }
        _ => ends,
    };
    if begins == ends { begins } else { format!("{begins} {} {ends}", locale.pick(["a", "to", "a"])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_two_units_at_most() {
        let told = |seconds, clock| length(TimeDelta::seconds(seconds), clock);
        let working =
            [0, 59, 60, 3_540, 3_599, 8_040, 86_400, 97_500].map(|seconds| told(seconds, Counts::WorkingTime));
        assert_eq!(working, ["0 s", "59 s", "1 min", "59 min", "1 h", "2 h 14 min", "24 h", "27 h 5 min"]);
        let calendar = [8_040, 86_399, 86_400, 97_500].map(|seconds| told(seconds, Counts::CalendarTime));
        assert_eq!(calendar, ["2 h 14 min", "1 d", "1 d", "1 d 3 h"]);
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let count = Number::Count(1_234_567);
        assert_eq!([Locale::Es, Locale::En].map(|locale| count.text(locale)), ["1.234.567", "1,234,567"]);
        assert_eq!(Number::Count(-1_234).text(Locale::En), "-1,234");
        let ratio = Number::Ratio(0.8333);
        assert_eq!([Locale::Es, Locale::En].map(|locale| ratio.text(locale)), ["83,3 %", "83.3 %"]);
        assert_eq!(Number::Ratio(1.0).text(Locale::En), "100 %");
    }

    #[test]
    fn changes_are_told_against_what_was() {
        let told = |now, before| change(Some(now), Some(before), Locale::En);
        let count = Number::Count;
        assert_eq!(told(count(112), count(100)), "▲ 12 %");
        assert_eq!(told(count(50), count(100)), "▼ 50 %");
        assert_eq!(told(count(7), count(7)), "=");
        assert_eq!(told(count(0), count(0)), "=");
        assert_eq!(told(count(7), count(0)), "–");
        assert_eq!(told(Number::Ratio(0.9), Number::Ratio(0.85)), "▲ 5 pp");
        assert_eq!(change(None, Some(count(1)), Locale::En), "–");
    }

    #[test]
    fn ranges_of_whole_days_are_told_by_their_days() {
        let at = |text| Timestamp::parse(text).unwrap();
        let bogota = Zone::fixed("America/Bogota", -5 * 3600);
        let told = |from, until| range(at(from), at(until), &bogota, Locale::En);
        assert_eq!(told("2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z"), "2026-01-01 to 2026-01-31");
        assert_eq!(told("2026-01-01T05:00:00Z", "2026-01-02T05:00:00Z"), "2026-01-01");
        assert_eq!(told("2026-01-01T05:00:00Z", "2026-01-01T12:30:00Z"), "2026-01-01 to 2026-01-01 07:30");
        assert_eq!(told("2026-01-01T06:00:00Z", "2026-01-02T05:00:00Z"), "2026-01-01 01:00 to 2026-01-02");
    }
}
