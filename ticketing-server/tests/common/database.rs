//! Databases of tests: each test has one of its own, which goes with it. `TICKETING_TEST_STORE` says on which store, `sqlite` or
//! `postgres`; `TICKETING_TEST_POSTGRES` says where PostgreSQL is. `cargo xtask test` and `cargo xtask postgres` start one.

use std::{env, io::Write as _, path::PathBuf, thread};

use tempfile::TempDir;
use ticketing_server::store::{AnyStore, Location};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A database of a test.
pub(crate) enum Database {
    /// A file, and the directory that it is in where that is its own.
    File(PathBuf, Option<TempDir>),
    /// On a server.
    Server(ServerDatabase),
    /// On servers of the test's own: their URL.
    Elsewhere(String),
}

/// A database on a server. It is dropped with this value.
pub(crate) struct ServerDatabase {
    server: Box<tokio_postgres::Config>,
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Database {
    /// A new one on the store that these tests run on.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        match Self::in_place_of(directory.path().join("ticketing.db")) {
            Self::File(path, None) => Self::File(path, Some(directory)),
            database => database,
        }
    }

    /// The same; where it is a file, this one.
    pub(crate) fn in_place_of(path: PathBuf) -> Self {
        match env::var("TICKETING_TEST_STORE").as_deref() {
            Err(_) | Ok("sqlite") => Self::File(path, None),
            Ok("postgres") => {
                Self::Server(ServerDatabase::new().expect("TICKETING_TEST_POSTGRES says where PostgreSQL is"))
            }
            Ok(other) => panic!("TICKETING_TEST_STORE is {other}: sqlite or postgres"),
        }
    }

    /// Its URL, where it is not a file.
    pub(crate) fn url(&self) -> Option<&str> {
        match self {
            Self::File(..) => None,
            Self::Server(ServerDatabase { url, .. }) | Self::Elsewhere(url) => Some(url),
        }
    }

    /// Where it is, as the command line takes it.
    pub(crate) fn location(&self) -> Location {
        let text = match self {
            Self::File(path, _) => path.clone().into_os_string(),
            Self::Server(ServerDatabase { url, .. }) | Self::Elsewhere(url) => url.into(),
        };
        Location::parse(&text).unwrap()
    }

    /// A store on it.
    pub(crate) async fn open(&self) -> AnyStore {
        AnyStore::open(&self.location()).await.unwrap()
    }

    /// Runs statements behind the store's back.
    pub(crate) fn execute(&self, sql: &str) {
        match self {
            Self::File(path, _) => rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap(),
            Self::Server(database) => {
                database.simple(sql);
            }
            Self::Elsewhere(_) => unreachable!("nothing is done behind the back of others"),
        }
    }

    /// All that is stored, octet by octet.
    pub(crate) fn octets(&self) -> Vec<u8> {
        match self {
            Self::File(path, _) => {
                let log = path.with_extension("db-wal");
                [std::fs::read(path).unwrap(), std::fs::read(log).unwrap_or_default()].concat()
            }
            Self::Server(database) => database.octets(),
            Self::Elsewhere(_) => unreachable!("nothing is read behind the back of others"),
        }
    }
}

impl ServerDatabase {
    /// A new one; `None` where nobody has said where PostgreSQL is.
    pub(crate) fn new() -> Option<Self> {
        let server = env::var("TICKETING_TEST_POSTGRES").ok()?;
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let (before, _) = server.rsplit_once('/').expect("a URL with a database");
        let url = format!("{before}/{name}");
        let server: tokio_postgres::Config = server.parse().unwrap();
        simple(&server, &format!("CREATE DATABASE {name}"));
        Some(Self { server: Box::new(server), name, url })
    }

    /// Runs statements in it; answers the values of all rows.
    pub(crate) fn simple(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        simple(self.server.as_ref().clone().dbname(&self.name), sql)
    }

    /// A new one. Where nobody has said where PostgreSQL is there is none, which is said, and is a failure where nobody watches.
    pub(crate) fn or_say_so() -> Option<Self> {
        let database = Self::new();
        if database.is_none() {
            let message = "NOT RUN: TICKETING_TEST_POSTGRES does not say where PostgreSQL is; `cargo xtask test` does";
            assert!(env::var_os("CI").is_none_or(|ci| ci.is_empty() || ci == "false"), "{message}");
            // Not through what test runners keep to themselves.
            let _ = writeln!(std::io::stderr(), "{message}");
        }
        database
    }

    fn octets(&self) -> Vec<u8> {
        let tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'";
        let tables = self.simple(tables).into_iter().flatten().flatten();
        let mut octets = Vec::new();
        for value in tables.flat_map(|table| self.simple(&format!("SELECT * FROM {table}"))).flatten().flatten() {
            if let Some(hex) = value.strip_prefix("\\x") {
                octets.extend((0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()));
            } else if let Ok(uuid) = value.parse::<uuid::Uuid>() {
                octets.extend(uuid.as_bytes());
            }
            octets.extend(value.into_bytes());
            octets.push(0);
        }
        octets
    }
}

impl Drop for ServerDatabase {
    fn drop(&mut self) {
        // Also where somebody is still connected.
        simple(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// On a thread of its own, so that it may be called from wherever.
fn simple(to: &tokio_postgres::Config, sql: &str) -> Vec<Vec<Option<String>>> {
    let ask = async || {
        let (client, connection) = to.connect(NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        drop(client);
        let _ = connection.await;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        });
        rows.collect()
    };
    thread::scope(|scope| {
        let asked =
            scope.spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(ask()));
        asked.join().unwrap()
    })
}
