//! Changes that ambient mode runs into.

use super::gateways::hit;
use super::{Crossing, Hit};
use crate::inventory::evidence::{Agent, AgentKind};
use crate::precheck::agents::{beyond, raise};

/// Label that puts a namespace into ambient mode.
const MODE: &str = "istio.io/dataplane-mode";
/// Workloads and Services with which a reconnect still fits istiod's limit.
const MORE_THAN: usize = 40_000;

/// B122-6: waypoints that are attached in the old way only.
pub(super) fn waypoints(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let mut namespaces = facts.snapshot.namespaces.values();
    if namespaces.any(|namespace| namespace.labels.contains_key("istio.io/use-waypoint")) {
        return Vec::new();
    }
    let gateways = facts.evidence.kubernetes_gateways.iter().filter(|gateway| {
        &*gateway.class == "istio-waypoint"
            && gateway.annotations.contains("istio.io/for-service-account")
    });
    gateways
        .map(|gateway| {
            let fix = format!(
                "kubectl label namespace {} istio.io/use-waypoint={}",
                gateway.name.namespace, gateway.name.name
            );
            hit(gateway).mended_by(fix)
        })
        .collect()
}

/// I124-amb: the order of CNI, workloads and ztunnel where DNS is captured.
pub(super) fn dns_order(crossing: &Crossing<'_>) -> Vec<Hit> {
    let captures = crossing.facts.evidence.cni.as_ref().is_some_and(|cni| cni.captures_dns);
    if !captures {
        return Vec::new();
    }
    of(crossing, AgentKind::Ztunnel).map(named).collect()
}

/// B125-2, B126-1 and B129-3: what the agent on every node does differently.
pub(super) fn agents(crossing: &Crossing<'_>) -> Vec<Hit> {
    of(crossing, AgentKind::Cni).map(named).collect()
}

/// B130-1: namespaces that the agent leaves out and whose pods are in ambient mode.
pub(super) fn excluded(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let excluded = facts.evidence.cni.iter().flat_map(|cni| &cni.excluded);
    excluded
        .filter(|name| {
            let namespace = facts.snapshot.namespaces.get(*name);
            let mode = namespace.and_then(|namespace| namespace.labels.get(MODE));
            mode.is_some_and(|mode| &**mode == "ambient")
        })
        .map(|name| Hit::new(format!("Namespace {name}")))
        .collect()
}

/// B131-5: a mesh whose ztunnel can no longer reconnect.
pub(super) fn reconnect(crossing: &Crossing<'_>) -> Vec<Hit> {
    let facts = crossing.facts;
    let Some(count) = beyond(facts, MORE_THAN + 1) else { return Vec::new() };
    vec![Hit::new("Mesh").at(count.to_string()).mended_by(raise(facts))]
}

fn of<'a>(crossing: &'a Crossing<'_>, kind: AgentKind) -> impl Iterator<Item = &'a Agent> {
    crossing.facts.evidence.agents.iter().filter(move |agent| agent.kind == kind)
}

fn named(agent: &Agent) -> Hit {
    let fix =
        format!("kubectl -n {} rollout status daemonset {}", agent.name.namespace, agent.name.name);
    Hit::new(format!("DaemonSet {}", agent.name)).mended_by(fix)
}
