//! Workloads that appeared during a run: they are listed, never added to it. Entry point:
//! [`left_over`].

use std::collections::{BTreeMap, BTreeSet};

use meshlift_core::inventory::WorkloadRef;
use meshlift_core::rollout::StepAction;

use super::Sight;

/// Workloads in the run's namespaces that it does not know and whose pods are all younger than it.
pub(crate) fn left_over(sight: &Sight<'_>) -> Vec<WorkloadRef> {
    let Some(snapshot) = sight.snapshot.filter(|_| sight.history.ended.is_none()) else {
        return Vec::new();
    };
    let items: BTreeSet<&WorkloadRef> = sight
        .record
        .plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            StepAction::Restart { wave } => Some(wave.items.iter().map(|item| &item.workload)),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => None,
        })
        .flatten()
        .collect();
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
