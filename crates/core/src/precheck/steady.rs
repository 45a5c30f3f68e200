//! P-36: a cluster that is in trouble already: what a restart does could not be told apart from it.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::Node;

/// Cluster not steady.
pub(super) const ID: &str = "P-36";

/// Pods out of a hundred that may be unready.
const TOLERATED: usize = 10;

/// Too many pods of the mesh that are not ready, and nodes that are not well.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let running = || facts.snapshot.pods.values().filter(|pod| !pod.is_finished());
    let total = running().count();
    let count = running().filter(|pod| !pod.ready && !pod.terminating).count();
    let mut findings: Vec<Finding> = facts.evidence.nodes.iter().filter_map(unsteady).collect();
    if count * 100 > total * TOLERATED {
        let problem = Problem::PodsNotReady { count, total };
        findings.push(Finding::new(ID, Severity::Warn, "Mesh", problem));
    }
    findings
}

fn unsteady(node: &Node) -> Option<Finding> {
    let mut why: Vec<&str> = node.pressure.iter().map(|it| &**it).collect();
    if !node.ready {
        why.push("NotReady");
    }
    if why.is_empty() {
        return None;
    }
    let problem = Problem::NodeUnsteady { why: why.join(", ") };
    let fix = format!("kubectl describe node {}", node.name);
    Some(Finding::new(ID, Severity::Warn, format!("Node {}", node.name), problem).mended_by(fix))
}
