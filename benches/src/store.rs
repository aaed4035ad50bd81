//! What remains of a creation when HTTP and JSON are taken away: the engine and its store, called by as many tasks at once as
//! there are connections over HTTP, so that as many creations share a transaction.

use std::{
    collections::HashSet,
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::ensure;
use ticketing_benches::seed;
use ticketing_core::{Draft, NewTicket};
use ticketing_server::{
    CreateRequest, Engine,
    store::{Store, sqlite::SqliteStore},
};

use crate::load::Plan;

/// How long, by how many, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds of the measurement.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Tasks, each with one creation at a time.
    #[arg(long, default_value_t = 32)]
    tasks: usize,
    /// Directory for the database, on the disk that is to be measured.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

/// Measures once and prints the rate.
///
/// # Errors
/// As for [`store_rate`].
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in(&arguments.dir)?;
    let measured = Duration::from_secs(arguments.seconds);
    let plan = Plan { connections: arguments.tasks, warm_up: measured / 5, measured };
    println!("creation without HTTP: {:.0} per second", store_rate(&dir.path().join("store.db"), plan)?);
    Ok(())
}

/// Creations per second by the engine on its `SQLite` store, a task for each of the plan's connections.
///
/// # Errors
/// When the store fails, or gives a label twice.
pub(crate) fn store_rate(database: &Path, plan: Plan) -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let engine = Engine::start(SqliteStore::open(database)?).await?;
        creation_rate(&engine, plan).await
    })
}

/// Creations per second by an engine, a task for each of the plan's connections.
///
/// # Errors
/// When the store fails, or gives a label twice.
pub(crate) async fn creation_rate<S: Store>(engine: &Engine<S>, plan: Plan) -> anyhow::Result<f64> {
    let ticket = Draft::from_json(seed::CREATE_BODY)?.validate(&engine.rules())?;
    let from = Instant::now() + plan.warm_up;
    let window = from..from + plan.measured;
    let tasks: Vec<_> =
        (0..plan.connections).map(|_| tokio::spawn(create(engine.clone(), ticket.clone(), window.clone()))).collect();
    let mut counted = 0;
    let mut labels = Vec::new();
    for task in tasks {
        let created = task.await??;
        counted += created.counted;
        labels.extend(created.labels);
    }
    let different: HashSet<_> = labels.iter().collect();
    ensure!(different.len() == labels.len(), "{} labels were given twice", labels.len() - different.len());
    Ok(f64::from(counted) / plan.measured.as_secs_f64())
}

/// What one task created.
struct Created {
    /// Creations that ended within the window.
    counted: u32,
    /// The labels of all, as year and number.
    labels: Vec<(u16, u32)>,
}

async fn create<S: Store>(engine: Engine<S>, ticket: NewTicket, window: Range<Instant>) -> anyhow::Result<Created> {
    let mut created = Created { counted: 0, labels: Vec::new() };
    while Instant::now() < window.end {
        let label = engine.create(CreateRequest::new(ticket.clone())).await?.label;
        created.labels.push((label.year(), label.number()));
        created.counted += u32::from(window.contains(&Instant::now()));
    }
    Ok(created)
}
