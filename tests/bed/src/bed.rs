//! A running bed and what a test does with it.
//!
//! Entry point: [`Bed::start`]. The bed works through `kubectl` and `istioctl` as a person does, and so
//! belongs to no runtime: tests with runtimes of their own may share one.

use std::env;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::binaries::Binaries;
use crate::command::{self, Output};
use crate::control_plane::ControlPlane;
use crate::kubelet::{Kubelet, Running, Tools};
use crate::pki::Pki;
use crate::slot::{Port, Slot};
use crate::workload::Workload;

const COMMAND_LIMIT: Duration = Duration::from_mins(3);
const READY_LIMIT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(200);

/// A real Kubernetes control plane on loopback, ready for Istio. End it with [`Bed::stop`]: a bed that is
/// dropped instead ends its processes too, but leaves its logs for about a quarter of an hour.
pub struct Bed {
    // Dropped from the top: processes before the number and the folder they use.
    kubelet: Kubelet,
    plane: Mutex<ControlPlane>,
    pki: Arc<Pki>,
    binaries: Binaries,
    kubeconfig: PathBuf,
    slot: Slot,
    finished: bool,
}

impl Bed {
    /// Starts a bed under a number of its own. The first start on a computer builds the binaries, which
    /// takes minutes; `make test-bed` does that beforehand.
    pub async fn start() -> Result<Self> {
        let binaries = Binaries::locate().await?;
        let slot = Slot::claim()?;
        slot.may_serve_webhooks()?;
        let name = format!("bed-{}", slot.number());
        let server = server_of(&slot);
        let pki = Arc::new(Pki::create(&slot.directory().join("pki"), &server, &name)?);
        let started = ControlPlane::start(&slot, &binaries, &pki).await;
        let plane = match started {
            Ok(plane) => plane,
            Err(error) => {
                // Its logs are all there is to learn from.
                slot.keep().context("keeping the bed's folder")?;
                return Err(error.context(format!("the bed in {}", slot.directory().display())));
            }
        };
        let kubeconfig = plane.admin().to_owned();
        let kubelet = Kubelet::start(Tools {
            binaries: binaries.clone(),
            pki: Arc::clone(&pki),
            admin: kubeconfig.clone(),
            directory: slot.directory().to_owned(),
        })?;
        let plane = Mutex::new(plane);
        Ok(Self { kubelet, plane, pki, binaries, kubeconfig, slot, finished: false })
    }

    /// The kubeconfig of an administrator, with one context, `bed-<number>`.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A kubeconfig for `user` in at most two `groups`. Without RBAC rules the user may do nothing.
    pub fn kubeconfig_for(&self, user: &str, groups: &[&str]) -> Result<PathBuf> {
        self.pki.kubeconfig(user, groups)
    }

    /// The same with an expired certificate: the API server turns the user away.
    pub fn expired_kubeconfig_for(&self, user: &str, groups: &[&str]) -> Result<PathBuf> {
        self.pki.expired_kubeconfig(user, groups)
    }

    /// The address of the API server.
    pub fn api_server_url(&self) -> String {
        server_of(&self.slot)
    }

    /// The folder with the bed's files; the logs of all components are in its `logs`.
    pub fn directory(&self) -> &Path {
        self.slot.directory()
    }

    /// The istioctl of one of [`crate::ISTIO_VERSIONS`].
    pub fn istioctl_path(&self, version: &str) -> PathBuf {
        self.binaries.istioctl(version)
    }

    /// The kubectl of the bed.
    pub fn kubectl_path(&self) -> PathBuf {
        self.binaries.component("kubectl")
    }

    /// Istio's charts, for the Helm provider.
    pub fn charts_path(&self) -> PathBuf {
        self.binaries.share("charts")
    }

    /// Runs kubectl as the administrator.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<Output> {
        self.run(&self.kubectl_path(), arguments, "").await
    }

    /// Runs the istioctl of `version` as the administrator.
    pub async fn istioctl(&self, version: &str, arguments: &[&str]) -> Result<Output> {
        self.run(&self.istioctl_path(version), arguments, "").await
    }

    /// Reads what kubectl prints as JSON.
    pub async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["-o", "json"]).collect();
        let text = self.kubectl(&arguments).await?.checked()?;
        serde_json::from_str(&text).context("reading kubectl's JSON")
    }

    /// Applies YAML or JSON.
    pub async fn apply(&self, manifest: &str) -> Result<()> {
        let arguments = ["apply", "-f", "-"];
        self.run(&self.kubectl_path(), &arguments, manifest).await?.checked().map(drop)
    }

    /// Asks `check` again and again until it says yes, for `limit` at most.
    pub async fn wait_for<F, A>(&self, what: &str, limit: Duration, mut check: F) -> Result<()>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<bool>>,
    {
        let deadline = Instant::now() + limit;
        loop {
            let last = check().await;
            if matches!(last, Ok(true)) {
                return Ok(());
            }
            if Instant::now() > deadline {
                last.with_context(|| format!("waiting for {what}"))?;
                bail!("{what} did not happen within {limit:?}");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Makes a namespace with `labels` and these workloads, and waits until all their pods are Ready.
    pub async fn workloads(
        &self,
        namespace: &str,
        labels: &[(&str, &str)],
        workloads: &[Workload],
    ) -> Result<()> {
        let labels: serde_json::Map<String, Value> =
            labels.iter().map(|&(key, value)| (key.to_owned(), value.into())).collect();
        let mut objects = vec![json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace, "labels": labels},
        })];
        objects.extend(workloads.iter().flat_map(|workload| workload.objects(namespace)));
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        self.apply(&list.to_string()).await?;
        self.rolled_out(namespace, workloads).await
    }

    /// Restarts these workloads and waits for their new pods.
    pub async fn restart(&self, namespace: &str, workloads: &[Workload]) -> Result<()> {
        for workload in workloads {
            let target = format!("{}/{}", workload.kind.name(), workload.name);
            self.kubectl(&["-n", namespace, "rollout", "restart", &target]).await?.checked()?;
        }
        self.rolled_out(namespace, workloads).await
    }

    /// Installs Istio with `istioctl`, in the minimal profile and under `revision` (`default` for none),
    /// with more `--set` values, and waits until its webhook injects.
    pub async fn install(&self, version: &str, revision: &str, values: &[&str]) -> Result<()> {
        let revisioned = format!("revision={revision}");
        let mut arguments = vec!["install", "-y", "--set", "profile=minimal"];
        if revision != "default" {
            arguments.extend(["--set", &revisioned]);
        }
        for value in values {
            arguments.extend(["--set", value]);
        }
        self.istioctl(version, &arguments).await?.checked()?;
        self.istiod_ready(revision, version).await
    }

    /// Waits until the istiod of `revision` runs in `version`, and the API server trusts its webhooks.
    pub async fn istiod_ready(&self, revision: &str, version: &str) -> Result<()> {
        let what = format!("istiod of revision {revision} in version {version}");
        self.wait_for(&what, READY_LIMIT, || async {
            let serves = self.kubelet.running().iter().any(|istiod| {
                istiod.revision == revision && istiod.version == version && istiod.serving
            });
            Ok(serves && self.is_trusted(revision).await?)
        })
        .await
    }

    /// The `ClusterIP` of a revision's istiod, whose ports are real: 443, 8080, 15010, 15012, 15014.
    pub fn istiod_address(&self, revision: &str) -> Option<String> {
        self.istiods().into_iter().find(|istiod| istiod.revision == revision).map(|one| one.address)
    }

    /// Stops the API server and starts it again; returns when it answers.
    pub async fn restart_api_server(&self) -> Result<()> {
        self.plane.lock().await.restart_api_server().await
    }

    /// The process ids of all components now running.
    pub async fn pids(&self) -> Vec<u32> {
        let mut pids = self.plane.lock().await.pids();
        pids.extend(self.istiods().iter().map(|istiod| istiod.pid));
        pids
    }

    /// Ends all processes, and removes the bed's folder unless `MESHLIFT_BED_KEEP` is set.
    pub async fn stop(mut self) -> Result<()> {
        self.finished = true;
        self.kubelet.stop();
        self.plane.lock().await.kill();
        if kept_by_wish() {
            return self.slot.keep().context("keeping the bed's folder");
        }
        let directory = self.slot.directory();
        std::fs::remove_dir_all(directory)
            .with_context(|| format!("removing {}", directory.display()))
    }

    fn istiods(&self) -> Vec<Running> {
        self.kubelet.running()
    }

    async fn run(&self, program: &Path, arguments: &[&str], input: &str) -> Result<Output> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            // No settings or caches of the person who runs the tests.
            .env("HOME", self.slot.directory());
        command::run(&command, input, COMMAND_LIMIT).await
    }

    async fn rolled_out(&self, namespace: &str, workloads: &[Workload]) -> Result<()> {
        for workload in workloads {
            let target = format!("{}/{}", workload.kind.name(), workload.name);
            let arguments = ["-n", namespace, "rollout", "status", &target, "--timeout=90s"];
            self.kubectl(&arguments).await?.checked()?;
        }
        Ok(())
    }

    /// istiod writes its authority into the webhook configurations of its revision by itself.
    async fn is_trusted(&self, revision: &str) -> Result<bool> {
        let selector = format!("istio.io/rev={revision}");
        let found = self.json(&["get", "mutatingwebhookconfigurations", "-l", &selector]).await?;
        let bundles: Vec<&Value> = found["items"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|item| item["webhooks"].as_array().into_iter().flatten())
            .map(|webhook| &webhook["clientConfig"]["caBundle"])
            .collect();
        Ok(!bundles.is_empty()
            && bundles.iter().all(|bundle| bundle.as_str().is_some_and(|text| !text.is_empty())))
    }
}

impl Drop for Bed {
    #[expect(clippy::print_stderr, reason = "a failed test must say where its logs are")]
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.kubelet.stop();
        self.plane.get_mut().kill();
        // Dropped and not stopped: a test failed. The database is large and tells little.
        let _ = std::fs::remove_dir_all(self.slot.directory().join("etcd"));
        if kept_by_wish() {
            let _ = self.slot.keep();
        }
        eprintln!("bed: logs are in {}", self.slot.directory().join("logs").display());
    }
}

fn kept_by_wish() -> bool {
    env::var_os("MESHLIFT_BED_KEEP").is_some_and(|value| value != "0")
}

fn server_of(slot: &Slot) -> String {
    format!("https://127.0.0.1:{}", slot.port(Port::ApiServer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bed_can_be_shared_between_tests() {
        const fn shared<T: Send + Sync>() {}
        shared::<Bed>();
    }
}
