//! P-34: somebody else who is at work on this mesh. What Helm and AKS are doing stands in Secrets and
//! in Azure's own API, neither of which is asked.

use super::facts::Facts;
use super::{Finding, Problem, Severity};

/// Another operator at work.
pub(super) const ID: &str = "P-34";

/// A lease that another operator holds and that has not run out, by the API server's clock. What
/// really keeps two apart is the lease itself, taken when a run starts.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(lease) = &facts.evidence.lease else { return Vec::new() };
    let now = facts.evidence.server_clock.unwrap_or(i64::MAX);
    let over = lease.renewed.saturating_add(lease.lasts) < now;
    if over || lease.holder.is_empty() || &*lease.holder == facts.aim.operator {
        return Vec::new();
    }
    let problem = Problem::LeaseHeld { holder: lease.holder.clone() };
    vec![Finding::new(ID, Severity::Block, "Lease", problem)]
}

/// Control planes that the Sail operator is changing.
pub(super) fn sail(facts: &Facts<'_>) -> Vec<Finding> {
    let busy = facts.evidence.sail.iter().filter(|object| object.is_busy);
    let found = busy.map(|object| {
        let subject = format!("{} {}", object.kind, object.name);
        let fix = format!("kubectl get {} {} -o yaml", object.kind.to_lowercase(), object.name);
        let problem = Problem::OtherToolBusy { tool: "Sail".into() };
        Finding::new(ID, Severity::Block, subject, problem).mended_by(fix)
    });
    found.collect()
}

/// Applications of Argo CD that are being applied into a namespace of a control plane.
pub(super) fn syncing(facts: &Facts<'_>) -> Vec<Finding> {
    let applications = facts.evidence.applications.iter();
    let busy = applications.filter(|one| one.is_syncing && facts.is_istios(&one.destination));
    let found = busy.map(|one| {
        let subject = format!("Application {}", one.name);
        let fix = format!(
            "kubectl -n {} get applications.argoproj.io {} -w",
            one.name.namespace, one.name.name
        );
        let problem = Problem::OtherToolBusy { tool: "Argo CD".into() };
        Finding::new(ID, Severity::Block, subject, problem).mended_by(fix)
    });
    found.collect()
}
