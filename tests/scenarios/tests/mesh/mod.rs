//! A mesh on a bed, a connection to it, and what the tests of the adapters ask of both.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of this")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use meshlift_bed::{Bed, Workload};
use meshlift_cluster::actuate::{self, Performed};
use meshlift_cluster::connection::Connection;
use meshlift_cluster::contexts::{self, KubeconfigFiles};
use meshlift_cluster::door::{Door, IntentId};
use meshlift_cluster::programs::Programs;
use meshlift_cluster::provider::istioctl::{self, Block, InstallCheck};
use meshlift_cluster::{istiod, preflight, snapshot};
use meshlift_core::inventory::{ControlPlane, Kind, Name, Snapshot, WorkloadRef};
use meshlift_core::rollout::{
    Act, ActId, ActKind, Install, InstallPart, Istiod, ObjectRef, Preflight, StepId,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub const RUN: &str = "run-1";
const PATIENCE: Duration = Duration::from_mins(1);

/// The install's own values: gateways, one of them extra, and one setting that is easy to forget.
pub const OWN: &str = "
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  profile: default
  meshConfig:
    accessLogFile: /dev/stdout
  components:
    ingressGateways:
    - name: istio-ingressgateway
      enabled: true
    - name: extra-gateway
      enabled: true
";
/// The same without the extra gateway.
pub const WITHOUT_EXTRA: &str = "
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  profile: default
  meshConfig:
    accessLogFile: /dev/stdout
";
/// The same without the setting.
pub const WITHOUT_LOG: &str = "
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  profile: default
  components:
    ingressGateways:
    - name: istio-ingressgateway
      enabled: true
    - name: extra-gateway
      enabled: true
";

/// A mesh on a bed and a connection to it.
pub struct Mesh<'a> {
    pub bed: &'a Bed,
    pub connection: Connection,
    pub intent: IntentId,
    values: tempfile::TempDir,
    pub shop_pods: usize,
}

impl<'a> Mesh<'a> {
    /// Installs 1.30.5 with gateways, under a revision or none (`default`), and some workloads.
    pub async fn install(bed: &'a Bed, revision: &str) -> Result<Self> {
        let values = tempfile::tempdir()?;
        let own = values.path().join("own.yaml");
        std::fs::write(&own, OWN)?;
        let file = own.display().to_string();
        let revisioned = format!("revision={revision}");
        let mut install = vec!["install", "-y", "-f", &file];
        if revision != "default" {
            install.extend(["--set", &revisioned]);
        }
        bed.istioctl("1.30.5", &install).await?.checked()?;
        bed.istiod_ready(revision, "1.30.5").await?;
        let shop = [
            Workload::deployment("cart", 2),
            Workload::stateful_set("ledger", 1),
            Workload::daemon_set("agent"),
        ];
        bed.workloads("shop", &[("istio.io/rev", revision)], &shop).await?;
        bed.workloads("plain", &[], &[Workload::deployment("web", 1)]).await?;
        bed.workloads("legacy", &[("istio-injection", "enabled")], &[]).await?;
        let pods = bed.json(&["-n", "shop", "get", "pods"]).await?;
        let shop_pods = pods["items"].as_array().map_or(0, Vec::len);
        let connection = connect(bed, Door::new(false)).await?;
        Ok(Self { bed, connection, intent: IntentId::new("intent"), values, shop_pods })
    }

    pub async fn connect(&self, door: Door) -> Result<Connection> {
        connect(self.bed, door).await
    }

    pub async fn snapshot(&self) -> Result<Snapshot> {
        Ok(snapshot::read(&self.connection).await?)
    }

    pub fn install_of(&self, values: &str, revision: &str, part: InstallPart) -> Result<Install> {
        let digest = istioctl::values_digest(values.as_bytes());
        let file = self.values.path().join(format!("{digest}.yaml"));
        std::fs::write(&file, values)?;
        Ok(Install {
            revision: (!revision.is_empty()).then(|| revision.into()),
            version: "1.31.1".parse()?,
            binary: self.bed.istioctl_path("1.31.1").display().to_string(),
            values_digest: digest,
            values_file: file.display().to_string(),
            part,
        })
    }

    pub async fn check(&self, install: &Install) -> Result<InstallCheck> {
        let snapshot = self.snapshot().await?;
        Ok(istioctl::check(&self.connection, &Programs::Real, install, &snapshot).await?)
    }

    pub async fn run(&self, connection: &Connection, install: &Install) -> Result<Performed> {
        let mut child = None;
        let done = istioctl::install(
            connection,
            &Programs::Real,
            &self.intent,
            install,
            &connection.cluster().uid,
            CancellationToken::new(),
            |pid, started| child = Some((pid, started)),
        );
        let done = done.await;
        ensure!(done.is_err() || child.is_some(), "the process was told");
        Ok(done?)
    }

    /// Does an act after a dry run, and again: the second time changes nothing.
    pub async fn once(&self, act: &Act) -> Result<()> {
        let what = actuate::command_line(&act.kind, self.connection.context());
        actuate::dry_run(&self.connection, &self.intent, act, RUN).await.context(what.clone())?;
        let first = actuate::perform(&self.connection, &self.intent, act, RUN).await;
        ensure!(first.context(what.clone())?.changed, "{what} changed nothing");
        let second = actuate::perform(&self.connection, &self.intent, act, RUN).await;
        ensure!(!second.context(what.clone())?.changed, "{what} was done twice");
        Ok(())
    }

    /// What a revision's istiod says once it knows this many proxies of the shop.
    pub async fn ask(&self, revision: &str, proxies: usize) -> Result<Istiod> {
        let plane: ControlPlane =
            self.snapshot().await?.control_plane(revision).context("the control plane")?.clone();
        let found = Mutex::new(None);
        self.bed
            .wait_for("istiod to know the proxies", PATIENCE, || async {
                let mut told = istiod::ask(&self.connection, &plane).await?;
                ensure!(told.len() == 1, "one replica: {told:?}");
                let mut one = told.remove(0);
                one.proxies.retain(|pod, _| &*pod.namespace == "shop");
                ensure!(one.proxies.len() == proxies, "{} proxies", one.proxies.len());
                ensure!(one.proxies.values().all(|proxy| proxy.synced), "in sync: {one:?}");
                *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(one);
                Ok(true)
            })
            .await?;
        found.into_inner().unwrap_or_else(PoisonError::into_inner).context("an answer")
    }

    /// Gateways by name, with their revision and the version of the install that wrote them last.
    pub async fn gateways(&self) -> Result<BTreeMap<String, (String, String, String)>> {
        let selector = "operator.istio.io/component=IngressGateways";
        let arguments = ["-n", "istio-system", "get", "deployments", "-l", selector];
        let found = self.bed.json(&arguments).await?;
        let label = |one: &Value, key: &str| {
            one["metadata"]["labels"][key].as_str().unwrap_or_default().to_owned()
        };
        let items = found["items"].as_array().cloned().unwrap_or_default();
        Ok(items
            .iter()
            .map(|one| {
                let name = text(one, "/metadata/name").to_owned();
                let what = format!("{name} at generation {}", one["metadata"]["generation"]);
                let (revision, version) =
                    (label(one, "istio.io/rev"), label(one, "operator.istio.io/version"));
                (name, (what, revision, version))
            })
            .collect())
    }

    /// The objects behind the default, without what the server counts.
    pub async fn defaults(&self) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        for (kind, name) in [
            ("mutatingwebhookconfiguration", "istio-revision-tag-default"),
            ("validatingwebhookconfiguration", "istiod-default-validator"),
            ("service", "istiod-revision-tag-default"),
        ] {
            let mut one = self.bed.json(&["-n", "istio-system", "get", kind, name]).await?;
            let metadata = one["metadata"].as_object_mut().context("metadata")?;
            for field in ["resourceVersion", "generation", "managedFields"] {
                metadata.remove(field);
            }
            found.push(one);
        }
        Ok(found)
    }

    pub async fn revision_of_tag(&self, tag: &str) -> Result<String> {
        let told = self.bed.istioctl("1.31.1", &["tag", "list", "-o", "json"]).await?.checked()?;
        let tags: Value = serde_json::from_str(&told)?;
        let mut tags = tags.as_array().into_iter().flatten();
        let found = tags.find(|one| one["tag"] == tag).context("the tag")?;
        Ok(text(found, "/revision").to_owned())
    }

    /// What a pod in a namespace with the legacy label would come up as.
    pub async fn legacy_namespace_is_injected_by(&self) -> Result<Preflight> {
        let web = Workload::deployment("web", 0);
        self.bed.workloads("legacy", &[("istio-injection", "enabled")], &[web]).await?;
        let web = workload("legacy", Kind::Deployment, "web");
        Ok(preflight::dry_run_pod(&self.connection, &self.intent, &web).await)
    }

    /// Everything that carries istioctl's labels, but pods and what controllers derive.
    pub async fn everything(&self) -> Result<BTreeSet<String>> {
        let kinds = "mutatingwebhookconfigurations,validatingwebhookconfigurations,deployments,\
            daemonsets,services,configmaps,serviceaccounts,roles,rolebindings,clusterroles,\
            clusterrolebindings,horizontalpodautoscalers,poddisruptionbudgets,\
            customresourcedefinitions";
        let found =
            self.bed.json(&["get", kinds, "-A", "-l", "operator.istio.io/component"]).await?;
        // istiod gives its leases no label.
        let leases = self.bed.json(&["get", "leases", "-n", "istio-system"]).await?;
        let items = |list: &Value| list["items"].as_array().cloned().unwrap_or_default();
        let led = |one: &Value| text(one, "/metadata/name").starts_with("istio-gateway-");
        let leases = items(&leases).into_iter().filter(led);
        Ok(items(&found)
            .iter()
            .chain(&leases.collect::<Vec<_>>())
            .map(|one| {
                let (kind, name) = (text(one, "/kind"), text(one, "/metadata/name"));
                match one["metadata"]["namespace"].as_str() {
                    Some(namespace) => format!("{kind} {namespace}/{name}"),
                    None => format!("{kind} {name}"),
                }
            })
            .collect())
    }
}

async fn connect(bed: &Bed, door: Door) -> Result<Connection> {
    let files = KubeconfigFiles { env: None, home: None, added: vec![bed.kubeconfig().to_owned()] };
    let found = contexts::read(&files);
    let context = found.contexts.first().context("a context")?;
    Ok(Connection::open(context, door).await?)
}

/// Checks the order in which the objects of a revision go: its leases while istiod still may let them
/// go, its Service last.
pub fn leases_follow_the_deployment(
    objects: &[(ObjectRef, Name)],
    istiod: &str,
    revision: &str,
) -> Result<()> {
    let order: Vec<String> = objects.iter().map(|(object, _)| object.to_string()).collect();
    let deployment = format!("Deployment istio-system/{istiod}");
    let runs = order.iter().position(|one| *one == deployment).context("its Deployment")?;
    assert_eq!(
        order[runs + 1..runs + 3],
        [
            format!("Lease istio-system/istio-gateway-deployment-{revision}"),
            format!("Lease istio-system/istio-gateway-status-leader-{revision}"),
        ],
        "while it stops it still may let them go"
    );
    let service = format!("Service istio-system/{istiod}");
    assert_eq!(order.last(), Some(&service));
    Ok(())
}

pub fn act(kind: ActKind) -> Act {
    Act { id: ActId { step: StepId("step-1".to_owned()), index: 0 }, kind }
}

pub fn workload(namespace: &str, kind: Kind, name: &str) -> WorkloadRef {
    WorkloadRef { namespace: namespace.into(), kind, name: name.into() }
}

pub fn injected(revision: &str, version: &str) -> Result<Preflight> {
    let version = Some(version.parse()?);
    Ok(Preflight::Injected { revision: revision.into(), version, proven: true })
}

pub fn names_object(blocks: &[Block], name: &str) -> bool {
    blocks.iter().any(|block| block.to_string().contains(name))
}

pub fn kinds_and_names(objects: &[ObjectRef]) -> BTreeSet<String> {
    objects.iter().map(ToString::to_string).collect()
}

pub fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default()
}
