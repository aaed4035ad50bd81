//! The comparison over HTTP: this server, a peer that does the same work, and a server that does none.
//!
//! Creations and look-ups by whoever has no login, and the lists that the desk and other systems read.

use std::{
    env, fs,
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use crate::{
    canned::{self, Canned},
    figures,
    load::{self, Answers, Created, Creation, LookUps, Outcome, Plan},
    raw::raw_rate,
    servers::Server,
    store::store_rate,
    varied::Varied,
    verify,
};

const SERVER: &str = "ticketing-server";
const PEER: &str = "ticketing-peer-axum-sqlx";
const BUILD_SERVER: &str = "cargo build --release -p ticketing-server";
const BUILD_PEER: &str = "cargo build --release --manifest-path benches/peer-axum-sqlx/Cargo.toml";

/// What to measure, and how long.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds of each measurement; there are some twenty in a round.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Rounds; each figure is the median of theirs.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Go on without the peer when it is not built.
    #[arg(long)]
    without_peer: bool,
    #[command(flatten)]
    places: Places,
}

/// Where the programs and their databases are.
#[derive(clap::Args)]
pub(crate) struct Places {
    /// The server; by default the one beside this program.
    #[arg(long, env = "TICKETING_BENCH_SERVER")]
    pub server: Option<PathBuf>,
    /// The peer; by default the one beside this program, or in its own target directory.
    #[arg(long, env = "TICKETING_BENCH_PEER")]
    peer: Option<PathBuf>,
    /// Directory for the databases, on the disk that is to be measured; by default that of this program.
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Arguments {
    /// For a run whose figures do not count: one round of a second each, and the peer only if it is built.
    pub(crate) fn brief(places: Places) -> Self {
        Self { seconds: 1, rounds: 1, connections: 32, without_peer: true, places }
    }

    fn plan(&self) -> Plan {
        let measured = Duration::from_secs(self.seconds);
        Plan { connections: self.connections, warm_up: measured / 5, measured }
    }
}

/// One server and what was measured of it.
pub(crate) struct Subject {
    /// The server.
    pub server: Server,
    /// Its resident memory right after the start, in bytes.
    pub resident_bytes: Option<u64>,
    /// A measurement of creations per round.
    pub creations: Vec<Measured>,
    /// A measurement of look-ups per round.
    pub look_ups: Vec<Measured>,
    /// A measurement of each of [`LISTS`] per round.
    pub lists: [Vec<Measured>; LISTS.len()],
    created: Vec<Created>,
    /// Every creation of a run has a requester of its own.
    next_requester: usize,
}

/// One measurement.
pub(crate) struct Measured {
    /// What the load saw.
    pub outcome: Outcome,
    /// Processor time that the server used for each request, in microseconds.
    pub processor_micros: Option<f64>,
}

/// What is measured without a server, once per round.
#[derive(Default)]
pub(crate) struct Surroundings {
    /// How long the disk took to write 4 KiB, in microseconds.
    pub sync_micros: Vec<f64>,
    /// Creations per second by the engine and its store, without HTTP.
    pub store_rates: Vec<f64>,
    /// Tickets per second by rusqlite alone, as many in a transaction as there are connections.
    pub raw_rates: Vec<f64>,
    /// For each of [`LISTS`], what a constant answer of the same size is served at.
    pub constant_lists: [Vec<Measured>; LISTS.len()],
}

/// A list that is read over HTTP.
pub(crate) struct List {
    /// What figures know it by.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    path: &'static str,
    rows: usize,
}

/// What is read of lists.
pub(crate) const LISTS: [List; 4] = [
    List { id: "desk", name: "desk list, the newest 50", path: "/api/tickets/dashboard?limite=50", rows: 50 },
    List {
        id: "desk-filtered",
        name: "desk list, 20 of a status, an area and a priority",
        path: "/api/tickets/dashboard?limite=20&estado=ABIERTO&area=REDES&prioridad=MEDIA",
        rows: 20,
    },
    List { id: "v2", name: "v2 list, the first 20", path: "/v2/tickets?page=1&size=20", rows: 20 },
    List {
        id: "v2-filtered",
        name: "v2 list, the third 50 of a status",
        path: "/v2/tickets?page=3&size=50&statusId=1",
        rows: 50,
    },
];

/// Tickets of many kinds that lists need to be full: 20 of a status, an area and a priority are one in forty.
const VARIED_MIN: usize = 1_000;

/// Who reads lists.
pub(crate) const READER: (&str, &str) = ("lee@example.com", "una contraseña de prueba");

/// Runs the comparison and prints it; `false` when an answer was wrong.
///
/// # Errors
/// When a server is not built, does not start, does not do the work, or stops answering.
pub(crate) fn compare(arguments: &Arguments) -> anyhow::Result<bool> {
    let program = env::current_exe()?;
    let beside = program.parent().context("this program has no directory")?;
    let ours = find_ours(arguments.places.server.as_deref())?;
    let peer = find_peer(arguments.places.peer.as_deref(), beside);
    ensure!(
        peer.is_some() || arguments.without_peer,
        "{PEER} is not built; build it with\n    {BUILD_PEER}\nor go on with --without-peer"
    );

    let dir = arguments.places.dir.clone().unwrap_or_else(|| beside.to_owned());
    fs::create_dir_all(&dir)?;
    let dir = tempfile::Builder::new().prefix("bench-").tempdir_in(dir)?;
    let dir = dir.path();

    let constant = Server::start("constant", &program, &["constant", "--listen", "{address}"], &[], dir)?;
    let mut constant = Subject::new(constant);
    let database = dir.join("ticketing.db");
    create_reader(&ours, &database)?;
    let mut ours = Subject::new(start_ours(&ours, &database)?);
    let mut peer = peer.map(|peer| start_peer(&peer, dir)).transpose()?.map(Subject::new);
    for subject in [Some(&ours), peer.as_ref()].into_iter().flatten() {
        verify::public_endpoints(&subject.server)?;
    }
    let surroundings = measure(arguments, &mut ours, peer.as_mut(), &mut constant, dir)?;

    println!("{}", circumstances(arguments, &surroundings.sync_micros)?);
    figures::of(&ours, peer.as_ref(), &constant, &surroundings).finish()?;
    let mut right = true;
    for subject in [Some(&ours), peer.as_ref(), Some(&constant)].into_iter().flatten() {
        right &= subject.report_answers();
    }
    println!("\nTo reproduce:\n    {BUILD_SERVER}");
    if peer.is_some() {
        println!("    {BUILD_PEER}");
    }
    println!(
        "    cargo run --release -p ticketing-benches -- http --seconds {} --rounds {} --connections {}",
        arguments.seconds, arguments.rounds, arguments.connections
    );
    Ok(right)
}

/// Every measurement of every round.
fn measure(
    arguments: &Arguments,
    ours: &mut Subject,
    mut peer: Option<&mut Subject>,
    constant: &mut Subject,
    dir: &Path,
) -> anyhow::Result<Surroundings> {
    let plan = arguments.plan();
    let mut surroundings = Surroundings::default();
    for round in 0..arguments.rounds {
        surroundings.sync_micros.push(measure_sync_micros(dir)?);
        let mut creators: Vec<_> = [Some(&mut *ours), peer.as_deref_mut()].into_iter().flatten().collect();
        // A disk that is quick only for a while is so for the first of the two.
        if round % 2 == 1 {
            creators.reverse();
        }
        for creator in creators {
            creator.measure_creations(plan)?;
        }
        surroundings.store_rates.push(store_rate(&dir.join("store.db"), plan)?);
        surroundings.raw_rates.push(raw_rate(&dir.join(format!("raw-{round}.db")), plan.connections, plan.measured)?);
        ours.measure_look_ups(plan)?;
        constant.measure_answers(plan, ours)?;
        if let Some(peer) = &mut peer {
            peer.measure_look_ups(plan)?;
        }
    }
    measure_lists(arguments, ours, peer, dir, &mut surroundings)?;
    Ok(surroundings)
}

/// Lists of tickets of many kinds, of which either server has the same number by then, or ours more.
fn measure_lists(
    arguments: &Arguments,
    ours: &mut Subject,
    mut peer: Option<&mut Subject>,
    dir: &Path,
    surroundings: &mut Surroundings,
) -> anyhow::Result<()> {
    let plan = arguments.plan();
    for subject in [Some(&mut *ours), peer.as_deref_mut()].into_iter().flatten() {
        subject.create_varied(plan)?;
    }
    let program = env::current_exe()?;
    for (index, list) in LISTS.iter().enumerate() {
        let octets = ours.list(list)?.answer_octets().to_string();
        let constant = ["constant", "--listen", "{address}", "--octets", &octets];
        let constant = Subject::new(Server::start("constant", &program, &constant, &[], dir)?);
        for _ in 0..arguments.rounds {
            let asked = ours.list(list)?;
            let (measured, _) = constant.measure(plan, asked.of_constant(), |_| ())?;
            surroundings.constant_lists[index].push(measured);
            for subject in [Some(&mut *ours), peer.as_deref_mut()].into_iter().flatten() {
                let asked = subject.list(list)?;
                let (measured, _) = subject.measure(plan, asked, |_| ())?;
                subject.lists[index].push(measured);
            }
        }
    }
    Ok(())
}

/// The peer's executable, where it was said to be or where one of its builds would be.
pub(crate) fn find_peer(given: Option<&Path>, beside: &Path) -> Option<PathBuf> {
    let own_target = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer-axum-sqlx/target/release");
    let places = match given {
        Some(peer) => vec![peer.to_owned()],
        None => vec![own_target.join(PEER), beside.join(PEER)],
    };
    places.into_iter().find(|place| place.exists())
}

/// The server's executable, where it was said to be or beside this program.
///
/// # Errors
/// When it is not there.
pub(crate) fn find_ours(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let program = env::current_exe()?;
    let beside = program.parent().context("this program has no directory")?;
    let ours = given.map_or_else(|| beside.join(SERVER), Path::to_owned);
    ensure!(ours.exists(), "{} is not there; build it with\n    {BUILD_SERVER}", ours.display());
    Ok(ours)
}

/// A server on a file.
///
/// # Errors
/// As [`Server::start`].
pub(crate) fn start_ours(executable: &Path, database: &Path) -> anyhow::Result<Server> {
    start_ours_with(executable, database, &[])
}

/// The same, with more in its environment.
///
/// # Errors
/// As [`Server::start`].
pub(crate) fn start_ours_with(
    executable: &Path,
    database: &Path,
    environment: &[(&str, &str)],
) -> anyhow::Result<Server> {
    let dir = database.parent().context("the database is in no directory")?;
    let database = database.to_str().context("the directory's name is not UTF-8")?;
    let arguments = ["serve", "--listen", "{address}", "--database", database];
    // All load comes from one client address, which the limits are there to stop.
    let environment = [&[("TICKETING_RATE_LIMITS", "off")], environment].concat();
    Server::start("ours", executable, &arguments, &environment, dir)
}

/// Makes a file in which there is somebody who may log in and read lists. Not by the server's own variables: what a password's hash takes
/// of memory would be taken for what an idle server does.
///
/// # Errors
/// When the command fails.
pub(crate) fn create_reader(executable: &Path, database: &Path) -> anyhow::Result<()> {
    let (email, password) = READER;
    let created = Command::new(executable)
        .args(["user", "create", "--role", "ADMIN", "--name", "Lee", "--email", email, "--database"])
        .arg(database)
        .env("TICKETING_PASSWORD", password)
        .output()?;
    ensure!(created.status.success(), "nobody could be created: {}", String::from_utf8_lossy(&created.stderr));
    Ok(())
}

/// The peer, on a new file in a directory.
///
/// # Errors
/// As [`Server::start`].
pub(crate) fn start_peer(executable: &Path, dir: &Path) -> anyhow::Result<Server> {
    let database = dir.join("peer.db");
    let database = database.to_str().context("the directory's name is not UTF-8")?;
    let (email, password) = READER;
    let environment = [("PEER_EMAIL", email), ("PEER_PASSWORD", password)];
    Server::start("peer", executable, &["--listen", "{address}", "--database", database], &environment, dir)
}

impl Subject {
    fn new(server: Server) -> Self {
        // What a server does right after it says that it is ready belongs to its idle state.
        thread::sleep(Duration::from_millis(500));
        let resident_bytes = server.resident_bytes();
        Self {
            server,
            resident_bytes,
            creations: Vec::new(),
            look_ups: Vec::new(),
            lists: Default::default(),
            created: Vec::new(),
            next_requester: 0,
        }
    }

    fn measure_creations(&mut self, plan: Plan) -> anyhow::Result<()> {
        let (measured, workload) = self.measure(plan, Creation::new(self.next_requester), Server::rest)?;
        let (created, next_requester) = workload.into_parts();
        ensure!(!created.is_empty(), "{} created no ticket", self.server.name);
        self.creations.push(measured);
        self.created.extend(created);
        self.next_requester = next_requester;
        Ok(())
    }

    fn measure_look_ups(&mut self, plan: Plan) -> anyhow::Result<()> {
        let (measured, _) = self.measure(plan, LookUps::new(&self.created, Answers::Tickets), |_| ())?;
        self.look_ups.push(measured);
        Ok(())
    }

    /// Asks for the tickets of another server; the answers are what they are.
    fn measure_answers(&mut self, plan: Plan, asked: &Self) -> anyhow::Result<()> {
        let (measured, _) = self.measure(plan, LookUps::new(&asked.created, Answers::Constant), |_| ())?;
        self.look_ups.push(measured);
        Ok(())
    }

    /// Tickets of many kinds.
    fn create_varied(&mut self, plan: Plan) -> anyhow::Result<()> {
        let mut created = 0;
        while created < VARIED_MIN {
            let (_, varied) = self.measure(plan, Varied::new(), Server::rest)?;
            ensure!(varied.created() > 0, "{} created no ticket", self.server.name);
            created += varied.created();
        }
        Ok(())
    }

    fn list(&self, list: &List) -> anyhow::Result<Canned> {
        let token = canned::log_in(self.server.address, READER.0, READER.1)?;
        Canned::list(self.server.address, list.path, &token, list.rows)
    }

    /// Puts load on the server. What it does until `afterwards` has ended counts as its processor time too.
    fn measure<W: load::Workload + 'static>(
        &self,
        plan: Plan,
        workload: W,
        afterwards: fn(&Server),
    ) -> anyhow::Result<(Measured, W)> {
        let before = self.server.processor_time();
        let (outcome, workload) = load::measure(self.server.address, plan, workload)
            .with_context(|| format!("while measuring {}", self.server.name))?;
        afterwards(&self.server);
        // The warm-up's requests cost as much as the counted ones, so the time is shared among both.
        let counted = plan.measured.as_secs_f64() / (plan.warm_up + plan.measured).as_secs_f64();
        let processor_micros = before.zip(self.server.processor_time()).map(|(before, after)| {
            let used = after.saturating_sub(before).as_secs_f64() * counted;
            used * 1e6 / (outcome.rate() * plan.measured.as_secs_f64()).max(1.0)
        });
        Ok((Measured { outcome, processor_micros }, workload))
    }

    /// Says how many answers there were and how many were wrong; `true` when none was.
    fn report_answers(&self) -> bool {
        let outcomes = || {
            self.creations
                .iter()
                .chain(&self.look_ups)
                .chain(self.lists.iter().flatten())
                .map(|measured| &measured.outcome)
        };
        let repeated = load::repeated_labels(&self.created);
        println!(
            "{:8}  {} answers, {} MiB, {} not 2xx, {} wrong; {} labels, {repeated} of them given twice",
            self.server.name,
            outcomes().map(|outcome| outcome.requests).sum::<u64>(),
            outcomes().map(|outcome| outcome.bytes).sum::<u64>() >> 20,
            outcomes().map(|outcome| outcome.non_2xx).sum::<u64>(),
            outcomes().map(|outcome| outcome.wrong).sum::<u64>(),
            self.created.len(),
        );
        repeated == 0 && outcomes().all(Outcome::is_right)
    }
}

/// The machine, the disk and the run in a few words.
fn circumstances(arguments: &Arguments, sync_micros: &[f64]) -> anyhow::Result<String> {
    let processors = thread::available_parallelism()?;
    let sync_micros: Vec<_> = sync_micros.iter().map(|micros| format!("{micros:.0}")).collect();
    let debug = if cfg!(debug_assertions) { "\nThis is a debug build: its figures mean nothing." } else { "" };
    Ok(format!(
        "{processors} processors, shared by the server and its load. A 4 KiB write reached the disk in {} µs.\n\
         {} connections, {} s each, {} rounds in turn, medians.{debug}\n",
        sync_micros.join(", "),
        arguments.connections,
        arguments.seconds,
        arguments.rounds
    ))
}

/// The median time of a 4 KiB write that waits for the disk, in microseconds.
fn measure_sync_micros(dir: &Path) -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile_in(dir)?;
    let block = [0x5A; 4096];
    let times: Vec<f64> = (0..32)
        .map(|_| {
            let started = Instant::now();
            // The same block again, as a log that was written before is: the file's size stays.
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&block)?;
            file.sync_data()?;
            Ok(started.elapsed().as_secs_f64() * 1e6)
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(figures::median(times).unwrap_or_default())
}
