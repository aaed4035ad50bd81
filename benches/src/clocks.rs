//! What alarms cost: a timer over a file of open tickets while nothing is up, and when the time of many is up at once.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use ticketing_core::{Draft, Field, Timestamp};
use ticketing_server::{CreateRequest, Engine, store::sqlite::SqliteStore};
use tokio::task::JoinSet;

use crate::{
    record::{Figure, Figures},
    servers::processor_time,
};

/// How many tickets, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Open tickets in the file.
    #[arg(long, default_value_t = 1_000_000)]
    tickets: u32,
    /// How many of them have their time up at once.
    #[arg(long, default_value_t = 20_000)]
    at_once: u32,
    /// Seconds for which the timer is watched while nothing is up.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Directory for the file, on the disk that is to be measured.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

impl Arguments {
    /// For a run whose figures do not count.
    pub(crate) fn brief(dir: PathBuf) -> Self {
        Self { tickets: 1_500, at_once: 500, seconds: 1, dir }
    }
}

const HOUR: i64 = 60 * 60 * 1000;
const MORNING: i64 = 1_774_347_300_000;

/// Builds the file, watches, and prints what it took.
///
/// # Errors
/// When the store fails, or an alarm is missing or there twice.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new().prefix("bench-").tempdir_in(&arguments.dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let now = Arc::new(AtomicI64::new(MORNING));
        let clock = {
            let now = Arc::clone(&now);
            move || Timestamp::saturating_from_unix_millis(now.load(Ordering::Relaxed))
        };
        let store = SqliteStore::open(scratch.path().join("clocks.db"))?;
        let engine = Engine::start_with_clock(store, clock).await?;
        create(&engine, arguments.at_once).await?;
        // The others' time is up a day later.
        now.fetch_add(24 * HOUR, Ordering::Relaxed);
        create(&engine, arguments.tickets.saturating_sub(arguments.at_once)).await?;

        let mut figures = Figures::default();
        let mut figure = |id: &str, name: &str, unit, value| {
            figures.add(Figure::new(id, name, unit, value).with_tickets(arguments.tickets.into()));
        };
        let calls = 1000;
        let began = Instant::now();
        for _ in 0..calls {
            ensure!(engine.keep_time().await? == 0, "nothing is up");
        }
        let look = began.elapsed() / calls;
        figure("look", "a look at the clocks, nothing up", "µs", look.as_secs_f64() * 1e6);
        let processor =
            || processor_time(std::process::id()).context("the system does not say what a process has used");
        let (before, began) = (processor()?, Instant::now());
        while began.elapsed() < Duration::from_secs(arguments.seconds) {
            engine.keep_time().await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let idle = processor()?.saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64();
        figure("idle", "processor while nothing is up", "% of one", idle * 100.0);

        // BAJA has 72 hours and is at risk after four fifths of them.
        now.store(MORNING + 58 * HOUR, Ordering::Relaxed);
        let began = Instant::now();
        let noted = engine.keep_time().await?;
        let took = began.elapsed();
        ensure!(noted == arguments.at_once, "{noted} tickets were noted");
        ensure!(engine.keep_time().await? == 0, "each is noted once");
        figure("alarms", "alarms that are up at once", "alarms/s", f64::from(noted) / took.as_secs_f64());
        figures.finish()
    })
}

async fn create(engine: &Engine<SqliteStore>, tickets: u32) -> anyhow::Result<()> {
    const TASKS: u32 = 64;
    let form = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, "ana@example.com")
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "No puedo iniciar sesión en Outlook.")
        .with(Field::Priority, "BAJA");
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (engine, new) = (engine.clone(), form.validate(&engine.rules())?);
        tasks.spawn(async move {
            for _ in (task..tickets).step_by(TASKS as usize) {
                engine.create(CreateRequest::new(new.clone())).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}
