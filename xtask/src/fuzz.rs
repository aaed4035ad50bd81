//! `cargo xtask fuzz`: the parsers of the core and the server against input that nobody thought of.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::process;

/// Run the fuzz targets, each for a while.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The target to run; every one where none is given.
    #[arg(value_enum)]
    target: Option<Target>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Target {
    /// A draft in JSON, from text to a valid ticket and back.
    DraftJson,
    /// E-mail addresses.
    Email,
    /// Histories, an event to a line, and the tickets that come of them.
    Events,
    /// Every other form in JSON: of the desk, of accounts, of other systems.
    Forms,
    /// Labels as people type them.
    Label,
    /// Documents of rules, and what they decide.
    Rules,
    /// Instants, budgets, shifts, addresses of webhooks, tokens, languages.
    Values,
    /// Lines of an archive.
    ArchiveLine,
    /// Files of holidays, iCalendar and CSV.
    Holidays,
    /// Requests to the whole service: paths, queries, headers, bodies, forms of pages.
    Request,
    /// Rules files, TOML and JSON.
    RulesFile,
    /// Sheets of other help desks, and what says what their columns are.
    Sheet,
}

impl Target {
    pub(crate) const ALL: [Self; 12] = [
        Self::DraftJson,
        Self::Email,
        Self::Events,
        Self::Forms,
        Self::Label,
        Self::Rules,
        Self::Values,
        Self::ArchiveLine,
        Self::Holidays,
        Self::Request,
        Self::RulesFile,
        Self::Sheet,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::DraftJson => "draft_json",
            Self::Email => "email",
            Self::Events => "events",
            Self::Forms => "forms",
            Self::Label => "label",
            Self::Rules => "rules",
            Self::Values => "values",
            Self::ArchiveLine => "archive_line",
            Self::Holidays => "holidays",
            Self::Request => "request",
            Self::RulesFile => "rules_file",
            Self::Sheet => "sheet",
        }
    }

    /// Whose parsers it is about.
    const fn package(self) -> &'static str {
        match self {
            Self::DraftJson | Self::Email | Self::Events | Self::Forms | Self::Label | Self::Rules | Self::Values => {
                "ticketing-core"
            }
            Self::ArchiveLine | Self::Holidays | Self::Request | Self::RulesFile | Self::Sheet => "ticketing-server",
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let cargo_fuzz = CargoFuzz::prepare()?;
    for target in args.target.map_or_else(|| Target::ALL.to_vec(), |target| vec![target]) {
        cargo_fuzz.fuzz(target, args.seconds)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `cargo-fuzz` in a fixed version, in the target directory: what is installed for a user stays as it is.
pub(crate) struct CargoFuzz {
    program: PathBuf,
    target_dir: PathBuf,
}

impl CargoFuzz {
    const VERSION: &str = "0.13.2";

    /// Installs the tool if it is missing.
    pub(crate) fn prepare() -> Result<Self> {
        let target_dir = process::target_dir()?;
        let tools = target_dir.join("tools");
        let program = tools.join("bin/cargo-fuzz");
        let installed = process::first_line(Command::new(&program).arg("--version"));
        if installed.ok().is_none_or(|version| version != format!("cargo-fuzz {}", Self::VERSION)) {
            let package = format!("cargo-fuzz@{}", Self::VERSION);
            process::run(process::cargo(["install", "--locked", "--force", &package, "--root"]).arg(&tools))?;
        }
        Ok(Self { program, target_dir: target_dir.join("fuzz") })
    }

    /// Runs one target for a number of seconds.
    ///
    /// # Errors
    /// When an input breaks an invariant: libFuzzer prints it, and cargo-fuzz says how to run it again.
    pub(crate) fn fuzz(&self, target: Target, seconds: u64) -> Result<()> {
        let fuzz_dir = process::root().join(target.package()).join("fuzz");
        let seeds = fuzz_dir.join("corpus").join(target.name());
        // libFuzzer keeps what it finds in the first directory; the seeds in the repository stay as they are.
        let found = self.target_dir.join("corpus").join(target.name());
        fs::create_dir_all(&found).with_context(|| found.display().to_string())?;

        let mut command = Command::new(&self.program);
        process::as_from_a_shell(&mut command);
        // Without a sanitizer the stable toolchain can do it; and neither crate has unsafe code of its own for one to watch.
        command.args(["run", "--sanitizer", "none", "--fuzz-dir"]).arg(fuzz_dir);
        command.arg("--target-dir").arg(&self.target_dir).arg(target.name()).args([found, seeds]);
        command.arg("--").arg(format!("-max_total_time={seconds}"));
        command.args(["-timeout=10", "-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=1"]);
        process::run(command.current_dir(process::root()))
    }
}
