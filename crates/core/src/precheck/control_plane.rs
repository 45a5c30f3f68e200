//! P-09 and P-10: a control plane that is not fit to be upgraded.

use super::{Aim, Finding, Problem, Severity};
use crate::inventory::{Installer, Snapshot};

/// A single istiod replica.
pub(super) const ID_SINGLE: &str = "P-09";
/// A control plane that is not ready.
pub(super) const ID_READY: &str = "P-10";

/// Control planes with one replica: injection fails while it restarts.
pub(super) fn single_replica(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    // ASM runs its own as it sees fit, and nobody is told how.
    let own = snapshot.control_planes.iter().filter(|plane| plane.installer != Installer::Asm);
    let single = own.filter(|plane| plane.replicas == 1);
    single
        .map(|plane| {
            let subject = format!("Deployment {}/{}", plane.namespace, plane.deployment);
            let problem = Problem::SingleReplica { revision: plane.revision.clone() };
            let fix = format!(
                "kubectl -n {} scale deployment {} --replicas=2",
                plane.namespace, plane.deployment
            );
            Finding::new(ID_SINGLE, Severity::Warn, subject, problem).mended_by(fix)
        })
        .collect()
}

/// Control planes that are not ready, or in the middle of a rollout.
pub(super) fn not_ready(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    // What an instance is busy with has a rule of its own.
    let own = snapshot.control_planes.iter().filter(|plane| plane.installer != Installer::Asm);
    let unready = own.filter(|plane| !plane.is_ready());
    unready
        .map(|plane| {
            let subject = format!("Deployment {}/{}", plane.namespace, plane.deployment);
            let problem = Problem::NotReady {
                revision: plane.revision.clone(),
                ready: plane.ready,
                replicas: plane.replicas,
            };
            Finding::new(ID_READY, Severity::Block, subject, problem)
        })
        .collect()
}
