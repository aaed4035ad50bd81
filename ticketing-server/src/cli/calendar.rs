use std::{
    fmt,
    fs::File,
    io::{self, BufRead, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use chrono::{Datelike, NaiveDate};
use clap::{Args, Subcommand, value_parser};
use comfy_table::{Table, presets};
use ticketing_core::{CalendarException, CalendarRules, Rules, RulesDocument, sla::Shift};

use super::{Database, block_on, rules::of_open_tickets};
use crate::{
    Engine,
    clock::{Clock, SystemClock},
    holidays::{self, Holiday, Holidays, LeftOut, Note, Years},
    store::RulesStore,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print the weekly hours of calendars, and the dates that are exceptions.
    Show {
        /// Only this calendar.
        #[arg(long, value_name = "NAME")]
        calendar: Option<String>,
        /// Only exceptions of this year.
        #[arg(long)]
        year: Option<i32>,
        #[command(flatten)]
        database: Database,
    },
    /// Close a calendar on the holidays of a file, after a review. A running server follows within a second.
    Import(Import),
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct Import {
    /// iCalendar, or CSV with a date and a name in each row: 2026-12-25 or 25/12/2026, separated by comma, semicolon or tab.
    file: PathBuf,
    /// The calendar. [default: the only one]
    #[arg(long, value_name = "NAME")]
    calendar: Option<String>,
    /// The first year of which days are taken. [default: this year]
    #[arg(long, value_name = "YEAR", value_parser = value_parser!(i32).range(YEARS))]
    from: Option<i32>,
    /// The last one. [default: five years later]
    #[arg(long, value_name = "YEAR", value_parser = value_parser!(i32).range(YEARS))]
    until: Option<i32>,
    /// Close the calendar also on dates for which it has hours of their own.
    #[arg(long)]
    replace: bool,
    /// Apply it to the tickets that are open, too. Without, they keep what they were promised until something changes them.
    #[arg(long)]
    rematch: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Only show what would change.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: Database,
}

const YEARS: std::ops::RangeInclusive<i64> = 2000..=2099;

/// How many things that were not taken are told one by one.
const NOTES_SHOWN_MAX: usize = 40;
const NOTES_OUTSIDE_SHOWN_MAX: usize = 3;

impl Command {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Show { calendar, year, database } => {
                let rules = block_on(database.existing()?.active_rules())?.map(|(_, rules)| rules).unwrap_or_default();
                show(&rules, calendar.as_deref(), year)
            }
            Self::Import(import) => import.run(),
        }
    }
}

impl Import {
    fn run(self) -> anyhow::Result<()> {
        let engine = block_on(Engine::start(self.database.existing()?))?;
        let version = block_on(engine.store().active_version())?;
        let active = engine.rules();
        let name = self.calendar(active.document())?;
        let years = self.years(active.zone().local_year(SystemClock.now()))?;
        let Holidays { days, notes } = read(&self.file, years)?;
        let calendar = active.document().calendars.get(&name).context("the calendar is not there")?;
        let effects: Vec<_> = days.iter().map(|day| Effect::of(day, calendar, self.replace)).collect();
        print!("{}", Review { days: &days, effects: &effects, notes: &notes });

        ensure!(!days.is_empty(), "{} has no whole day in {years}", self.file.display());
        let changing = effects.iter().filter(|effect| effect.changes()).count();
        if changing == 0 {
            println!("nothing changes");
            return Ok(());
        }
        let rules = with_holidays(&active, &name, days.into_iter().zip(effects))?;
        print!("{}", of_open_tickets(block_on(engine.preview_rematch(&rules))?, self.rematch));
        if self.dry_run {
            return Ok(());
        }
        if !self.yes {
            ensure!(io::stdin().is_terminal(), "nothing was changed: where nobody can be asked, say --yes");
            let days = if changing == 1 { "1 day".to_owned() } else { format!("{changing} days") };
            if !confirm(&format!("Close “{name}” on {days}?"), &mut io::stdin().lock(), &mut io::stdout())? {
                println!("nothing was changed");
                return Ok(());
            }
        }
        let is_as_shown = block_on(engine.store().active_version())? == version;
        ensure!(is_as_shown, "nothing was changed: somebody else has applied other rules meanwhile; look again");
        let hash = rules.hash();
        let version = block_on(engine.apply_rules(rules))?;
        println!("version {} is active; its hash is {hash}", version.0);
        if self.rematch {
            println!("{} open tickets are under it now", super::rematch_open(&engine)?);
        }
        Ok(())
    }

    /// The name of the calendar that is meant.
    fn calendar(&self, document: &RulesDocument) -> anyhow::Result<String> {
        let names = names(document)?;
        match (&self.calendar, names.as_slice()) {
            (Some(name), names) if names.contains(&name.as_str()) => Ok(name.clone()),
            (Some(name), names) => bail!("“{name}” is no calendar; there are: {}", names.join(", ")),
            (None, [only]) => Ok((*only).to_owned()),
            (None, names) => bail!("say which calendar with --calendar; there are: {}", names.join(", ")),
        }
    }

    fn years(&self, this_year: i32) -> anyhow::Result<Years> {
        let from = self.from.unwrap_or(this_year);
        let until = self.until.unwrap_or_else(|| from.saturating_add(5).min(2099));
        Years::new(from, until).with_context(|| format!("{from}–{until} are no years in order, from 2000 to 2099"))
    }
}

/// The names of all calendars, of which there is at least one.
fn names(document: &RulesDocument) -> anyhow::Result<Vec<&str>> {
    let names: Vec<_> = document.calendars.iter().map(|(name, _)| name).collect();
    ensure!(
        !names.is_empty(),
        "the rules have no calendar: write one under `calendarios` in a rules file, and apply that with `rules apply`"
    );
    Ok(names)
}

fn read(file: &Path, years: Years) -> anyhow::Result<Holidays> {
    let mut octets = Vec::new();
    // An octet more than is taken shows that there are more.
    let limit = u64::try_from(holidays::OCTETS_MAX)?.saturating_add(1);
    let read = File::open(file).and_then(|file| file.take(limit).read_to_end(&mut octets));
    read.with_context(|| format!("{} cannot be read", file.display()))?;
    holidays::read(&octets, years).with_context(|| format!("nothing is taken from {}", file.display()))
}

/// What a holiday does to a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Effect {
    New,
    ClosedAnyway,
    AlreadyClosed,
    Keeps(Vec<Shift>),
    Replaces(Vec<Shift>),
}

impl Effect {
    fn of(day: &Holiday, calendar: &CalendarRules, replace: bool) -> Self {
        let exception = calendar.exceptions.iter().find(|exception| exception.date == day.date.into());
        match exception.map(|exception| exception.shifts.clone()) {
            Some(shifts) if shifts.is_empty() => Self::AlreadyClosed,
            Some(shifts) if replace => Self::Replaces(shifts),
            Some(shifts) => Self::Keeps(shifts),
            None if shifts_of_week(calendar, day.date).is_empty() => Self::ClosedAnyway,
            None => Self::New,
        }
    }

    /// A day that is closed anyway is written down too: the week's hours may change.
    const fn changes(&self) -> bool {
        matches!(self, Self::New | Self::ClosedAnyway | Self::Replaces(_))
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::ClosedAnyway => f.write_str("falls on a day that is closed anyway"),
            Self::AlreadyClosed => f.write_str("already closed"),
            Self::Keeps(shifts) => write!(f, "keeps hours {}; --replace closes it", hours(shifts)),
            Self::Replaces(shifts) => write!(f, "replaces hours {}", hours(shifts)),
        }
    }
}

fn shifts_of_week(calendar: &CalendarRules, date: NaiveDate) -> &[Shift] {
    let days = calendar.week.days();
    let index = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
    days.get(index).map_or(&[], |shifts| shifts.as_slice())
}

fn hours(shifts: &[Shift]) -> String {
    let shifts = shifts.iter().map(|shift| {
        let (from, until) = shift.times();
        format!("{from}–{until}")
    });
    shifts.collect::<Vec<_>>().join(", ")
}

/// All that would be taken and what it does, and all that would not.
struct Review<'a> {
    days: &'a [Holiday],
    effects: &'a [Effect],
    notes: &'a [Note],
}

impl fmt::Display for Review<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.days.iter().zip(self.effects);
        let rows = rows.map(|(day, effect)| dated_row(day.date, Some(&day.name), effect.to_string()));
        write!(f, "{}", lines(rows))?;
        if !self.notes.is_empty() {
            writeln!(f, "not taken:")?;
        }
        // Files have days of many years: which are outside, the years tell better than each of them.
        let is_outside = |note: &&Note| matches!(note.reason, LeftOut::Outside(..));
        let (outside, others): (Vec<_>, Vec<_>) = self.notes.iter().partition(is_outside);
        let outside_shown_max = if outside.len() > NOTES_OUTSIDE_SHOWN_MAX { 1 } else { NOTES_OUTSIDE_SHOWN_MAX };
        for (notes, shown_max) in [(outside, outside_shown_max), (others, NOTES_SHOWN_MAX)] {
            for note in notes.iter().take(shown_max) {
                writeln!(f, "  {note}")?;
            }
            match (notes.len().saturating_sub(shown_max), shown_max) {
                (0, _) => {}
                (more, 1) => writeln!(f, "  and so do {more} more")?,
                (more, _) => writeln!(f, "  and {more} more")?,
            }
        }
        Ok(())
    }
}

fn dated_row(date: NaiveDate, name: Option<&str>, what: String) -> [String; 4] {
    [date.to_string(), date.weekday().to_string(), name.unwrap_or_default().to_owned(), what]
}

/// Columns side by side, each row on a line.
fn lines<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).add_rows(rows);
    let text = table.trim_fmt();
    if text.is_empty() { text } else { text + "\n" }
}

/// The rules with a calendar that is closed on the days that change it.
fn with_holidays(active: &Rules, name: &str, days: impl Iterator<Item = (Holiday, Effect)>) -> anyhow::Result<Rules> {
    let mut document = active.document().clone();
    let mut calendar = document.calendars.get(name).cloned().context("the calendar is not there")?;
    for (Holiday { date, name }, _) in days.filter(|(_, effect)| effect.changes()) {
        let name = Some(name).filter(|name| !name.is_empty());
        match calendar.exceptions.iter_mut().find(|exception| exception.date == date.into()) {
            Some(exception) => {
                exception.shifts.clear();
                exception.name = name.or(exception.name.take());
            }
            None => calendar.exceptions.push(CalendarException { date: date.into(), name, shifts: Vec::new() }),
        }
    }
    document.calendars.insert(name.to_owned(), calendar);
    Rules::new(document).context("the calendar cannot take these days")
}

/// Asks until it gets an answer. None, where the input ends, is a no.
fn confirm(question: &str, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<bool> {
    loop {
        write!(output, "{question} [y/n] ")?;
        output.flush()?;
        let mut answer = String::new();
        if input.read_line(&mut answer)? == 0 {
            writeln!(output)?;
            return Ok(false);
        }
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" | "s" | "si" | "sí" | "sim" => return Ok(true),
            "n" | "no" | "não" | "nao" => return Ok(false),
            _ => {}
        }
    }
}

fn show(rules: &Rules, only: Option<&str>, year: Option<i32>) -> anyhow::Result<()> {
    let document = rules.document();
    let names = names(document)?;
    if let Some(name) = only.filter(|name| !names.contains(name)) {
        bail!("“{name}” is no calendar; there are: {}", names.join(", "));
    }
    let chosen = document.calendars.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    for (index, (name, calendar)) in chosen.enumerate() {
        let zone = calendar.zone.as_ref().unwrap_or(&document.zone);
        let is_own = document.calendar.as_deref() == Some(name);
        println!(
            "{}“{name}”, on the clocks of {zone}{}",
            if index == 0 { "" } else { "\n" },
            if is_own { "; it is the deployment's" } else { "" }
        );
        let or_closed = |shifts: &[Shift]| if shifts.is_empty() { "closed".to_owned() } else { hours(shifts) };
        let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let week = weekdays.into_iter().zip(calendar.week.days());
        print!("{}", lines(week.map(|(day, shifts)| [day.to_owned(), or_closed(shifts)])));
        let exceptions =
            calendar.exceptions.iter().filter(|exception| year.is_none_or(|year| exception.date.year() == year));
        let exceptions: Vec<_> = exceptions
            .map(|exception| {
                dated_row(
                    exception.date.date().unwrap_or_default(),
                    exception.name.as_deref(),
                    or_closed(&exception.shifts),
                )
            })
            .collect();
        match (exceptions.is_empty(), year) {
            (true, Some(year)) => println!("no exceptions in {year}"),
            (true, None) => println!("no exceptions"),
            (false, _) => print!("{}", lines(exceptions.into_iter())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes_and_the_end_is_a_no() {
        let answer = |said: &str| {
            let mut output = Vec::new();
            let answer = confirm("Close?", &mut said.as_bytes(), &mut output).unwrap();
            (answer, String::from_utf8(output).unwrap())
        };
        for yes in ["y\n", " YES \r\n", "s\n", "sí\n", "Sim"] {
            assert_eq!(answer(yes), (true, "Close? [y/n] ".to_owned()), "{yes}");
        }
        for no in ["n\n", "No\n", "não\n"] {
            assert_eq!(answer(no), (false, "Close? [y/n] ".to_owned()), "{no}");
        }
        assert_eq!(answer(""), (false, "Close? [y/n] \n".to_owned()));
        assert_eq!(answer("\nmaybe\ny\n"), (true, "Close? [y/n] ".repeat(3)));
    }

    #[test]
    fn years_have_defaults_and_are_in_order() {
        let years = |from, until| {
            let import = Import {
                file: PathBuf::new(),
                calendar: None,
                from,
                until,
                replace: false,
                rematch: false,
                yes: false,
                dry_run: false,
                database: Database { database: None, config: super::super::Config { config: None } },
            };
            import.years(2026).map_err(|error| error.to_string())
        };
        assert_eq!(years(None, None), Ok(Years::new(2026, 2031).unwrap()));
        assert_eq!(years(Some(2098), None), Ok(Years::new(2098, 2099).unwrap()));
        assert_eq!(years(None, Some(2026)), Ok(Years::new(2026, 2026).unwrap()));
        assert!(years(None, Some(2025)).unwrap_err().starts_with("2026–2025 are no years in order"));
    }
}
