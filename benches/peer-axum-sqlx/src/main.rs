//! Creation and look-up of tickets, and the desk's lists of them, as a team would write it with axum and sqlx.

mod api;
mod error;
mod model;
mod session;
mod store;

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{api::App, session::Sessions, store::Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Serves creation, look-up and lists of tickets.
#[derive(Parser)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// The `SQLite` database; created when it is not there.
    #[arg(long, default_value = "peer.db")]
    database: PathBuf,
    /// Connections to the database.
    #[arg(long, default_value_t = 8)]
    connections: u32,
    /// Who may log in, and with which password: there is this one user.
    #[arg(long, env = "PEER_EMAIL", default_value = "")]
    email: String,
    #[arg(long, env = "PEER_PASSWORD", default_value = "", hide_env_values = true)]
    password: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let store = Store::open(&arguments.database, arguments.connections).await?;
    let listener = TcpListener::bind(arguments.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let app = App { store: store.clone(), sessions: Sessions::new(arguments.email, arguments.password) };
    axum::serve(listener, api::router(app)).with_graceful_shutdown(interrupted()).await?;
    store.close().await;
    Ok(())
}

async fn interrupted() {
    // Without a signal handler the process ends at once on the signal, which is as good.
    let _ = tokio::signal::ctrl_c().await;
}
