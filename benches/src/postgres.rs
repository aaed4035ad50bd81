//! The store in PostgreSQL beside the one in a file, and beside pgbench, which sends the same rows with nothing around it; and
//! look-ups by one process and by several.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use ticketing_benches::seed;
use ticketing_core::{Draft, LookUp, ticket::Scope};
use ticketing_server::{
    CreateRequest, Engine,
    store::{DeskStore as _, FeedStore as _, Filter, ListQuery, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use tokio_postgres::NoTls;

use crate::{
    load::Plan,
    record::{Figure, Figures},
    servers::processor_time,
    store::{creation_rate, store_rate},
};

/// Which server, how long, and by how many.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A server on which a database may be made: `cargo xtask postgres --durable -- …` starts one and sets the variable.
    #[arg(long, env = "TICKETING_TEST_POSTGRES")]
    postgres: String,
    /// Where pgbench is.
    #[arg(long, env = "TICKETING_TEST_POSTGRES_BINARIES")]
    binaries: Option<PathBuf>,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Rounds, in each of which all take their turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Clients, each with one creation at a time.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// Processes that look tickets up at the same time, at most.
    #[arg(long, default_value_t = 4)]
    processes: usize,
    /// Percent of a processor that each of them may use where it is seen what several machines would add.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    share: u32,
    /// Directory for the file that it is compared with.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

/// One process that looks tickets up; `postgres` starts some of these.
#[derive(clap::Args)]
pub(crate) struct Reader {
    /// The database.
    #[arg(long)]
    database: String,
    /// Seconds.
    #[arg(long)]
    seconds: u64,
    /// Look-ups at a time.
    #[arg(long)]
    tasks: usize,
    /// Percent of a processor that it may use.
    #[arg(long)]
    share: Option<u32>,
}

/// Measures and prints a table.
///
/// # Errors
/// When a store fails, or answers what is wrong.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let name = format!("bench_{}", std::process::id());
    runtime.block_on(execute(&arguments.postgres, &format!("CREATE DATABASE {name}")))?;
    let url = with_database(&arguments.postgres, &name)?;
    let measured = measure(arguments, &runtime, &url);
    runtime.block_on(execute(&arguments.postgres, &format!("DROP DATABASE {name} WITH (FORCE)")))?;
    measured
}

fn measure(arguments: &Arguments, runtime: &tokio::runtime::Runtime, url: &str) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in(&arguments.dir)?;
    let measured = Duration::from_secs(arguments.seconds);
    let plan = Plan { connections: arguments.clients, warm_up: measured / 5, measured };
    let engine = runtime.block_on(async {
        let engine = Engine::start(PostgresStore::connect(url).await?).await?;
        let ticket = Draft::from_json(seed::CREATE_BODY)?.validate(&engine.rules())?;
        engine.create(CreateRequest::new(ticket)).await?;
        execute(
            url,
            "CREATE TABLE bench_ticket AS SELECT * FROM tickets LIMIT 1;
             CREATE TABLE bench_event AS SELECT * FROM events LIMIT 1;
             CREATE TABLE bench_intake AS SELECT * FROM intake LIMIT 1",
        )
        .await?;
        Ok::<_, anyhow::Error>(engine)
    })?;
    let mut figures = Figures::default();
    let costs = runtime.block_on(costs(&engine, url, &dir.path().join("cost.db"), plan))?;
    let (mut ours, mut one, mut batch, mut file) = (vec![], vec![], vec![], vec![]);
    for round in 0..arguments.rounds {
        ours.push(runtime.block_on(creation_rate(&engine, plan))?);
        one.push(pgbench(arguments, url, "one.sql", arguments.clients)?);
        batch.push(32.0 * pgbench(arguments, url, "batch.sql", 2)?);
        file.push(store_rate(&dir.path().join(format!("{round}.db")), plan)?);
    }
    let base = median(&ours);
    let file = median(&file);
    for (id, peer, theirs) in [
        ("creation-one", "pgbench, one a transaction, 32 clients", median(&one)),
        ("creation-batch", "pgbench, 32 a transaction, 2 clients", median(&batch)),
        ("creation-file", "the store in a file", file),
    ] {
        let figure = Figure::new(id, "creation in PostgreSQL, without HTTP", "tickets/s", base);
        figures.add(figure.beside(peer, theirs));
    }
    costs.add(&mut figures);
    ten_million_a_day(&costs, file, &mut figures);

    // One process and the database may fill a machine; then several show only that. Held to a share of a processor, each is a small
    // machine of its own, and what they have in common is the database.
    for share in [None, Some(arguments.share)] {
        let (id, each) = match share {
            Some(share) => ("shared", format!(", each with {share} % of a processor")),
            None => ("free", String::new()),
        };
        let mut alone = None;
        for processes in [1, 2, arguments.processes] {
            let rate = readers(url, processes, share, arguments)?;
            let alone = *alone.get_or_insert(rate);
            let name = format!("look-up in PostgreSQL by {processes} processes{each}");
            let figure = Figure::new(format!("look-up-{id}-{processes}"), name, "tickets/s", rate);
            figures.add(if processes == 1 { figure } else { figure.beside("one process", alone) });
        }
    }
    figures.finish()
}

/// What a ticket costs, with its place in the feed and its words in the index.
struct Costs {
    /// In PostgreSQL: octets that stay, octets that are written ahead of them, processor time of this process and of the database in µs.
    postgres: [f64; 4],
    /// In a file: octets that stay, and processor time in µs.
    file: [f64; 2],
}

impl Costs {
    fn add(&self, figures: &mut Figures) {
        let [kept, logged, ours, database] = self.postgres;
        let [file_kept, file_ours] = self.file;
        let ticket = |id: &str, what: &str, unit, value| {
            Figure::new(format!("ticket-{id}"), format!("a ticket: {what}"), unit, value)
        };
        figures.add(ticket("kept", "kept in PostgreSQL", "octets", kept).beside("in a file", file_kept));
        figures.add(ticket("logged", "PostgreSQL's log", "octets", logged));
        figures.add(ticket("processor", "our processor, in PostgreSQL", "µs", ours).beside("in a file", file_ours));
        figures.add(ticket("database", "the database's processor", "µs", database));
    }
}

#[expect(clippy::cast_precision_loss, reason = "octets and microseconds of one run are far below 2^52")]
async fn costs(engine: &Engine<PostgresStore>, url: &str, file: &Path, plan: Plan) -> anyhow::Result<Costs> {
    let before = (Usage::of(url).await?, tickets(engine).await?);
    creation_rate(engine, plan).await?;
    let store = engine.store();
    while store.give_positions().await? {}
    while store.index_words().await? {}
    execute(url, "CHECKPOINT").await?;
    let after = (Usage::of(url).await?, tickets(engine).await?);
    let each = |total: u64| total as f64 / (after.1 - before.1) as f64;
    let postgres = [
        each(after.0.kept - before.0.kept),
        each(after.0.logged - before.0.logged),
        each(micros(after.0.ours.saturating_sub(before.0.ours))),
        each(micros(after.0.database.saturating_sub(before.0.database))),
    ];

    let engine = Engine::start(SqliteStore::open(file)?).await?;
    let used = || processor_time(std::process::id()).unwrap_or_default();
    let before = used();
    creation_rate(&engine, plan).await?;
    while engine.store().index_words().await? {}
    let (used, created) = (used().saturating_sub(before), tickets(&engine).await?);
    drop(engine);
    let octets = |ending: &str| {
        let mut path = file.as_os_str().to_owned();
        path.push(ending);
        std::fs::metadata(path).map_or(0, |file| file.len())
    };
    let each = |total: u64| total as f64 / created as f64;
    Ok(Costs { postgres, file: [each(octets("") + octets("-words")), each(micros(used))] })
}

/// What the costs come to at ten million tickets a day, of which five times as many come at the peak, each with ten events in its life.
fn ten_million_a_day(costs: &Costs, file_rate: f64, figures: &mut Figures) {
    const TICKETS: f64 = 1e7;
    const SECONDS: f64 = 86_400.0;
    const PEAK: f64 = 5.0;
    const EVENTS: f64 = 10.0;
    let ([kept, logged, ours, database], [file_kept, _]) = (costs.postgres, costs.file);
    let processor = (ours + database) / 1e6;
    let average = TICKETS / SECONDS;
    let mut day = |id: &str, name: &str, unit, value| {
        figures.add(Figure::new(format!("day-{id}"), format!("ten million a day: {name}"), unit, value));
    };
    day("rate", "tickets, on average", "tickets/s", average);
    day("rate-peak", "tickets, at the peak", "tickets/s", average * PEAK);
    day("events-peak", "events, at the peak", "events/s", average * PEAK * EVENTS);
    day("processor", "processor for a ticket, ours and the database's", "µs", processor * 1e6);
    day("cores", "processors for creations, on average", "processors", average * processor);
    day(
        "cores-peak",
        "processors at the peak, were every event a creation",
        "processors",
        average * PEAK * EVENTS * processor,
    );
    day("log", "PostgreSQL's log", "GB/day", TICKETS * logged / 1e9);
    day("log-peak", "PostgreSQL's log at the peak", "MB/s", average * PEAK * logged / 1e6);
    day("disk", "kept in PostgreSQL", "GB/day", TICKETS * kept / 1e9);
    day("disk-year", "kept in PostgreSQL", "TB/year", TICKETS * kept * 365.0 / 1e12);
    day("disk-file", "kept in a file", "GB/day", TICKETS * file_kept / 1e9);
    day("file-most", "what a file took", "million tickets/day", file_rate * SECONDS / 1e6);
}

async fn tickets<S: Store>(engine: &Engine<S>) -> anyhow::Result<u64> {
    let totals = engine.store().totals(&Scope::Everything).await?;
    Ok(totals.iter().map(|total| u64::from(total.tickets)).sum())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// What was used so far.
struct Usage {
    kept: u64,
    logged: u64,
    ours: Duration,
    database: Duration,
}

impl Usage {
    async fn of(url: &str) -> anyhow::Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let sql = "SELECT pg_database_size(current_database()), (pg_current_wal_lsn() - '0/0')::bigint";
        let row = client.query_one(sql, &[]).await?;
        let (kept, logged): (i64, i64) = (row.get(0), row.get(1));
        drop(client);
        connection.await??;
        let ours = processor_time(std::process::id()).unwrap_or_default();
        Ok(Self { kept: kept.unsigned_abs(), logged: logged.unsigned_abs(), ours, database: database_time() })
    }
}

/// Processor time of all that is called `postgres` here, as far as the system tells.
fn database_time() -> Duration {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_postgres =
        |id: &u32| std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == "postgres");
    ids.filter(is_postgres).filter_map(processor_time).sum()
}

fn median(rates: &[f64]) -> f64 {
    let mut rates = rates.to_vec();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Transactions per second.
fn pgbench(arguments: &Arguments, url: &str, script: &str, clients: usize) -> anyhow::Result<f64> {
    let program = arguments.binaries.as_ref().map_or_else(|| PathBuf::from("pgbench"), |bin| bin.join("pgbench"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("pgbench").join(script);
    let output = Command::new(&program)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--client"])
        .arg(clients.to_string())
        .arg("--time")
        .arg(arguments.seconds.to_string())
        .arg("--file")
        .arg(script)
        .arg(url)
        .output()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench: {complaint}");
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.with_context(|| format!("pgbench did not say a rate: {said}{complaint}"))
}

/// Look-ups per second of several processes together.
fn readers(url: &str, processes: usize, share: Option<u32>, arguments: &Arguments) -> anyhow::Result<f64> {
    let spawn = |_| {
        Command::new(env::current_exe()?)
            .args(["postgres-reader", "--database", url, "--seconds", &arguments.seconds.to_string(), "--tasks", "8"])
            .args(share.map(|share| format!("--share={share}")))
            .stdout(Stdio::piped())
            .spawn()
    };
    let children = (0..processes).map(spawn).collect::<Result<Vec<Child>, _>>()?;
    let mut sum = 0.0;
    for child in children {
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "a process that looked tickets up has failed");
        sum += String::from_utf8(output.stdout)?.trim().parse::<f64>()?;
    }
    Ok(sum)
}

/// Looks tickets up and prints how many that were in a second.
///
/// # Errors
/// When the store fails, or a ticket is not found.
pub(crate) fn read(arguments: &Reader) -> anyhow::Result<()> {
    // On one thread: what grows is the number of processes, and not of what each of them has.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rate = runtime.block_on(async {
        let engine = Engine::start(PostgresStore::connect(&arguments.database).await?).await?;
        let query =
            ListQuery { scope: Scope::Everything, filter: Filter::default(), search: None, before: None, limit: 1_000 };
        let mut look_ups = Vec::new();
        for ticket in engine.store().list(query).await?.tickets {
            // Those of pgbench have the requester of the one that they are copies of, too.
            if let Some(email) = ticket.requester_email {
                look_ups.push(LookUp { label: ticket.label.to_string(), email });
            }
        }
        ensure!(!look_ups.is_empty(), "there is no ticket to look up");
        let (began, lasts) = (Instant::now(), Duration::from_secs(arguments.seconds));
        let look_ups = Arc::new(look_ups);
        let governor = Arc::new(Governor::new(arguments.share));
        let tasks: Vec<_> = (0..arguments.tasks)
            .map(|task| {
                let (engine, look_ups) = (engine.clone(), Arc::clone(&look_ups));
                let governor = Arc::clone(&governor);
                tokio::spawn(async move {
                    let mut done = 0_u32;
                    for look_up in look_ups.iter().cycle().skip(task * 31) {
                        if began.elapsed() >= lasts {
                            break;
                        }
                        engine.look_up(look_up).await?;
                        done += 1;
                        governor.rest().await;
                    }
                    Ok::<_, anyhow::Error>(done)
                })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += task.await??;
        }
        Ok::<_, anyhow::Error>(f64::from(done) / lasts.as_secs_f64())
    })?;
    println!("{rate}");
    Ok(())
}

/// Holds this process to a share of a processor, by having everybody rest whenever more than that was used.
struct Governor {
    /// Percent of a processor.
    share: Option<u32>,
    began: Instant,
    /// What the process had used before.
    before: Duration,
    state: Mutex<Governed>,
}

/// What all tasks go by.
struct Governed {
    looked: Instant,
    resume: Instant,
}

impl Governor {
    /// Time is counted in hundredths of a second, so that it is enough to look as often.
    const LOOK_EVERY: Duration = Duration::from_millis(10);

    fn new(share: Option<u32>) -> Self {
        let (began, before) = (Instant::now(), processor_time(std::process::id()).unwrap_or_default());
        Self { share, began, before, state: Mutex::new(Governed { looked: began, resume: began }) }
    }

    async fn rest(&self) {
        let Some(share) = self.share else { return };
        let resume = {
            let mut state = self.state.lock().expect("nobody panics while holding it");
            if state.looked.elapsed() >= Self::LOOK_EVERY {
                state.looked = Instant::now();
                let used = processor_time(std::process::id()).unwrap_or_default().saturating_sub(self.before);
                state.resume = self.began + used * 100 / share;
            }
            state.resume
        };
        tokio::time::sleep_until(resume.into()).await;
    }
}

async fn execute(url: &str, sql: &str) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await?;
    drop(client);
    connection.await??;
    Ok(())
}

/// The address of another database on the same server.
fn with_database(url: &str, name: &str) -> anyhow::Result<String> {
    let Some((server, _)) = url.rsplit_once('/').filter(|(server, _)| server.contains("//")) else {
        bail!("write the server as postgres://user@host/database")
    };
    Ok(format!("{server}/{name}"))
}
