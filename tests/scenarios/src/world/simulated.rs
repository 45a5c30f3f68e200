//! The simulator as a cluster that programs beside the test can reach: its API server on loopback, and
//! its istioctl as a program.
//!
//! Entry points: [`Simulator::start`]; [`ask`] is that program's side.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use meshlift_sim::{Held, SimMesh};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::gate::{Dial, Gate, Pipe};

pub(super) const CONTEXT: &str = "simulated";

pub(super) struct Simulator {
    mesh: SimMesh,
    istioctl: SocketAddr,
    serving: JoinHandle<()>,
    door: Gate,
    _folder: tempfile::TempDir,
}

impl Simulator {
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a free port")?;
        let istioctl = listener.local_addr().context("the simulated istioctl's address")?;
        // No two clusters are the same one.
        let uid = format!("00000000-0000-4000-8000-{:012}", istioctl.port());
        let mesh = SimMesh::builder().cluster_uid(&uid).build();
        let serving = tokio::spawn(answer(listener, mesh.clone()));
        let folder = tempfile::tempdir().context("making a folder")?;
        let door = Gate::open(dial(&mesh), None, folder.path(), CONTEXT).await?;
        Ok(Self { mesh, istioctl, serving, door, _folder: folder })
    }

    /// Where the simulated istioctl listens.
    pub(super) fn istioctl(&self) -> SocketAddr {
        self.istioctl
    }

    /// A kubeconfig and its context.
    pub(super) fn entry(&self) -> (PathBuf, String) {
        (self.door.kubeconfig().to_owned(), CONTEXT.to_owned())
    }

    pub(super) fn dial(&self) -> Dial {
        dial(&self.mesh)
    }

    pub(super) async fn settled(&self) -> Result<()> {
        self.mesh.settled().await;
        Ok(())
    }

    pub(super) async fn run(&self, version: &str, arguments: &[String]) -> Result<String> {
        let exit = self.mesh.program_at(version, arguments).await;
        ensure!(
            exit.status == 0,
            "istioctl {arguments:?} ended with {}: {}",
            exit.status,
            exit.stderr
        );
        Ok(exit.stdout)
    }

    pub(super) fn hold_install(&self, kind: &str, name: &str) -> Held {
        self.mesh.hold_install(kind, name)
    }

    pub(super) async fn apply(&self, objects: &[Value]) -> Result<()> {
        for object in objects {
            let path = collection(object)?;
            let (mut status, mut answer) =
                self.request(Method::POST, &path, object.to_string()).await?;
            if status == StatusCode::CONFLICT {
                let name = object["metadata"]["name"].as_str().context("an object's name")?;
                let path = format!("{path}/{name}");
                (status, answer) = self.request(Method::PATCH, &path, object.to_string()).await?;
            }
            ensure!(status.is_success(), "{path}: {status} {answer}");
        }
        Ok(())
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        let (status, answer) = self.request(Method::GET, path, String::new()).await?;
        ensure!(status.is_success(), "{status} {answer}");
        Ok(answer)
    }

    pub(super) async fn delete(&self, path: &str) -> Result<()> {
        let (status, answer) = self.request(Method::DELETE, path, String::new()).await?;
        ensure!(status.is_success(), "{status} {answer}");
        Ok(())
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<(StatusCode, Value)> {
        let pipe = TokioIo::new(self.mesh.dial());
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(pipe).await.context("connecting")?;
        let connection = tokio::spawn(connection);
        let content_type = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Host", "simulated")
            .header("Accept", "application/json")
            .header("Content-Type", content_type)
            .body(Full::new(Bytes::from(body)))
            .context("making a request")?;
        let answer = sender.send_request(request).await.context("asking the simulator")?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await.context("reading an answer")?.to_bytes();
        connection.abort();
        let value = serde_json::from_slice(&bytes)
            .with_context(|| format!("{status}: {}", String::from_utf8_lossy(&bytes)))?;
        Ok((status, value))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn dial(mesh: &SimMesh) -> Dial {
    let mesh = mesh.clone();
    Arc::new(move || {
        let mesh = mesh.clone();
        Box::pin(async move { Ok(Box::new(mesh.dial()) as Box<dyn Pipe>) })
    })
}

/// The path to which an object is posted.
fn collection(object: &Value) -> Result<String> {
    let kind = object["kind"].as_str().context("an object without a kind")?;
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    Ok(match kind {
        "Namespace" => "/api/v1/namespaces".to_owned(),
        "Service" => format!("/api/v1/namespaces/{namespace}/services"),
        "Deployment" | "StatefulSet" | "DaemonSet" => {
            format!("/apis/apps/v1/namespaces/{namespace}/{}s", kind.to_lowercase())
        }
        "VirtualService" => {
            format!("/apis/networking.istio.io/v1/namespaces/{namespace}/virtualservices")
        }
        _ => bail!("no path for a {kind}"),
    })
}

/// Answers calls of the simulated istioctl: one line in, one line out, both JSON.
async fn answer(listener: TcpListener, mesh: SimMesh) {
    while let Ok((stream, _)) = listener.accept().await {
        let mesh = mesh.clone();
        tokio::spawn(async move {
            let (input, mut output) = stream.into_split();
            let mut input = BufReader::new(input);
            let mut line = String::new();
            let Ok(_) = input.read_line(&mut line).await else { return };
            let Ok(call) = serde_json::from_str::<(String, Vec<String>)>(&line) else { return };
            let program = mesh.program_at(&call.0, &call.1);
            // Whoever is killed says nothing more: its program stops where it stands.
            let exit = tokio::select! {
                exit = program => exit,
                _ = input.read_u8() => return,
            };
            let exit = json!([exit.status, exit.stdout, exit.stderr]);
            // Who asked may be gone.
            let _ = output.write_all(format!("{exit}\n").as_bytes()).await;
        });
    }
}

/// Asks the simulator at `address` for what its istioctl in `version` answers: status, output, errors.
pub async fn ask(
    address: &str,
    version: &str,
    arguments: &[String],
) -> Result<(i32, String, String)> {
    let stream = TcpStream::connect(address).await.context("the simulator is gone")?;
    let (input, mut output) = stream.into_split();
    let call = serde_json::to_string(&(version, arguments)).context("writing a call")?;
    output.write_all(format!("{call}\n").as_bytes()).await.context("calling the simulator")?;
    let mut line = String::new();
    BufReader::new(input).read_line(&mut line).await.context("reading the simulator's answer")?;
    serde_json::from_str(&line).context("an unexpected answer")
}
