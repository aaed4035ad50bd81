//! The servers under measurement: child processes that listen on a free port of this machine.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};

use crate::load;

/// How long a server may take from its start to its first answer.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A running server. It ends with this value.
pub(crate) struct Server {
    /// What the tables call it.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its executable.
    pub executable: PathBuf,
    /// How long it took from its start to its first answer.
    pub ready_after: Duration,
    child: Child,
}

impl Server {
    /// Starts an executable and waits until `GET /readyz` answers 200. `{address}` among the arguments stands for the
    /// address to listen on. What it prints goes to `NAME.log` in `dir`.
    ///
    /// # Errors
    /// When it cannot be started, ends, or is not ready within 20 s: with the end of what it printed.
    pub(crate) fn start(
        name: &'static str,
        executable: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
        dir: &Path,
    ) -> anyhow::Result<Self> {
        // The port is free again when the listener is dropped. Another process may take it before the server does; the
        // server then says so and ends.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let listen = address.to_string();
        let log = dir.join(format!("{name}.log"));
        let output = File::create(&log)?;
        let started = Instant::now();
        let child = Command::new(executable)
            .args(arguments.iter().map(|argument| if *argument == "{address}" { &listen } else { *argument }))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", executable.display()))?;
        let mut server = Self { name, address, executable: executable.to_owned(), ready_after: Duration::ZERO, child };
        server.wait_until_ready().with_context(|| {
            let printed = fs::read_to_string(&log).unwrap_or_default();
            let last: Vec<_> = printed.lines().rev().take(10).collect();
            let last: Vec<_> = last.into_iter().rev().collect();
            format!("{name} did not start; it printed:\n{}", last.join("\n"))
        })?;
        server.ready_after = started.elapsed();
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}");
            }
            let answer = load::exchange(self.address, b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
            if matches!(answer, Ok((200, _))) {
                return Ok(());
            }
            ensure!(started.elapsed() < START_TIMEOUT, "it is not ready after {START_TIMEOUT:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Asks it to end, as an operator does, and waits until it has.
    ///
    /// # Errors
    /// When it does not end well, or within a minute.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(asked.success(), "{} could not be asked to end", self.name);
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "{} ended with {status}", self.name);
                return Ok(());
            }
            ensure!(began.elapsed() < Duration::from_mins(1), "{} does not end", self.name);
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The number that the system knows it by.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in bytes; `None` where the system does not say it as Linux does.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// Processor time used so far, in user and kernel mode; `None` where the system does not say it as Linux does.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        processor_time(self.child.id())
    }

    /// Waits until it has done what it put off while it was asked: others are not measured beside that.
    pub(crate) fn rest(&self) {
        const LOOK: Duration = Duration::from_millis(250);
        /// Whoever puts something off may wait for as long before they begin: ours puts its index together after five seconds.
        const QUIET: Duration = Duration::from_secs(7);
        /// Of a moment, as much is used by who does nothing. It is told in hundredths of a second.
        const NOTHING: Duration = Duration::from_millis(10);
        const PATIENCE: Duration = Duration::from_mins(2);
        let began = Instant::now();
        let mut quiet_since = began;
        let mut used = self.processor_time();
        while used.is_some() && quiet_since.elapsed() < QUIET && began.elapsed() < PATIENCE {
            thread::sleep(LOOK);
            let now = self.processor_time();
            if now.zip(used).is_some_and(|(now, before)| now.saturating_sub(before) > NOTHING) {
                quiet_since = Instant::now();
            }
            used = now;
        }
        if began.elapsed() >= PATIENCE {
            eprintln!("{} does not come to rest", self.name);
        }
    }

    /// Size of the executable in bytes.
    pub(crate) fn executable_bytes(&self) -> Option<u64> {
        fs::metadata(&self.executable).map(|file| file.len()).ok()
    }
}

/// Processor time that a process has used so far, in user and kernel mode; `None` where the system does not say it as Linux does.
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    // Linux counts it in hundredths of a second for every process that asks, whatever its own tick is.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the name in parentheses, which may contain anything; utime and stime are the 14th and 15th.
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(11);
    let ticks: u32 = fields.next()?.parse::<u32>().ok()? + fields.next()?.parse::<u32>().ok()?;
    Some(TICK * ticks)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
