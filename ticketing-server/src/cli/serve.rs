#[cfg(feature = "mail")]
use std::sync::Arc;
use std::{
    env::{self, VarError},
    io::{self, IsTerminal},
    num::{NonZeroU32, NonZeroUsize},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use serde_json::json;
use ticketing_core::Uuid;
use tokio::{net::TcpListener, signal};
use tracing_subscriber::EnvFilter;

use super::{
    database::{Database, open_to_serve},
    lock::lock,
    settings::{Listen, LogFormat, Network, Settings},
    user::new_user,
};
use crate::{
    Authority, Engine, EngineOptions,
    clock::SystemClock,
    http::{App, CorsOrigin, HttpOptions, serve},
    pages,
    store::{AnyStore, Location},
    webhooks::WebhookOptions,
};

#[derive(Args)]
pub(super) struct Serve {
    /// Address and port. [default: 127.0.0.1:8080]
    #[arg(long, env = "TICKETING_LISTEN", value_name = "ADDRESS")]
    listen: Option<Listen>,

    #[command(flatten)]
    database: Database,

    /// What is logged: a level (error, warn, info, debug, trace), or `target=level` pairs. [default: info]
    #[arg(long, env = "TICKETING_LOG", value_name = "FILTER")]
    log: Option<String>,

    /// How it is logged. [default: human]
    #[arg(long, env = "TICKETING_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,

    /// Web origins that may call the API from a browser, separated by commas. [default: localhost on any port]
    #[arg(long, env = "TICKETING_CORS_ORIGINS", value_delimiter = ',', value_name = "ORIGINS")]
    cors_origins: Option<Vec<CorsOrigin>>,

    /// Networks of proxies whose X-Forwarded-For is believed, separated by commas. [default: none]
    #[arg(long, env = "TICKETING_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NETWORKS")]
    trusted_proxies: Option<Vec<Network>>,

    /// Whether clients may call only so often. [default: on]
    #[arg(long, env = "TICKETING_RATE_LIMITS", value_name = "SWITCH")]
    rate_limits: Option<Switch>,

    /// Most connections at once. [default: 10000]
    #[arg(long, env = "TICKETING_CONNECTIONS_MAX", value_name = "NUMBER")]
    connections_max: Option<NonZeroUsize>,

    /// Whether webhooks are sent. [default: on]
    #[arg(long, env = "TICKETING_WEBHOOKS", value_name = "SWITCH")]
    webhooks: Option<Switch>,

    /// Networks of your own that webhooks may be sent to, separated by commas. [default: none]
    #[arg(long, env = "TICKETING_WEBHOOKS_ALLOW_PRIVATE_TARGETS", value_delimiter = ',', value_name = "NETWORKS")]
    webhooks_allow_private_targets: Option<Vec<Network>>,

    /// How many minutes somebody who has logged in stays so. [default: 120]
    #[arg(long, env = "TICKETING_TOKEN_MINUTES", value_name = "MINUTES")]
    token_minutes: Option<NonZeroU32>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let settings = self.database.config.read()?;
        start_log(&self, &settings)?;
        let location = self.database.location(&settings)?;
        let listen = self.listen.or(settings.listen).unwrap_or(Listen(([127, 0, 0, 1], 8080).into()));
        let mut engine_options = EngineOptions::default();
        engine_options.token_minutes =
            self.token_minutes.or(settings.token_minutes).unwrap_or(engine_options.token_minutes);
        // What is wrong with mail is said before anybody relies on it.
        #[cfg(feature = "mail")]
        let postman = settings.mail.postman()?;
        let mut options = self.http_options(&settings);
        options.connections_max = options.connections_max.min(places_for_connections(options.connections_max));
        #[cfg(feature = "mail")]
        {
            options.mail = postman.map(Arc::new);
        }

        // Before the file is opened, which brings its schema up to date: not under another server. A server's database is for many.
        let lock = match &location {
            Location::Sqlite(path) => Some(lock(path)?),
            Location::Postgres(_) => None,
        };
        if lock.is_some() {
            // It says that there is no other server on the file: whoever has sent before, or summed up, is dead.
            engine_options.identity = Some(Uuid::nil());
            if let Some(webhooks) = &mut options.webhooks {
                webhooks.courier.identity = Uuid::nil();
            }
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let store = open_to_serve(&location, &settings).await?;
            let engine = Engine::start_with(store, SystemClock, engine_options).await;
            let engine = engine.context("the rules or the users in the database cannot be used")?;
            first_admin(&engine).await?;
            let listener =
                TcpListener::bind(listen.0).await.with_context(|| format!("cannot listen on {}", listen.0))?;
            // Before anybody is told that they may send signals.
            let interrupted = interrupted()?;
            // On stdout and by itself, for people and scripts; the log goes to stderr.
            println!("listening on http://{}", listener.local_addr()?);
            tracing::info!(database = %location, rules.hash = %engine.rules().hash(), "serving");
            if options.pages && !pages::check_in_browsers() {
                tracing::info!(
                    "the pages leave all checks to the server: the browser checks are not built in; `cargo xtask wasm` builds them"
                );
            }
            let (store, has_given_up) = (engine.store().clone(), AtomicBool::new(false));
            let ends = async {
                tokio::select! {
                    () = interrupted => {}
                    () = store.given_up() => has_given_up.store(true, Relaxed),
                }
            };
            serve(listener, App::new(engine, options), ends).await?;
            ensure!(
                !has_given_up.load(Relaxed),
                "the database {location} could not be synced to its disk: look at the disk, and start again; its log has everything"
            );
            Ok(())
        })?;
        // What the store still has waiting is written before the process ends.
        drop(runtime);
        drop(lock);
        tracing::info!("stopped");
        Ok(())
    }

    fn http_options(self, settings: &Settings) -> HttpOptions {
        let mut options = HttpOptions::default();
        let limited =
            self.rate_limits.map(|switch| switch == Switch::On).or(settings.rate_limits.enabled).unwrap_or(true);
        options.rate_limits = limited.then(|| settings.rate_limits.limits());
        if let Some(origins) = self.cors_origins.or_else(|| settings.cors_origins.clone()) {
            options.cors_origins = origins;
        }
        if let Some(proxies) = self.trusted_proxies.or_else(|| settings.trusted_proxies.clone()) {
            options.trusted_proxies = networks(Some(proxies));
        }
        if let Some(connections) = self.connections_max.or(settings.connections_max) {
            options.connections_max = connections.get();
        }
        options.webhooks = Some(settings.webhooks.options())
            .filter(|_| self.webhooks.map_or(settings.webhooks.enabled != Some(false), |switch| switch == Switch::On))
            .map(|webhooks| WebhookOptions {
                allowed_networks: networks(
                    self.webhooks_allow_private_targets.or_else(|| settings.webhooks.allow_private_targets.clone()),
                ),
                ..webhooks
            });
        options
    }
}

/// How many connections there may be. Most systems allow far more open files than they grant unasked. Half of them are for
/// what connections need: the database's files, the targets of webhooks. Whoever opens connections and says nothing keeps others
/// out, but not those who are in from being served.
fn places_for_connections(wanted: usize) -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "it is not known how many files may be open");
        u64::MAX
    });
    let places = usize::try_from(files / 2).unwrap_or(usize::MAX).max(1);
    if places < wanted {
        tracing::warn!(
            files,
            connections_max = places,
            "fewer connections at once than is set: too few files may be open"
        );
    }
    places
}

fn networks(given: Option<Vec<Network>>) -> Vec<IpNet> {
    given.unwrap_or_default().into_iter().map(|network| network.0).collect()
}

/// Without an administrator, nobody can make one over HTTP: the first comes from the environment, or from the command line.
async fn first_admin(engine: &Engine<AnyStore>) -> anyhow::Result<()> {
    let (email, password) = ("TICKETING_ADMIN_EMAIL", "TICKETING_ADMIN_PASSWORD");
    let (given_email, given_password) = (given(email)?, given(password)?);
    if engine.has_admin() {
        if given_email.is_some() || given_password.is_some() {
            tracing::info!("there is an administrator: {email} and {password} are ignored");
        }
        return Ok(());
    }
    match (given_email, given_password) {
        (Some(email), Some(password)) => {
            let form = json!({ "email": email, "nombre": "Administrador", "password": password, "rol": "ADMIN" });
            let admin = new_user(&form).context("the first administrator of the environment cannot be created")?;
            match engine.create_user(admin, &Authority::Operator).await {
                Ok(admin) => tracing::info!(user.id = %admin.id.0, "the first administrator is created"),
                Err(error) => {
                    // Another server that starts on the same database may have been faster.
                    engine.refresh().await?;
                    if !engine.has_admin() {
                        return Err(error).context("the first administrator cannot be created");
                    }
                }
            }
        }
        (None, None) => tracing::warn!(
            "nobody can log in as administrator: `ticketing-server user create --role ADMIN --email … --name …` creates one"
        ),
        _ => bail!("{email} and {password} belong together: one of them is missing"),
    }
    Ok(())
}

/// A variable of the environment. An empty one is none: that is what a compose file makes of one that is not set.
pub(super) fn given(name: &str) -> anyhow::Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        // The error would show it, which may be a password.
        Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}

fn start_log(command: &Serve, settings: &Settings) -> anyhow::Result<()> {
    let filter = command.log.as_ref().or(settings.log.as_ref()).map_or("info", String::as_str);
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("log: “{filter}” is no filter: write a level (error, warn, info, debug, trace) or target=level pairs")
    })?;
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // Where the log stands on a disk that is full, it would say so on stderr, which is the log, and panic.
    let log = log.log_internal_errors(false);
    match command.log_format.or(settings.log_format).unwrap_or_default() {
        LogFormat::Human => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Ends with the first Ctrl-C or SIGTERM. A second one ends the process.
fn interrupted() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(130);
        });
    })
}
