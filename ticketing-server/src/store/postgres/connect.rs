//! Connections: where to, over what, and what each is told first.

use std::{fs, sync::Arc, time::Duration};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresOptions;
use crate::store::StoreError;

/// What is done on connections. Whoever reads does so on others than whoever writes: the database, and whatever stands before it, is
/// told so of each statement, and a burst of reads keeps no creation waiting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    Read,
}

impl Access {
    /// How many there are at most, of those of a process.
    pub(super) fn connections(self, options: &PostgresOptions) -> usize {
        let all = options.connections_max.max(MIN_CONNECTIONS);
        let write = (all / 4).max(MIN_CONNECTIONS - 1);
        match self {
            Self::Write => write,
            Self::Read => all - write,
        }
    }
}

pub(super) fn pool(url: &str, options: &PostgresOptions, access: Access) -> Result<Pool, StoreError> {
    let config = config(url, options)?;
    // Each host is given its time.
    let hosts = u32::try_from(config.get_hosts().len().max(1)).unwrap_or(u32::MAX);
    let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if config.get_ssl_mode() == SslMode::Disable {
        Manager::from_config(config, NoTls, manager_config)
    } else {
        Manager::from_config(config, tls(options)?, manager_config)
    };
    let greeting = greeting(options, access);
    let greet = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
        let greeting = greeting.clone();
        Box::pin(async move { client.batch_execute(&greeting).await.map_err(HookError::Backend) })
    });
    let pool = Pool::builder(manager)
        .runtime(Runtime::Tokio1)
        .max_size(access.connections(options))
        .wait_timeout(Some(options.wait_max))
        .create_timeout(Some(options.connect_timeout.saturating_mul(hosts)))
        .post_create(greet)
        .build();
    pool.map_err(unavailable)
}

/// Those that write batches, one for all else that is written, and one for reads.
const MIN_CONNECTIONS: usize = 4;

/// What a URL says.
pub(in crate::store) fn read_url(url: &str) -> Result<Config, tokio_postgres::Error> {
    // What libpq calls these is what happens here whenever there is TLS: certificate and name are checked.
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require").parse()
}

/// The address with what it leaves out.
fn config(url: &str, options: &PostgresOptions) -> Result<Config, StoreError> {
    let mut config = read_url(url).map_err(|error| {
        // It does not repeat what it was given: there may be a password in it.
        unavailable(format!("the database's address cannot be read: {}", Causes(&error)))
    })?;
    if config.get_application_name().is_none() {
        config.application_name("ticketing-server");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout);
    }
    // A server that is gone without a word is noticed.
    config.tcp_user_timeout(options.statement_timeout + GRACE);
    config.keepalives_idle(Duration::from_secs(15));
    config.keepalives_interval(Duration::from_secs(5));
    config.keepalives_retries(3);
    if config.get_hosts().len() > 1 && config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if !url.contains("sslmode=") && config.get_hosts().iter().all(is_here) {
        config.ssl_mode(SslMode::Disable);
    }
    Ok(config)
}

/// How much later than the server itself we give a statement up.
pub(super) const GRACE: Duration = Duration::from_secs(2);

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// A transaction that is left alone, by a process that hangs, keeps others waiting no longer than a statement may.
fn greeting(options: &PostgresOptions, access: Access) -> String {
    let (millis, wait_millis) = (options.statement_timeout.as_millis(), options.wait_max.as_millis());
    let reads = if access == Access::Read { "; SET default_transaction_read_only = on" } else { "" };
    format!(
        "SET statement_timeout = {millis}; SET lock_timeout = {wait_millis}; \
         SET idle_in_transaction_session_timeout = {millis}{reads}"
    )
}

fn tls(options: &PostgresOptions) -> Result<MakeRustlsConnect, StoreError> {
    let Some(path) = &options.tls_ca else {
        // Read once, as connections are made.
        let (connect, errors) = MakeRustlsConnect::with_native_certs()
            .map_err(|_| unavailable("the platform has no certificates to judge the database's by"))?;
        for error in errors {
            tracing::warn!(%error, "a certificate of the platform cannot be read");
        }
        return Ok(connect);
    };
    let unreadable = |error: &dyn std::fmt::Display| unavailable(format!("{}: {error}", path.display()));
    let pem = fs::read(path).map_err(|error| unreadable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots.add(certificate).map_err(|error| unreadable(&error))?;
    }
    if roots.is_empty() {
        return Err(unreadable(&"there is no certificate in it"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unavailable)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// An error with what caused it, in one line.
pub(super) struct Causes<'e>(pub(super) &'e dyn std::error::Error);

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

pub(super) fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Unavailable(error.into())
}
