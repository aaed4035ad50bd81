use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use ticketing_server::store::AnyStore;

use super::{database::Database, http::Connection};

/// A directory of its own in which the program runs, and a database. Nothing of the environment that the tests run in gets there.
pub(crate) struct Desk {
    directory: TempDir,
    pub(crate) database: Database,
}

impl Desk {
    /// On the store that these tests run on.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::in_place_of(directory.path().join("ticketing.db"));
        Self { directory, database }
    }

    /// On a file, whatever these tests run on.
    pub(crate) fn on_a_file() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::File(directory.path().join("ticketing.db"), None);
        Self { directory, database }
    }

    /// On this database.
    pub(crate) fn on(database: Database) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), database }
    }

    /// A file in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The file that `serve` works on.
    pub(crate) fn file(&self) -> PathBuf {
        self.path("ticketing.db")
    }

    /// A store on the database that `serve` works on.
    pub(crate) async fn open(&self) -> AnyStore {
        self.database.open().await
    }

    /// Writes a file into the directory.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The program in this directory, without arguments.
    pub(crate) fn program(&self) -> Command {
        self.program_at(Path::new(env!("CARGO_BIN_EXE_ticketing-server")))
    }

    /// A copy of the program in this directory.
    pub(crate) fn program_at(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TICKETING_")) {
            command.env_remove(name);
        }
        if let Some(url) = self.database.url() {
            command.env("TICKETING_DATABASE", url);
        }
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end, which must come soon.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        run(self.program().args(arguments))
    }

    /// Starts a server without rate limits.
    pub(crate) fn serve(&self) -> Server {
        self.serve_with(|command| command.env("TICKETING_RATE_LIMITS", "off"))
    }

    /// Starts a server whose command a test completes.
    pub(crate) fn serve_with(&self, complete: impl FnOnce(&mut Command) -> &mut Command) -> Server {
        match &self.database {
            Database::File(..) => self.serve_on("ticketing.db", complete),
            Database::Server(_) | Database::Elsewhere(_) => self.serve_as("server.log", complete),
        }
    }

    /// One of several servers, with a log of its own.
    pub(crate) fn serve_as(&self, log: &str, complete: impl FnOnce(&mut Command) -> &mut Command) -> Server {
        let mut command = self.program();
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        complete(&mut command);
        Server::start(command, self.path(log))
    }

    /// The same on another file.
    pub(crate) fn serve_on(&self, database: &str, complete: impl FnOnce(&mut Command) -> &mut Command) -> Server {
        let mut command = self.program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--database"]).arg(self.path(database));
        complete(&mut command);
        Server::start(command, self.path("server.log"))
    }
}

/// What became of a program that ran to its end.
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// What it wrote to stdout, where it did what it was asked.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// Its message on stderr, where it ended with this status and wrote nothing else.
    #[track_caller]
    pub(crate) fn failure(self, status: i32) -> String {
        assert_eq!(self.status, Some(status), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }
}

/// Runs a program to its end, which must come soon.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(Duration::from_secs(30)) else {
        signal(id, "KILL");
        panic!("the program did not end");
    };
    let Output { status, stdout, stderr } = output.unwrap();
    Outcome {
        status: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// A server that runs. It is killed when it is dropped; where a test fails, its log is printed.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Server {
    fn start(mut command: Command, log: PathBuf) -> Self {
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let mut process = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        // Reads to the end, so that the program never writes into a closed pipe.
        thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| _ = sender.send(line)));
        // Dropped where no line comes, and then shows its log.
        let mut server = Self { process, address: ([0, 0, 0, 0], 0).into(), log };
        let line = lines.recv_timeout(Duration::from_mins(1)).expect("the server says where it listens");
        server.address = line.strip_prefix("listening on http://").unwrap_or(&line).parse().unwrap();
        server
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGKILL, at once. The process is gone when this returns.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        signal(self.process.id(), "TERM");
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            eprintln!("--- the server's log\n{}---", self.log());
        }
    }
}

/// The standard library only kills.
fn signal(id: u32, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().unwrap();
    assert!(status.success());
}
