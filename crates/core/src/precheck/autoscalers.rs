//! P-28: autoscalers that change what a restart does.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::WorkloadRef;

/// Autoscaler limits.
pub(super) const ID: &str = "P-28";

/// Autoscalers of mesh workloads that are at their maximum: a restart takes pods from what is busy.
pub(super) fn at_maximum(facts: &Facts<'_>) -> Vec<Finding> {
    let full = facts.evidence.autoscalers.iter().filter(|it| it.current >= it.max && it.max > 1);
    let meshed = meshed(facts);
    full.filter(|it| meshed.contains(&it.target))
        .map(|it| {
            let autoscaler = it.name.name.clone();
            let fix = format!(
                "kubectl -n {} patch hpa {autoscaler} --type=merge -p '{{\"spec\":{{\"maxReplicas\":{}}}}}'",
                it.name.namespace,
                it.max + it.max.div_ceil(4)
            );
            let problem = Problem::AtItsMaximum { autoscaler, max: it.max };
            Finding::new(ID, Severity::Warn, it.target.to_string(), problem).mended_by(fix)
        })
        .collect()
}

/// Workloads that KEDA took to none: their pods come up on the new revision at their next start.
pub(super) fn scaled_to_zero(facts: &Facts<'_>) -> Vec<Finding> {
    let asleep = facts.evidence.scaled_objects.iter().filter(|it| {
        let workload = facts.snapshot.workloads.get(&it.target);
        workload.is_some_and(|workload| workload.status.desired == 0)
    });
    let meshed = meshed(facts);
    asleep
        .filter(|it| meshed.contains(&it.target))
        .map(|it| {
            let problem = Problem::ScaledToZero { by: it.name.name.clone() };
            Finding::new(ID, Severity::Warn, it.target.to_string(), problem)
        })
        .collect()
}

/// The workloads of the mesh.
fn meshed<'a>(facts: &'a Facts<'_>) -> BTreeSet<&'a WorkloadRef> {
    facts.meshed().map(|(workload, _)| &workload.reference).collect()
}
