//! P-30: proxies that move from `containers` to `initContainers` at their next start.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::Node;
use crate::inventory::{Name, Pod, ProxyPlacement, Snapshot, TemplateTrait, WorkloadRef};
use crate::policy::Provider;
use crate::version::{MeshVersion, Minor};

/// Native-sidecar flip.
pub(super) const ID: &str = "P-30";

/// Istio from which the placement follows the nodes, and the kubelets that it takes
/// (`domain/istio.md` §13, B127-1).
const SINCE: Minor = Minor { major: 1, minor: 27 };
const KUBELET: Minor = Minor { major: 1, minor: 33 };
/// ASM from which it is native, and the Kubernetes that it takes (`domain/asm.md` §5.1).
pub(super) const ASM_SINCE: Minor = Minor { major: 1, minor: 22 };
const ASM_KUBERNETES: Minor = Minor { major: 1, minor: 30 };

/// How many workloads change the place of their proxy.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(kubelet) = takes_effect(facts) else { return Vec::new() };
    let classic = placed(facts.snapshot, ProxyPlacement::Classic);
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

/// Workloads that have a proxy in this place.
pub(super) fn placed(snapshot: &Snapshot, place: ProxyPlacement) -> BTreeSet<&WorkloadRef> {
    let in_place = |pod: &&Pod| pod.proxy.as_ref().is_some_and(|proxy| proxy.placement == place);
    snapshot.pods.values().filter(in_place).filter_map(|pod| pod.workload.as_ref()).collect()
}

/// The oldest kubelet, or ASM's Kubernetes, when the path makes proxies native sidecars and nothing
/// switches that off.
pub(super) fn takes_effect(facts: &Facts<'_>) -> Option<Name> {
    let crosses = |since: Minor| {
        let source = facts.source.map(MeshVersion::minor);
        source.is_some_and(|source| source < since) && since <= facts.aim.target.minor()
    };
    match facts.aim.profile.provider {
        Provider::Asm => {
            let kubernetes = &facts.snapshot.cluster.kubernetes;
            let fits = Minor::leading(kubernetes)? >= ASM_KUBERNETES;
            (crosses(ASM_SINCE) && fits).then(|| kubernetes.as_str().into())
        }
        Provider::Istio => {
            let switched = facts.will_set("ENABLE_NATIVE_SIDECARS").is_some();
            let oldest = facts.evidence.nodes.iter().min_by_key(|node| minor(node))?;
            let fits = minor(oldest)? >= KUBELET;
            (crosses(SINCE) && !switched && fits).then(|| oldest.kubelet.clone())
        }
    }
}

fn minor(node: &Node) -> Option<Minor> {
    Minor::leading(&node.kubelet)
}
