//! What a server takes while nobody asks it anything: until its first answer, and for each of ten thousand connections.

use std::{
    env,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    thread,
    time::Duration,
};

use anyhow::{Context as _, ensure};

use crate::{
    figures::{mebibytes, median},
    http::{find_ours, start_ours, start_ours_with},
    record::{Aim, Figure, Figures},
};

/// How many, and where.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Connections that are open and say nothing.
    #[arg(long, default_value_t = 10_000)]
    connections: u32,
    /// Starts, of which the median counts.
    #[arg(long, default_value_t = 7)]
    starts: u32,
    /// The server; by default the one beside this program.
    #[arg(long, env = "TICKETING_BENCH_SERVER")]
    server: Option<PathBuf>,
    /// Directory for the databases; by default that of this program.
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Arguments {
    /// For a run whose figures do not count.
    pub(crate) fn brief(server: Option<PathBuf>, dir: PathBuf) -> Self {
        Self { connections: 200, starts: 1, server, dir: Some(dir) }
    }
}

const RESIDENT_MIB: Aim = Aim::Max(200.0);

/// Measures and prints.
///
/// # Errors
/// When the server does not start, or does not take the connections.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let executable = find_ours(arguments.server.as_deref())?;
    let beside = env::current_exe()?.parent().context("this program has no directory")?.to_owned();
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in(arguments.dir.as_ref().unwrap_or(&beside))?;
    let mut figures = Figures::default();

    let mut new = vec![];
    let mut again = vec![];
    for start in 0..arguments.starts {
        for times in [&mut new, &mut again] {
            let server = start_ours(&executable, &dir.path().join(format!("{start}.db")))?;
            times.push(server.ready_after.as_secs_f64() * 1e3);
        }
    }
    let times = |times: Vec<f64>| median(times).unwrap_or_default();
    figures.add(Figure::new("start-new", "from start to first answer, without a file", "ms", times(new)));
    figures.add(Figure::new("start", "from start to first answer, on a file without tickets", "ms", times(again)));

    // The server takes as many connections as half of the files that it may have open.
    let files = rlimit::increase_nofile_limit(u64::MAX)?;
    let needed = u64::from(arguments.connections) * 2;
    ensure!(files >= needed, "{needed} files have to be open at once, and {files} may be (`ulimit -Hn`)");
    // One client has half of a server's connections at most; a proxy stands for many.
    let proxy = [("TICKETING_TRUSTED_PROXIES", "127.0.0.1")];
    let server = start_ours_with(&executable, &dir.path().join("connections.db"), &proxy)?;
    thread::sleep(Duration::from_millis(500));
    let resident = || server.resident_bytes().context("the system does not say what a process has resident");
    let before = resident()?;
    let mut open = Vec::new();
    for _ in 0..arguments.connections {
        // Each has asked something before it falls silent: that is what the connections of browsers and proxies are.
        let mut stream = TcpStream::connect(server.address)?;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer)?;
        ensure!(answer[..length].starts_with(b"HTTP/1.1 200"), "a connection is not answered");
        open.push(stream);
    }
    thread::sleep(Duration::from_millis(500));
    let after = resident()?;
    for stream in &mut open {
        stream.set_nonblocking(true)?;
        let still = stream.read(&mut [0; 1]);
        ensure!(
            still.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock),
            "a connection was closed meanwhile"
        );
    }
    let name = format!("resident memory with {} idle connections", arguments.connections);
    figures.add(Figure::new("idle-connections", name, "MiB", mebibytes(after)).aim(RESIDENT_MIB));
    let each = mebibytes(after.saturating_sub(before)) * 1024.0 / f64::from(arguments.connections);
    figures.add(Figure::new("idle-connection", "resident memory for each of them", "KiB", each));
    figures.finish()
}
