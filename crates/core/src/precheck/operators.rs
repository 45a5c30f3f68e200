//! P-34: somebody else who is at work on this mesh.

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
