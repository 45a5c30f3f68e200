//! Counts the bytes between a client and the bed's API server, encryption included.
//!
//! Entry point: [`Counter::before`], a loopback port in front of the API server.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use meshlift_bed::Bed;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A door that counts.
#[derive(Debug)]
pub(crate) struct Counter {
    kubeconfig: PathBuf,
    received: Arc<AtomicU64>,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl Counter {
    /// Opens a door in front of the bed, and writes a kubeconfig that leads through it.
    pub(crate) async fn before(bed: &Bed) -> Result<Self> {
        let server = bed.api_server_url();
        let upstream = server.strip_prefix("https://").context("the bed serves HTTPS")?.to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a free port")?;
        let address = listener.local_addr().context("the door's address")?;
        let folder = tempfile::tempdir().context("making a folder")?;
        let kubeconfig = folder.path().join("kubeconfig");
        let text = std::fs::read_to_string(bed.kubeconfig()).context("the bed's kubeconfig")?;
        std::fs::write(&kubeconfig, text.replace(&upstream, &address.to_string()))
            .context("writing a kubeconfig")?;
        let received = Arc::new(AtomicU64::new(0));
        let serving = tokio::spawn(serve(listener, upstream, Arc::clone(&received)));
        Ok(Self { kubeconfig, received, serving, _folder: folder })
    }

    /// The kubeconfig that leads through it.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Bytes that the API server sent so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, upstream: String, received: Arc<AtomicU64>) {
    while let Ok((client, _)) = listener.accept().await {
        let (upstream, received) = (upstream.clone(), Arc::clone(&received));
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(upstream).await else { return };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let sent = AtomicU64::new(0);
            // Either side may end at any time.
            let _ = tokio::try_join!(
                pump(from_client, to_server, &sent),
                pump(from_server, to_client, &received),
            );
        });
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    count: &AtomicU64,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        count.fetch_add(length as u64, Ordering::Relaxed);
        to.write_all(&buffer[..length]).await?;
    }
}
