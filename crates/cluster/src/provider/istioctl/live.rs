//! The live objects that carry istioctl's labels.
//!
//! Entry point: [`labelled`]. Secrets and pods, which istioctl looks through as well, are not
//! listed: none of Istio's charts renders one, and the app does not list Secrets.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use meshlift_core::inventory::Name;
use meshlift_core::rollout::ObjectRef;
use serde::Deserialize;

use super::compare::Live;
use crate::actuate::raw;
use crate::calls::CallError;
use crate::connection::Connection;

/// One kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KindOf {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) resource: &'static str,
    pub(super) cluster_wide: bool,
}

/// The kinds that istioctl prunes and Istio's charts create, in the order in which a revision is
/// taken apart: nothing may be sent to an istiod that is gone, and its address goes last.
pub(super) const KINDS: &[KindOf] = &[
    cluster_wide(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
    ),
    cluster_wide(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    ),
    namespaced("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    namespaced("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    namespaced("apps/v1", "Deployment", "deployments"),
    namespaced("apps/v1", "DaemonSet", "daemonsets"),
    namespaced("networking.istio.io/v1alpha3", "EnvoyFilter", "envoyfilters"),
    namespaced("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    namespaced("v1", "ConfigMap", "configmaps"),
    namespaced("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
    namespaced("rbac.authorization.k8s.io/v1", "Role", "roles"),
    cluster_wide("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings"),
    cluster_wide("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles"),
    namespaced("v1", "ServiceAccount", "serviceaccounts"),
    namespaced("v1", "Service", "services"),
];

const fn namespaced(
    api_version: &'static str,
    kind: &'static str,
    resource: &'static str,
) -> KindOf {
    KindOf { api_version, kind, resource, cluster_wide: false }
}

const fn cluster_wide(
    api_version: &'static str,
    kind: &'static str,
    resource: &'static str,
) -> KindOf {
    KindOf { api_version, kind, resource, cluster_wide: true }
}

/// Whether objects of this kind stand outside namespaces.
pub(super) fn is_cluster_wide(kind: &str) -> bool {
    KINDS.iter().any(|known| known.kind == kind && known.cluster_wide)
        || kind == "CustomResourceDefinition"
}

/// Every object of [`KINDS`] that a label selector matches, in the order of the kinds.
pub(super) async fn labelled(
    connection: &Connection,
    selector: &str,
) -> Result<Vec<Live>, CallError> {
    let lists = KINDS.iter().map(|kind| list(connection, kind, selector));
    Ok(try_join_all(lists).await?.into_iter().flatten().collect())
}

async fn list(
    connection: &Connection,
    kind: &KindOf,
    selector: &str,
) -> Result<Vec<Live>, CallError> {
    let group = if kind.api_version.contains('/') { "apis" } else { "api" };
    let path = format!("/{group}/{}/{}", kind.api_version, kind.resource);
    let listed = raw::list(connection, &path, selector).await;
    let items: Vec<Item> = match listed {
        Ok(items) => items,
        // A cluster without the CRD has none of its objects.
        Err(CallError::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(items.into_iter().map(|item| item.into_live(kind)).collect())
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: Name,
    namespace: Option<Name>,
    uid: Name,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

impl Item {
    fn into_live(self, kind: &KindOf) -> Live {
        let Metadata { name, namespace, uid, labels } = self.metadata;
        let object = ObjectRef {
            api_version: kind.api_version.into(),
            kind: kind.kind.into(),
            resource: kind.resource.into(),
            namespace,
            name,
        };
        Live { object, uid, labels }
    }
}
