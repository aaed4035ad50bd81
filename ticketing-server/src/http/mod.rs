//! The API as one `tower::Service`, and a server for it on bare hyper.
//!
//! ```no_run
//! # #[cfg(feature = "sqlite")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ticketing_server::{Engine, http::{App, HttpOptions, serve}, store::sqlite::SqliteStore};
//!
//! let engine = Engine::start(SqliteStore::open("ticketing.db")?).await?;
//! let app = App::new(engine, HttpOptions::default());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! serve(listener, app, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod app;
mod body;
mod call;
mod caller;
mod error;
mod error_v2;
mod head_timer;
mod layers;
mod marks;
mod metrics;
mod object;
mod one_piece;
mod options;
mod rate_limit;
mod response;
mod server;
mod unread;

pub use self::{
    address::PeerAddress,
    app::App,
    body::{RequestBody, ResponseBody},
    options::{CorsOrigin, HttpOptions, InvalidCorsOrigin, RateLimit, RateLimits},
    server::serve,
};
pub(crate) use self::{
    app::{Readiness, State},
    body::BoxError,
    call::{Call, query},
    error::{ApiError, etag},
    error_v2::v2_code,
    metrics::UsualFigures,
    object::Object,
    response::{Response, created, events, json, json_value, no_content, no_store, not_modified, text, with_etag},
};
