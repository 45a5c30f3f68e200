//! Which kinds of objects the API server knows: built-in ones, and those of installed CRDs.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshlift_core::inventory::Name;
use serde_json::Value;

use crate::json;
use crate::proto::{Message, schema};

/// Resource ids, as they stand in keys and messages.
pub(crate) mod id {
    pub(crate) const NAMESPACES: &str = "namespaces";
    pub(crate) const NODES: &str = "nodes";
    pub(crate) const PODS: &str = "pods";
    pub(crate) const SERVICES: &str = "services";
    pub(crate) const CONFIG_MAPS: &str = "configmaps";
    pub(crate) const DEPLOYMENTS: &str = "deployments.apps";
    pub(crate) const REPLICA_SETS: &str = "replicasets.apps";
    pub(crate) const STATEFUL_SETS: &str = "statefulsets.apps";
    pub(crate) const DAEMON_SETS: &str = "daemonsets.apps";
    pub(crate) const REVISIONS: &str = "controllerrevisions.apps";
    pub(crate) const JOBS: &str = "jobs.batch";
    pub(crate) const BUDGETS: &str = "poddisruptionbudgets.policy";
    pub(crate) const ENDPOINT_SLICES: &str = "endpointslices.discovery.k8s.io";
    pub(crate) const LEASES: &str = "leases.coordination.k8s.io";
    pub(crate) const INJECTORS: &str = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
    pub(crate) const VALIDATORS: &str =
        "validatingwebhookconfigurations.admissionregistration.k8s.io";
    pub(crate) const CRDS: &str = "customresourcedefinitions.apiextensions.k8s.io";
}

/// One kind of objects.
#[derive(Clone)]
pub(crate) struct Resource {
    /// Plural and group, such as `deployments.apps`; the plural alone for the core group.
    pub(crate) id: Name,
    /// Its API group; empty for the core group.
    pub(crate) group: Name,
    /// Its versions; the first is preferred.
    pub(crate) versions: Vec<Name>,
    /// Its plural name.
    pub(crate) plural: Name,
    /// Its kind.
    pub(crate) kind: Name,
    /// Whether its objects live in namespaces.
    pub(crate) namespaced: bool,
    /// Whether it comes from a CRD.
    pub(crate) custom: bool,
    /// Its protobuf form.
    pub(crate) schema: Option<&'static Message>,
}

impl Resource {
    /// Such as `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        let version = self.versions.first().map_or("v1", |version| version);
        if self.group.is_empty() {
            return version.to_owned();
        }
        format!("{}/{version}", self.group)
    }

    fn built_in(group: &str, plural: &str, kind: &str, namespaced: bool) -> Self {
        Self {
            id: id_of(group, plural),
            group: group.into(),
            versions: vec![if group == "autoscaling" { "v2" } else { "v1" }.into()],
            plural: plural.into(),
            kind: kind.into(),
            namespaced,
            custom: false,
            schema: schema(kind),
        }
    }

    fn of_crd(crd: &Value) -> Self {
        let (group, plural) =
            (json::text(crd, &["spec", "group"]), json::text(crd, &["spec", "names", "plural"]));
        Self {
            id: id_of(group, plural),
            group: group.into(),
            versions: json::items(crd, &["spec", "versions"])
                .iter()
                .map(|version| Name::from(json::text(version, &["name"])))
                .collect(),
            plural: plural.into(),
            kind: json::text(crd, &["spec", "names", "kind"]).into(),
            namespaced: json::text(crd, &["spec", "scope"]) == "Namespaced",
            custom: true,
            schema: None,
        }
    }
}

fn id_of(group: &str, plural: &str) -> Name {
    if group.is_empty() { plural.into() } else { format!("{plural}.{group}").into() }
}

/// All known resources.
#[derive(Clone)]
pub(crate) struct Registry(BTreeMap<Name, Arc<Resource>>);

impl Registry {
    /// The built-in ones.
    pub(crate) fn new() -> Self {
        let built_in = BUILT_IN.iter().map(|(group, plural, kind, namespaced)| {
            let resource = Resource::built_in(group, plural, kind, *namespaced);
            (resource.id.clone(), Arc::new(resource))
        });
        Self(built_in.collect())
    }

    /// The resource of this id.
    pub(crate) fn of_id(&self, id: &str) -> Option<Arc<Resource>> {
        self.0.get(id).cloned()
    }

    /// The resource that a path names.
    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        let found = self.0.get(&id_of(group, plural))?;
        found.versions.iter().any(|known| &**known == version).then(|| found.clone())
    }

    /// The resource of an object's own kind.
    pub(crate) fn of_object(&self, object: &Value) -> Option<Arc<Resource>> {
        let (version, kind) = (json::text(object, &["apiVersion"]), json::text(object, &["kind"]));
        let group = version.split_once('/').map_or("", |(group, _)| group);
        self.0.values().find(|known| &*known.kind == kind && &*known.group == group).cloned()
    }

    /// Adds what a CRD defines.
    pub(crate) fn add(&mut self, crd: &Value) {
        let resource = Resource::of_crd(crd);
        self.0.insert(resource.id.clone(), Arc::new(resource));
    }

    /// Takes away what a CRD defined.
    pub(crate) fn drop(&mut self, crd: &Value) {
        self.0.remove(&Resource::of_crd(crd).id);
    }

    /// All of them, in the order of their ids.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.0.values()
    }
}

/// Group, plural, kind, and whether it is namespaced.
const BUILT_IN: &[(&str, &str, &str, bool)] = &[
    ("", "namespaces", "Namespace", false),
    ("", "nodes", "Node", false),
    ("", "pods", "Pod", true),
    ("", "services", "Service", true),
    ("", "configmaps", "ConfigMap", true),
    ("", "secrets", "Secret", true),
    ("", "serviceaccounts", "ServiceAccount", true),
    ("", "events", "Event", true),
    ("", "resourcequotas", "ResourceQuota", true),
    ("apps", "deployments", "Deployment", true),
    ("apps", "replicasets", "ReplicaSet", true),
    ("apps", "statefulsets", "StatefulSet", true),
    ("apps", "daemonsets", "DaemonSet", true),
    ("apps", "controllerrevisions", "ControllerRevision", true),
    ("batch", "jobs", "Job", true),
    ("batch", "cronjobs", "CronJob", true),
    ("policy", "poddisruptionbudgets", "PodDisruptionBudget", true),
    ("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true),
    ("discovery.k8s.io", "endpointslices", "EndpointSlice", true),
    ("coordination.k8s.io", "leases", "Lease", true),
    ("networking.k8s.io", "networkpolicies", "NetworkPolicy", true),
    ("rbac.authorization.k8s.io", "roles", "Role", true),
    ("rbac.authorization.k8s.io", "rolebindings", "RoleBinding", true),
    ("rbac.authorization.k8s.io", "clusterroles", "ClusterRole", false),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding", false),
    (
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        false,
    ),
    (
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        false,
    ),
    ("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", false),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_crd_brings_its_resource_and_takes_it_away() {
        let crd = json!({ "spec": {
            "group": "networking.istio.io",
            "names": { "plural": "gateways", "kind": "Gateway" },
            "scope": "Namespaced",
            "versions": [{ "name": "v1" }, { "name": "v1beta1" }],
        } });
        let mut registry = Registry::new();

        registry.add(&crd);
        assert!(registry.find("networking.istio.io", "v1beta1", "gateways").is_some());

        registry.drop(&crd);
        assert!(registry.find("networking.istio.io", "v1", "gateways").is_none());
    }

    #[test]
    fn a_version_that_is_not_served_is_not_found() {
        assert!(Registry::new().find("apps", "v1beta1", "deployments").is_none());
    }
}
