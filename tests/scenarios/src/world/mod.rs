//! A cluster to upgrade: the simulator or the bed, made and read by the same requests.
//!
//! Entry points: [`World::start`], [`World::install`], [`World::namespace`]. What the application is
//! given of a world is what a person has: a kubeconfig, istioctl binaries and the install's values.

mod gate;
mod ground;
mod simulated;
mod tools;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::{Bed, Workload};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) use gate::kubeconfig_of;
pub use gate::{Gate, Hold};
pub use ground::HeldInstall;
pub use simulated::ask as ask_istioctl;
pub use tools::{Call, Tools};

use crate::patience::until;
use crate::reading::{self, Reading};
use ground::Ground;

const ROLLOUT_LIMIT: Duration = Duration::from_mins(2);

/// Which world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The simulated mesh.
    Simulator,
    /// A real control plane.
    Bed,
}

/// The small programs of this crate, as cargo names them to its tests.
#[derive(Debug, Clone, Copy)]
pub struct Programs {
    /// Drives one operation in a process that can be killed.
    pub operate: &'static str,
    /// The simulated istioctl as a program.
    pub istioctl: &'static str,
}

/// How a mesh was installed.
#[derive(Debug, Clone, Copy)]
pub struct Install<'a> {
    /// Its version.
    pub version: &'a str,
    /// Its revision; `default` for none.
    pub revision: &'a str,
    /// Names of its ingress gateways.
    pub gateways: &'a [&'a str],
}

/// One cluster with all that belongs to it. End it with [`World::stop`].
pub struct World {
    ground: Ground,
    tools: Tools,
    programs: Programs,
    context: String,
    kubeconfig: PathBuf,
    folder: TempDir,
}

impl World {
    /// Starts an empty cluster.
    pub async fn start(place: Place, programs: Programs) -> Result<Self> {
        let folder = TempDir::new().context("making a folder")?;
        let ground = Ground::start(place).await?;
        let tools = Tools::write(&folder.path().join("tools"), &ground.istioctls(programs))?;
        let (kubeconfig, context) = ground.entry()?;
        Ok(Self { ground, tools, programs, context, kubeconfig, folder })
    }

    /// Installs Istio by `istioctl` with a values file, as a person would, and waits until it injects.
    pub async fn install(&self, install: Install<'_>) -> Result<()> {
        let values = self.values();
        std::fs::write(&values, values_of(install.gateways)).context("writing the values")?;
        let mut arguments = vec!["install".to_owned(), "-y".to_owned()];
        arguments.extend(["-f".to_owned(), values.display().to_string()]);
        if install.revision != "default" {
            arguments.extend(["--set".to_owned(), format!("revision={}", install.revision)]);
        }
        self.ground.istioctl(install.version, &arguments).await?;
        self.ground.injects(install.revision, install.version).await
    }

    /// Makes a namespace with these labels and workloads, and waits until all their pods are ready.
    pub async fn namespace(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        workloads: &[Workload],
    ) -> Result<()> {
        let labels: serde_json::Map<String, Value> =
            labels.iter().map(|&(key, value)| (key.to_owned(), value.into())).collect();
        let metadata = json!({"name": name, "labels": labels});
        let mut objects =
            vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})];
        objects.extend(workloads.iter().flat_map(|workload| workload.objects(name)));
        self.ground.apply(&objects).await?;
        until(ROLLOUT_LIMIT, &format!("the pods of {name}"), || async {
            let found = self.read().await?;
            let workloads = found.workloads_of(name);
            let unready: Vec<_> = workloads.iter().filter(|one| !one.complete).collect();
            ensure!(unready.is_empty() && !workloads.is_empty(), "not ready: {unready:?}");
            Ok(())
        })
        .await
    }

    /// Makes objects, or changes them, without the application.
    pub async fn apply(&self, objects: &[Value]) -> Result<()> {
        self.ground.apply(objects).await
    }

    /// Deletes the object at a path, without the application.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.ground.delete(path).await.with_context(|| format!("DELETE {path}"))
    }

    /// Reads everything that scenarios assert on, without the application.
    pub async fn read(&self) -> Result<Reading> {
        reading::read(self).await
    }

    /// Answers a GET of the API server.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.ground.get(path).await.with_context(|| format!("GET {path}"))
    }

    /// The items of a list.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let mut answer = self.get(path).await?;
        let Some(items) = answer["items"].as_array_mut() else {
            anyhow::bail!("GET {path} is no list: {answer}")
        };
        Ok(std::mem::take(items))
    }

    /// Proxy versions that istioctl counts as connected to a revision.
    pub async fn counted_by_istioctl(&self, revision: &str, version: &str) -> Result<Vec<String>> {
        self.ground.counted_by_istioctl(revision, version).await
    }

    /// A way into the same cluster on which writes can be held back.
    pub async fn gate(&self) -> Result<Gate> {
        self.ground.gate(&self.folder.path().join("gate"), &self.context).await
    }

    /// Holds the next istioctl install through `gate` right after it applied the object of this kind and
    /// name.
    pub fn hold_install(&self, gate: &Gate, kind: &str, name: &str) -> HeldInstall {
        self.ground.hold_install(gate, kind, name)
    }

    /// The context that leads here.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The kubeconfig that holds it.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The istioctl binaries.
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// The small programs of this crate.
    pub fn programs(&self) -> Programs {
        self.programs
    }

    /// The values file that the mesh was installed with.
    pub fn values(&self) -> PathBuf {
        self.folder.path().join("values.yaml")
    }

    /// A folder for the application's data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The bed, where this is one.
    pub fn as_bed(&self) -> Option<&Bed> {
        self.ground.as_bed()
    }

    /// Ends the cluster.
    pub async fn stop(self) -> Result<()> {
        self.ground.stop().await
    }
}

fn values_of(gateways: &[&str]) -> String {
    let gateways: Vec<Value> =
        gateways.iter().map(|name| json!({"name": name, "enabled": true})).collect();
    let mut spec = json!({"profile": "minimal"});
    if !gateways.is_empty() {
        spec["components"] = json!({"ingressGateways": gateways});
    }
    json!({"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "spec": spec})
        .to_string()
}
