//! Plays the kubelet for istiod, and for nothing else.
//!
//! Entry point: [`Kubelet::start`]. For every Deployment labelled `app=istiod` it keeps one real
//! pilot-discovery of the image's version on the `ClusterIP` of the Service of the same name. A pod is
//! Ready when that process answers, so whoever waits for a rollout waits for the real thing. Every
//! istiod pod gets a port-forward target, so `port-forward` through the API server reaches the process.
//!
//! Where it differs from a cluster: one process stands for all replicas of a Deployment, and as they
//! share one address, an in-place upgrade has a second without a control plane.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Client, Config, ResourceExt as _};
use serde_json::json;
use tokio::sync::oneshot;

use crate::binaries::Binaries;
use crate::istiod::{Istiod, PORTS, Wanted};
use crate::pki::Pki;
use crate::pod_status::pod_status;

/// Level-triggered and small: three short lists. It rides out a restart of the API server unharmed.
const TICK: Duration = Duration::from_millis(200);
const ISTIOD_GRACE: Duration = Duration::from_secs(2);
const CRASH_PAUSE: Duration = Duration::from_secs(1);

/// What runs now, for those who wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) revision: String,
    pub(crate) version: String,
    pub(crate) address: String,
    pub(crate) pid: u32,
    pub(crate) serving: bool,
}

/// What the kubelet works with.
pub(crate) struct Tools {
    pub(crate) binaries: Binaries,
    pub(crate) pki: Arc<Pki>,
    pub(crate) admin: PathBuf,
    pub(crate) directory: PathBuf,
}

/// The kubelet, on a thread and runtime of its own: a bed may outlive the runtime of the test that
/// started it.
pub(crate) struct Kubelet {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    running: Arc<Mutex<Vec<Running>>>,
}

impl Kubelet {
    pub(crate) fn start(tools: Tools) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting the kubelet's runtime")?;
        let (stop, stopped) = oneshot::channel();
        let running = Arc::new(Mutex::new(Vec::new()));
        let published = Arc::clone(&running);
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = work(tools, published) => {}
                    // A dropped sender means the same: the bed is gone.
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { stop: Some(stop), thread: Some(thread), running })
    }

    pub(crate) fn running(&self) -> Vec<Running> {
        lock(&self.running).clone()
    }

    /// Ends the thread, which ends its processes.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there is in the test's output already.
            let _ = thread.join();
        }
        lock(&self.running).clear();
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn work(tools: Tools, published: Arc<Mutex<Vec<Running>>>) {
    let mut node = Node {
        tools,
        istiods: BTreeMap::new(),
        pauses: BTreeMap::new(),
        forwards: BTreeMap::new(),
    };
    let mut client = None;
    loop {
        if client.is_none() {
            client = connect(&node.tools.admin).await.ok();
        }
        if let Some(client) = &client
            && let Err(error) = node.reconcile(client).await
        {
            // An API server that restarts, or a conflict with a controller: the next tick sees better.
            node.note(&format!("{error:#}"));
        }
        *lock(&published) = node.istiods.values().map(running).collect();
        tokio::time::sleep(TICK).await;
    }
}

async fn connect(admin: &std::path::Path) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(admin)?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

fn running(istiod: &Istiod) -> Running {
    Running {
        revision: istiod.wanted.revision.clone(),
        version: istiod.wanted.version.clone(),
        address: istiod.wanted.address.clone(),
        pid: istiod.process.pid(),
        serving: istiod.serving,
    }
}

type Key = (String, String);

struct Node {
    tools: Tools,
    istiods: BTreeMap<Key, Istiod>,
    /// Deployments whose process ended by itself, and until when they wait.
    pauses: BTreeMap<Key, Instant>,
    /// The port-forward target of each istiod pod.
    forwards: BTreeMap<Key, String>,
}

impl Node {
    async fn reconcile(&mut self, client: &Client) -> Result<()> {
        let istiod = ListParams::default().labels("app=istiod");
        let deployments = Api::<Deployment>::all(client.clone())
            .list(&istiod)
            .await
            .context("listing Deployments")?
            .items;
        let services = Api::<Service>::all(client.clone())
            .list(&istiod)
            .await
            .context("listing Services")?
            .items;
        let pods =
            Api::<Pod>::all(client.clone()).list(&istiod).await.context("listing pods")?.items;

        let mut wanted = BTreeMap::new();
        for deployment in &deployments {
            let key = (deployment.namespace().unwrap_or_default(), deployment.name_any());
            let Some(service) = services.iter().find(|service| {
                service.namespace().as_deref() == Some(key.0.as_str())
                    && service.name_any() == key.1
            }) else {
                continue;
            };
            let last = self.istiods.get(&key).map(|istiod| istiod.wanted.pod.as_str());
            match Wanted::of(deployment, service, &pods, last) {
                Ok(Some(one)) => {
                    wanted.insert(key, one);
                }
                Ok(None) => {}
                Err(error) => self.note(&format!("{error:#}")),
            }
        }
        self.run(wanted).await;
        for pod in &pods {
            self.play(client, pod).await?;
        }
        self.forward(client, &pods).await
    }

    /// Makes the processes those that are wanted.
    async fn run(&mut self, wanted: BTreeMap<Key, Wanted>) {
        let keys: BTreeSet<Key> = self.istiods.keys().chain(wanted.keys()).cloned().collect();
        for key in keys {
            let want = wanted.get(&key);
            if let Some(istiod) = self.istiods.get_mut(&key) {
                let ended = istiod.process.has_ended();
                if ended {
                    self.pauses.insert(key.clone(), Instant::now() + CRASH_PAUSE);
                }
                if ended || Some(&istiod.wanted) != want {
                    istiod.process.stop(ISTIOD_GRACE).await;
                    self.istiods.remove(&key);
                }
            }
            let waits = self.pauses.get(&key).is_some_and(|&until| until > Instant::now());
            if let Some(want) = want
                && !waits
                && !self.istiods.contains_key(&key)
            {
                let tools = &self.tools;
                match Istiod::start(want.clone(), &tools.binaries, &tools.pki, &tools.directory) {
                    Ok(istiod) => {
                        self.istiods.insert(key, istiod);
                    }
                    Err(error) => self.note(&format!("{error:#}")),
                }
            }
        }
        for istiod in self.istiods.values_mut() {
            istiod.probe().await;
        }
    }

    /// Does for one pod what a kubelet does: starts it, says when it is Ready, lets it go.
    async fn play(&self, client: &Client, pod: &Pod) -> Result<()> {
        let api = Api::<Pod>::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
        let name = pod.name_any();
        if pod.metadata.deletion_timestamp.is_some() {
            let now = DeleteParams::default().grace_period(0);
            let gone = api.delete(&name, &now).await.map(drop);
            return ignore_missing(gone).with_context(|| format!("letting go {name}"));
        }
        let scheduled = pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some());
        let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
        let told = conditions
            .and_then(|all| all.iter().find(|condition| condition.type_ == "Ready"))
            .map(|condition| condition.status == "True");
        let ready =
            self.istiods.values().any(|istiod| istiod.serving && istiod.wanted.runs_for(pod));
        // A pod of an older template stays as it was until its Deployment removes it.
        let outdated = told == Some(true) && !ready && !self.is_current(pod);
        if !scheduled || told == Some(ready) || outdated {
            return Ok(());
        }
        let patch = Patch::Strategic(pod_status(pod, ready));
        let patched = api.patch_status(&name, &PatchParams::default(), &patch).await.map(drop);
        ignore_missing(patched).with_context(|| format!("telling the state of {name}"))
    }

    fn is_current(&self, pod: &Pod) -> bool {
        self.istiods.values().any(|istiod| istiod.wanted.runs_for(pod))
    }

    /// Keeps one port-forward target for each istiod pod whose Deployment has a process.
    async fn forward(&mut self, client: &Client, pods: &[Pod]) -> Result<()> {
        let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(
            "kwok.x-k8s.io",
            "v1alpha1",
            "PortForward",
        ));
        let mut wanted = BTreeMap::new();
        for pod in pods {
            let target = self.istiods.values().find(|istiod| istiod.wanted.runs_for(pod));
            if let Some(istiod) = target {
                let key = (pod.namespace().unwrap_or_default(), pod.name_any());
                wanted.insert(key, istiod.wanted.address.clone());
            }
        }
        for (key, address) in &wanted {
            if self.forwards.get(key) == Some(address) {
                continue;
            }
            let api = Api::<DynamicObject>::namespaced_with(client.clone(), &key.0, &kind);
            let forwards: Vec<_> = PORTS
                .iter()
                .map(|(port, real)| json!({"ports": [port], "target": {"address": address, "port": real}}))
                .collect();
            let object = json!({
                "apiVersion": "kwok.x-k8s.io/v1alpha1",
                "kind": "PortForward",
                "metadata": {"name": key.1, "namespace": key.0},
                "spec": {"forwards": forwards},
            });
            let ours = PatchParams::apply("bed-kubelet").force();
            api.patch(&key.1, &ours, &Patch::Apply(&object))
                .await
                .with_context(|| format!("forwarding the ports of {}", key.1))?;
        }
        let gone: Vec<Key> =
            self.forwards.keys().filter(|key| !wanted.contains_key(*key)).cloned().collect();
        for key in gone {
            let api = Api::<DynamicObject>::namespaced_with(client.clone(), &key.0, &kind);
            let deleted = api.delete(&key.1, &DeleteParams::default()).await.map(drop);
            ignore_missing(deleted).with_context(|| format!("ending the forward of {}", key.1))?;
        }
        self.forwards = wanted;
        Ok(())
    }

    fn note(&self, text: &str) {
        let log = self.tools.directory.join("logs").join("kubelet.log");
        if let Ok(mut file) = std::fs::File::options().create(true).append(true).open(log) {
            // A log that can't be written is no reason to stop playing.
            let _ = writeln!(file, "{text}");
        }
    }
}

fn ignore_missing(result: kube::Result<()>) -> kube::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other,
    }
}
