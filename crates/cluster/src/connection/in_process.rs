//! A client over pipes inside this process: HTTP/1.1 through the same layers as to a real server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::{Ready, ready};
use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::{Body, Client, ClientBuilder, ConfigExt};
use tokio::io::DuplexStream;
use tower::{Service, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;

use crate::door::{Door, DoorLayer};

/// Makes a pipe to the simulator and hands its other end to the simulator's server.
pub type Dial = Arc<dyn Fn() -> DuplexStream + Send + Sync>;

/// The address that a base path needs; nothing listens on it.
pub(super) const ADDRESS: &str = "http://simulated.invalid";

pub(super) fn client(dial: Dial, door: Door) -> Client {
    let transport: hyper_util::client::legacy::Client<_, Body> =
        hyper_util::client::legacy::Builder::new(TokioExecutor::new()).build(Connector(dial));
    let base = kube::Config::new(Uri::from_static(ADDRESS));
    let stack = ServiceBuilder::new()
        .layer(base.base_uri_layer())
        .layer(DecompressionLayer::new())
        .service(transport);
    ClientBuilder::new(stack, "default").with_layer(&DoorLayer(door)).build()
}

#[derive(Clone)]
struct Connector(Dial);

impl Service<Uri> for Connector {
    type Response = Pipe;
    type Error = io::Error;
    type Future = Ready<io::Result<Pipe>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _address: Uri) -> Self::Future {
        ready(Ok(Pipe(TokioIo::new((self.0)()))))
    }
}

struct Pipe(TokioIo<DuplexStream>);

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl hyper::rt::Write for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
