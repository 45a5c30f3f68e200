//! P-31: the agents of ambient mode, which follow the control plane by one minor at most.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::Agent;

/// Ambient order and scale.
pub(super) const ID: &str = "P-31";

/// Workloads and Services at which the request to reconnect comes near the limit of istiod.
const MANY: usize = 36_000;

/// Agents too far from the target, and a mesh near the limit of what ztunnel can ask for.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        facts.evidence.agents.iter().filter_map(|agent| skew(facts, agent)).collect();
    let count = facts.snapshot.pods.len() + facts.evidence.services.len();
    let raised = facts.switch("ISTIO_GPRC_MAXRECVMSGSIZE").is_some();
    if facts.is_ambient() && count >= MANY && !raised {
        let problem = Problem::ManyWorkloads { count };
        findings.push(Finding::new(ID, Severity::Warn, "Mesh", problem).mended_by(raise(facts)));
    }
    findings
}

/// Raises istiod's limit: 1 MiB for 10,000 workloads and Services (`domain/istio.md` §6).
pub(super) fn raise(facts: &Facts<'_>) -> String {
    let (namespace, deployment) = facts
        .snapshot
        .control_plane(facts.aim.stable)
        .map_or(("istio-system", "istiod"), |plane| (&*plane.namespace, &*plane.deployment));
    format!(
        "kubectl -n {namespace} set env deployment/{deployment} ISTIO_GPRC_MAXRECVMSGSIZE=16777216"
    )
}

fn skew(facts: &Facts<'_>, agent: &Agent) -> Option<Finding> {
    let version = agent.version.as_ref()?;
    let (own, target) = (version.minor(), facts.aim.target.minor());
    let fits =
        own.major == target.major && (own.minor == target.minor || own.minor + 1 == target.minor);
    if fits {
        return None;
    }
    let problem = Problem::AgentSkew { version: version.clone(), target: facts.aim.target.clone() };
    let fix =
        format!("kubectl -n {} get daemonset {} -o wide", agent.name.namespace, agent.name.name);
    let subject = format!("DaemonSet {}", agent.name);
    Some(Finding::new(ID, Severity::Block, subject, problem).mended_by(fix))
}
