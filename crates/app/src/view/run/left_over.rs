//! Workloads that appeared during a run: they are listed, never added to it. Entry point:
//! [`left_over`].

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::inventory::WorkloadRef;
use meshlift_core::rollout::Step;

use super::Sight;

/// Workloads in the run's namespaces that it does not know and whose pods are all younger than it.
pub(crate) fn left_over(sight: &Sight<'_>) -> Vec<WorkloadRef> {
    let Some(snapshot) = sight.snapshot.filter(|_| sight.history.ended.is_none()) else {
        return Vec::new();
    };
    let waves = sight.record.plan.steps.iter().filter_map(Step::wave);
    let items: BTreeSet<&WorkloadRef> =
        waves.flat_map(|wave| &wave.items).map(|item| &item.workload).collect();
    let namespaces: BTreeSet<_> = items.iter().map(|workload| &workload.namespace).collect();
    let began = sight.record.started.as_second();
    let mut young: BTreeMap<&WorkloadRef, bool> = BTreeMap::new();
    for pod in snapshot.pods.values() {
        let Some(workload) = &pod.workload else { continue };
        if namespaces.contains(&workload.namespace) && !items.contains(workload) {
            let is_young = pod.created > began && pod.proxy.is_some();
            young.entry(workload).and_modify(|all| *all &= is_young).or_insert(is_young);
        }
    }
    young.into_iter().filter(|(_, all)| *all).map(|(workload, _)| workload.clone()).collect()
}
