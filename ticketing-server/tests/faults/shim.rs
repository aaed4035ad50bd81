//! `shim.c`, built, and told what is to fail.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Calls that may fail.
#[derive(Clone, Copy)]
pub(crate) enum Calls {
    Writes = 1,
    Syncs = 2,
    /// Whatever changes something.
    Changes = 1 | 2 | 4 | 8 | 16,
    Reads = 32,
}

/// In which files.
#[derive(Clone, Copy)]
pub(crate) enum In {
    All,
    Log,
    Database,
    Words,
}

/// As Linux numbers them, on all processors that it is likely to run on.
#[derive(Clone, Copy)]
pub(crate) enum Errno {
    /// A device fails.
    Io = 5,
    /// There is no room.
    NoSpace = 28,
    /// It is mounted read-only.
    ReadOnly = 30,
}

/// What stands between one program and the files of one directory.
pub(crate) struct Shim {
    control: File,
    control_path: PathBuf,
    directory: PathBuf,
    journal: Option<PathBuf>,
}

const ERRNO: u64 = 1;
const FIRED: u64 = 5;
const CLOCK: u64 = 7;

impl Shim {
    /// For a directory; what it is told with stands in another one.
    pub(crate) fn new(directory: &Path, beside: &Path) -> Self {
        let control_path = beside.join("control");
        fs::write(&control_path, [0; 4096]).unwrap();
        let control = File::options().write(true).read(true).open(&control_path).unwrap();
        Self { control, control_path, directory: directory.to_owned(), journal: None }
    }

    /// Notes what is written, too.
    pub(crate) fn with_journal(self, beside: &Path) -> Self {
        Self { journal: Some(beside.join("journal")), ..self }
    }

    pub(crate) fn journal(&self) -> &Path {
        self.journal.as_deref().expect("a journal is kept")
    }

    /// Has a program run behind it.
    pub(crate) fn put_before<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("LD_PRELOAD", library()).env("FAULTS_DIRECTORY", &self.directory);
        command.env("FAULTS_CONTROL", &self.control_path);
        if let Some(journal) = &self.journal {
            command.env("FAULTS_JOURNAL", journal);
        }
        command
    }

    /// From now on, after so many that go well, so many calls fail. A write that does gets half of its octets there.
    pub(crate) fn fail(&self, calls: Calls, which: In, error: Errno, skip: u32, times: u32) {
        self.heal();
        let numbers = [calls as i64, 0, skip.into(), times.into(), which as i64, 0, 1];
        for (at, number) in (0..).zip(numbers) {
            self.set(at, number);
        }
        self.set(ERRNO, error as i64);
    }

    /// From now on, all goes well.
    pub(crate) fn heal(&self) {
        self.set(ERRNO, 0);
    }

    /// How many calls have failed since they were told to.
    pub(crate) fn failed(&self) -> u64 {
        let mut octets = [0; 8];
        self.control.read_exact_at(&mut octets, FIRED * 8).unwrap();
        u64::from_ne_bytes(octets)
    }

    /// Sets the program's clock so many seconds ahead of the machine's, or behind it.
    pub(crate) fn set_clock(&self, seconds: i64) {
        self.set(CLOCK, seconds * 1000);
    }

    fn set(&self, at: u64, number: i64) {
        self.control.write_all_at(&number.to_ne_bytes(), at * 8).unwrap();
    }
}

/// Built once; a machine without a compiler fails, for nothing of this would be tested on it.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let library = directory.join("faults-shim.so");
        // Several test programs may do so at once.
        let own = directory.join(format!("faults-shim-{}.so", std::process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shim.c");
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
        let status = Command::new(&compiler)
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(&own)
            .arg(&source)
            .args(["-ldl", "-lpthread"])
            .status();
        let status = status.unwrap_or_else(|error| panic!("{compiler}, a C compiler, is needed: {error}"));
        assert!(status.success(), "{} cannot be compiled", source.display());
        fs::rename(&own, &library).unwrap();
        library
    })
}
