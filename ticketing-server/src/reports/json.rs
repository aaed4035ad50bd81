//! A report as JSON, in the words of a dialect.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use sha2::{Digest, Sha256};
use ticketing_core::{
    TimeDelta, Timestamp,
    report::{Figure, Figures, Measure, Span},
};

use super::{
    Dialect, Told,
    told::{Called, Kind},
    words::age_bands,
};

/// What members are called.
pub(crate) struct Members {
    pub(crate) from: &'static str,
    pub(crate) until: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) period: &'static str,
    pub(crate) by: &'static str,
    pub(crate) as_of: &'static str,
    pub(crate) behind: &'static str,
    pub(crate) age_bands: &'static str,
    pub(crate) from_days: &'static str,
    pub(crate) until_days: &'static str,
    pub(crate) measures: &'static str,
    pub(crate) code: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) clock: &'static str,
    pub(crate) name: &'static str,
    pub(crate) definition: &'static str,
    pub(crate) periods: &'static str,
    pub(crate) previous: &'static str,
    pub(crate) rows: &'static str,
    pub(crate) value: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) whole: &'static str,
    pub(crate) total: &'static str,
    pub(crate) part: &'static str,
    pub(crate) among: &'static str,
    pub(crate) ratio: &'static str,
    pub(crate) count: &'static str,
}

const OF_THE_DESK: Members = Members {
    from: "desde",
    until: "hasta",
    zone: "zona",
    period: "periodo",
    by: "por",
    as_of: "al",
    behind: "atraso",
    age_bands: "bandas_de_antiguedad",
    from_days: "desde_dias",
    until_days: "hasta_dias",
    measures: "medidas",
    code: "codigo",
    unit: "unidad",
    clock: "reloj",
    name: "nombre",
    definition: "definicion",
    periods: "periodos",
    previous: "anterior",
    rows: "filas",
    value: "valor",
    kind: "tipo",
    whole: "conjunto",
    total: "total",
    part: "parte",
    among: "de",
    ratio: "razon",
    count: "cuenta",
};

const OF_OTHER_SYSTEMS: Members = Members {
    from: "from",
    until: "until",
    zone: "zone",
    period: "period",
    by: "by",
    as_of: "asOf",
    behind: "behind",
    age_bands: "ageBands",
    from_days: "fromDays",
    until_days: "untilDays",
    measures: "measures",
    code: "code",
    unit: "unit",
    clock: "clock",
    name: "name",
    definition: "definition",
    periods: "periods",
    previous: "previous",
    rows: "rows",
    value: "value",
    kind: "kind",
    whole: "whole",
    total: "total",
    part: "part",
    among: "of",
    ratio: "ratio",
    count: "count",
};

impl Members {
    pub(crate) const fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Desk | Dialect::CommandLine => &OF_THE_DESK,
            Dialect::Integration => &OF_OTHER_SYSTEMS,
        }
    }
}

/// A report as JSON, and a tag of all that it says but for when it was asked for.
pub(crate) fn json(told: &Told) -> Result<(Vec<u8>, String), serde_json::Error> {
    let answer = Answer::new(told);
    let mut hash = Hash(Sha256::new());
    serde_json::to_writer(&mut hash, &Answer { as_of: None, ..answer })?;
    let digest = hash.0.finalize();
    let tag = u128::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
    Ok((serde_json::to_vec(&answer)?, format!("\"{tag:032x}\"")))
}

struct Hash(Sha256);

impl std::io::Write for Hash {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is answered.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    told: &'a Told,
    dialect: Dialect,
    words: &'static Members,
    as_of: Option<Timestamp>,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { told, dialect, words, as_of } = self;
        let (asked, report) = (&told.asked, &told.answer.report);
        let mut map = serializer.serialize_map(None)?;
        self.range(&mut map, asked.ask.from, asked.ask.until)?;
        map.serialize_entry(words.zone, &asked.ask.zone.name)?;
        map.serialize_entry(words.period, dialect.period(asked.ask.period))?;
        map.serialize_entry(words.by, &asked.ask.by.map(|by| dialect.dimension(by)))?;
        if let Some(as_of) = as_of {
            map.serialize_entry(words.as_of, &self.instant(*as_of))?;
        }
        map.serialize_entry(words.behind, &told.answer.behind)?;
        map.serialize_entry(words.age_bands, &Bands(self))?;
        map.serialize_entry(words.measures, &List(&asked.measures, |measure: &Measure| Explained(self, *measure)))?;
        map.serialize_entry(words.periods, &List(&report.spans, |span| Spanned(self, span, true)))?;
        map.serialize_entry(words.previous, &Spanned(self, &report.previous, false))?;
        let rows: Vec<_> = told.named_rows().collect();
        map.serialize_entry(words.rows, &List(&rows, |&(called, row)| Row(self, Some(called), row)))?;
        map.serialize_entry(words.total, &Row(self, None, &report.total))?;
        map.end()
    }
}

impl<'a> Answer<'a> {
    pub(crate) const fn new(told: &'a Told) -> Self {
        let dialect = match told.asked.dialect {
            Dialect::CommandLine => Dialect::Desk,
            dialect => dialect,
        };
        Self { told, dialect, words: Members::of(dialect), as_of: Some(told.answer.as_of) }
    }

    fn range<M: SerializeMap>(&self, map: &mut M, from: Timestamp, until: Timestamp) -> Result<(), M::Error> {
        map.serialize_entry(self.words.from, &self.instant(from))?;
        map.serialize_entry(self.words.until, &self.instant(until))
    }

    /// As the dialect writes instants.
    fn instant(&self, at: Timestamp) -> String {
        if self.dialect == Dialect::Desk { at.seconds().to_string() } else { at.to_string() }
    }
}

/// Something of each of a list.
struct List<'a, T, F>(&'a [T], F);

impl<'a, T, F, R> Serialize for List<'a, T, F>
where
    F: Fn(&'a T) -> R,
    R: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

struct Bands<'a>(&'a Answer<'a>);

impl Serialize for Bands<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words = self.0.words;
        let mut seq = serializer.serialize_seq(None)?;
        for (name, begins, ends) in age_bands(self.0.told.asked.locale) {
            seq.serialize_element(&Band(words, &name, begins, ends))?;
        }
        seq.end()
    }
}

struct Band<'a>(&'static Members, &'a str, i64, Option<i64>);

impl Serialize for Band<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(words, name, begins, ends) = self;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry(words.name, name)?;
        map.serialize_entry(words.from_days, begins)?;
        map.serialize_entry(words.until_days, ends)?;
        map.end()
    }
}

/// What a figure is.
struct Explained<'a>(&'a Answer<'a>, Measure);

impl Serialize for Explained<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Answer { told, dialect, words, .. }, measure) = self;
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry(words.code, dialect.measure(*measure))?;
        if let Some(spec) = measure.spec() {
            map.serialize_entry(words.unit, dialect.unit(spec.unit))?;
            map.serialize_entry(words.clock, dialect.clock(spec.counts))?;
            map.serialize_entry(words.name, spec.name(told.asked.locale))?;
            map.serialize_entry(words.definition, spec.sentence(told.asked.locale))?;
        }
        map.end()
    }
}

struct Spanned<'a>(&'a Answer<'a>, &'a Span, bool);

impl Serialize for Spanned<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(answer, span, has_name) = self;
        let mut map = serializer.serialize_map(None)?;
        if *has_name {
            map.serialize_entry(answer.words.name, &span.name)?;
        }
        answer.range(&mut map, span.from, span.until)?;
        map.end()
    }
}

/// A row; all rows as one have no name.
struct Row<'a>(&'a Answer<'a>, Option<&'a Called>, &'a ticketing_core::report::ReportRow);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(answer, called, row) = self;
        let words = answer.words;
        let mut map = serializer.serialize_map(None)?;
        if let Some(Called { kind, value, name }) = called {
            map.serialize_entry(words.value, value)?;
            map.serialize_entry(words.kind, answer.dialect.kind(*kind))?;
            map.serialize_entry(words.name, name)?;
        }
        map.serialize_entry(words.periods, &List(&row.periods, |figures| Shown(answer, figures)))?;
        map.serialize_entry(words.whole, &Shown(answer, &row.whole))?;
        map.serialize_entry(words.previous, &Shown(answer, &row.previous))?;
        map.end()
    }
}

impl Dialect {
    /// What kind of row it is.
    pub(crate) const fn kind(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (Self::Desk, Kind::Value) => "VALOR",
            (Self::Desk, Kind::None) => "NINGUNO",
            (Self::Desk, Kind::Rest) => ticketing_core::report::Value::REST,
            (_, Kind::Value) => "VALUE",
            (_, Kind::None) => "NONE",
            (_, Kind::Rest) => "OTHERS",
        }
    }
}

/// Those figures that are asked for.
struct Shown<'a>(&'a Answer<'a>, &'a Figures);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(answer, figures) = self;
        let mut map = serializer.serialize_map(None)?;
        for measure in &answer.told.asked.measures {
            if let Some(figure) = figures.get(*measure) {
                map.serialize_entry(answer.dialect.measure(*measure), &One(answer.words, *figure))?;
            }
        }
        map.end()
    }
}

struct One(&'static Members, Figure);

impl Serialize for One {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(words, figure) = self;
        match figure {
            Figure::Count(count) => serializer.serialize_i64(*count),
            Figure::Share { part, whole } => {
                let mut map = serializer.serialize_map(Some(3))?;
                map.serialize_entry(words.part, part)?;
                map.serialize_entry(words.among, whole)?;
                map.serialize_entry(words.ratio, &figure.ratio().map(rounded))?;
                map.end()
            }
            Figure::Times { count, percentiles } => {
                let mut map = serializer.serialize_map(Some(4))?;
                map.serialize_entry(words.count, count)?;
                let percentiles = percentiles.as_ref();
                map.serialize_entry("p50", &percentiles.map(|of| Seconds::from(of.p50)))?;
                map.serialize_entry("p90", &percentiles.map(|of| Seconds::from(of.p90)))?;
                map.serialize_entry("p99", &percentiles.map(|of| Seconds::from(of.p99)))?;
                map.end()
            }
            Figure::Ages(bands) => bands.serialize(serializer),
        }
    }
}

/// To a millionth.
pub(super) fn rounded(ratio: f64) -> f64 {
    (ratio * 1_000_000.0).round() / 1_000_000.0
}

/// A length of time: an integer when its seconds are whole.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum Seconds {
    Whole(i64),
    Fraction(f64),
}

impl From<TimeDelta> for Seconds {
    fn from(length: TimeDelta) -> Self {
        let seconds = length.num_seconds();
        if TimeDelta::seconds(seconds) == length {
            return Self::Whole(seconds);
        }
        #[expect(clippy::cast_precision_loss, reason = "thousands of years of milliseconds are exact")]
        let millis = length.num_milliseconds() as f64;
        Self::Fraction(millis / 1_000.0)
    }
}

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(seconds) => seconds.fmt(f),
            Self::Fraction(seconds) => seconds.fmt(f),
        }
    }
}
