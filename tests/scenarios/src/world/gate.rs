//! A plain-HTTP door to an API server at which a write can be stopped: before it arrives, or after it
//! was done and before its answer is back. That is where an application can be killed.
//!
//! Entry points: [`Gate::open`], [`Gate::hold_next_write`]. Reads, dry runs, leases, reviews and
//! port-forwards are never stopped.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use futures::future::BoxFuture;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::process::Process;

/// What comes behind a gate.
pub(crate) trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}
/// Connects to what comes behind a gate.
pub(crate) type Dial =
    Arc<dyn Fn() -> BoxFuture<'static, std::io::Result<Box<dyn Pipe>>> + Send + Sync>;

/// Where a write is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Before it arrives: nothing has been done.
    Request,
    /// After it was done: nobody knows.
    Answer,
}

/// A door on loopback. It is shut when dropped.
pub struct Gate {
    address: SocketAddr,
    holding: Arc<Mutex<Option<Order>>>,
    released: Arc<Notify>,
    serving: JoinHandle<()>,
    kubeconfig: PathBuf,
    _behind: Option<Process>,
}

struct Order {
    hold: Hold,
    /// What the path of the write contains.
    part: String,
    held: oneshot::Sender<String>,
}

impl Gate {
    /// Opens a gate, and writes a kubeconfig with `context` that leads through it.
    pub(crate) async fn open(
        dial: Dial,
        behind: Option<Process>,
        folder: &Path,
        context: &str,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a free port")?;
        let address = listener.local_addr().context("the gate's address")?;
        let holding = Arc::new(Mutex::new(None));
        let released = Arc::new(Notify::new());
        let watch = Watch { holding: Arc::clone(&holding), released: Arc::clone(&released) };
        let serving = tokio::spawn(serve(listener, dial, watch));
        std::fs::create_dir_all(folder).context("making the gate's folder")?;
        let kubeconfig = folder.join(format!("kubeconfig-{}", address.port()));
        std::fs::write(&kubeconfig, kubeconfig_of(context, &format!("http://{address}")))
            .context("writing the gate's kubeconfig")?;
        Ok(Self { address, holding, released, serving, kubeconfig, _behind: behind })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The kubeconfig that leads through it.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Stops the next write until it is released; says which one when it is stopped.
    pub fn hold_next_write(&self, hold: Hold) -> oneshot::Receiver<String> {
        self.hold_next_write_of("", hold)
    }

    /// The same for the next write whose path contains `part`; others go on.
    pub fn hold_next_write_of(&self, part: &str, hold: Hold) -> oneshot::Receiver<String> {
        let (tell, stopped) = oneshot::channel();
        let order = Order { hold, part: part.to_owned(), held: tell };
        *self.holding.lock().unwrap_or_else(PoisonError::into_inner) = Some(order);
        stopped
    }

    /// Lets go on what is stopped.
    pub fn release(&self) {
        self.released.notify_waiters();
    }

    /// Stops nothing any more.
    pub fn hold_nothing(&self) {
        *self.holding.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A kubeconfig with one context and no credentials.
pub(crate) fn kubeconfig_of(context: &str, server: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": context, "cluster": {"server": server}}],
        "users": [{"name": context, "user": {}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
    })
    .to_string()
}

/// What a connection looks at.
#[derive(Clone)]
struct Watch {
    holding: Arc<Mutex<Option<Order>>>,
    released: Arc<Notify>,
}

async fn serve(listener: TcpListener, dial: Dial, watch: Watch) {
    // Connections end with the gate.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                let (dial, watch) = (Arc::clone(&dial), watch.clone());
                connections.spawn(async move {
                    let Ok(server) = dial().await else { return };
                    // Either side may end at any time; that is no concern of the gate.
                    let _ = connect(client, server, &watch).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(client: impl Pipe, server: Box<dyn Pipe>, watch: &Watch) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let swallow = Mutex::new(None);
    let out = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = from_client.read(&mut buffer).await?;
            if count == 0 {
                return to_server.shutdown().await;
            }
            let bytes = &buffer[..count];
            if let Some((order, line)) = order_for(bytes, &watch.holding) {
                match order.hold {
                    Hold::Request => stop(&watch.released, order.held, line).await,
                    Hold::Answer => {
                        *swallow.lock().unwrap_or_else(PoisonError::into_inner) =
                            Some((order.held, line));
                    }
                }
            }
            to_server.write_all(bytes).await?;
        }
    };
    let back = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = from_server.read(&mut buffer).await?;
            if count == 0 {
                return to_client.shutdown().await;
            }
            let swallowed = swallow.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some((held, line)) = swallowed {
                stop(&watch.released, held, line).await;
            }
            to_client.write_all(&buffer[..count]).await?;
        }
    };
    tokio::try_join!(out, back).map(drop)
}

/// Tells that a write is stopped, and waits until it is released.
async fn stop(released: &Notify, held: oneshot::Sender<String>, line: String) {
    let mut release = std::pin::pin!(released.notified());
    // Listens first: who is told may release it at once.
    release.as_mut().enable();
    let _ = held.send(line);
    release.await;
}

/// The order, if these bytes begin a write that it is for. Requests are not pipelined, so each begins
/// with bytes of its own.
fn order_for(bytes: &[u8], holding: &Mutex<Option<Order>>) -> Option<(Order, String)> {
    let line = bytes.split(|&byte| byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok().filter(|line| is_write(line))?.to_owned();
    // A dry run of a DELETE says so in its body alone.
    if line.starts_with("DELETE") && String::from_utf8_lossy(bytes).contains("\"dryRun\"") {
        return None;
    }
    let mut holding = holding.lock().unwrap_or_else(PoisonError::into_inner);
    let order = holding.take_if(|order| line.contains(&order.part))?;
    Some((order, line))
}

/// Whether a request's first line asks for a change of the mesh.
fn is_write(line: &str) -> bool {
    let method = line.split(' ').next().unwrap_or_default();
    matches!(method, "POST" | "PUT" | "PATCH" | "DELETE")
        && line.ends_with("HTTP/1.1")
        && !["dryRun=", "/leases", "/portforward", "selfsubject"]
            .iter()
            .any(|part| line.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_of_the_mesh_are_held() {
        let rows = [
            ("PATCH /api/v1/namespaces/shop?fieldManager=meshlift HTTP/1.1", true),
            ("PATCH /api/v1/namespaces/shop?dryRun=All HTTP/1.1", false),
            ("GET /api/v1/pods HTTP/1.1", false),
            (
                "PUT /apis/coordination.k8s.io/v1/namespaces/istio-system/leases/meshlift HTTP/1.1",
                false,
            ),
            ("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews HTTP/1.1", false),
            ("{\"PUT\": 1}", false),
        ];
        for (line, expected) in rows {
            assert_eq!(is_write(line), expected, "{line}");
        }
    }
}
