//! Which database a command works on, and how.

use std::{ffi::OsString, fmt, num::NonZeroU32, num::NonZeroUsize, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;

use super::{Config, block_on, settings::Settings};
use crate::store::{
    self, AnyStore, Location, StoreError,
    postgres::{PostgresOptions, PostgresStore},
    sqlite::{SqliteOptions, SqliteStore},
};

#[derive(Args)]
pub(super) struct Database {
    /// The SQLite file, or `postgres://user:password@host/database`. The file, or the tables, are created by `serve`, `rules apply` and
    /// `user create` where there are none. [default: ticketing.db]
    #[arg(long, env = "TICKETING_DATABASE", value_name = "DATABASE", hide_env_values = true)]
    pub(super) database: Option<OsString>,

    #[command(flatten)]
    pub(super) config: Config,
}

/// As the settings file says it. Read later, because an error there would show the line with its password.
#[derive(Clone, Deserialize)]
pub(super) struct DatabaseSetting(String);

/// There may be a password in it.
impl fmt::Debug for DatabaseSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

/// How a SQLite file is worked with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SqliteSettings {
    /// Memory for the file's pages.
    cache_mib: Option<NonZeroU32>,
}

impl SqliteSettings {
    fn cache_octets(&self) -> usize {
        let mib = self.cache_mib.map_or(256, NonZeroU32::get);
        usize::try_from(mib).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }
}

/// How a PostgreSQL database is worked with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PostgresSettings {
    connections_max: Option<NonZeroUsize>,
    connect_timeout_seconds: Option<NonZeroU32>,
    statement_timeout_seconds: Option<NonZeroU32>,
    /// Certificates, as PEM, of authorities that are trusted instead of the system's.
    ca_file: Option<PathBuf>,
}

/// How labels are given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LabelSettings {
    /// How many numbers a server takes at once.
    block: Option<NonZeroU32>,
}

impl Database {
    pub(super) fn location(&self, settings: &Settings) -> anyhow::Result<Location> {
        let set = || settings.database.as_ref().map(|DatabaseSetting(text)| OsString::from(text));
        let chosen = self.database.clone().or_else(set).unwrap_or_else(|| "ticketing.db".into());
        Location::parse(&chosen).context("database")
    }

    /// The store of a database that must be there.
    pub(super) fn existing(&self) -> anyhow::Result<AnyStore> {
        let settings = self.config.read()?;
        let location = self.location(&settings)?;
        block_on(open_existing(&location, &settings))
    }

    /// Whether there is one.
    pub(super) fn is_there(&self) -> anyhow::Result<bool> {
        let settings = self.config.read()?;
        block_on(is_there(&self.location(&settings)?, &settings))
    }

    /// The store of a database. What is missing of it is created.
    pub(super) fn open(&self) -> anyhow::Result<AnyStore> {
        let settings = self.config.read()?;
        block_on(open(&self.location(&settings)?, &settings))
    }
}

/// Whether there is a file, or tables of ours on a server: nothing is put into the database of something else for a slip of the pen.
async fn is_there(location: &Location, settings: &Settings) -> anyhow::Result<bool> {
    match location {
        Location::Sqlite(path) => Ok(path.exists()),
        Location::Postgres(url) => PostgresStore::is_in(url.reveal(), &postgres_options(settings))
            .await
            .with_context(|| format!("the database {location} cannot be used")),
    }
}

/// The store at a location where there must be one.
pub(super) async fn open_existing(location: &Location, settings: &Settings) -> anyhow::Result<AnyStore> {
    anyhow::ensure!(
        is_there(location, settings).await?,
        "there is no database at {location}: name one with --database, or run `ticketing-server serve` to create it"
    );
    open(location, settings).await
}

/// How long a command waits for others: longer than a request, because it is not tried again by itself.
const WAIT_MAX: Duration = Duration::from_mins(1);

/// The store at a location, for a command.
pub(super) async fn open(location: &Location, settings: &Settings) -> anyhow::Result<AnyStore> {
    open_with(location, settings, WAIT_MAX, WAIT_MAX).await
}

/// The store at a location, for a server.
pub(super) async fn open_to_serve(location: &Location, settings: &Settings) -> anyhow::Result<AnyStore> {
    open_with(location, settings, store::WAIT_MAX, SqliteOptions::default().read_max).await
}

async fn open_with(
    location: &Location,
    settings: &Settings,
    wait_max: Duration,
    read_max: Duration,
) -> anyhow::Result<AnyStore> {
    let store = match location {
        Location::Sqlite(path) => {
            let cache_octets = settings.sqlite.cache_octets();
            let options = SqliteOptions { cache_octets, wait_max, read_max, ..SqliteOptions::default() };
            SqliteStore::open_with(path, &options).map(AnyStore::from)
        }
        Location::Postgres(url) => {
            let options = PostgresOptions { wait_max, ..postgres_options(settings) };
            PostgresStore::connect_with(url.reveal(), &options).await.map(AnyStore::from)
        }
    };
    let hint = match &store {
        // What is no database of ours, or of another version, is not to be replaced.
        Err(StoreError::Damaged(error)) if error.is::<rusqlite::Error>() && !says_no_database(&**error) => {
            "; `ticketing-server verify` names what is wrong in one that opens, `ticketing-server restore` puts a backup in its place"
        }
        Err(StoreError::Damaged(_)) => "; name another one with --database",
        Err(StoreError::Unwritable(_)) => {
            ": it cannot be written; look whether its disk is full and who may write there"
        }
        _ => "",
    };
    store.with_context(|| format!("the database {location} cannot be used{hint}"))
}

/// Of a file that is something else.
fn says_no_database(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code)
        == Some(rusqlite::ErrorCode::NotADatabase)
}

fn postgres_options(Settings { postgres, labels, .. }: &Settings) -> PostgresOptions {
    let default = PostgresOptions::default();
    let seconds =
        |set: Option<NonZeroU32>, default| set.map_or(default, |seconds| Duration::from_secs(seconds.get().into()));
    PostgresOptions {
        connections_max: postgres.connections_max.map_or(default.connections_max, NonZeroUsize::get),
        connect_timeout: seconds(postgres.connect_timeout_seconds, default.connect_timeout),
        statement_timeout: seconds(postgres.statement_timeout_seconds, default.statement_timeout),
        tls_ca: postgres.ca_file.clone(),
        label_block: labels.block.map(NonZeroU32::get),
        ..default
    }
}
