//! The control plane as a whole: started in order, restarted in part, ended at once.
//!
//! Entry point: [`ControlPlane::start`]. Deliberately absent: the flags of each component
//! (`components.rs`), and the kubelet's part for istiod's pods (`kubelet.rs`); all other pods are kwok's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::binaries::Binaries;
use crate::command::{self, Output};
use crate::components::{
    Certificates, api_server, controller_manager, etcd, kwok, nodes, player, scheduler,
};
use crate::pki::Pki;
use crate::process::Process;
use crate::slot::Slot;

const START_LIMIT: Duration = Duration::from_secs(90);
/// What an API server gets to close its watches and connections.
const API_SERVER_GRACE: Duration = Duration::from_secs(5);

pub(crate) struct ControlPlane {
    binaries: Binaries,
    logs: PathBuf,
    api_server: Command,
    admin: PathBuf,
    /// In the order in which they were started.
    processes: Vec<Process>,
}

impl ControlPlane {
    /// Starts everything, up to nodes that are Ready for pods.
    pub(crate) async fn start(slot: &Slot, binaries: &Binaries, pki: &Pki) -> Result<Self> {
        let admin = pki.kubeconfig("bed-admin", &["system:masters"])?;
        let certificates = Certificates::create(pki, slot)?;
        let mut plane = Self {
            binaries: binaries.clone(),
            logs: slot.directory().join("logs"),
            api_server: api_server(slot, binaries, &certificates),
            admin,
            processes: Vec::new(),
        };
        plane.spawn("etcd", &etcd(slot, binaries))?;
        plane.spawn_api_server()?;
        plane.until_answering(START_LIMIT).await?;
        plane.spawn(
            "kube-controller-manager",
            &controller_manager(slot, binaries, &certificates, &plane.admin),
        )?;
        plane.spawn("kube-scheduler", &scheduler(slot, binaries, &plane.admin))?;
        let crd = binaries.share("portforwards.yaml");
        plane.kubectl(&["apply", "-f", &crd.to_string_lossy()], "").await?.checked()?;
        plane
            .kubectl(&["wait", "--for=condition=Established", "crd/portforwards.kwok.x-k8s.io"], "")
            .await?
            .checked()?;
        plane.kubectl(&["apply", "-f", "-"], &nodes().to_string()).await?.checked()?;
        plane.spawn("kwok", &kwok(slot, binaries, &certificates, &plane.admin))?;
        plane.spawn("player", &player(binaries, &plane.admin))?;
        plane
            .kubectl(&["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s"], "")
            .await?
            .checked()?;
        Ok(plane)
    }

    /// The kubeconfig of a user who may do everything.
    pub(crate) fn admin(&self) -> &Path {
        &self.admin
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(Process::pid).collect()
    }

    /// Stops the API server as an upgrade of the control plane would, and starts it again.
    pub(crate) async fn restart_api_server(&mut self) -> Result<()> {
        let place = self
            .processes
            .iter()
            .position(|process| process.name() == "kube-apiserver")
            .context("there is no API server to restart")?;
        self.processes.remove(place).stop(API_SERVER_GRACE).await;
        self.spawn_api_server()?;
        self.until_answering(START_LIMIT).await
    }

    /// Kills all components. Their data is thrown away, so none needs to end in order.
    pub(crate) fn kill(&mut self) {
        while let Some(mut process) = self.processes.pop() {
            process.kill();
        }
    }

    pub(crate) async fn kubectl(&self, arguments: &[&str], input: &str) -> Result<Output> {
        let mut command = Command::new(self.binaries.component("kubectl"));
        command.arg("--kubeconfig").arg(&self.admin).args(arguments);
        command::run(&command, input, START_LIMIT).await
    }

    fn spawn(&mut self, name: &str, command: &Command) -> Result<()> {
        let log = self.logs.join(format!("{name}.log"));
        self.processes.push(Process::spawn(name, command, &log)?);
        Ok(())
    }

    fn spawn_api_server(&mut self) -> Result<()> {
        let log = self.logs.join("kube-apiserver.log");
        self.processes.push(Process::spawn("kube-apiserver", &self.api_server, &log)?);
        Ok(())
    }

    async fn until_answering(&mut self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            if self.kubectl(&["get", "--raw", "/readyz"], "").await?.success() {
                return Ok(());
            }
            if let Some(ended) = self.processes.iter_mut().find_map(|process| {
                let name = process.name().to_owned();
                process.has_ended().then_some(name)
            }) {
                bail!("{ended} ended at once; its log is in {}", self.logs.display());
            }
            if Instant::now() > deadline {
                bail!(
                    "the API server was not ready after {limit:?}; its log is in {}",
                    self.logs.display()
                );
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
