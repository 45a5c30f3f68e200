//! Kubernetes' own objects, folded: Services, autoscalers, nodes, quotas and what is bound.

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::inventory::evidence::{
    Autoscaler, Binding, LabelUse, Measure, Node, ObjectName, Quota, QuotaLine, Resource, Service,
    ServiceKind,
};
use meshlift_core::inventory::{Evidence, Kind, Name, WorkloadRef};
use serde::Deserialize;
use serde_json::Value;

use super::reader::{Reader, name};
use super::traffic::istio_keys;
use crate::wire::{self, ObjectMeta, thousandths};

/// Reads them.
pub(super) async fn read(reader: &Reader) -> Evidence {
    let (services, scalers, nodes, quotas, bindings, policies) = tokio::join!(
        reader.built_in(Resource::Services, "/api/v1/services", |it: RawService| Some(it.fold())),
        reader.built_in(
            Resource::Autoscalers,
            "/apis/autoscaling/v2/horizontalpodautoscalers",
            |it: RawAutoscaler| Some(it.fold()),
        ),
        reader.built_in(Resource::Nodes, "/api/v1/nodes", |it: RawNode| Some(it.fold())),
        reader.built_in(Resource::Quotas, "/api/v1/resourcequotas", |it: RawQuota| Some(it.fold())),
        reader.built_in(
            Resource::ClusterRoleBindings,
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            RawBinding::fold,
        ),
        reader.built_in(
            Resource::NetworkPolicies,
            "/apis/networking.k8s.io/v1/networkpolicies",
            RawPolicy::fold,
        ),
    );
    let mut evidence = Evidence::default();
    evidence.services = services.into(&mut evidence);
    evidence.autoscalers = scalers.into(&mut evidence);
    evidence.nodes = nodes.into(&mut evidence);
    evidence.quotas = quotas.into(&mut evidence);
    evidence.bindings = bindings.into(&mut evidence);
    evidence.label_uses = policies.into(&mut evidence);
    evidence
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawService {
    metadata: ObjectMeta,
    spec: ServiceSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ServiceSpec {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "clusterIP")]
    cluster_ip: String,
    external_name: String,
    #[serde(deserialize_with = "wire::null_as_default")]
    selector: BTreeMap<String, String>,
    #[serde(deserialize_with = "wire::null_as_default")]
    ports: Vec<Port>,
    publish_not_ready_addresses: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Port {
    port: u32,
}

impl RawService {
    fn fold(self) -> Service {
        let Self { metadata, spec } = self;
        let of = match (spec.kind.as_str(), spec.cluster_ip.as_str()) {
            ("ExternalName", _) => ServiceKind::ExternalName { host: spec.external_name.into() },
            (_, "None") => ServiceKind::Headless,
            (_, _) => ServiceKind::Addressed,
        };
        Service {
            name: name(&metadata),
            of,
            selector: spec.selector.into_iter().map(|(key, it)| (key.into(), it.into())).collect(),
            publishes_unready: spec.publish_not_ready_addresses,
            ports: spec.ports.iter().map(|port| port.port).collect(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawAutoscaler {
    metadata: ObjectMeta,
    spec: AutoscalerSpec,
    status: AutoscalerStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AutoscalerSpec {
    scale_target_ref: Target,
    min_replicas: Option<u32>,
    max_replicas: u32,
}

/// What is scaled.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Target {
    kind: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AutoscalerStatus {
    current_replicas: Option<u32>,
}

impl RawAutoscaler {
    fn fold(self) -> Autoscaler {
        let Self { metadata, spec, status } = self;
        Autoscaler {
            target: spec.scale_target_ref.within(&metadata.namespace),
            name: name(&metadata),
            min: spec.min_replicas.unwrap_or(1),
            max: spec.max_replicas,
            current: status.current_replicas.unwrap_or_default(),
        }
    }
}

impl Target {
    pub(super) fn within(&self, namespace: &str) -> WorkloadRef {
        let kind = match self.kind.as_str() {
            "Deployment" | "" => Kind::Deployment,
            "StatefulSet" => Kind::StatefulSet,
            "ReplicaSet" => Kind::ReplicaSet,
            _ => Kind::Other,
        };
        WorkloadRef { namespace: namespace.into(), kind, name: self.name.as_str().into() }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawNode {
    metadata: ObjectMeta,
    spec: NodeSpec,
    status: NodeStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeSpec {
    unschedulable: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NodeStatus {
    conditions: Vec<Condition>,
    node_info: NodeInfo,
    allocatable: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NodeInfo {
    kubelet_version: String,
}

impl RawNode {
    fn fold(self) -> Node {
        let Self { metadata, spec, status } = self;
        let holds = |one: &&Condition| one.status == "True";
        let conditions = || status.conditions.iter().filter(holds);
        let pressure = conditions()
            .filter(|one| one.kind.ends_with("Pressure") || one.kind == "NetworkUnavailable");
        let allocatable = |what: &str| thousandths(status.allocatable.get(what)?);
        Node {
            cpu: allocatable("cpu"),
            memory: allocatable("memory").map(|thousandths| thousandths / 1000),
            kubelet: status.node_info.kubelet_version.as_str().into(),
            schedulable: !spec.unschedulable,
            ready: conditions().any(|one| one.kind == "Ready"),
            pressure: pressure.map(|one| one.kind.as_str().into()).collect(),
            name: metadata.name.into(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawQuota {
    metadata: ObjectMeta,
    status: QuotaStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct QuotaStatus {
    #[serde(deserialize_with = "wire::null_as_default")]
    hard: BTreeMap<String, String>,
    #[serde(deserialize_with = "wire::null_as_default")]
    used: BTreeMap<String, String>,
}

impl RawQuota {
    fn fold(self) -> Quota {
        let QuotaStatus { hard, used } = &self.status;
        let lines = hard.iter().filter_map(|(resource, hard)| {
            let of = measure(resource)?;
            let used = used.get(resource).and_then(|used| thousandths(used)).unwrap_or_default();
            Some(QuotaLine { of, hard: thousandths(hard)?, used })
        });
        Quota { name: name(&self.metadata), lines: lines.collect() }
    }
}

fn measure(resource: &str) -> Option<Measure> {
    Some(match resource {
        "pods" | "count/pods" => Measure::Pods,
        "cpu" | "requests.cpu" => Measure::RequestsCpu,
        "memory" | "requests.memory" => Measure::RequestsMemory,
        "limits.cpu" => Measure::LimitsCpu,
        "limits.memory" => Measure::LimitsMemory,
        _ => return None,
    })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawBinding {
    metadata: ObjectMeta,
    role_ref: RoleRef,
    #[serde(deserialize_with = "wire::null_as_default")]
    subjects: Vec<Subject>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RoleRef {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject {
    kind: String,
    namespace: String,
    name: String,
}

impl RawBinding {
    /// Bindings of the roles that the base chart made: `istiod-<namespace>` and its reader.
    fn fold(self) -> Option<Binding> {
        let role = self.role_ref.name.as_str();
        let by_base = ["istiod-istio", "istio-reader-istio"].iter().any(|it| role.starts_with(it));
        let accounts = self.subjects.iter().filter(|subject| subject.kind == "ServiceAccount");
        let accounts: BTreeSet<ObjectName> = accounts
            .map(|it| ObjectName {
                namespace: it.namespace.as_str().into(),
                name: it.name.as_str().into(),
            })
            .collect();
        by_base.then(|| Binding { name: self.metadata.name.into(), role: role.into(), accounts })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawPolicy {
    metadata: ObjectMeta,
    spec: PolicySpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PolicySpec {
    pod_selector: Value,
}

impl RawPolicy {
    fn fold(self) -> Option<LabelUse> {
        let keys: BTreeSet<Name> = istio_keys(&self.spec.pod_selector);
        (!keys.is_empty()).then(|| LabelUse {
            kind: "NetworkPolicy".into(),
            name: name(&self.metadata),
            keys,
        })
    }
}
