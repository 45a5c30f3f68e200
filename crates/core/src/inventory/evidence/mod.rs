//! What prechecks ask of a cluster and nothing else does: read when a precheck runs, saved with a
//! snapshot, never watched.
//!
//! Entry point: [`Evidence`]. Every object is reduced to the fields that a rule asks for. What could
//! not be read is named in [`Evidence::gaps`], and a rule that needs it answers "cannot tell".
//! Deliberately absent: Secrets, in any form.

mod platform;
mod resource;
mod settings;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Name, PodRef};

pub use platform::{
    Agent, AgentKind, Application, Autoscaler, Binding, Crd, HeldLease, LabelUse, Measure, Node,
    Quota, QuotaLine, Room, SailObject, ScaledObject, Service, ServiceKind, Tool, ToolKind,
};
pub use resource::Resource;
pub use settings::{Cni, MeshConfig, TracingProvider};
pub use traffic::{
    AccessPolicy, Applied, ConfigTrait, Delegate, DestinationRule, EnvoyFilter, EnvoyPatch,
    IstioGateway, KubernetesGateway, ServiceEntry, ServicePort, Telemetry, TlsSetting,
    VirtualService, WorkloadEntry,
};

/// Names an object of a kind that is known from the context.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectName {
    /// Its namespace; empty for an object of the cluster.
    pub namespace: Name,
    /// Its name.
    pub name: Name,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Everything that prechecks alone ask for. Lists are in the order in which the server gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Evidence {
    /// `EnvoyFilter` objects.
    pub envoy_filters: Vec<EnvoyFilter>,
    /// `DestinationRule` objects.
    pub destination_rules: Vec<DestinationRule>,
    /// `VirtualService` objects.
    pub virtual_services: Vec<VirtualService>,
    /// `ServiceEntry` objects.
    pub service_entries: Vec<ServiceEntry>,
    /// Names of `Sidecar` objects.
    pub sidecars: Vec<ObjectName>,
    /// `WorkloadEntry` objects.
    pub workload_entries: Vec<WorkloadEntry>,
    /// `Telemetry` objects.
    pub telemetries: Vec<Telemetry>,
    /// `AuthorizationPolicy` objects.
    pub access_policies: Vec<AccessPolicy>,
    /// `PeerAuthentication`, `RequestAuthentication` and `WasmPlugin` objects, with what they select by.
    pub other_policies: Vec<LabelUse>,
    /// `Gateway` objects of networking.istio.io.
    pub istio_gateways: Vec<IstioGateway>,
    /// `Gateway` objects of gateway.networking.k8s.io.
    pub kubernetes_gateways: Vec<KubernetesGateway>,
    /// Istio's objects whose manifest kubectl kept, or whose writer the server noted, with the API
    /// version that was written.
    pub applied: Vec<Applied>,
    /// CRDs of Istio, of the Gateway API and of what depends on them.
    pub crds: Vec<Crd>,
    /// CRDs of the API server that keeps Istio's own objects, where that is not the cluster's: an ASM
    /// instance has one of its own.
    pub rule_crds: Option<Vec<Crd>>,
    /// Mesh configuration by revision.
    pub mesh_configs: BTreeMap<Name, MeshConfig>,
    /// Settings of the CNI agent.
    pub cni: Option<Cni>,
    /// Every Service.
    pub services: Vec<Service>,
    /// `HorizontalPodAutoscaler` objects.
    pub autoscalers: Vec<Autoscaler>,
    /// KEDA's `ScaledObject` objects.
    pub scaled_objects: Vec<ScaledObject>,
    /// Argo CD's `Application` objects.
    pub applications: Vec<Application>,
    /// Names of `IstioOperator` objects.
    pub operators: Vec<ObjectName>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Whether a second istiod finds room on them; none when no node was asked.
    pub room: Option<Room>,
    /// Objects of the Sail operator.
    pub sail: Vec<SailObject>,
    /// `ResourceQuota` objects.
    pub quotas: Vec<Quota>,
    /// `ClusterRoleBinding` objects that bind one of Istio's roles.
    pub bindings: Vec<Binding>,
    /// Selectors of other kinds that name a label of Istio.
    pub label_uses: Vec<LabelUse>,
    /// Names of `PrometheusRule` objects that ask for a label whose meaning changed.
    pub metric_rules: Vec<ObjectName>,
    /// The agents on the nodes: ztunnel and istio-cni.
    pub agents: Vec<Agent>,
    /// Programs beside the mesh that depend on its version.
    pub tools: Vec<Tool>,
    /// Namespaces that hold the ConfigMap `istio-ca-root-cert`.
    pub root_certificates: BTreeSet<Name>,
    /// End of the mesh's root certificate, seconds since the epoch.
    pub root_expires: Option<i64>,
    /// Whether proxies follow their control plane, by revision.
    pub sync: BTreeMap<Name, Sync>,
    /// Who holds the lease of this mesh.
    pub lease: Option<HeldLease>,
    /// Switches that the install's own values set; none when the values are not known.
    pub values: Option<BTreeMap<Name, Name>>,
    /// Whether the values change istiod's settings by more than they name: a compatibility profile or
    /// overlays, whose switches are seen on what was rendered with them and nowhere else.
    pub values_set_more: bool,
    /// Pods of the whole cluster; counted for ambient mode alone.
    pub pods: Option<usize>,
    /// The API server's clock, seconds since the epoch.
    pub server_clock: Option<i64>,
    /// This computer's clock at the same moment.
    pub local_clock: Option<i64>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A kind of object that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// What was asked for.
    pub of: Resource,
    /// Why it was not had, as one sentence.
    pub why: String,
}

/// Whether the proxies of a revision follow it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sync {
    /// Proxies that are connected.
    pub connected: BTreeSet<PodRef>,
    /// Those of them that have not acknowledged their newest configuration.
    pub behind: BTreeSet<PodRef>,
}

impl Evidence {
    /// Why a kind of object could not be read; none when it was.
    pub fn gap(&self, of: Resource) -> Option<&Gap> {
        self.gaps.iter().find(|gap| gap.of == of)
    }

    /// A CRD by its name, such as `gateways.gateway.networking.k8s.io`.
    pub fn crd(&self, name: &str) -> Option<&Crd> {
        self.crds.iter().find(|crd| &*crd.name == name)
    }

    /// The CRD that defines an object. Where ASM keeps Istio's objects, a CRD that was left in the
    /// cluster says nothing about them.
    pub fn crd_of(&self, applied: &Applied) -> Option<&Crd> {
        match &self.rule_crds {
            Some(there) if applied.crd.ends_with(".istio.io") => {
                there.iter().find(|crd| crd.name == applied.crd)
            }
            Some(_) | None => self.crd(&applied.crd),
        }
    }
}
