//! What changes as a file grows from a thousand tickets to ten million: a real server on each, asked by one client after the other.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use rusqlite::{Connection, OpenFlags};
use ticketing_core::Actor;
use ticketing_server::{Engine, ListRequest, store::sqlite::SqliteStore};

use crate::{
    canned::{self, Canned},
    figures::mebibytes,
    http::{find_ours, start_ours},
    lists,
    load::{self, Creation, Plan, Workload, quantile_ms},
    record::{Aim, Figure, Figures},
    servers::Server,
};

/// How large, how long, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Tickets in the file at last; it grows tenfold at each step.
    #[arg(long, default_value_t = 100_000)]
    tickets: u32,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// The server; by default the one beside this program.
    #[arg(long, env = "TICKETING_BENCH_SERVER")]
    server: Option<PathBuf>,
    /// Directory for the file, on the disk that is to be measured; by default that of this program.
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Arguments {
    /// For a run whose figures do not count.
    pub(crate) fn brief(server: Option<PathBuf>, dir: PathBuf) -> Self {
        Self { tickets: 2_000, seconds: 1, server, dir: Some(dir) }
    }
}

/// The first step.
const SMALLEST: u32 = 1_000;
/// Latency in the largest file, beside that in the smallest.
const GROWTH: Aim = Aim::RatioMax(1.5);
/// Octets that a ticket of these takes on the disk at most, its share of the log and of the words' index included.
const TICKET_OCTETS: u64 = 1_900;
/// What is left free for others, in octets.
const SPARE_OCTETS: u64 = 2 << 30;

/// What is read at each step: an id, a name, a path, and the rows that it answers.
const READS: [(&str, &str, &str, usize); 4] = [
    ("list", "desk list, the newest 50", "/api/tickets/dashboard?limite=50", 50),
    (
        "filtered",
        "desk list, 20 of a status and an area",
        "/api/tickets/dashboard?limite=20&estado=CERRADO&area=REDES",
        20,
    ),
    ("search", "search for two words among all", "/api/tickets/dashboard?limite=5&q=impresora+caido", 5),
    ("v2", "v2 list, the second 20 of a status", "/v2/tickets?page=2&size=20&statusId=5", 20),
];

/// Grows the file, asks at each step, and prints how long the answers took.
///
/// # Errors
/// When there is too little room on the disk, the store fails, or an answer is wrong.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let executable = find_ours(arguments.server.as_deref())?;
    let beside = env::current_exe()?.parent().context("this program has no directory")?.to_owned();
    let dir = arguments.dir.as_ref().unwrap_or(&beside);
    ensure_room(dir, u64::from(arguments.tickets) * TICKET_OCTETS + SPARE_OCTETS)?;
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in(dir)?;
    let file = dir.path().join("growth.db");

    let mut growth =
        Growth { figures: Figures::default(), smallest: Vec::new(), smallest_resident: None, is_last: false };
    let mut steps: Vec<u32> = std::iter::successors(Some(SMALLEST), |tickets| tickets.checked_mul(10))
        .take_while(|tickets| *tickets <= arguments.tickets)
        .collect();
    if steps.last() != Some(&arguments.tickets) {
        steps.push(arguments.tickets);
    }
    for (index, tickets) in steps.iter().enumerate() {
        let (there, labels) = fill(&file, *tickets)?;
        growth.is_last = index > 0 && index + 1 == steps.len();
        let server = start_ours(&executable, &file)?;
        println!("{there} tickets: the server was ready after {:.0} ms", server.ready_after.as_secs_f64() * 1e3);
        growth.step(u64::from(*tickets), &server, &labels, Duration::from_secs(arguments.seconds), &file)?;
    }
    growth.figures.finish()
}

/// Brings the file to a number of tickets, and gives how many there are and some of them by label and e-mail address.
fn fill(file: &Path, tickets: u32) -> anyhow::Result<(u32, Vec<(String, String)>)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let engine = Engine::start(SqliteStore::open(file)?).await?;
        let began = Instant::now();
        let there: u32 = engine.totals(&Actor::System).await?.iter().map(|total| total.tickets).sum();
        if there < tickets {
            lists::fill(&engine, there, tickets).await?;
            // Taken in, and then put together, as on any desk where nothing has come for some seconds.
            while engine.index_words().await? {}
            tokio::time::sleep(Duration::from_secs(6)).await;
            while engine.index_words().await? {}
            // Nobody shall sum up millions of events beside what is measured.
            while engine.roll_up().await? {}
            let (more, took) = (tickets - there, began.elapsed().as_secs_f64());
            println!("{more} tickets more after {took:.0} s; pieces of the index of words: {}", pieces(file)?);
        }
        lists::token(&engine, lists::EMAIL, "ADMIN").await?;
        // As many places in the file as there are pages of this list.
        let mut sample = Vec::new();
        let newest = engine.list(&Actor::System, ListRequest::newest(1)).await?;
        let (newest, _) = newest.tickets.first().context("there are tickets")?;
        let (year, last) = (newest.label.year(), newest.label.number());
        for part in 1..=20 {
            let mut request = ListRequest::newest(100);
            request.before = Some(format!("TKT-{year}-{:05}", (u64::from(last) * part / 20).max(101)).parse()?);
            for (ticket, _) in engine.list(&Actor::System, request).await?.tickets {
                sample.push((ticket.label.to_string(), ticket.requester_email.context("a ticket without an address")?));
            }
        }
        Ok((there.max(tickets), sample))
    })
}

/// In how many places a search looks for a word.
fn pieces(file: &Path) -> anyhow::Result<u32> {
    let mut index = file.as_os_str().to_owned();
    index.push("-words");
    let index = Connection::open_with_flags(Path::new(&index), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(index.query_row("SELECT count(DISTINCT segid) FROM documents_idx", [], |row| row.get(0))?)
}

struct Growth {
    figures: Figures,
    /// What the smallest file took: p50 and p99, by id.
    smallest: Vec<(String, [f64; 2])>,
    /// What was resident with the smallest file, in MiB.
    smallest_resident: Option<f64>,
    is_last: bool,
}

impl Growth {
    fn step(
        &mut self,
        tickets: u64,
        server: &Server,
        labels: &[(String, String)],
        measured: Duration,
        file: &Path,
    ) -> anyhow::Result<()> {
        let token = canned::log_in(server.address, lists::EMAIL, lists::PASSWORD)?;
        self.measure(tickets, ("look-up", "look-up"), server, measured, Canned::look_ups(labels))?;
        for (id, name, path, rows) in READS {
            let asked = Canned::list(server.address, path, &token, rows)?;
            self.measure(tickets, (id, name), server, measured, asked)?;
        }
        // Last, because it adds to the file; a second at most, because it adds much to a small one.
        let created = tickets.try_into().unwrap_or(usize::MAX).saturating_mul(10);
        let briefly = measured.min(Duration::from_secs(1));
        self.measure(tickets, ("creation", "creation, one at a time"), server, briefly, Creation::new(created))?;

        let resident = server.resident_bytes().context("the system does not say what a process has resident")?;
        let resident = mebibytes(resident);
        let smallest = *self.smallest_resident.get_or_insert(resident);
        let mut add = |id: &str, name: &str, unit, value| {
            self.figures.add(Figure::new(format!("{id}-{tickets}"), name, unit, value).with_tickets(tickets));
        };
        add("resident", "resident memory after all this", "MiB", resident);
        if tickets >= 1_000_000 {
            #[expect(clippy::cast_precision_loss, reason = "ten million")]
            let millions = tickets as f64 / 1e6;
            add(
                "resident-million",
                "resident memory for each million of tickets",
                "MiB",
                (resident - smallest) / millions,
            );
        }
        add("start", "from start to first answer", "ms", server.ready_after.as_secs_f64() * 1e3);
        let octets = |ending: &str| fs::metadata(format!("{}{ending}", file.display())).map_or(0, |file| file.len());
        add("file", "on the disk", "MiB", mebibytes(octets("") + octets("-words")));
        Ok(())
    }

    fn measure<W: Workload + 'static>(
        &mut self,
        tickets: u64,
        (id, name): (&str, &str),
        server: &Server,
        measured: Duration,
        workload: W,
    ) -> anyhow::Result<()> {
        let plan = Plan { connections: 1, warm_up: measured / 10, measured };
        let (outcome, _) = load::measure(server.address, plan, workload).with_context(|| name.to_owned())?;
        ensure!(outcome.is_right(), "{name}: {} answers not 2xx, {} wrong", outcome.non_2xx, outcome.wrong);
        let took = [0.5, 0.99].map(|share| quantile_ms(&outcome.latency, share));
        let smallest = self.smallest.iter().find(|(known, _)| known == id).map(|(_, took)| *took);
        for (index, quantile) in ["p50", "p99"].into_iter().enumerate() {
            let figure =
                Figure::new(format!("{id}-{quantile}-{tickets}"), format!("{name}, {quantile}"), "ms", took[index]);
            let figure =
                figure.with_tickets(tickets).beside_any("with 1,000 tickets", smallest.map(|took| took[index]));
            self.figures.add(if self.is_last { figure.aim(GROWTH) } else { figure });
        }
        if smallest.is_none() {
            self.smallest.push((id.to_owned(), took));
        }
        Ok(())
    }
}

/// # Errors
/// When the disk has less room than that, with how much it has.
pub(crate) fn ensure_room(dir: &Path, octets: u64) -> anyhow::Result<()> {
    let df = std::process::Command::new("df").args(["--output=avail", "--block-size=1"]).arg(dir).output()?;
    let told = String::from_utf8(df.stdout)?;
    let free: u64 =
        told.lines().last().and_then(|line| line.trim().parse().ok()).context("df does not say what is free")?;
    let gigabytes = |octets: u64| mebibytes(octets) / 1024.0;
    ensure!(
        free >= octets,
        "this needs {:.1} GiB on the disk of {}, which has {:.1} free",
        gigabytes(octets),
        dir.display(),
        gigabytes(free)
    );
    Ok(())
}
