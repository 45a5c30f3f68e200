//! what only an ASM instance can have wrong.
//!
//! Every rule answers for an ASM mesh alone; any other passes it.

use super::facts::Facts;
use super::{Finding, Problem, Severity, source};
use crate::asm;
use crate::inventory::{
    Balancer, BalancerState, Edition, GATEWAY_NAMESPACE, GatewayCanary, InjectionScope, Instance,
    Kind, MeshUpgrade, Snapshot, WorkloadRef,
};
use crate::policy::{Method, Verdict, judge};

/// The instance is being worked on, or its last upgrade failed.
pub(super) const ID_STATE: &str = "A-01";
/// The edition has no canary.
pub(super) const ID_EDITION: &str = "A-02";
/// The injection policy takes every namespace.
pub(super) const ID_SCOPE: &str = "A-03";
/// Labels differ between ASM and the cluster.
pub(super) const ID_LABELS: &str = "A-04";
/// A load balancer of the control plane is not as it should be.
pub(super) const ID_BALANCER: &str = "A-05";
/// A gateway with a single pod, or whose pods are cut off.
pub(super) const ID_GATEWAY: &str = "A-06";
/// A canary Deployment of a gateway that nothing asks for.
pub(super) const ID_LEFT_OVER: &str = "A-07";
/// A data-plane cluster that is not running.
pub(super) const ID_CLUSTER: &str = "A-08";
/// The newer page refuses the hop.
pub(super) const ID_STRICTER: &str = "A-09";
/// The backend upgrades to another version.
pub(super) const ID_TARGET: &str = "A-10";
/// Something of the instance could not be read.
pub(super) const ID_UNREAD: &str = "A-11";

/// An instance at work takes no upgrade, and one whose upgrade failed wants a look first.
pub(super) fn state(facts: &Facts<'_>) -> Vec<Finding> {
    of(facts.snapshot, |instance| {
        if instance.upgrade.mesh == MeshUpgrade::Failed {
            let why = instance.error.clone().unwrap_or_else(|| "upgrading_failed".to_owned());
            let problem = Problem::InstanceFailed { why };
            return vec![finding(ID_STATE, Severity::Warn, subject(instance), problem)];
        }
        if instance.is_settled() {
            return Vec::new();
        }
        let problem = Problem::InstanceBusy { state: instance.state.0.clone() };
        vec![finding(ID_STATE, Severity::Block, subject(instance), problem)]
    })
}

/// A canary needs the Enterprise or the Ultimate Edition (S17).
pub(super) fn edition(facts: &Facts<'_>) -> Vec<Finding> {
    for_canary(facts, |instance| match instance.edition {
        Edition::Standard => {
            let problem = Problem::EditionWithoutCanary;
            vec![finding(ID_EDITION, Severity::Block, subject(instance), problem)]
        }
        Edition::Unknown => {
            let (what, why) = ("edition".to_owned(), "its name is not known".to_owned());
            let problem = Problem::CannotTell { what, why };
            vec![finding(ID_EDITION, Severity::Warn, subject(instance), problem)]
        }
        Edition::Enterprise | Edition::Ultimate => Vec::new(),
    })
}

/// With an injector that takes every namespace no label chooses (`domain/asm.md` §3.2). What a pod has
/// to say for itself is a condition beside that of its namespace and takes nothing from it.
pub(super) fn scope(facts: &Facts<'_>) -> Vec<Finding> {
    for_canary(facts, |instance| match instance.scope {
        InjectionScope::Everything => {
            let problem = Problem::InjectsEverything;
            vec![finding(ID_SCOPE, Severity::Block, subject(instance), problem)]
        }
        InjectionScope::Labelled => Vec::new(),
        InjectionScope::Unknown => {
            let problem = Problem::CannotTell {
                what: "injection policy".to_owned(),
                why: "ASM does not tell it".to_owned(),
            };
            vec![finding(ID_SCOPE, Severity::Warn, subject(instance), problem)]
        }
    })
}

/// Labels that somebody set in the cluster alone: ASM puts its own back (`domain/asm.md` §10.2).
pub(super) fn labels(facts: &Facts<'_>) -> Vec<Finding> {
    let differing = asm::differing(facts.snapshot).into_iter();
    differing
        .map(|found| {
            let problem = Problem::LabelsDiffer {
                asm: crate::rollout::label_text(&found.asm),
                cluster: crate::rollout::label_text(&found.cluster),
            };
            let subject = format!("Namespace {}", found.namespace);
            finding(ID_LABELS, Severity::Warn, subject, problem)
        })
        .collect()
}

/// A locked load balancer or public address cuts the control plane off; a missing backend warns.
pub(super) fn balancers(facts: &Facts<'_>) -> Vec<Finding> {
    of(facts.snapshot, |instance| {
        let wrong = instance.balancers.iter().filter_map(|balancer| match &balancer.state {
            BalancerState::Fine => None,
            BalancerState::Locked => Some((balancer, Severity::Block, "locked".to_owned())),
            BalancerState::Wrong { why } => Some((balancer, Severity::Warn, why.clone())),
        });
        wrong
            .map(|(balancer, severity, why)| {
                let Balancer { serves, part, .. } = *balancer;
                let problem = Problem::Balancer { serves, part, why };
                finding(ID_BALANCER, severity, subject(instance), problem)
            })
            .collect()
    })
}

/// A gateway of one pod is gone for a moment when it is upgraded (S23), and one whose load balancer
/// does not drain cuts connections off (`domain/asm.md` §10.4).
pub(super) fn gateways(facts: &Facts<'_>) -> Vec<Finding> {
    let warn = |subject, problem| finding(ID_GATEWAY, Severity::Warn, subject, problem);
    of(facts.snapshot, |instance| {
        let single = instance.gateways.iter().filter(|gateway| gateway.replicas < 2);
        let single =
            single.map(|it| warn(format!("IstioGateway {}", it.name), Problem::SingleGateway));
        let cutting = instance.clusters.iter().filter(|cluster| cluster.drains == Some(false));
        let cutting = cutting.map(|it| warn(format!("Cluster {}", it.id), Problem::NoDrain));
        single.chain(cutting.filter(|_| !instance.gateways.is_empty())).collect()
    })
}

/// A canary Deployment that outlived its annotation takes traffic on its old version.
pub(super) fn left_over(facts: &Facts<'_>) -> Vec<Finding> {
    of(facts.snapshot, |instance| {
        let unwanted =
            instance.gateways.iter().filter(|gateway| gateway.canary == GatewayCanary::Unwanted);
        unwanted
            .filter_map(|gateway| {
                let reference = WorkloadRef {
                    namespace: GATEWAY_NAMESPACE.into(),
                    kind: Kind::Deployment,
                    name: gateway.canary_deployment().into(),
                };
                facts.snapshot.workloads.contains_key(&reference).then(|| {
                    let problem = Problem::LeftOverCanary;
                    finding(ID_LEFT_OVER, Severity::Warn, reference.to_string(), problem)
                })
            })
            .collect()
    })
}

/// A data-plane cluster that ASM does not reach gets no new gateway.
pub(super) fn clusters(facts: &Facts<'_>) -> Vec<Finding> {
    of(facts.snapshot, |instance| {
        let down = instance.clusters.iter().filter(|cluster| cluster.state != "running");
        down.map(|cluster| {
            let problem = Problem::ClusterNotRunning { state: cluster.state.clone() };
            finding(ID_CLUSTER, Severity::Warn, format!("Cluster {}", cluster.id), problem)
        })
        .collect()
    })
}

/// A hop that this page allows and the newer one refuses (K1, K2).
pub(super) fn stricter(facts: &Facts<'_>) -> Vec<Finding> {
    let &Facts { snapshot, aim, .. } = facts;
    of(snapshot, |_| {
        let Some(running) = facts.source else { return Vec::new() };
        match judge(running, aim.target, aim.method, aim.profile) {
            Verdict::Allowed(grounds) => grounds
                .stricter
                .map(|refusal| {
                    let subject = format!("Target {}", aim.target);
                    let source = refusal.source.clone();
                    let problem = Problem::StricterPage { refusal };
                    let found = finding(ID_STRICTER, Severity::Warn, subject, problem);
                    Finding { source: source.into(), ..found }
                })
                .into_iter()
                .collect(),
            Verdict::Refused(_) => Vec::new(),
        }
    })
}

/// In place ASM goes to the version that it chose, whatever the rules would allow (§1).
pub(super) fn target(facts: &Facts<'_>) -> Vec<Finding> {
    let &Facts { snapshot, aim, .. } = facts;
    match aim.method {
        Method::Canary => return Vec::new(),
        Method::InPlace => {}
    }
    of(snapshot, |instance| {
        let chosen = instance.target.as_ref();
        if chosen.is_some_and(|chosen| chosen.keeps(aim.target) && aim.target.keeps(chosen)) {
            return Vec::new();
        }
        let subject = format!("Target {}", aim.target);
        let (severity, problem) = match (chosen, instance.target_unread()) {
            (Some(chosen), _) => (Severity::Block, Problem::OtherTarget { target: chosen.clone() }),
            (None, Some(gap)) => {
                let (what, why) = (gap.what.clone(), gap.why.clone());
                (Severity::Warn, Problem::CannotTell { what, why })
            }
            (None, None) => (Severity::Block, Problem::NoTarget),
        };
        vec![finding(ID_TARGET, severity, subject, problem)]
    })
}

/// What could not be read of the instance is never counted as passed.
pub(super) fn unread(facts: &Facts<'_>) -> Vec<Finding> {
    of(facts.snapshot, |instance| {
        let gaps = instance.unreadable.iter();
        gaps.map(|gap| {
            let problem = Problem::CannotTell { what: gap.what.clone(), why: gap.why.clone() };
            finding(ID_UNREAD, Severity::Warn, subject(instance), problem)
        })
        .collect()
    })
}

fn of(snapshot: &Snapshot, rule: impl FnOnce(&Instance) -> Vec<Finding>) -> Vec<Finding> {
    snapshot.instance.as_deref().map(rule).unwrap_or_default()
}

fn for_canary(facts: &Facts<'_>, rule: impl FnOnce(&Instance) -> Vec<Finding>) -> Vec<Finding> {
    match facts.aim.method {
        Method::Canary => of(facts.snapshot, rule),
        Method::InPlace => Vec::new(),
    }
}

fn subject(instance: &Instance) -> String {
    format!("ASM instance {}", instance.id)
}

fn finding(
    rule: &str,
    severity: Severity,
    subject: impl Into<String>,
    problem: Problem,
) -> Finding {
    let source = source::instance();
    Finding { source, ..Finding::new(rule, severity, subject, problem) }
}
