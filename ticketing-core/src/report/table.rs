use std::collections::{BTreeMap, BTreeSet};

use super::{Counter, Dimension, Figures, Query, QueryError, Rollup, Row, Span, bucket::cover, figure::Tally};
use crate::{
    Rules, Timestamp,
    limits::{REPORT_CELLS_MAX, REPORT_VALUES_MAX},
    text::{area_key, priority_key},
    ticket::Scope,
};

/// Figures by period, and by the values of a dimension.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Its periods, in order.
    pub spans: Vec<Span>,
    /// The time before it that it compares with.
    pub previous: Span,
    /// A row for each value of the dimension, the most used first, then all others in one. None where it is by nothing.
    pub rows: Vec<ReportRow>,
    /// All rows as one.
    pub total: ReportRow,
}

/// The figures of some tickets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportRow {
    /// Of which.
    pub value: Value,
    /// By period, as many as there are.
    pub periods: Vec<Figures>,
    /// Of all periods as one.
    pub whole: Figures,
    /// Of the time before.
    pub previous: Figures,
}

/// Of which tickets figures are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Value {
    /// Of those of a value: the rules' name of it, or a spelling of it that was used.
    Named(String),
    /// Of those that have none.
    None,
    /// Of those of the values that are used less than the [`REPORT_VALUES_MAX`] that have a row.
    Rest,
    /// Of all.
    All,
}

impl Value {
    /// What stands for all the values that have no row of their own.
    pub const REST: &str = "OTRAS";
}

impl Report {
    /// What a roll-up has to say. Of it, no rows are read but those of [`Query::reads`] in stretches of time that
    /// [`cover`] its periods.
    ///
    /// # Errors
    /// [`QueryError`] where there is no such report.
    pub fn of(query: &Query, rollup: &Rollup, rules: &Rules) -> Result<Self, QueryError> {
        let spans = query.spans()?;
        let previous = query.previous(&spans);
        let mut desk = Reader::new(query, rollup, rules);
        let begins = spans.first().map_or(previous.until, |span| span.from);
        let before = desk.read(Timestamp::MIN, begins, Counter::is_stock);
        let earlier = desk.read(previous.from, previous.until, |counter| !counter.is_stock());
        let periods: Vec<_> = spans.iter().map(|span| desk.read(span.from, span.until, |_| true)).collect();

        let ranked = ranked(&before, &earlier, &periods);
        let (named, rest) = ranked.split_at(ranked.len().min(REPORT_VALUES_MAX));
        if query.by.is_some() && named.len().saturating_mul(spans.len()) > REPORT_CELLS_MAX {
            return Err(QueryError::TooLarge);
        }
        let row = |value: Value, keys: &[String]| {
            let sum = |tallies: &Tallies| {
                let mut sum = Tally::default();
                keys.iter().filter_map(|key| tallies.get(key)).for_each(|tally| sum.merge(tally));
                sum
            };
            let mut stock = sum(&before);
            let previous = Figures::of(&sum(&earlier), &stock, previous.until);
            let mut whole = Tally::default();
            let mut figures = Vec::new();
            for (span, tallies) in spans.iter().zip(&periods) {
                let tally = sum(tallies);
                stock.merge(&tally);
                whole.merge(&tally);
                figures.push(Figures::of(&tally, &stock, span.until));
            }
            let ends = spans.last().map_or(begins, |span| span.until);
            ReportRow { value, periods: figures, whole: Figures::of(&whole, &stock, ends), previous }
        };
        let mut rows = Vec::new();
        if query.by.is_some() {
            rows.extend(named.iter().map(|key| row(desk.value(key), core::slice::from_ref(key))));
            if !rest.is_empty() {
                rows.push(row(Value::Rest, rest));
            }
        }
        let total = row(Value::All, &ranked);
        Ok(Self { spans, previous, rows, total })
    }
}

impl Query {
    /// The dimension whose rows it reads.
    pub fn reads(&self) -> Dimension {
        self.by.unwrap_or(Dimension::Area)
    }
}

/// Counts by the key of a value.
type Tallies = BTreeMap<String, Tally>;

/// Keys of values that count for anything, the most used in the report's periods first: those of which most tickets came to be or
/// were resolved, then by key.
fn ranked(before: &Tallies, earlier: &Tallies, periods: &[Tallies]) -> Vec<String> {
    let all = || [before, earlier].into_iter().chain(periods);
    let keys: BTreeSet<&String> =
        all().flat_map(|tallies| tallies.iter().filter(|(_, tally)| !tally.is_empty()).map(|(key, _)| key)).collect();
    let used = |key: &String| -> i64 {
        let counts = periods.iter().filter_map(|tallies| tallies.get(key));
        counts.map(|tally| tally.get(Counter::Created).saturating_add(tally.get(Counter::Resolved))).sum()
    };
    let mut ranked: Vec<_> = keys.into_iter().map(|key| (core::cmp::Reverse(used(key)), key.clone())).collect();
    ranked.sort();
    ranked.into_iter().map(|(_, key)| key).collect()
}

struct Reader<'a> {
    query: &'a Query,
    rollup: &'a Rollup,
    rules: &'a Rules,
    areas: BTreeSet<String>,
    values: BTreeSet<String>,
    /// Of each key, the first spelling.
    names: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn new(query: &'a Query, rollup: &'a Rollup, rules: &'a Rules) -> Self {
        let names = BTreeMap::new();
        let mut reader = Self { query, rollup, rules, areas: BTreeSet::new(), values: BTreeSet::new(), names };
        reader.areas = query.areas.iter().map(|area| rules.area_key(area)).collect();
        reader.values = query.values.iter().map(|value| reader.key(value)).collect();
        reader
    }

    fn read(&mut self, from: Timestamp, until: Timestamp, counts: impl Fn(Counter) -> bool) -> Tallies {
        let mut tallies = Tallies::new();
        for buckets in cover(from, until) {
            for (row, count) in self.rollup.read(self.query.reads(), buckets) {
                if !counts(row.counter) || !self.is_meant(row) {
                    continue;
                }
                let value = if self.query.reads() == Dimension::Area { &row.area } else { &row.value };
                let key = self.key(value);
                if !self.values.is_empty() && !self.values.contains(&key) {
                    continue;
                }
                tallies.entry(key.clone()).or_default().add(row.counter, row.cell, count);
                let name = self.names.entry(key).or_insert_with(|| value.clone());
                if value < name {
                    name.clone_from(value);
                }
            }
        }
        tallies
    }

    fn is_meant(&self, row: &Row) -> bool {
        let may_read = match &self.query.scope {
            Scope::Everything => true,
            Scope::Area(keys) => keys.contains(&area_key(&row.area)),
        };
        may_read && (self.areas.is_empty() || self.areas.contains(&self.rules.area_key(&row.area)))
    }

    /// The form in which values of the dimension are the same.
    fn key(&self, value: &str) -> String {
        match self.query.reads() {
            Dimension::Area => self.rules.area_key(value),
            Dimension::Priority => self.rules.priority_key(value),
            Dimension::Category => priority_key(value),
            Dimension::Type | Dimension::Agent | Dimension::Origin => value.to_owned(),
        }
    }

    fn value(&self, key: &str) -> Value {
        if key.is_empty() {
            return Value::None;
        }
        let spelling = self.names.get(key).map_or(key, String::as_str);
        let known = match self.query.reads() {
            Dimension::Area => self.rules.known_area(spelling),
            Dimension::Priority => self.rules.known_priority(spelling),
            _ => None,
        };
        Value::Named(known.unwrap_or(spelling).to_owned())
    }
}
