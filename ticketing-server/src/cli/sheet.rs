//! Tickets of another help desk, from a CSV file.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use encoding_rs::Encoding;
use ticketing_core::{EmailAddress, Rules, ticket::ActorId};

use super::{
    Database,
    archive::{Progress, erase_forgotten, private},
    block_on,
};
use crate::{
    Engine, TakenOver,
    sheet::{Mapping, Refused, Sheet, SheetOptions},
};

/// Tickets that are taken over at once.
const BATCH: usize = 500;

#[derive(Args)]
pub(super) struct SheetArgs {
    /// The file is a sheet: CSV, or JSON with an object a line. What its columns are says a TOML file, or pairs of a column and its field
    /// (`Asunto=asunto,Correo=email`), or `auto`, where they are called as the fields are.
    #[arg(long, value_name = "FILE|PAIRS|auto")]
    map: Option<String>,
    /// Only say what would be taken and refused.
    #[arg(long, requires = "map")]
    dry_run: bool,
    /// How the CSV file is encoded, where that is not seen from it: `windows-1252`, `iso-8859-15` …
    #[arg(long, requires = "map", value_parser = encoding)]
    encoding: Option<&'static Encoding>,
    /// What parts its columns, where that is not seen from its header.
    #[arg(long, requires = "map", value_parser = delimiter, value_name = "CHARACTER")]
    delimiter: Option<u8>,
    /// The time zone of its dates.
    #[arg(long, requires = "map")]
    zone: Option<String>,
    /// Which help desk it is from: tickets of two of them may have one id.
    #[arg(long, requires = "map", value_name = "NAME")]
    source: Option<String>,
    /// Where the rows that were refused are written, as CSV with line, field, code and message; else to stdout.
    #[arg(long, requires = "map", value_name = "FILE")]
    report: Option<PathBuf>,
    /// Where it is written which label each ticket has now, as CSV with its id there.
    #[arg(long, requires = "map", value_name = "FILE")]
    labels: Option<PathBuf>,
}

fn encoding(label: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| format!("“{label}” is no encoding"))
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [one] => Ok(*one),
        _ => Err("one character of ASCII, or \\t".to_owned()),
    }
}

/// How many of what.
#[derive(Default)]
struct Counts {
    new: u64,
    known: u64,
    relabelled: u64,
    refused: u64,
}

impl SheetArgs {
    pub(super) const fn is_given(&self) -> bool {
        self.map.is_some()
    }

    pub(super) fn run(&self, mut input: Box<dyn Read>, database: &Database) -> anyhow::Result<()> {
        let mut octets = Vec::new();
        input.read_to_end(&mut octets).context("the sheet cannot be read")?;
        let options = SheetOptions { encoding: self.encoding, delimiter: self.delimiter };
        let sheet = Sheet::read(&octets, &options).context("the sheet cannot be read")?;
        let mapping = self.mapping(&sheet.header)?;
        let columns = mapping.columns(&sheet.header)?;
        // What is only looked at need not be there.
        if self.dry_run && !database.is_there()? {
            return self.look_at(&sheet, &columns, &Rules::default());
        }
        let engine = block_on(Engine::start(database.open()?))?;
        if self.dry_run {
            return self.look_at(&sheet, &columns, &engine.rules());
        }
        let mut report = Report::new(self.report.as_deref())?;
        let mut labels = self.labels.as_deref().map(writer).transpose()?;
        if let Some(labels) = &mut labels {
            labels.write_record(["id", "label", "uuid"])?;
        }
        let progress = Progress::new();
        progress.expect(sheet.rows().len() as u64);
        let (mut counts, mut read, mut batch) = (Counts::default(), 0, Vec::with_capacity(BATCH));
        let agents = |email: &str| agent(&engine, email);
        for (line, row) in sheet.rows() {
            match columns.ticket(row, &engine.rules(), agents, engine.now()) {
                Ok(row) => batch.push(row),
                Err(refused) => {
                    counts.refused += 1;
                    report.write(line, &refused)?;
                }
            }
            read += 1;
            if batch.len() == BATCH || read == sheet.rows().len() {
                take(&engine, std::mem::take(&mut batch), &mut counts, labels.as_mut())?;
                progress.at(read as u64);
            }
        }
        drop(progress);
        while block_on(crate::store::FeedStore::give_positions(engine.store()))? {}
        if let Some(mut labels) = labels {
            labels.flush()?;
        }
        erase_forgotten(engine.store())?;
        let Counts { new, known, relabelled, refused } = counts;
        eprintln!("{new} tickets are new, {known} were here already, {refused} rows were refused");
        if relabelled > 0 {
            eprintln!("{relabelled} have another label here than there: --labels FILE writes down which");
        }
        report.finish(refused)
    }

    fn mapping(&self, header: &[String]) -> anyhow::Result<Mapping> {
        let map = self.map.as_deref().unwrap_or_default();
        let mapping = if map == "auto" {
            Mapping::of_names(header)
        } else if Path::new(map).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
            let text = fs::read_to_string(map).with_context(|| map.to_owned())?;
            Mapping::from_toml(&text).with_context(|| map.to_owned())?
        } else {
            Mapping::from_pairs(map).context("--map")?
        };
        Ok(mapping.with(self.zone.clone(), self.source.clone()))
    }

    fn look_at(&self, sheet: &Sheet, columns: &crate::sheet::Columns<'_>, rules: &Rules) -> anyhow::Result<()> {
        use crate::clock::Clock;
        let mut report = Report::new(self.report.as_deref())?;
        let (mut taken, mut refused) = (0_u64, 0);
        // Who works here is asked when it is done.
        let anybody = |_: &str| Some(ActorId(ticketing_core::Uuid::nil()));
        for (line, row) in sheet.rows() {
            match columns.ticket(row, rules, anybody, crate::clock::SystemClock.now()) {
                Ok(_) => taken += 1,
                Err(wrong) => {
                    refused += 1;
                    report.write(line, &wrong)?;
                }
            }
        }
        eprintln!("{taken} rows would be taken, {refused} refused; nothing was stored");
        report.finish(refused)
    }
}

fn agent(engine: &Engine<crate::store::AnyStore>, email: &str) -> Option<ActorId> {
    let key = EmailAddress::parse(email).ok()?.key();
    let user = engine.users().into_iter().find(|user| user.email.as_ref().is_some_and(|email| email.key() == key))?;
    engine.agent(user.id).filter(|agent| agent.is_active).map(|agent| agent.id)
}

fn take(
    engine: &Engine<crate::store::AnyStore>,
    batch: Vec<crate::sheet::Row>,
    counts: &mut Counts,
    mut labels: Option<&mut csv::Writer<File>>,
) -> anyhow::Result<()> {
    let named: Vec<_> = batch.iter().map(|row| (row.external.clone(), row.take_over.label, row.take_over.id)).collect();
    let taken = block_on(engine.take_over(batch.into_iter().map(|row| row.take_over).collect()))?;
    for ((external, wanted, id), taken) in named.into_iter().zip(taken) {
        let label = match taken {
            TakenOver::New(label) => {
                counts.new += 1;
                counts.relabelled += u64::from(wanted != Some(label));
                label
            }
            TakenOver::Known(label) => {
                counts.known += 1;
                label
            }
        };
        if let Some(labels) = labels.as_deref_mut() {
            labels.write_record([external, label.to_string(), id.to_string()])?;
        }
    }
    Ok(())
}

/// What was refused, a line for each thing that is wrong.
struct Report {
    output: csv::Writer<Box<dyn Write>>,
    is_begun: bool,
}

fn writer(path: &Path) -> anyhow::Result<csv::Writer<File>> {
    Ok(csv::Writer::from_writer(private(path).with_context(|| path.display().to_string())?))
}

impl Report {
    fn new(path: Option<&Path>) -> anyhow::Result<Self> {
        let output: Box<dyn Write> = match path {
            Some(path) => Box::new(private(path).with_context(|| path.display().to_string())?),
            None => Box::new(io::stdout()),
        };
        Ok(Self { output: csv::Writer::from_writer(output), is_begun: false })
    }

    fn write(&mut self, line: u64, refused: &[Refused]) -> anyhow::Result<()> {
        if !self.is_begun {
            self.output.write_record(["line", "field", "code", "message"])?;
            self.is_begun = true;
        }
        for Refused { field, code, message } in refused {
            self.output.write_record([&line.to_string(), field, *code, message])?;
        }
        Ok(())
    }

    fn finish(mut self, refused: u64) -> anyhow::Result<()> {
        self.output.flush()?;
        ensure!(refused == 0, "{refused} rows were refused; all others are here");
        Ok(())
    }
}
