use std::{
    collections::{BTreeMap, BTreeSet},
    iter::Peekable,
    vec,
};

use super::{
    Counter, Dimension, Figures, Holds, Query, QueryError, Rollup, Shelf, Span, SumsError,
    figure::{Backlog, Stock, Tally},
    query::Parts,
    stretch::Term,
    sums::{counts, walk},
};
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
        desk.read(shelf, &parts.before, |spelling, part| spelling.before.push(part))?;
        desk.read(shelf, &parts.earlier, |spelling, part| spelling.earlier.push(part))?;
        for (period, terms) in parts.periods.iter().enumerate() {
            desk.read(shelf, terms, |spelling, part| spelling.periods.push((period, part)))?;
        }

        let spellings = desk.spellings;
        let mut members = Vec::new();
        if query.by.is_some() {
            let ranked = ranked(&spellings)?;
            let (named, rest) = ranked.split_at(ranked.len().min(REPORT_VALUES_MAX));
            if named.len().saturating_mul(spans.len()) > REPORT_CELLS_MAX {
                return Err(QueryError::TooLarge.into());
            }
            for (key, own) in named {
                members.push((value(query, rules, key, own)?, own.clone()));
            }
            if !rest.is_empty() {
                members.push((Value::Rest, rest.iter().flat_map(|(_, own)| own).copied().collect()));
            }
        } else {
            members.push((Value::All, spellings.iter().collect()));
        }

        // Nothing gets older before its time.
        let seen = |until: Timestamp| until.min(query.now);
        // All rows as one are what these come to: octets are read once.
        let has_rows = query.by.is_some();
        let mut all = Sum::default();
        let mut lines = Vec::with_capacity(members.len());
        for (value, members) in members {
            let (line, earlier) = Line::new(value, &members, seen(previous.until))?;
            if has_rows {
                all.merge(&earlier);
            }
            lines.push(line);
        }
        let mut total = Made::new(Value::All, &all);
        let mut own = Sum::default();
        for (period, span) in spans.iter().enumerate() {
            all.clear();
            for line in &mut lines {
                line.read(period, seen(span.until), &mut own)?;
                line.made.add(&own);
                if has_rows {
                    all.merge(&own);
                }
            }
            if has_rows {
                total.add(&all);
            }
        }
        let mut rows: Vec<_> = lines.into_iter().map(|line| line.made.row()).collect();
        let of_nothing = if has_rows { None } else { rows.pop() };
        let total = of_nothing.unwrap_or_else(|| total.row());
        Ok(Self { spans, previous, rows, total })
    }
}

/// What figures are made of.
#[derive(Default)]
struct Sum {
    tally: Tally,
    backlog: Backlog,
}

impl Sum {
    fn figures(&self) -> Figures {
        Figures::of(&self.tally, self.backlog)
    }

    fn merge(&mut self, other: &Self) {
        self.tally.merge(&other.tally);
        self.backlog.merge(other.backlog);
    }

    fn clear(&mut self) {
        self.tally.clear();
        self.backlog = Backlog::default();
    }
}

/// What is told of a row, as far as it is made.
struct Made {
    value: Value,
    previous: Figures,
    periods: Vec<Figures>,
    whole: Sum,
}

impl Made {
    fn new(value: Value, earlier: &Sum) -> Self {
        Self { value, previous: earlier.figures(), periods: Vec::new(), whole: Sum::default() }
    }

    /// Adds a period. What there is at its end is what there is at the end of all.
    fn add(&mut self, period: &Sum) {
        self.periods.push(period.figures());
        self.whole.tally.merge(&period.tally);
        self.whole.backlog = period.backlog;
    }

    fn row(self) -> ReportRow {
        let Self { value, previous, periods, whole } = self;
        ReportRow { value, periods, whole: whole.figures(), previous }
    }
}

/// A row, and what it is still to be made of: all rows go on together, so that of all of them as one no more than a period is kept.
struct Line<'a> {
    made: Made,
    stock: Stock,
    /// In the order of periods.
    happened: Peekable<vec::IntoIter<(usize, Part<'a>)>>,
}

impl<'a> Line<'a> {
    /// A row that has no periods yet, and what there was before them.
    fn new(value: Value, members: &[&Spelling<'a>], at: Timestamp) -> Result<(Self, Sum), SumsError> {
        let (mut stock, mut earlier) = (Stock::default(), Sum::default());
        add_all(&mut earlier.tally, members.iter().flat_map(|member| &member.before), Counter::is_stock)?;
        stock.apply(&mut earlier.tally);
        earlier.clear();
        add_all(&mut earlier.tally, members.iter().flat_map(|member| &member.earlier), |counter| !counter.is_stock())?;
        earlier.backlog = stock.at(at);
        let mut happened: Vec<_> = members.iter().flat_map(|member| &member.periods).copied().collect();
        happened.sort_by_key(|(period, _)| *period);
        let made = Made::new(value, &earlier);
        Ok((Self { made, stock, happened: happened.into_iter().peekable() }, earlier))
    }

    /// What happened in the period that comes next, and what there is after it.
    fn read(&mut self, period: usize, at: Timestamp, sum: &mut Sum) -> Result<(), SumsError> {
        sum.clear();
        while let Some((_, part)) = self.happened.next_if(|(own, _)| *own == period) {
            add_all(&mut sum.tally, [&part], |_| true)?;
        }
        self.stock.apply(&mut sum.tally);
        sum.backlog = self.stock.at(at);
        Ok(())
    }
}

fn add_all<'p, 'a: 'p>(
    tally: &mut Tally,
    parts: impl IntoIterator<Item = &'p Part<'a>>,
    wanted: impl Fn(Counter) -> bool,
) -> Result<(), SumsError> {
    for part in parts {
        counts(part.octets, |counter, counts| {
            if wanted(counter) {
                tally.add(counter, counts, part.times)?;
            }
            Ok(true)
        })?;
    }
    Ok(())
}

/// What is counted of a spelling in a stretch.
#[derive(Clone, Copy)]
struct Part<'a> {
    octets: &'a [u8],
    /// How often: once, or -1 times where it is taken away.
    times: i64,
}

/// A spelling of a value, and what is counted of it.
struct Spelling<'a> {
    name: &'a str,
    /// In which all spellings are the same.
    key: String,
    before: Vec<Part<'a>>,
    earlier: Vec<Part<'a>>,
    /// In the order of the periods.
    periods: Vec<(usize, Part<'a>)>,
}

impl Spelling<'_> {
    /// How much it is used in the report's periods: how many tickets came to be or were resolved.
    fn used(&self) -> Result<i64, SumsError> {
        let mut used = 0_i64;
        for (_, part) in &self.periods {
            counts(part.octets, |counter, counts| {
                if matches!(counter, Counter::Created | Counter::Resolved) {
                    counts.each(|_, count| used = used.wrapping_add(count.wrapping_mul(part.times)))?;
                }
                // They are in order.
                Ok(counter < Counter::Resolved)
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
        add_all(&mut tally, of_period.iter().map(|(_, part)| part), |_| true)?;
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

    /// Notes for each spelling what is counted of it in what some time is made of.
    fn read(
        &mut self,
        kept: &'a Shelf,
        terms: &[Term],
        mut note: impl FnMut(&mut Spelling<'a>, Part<'a>),
    ) -> Result<(), SumsError> {
        for Term { stretch, times } in terms {
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
                        note(spelling, Part { octets: group.counts, times: *times });
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
