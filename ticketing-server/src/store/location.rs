use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::PathBuf,
};

/// Where a store keeps what it is given, as people write it: `postgres://user:password@host/database`, or the path of a SQLite file,
/// before which there may be `sqlite:`.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server, and how to log in there.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL database. It shows where that is, but neither a user nor a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    url: String,
    shown: String,
}

/// What is no location, and why. It does not repeat it, for there may be a password in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnknownLocation {
    /// It begins as something else does.
    #[error("write the path of a SQLite file, or postgres://user:password@host/database")]
    Scheme,
    /// It begins as a URL of a PostgreSQL database and goes on otherwise.
    #[error(
        "this is no URL of a PostgreSQL database: write postgres://user:password@host/database, and signs in user and password that \
         mean something in a URL percent-encoded"
    )]
    Url,
    /// It is not UTF-8, which URLs are.
    #[error("it is not UTF-8")]
    Unicode,
    /// This program cannot open such a store.
    #[error("this program is built without PostgreSQL")]
    NoPostgres,
}

impl Location {
    /// Reads a location. Whether there is anything is not looked at.
    ///
    /// # Errors
    /// [`UnknownLocation`].
    ///
    /// # Example
    /// ```
    /// use ticketing_server::store::Location;
    ///
    /// let file = Location::parse("sqlite:/var/lib/ticketing.db".as_ref())?;
    /// assert_eq!(file.to_string(), "/var/lib/ticketing.db");
    /// # #[cfg(feature = "postgres")] {
    /// let server = Location::parse("postgres://desk:secreto@db.example/desk?sslmode=require".as_ref())?;
    /// assert_eq!(server.to_string(), "postgres://db.example/desk");
    /// # }
    /// # Ok::<(), ticketing_server::store::UnknownLocation>(())
    /// ```
    pub fn parse(text: &OsStr) -> Result<Self, UnknownLocation> {
        let octets = text.as_encoded_bytes();
        if octets.starts_with(b"postgres:") || octets.starts_with(b"postgresql:") {
            return PostgresUrl::parse(text.to_str().ok_or(UnknownLocation::Unicode)?).map(Self::Postgres);
        }
        let path = match text.to_str().and_then(|text| text.strip_prefix("sqlite:")) {
            Some(path) => OsString::from(path),
            None => text.to_owned(),
        };
        // What looks like another database's URL is none of a file, and a name less is one mistake less.
        if path.is_empty() || octets.windows(3).any(|signs| signs == b"://") {
            return Err(UnknownLocation::Scheme);
        }
        Ok(Self::Sqlite(path.into()))
    }
}

impl PostgresUrl {
    #[cfg(feature = "postgres")]
    fn parse(url: &str) -> Result<Self, UnknownLocation> {
        let config = super::postgres::read_url(url).map_err(|_| UnknownLocation::Url)?;
        let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
            let host = match host {
                tokio_postgres::config::Host::Tcp(name) => name.clone(),
                #[cfg(unix)]
                tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
            };
            // One port may be meant for all of them.
            match config.get_ports().get(index).or(config.get_ports().first()) {
                None | Some(5432) => host,
                Some(port) => format!("{host}:{port}"),
            }
        });
        let hosts = hosts.collect::<Vec<_>>().join(",");
        let shown = format!("postgres://{hosts}/{}", config.get_dbname().unwrap_or_default());
        // A part of a password in which there is an @.
        if shown.contains('@') || hosts.is_empty() {
            return Err(UnknownLocation::Url);
        }
        Ok(Self { url: url.to_owned(), shown })
    }

    #[cfg(not(feature = "postgres"))]
    fn parse(_: &str) -> Result<Self, UnknownLocation> {
        Err(UnknownLocation::NoPostgres)
    }

    /// All of it, with the password.
    pub fn reveal(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Location, UnknownLocation> {
        Location::parse(text.as_ref())
    }

    #[test]
    fn a_path_is_a_file_with_or_without_a_scheme() {
        for (text, path) in [
            ("ticketing.db", "ticketing.db"),
            ("sqlite:ticketing.db", "ticketing.db"),
            ("sqlite:/var/lib/x.db", "/var/lib/x.db"),
            ("./postgres", "./postgres"),
            ("a:b", "a:b"),
        ] {
            assert_eq!(parse(text), Ok(Location::Sqlite(path.into())), "{text}");
        }
        for text in ["", "sqlite:", "mysql://root@localhost/x", "sqlite://x.db", "http://x"] {
            assert_eq!(parse(text), Err(UnknownLocation::Scheme), "{text}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_url_shows_where_it_leads_and_no_more() {
        for (url, shown) in [
            ("postgres://localhost/desk", "postgres://localhost/desk"),
            ("postgresql://desk:secreto@db.example:5432/desk", "postgres://db.example/desk"),
            (
                "postgres://desk:secreto@a.example:1,b.example:2/desk?target_session_attrs=read-write",
                "postgres://a.example:1,b.example:2/desk",
            ),
            ("postgres://db.example/desk?user=desk&password=secreto", "postgres://db.example/desk"),
            ("postgres://desk:sec%40reto@db.example/desk?sslmode=verify-full", "postgres://db.example/desk"),
            ("postgres://desk:secreto@%2Frun%2Fpostgresql/desk", "postgres:///run/postgresql/desk"),
        ] {
            let location = parse(url).unwrap();
            assert_eq!((location.to_string(), format!("{location:?}")), (shown.into(), shown.into()));
            assert!(matches!(location, Location::Postgres(location) if location.reveal() == url));
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn what_is_no_url_is_refused_without_being_repeated() {
        for url in [
            "postgres:desk",
            "postgres://",
            "postgres://desk:sec@reto@db.example/desk",
            "postgres://desk:sec@re/to@db.example/desk",
            "postgres://desk:secreto@db.example:port/desk",
            "postgres://desk:secreto@db.example/desk?colour=red",
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error, UnknownLocation::Url, "{url}");
            assert!(!error.to_string().contains("reto"));
        }
    }
}
