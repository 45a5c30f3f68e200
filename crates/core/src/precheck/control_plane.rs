//! P-09 and P-10: a control plane that is not fit to be upgraded.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::{Budget, ControlPlane, Installer, Snapshot};

/// A control plane that one failure stops.
pub(super) const ID_SINGLE: &str = "P-09";
/// A control plane that is not ready.
pub(super) const ID_READY: &str = "P-10";

/// Control planes with one replica: injection fails while it restarts.
pub(super) fn single_replica(facts: &Facts<'_>) -> Vec<Finding> {
    let single = own(facts.snapshot).filter(|plane| plane.replicas == 1);
    single
        .map(|plane| {
            let problem = Problem::SingleReplica { revision: plane.revision.clone() };
            let fix = format!(
                "kubectl -n {} scale deployment {} --replicas=2",
                plane.namespace, plane.deployment
            );
            Finding::new(ID_SINGLE, Severity::Warn, subject(plane), problem).mended_by(fix)
        })
        .collect()
}

/// Control planes without a budget, or with one that lets no pod go.
pub(super) fn budgets(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    if let Some(unknown) = super::cannot_tell(ID_SINGLE, snapshot, "poddisruptionbudgets") {
        return vec![unknown];
    }
    let found = own(snapshot).filter_map(|plane| {
        let mut budgets = snapshot.budgets.iter().filter(|budget| covers(budget, plane)).peekable();
        if budgets.peek().is_none() {
            let problem = Problem::NoBudget { revision: plane.revision.clone() };
            let fix = format!(
                "kubectl -n {} create poddisruptionbudget {} --selector=app=istiod,istio.io/rev={} \
                 --min-available=1",
                plane.namespace, plane.deployment, plane.revision
            );
            let finding = Finding::new(ID_SINGLE, Severity::Warn, subject(plane), problem);
            return Some(finding.mended_by(fix));
        }
        let stuck = budgets.find(|budget| budget.disruptions_allowed == 0)?;
        // With one replica the budget can't allow any: that is told already.
        (plane.replicas > 1).then(|| {
            let problem = Problem::BudgetAllowsNothing { budget: stuck.name.clone() };
            let fix = format!("kubectl -n {} edit pdb {}", stuck.namespace, stuck.name);
            Finding::new(ID_SINGLE, Severity::Warn, subject(plane), problem).mended_by(fix)
        })
    });
    found.collect()
}

/// Control planes that an autoscaler may take down to one replica.
pub(super) fn autoscalers(facts: &Facts<'_>) -> Vec<Finding> {
    let scaled = facts.evidence.autoscalers.iter().filter(|scaler| scaler.min < 2);
    scaled
        .filter_map(|scaler| {
            let plane = facts.snapshot.control_planes.iter().find(|plane| {
                plane.namespace == scaler.target.namespace && plane.deployment == scaler.target.name
            })?;
            let autoscaler = scaler.name.name.clone();
            let fix = format!(
                "kubectl -n {} patch hpa {autoscaler} --type=merge -p '{{\"spec\":{{\"minReplicas\":2}}}}'",
                plane.namespace
            );
            let problem = Problem::AutoscalerAllowsOne { autoscaler };
            Some(Finding::new(ID_SINGLE, Severity::Warn, subject(plane), problem).mended_by(fix))
        })
        .collect()
}

/// Control planes that are not ready, or in the middle of a rollout.
pub(super) fn not_ready(facts: &Facts<'_>) -> Vec<Finding> {
    let unready = own(facts.snapshot).filter(|plane| !plane.is_ready());
    unready
        .map(|plane| {
            let problem = Problem::NotReady {
                revision: plane.revision.clone(),
                ready: plane.ready,
                replicas: plane.replicas,
            };
            let fix = format!(
                "kubectl -n {} rollout status deployment {}",
                plane.namespace, plane.deployment
            );
            Finding::new(ID_READY, Severity::Block, subject(plane), problem).mended_by(fix)
        })
        .collect()
}

/// Control planes that somebody here can mend. ASM runs its own as it sees fit and nobody is told
/// how; what an instance is busy with has a rule of its own.
fn own(snapshot: &Snapshot) -> impl Iterator<Item = &ControlPlane> {
    snapshot.control_planes.iter().filter(|plane| plane.installer != Installer::Asm)
}

fn subject(plane: &ControlPlane) -> String {
    format!("Deployment {}/{}", plane.namespace, plane.deployment)
}

/// Whether a budget is for this istiod, by the labels that every install gives its pods.
fn covers(budget: &Budget, plane: &ControlPlane) -> bool {
    let labels = [("app", "istiod"), ("istio.io/rev", &*plane.revision), ("istio", "pilot")];
    let labels = labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    let workload = budget.namespace == plane.namespace;
    workload && crate::injection::selects(&budget.selector, &labels)
}
