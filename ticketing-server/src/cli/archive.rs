//! A desk written into a file, read from one, moved to another store, and looked through.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    Config, Database, block_on,
    database::{open, open_existing},
    files::{beside, is_one_file, rename},
    sheet::SheetArgs,
};
use crate::{
    Engine,
    archive::{Digest, Export, Extent, Findings, Import, ImportReport, Line, Unexported, verify},
    clock::{Clock, SystemClock},
    store::{AnyStore, Location, PrivacyStore},
};

/// A ticket with a long history is some MB; a line that is longer than this is none.
const LINE_OCTETS_MAX: u64 = 256 << 20;

#[derive(Args)]
pub(super) struct ExportArgs {
    /// Where to; `-` is stdout.
    file: PathBuf,
    /// Only rules, ids and tickets: no users, tokens, keys and webhooks.
    #[arg(long)]
    tickets_only: bool,
    /// Of a database that is damaged, write what can be read, and name what cannot; the status is 1 where there is such.
    #[arg(long)]
    skip_damaged: bool,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    database: Database,
}

#[derive(Args)]
pub(super) struct ImportArgs {
    /// Where from; `-` is stdin. An archive, or a sheet of tickets (CSV) with --map.
    file: PathBuf,
    #[command(flatten)]
    sheet: SheetArgs,
    #[command(flatten)]
    database: Database,
}

#[derive(Args)]
pub(super) struct MigrateArgs {
    /// The database that there is: a SQLite file, or the URL of a PostgreSQL database.
    #[arg(long, value_name = "DATABASE")]
    from: OsString,
    /// Where it moves to, likewise. A file is created where there is none.
    #[arg(long, value_name = "DATABASE")]
    to: OsString,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    database: Database,
}

impl ExportArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let store = self.database.existing()?;
        let extent = if self.tickets_only { Extent::Tickets } else { Extent::Everything };
        let export = Export::new(&store, extent, SystemClock.now());
        let mut export = if self.skip_damaged { export.without_damaged() } else { export };
        let tickets = self.write(&mut export)?;
        said(tickets, "written");
        for Unexported { what, error } in export.left_out() {
            eprintln!("{what} is left out: {error}");
        }
        ensure!(export.left_out().is_empty(), "what cannot be read is not in it");
        Ok(())
    }

    fn write(&self, from: &mut Export<'_, AnyStore>) -> anyhow::Result<u64> {
        if self.file == Path::new("-") {
            return block_on(export(from, &mut io::stdout().lock()));
        }
        ensure!(self.force || !self.file.exists(), "{} is there already: --force replaces it", self.file.display());
        // The file has its name when it is whole.
        let partial = beside(&self.file, "partial");
        let mut output = BufWriter::new(private(&partial).with_context(|| partial.display().to_string())?);
        let written = block_on(async {
            let tickets = export(from, &mut output).await?;
            output.flush()?;
            output.get_ref().sync_all()?;
            Ok::<_, anyhow::Error>(tickets)
        });
        let tickets = written.inspect_err(|_| _ = fs::remove_file(&partial))?;
        rename(&partial, &self.file).with_context(|| self.file.display().to_string())?;
        Ok(tickets)
    }
}

fn said(tickets: u64, done: &str) {
    eprintln!("{tickets} tickets {done}");
}

/// There are secrets in it: nobody else may read it.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn export(export: &mut Export<'_, AnyStore>, output: &mut impl Write) -> anyhow::Result<u64> {
    let progress = Progress::new();
    let mut tickets = 0;
    while let Some(lines) = export.lines().await? {
        for line in lines {
            match &line {
                Line::Archive(header) => progress.expect(header.tickets),
                Line::Ticket(_) => tickets += 1,
                _ => {}
            }
            output.write_all(&line.write()?).context("the archive cannot be written")?;
        }
        progress.at(tickets);
    }
    Ok(tickets)
}

impl ImportArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let input: Box<dyn Read> = if self.file == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(&self.file).with_context(|| self.file.display().to_string())?)
        };
        if self.sheet.is_given() {
            return self.sheet.run(input, &self.database);
        }
        if self.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
            bail!("say with --map which columns are what: docs/moving.md has an example");
        }
        let store = self.database.open()?;
        let report = block_on(import(&store, BufReader::new(input)))?;
        erase_forgotten(&store)?;
        finish(&report)
    }
}

/// Whoever was erased does not come back by an archive that is older than that.
pub(super) fn erase_forgotten(store: &AnyStore) -> anyhow::Result<()> {
    if block_on(store.forgotten())?.is_empty() {
        return Ok(());
    }
    let erased =
        block_on(async { Engine::start(store.clone()).await?.erase_forgotten().await.map_err(anyhow::Error::from) })?;
    if erased > 0 {
        eprintln!("{erased} tickets had people in them who were erased: they are erased again");
        block_on(store.scrub())?;
    }
    Ok(())
}

async fn import(store: &AnyStore, mut input: impl BufRead) -> anyhow::Result<ImportReport> {
    let mut import = Import::new(store);
    let progress = Progress::new();
    let mut text = Vec::new();
    for number in 1_u64.. {
        text.clear();
        input.by_ref().take(LINE_OCTETS_MAX).read_until(b'\n', &mut text).context("the archive cannot be read")?;
        if text.is_empty() {
            break;
        }
        let at = || format!("line {number}");
        ensure!(
            text.ends_with(b"\n") || (text.len() as u64) < LINE_OCTETS_MAX,
            "line {number} is too long for an archive"
        );
        import.take(Line::parse(&text).with_context(at)?).await.with_context(at)?;
        if let Some(expected) = import.expected() {
            progress.expect(expected);
        }
        progress.at(import.tickets());
    }
    Ok(import.finish().await?)
}

/// Says what was taken; fails where something was left out.
fn finish(report: &ImportReport) -> anyhow::Result<()> {
    let ImportReport { stored, continued, known, events, others, left_out } = report;
    eprintln!(
        "{stored} tickets are new, {continued} have gone on, {known} were here already; {events} events and {others} other things are new"
    );
    for left_out in left_out {
        eprintln!("left out: {left_out}");
    }
    ensure!(left_out.is_empty(), "{} things were left out; everything else is here", left_out.len());
    Ok(())
}

impl MigrateArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let settings = self.config.read()?;
        let (from, to) = (Location::parse(&self.from).context("--from")?, Location::parse(&self.to).context("--to")?);
        ensure!(!is_same(&from, &to), "--from and --to are the same database");
        block_on(async {
            let from_store = open_existing(&from, &settings).await?;
            let to_store = open(&to, &settings).await?;
            let report = migrate(&from_store, &to_store).await?;
            finish(&report)?;
            let (there, here) = (Digest::of(&from_store).await?, Digest::of(&to_store).await?);
            if there == here {
                eprintln!(
                    "both have {} tickets with {} events, and their histories have one hash: {}",
                    here.tickets, here.events, here.sha256
                );
                return Ok(());
            }
            bail!(
                "{from} has {} tickets with {} events ({}), and {to} has {} with {} ({}): where a server still works on the first, \
                 stop it and run this again, which takes what has happened since; where there were other tickets in the second, \
                 they are there as before",
                there.tickets,
                there.events,
                there.sha256,
                here.tickets,
                here.events,
                here.sha256
            );
        })
    }
}

/// Whether two names are one database, as far as can be told: a server has many.
fn is_same(from: &Location, to: &Location) -> bool {
    match (from, to) {
        (Location::Sqlite(from), Location::Sqlite(to)) => from == to || is_one_file(from, to),
        _ => from == to,
    }
}

async fn migrate(from: &AnyStore, to: &AnyStore) -> anyhow::Result<ImportReport> {
    let (mut export, mut import) = (Export::new(from, Extent::Everything, SystemClock.now()), Import::new(to));
    let progress = Progress::new();
    while let Some(lines) = export.lines().await? {
        for line in lines {
            import.take(line).await?;
        }
        if let Some(expected) = import.expected() {
            progress.expect(expected);
        }
        progress.at(import.tickets());
    }
    Ok(import.finish().await?)
}

impl VerifyArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let store = self.database.existing()?;
        let Findings { tickets, events, gaps, is_moving, deviations } = block_on(verify(&store))?;
        for (year, first, last) in gaps {
            let which = if first == last { first.to_string() } else { format!("{first} to {last}") };
            println!("{year}: no ticket has the number {which}");
        }
        for deviation in &deviations {
            println!("{deviation}");
        }
        if is_moving {
            eprintln!(
                "the desk went on working: feed, counters, alarms and what stands beside the tickets were not compared"
            );
        }
        eprintln!("{tickets} tickets with {events} events were looked at");
        ensure!(deviations.is_empty(), "{} deviations", deviations.len());
        Ok(())
    }
}

/// How far it is, for people; and nothing where nobody looks.
pub(super) struct Progress {
    bar: ProgressBar,
    began: Instant,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::no_length();
        bar.set_draw_target(if io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        let template = "{bar:40} {human_pos} of {human_len} tickets, {per_sec}, {eta} left";
        // The template is right: another one would be left out.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, began: Instant::now() }
    }

    pub(super) fn expect(&self, tickets: u64) {
        self.bar.set_length(tickets);
    }

    pub(super) fn at(&self, tickets: u64) {
        // What is over at once needs no bar.
        if self.began.elapsed() > Duration::from_millis(500) {
            self.bar.set_position(tickets);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
