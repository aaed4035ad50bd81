//! Servers of a test's own, which it may kill.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A PostgreSQL server that runs until it is killed or dropped.
pub(crate) struct Cluster {
    binaries: PathBuf,
    data: PathBuf,
    pub(crate) port: u16,
    server: Option<Child>,
    _directory: TempDir,
}

impl Cluster {
    /// A new server whose commits wait for every replica that there is, once there is one; `None` where nobody has said where
    /// PostgreSQL's programs are.
    pub(crate) fn primary() -> Option<Self> {
        let mut cluster = Self::in_new_directory()?;
        let data = cluster.data.clone();
        let mut initdb = cluster.program("initdb");
        run(initdb.arg("--pgdata").arg(data).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]));
        cluster.start(&[]);
        Some(cluster)
    }

    /// A replica of a server, for which that one waits from now on.
    pub(crate) fn replica_of(primary: &Self) -> Self {
        let mut cluster = Self::in_new_directory().unwrap();
        let (data, port) = (cluster.data.clone(), primary.port.to_string());
        let mut backup = cluster.program("pg_basebackup");
        backup.arg("--pgdata").arg(data).args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]);
        run(backup.args(["--host=127.0.0.1", "--username=postgres", "--port", &port]));
        cluster.start(&[]);
        cluster
    }

    fn in_new_directory() -> Option<Self> {
        let binaries = PathBuf::from(env::var_os("TICKETING_TEST_POSTGRES_BINARIES")?);
        let directory = tempfile::tempdir().unwrap();
        if let Some((user, group)) = owner() {
            chown(directory.path(), Some(user), Some(group)).unwrap();
        }
        let data = directory.path().join("data");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        Some(Self { binaries, data, port, server: None, _directory: directory })
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        if let Some((user, group)) = owner() {
            // It need not be able to read where the tests run.
            command.uid(user).gid(group).current_dir("/");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn start(&mut self, settings: &[&str]) {
        let port = format!("port={}", self.port);
        let mut command = self.program("postgres");
        command.arg("-D").arg(&self.data);
        for setting in
            [&[port.as_str(), "listen_addresses=127.0.0.1", "unix_socket_directories="][..], settings].concat()
        {
            command.args(["-c", setting]);
        }
        let log = fs::File::create(self.data.with_extension("log")).unwrap();
        self.server = Some(command.stderr(log).spawn().unwrap());
        let began = Instant::now();
        let port = self.port.to_string();
        while !self
            .program("pg_isready")
            .args(["--quiet", "--host=127.0.0.1", "--port", &port])
            .status()
            .unwrap()
            .success()
        {
            assert!(began.elapsed() < Duration::from_mins(1), "{}", self.log());
            sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.data.with_extension("log")).unwrap_or_default()
    }

    /// Runs a statement.
    pub(crate) fn execute(&self, sql: &str) {
        let port = self.port.to_string();
        let mut psql = self.program("psql");
        psql.args(["--no-psqlrc", "--host=127.0.0.1", "--username=postgres", "--port", &port, "--command", sql]);
        run(psql.arg("postgres"));
    }

    /// Has it offer TLS from now on.
    pub(crate) fn offer_tls(&self, certificate: &str, key: &str) {
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data.join(name);
            fs::write(&path, pem).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = owner() {
                chown(&path, Some(user), Some(group)).unwrap();
            }
        }
        self.execute("ALTER SYSTEM SET ssl = on");
        self.execute("SELECT pg_reload_conf()");
        // Those that are told later than the one who answers.
        sleep(Duration::from_millis(500));
    }

    /// Ends all connections to it but the one that does it.
    pub(crate) fn nobody_is_left(&self) {
        self.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'ticketing-server'",
        );
    }

    /// Ends it at once, with all that is connected to it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let id = server.id().to_string();
            let _ = Command::new("kill").args(["-QUIT", &id]).status();
            server.wait().unwrap();
        }
    }

    /// Makes a replica the one that takes writes.
    pub(crate) fn promote(&self) {
        let mut promote = self.program("pg_ctl");
        run(promote.args(["promote", "--wait", "--pgdata"]).arg(&self.data));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// PostgreSQL refuses to be root's: then it is the user `postgres`.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> u32 {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    };
    (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])))
}
