//! Objects of Kubernetes and of other tools that an upgrade depends on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ObjectName;
use crate::inventory::{Labels, Name, WorkloadRef};
use crate::version::MeshVersion;

/// A CRD.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Crd {
    /// Its name, such as `gateways.networking.istio.io`.
    pub name: Name,
    /// Versions that it serves.
    pub served: BTreeSet<Name>,
    /// Versions that it marks as deprecated.
    pub deprecated: BTreeSet<Name>,
    /// Versions that objects may be kept in.
    pub stored: BTreeSet<Name>,
    /// Annotation `gateway.networking.k8s.io/bundle-version`.
    pub bundle: Option<Name>,
    /// The Helm release that owns it, by label and annotations together.
    pub helm_release: Option<Name>,
}

/// What kind of Service it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ServiceKind {
    /// It has addresses of its own.
    #[default]
    Addressed,
    /// It has none: clients get those of its pods.
    Headless,
    /// Another name for a host.
    #[serde(rename_all = "camelCase")]
    ExternalName {
        /// The host.
        host: Name,
    },
}

/// A Service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Its name.
    pub name: ObjectName,
    /// What kind it is.
    pub of: ServiceKind,
    /// Labels of the pods behind it.
    pub selector: Labels,
    /// Whether pods are published before they are ready.
    pub publishes_unready: bool,
    /// Its ports.
    pub ports: BTreeSet<u32>,
}

/// A `HorizontalPodAutoscaler`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Autoscaler {
    /// Its name.
    pub name: ObjectName,
    /// What it scales.
    pub target: WorkloadRef,
    /// Pods at least.
    pub min: u32,
    /// Pods at most.
    pub max: u32,
    /// Pods now.
    pub current: u32,
}

/// A `ScaledObject` of KEDA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScaledObject {
    /// Its name.
    pub name: ObjectName,
    /// What it scales.
    pub target: WorkloadRef,
}

/// An `Application` of Argo CD.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// Its name.
    pub name: ObjectName,
    /// Namespace that it fills.
    pub destination: Name,
    /// Whether it puts back what others change.
    pub heals: bool,
    /// Whether it leaves differences in pod templates' annotations alone.
    pub ignores_annotations: bool,
    /// Whether it is applying something right now.
    pub is_syncing: bool,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// Its name.
    pub name: Name,
    /// Version of its kubelet, such as `v1.34.3`.
    pub kubelet: Name,
    /// Whether it takes pods.
    pub schedulable: bool,
    /// Whether it is ready.
    pub ready: bool,
    /// Conditions of pressure that are true.
    pub pressure: BTreeSet<Name>,
    /// CPU that its pods may request, in thousandths; none when it does not say.
    pub cpu: Option<i64>,
    /// Memory that its pods may request, in bytes; none when it does not say.
    pub memory: Option<i64>,
}

/// Whether one more istiod finds room. Nodes are asked one after the other, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Whether a node has room for what an istiod requests by default.
    pub fits: bool,
    /// Nodes that were asked until then.
    pub asked: u32,
    /// Nodes that take pods at all.
    pub of: u32,
}

/// An `Istio` or `IstioRevision` object of the Sail operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SailObject {
    /// Its kind.
    pub kind: Name,
    /// Its name.
    pub name: Name,
    /// Whether the operator has yet to see its newest generation, or is still at work on it.
    pub is_busy: bool,
}

/// A `ResourceQuota`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quota {
    /// Its name.
    pub name: ObjectName,
    /// What it limits.
    pub lines: Vec<QuotaLine>,
}

/// One limit of a quota, in thousandths of the resource's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaLine {
    /// What is limited.
    pub of: Measure,
    /// How much there may be.
    pub hard: i64,
    /// How much there is.
    pub used: i64,
}

/// What a quota limits and new proxies use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// Pods.
    Pods,
    /// Requested CPU.
    RequestsCpu,
    /// Requested memory.
    RequestsMemory,
    /// CPU limits.
    LimitsCpu,
    /// Memory limits.
    LimitsMemory,
}

/// A `ClusterRoleBinding` of one of Istio's roles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Binding {
    /// Its name.
    pub name: Name,
    /// The role it binds.
    pub role: Name,
    /// Service accounts that get it.
    pub accounts: BTreeSet<ObjectName>,
}

/// A selector of another kind that names a label of Istio.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelUse {
    /// Kind of the object.
    pub kind: Name,
    /// Its name.
    pub name: ObjectName,
    /// The keys that it selects by.
    pub keys: BTreeSet<Name>,
}

/// An agent that runs on nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Its DaemonSet.
    pub name: ObjectName,
    /// Which agent it is.
    pub kind: AgentKind,
    /// Its version by its image's tag.
    pub version: Option<MeshVersion>,
    /// Its Helm release, when Helm owns it.
    pub helm_release: Option<Name>,
}

/// Which agent runs on nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AgentKind {
    /// The proxy of ambient mode.
    Ztunnel,
    /// The agent that sets pods' networks up.
    Cni,
}

/// A program beside the mesh that depends on its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Its Deployment.
    pub name: ObjectName,
    /// Which program it is.
    pub kind: ToolKind,
    /// Numbers of its version by its image's tag, such as `0.12.0`.
    pub version: Option<Name>,
}

/// Which program depends on the mesh's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToolKind {
    /// cert-manager's signer for Istio.
    IstioCsr,
    /// Kiali, which asks istiod's debug endpoints.
    Kiali,
    /// Grafana, which shows Istio's dashboards.
    Grafana,
}

/// Who holds the lease of a mesh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeldLease {
    /// Its holder.
    pub holder: Name,
    /// When it was renewed last, seconds since the epoch by the holder's clock.
    pub renewed: i64,
    /// Seconds that it lasts.
    pub lasts: i64,
}
