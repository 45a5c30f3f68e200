//! The application API over loopback HTTP, for scripts and browser tests.
//!
//! Entry point: [`Door::open`]. `POST /api/<command>` takes and gives JSON; a command that watches
//! answers with one JSON message a line. Everything is generated from the application's own table
//! of commands. Never part of the shipped program.

mod dispatch;
mod guard;
mod pages;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use meshlift_app::Meshlift;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use guard::Token;

/// How the door is opened.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Its port; 0 for any free one.
    pub port: u16,
    /// Whether commands that write to a cluster are served.
    pub operate: bool,
    /// Folder of the built front end.
    pub pages: Option<PathBuf>,
    /// Further origins that may call, such as a front-end server on another port.
    pub origins: Vec<String>,
}

/// An open door.
#[derive(Debug)]
pub struct Door {
    address: SocketAddr,
    token: Token,
    listener: TcpListener,
    routes: Router,
}

impl Door {
    /// Binds to loopback; nothing is served before [`Door::serve`].
    pub async fn open(app: Meshlift, config: Config) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let address = listener.local_addr()?;
        let token = Token::random();
        let rules = Arc::new(guard::Rules::new(address, token.clone(), config.origins));
        let api = dispatch::routes(app, config.operate)
            .layer(from_fn_with_state(rules.clone(), guard::check_token));
        let routes = api
            .merge(pages::routes(config.pages, token.clone()))
            .layer(from_fn_with_state(rules, guard::check_origin));
        Ok(Self { address, token, listener, routes })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token that every call must carry.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Serves until it is told to stop.
    pub async fn serve(self, stop: CancellationToken) -> std::io::Result<()> {
        axum::serve(self.listener, self.routes)
            .with_graceful_shutdown(async move { stop.cancelled().await })
            .await
    }
}
