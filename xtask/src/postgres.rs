//! A PostgreSQL server for tests: new, with nothing in it, on a port of its own on loopback, and gone afterwards.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::process::{self, apt_get_install, first_line, in_ci, output, run, succeeds};

/// Start a PostgreSQL server that is thrown away, and run a command that is told of it, as tests are; without one, until interrupted.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write everything through to the disk, as a server does that is not thrown away: for measurements.
    #[arg(long)]
    durable: bool,
    /// The command, after `--`.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run_beside(args: &Args) -> Result<ExitCode> {
    let cluster = if args.durable { Cluster::durable()? } else { Cluster::start()? };
    let Some((program, arguments)) = args.command.split_first() else {
        for (name, value) in cluster.variables() {
            println!("export {name}={value}");
        }
        println!("Ctrl-C stops it.");
        // It is interrupted together with this program.
        cluster.until_it_ends()?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut command = Command::new(program);
    // It may be Cargo, which would build anew what was built in another environment.
    process::as_from_a_shell(&mut command);
    let status = command.args(arguments).envs(cluster.variables()).status();
    let status = status.with_context(|| program.display().to_string())?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// A server that runs until this value is dropped.
pub(crate) struct Cluster {
    binaries: PathBuf,
    directory: PathBuf,
    port: u16,
    server: Child,
}

impl Cluster {
    /// Finds PostgreSQL, or installs it where nobody watches, and starts a server.
    ///
    /// # Errors
    /// Where there is none, or it does not start.
    pub(crate) fn start() -> Result<Self> {
        // Nothing in it is to outlive this machine, so that nothing need be written through to the disk.
        Self::start_with(&["fsync=off", "full_page_writes=off", "shared_buffers=64MB"])
    }

    /// The same as it is where nothing may be lost.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(crate) fn durable() -> Result<Self> {
        Self::start_with(&["shared_buffers=1GB", "max_wal_size=4GB"])
    }

    fn start_with(settings: &[&str]) -> Result<Self> {
        let binaries = binaries()?;
        // Where every user gets: Cargo's directory may be at somebody's home.
        let directory = env::temp_dir().join(format!("ticketing-postgres-{}", std::process::id()));
        fs::create_dir(&directory).with_context(|| directory.display().to_string())?;
        let owner = Owner::of(&directory)?;
        let data = directory.join("data");
        let initdb = binaries.join("initdb");
        let mut command = owner.command(&initdb);
        command.arg("--pgdata").arg(&data).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]);
        // The order of letters is that of people, as in most databases: what relies on the order of octets is found out.
        if output(Command::new(&initdb).arg("--help"))?.contains("--icu-locale") {
            command.args(["--locale-provider=icu", "--icu-locale=es", "--locale=C.UTF-8"]);
        }
        run(command.stdout(Stdio::null()))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let port_setting = format!("port={port}");
        let place = [&port_setting, "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=500"];
        let mut command = owner.command(&binaries.join("postgres"));
        command.arg("-D").arg(&data).args(place.iter().chain(settings).flat_map(|setting| ["-c", setting]));
        let log = fs::File::create(directory.join("log"))?;
        println!("    $ postgres -D {} -c port={port} …", data.display());
        let server = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut cluster = Self { binaries, directory, port, server };
        cluster.wait()?;
        Ok(cluster)
    }

    fn wait(&mut self) -> Result<()> {
        let began = Instant::now();
        let port = self.port.to_string();
        let mut is_ready = Command::new(self.binaries.join("pg_isready"));
        is_ready.args(["--quiet", "--host=127.0.0.1", "--port", &port]);
        while !succeeds(&mut is_ready) {
            let has_ended = self.server.try_wait()?.is_some();
            if has_ended || began.elapsed() > Duration::from_secs(30) {
                bail!("PostgreSQL does not start: {}", fs::read_to_string(self.directory.join("log"))?.trim());
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What tests are told.
    pub(crate) fn variables(&self) -> [(&'static str, String); 2] {
        [
            ("TICKETING_TEST_POSTGRES", format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)),
            ("TICKETING_TEST_POSTGRES_BINARIES", self.binaries.display().to_string()),
        ]
    }

    fn until_it_ends(mut self) -> Result<()> {
        self.server.wait()?;
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may be gone already; what it left is thrown away, and nobody need wait for it to be written.
        let _ = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).stderr(Stdio::null()).status();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Whose files and processes they are: PostgreSQL refuses to be root's.
struct Owner(Option<(u32, u32)>);

impl Owner {
    /// Whoever runs this program; for root the user `postgres`, whose the directory becomes.
    fn of(directory: &Path) -> Result<Self> {
        let id = |args: &[&str]| -> Result<u32> { Ok(first_line(Command::new("id").args(args))?.parse()?) };
        if id(&["-u"])? != 0 {
            return Ok(Self(None));
        }
        let no_user = "PostgreSQL refuses to be run by root, and there is no user postgres";
        let (user, group) = (id(&["-u", "postgres"]).context(no_user)?, id(&["-g", "postgres"]).context(no_user)?);
        #[cfg(unix)]
        std::os::unix::fs::chown(directory, Some(user), Some(group))?;
        Ok(Self(Some((user, group))))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        #[cfg(unix)]
        if let Some((user, group)) = self.0 {
            std::os::unix::process::CommandExt::uid(&mut command, user);
            std::os::unix::process::CommandExt::gid(&mut command, group);
            // It need not be able to read where this program was started.
            command.current_dir("/");
        }
        command
    }
}

/// The directory of the server's programs: on the path, where packages have them, or where `pg_config` says.
fn binaries() -> Result<PathBuf> {
    if let Some(found) = find_binaries() {
        return Ok(found);
    }
    if in_ci() {
        apt_get_install(&["postgresql"])?;
    }
    find_binaries().context(
        "PostgreSQL's server is not here: no initdb on the path, in /usr/lib/postgresql/*/bin, or where pg_config says; \
         on Debian, `apt-get install postgresql` installs it",
    )
}

fn find_binaries() -> Option<PathBuf> {
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let said = output(Command::new("pg_config").arg("--bindir").stderr(Stdio::null()));
    let said = said.ok().map(|line| PathBuf::from(line.trim()));
    let mut packages: Vec<_> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    // The newest first.
    packages.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let packages = packages.into_iter().rev().map(|path| path.join("bin"));
    let all =
        |directory: &PathBuf| ["initdb", "postgres", "pg_isready"].iter().all(|name| directory.join(name).is_file());
    on_path.into_iter().chain(said).chain(packages).find(all)
}
