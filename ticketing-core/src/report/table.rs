use std::collections::{BTreeMap, BTreeSet};

use super::{
    Counter, Dimension, Figures, Holds, Query, QueryError, Rollup, Shelf, Span, Stretch, SumsError,
    figure::{Stock, Tally},
    query::Parts,
    sums::{counts, walk},
};
use crate::{
    Rules,
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

/// Why there is no report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReportError {
    /// There is none of that kind.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// What is kept cannot be read.
    #[error(transparent)]
    Sums(#[from] SumsError),
}

impl Report {
    /// What a roll-up has to say.
    ///
    /// # Errors
    /// [`ReportError::Query`] where there is no such report.
    pub fn of(query: &Query, rollup: &Rollup, rules: &Rules) -> Result<Self, ReportError> {
        Self::read(query, &rollup.shelf(query.reads()), rules)
    }

    /// What is kept of the dimension that a query [reads](Query::reads) has to say. No stretches are read but those that it
    /// [wants](Query::wants), and it comes to the same whichever are kept.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn read(query: &Query, shelf: &Shelf, rules: &Rules) -> Result<Self, ReportError> {
        let spans = query.spans()?;
        let previous = query.previous(&spans);
        let parts = Parts::of(&spans, &previous, shelf.stretches());
        let mut desk = Reader::new(query, rules);
        desk.read(shelf, &parts.before, |spelling, counts| spelling.before.push(counts))?;
        desk.read(shelf, &parts.earlier, |spelling, counts| spelling.earlier.push(counts))?;
        for (period, stretches) in parts.periods.iter().enumerate() {
            desk.read(shelf, stretches, |spelling, counts| spelling.periods.push((period, counts)))?;
        }

        let spellings = desk.spellings;
        let begins = spans.first().map_or(previous.until, |span| span.from);
        let row = |value: Value, members: &[&Spelling<'_>]| -> Result<ReportRow, SumsError> {
            let (mut stock, mut tally) = (Stock::default(), Tally::default());
            add_all(&mut tally, members.iter().flat_map(|member| &member.before), Counter::is_stock)?;
            stock.apply(&mut tally);
            tally.clear();
            add_all(&mut tally, members.iter().flat_map(|member| &member.earlier), |counter| !counter.is_stock())?;
            let previous = Figures::of(&tally, &stock, previous.until);
            let mut happened: Vec<_> = members.iter().flat_map(|member| &member.periods).collect();
            happened.sort_by_key(|(period, _)| *period);
            let mut happened = happened.into_iter().peekable();
            let mut whole = Tally::default();
            let mut periods = Vec::with_capacity(spans.len());
            for (period, span) in spans.iter().enumerate() {
                tally.clear();
                while let Some((_, of_period)) = happened.next_if(|(own, _)| *own == period) {
                    add_all(&mut tally, [of_period], |_| true)?;
                }
                stock.apply(&mut tally);
                whole.merge(&tally);
                periods.push(Figures::of(&tally, &stock, span.until));
            }
            let ends = spans.last().map_or(begins, |span| span.until);
            Ok(ReportRow { value, periods, whole: Figures::of(&whole, &stock, ends), previous })
        };

        let mut rows = Vec::new();
        if query.by.is_some() {
            let ranked = ranked(&spellings)?;
            let (named, rest) = ranked.split_at(ranked.len().min(REPORT_VALUES_MAX));
            if named.len().saturating_mul(spans.len()) > REPORT_CELLS_MAX {
                return Err(QueryError::TooLarge.into());
            }
            for (key, members) in named {
                rows.push(row(value(query, rules, key, members)?, members)?);
            }
            if !rest.is_empty() {
                let rest: Vec<_> = rest.iter().flat_map(|(_, members)| members).copied().collect();
                rows.push(row(Value::Rest, &rest)?);
            }
        }
        let total = row(Value::All, &spellings.iter().collect::<Vec<_>>())?;
        Ok(Self { spans, previous, rows, total })
    }
}

fn add_all<'a>(
    tally: &mut Tally,
    all: impl IntoIterator<Item = &'a &'a [u8]>,
    wanted: impl Fn(Counter) -> bool,
) -> Result<(), SumsError> {
    for octets in all {
        counts(octets, |counter, cell, count| {
            if wanted(counter) {
                tally.add(counter, cell, count);
            }
            true
        })?;
    }
    Ok(())
}

/// A spelling of a value, and what is counted of it.
struct Spelling<'a> {
    name: &'a str,
    /// In which all spellings are the same.
    key: String,
    before: Vec<&'a [u8]>,
    earlier: Vec<&'a [u8]>,
    /// In the order of the periods.
    periods: Vec<(usize, &'a [u8])>,
}

impl Spelling<'_> {
    /// How much it is used in the report's periods: how many tickets came to be or were resolved.
    fn used(&self) -> Result<i64, SumsError> {
        let mut used = 0_i64;
        for (_, octets) in &self.periods {
            counts(octets, |counter, _, count| {
                let is_use = matches!(counter, Counter::Created | Counter::Resolved);
                used = used.saturating_add(if is_use { count } else { 0 });
                // They are in order.
                counter <= Counter::Resolved
            })?;
        }
        Ok(used)
    }
}

/// Whether anything is counted of spellings, in any part.
fn is_counted(members: &[&Spelling<'_>]) -> Result<bool, SumsError> {
    let mut tally = Tally::default();
    add_all(&mut tally, members.iter().flat_map(|member| &member.before), Counter::is_stock)?;
    if !tally.is_empty() {
        return Ok(true);
    }
    tally.clear();
    add_all(&mut tally, members.iter().flat_map(|member| &member.earlier), |counter| !counter.is_stock())?;
    if !tally.is_empty() {
        return Ok(true);
    }
    let mut happened: Vec<_> = members.iter().flat_map(|member| &member.periods).collect();
    happened.sort_by_key(|(period, _)| *period);
    for of_period in happened.chunk_by(|(one, _), (other, _)| one == other) {
        tally.clear();
        add_all(&mut tally, of_period.iter().map(|(_, octets)| octets), |_| true)?;
        if !tally.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A key of values and its spellings.
type Keyed<'s, 'a> = (&'s str, Vec<&'s Spelling<'a>>);

/// Keys of values that count for anything, the most used in the report's periods first, then by key.
fn ranked<'s, 'a>(spellings: &'s [Spelling<'a>]) -> Result<Vec<Keyed<'s, 'a>>, SumsError> {
    let mut keys: BTreeMap<&str, (i64, Vec<&Spelling<'a>>)> = BTreeMap::new();
    for spelling in spellings {
        let (used, members) = keys.entry(&spelling.key).or_default();
        *used = used.saturating_add(spelling.used()?);
        members.push(spelling);
    }
    let mut ranked = Vec::with_capacity(keys.len());
    for (key, (used, members)) in keys {
        if used != 0 || is_counted(&members)? {
            ranked.push((core::cmp::Reverse(used), key, members));
        }
    }
    ranked.sort_by_key(|(used, key, _)| (*used, *key));
    Ok(ranked.into_iter().map(|(_, key, members)| (key, members)).collect())
}

/// What the row of a key is called.
fn value(query: &Query, rules: &Rules, key: &str, members: &[&Spelling<'_>]) -> Result<Value, SumsError> {
    if key.is_empty() {
        return Ok(Value::None);
    }
    let mut names = Vec::new();
    for member in members {
        // Of several, those that are used.
        if members.len() == 1 || is_counted(&[member])? {
            names.push(member.name);
        }
    }
    let spelling = names.into_iter().min().or_else(|| members.iter().map(|member| member.name).min()).unwrap_or(key);
    let known = match query.reads() {
        Dimension::Area => rules.known_area(spelling),
        Dimension::Priority => rules.known_priority(spelling),
        _ => None,
    };
    Ok(Value::Named(known.unwrap_or(spelling).to_owned()))
}

struct Reader<'q, 'a> {
    query: &'q Query,
    rules: &'q Rules,
    areas: BTreeSet<String>,
    values: BTreeSet<String>,
    /// Which spelling a name is; none, where it is not meant.
    known: BTreeMap<&'a str, Option<usize>>,
    spellings: Vec<Spelling<'a>>,
}

impl<'q, 'a> Reader<'q, 'a> {
    fn new(query: &'q Query, rules: &'q Rules) -> Self {
        Self {
            query,
            rules,
            areas: query.areas.iter().map(|area| rules.area_key(area)).collect(),
            values: query.values.iter().map(|value| key(query, rules, value)).collect(),
            known: BTreeMap::new(),
            spellings: Vec::new(),
        }
    }

    /// Notes for each spelling what is counted of it in some stretches.
    fn read(
        &mut self,
        kept: &'a Shelf,
        stretches: &[Stretch],
        mut note: impl FnMut(&mut Spelling<'a>, &'a [u8]),
    ) -> Result<(), SumsError> {
        for stretch in stretches {
            for (own, octets) in kept.within(*stretch) {
                let is_of_hours = own.holds == Holds::Hours;
                // Names are looked up once for all groups that have them.
                let (mut areas, mut values) = (Vec::new(), Vec::new());
                walk(octets, |group| {
                    let quarter = own.from.saturating_add(group.slot.into());
                    if is_of_hours && !stretch.depends_on(quarter) {
                        return;
                    }
                    let [area, value] = group.names;
                    if !remembered(&mut areas, area, || self.is_meant(group.area)) {
                        return;
                    }
                    let (index, name) =
                        if self.query.reads() == Dimension::Area { (area, group.area) } else { (value, group.value) };
                    let spelling = remembered(&mut values, index, || self.spelling(name));
                    if let Some(spelling) = spelling.and_then(|spelling| self.spellings.get_mut(spelling)) {
                        note(spelling, group.counts);
                    }
                })?;
            }
        }
        Ok(())
    }

    fn spelling(&mut self, name: &'a str) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let key = key(self.query, self.rules, name);
        let is_asked = self.values.is_empty() || self.values.contains(&key);
        let index = is_asked.then_some(self.spellings.len());
        if is_asked {
            self.spellings.push(Spelling { name, key, before: vec![], earlier: vec![], periods: vec![] });
        }
        self.known.insert(name, index);
        index
    }

    fn is_meant(&self, area: &str) -> bool {
        let may_read = match &self.query.scope {
            Scope::Everything => true,
            Scope::Area(keys) => keys.contains(&area_key(area)),
        };
        may_read && (self.areas.is_empty() || self.areas.contains(&self.rules.area_key(area)))
    }
}

/// What is noted at a place, or is found out and noted there.
fn remembered<T: Copy>(noted: &mut Vec<Option<T>>, index: usize, find_out: impl FnOnce() -> T) -> T {
    if noted.len() <= index {
        noted.resize(index.saturating_add(1), None);
    }
    if let Some(known) = noted.get(index).copied().flatten() {
        return known;
    }
    let found = find_out();
    if let Some(place) = noted.get_mut(index) {
        *place = Some(found);
    }
    found
}

/// The form in which values of the dimension are the same.
fn key(query: &Query, rules: &Rules, value: &str) -> String {
    match query.reads() {
        Dimension::Area => rules.area_key(value),
        Dimension::Priority => rules.priority_key(value),
        Dimension::Category => priority_key(value),
        Dimension::Type | Dimension::Agent | Dimension::Origin => value.to_owned(),
    }
}
