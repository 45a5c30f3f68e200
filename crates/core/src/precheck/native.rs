//! P-30: proxies that move from `containers` to `initContainers` at their next start.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::Node;
use crate::inventory::{Name, ProxyPlacement, TemplateTrait, WorkloadRef};
use crate::version::Minor;

/// Native-sidecar flip.
pub(super) const ID: &str = "P-30";

/// Istio from which the placement follows the nodes, and the kubelets that it takes
/// (`domain/istio.md` §13, B127-1).
const SINCE: Minor = Minor { major: 1, minor: 27 };
const KUBELET: Minor = Minor { major: 1, minor: 33 };

/// How many workloads change the place of their proxy.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(kubelet) = takes_effect(facts) else { return Vec::new() };
    let classic: BTreeSet<&WorkloadRef> = facts
        .snapshot
        .pods
        .values()
        .filter(|pod| {
            pod.proxy.as_ref().is_some_and(|proxy| proxy.placement == ProxyPlacement::Classic)
        })
        .filter_map(|pod| pod.workload.as_ref())
        .collect();
    let chosen = TemplateTrait::ChoosesPlacement;
    let count = facts
        .injected()
        .filter(|(workload, _)| !workload.template.traits.contains(&chosen))
        .filter(|(workload, _)| classic.contains(&workload.reference))
        .count();
    if count == 0 {
        return Vec::new();
    }
    let problem = Problem::PlacementFlips { count, kubelet };
    vec![Finding::new(ID, Severity::Warn, "Data plane", problem)]
}

/// The oldest kubelet, when the path makes proxies native sidecars and nothing switches that off.
pub(super) fn takes_effect(facts: &Facts<'_>) -> Option<Name> {
    let crosses = facts.source?.minor() < SINCE && SINCE <= facts.aim.target.minor();
    let switched = facts.switch("ENABLE_NATIVE_SIDECARS").is_some();
    if !crosses || switched {
        return None;
    }
    let oldest = facts.evidence.nodes.iter().min_by_key(|node| minor(node))?;
    (minor(oldest)? >= KUBELET).then(|| oldest.kubelet.clone())
}

fn minor(node: &Node) -> Option<Minor> {
    Minor::leading(&node.kubelet)
}
