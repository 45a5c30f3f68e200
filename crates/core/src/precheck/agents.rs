//! P-31: the agents of ambient mode, which follow the control plane by one minor at most.

use super::facts::Facts;
use super::{Finding, Problem, Severity};
use crate::inventory::evidence::{Agent, Resource};

/// Ambient order and scale.
pub(super) const ID: &str = "P-31";

/// Workloads and Services at which the request to reconnect comes near the limit of istiod.
const MANY: usize = 36_000;

/// Agents too far from the target.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    facts.evidence.agents.iter().filter_map(|agent| skew(facts, agent)).collect()
}

/// A mesh near the limit of what ztunnel can ask for.
pub(super) fn scale(facts: &Facts<'_>) -> Vec<Finding> {
    if !facts.is_ambient() {
        return Vec::new();
    }
    if let Some(gap) = facts.missing(&[Resource::Services, Resource::Pods]) {
        return vec![super::unread(ID, gap)];
    }
    let Some(count) = beyond(facts, MANY) else { return Vec::new() };
    let problem = Problem::ManyWorkloads { count };
    vec![Finding::new(ID, Severity::Warn, "Mesh", problem).mended_by(raise(facts))]
}

/// How many workloads and Services ztunnel asks for, when that is this many or more and istiod's limit
/// is not raised. Every pod of the cluster counts, in the mesh or not.
pub(super) fn beyond(facts: &Facts<'_>, many: usize) -> Option<usize> {
    let count = facts.evidence.pods? + facts.evidence.services.len();
    let raised = facts.will_set(LIMIT).is_some();
    (facts.is_ambient() && count >= many && !raised).then_some(count)
}

/// What limits the requests that istiod takes.
const LIMIT: &str = "ISTIO_GPRC_MAXRECVMSGSIZE";

/// Raises istiod's limit: 1 MiB for 10,000 workloads and Services (`domain/istio.md` §6).
pub(super) fn raise(facts: &Facts<'_>) -> String {
    set_on_istiod(facts, LIMIT, "16777216").unwrap_or_else(|| in_values(LIMIT, "16777216"))
}

/// Sets a variable of the istiod that runs, and says where the next install has it from: what is set on
/// a Deployment alone is not on the one that an install makes anew.
pub(super) fn set_on_istiod(facts: &Facts<'_>, name: &str, value: &str) -> Option<String> {
    let plane = facts.snapshot.control_plane(facts.aim.stable)?;
    let (namespace, deployment) = (&plane.namespace, &plane.deployment);
    let values = in_values(name, value);
    Some(format!("kubectl -n {namespace} set env deployment/{deployment} {name}={value} {values}"))
}

/// The place of a variable of istiod among the values of an install.
fn in_values(name: &str, value: &str) -> String {
    format!("# values.pilot.env.{name}={value}")
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
