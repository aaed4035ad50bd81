//! Creation at a rate that does not wait for the answers: what a client finds who comes while others are served. The load is oha's,
//! whose latencies run from when a request was due (`--latency-correction`), not from when there was a connection for it.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use ticketing_benches::seed;

use crate::{
    http::{find_ours, find_peer, start_ours, start_peer},
    record::{Aim, Figure, Figures},
    servers::Server,
};

/// How long, by how many, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds of the measurement; the search for the maximum takes half of that before it.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..))]
    seconds: u32,
    /// Connections.
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// Percent of the maximum at which tickets are created.
    #[arg(long, default_value_t = 80)]
    percent: u32,
    /// The load generator, <https://crates.io/crates/oha>: `cargo xtask bench` installs the version that is meant.
    #[arg(long, env = "TICKETING_BENCH_OHA", default_value = "oha")]
    oha: PathBuf,
    /// The server; by default the one beside this program.
    #[arg(long, env = "TICKETING_BENCH_SERVER")]
    server: Option<PathBuf>,
    /// The peer; by default the one beside this program, or in its own target directory. Left out where there is none.
    #[arg(long, env = "TICKETING_BENCH_PEER")]
    peer: Option<PathBuf>,
    /// Directory for the databases, on the disk that is to be measured; by default that of this program.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Bodies that are sent in turn: as many requesters.
const BODIES: u32 = 10_000;
const P99_MS: Aim = Aim::Max(10.0);

/// Finds the maximum, creates below it, and prints how long the answers took.
///
/// # Errors
/// When oha is not there, or an answer is not 200.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let executable = find_ours(arguments.server.as_deref())?;
    let beside = env::current_exe()?.parent().context("this program has no directory")?.to_owned();
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in(arguments.dir.as_ref().unwrap_or(&beside))?;
    let bodies = dir.path().join("bodies.jsonl");
    fs::write(&bodies, self::bodies()?)?;

    let ours = start_ours(&executable, &dir.path().join("open.db"))?;
    let ours = measure(arguments, &ours, &bodies)?;
    let peer = find_peer(arguments.peer.as_deref(), &beside)
        .map(|peer| measure(arguments, &start_peer(&peer, dir.path())?, &bodies))
        .transpose()?;

    let mut figures = Figures::default();
    let mut add = |id: &str, name: &str, unit, of: fn(&Open) -> f64, aim: Option<Aim>| {
        let figure =
            Figure::new(id, name, unit, of(&ours)).beside_any("axum + sqlx, at its own", peer.as_ref().map(of));
        figures.add(match aim {
            Some(aim) => figure.aim(aim),
            None => figure,
        });
    };
    add("maximum", "creation, the maximum with this client", "requests/s", |open| open.maximum, None);
    add("rate", "creation at a steady rate", "requests/s", |open| open.rate, None);
    add("p50", "creation at a steady rate, p50", "ms", |open| open.quantiles_ms[0], None);
    add("p99", "creation at a steady rate, p99", "ms", |open| open.quantiles_ms[1], Some(P99_MS));
    add("p99.9", "creation at a steady rate, p99.9", "ms", |open| open.quantiles_ms[2], None);
    figures.finish()
}

/// The seed's form, each from another requester, one a line.
fn bodies() -> anyhow::Result<String> {
    let mut form: Value = serde_json::from_slice(seed::CREATE_BODY)?;
    let mut lines = String::new();
    for number in 0..BODIES {
        form["nombre"] = format!("Ana García {number}").into();
        form["email"] = format!("ana.garcia.{number}@example.com").into();
        writeln!(lines, "{form}")?;
    }
    Ok(lines)
}

/// Longer than our server waits for the end of a burst.
const BURST_SECONDS: u32 = 12;

/// What a server came to.
struct Open {
    maximum: f64,
    rate: f64,
    /// 50, 99 and 99.9 % of the answers had come by then.
    quantiles_ms: [f64; 3],
}

fn measure(arguments: &Arguments, server: &Server, bodies: &Path) -> anyhow::Result<Open> {
    // What it puts off in a burst it does by now: the load is to be one that lasts.
    oha(arguments, server, bodies, BURST_SECONDS, None)?;
    let maximum = oha(arguments, server, bodies, arguments.seconds / 2, None)?;
    let maximum = number(&maximum, &["summary", "requestsPerSec"])?;
    let wanted = maximum * f64::from(arguments.percent) / 100.0;
    let told = oha(arguments, server, bodies, arguments.seconds, Some(wanted))?;
    let rate = number(&told, &["summary", "requestsPerSec"])?;
    ensure!(rate > 0.95 * wanted, "{}: the load was {rate:.0} a second instead of {wanted:.0}", server.name);
    let quantile = |name| anyhow::Ok(number(&told, &["latencyPercentiles", name])? * 1e3);
    let quantiles_ms = [quantile("p50")?, quantile("p99")?, quantile("p99.9")?];
    Ok(Open { maximum, rate, quantiles_ms })
}

/// Runs the load generator and gives what it tells.
fn oha(
    arguments: &Arguments,
    server: &Server,
    bodies: &Path,
    seconds: u32,
    rate: Option<f64>,
) -> anyhow::Result<Value> {
    let mut oha = Command::new(&arguments.oha);
    oha.args(["--no-tui", "--output-format", "json", "--method", "POST", "-T", "application/json"]);
    oha.arg("-Z").arg(bodies).args(["-c", &arguments.connections.to_string(), "-z", &format!("{seconds}s")]);
    // What is under way at the end is answered, and counts.
    oha.arg("--wait-ongoing-requests-after-deadline");
    if let Some(rate) = rate {
        oha.args(["-q", &format!("{rate:.0}"), "--latency-correction"]);
    }
    let output = oha.arg(format!("http://{}/api/tickets/crear", server.address)).output();
    let output = output.with_context(|| format!("{} cannot be run", arguments.oha.display()))?;
    ensure!(output.status.success(), "oha: {}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).context("oha does not tell JSON")?;
    let statuses = told["statusCodeDistribution"].as_object().context("oha does not tell statuses")?;
    // What is under way when the time is over is no error.
    let is_error = |error: &String| error != "aborted due to deadline";
    let errors = told["errorDistribution"].as_object().is_some_and(|errors| errors.keys().any(is_error));
    ensure!(
        !errors && statuses.keys().all(|status| status == "200"),
        "{}: answers {}, errors {}",
        server.name,
        told["statusCodeDistribution"],
        told["errorDistribution"]
    );
    Ok(told)
}

fn number(told: &Value, path: &[&str]) -> anyhow::Result<f64> {
    let found = path.iter().try_fold(told, |value, name| value.get(name)).and_then(Value::as_f64);
    found.with_context(|| format!("oha does not tell {}", path.join(".")))
}
