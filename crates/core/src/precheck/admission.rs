//! P-19: namespaces whose pod security refuses what injection adds. What a policy engine would say is
//! told by the dry-run pod that is made before each restart.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::Kind;

/// Admission policies.
pub(super) const ID: &str = "P-19";

/// Label of the level that a namespace enforces.
const ENFORCED: &str = "pod-security.kubernetes.io/enforce";

/// Namespaces that enforce a level which the container `istio-init` is above. With the CNI agent no
/// pod has such a container.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let has_agent = facts.snapshot.workloads.keys().any(|reference| {
        reference.kind == Kind::DaemonSet && reference.name.starts_with("istio-cni-node")
    });
    if has_agent {
        return Vec::new();
    }
    let injected = facts.injected().filter(|(_, assessment)| assessment.after.revision.is_some());
    let namespaces: BTreeSet<_> =
        injected.map(|(workload, _)| &workload.reference.namespace).collect();
    let refusing = namespaces.into_iter().filter_map(|name| {
        let level = facts.snapshot.namespaces.get(name)?.labels.get(ENFORCED)?;
        matches!(&**level, "restricted" | "baseline").then(|| {
            let fix = format!("kubectl label namespace {name} {ENFORCED}=privileged --overwrite");
            let problem = Problem::PodSecurity { level: level.clone() };
            Finding::new(ID, Severity::Block, format!("Namespace {name}"), problem).mended_by(fix)
        })
    });
    refusing.collect()
}
