//! The two worlds behind one set of verbs. The only place that tells them apart.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::{Bed, ISTIO_VERSIONS};
use meshlift_sim::Held;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::gate::{Dial, Gate, Hold, Pipe};
use super::simulated::Simulator;
use super::{Place, Programs};
use crate::process::Process;

pub(super) enum Ground {
    Simulator(Simulator),
    Bed(Box<Bed>),
}

/// An install that stands still once it has applied a certain object. Let go of it after it was killed.
pub enum HeldInstall {
    /// By the simulator.
    Simulated(Held),
    /// At the gate, where the answer of its write is kept back.
    Real(oneshot::Receiver<String>),
}

impl HeldInstall {
    /// Waits until the object is applied.
    pub async fn reached(&mut self) -> Result<()> {
        match self {
            Self::Simulated(held) => held.reached().await,
            Self::Real(held) => drop(held.await.context("the gate is gone")?),
        }
        Ok(())
    }

    /// Lets the install go on.
    pub fn release(self, gate: &Gate) {
        match self {
            Self::Simulated(held) => held.release(),
            Self::Real(_) => gate.release(),
        }
    }
}

impl Ground {
    pub(super) async fn start(place: Place) -> Result<Self> {
        Ok(match place {
            Place::Simulator => Self::Simulator(Simulator::start().await?),
            Place::Bed => Self::Bed(Box::new(Bed::start().await?)),
        })
    }

    /// Versions with the command lines that run them.
    pub(super) fn istioctls(&self, programs: Programs) -> Vec<(&'static str, String)> {
        ISTIO_VERSIONS
            .into_iter()
            .map(|version| {
                let command = match self {
                    Self::Simulator(simulator) => {
                        format!("'{}' {} {version}", programs.istioctl, simulator.istioctl())
                    }
                    Self::Bed(bed) => format!("'{}'", bed.istioctl_path(version).display()),
                };
                (version, command)
            })
            .collect()
    }

    /// A kubeconfig and its context.
    pub(super) fn entry(&self) -> Result<(PathBuf, String)> {
        match self {
            Self::Simulator(simulator) => Ok(simulator.entry()),
            Self::Bed(bed) => {
                let kubeconfig = bed.kubeconfig().to_owned();
                let text = std::fs::read_to_string(&kubeconfig).context("the bed's kubeconfig")?;
                let context = text
                    .lines()
                    .find_map(|line| line.trim().strip_prefix("current-context:"))
                    .context("the bed's kubeconfig names no context")?;
                Ok((kubeconfig, context.trim().trim_matches('"').to_owned()))
            }
        }
    }

    /// Runs the istioctl of a version, and gives what it printed.
    pub(super) async fn istioctl(&self, version: &str, arguments: &[String]) -> Result<String> {
        match self {
            Self::Simulator(simulator) => simulator.run(version, arguments).await,
            Self::Bed(bed) => {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                bed.istioctl(version, &arguments).await?.checked()
            }
        }
    }

    /// Waits until a revision's webhook is trusted and answers.
    pub(super) async fn injects(&self, revision: &str, version: &str) -> Result<()> {
        match self {
            Self::Simulator(simulator) => simulator.settled().await,
            Self::Bed(bed) => bed.istiod_ready(revision, version).await,
        }
    }

    pub(super) async fn apply(&self, objects: &[Value]) -> Result<()> {
        match self {
            Self::Simulator(simulator) => simulator.apply(objects).await,
            Self::Bed(bed) => {
                let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
                bed.apply(&list.to_string()).await
            }
        }
    }

    pub(super) async fn delete(&self, path: &str) -> Result<()> {
        match self {
            Self::Simulator(simulator) => simulator.delete(path).await,
            Self::Bed(bed) => bed.kubectl(&["delete", "--raw", path]).await?.checked().map(drop),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        match self {
            Self::Simulator(simulator) => simulator.get(path).await,
            Self::Bed(bed) => {
                let text = bed.kubectl(&["get", "--raw", path]).await?.checked()?;
                serde_json::from_str(&text).context("reading the answer")
            }
        }
    }

    pub(super) async fn counted_by_istioctl(
        &self,
        revision: &str,
        version: &str,
    ) -> Result<Vec<String>> {
        let arguments = ["version", "--revision", revision, "-o", "json"].map(str::to_owned);
        let text = self.istioctl(version, &arguments).await?;
        let versions: Value = serde_json::from_str(&text).context("istioctl's versions")?;
        let proxies = versions["dataPlaneVersion"].as_array().into_iter().flatten();
        let counted = proxies
            .filter_map(|proxy| proxy["IstioVersion"].as_str())
            // Its own connection, which has no real version.
            .filter(|version| !version.starts_with("65536"))
            .map(str::to_owned);
        Ok(counted.collect())
    }

    pub(super) fn hold_install(&self, gate: &Gate, kind: &str, name: &str) -> HeldInstall {
        match self {
            Self::Simulator(simulator) => {
                HeldInstall::Simulated(simulator.hold_install(kind, name))
            }
            Self::Bed(_) => {
                let path = format!("/{}s/{name}?", kind.to_lowercase());
                HeldInstall::Real(gate.hold_next_write_of(&path, Hold::Answer))
            }
        }
    }

    pub(super) async fn gate(&self, folder: &Path, context: &str) -> Result<Gate> {
        match self {
            Self::Simulator(simulator) => Gate::open(simulator.dial(), None, folder, context).await,
            Self::Bed(bed) => {
                let (proxy, address) = kubectl_proxy(bed).await?;
                Gate::open(dial(address), Some(proxy), folder, context).await
            }
        }
    }

    pub(super) fn as_bed(&self) -> Option<&Bed> {
        match self {
            Self::Simulator(_) => None,
            Self::Bed(bed) => Some(bed),
        }
    }

    pub(super) async fn stop(self) -> Result<()> {
        match self {
            Self::Simulator(_) => Ok(()),
            Self::Bed(bed) => bed.stop().await,
        }
    }
}

/// Plain HTTP in front of the bed's API server.
async fn kubectl_proxy(bed: &Bed) -> Result<(Process, String)> {
    let kubeconfig = bed.kubeconfig().display().to_string();
    let arguments = ["--kubeconfig", &kubeconfig, "proxy", "--port=0"];
    let mut proxy = Process::start(bed.kubectl_path().as_os_str(), &arguments)?;
    let announced = crate::patience::within(Duration::from_secs(20), "kubectl proxy", async {
        proxy.line().await?.context("it ended at once")
    })
    .await?;
    let address = announced.rsplit(' ').next().unwrap_or_default().to_owned();
    ensure!(address.starts_with("127.0.0.1:"), "kubectl proxy said {announced}");
    Ok((proxy, address))
}

pub(super) fn dial(address: String) -> Dial {
    Arc::new(move || {
        let address = address.clone();
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            Ok(Box::new(stream) as Box<dyn Pipe>)
        })
    })
}
