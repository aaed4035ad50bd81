//! `report`: what tickets come to in figures, for people and for spreadsheets.

mod html;
mod table;
mod text;

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum, builder::PossibleValuesParser};
use comfy_table::Table;
use ticketing_core::{Actor, Locale};

use self::text::{moment, period_name, range};
use super::{Database, block_on};
use crate::{
    Engine, EngineError,
    reports::{self, Asked, Dialect, Told, Unclear},
};

/// Figures that are told where nobody says which.
const MEASURES: &str = "created,resolved,backlog,firstResponseWorking,resolutionWorking,firstResponseInTime,\
                        resolutionInTime,reopenRate";

#[derive(Args)]
pub(super) struct ReportArgs {
    /// Since when: a day, an instant, or how long ago: 24h, 30d, 13w, 12m, 8q, 5y. [default: 30 days, or as many periods as are
    /// looked at together]
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Until when: a day, which is in it, or an instant, which is not. [default: today]
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// How long a period is.
    #[arg(long, default_value = "day", value_parser = PossibleValuesParser::new(["hour", "day", "week", "month", "quarter", "year"]))]
    period: String,
    /// A line for each of these. [default: all tickets in one]
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(["area", "type", "priority", "category", "agent", "origin"]))]
    by: Option<String>,
    /// Of this area only; it may stand several times.
    #[arg(long)]
    area: Vec<String>,
    /// Of this value only, of what it is by; of an agent, the id. It may stand several times.
    #[arg(long)]
    value: Vec<String>,
    /// Of those that have no value, too or only.
    #[arg(long)]
    none: bool,
    /// The IANA time zone whose days they are. [default: the rules']
    #[arg(long)]
    zone: Option<String>,
    /// Which figures: codes, separated by commas, or all. `docs/reports.md` has them. [default: eight of them in tables and pages]
    #[arg(long, value_name = "CODES")]
    measure: Option<String>,
    /// As what.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// In which language.
    #[arg(long, default_value = "en", value_parser = PossibleValuesParser::new(["es", "en", "pt"]))]
    language: String,
    /// Make what reports are read from anew first, from all that has ever happened. Reports go on meanwhile.
    #[arg(long)]
    rebuild: bool,
    #[command(flatten)]
    database: Database,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Table,
    /// For a spreadsheet.
    Csv,
    /// With the names of the API.
    Json,
    /// A page that needs nothing else.
    Html,
}

impl ReportArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let engine = block_on(Engine::start(self.database.existing()?)).context("the database cannot be used")?;
        let unclear = |Unclear { name, wanted }: Unclear| anyhow!("{name}: {}", Locale::En.pick(wanted));
        let given = |name: &str| self.given(name);
        let asked = Asked::read(&given, Dialect::CommandLine, Locale::En, engine.now(), &engine.rules());
        let asked = asked.map_err(unclear)?;
        if self.rebuild {
            let events = block_on(engine.rebuild_reports())?;
            eprintln!("reports are made anew, from {events} events");
        }
        let answer = block_on(async {
            // Where no server has done so, or not yet.
            while engine.roll_up().await? {}
            engine.report(&Actor::System, &asked.ask).await.map_err(|error| match error {
                EngineError::Report(error) => unclear(reports::refused(error, Dialect::CommandLine)),
                error => error.into(),
            })
        })?;
        let told = Told::new(&engine, asked, answer);
        let mut out = std::io::stdout().lock();
        match self.format {
            Format::Table => {
                let terminal = out.is_terminal().then(|| Table::new().width()).flatten();
                out.write_all(table::table(&told, terminal).as_bytes())?;
            }
            Format::Csv => out.write_all(&reports::csv(&told)?)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut out, &reports::Answer::new(&told))?;
                out.write_all(b"\n")?;
            }
            Format::Html => out.write_all(html::page(&told).as_bytes())?,
        }
        Ok(())
    }

    /// As the service is given it.
    fn given(&self, name: &str) -> Vec<String> {
        let one = |value: &Option<String>| value.iter().cloned().collect();
        match name {
            "--since" => one(&self.since),
            "--until" => one(&self.until),
            "--period" => vec![self.period.clone()],
            "--by" => one(&self.by),
            "--area" => self.area.clone(),
            "--value" => self.value.clone(),
            "--none" if self.none => vec!["true".to_owned()],
            "--zone" => one(&self.zone),
            "--measure" => match self.measure.as_deref() {
                Some("all") => vec![],
                Some(codes) => vec![codes.to_owned()],
                None if matches!(self.format, Format::Table | Format::Html) => vec![MEASURES.to_owned()],
                None => vec![],
            },
            "--language" => vec![self.language.clone()],
            _ => vec![],
        }
    }
}

/// Of which time it is, on whose clocks, and up to when all is in it.
fn heading(told: &Told) -> String {
    let (asked, answer) = (&told.asked, &told.answer);
    let (ask, locale) = (&asked.ask, asked.locale);
    let zone = &ask.zone;
    let is_of = range(ask.from, ask.until, zone, locale);
    let previous = range(answer.report.previous.from, answer.report.previous.until, zone, locale);
    let period = period_name(ask.period, locale);
    let (name, as_of) = (&zone.name, moment(answer.as_of.min(ask.until), zone));
    let mut heading = match locale {
        Locale::Es => format!("{is_of} por {period}, en la hora de {name}. Al {as_of}. Se compara con {previous}."),
        Locale::En => format!("{is_of} by {period}, on the clocks of {name}. As of {as_of}. Compared with {previous}."),
        Locale::Pt => format!("{is_of} por {period}, na hora de {name}. Até {as_of}. Comparado com {previous}."),
    };
    if answer.behind > 0 {
        let behind = answer.behind;
        heading.push_str(&match locale {
            Locale::Es => format!(" Faltan {behind} hechos recientes."),
            Locale::En => format!(" {behind} recent events are not in it yet."),
            Locale::Pt => format!(" Faltam {behind} fatos recentes."),
        });
    }
    heading
}
