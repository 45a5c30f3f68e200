//! What is in a mesh: the slim, serialisable picture that every decision is made from.
//!
//! Entry point: [`Snapshot`]. A saved snapshot is enough to plan offline. Deliberately absent: how
//! it is read (the cluster crate) and what follows from it (`injection`, `dataplane`, `rollout`).

mod control_plane;
pub mod evidence;
mod injector_config;
mod instance;
mod kept_labels;
mod label_sync;
mod pod;
mod saved;
mod template;
mod webhook;
mod workload;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use control_plane::{ControlPlane, Installer, ProxyImage};
pub use evidence::{Evidence, ObjectName};
pub use injector_config::{InjectionPolicy, InjectorConfig};
pub use instance::{
    Balancer, BalancerPart, BalancerRole, BalancerState, Canary, Edition, Fit, GATEWAY_NAMESPACE,
    Gateway, GatewayCanary, GatewayState, GatewayUpgrade, InjectionScope, Instance, InstanceState,
    MemberCluster, MeshUpgrade, UPGRADE_TARGET, Upgrade, full_name,
};
pub use label_sync::{LabelSync, SyncPolicy};
pub use pod::{Pod, PodPhase, PodRef, Proxy, ProxyPlacement};
pub use saved::{SAVED_FORMAT, SAVED_VERSION, Saved, SavedError};
pub use template::{PodTemplate, TemplateTrait};
pub use webhook::{
    Expression, Injector, InjectorWebhook, Operator, Selector, Validator, WebhookClient,
};
pub use workload::{
    Budget, Kind, Role, RolloutState, Strategy, Workload, WorkloadRef, WorkloadStatus,
};

/// A shared name. A mesh repeats few names over very many pods.
pub type Name = Arc<str>;

/// Labels or annotations, in a stable order.
pub type Labels = BTreeMap<Name, Name>;

/// Everything that was read from one mesh. What an older saved one lacks is as if nothing was there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Snapshot {
    /// Which cluster it is.
    pub cluster: Cluster,
    /// Every namespace, by name.
    pub namespaces: BTreeMap<Name, Namespace>,
    /// Every workload that can own mesh pods, by reference.
    #[serde(with = "as_list")]
    pub workloads: BTreeMap<WorkloadRef, Workload>,
    /// Every pod in the mesh, by reference.
    #[serde(with = "as_list")]
    pub pods: BTreeMap<PodRef, Pod>,
    /// Mutating webhook configurations that inject, in name order.
    pub injectors: Vec<Injector>,
    /// Validating webhook configurations of Istio, in name order.
    pub validators: Vec<Validator>,
    /// Every istiod Deployment, in revision order.
    pub control_planes: Vec<ControlPlane>,
    /// Disruption budgets in namespaces that hold mesh workloads.
    pub budgets: Vec<Budget>,
    /// Installations that the app recognises and does not upgrade yet.
    pub unsupported: Vec<Unsupported>,
    /// The ASM instance that is its control plane, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Box<Instance>>,
    /// What could not be read, and why. A rule that needs it answers "cannot tell".
    pub unreadable: Vec<Unreadable>,
    /// What prechecks alone ask for; none while nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// The identity of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cluster {
    /// UID of the kube-system namespace. A run belongs to it, not to a context name.
    pub uid: String,
    /// Git version of the API server, such as `v1.34.3`.
    pub kubernetes: String,
}

/// A namespace, with the labels that decide about injection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Namespace {
    /// Its name.
    pub name: Name,
    /// Its UID.
    pub uid: Name,
    /// All its labels: webhook selectors may ask for any.
    pub labels: Labels,
    /// Whether it is being deleted.
    pub terminating: bool,
}

/// The two labels that choose a revision for a namespace. They exclude each other (S37).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InjectionLabels {
    /// Value of `istio-injection`.
    pub injection: Option<Name>,
    /// Value of `istio.io/rev`.
    pub revision: Option<Name>,
}

impl Namespace {
    /// The two labels that choose its revision.
    pub fn injection_labels(&self) -> InjectionLabels {
        InjectionLabels {
            injection: self.labels.get(INJECTION_LABEL).cloned(),
            revision: self.labels.get(REVISION_LABEL).cloned(),
        }
    }
}

/// An installation that is recognised and declined in one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unsupported {
    /// ztunnel or namespaces in ambient mode.
    Ambient,
    /// Remote-cluster secrets or a remote control plane.
    MultiCluster,
    /// Injectors that point outside the cluster: the control plane is elsewhere.
    ExternalControlPlane,
}

/// One read that was refused or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unreadable {
    /// What was asked for, such as `poddisruptionbudgets`.
    pub what: String,
    /// Why it was not had, as one sentence.
    pub why: String,
}

/// Namespace label of the legacy injection switch.
pub const INJECTION_LABEL: &str = "istio-injection";
/// Label that names a revision or a tag, on namespaces, pods and Istio's own objects.
pub const REVISION_LABEL: &str = "istio.io/rev";

/// Name of the validator that checks what names no revision.
pub const DEFAULT_VALIDATOR: &str = "istiod-default-validator";
/// Label that names the tag an injector belongs to.
pub const TAG_LABEL: &str = "istio.io/tag";
/// Pod label that opts a pod in or out.
pub const INJECT_LABEL: &str = "sidecar.istio.io/inject";
/// Pod-template annotation that names the run and step which restarted the workload last.
pub const RESTARTED_BY: &str = "meshlift.dev/restarted-by";
/// The name Istio gives the revision of an install without one.
pub const DEFAULT_REVISION: &str = "default";

impl Snapshot {
    /// The control plane of a revision.
    pub fn control_plane(&self, revision: &str) -> Option<&ControlPlane> {
        self.control_planes.iter().find(|plane| &*plane.revision == revision)
    }

    /// The pods of a workload, in name order.
    pub fn pods_of<'a>(&'a self, workload: &'a WorkloadRef) -> impl Iterator<Item = &'a Pod> {
        self.pods.values().filter(move |pod| pod.workload.as_ref() == Some(workload))
    }
}

/// Maps whose keys are references are written as lists: JSON has no other keys than strings.
mod as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K, V, S>(map: &BTreeMap<K, V>, out: S) -> Result<S::Ok, S::Error>
    where
        V: Serialize,
        S: Serializer,
    {
        out.collect_seq(map.values())
    }

    pub(super) fn deserialize<'de, K, V, D>(input: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Ord,
        V: Deserialize<'de> + super::Keyed<K>,
        D: Deserializer<'de>,
    {
        let values = Vec::<V>::deserialize(input)?;
        Ok(values.into_iter().map(|value| (value.key(), value)).collect())
    }
}

/// A value that knows its own key.
trait Keyed<K> {
    fn key(&self) -> K;
}

impl Keyed<WorkloadRef> for Workload {
    fn key(&self) -> WorkloadRef {
        self.reference.clone()
    }
}

impl Keyed<PodRef> for Pod {
    fn key(&self) -> PodRef {
        self.reference.clone()
    }
}
