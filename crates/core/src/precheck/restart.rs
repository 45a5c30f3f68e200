//! P-25 and P-27: workloads that a restart can't replace, would interrupt, or would not change.

use super::{Aim, Finding, Problem, Severity};
use crate::dataplane::{self, Hindrance};
use crate::inventory::{Role, Snapshot, Workload};

/// Restarts that can't be done, or would hurt.
pub(super) const ID: &str = "P-25";
/// Restarts that would not help.
pub(super) const ID_PINNED: &str = "P-27";

/// Mesh workloads that can't be restarted, would stop altogether, or may break a budget.
pub(super) fn check(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        super::cannot_tell(ID, snapshot, "poddisruptionbudgets").into_iter().collect();
    for assessment in dataplane::assess(snapshot) {
        let Some(workload) = snapshot.workloads.get(&assessment.workload) else { continue };
        if assessment.after.revision.is_none() || assessment.role == Role::ManagedGateway {
            continue;
        }
        match assessment.hindrance {
            Some(Hindrance::PinnedImage { .. } | Hindrance::OwnProxy | Hindrance::Job) => {}
            Some(reason) => findings.push(found(workload, Problem::CannotRestart { reason })),
            None => findings.extend(hurts(snapshot, workload)),
        }
    }
    findings
}

/// Workloads whose proxy a restart leaves as it is.
pub(super) fn pinned(snapshot: &Snapshot, _: &Aim<'_>) -> Vec<Finding> {
    let workloads = snapshot.workloads.values();
    workloads
        .filter_map(|workload| {
            let image = workload.template.proxy_image.clone()?;
            let problem = Problem::PinnedImage { image };
            let subject = workload.reference.to_string();
            Some(Finding::new(ID_PINNED, Severity::Warn, subject, problem))
        })
        .collect()
}

fn hurts(snapshot: &Snapshot, workload: &Workload) -> Option<Finding> {
    let disruption = dataplane::disruption(snapshot, workload);
    if let Some((budget, allowed)) = disruption.exceeds {
        let problem = Problem::BudgetTooSmall { budget, allowed, needed: disruption.may_take };
        return Some(found(workload, problem));
    }
    disruption.interrupts.then(|| found(workload, Problem::Recreate))
}

fn found(workload: &Workload, problem: Problem) -> Finding {
    Finding::new(ID, Severity::Warn, workload.reference.to_string(), problem)
}
