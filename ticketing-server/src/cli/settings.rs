//! The settings file, `ticketing.toml`.

use std::{
    fmt, fs, io,
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::Path,
    str::FromStr,
    time::Duration,
};

use anyhow::{Context, anyhow};
use clap::ValueEnum;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};

use super::database::{DatabaseSetting, LabelSettings, PostgresSettings, SqliteSettings};
use crate::{
    http::{CorsOrigin, RateLimit, RateLimits},
    webhooks::WebhookOptions,
};

/// What the file may say; everything has a default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Address and port.
    pub(super) listen: Option<Listen>,
    /// The SQLite file, or the URL of a PostgreSQL database.
    pub(super) database: Option<DatabaseSetting>,
    /// What is logged: a level, or a filter as `tracing` has them.
    pub(super) log: Option<String>,
    /// How it is logged.
    pub(super) log_format: Option<LogFormat>,
    /// Web origins that may call the API from a browser.
    #[serde(deserialize_with = "each_parsed")]
    pub(super) cors_origins: Option<Vec<CorsOrigin>>,
    /// Networks whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "each_parsed")]
    pub(super) trusted_proxies: Option<Vec<Network>>,
    /// Most connections at once.
    pub(super) connections_max: Option<NonZeroUsize>,
    /// How many minutes somebody who has logged in stays so.
    pub(super) token_minutes: Option<NonZeroU32>,
    /// How often one client may call.
    pub(super) rate_limits: RateLimitSettings,
    /// How a SQLite file is worked with.
    pub(super) sqlite: SqliteSettings,
    /// How a PostgreSQL database is worked with.
    pub(super) postgres: PostgresSettings,
    /// How labels are given.
    pub(super) labels: LabelSettings,
    /// How other systems are told what happens.
    pub(super) webhooks: WebhookSettings,
    /// Mails about what happens to tickets.
    #[cfg(feature = "mail")]
    pub(super) mail: super::mail::MailSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WebhookSettings {
    pub(super) enabled: Option<bool>,
    /// Networks of one's own that targets may be in.
    #[serde(deserialize_with = "each_parsed")]
    pub(super) allow_private_targets: Option<Vec<Network>>,
    concurrency: Option<NonZeroUsize>,
    timeout_seconds: Option<NonZeroU32>,
    pause_seconds_max: Option<NonZeroU32>,
}

impl WebhookSettings {
    /// All but the networks, which a flag may say.
    pub(super) fn options(&self) -> WebhookOptions {
        let mut options = WebhookOptions::default();
        if let Some(concurrency) = self.concurrency {
            options.courier.concurrency = concurrency.get();
        }
        if let Some(seconds) = self.timeout_seconds {
            options.timeout = Duration::from_secs(seconds.get().into());
        }
        if let Some(seconds) = self.pause_seconds_max {
            options.courier.pause_seconds_max = seconds.get();
        }
        options
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RateLimitSettings {
    pub(super) enabled: Option<bool>,
    address_per_minute: Option<NonZeroU32>,
    address_burst: Option<NonZeroU32>,
    email_per_minute: Option<NonZeroU32>,
    email_burst: Option<NonZeroU32>,
    token_per_minute: Option<NonZeroU32>,
    token_burst: Option<NonZeroU32>,
}

impl RateLimitSettings {
    pub(super) fn limits(&self) -> RateLimits {
        let RateLimits { address, email, token } = RateLimits::default();
        let or = |limit: RateLimit, per_minute: Option<NonZeroU32>, burst: Option<NonZeroU32>| RateLimit {
            per_minute: per_minute.unwrap_or(limit.per_minute),
            burst: burst.unwrap_or(limit.burst),
        };
        RateLimits {
            address: or(address, self.address_per_minute, self.address_burst),
            email: or(email, self.email_per_minute, self.email_burst),
            token: or(token, self.token_per_minute, self.token_burst),
        }
    }
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// A JSON object per line.
    Json,
}

/// Address and port to listen on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Listen(pub(super) SocketAddr);

impl FromStr for Listen {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let hint = || anyhow!("“{text}” is no address to listen on: write IP address and port, such as 127.0.0.1:8080");
        text.parse().map(Self).map_err(|_| hint())
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A network, or one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Network(pub(super) IpNet);

impl FromStr for Network {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network
            .map(Self)
            .map_err(|_| anyhow!("“{text}” is no network: write an address or a network, such as 10.0.0.0/8"))
    }
}

fn each_parsed<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect::<Result<_, _>>().map(Some)
}

/// Reads the file that was named, or `ticketing.toml` where there is one.
pub(super) fn read(named: Option<&Path>) -> anyhow::Result<Settings> {
    let path = named.unwrap_or(Path::new("ticketing.toml"));
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => {
            return Err(error).with_context(|| format!("the settings file {} cannot be read", path.display()));
        }
    };
    toml::from_str(&text)
        .map_err(|error| without_password(error, &text))
        .with_context(|| format!("the settings file {} has an error", path.display()))
}

/// An error in a line that may have a password in it does not show the line.
fn without_password(error: toml::de::Error, text: &str) -> anyhow::Error {
    let Some(span) = error.span() else { return error.into() };
    let (before, after) = text.split_at(text.floor_char_boundary(span.start));
    let line = before.lines().count().max(1);
    let begins = before.rfind('\n').map_or(0, |end| end + 1);
    let ends = before.len() + after.find('\n').unwrap_or(after.len());
    let shown = text.get(begins..ends).unwrap_or_default();
    let is_url = shown.contains("://") && shown.contains('@');
    if is_url || shown.contains("password") || shown.contains("postgres") {
        return anyhow!("TOML parse error at line {line}: {}", error.message());
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ticketing.toml");
        fs::write(&path, text).unwrap();
        let error = format!("{:#}", read(Some(&path)).unwrap_err());
        error.replace(&path.display().to_string(), "ticketing.toml")
    }

    #[test]
    fn an_error_names_file_line_key_and_what_would_be_right() {
        let all = [
            "listen = \"localhost\"",
            "\n\nlissten = \"127.0.0.1:8080\"",
            "cors_origins = [\"https://a.example\", \"a.example/x\"]",
            "trusted_proxies = [\"10.0.0.0/99\"]",
            "[rate_limits]\naddress_burst = 0",
            "log_format = \"xml\"",
            "token_minutes = 0",
            "[sqlite]\ncache_mib = 0",
            "[postgres]\nconnections_max = 0",
            "[labels]\nblock = -1",
            "database = \"postgres://desk:secreto@db.example/desk",
            "database = [\"postgres://desk:secreto@db.example/desk\"]",
            "listen = ",
        ];
        insta::assert_snapshot!(all.map(error).join("\n---\n"));
    }

    #[test]
    fn a_named_file_must_be_there() {
        assert!(read(Some(Path::new("/nonexistent/ticketing.toml"))).is_err());
    }

    #[test]
    fn everything_can_be_set() {
        let settings: Settings = toml::from_str(
            r#"
            listen = "[::1]:80"
            database = "postgres://desk:secreto@db.example/desk"
            log = "debug"
            log_format = "json"
            cors_origins = ["https://help.example"]
            trusted_proxies = ["10.0.0.0/8", "::1"]
            connections_max = 100
            token_minutes = 60
            [rate_limits]
            enabled = true
            address_per_minute = 7
            token_burst = 8
            [sqlite]
            cache_mib = 64
            [postgres]
            connections_max = 20
            connect_timeout_seconds = 3
            statement_timeout_seconds = 30
            ca_file = "ca.pem"
            [labels]
            block = 1000
            [webhooks]
            enabled = true
            allow_private_targets = ["127.0.0.0/8"]
            concurrency = 4
            timeout_seconds = 5
            pause_seconds_max = 2
            "#,
        )
        .unwrap();
        assert_eq!(settings.rate_limits.limits().address.per_minute.get(), 7);
        assert_eq!(settings.rate_limits.limits().token.burst.get(), 8);
        assert_eq!(settings.rate_limits.limits().email, RateLimits::default().email);
        let webhooks = settings.webhooks.options();
        assert_eq!((webhooks.courier.concurrency, webhooks.timeout), (4, Duration::from_secs(5)));
    }
}
