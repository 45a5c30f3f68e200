//! Where pods may be missing from the mesh. A pod that was not injected carries no label of the mesh,
//! so nothing brings it; it shows in a workload that has more pods than the mesh has of it.
//!
//! Entry point: [`namespaces`]. It asks for too much rather than too little: what a pod's labels
//! promise is decided by the webhooks' selectors, elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::inventory::{
    INJECT_LABEL, Kind, Name, Namespace, REVISION_LABEL, Role, RolloutState, Workload, WorkloadRef,
};

use super::store::Store;

/// Namespaces read for such pods at a time.
const LIMIT: usize = 64;

/// The namespaces to look into, the first of them in the order of names.
pub(super) fn namespaces(store: &Store) -> BTreeSet<Name> {
    let counts = mesh_pods_of(store);
    let by_default = injects_by_default(store);
    store
        .workloads()
        .filter(|workload| may_be_injected(store, workload, by_default))
        .filter(|workload| {
            let found = counts.get(&workload.reference).copied().unwrap_or_default();
            found < workload.status.current
        })
        .map(|workload| Name::clone(&workload.reference.namespace))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .take(LIMIT)
        .collect()
}

fn mesh_pods_of(store: &Store) -> BTreeMap<WorkloadRef, u32> {
    let mut counts = BTreeMap::new();
    for (_, workload) in store.mesh_pods() {
        if let Some(workload) = workload {
            *counts.entry(workload.clone()).or_default() += 1;
        }
    }
    counts
}

fn may_be_injected(store: &Store, workload: &Workload, by_default: bool) -> bool {
    let countable =
        matches!(workload.reference.kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet);
    // In the middle of a rollout the counts of workload and pods come at different times.
    let settled = workload.status.rollout() == RolloutState::Complete;
    let template = &workload.template;
    let injectable = workload.role != Role::ControlPlane && !template.host_network;
    let label = |key: &str| template.labels.get(key).map(|value| &**value);
    let opted_out = label(INJECT_LABEL) == Some("false");
    let by_pod = label(INJECT_LABEL) == Some("true") || label(REVISION_LABEL).is_some();
    let namespace = store.namespaces.get(&workload.reference.namespace);
    let by_namespace = namespace.is_some_and(|namespace| asks_for_injection(namespace, by_default));
    countable && settled && injectable && !opted_out && (by_pod || by_namespace)
}

fn asks_for_injection(namespace: &Namespace, by_default: bool) -> bool {
    let labels = namespace.injection_labels();
    match (labels.injection.as_deref(), labels.revision) {
        (Some("disabled"), _) => false,
        (Some(_), _) | (None, Some(_)) => true,
        (None, None) => by_default && !EXEMPT.contains(&&*namespace.name),
    }
}

/// Namespaces that istiod never injects into.
const EXEMPT: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// Whether an injector takes in what has no label at all (enableNamespacesByDefault).
fn injects_by_default(store: &Store) -> bool {
    store
        .injectors
        .values()
        .flat_map(|injector| &injector.webhooks)
        .any(|webhook| webhook.name.starts_with("auto."))
}
