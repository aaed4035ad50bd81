//! Reports over a year of tickets: how long they take, how fast the sums that they are read from follow, what these take on the disk,
//! and whether creation notices.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use ticketing_core::{
    Actor, Command, Draft, Field, Rulebook, Status, Ticket, TicketId, TicketLabel, Timestamp, Uuid, Zone,
    report::{Dimension, Figure as Told, Measure, Period},
    ticket::{ActorId, Agent, NewEvent, Origin, Reason, Reply},
};
use ticketing_server::{
    Engine, ReportAsk,
    store::{ArchiveStore as _, FeedStore as _, Restoration, Restored, TicketRecord, sqlite::SqliteStore},
};

use crate::{
    figures::median,
    load::Plan,
    record::{Aim, Figure, Figures},
    store::creation_rate,
};

/// How many tickets, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Tickets of the year.
    #[arg(long, default_value_t = 100_000)]
    tickets: u32,
    /// Times that each report is asked for.
    #[arg(long, default_value_t = 20)]
    times: u32,
    /// Seconds for which creation is measured, with sums and without, in turn, three times.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Directory for the files, on the disk that is to be measured.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Keep the file under this name, or take it from there.
    #[arg(long)]
    keep: Option<PathBuf>,
}

impl Arguments {
    /// For a run whose figures do not count.
    pub(crate) fn brief(dir: PathBuf) -> Self {
        Self { tickets: 500, times: 2, seconds: 1, dir, keep: None }
    }
}

/// The year.
const BEGINS: &str = "2025-01-01T05:00:00Z";
const YEAR: i64 = 365 * 86_400;
const AREAS: [&str; 8] =
    ["MESA", "SISTEMAS", "REDES", "SOPORTE TÉCNICO", "INFRAESTRUCTURA", "DESARROLLO", "Nómina", "Archivo"];
/// Some of which are worked in two areas.
const CATEGORIES: u32 = 300;
const AGENTS: u32 = 100;
/// What a report over a year may take.
const REPORT: Aim = Aim::Max(50.0);

/// Fills a file, sums it up, and prints how long reports took.
///
/// # Errors
/// When the store fails, or a report is wrong.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new().prefix("bench-").tempdir_in(&arguments.dir)?;
    let file = arguments.keep.clone().unwrap_or_else(|| scratch.path().join("reports.db"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut figures = Figures::default();
    runtime.block_on(async {
        fill(&file, arguments.tickets).await?;
        sum_up(&file, arguments.tickets, &mut figures).await?;
        ask(&file, arguments, &mut figures).await
    })?;
    let (with, without) = runtime.block_on(compare_creation(scratch.path(), arguments.seconds))?;
    figures.add(
        Figure::new("creation", "creation, without HTTP, while reports' sums follow", "tickets/s", with)
            .beside("without sums", without),
    );
    figures.finish()
}

fn begins() -> anyhow::Result<Timestamp> {
    Timestamp::parse(BEGINS).context("the year begins")
}

/// An engine after the year.
async fn engine(file: &Path) -> anyhow::Result<Engine<SqliteStore>> {
    let now = begins()?.unix_millis() + (YEAR + 3 * 86_400) * 1000;
    let now = Timestamp::from_unix_millis(now)?;
    Ok(Engine::start_with_clock(SqliteStore::open(file)?, move || now).await?)
}

/// A year of tickets with their histories, stored as an archive is.
async fn fill(file: &Path, tickets: u32) -> anyhow::Result<()> {
    const AT_ONCE: u32 = 500;
    let engine = engine(file).await?;
    if engine.store().newest_position().await?.0 > 0 {
        return Ok(());
    }
    let began = Instant::now();
    let book = engine.book();
    for first in (0..tickets).step_by(AT_ONCE as usize) {
        let some = first..tickets.min(first + AT_ONCE);
        let some: Result<Vec<_>, _> = some.map(|number| history(number, tickets, &book)).collect();
        let stored = engine.store().restore(some?).await?;
        ensure!(stored.iter().all(|restored| *restored == Restored::Stored), "{stored:?}");
    }
    let events = engine.store().newest_position().await?.0;
    println!("{tickets} tickets with {events} events after {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// What scatters.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u32) -> u32 {
        // Source: Marsaglia, xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 20) % u64::from(count.max(1))).unwrap_or_default()
    }

    /// Seconds, of which most are few and some are many: between a shortest and some 2¹² times as many.
    fn seconds(&mut self, shortest: u32) -> i64 {
        let octaves = (self.below(7) + self.below(7)).min(12);
        let least = i64::from(shortest) << octaves;
        least + least * i64::from(self.below(1000)) / 1000
    }
}

/// Opened, mostly assigned and answered, sometimes paused, moved or re-opened, resolved and closed.
fn history(number: u32, tickets: u32, book: &Rulebook) -> anyhow::Result<Restoration> {
    let mut dice = Dice(u64::from(number + 1) * 0x9E37_79B9_7F4A_7C15);
    (0..5).for_each(|_| _ = dice.below(2));
    let mut now = begins()?.unix_millis() + i64::from(number) * YEAR * 1000 / i64::from(tickets);
    let category = dice.below(CATEGORIES) * dice.below(CATEGORIES) / CATEGORIES;
    let area = AREAS[(category as usize + dice.below(2) as usize * usize::from(category.is_multiple_of(2))) % 8];
    let form = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, format!("persona{}@example.com", dice.below(50_000)))
        .with(Field::Type, ["INCIDENTE", "SOLICITUD", "CONSULTA"][dice.below(3) as usize])
        .with(Field::Category, format!("Categoría {category:03}"))
        .with(Field::Description, format!("No puedo imprimir: ticket número {number}."))
        .with(Field::Priority, ["CRITICA", "ALTA", "MEDIA", "BAJA"][dice.below(4) as usize])
        .with(Field::Area, area);
    let new = form.validate(book.active())?;
    let origin = [Origin::Other, Origin::Chat][dice.below(2) as usize];
    let id = TicketId(Uuid::from_u128(u128::from(number) + (1 << 100)));
    let at = |millis| Timestamp::from_unix_millis(millis);
    let opened = Ticket::open(&new, origin, &Actor::Requester, at(now)?, book.active())?;
    let mut ticket = Ticket::opened(id, &opened.event)?;
    let mut history = vec![opened];
    let agent = Agent { id: ActorId(Uuid::from_u128(dice.below(AGENTS).into())), area: None, is_active: true };
    let desk = Actor::Desk(agent.id);
    let reason = || Reason::new("así conviene").context("a reason");
    let set = |status| Command::Update { status: Some(status), priority: None, area: None, reply: None };
    let answer = Command::Update {
        status: None,
        priority: None,
        area: None,
        reply: Some(Reply::new("Ya lo estamos viendo.").context("a reply")?),
    };
    let mut steps = vec![(dice.seconds(60), Command::Assign { agent: agent.clone(), reason: reason()? })];
    if dice.below(10) < 7 {
        steps.push((dice.seconds(60), answer));
    }
    if dice.below(20) == 0 {
        let area = AREAS[dice.below(8) as usize].to_owned();
        steps.push((dice.seconds(120), Command::Transfer { area, agent: None, reason: reason()? }));
    }
    if dice.below(7) == 0 {
        steps.push((dice.seconds(60), Command::Pause { reason: reason()? }));
        steps.push((dice.seconds(300), set(Status::InProgress)));
    }
    steps.push((dice.seconds(120), set(Status::Resolved)));
    if dice.below(25) == 0 {
        steps.push((dice.seconds(600), Command::Reopen { reason: reason()? }));
        steps.push((dice.seconds(300), set(Status::Resolved)));
    }
    steps.push((7 * 86_400, set(Status::Closed)));
    let ends = begins()?.unix_millis() + YEAR * 1000;
    for (seconds, command) in steps {
        now += seconds * 1000;
        if now > ends {
            break;
        }
        for NewEvent { event, text, on_behalf } in ticket.decide(command, &desk, at(now)?, book).unwrap_or_default() {
            ticket.apply(&event)?;
            history.push(NewEvent { event, text, on_behalf });
        }
    }
    let label: TicketLabel = format!("TKT-2025-{:05}", number + 1).parse()?;
    let next_moment = ticket.next_moment(book);
    let record = TicketRecord { ticket, label, intake: new.into_intake(), address: None, history };
    Ok(Restoration { record, next_moment })
}

/// Sums all of it up, from nothing.
async fn sum_up(file: &Path, tickets: u32, figures: &mut Figures) -> anyhow::Result<()> {
    let engine = engine(file).await?;
    let events = engine.store().newest_position().await?.0;
    let began = Instant::now();
    engine.rebuild_reports().await?;
    let took = began.elapsed().as_secs_f64();
    println!("summed up after {took:.1} s");
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let rate = events as f64 / took;
    figures.add(
        Figure::new("rate", "events summed up, days and months included", "events/s", rate)
            .with_tickets(tickets.into()),
    );
    drop(engine);
    let connection = rusqlite::Connection::open(file)?;
    let sql = "SELECT holds, count(*), sum(length(octets)) FROM report_sums GROUP BY holds ORDER BY holds";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut all = 0.0;
    while let Some(row) = rows.next()? {
        let (holds, count, octets): (u8, i64, u32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        println!("  {}: {count} rows, {octets} octets", ["hours", "longer", "stocks"][usize::from(holds)]);
        all += f64::from(octets);
    }
    let octets = Figure::new("octets", "octets that sums take", "octets/ticket", all / f64::from(tickets));
    figures.add(octets.with_tickets(tickets.into()));
    Ok(())
}

async fn ask(file: &Path, arguments: &Arguments, figures: &mut Figures) -> anyhow::Result<()> {
    let tickets = u64::from(arguments.tickets);
    let year = begins()?;
    let until = Timestamp::from_unix_millis(year.unix_millis() + YEAR * 1000)?;
    let month_ago = Timestamp::from_unix_millis(until.unix_millis() - 30 * 86_400_000)?;
    let bogota = || Zone::fixed("America/Bogota", -5 * 3600);
    let kathmandu = || Zone::fixed("Asia/Kathmandu", 5 * 3600 + 45 * 60);
    let asks = [
        ("month-area", "a year by month, by area", year, Zone::default(), Period::Month, Some(Dimension::Area)),
        (
            "month-category",
            "a year by month, by category",
            year,
            Zone::default(),
            Period::Month,
            Some(Dimension::Category),
        ),
        ("month-agent", "a year by month, by agent", year, Zone::default(), Period::Month, Some(Dimension::Agent)),
        (
            "month-bogota",
            "a year by month, by category, in a zone five hours off",
            year,
            bogota(),
            Period::Month,
            Some(Dimension::Category),
        ),
        (
            "month-kathmandu",
            "a year by month, by area, in a zone 5:45 off",
            year,
            kathmandu(),
            Period::Month,
            Some(Dimension::Area),
        ),
        ("day", "a year by day", year, Zone::default(), Period::Day, None),
        ("day-agent", "thirty days by day, by agent", month_ago, Zone::default(), Period::Day, Some(Dimension::Agent)),
        ("dashboard", "thirty days by day", month_ago, Zone::default(), Period::Day, None),
        (
            "year-day-agent",
            "a year by day, by agent: 36,500 rows",
            year,
            Zone::default(),
            Period::Day,
            Some(Dimension::Agent),
        ),
    ];
    for (id, name, from, zone, period, by) in asks {
        let ask = ReportAsk { from, until, zone, period, by, areas: vec![], values: vec![] };
        // As after a start: nothing is in the store's caches.
        let engine = engine(file).await?;
        let mut took = Vec::new();
        for _ in 0..=arguments.times {
            let began = Instant::now();
            let answer = engine.report(&Actor::System, &ask).await?;
            took.push(began.elapsed().as_secs_f64() * 1e3);
            ensure!(answer.behind == 0, "{name}: {} events are not in it", answer.behind);
            if from == year {
                let created = answer.report.total.whole.get(Measure::Created);
                let all = i64::from(arguments.tickets);
                ensure!(matches!(created, Some(Told::Count(count)) if *count == all), "{name}: {created:?} created");
            }
        }
        let first = took.remove(0);
        let usual = median(took.iter().copied()).context("reports were asked for")?;
        let figure = |suffix: &str, what: &str, value| {
            Figure::new(format!("{id}{suffix}"), format!("{name}{what}"), "ms", value).with_tickets(tickets)
        };
        let aimed = !id.starts_with("year-day");
        let usual = figure("", "", usual);
        figures.add(if aimed { usual.aim(REPORT) } else { usual });
        figures.add(figure("-first", ", the first time", first));
    }
    Ok(())
}

/// Creations per second while sums follow, and without them, in turn.
async fn compare_creation(dir: &Path, seconds: u64) -> anyhow::Result<(f64, f64)> {
    let measured = Duration::from_secs(seconds);
    let plan = Plan { connections: 32, warm_up: measured / 5, measured };
    let mut rates = [vec![], vec![]];
    for round in 0..3 {
        for (with, rates) in rates.iter_mut().enumerate() {
            let engine = Engine::start(SqliteStore::open(dir.join(format!("{round}-{with}.db")))?).await?;
            let following = engine.clone();
            let following = (with == 0).then(|| {
                tokio::spawn(async move {
                    loop {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        while following.roll_up().await.unwrap_or_default() {}
                    }
                })
            });
            rates.push(creation_rate(&engine, plan).await?);
            if let Some(following) = following {
                following.abort();
                // It holds the file until it has ended.
                let _ = following.await;
            }
        }
    }
    let [with, without] = rates.map(|rates| median(rates).unwrap_or_default());
    Ok((with, without))
}
