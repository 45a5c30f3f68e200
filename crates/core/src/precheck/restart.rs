//! P-25 and P-27: workloads that a restart can't replace, would interrupt, or would not change.

use super::facts::Facts;
use super::{Finding, Problem, Severity, images};
use crate::dataplane::{self, Hindrance};
use crate::inventory::{Kind, Role, RolloutState, Snapshot, TemplateTrait, Workload};

/// Restarts that can't be done, or would hurt.
pub(super) const ID: &str = "P-25";
/// Restarts that would not help.
pub(super) const ID_PINNED: &str = "P-27";

/// Mesh workloads that can't be restarted, would stop altogether, may break a budget, or are not
/// well before it.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let snapshot = facts.snapshot;
    let mut findings: Vec<Finding> =
        super::cannot_tell(ID, snapshot, "poddisruptionbudgets").into_iter().collect();
    for (workload, assessment) in facts.meshed() {
        if assessment.after.revision.is_none() || assessment.role == Role::ManagedGateway {
            continue;
        }
        match &assessment.hindrance {
            Some(Hindrance::PinnedImage { .. } | Hindrance::OwnProxy) => {}
            Some(reason) => {
                // The pods of a Job keep their proxy until they end, and nobody has to do anything.
                let ends = *reason == Hindrance::Job;
                let severity = if ends { Severity::Info } else { Severity::Warn };
                let problem = Problem::CannotRestart { reason: reason.clone() };
                findings.push(found(workload, severity, problem));
            }
            None => findings.extend(hurts(snapshot, workload)),
        }
        findings.extend(unwell(workload));
    }
    findings.extend(crashing(facts));
    findings.extend(bare(snapshot));
    findings
}

/// Workloads whose proxy a restart leaves as it is.
pub(super) fn pinned(facts: &Facts<'_>) -> Vec<Finding> {
    let workloads = facts.snapshot.workloads.values();
    workloads
        .filter_map(|workload| {
            let template = &workload.template;
            let is_application = workload.role == Role::Application;
            let problem = match &template.proxy_image {
                Some(image) => Problem::PinnedImage { image: image.clone() },
                None if template.has_own_proxy && is_application => Problem::OwnProxy,
                None => return None,
            };
            let subject = workload.reference.to_string();
            let finding = Finding::new(ID_PINNED, Severity::Warn, subject, problem);
            Some(finding.mended_by(unpin(workload)))
        })
        .collect()
}

/// Takes a pin off, or opens a template that holds its own proxy.
fn unpin(workload: &Workload) -> String {
    let (kind, namespace, name) = named(workload);
    if workload.template.proxy_image.is_none() {
        return format!("kubectl -n {namespace} edit {kind} {name}");
    }
    format!(
        "kubectl -n {namespace} patch {kind} {name} --type=json -p '[{{\"op\":\"remove\",\"path\":\
         \"/spec/template/metadata/annotations/sidecar.istio.io~1proxyImage\"}}]'"
    )
}

fn hurts(snapshot: &Snapshot, workload: &Workload) -> Option<Finding> {
    let disruption = dataplane::disruption(snapshot, workload);
    if let Some((budget, allowed)) = disruption.exceeds {
        let problem = Problem::BudgetTooSmall { budget, allowed, needed: disruption.may_take };
        return Some(found(workload, Severity::Warn, problem));
    }
    if disruption.interrupts {
        return Some(found(workload, Severity::Warn, Problem::Recreate));
    }
    let alone = workload.status.desired == 1 && workload.reference.kind != Kind::DaemonSet;
    alone.then(|| {
        let (kind, namespace, name) = named(workload);
        let fix = format!("kubectl -n {namespace} scale {kind} {name} --replicas=2");
        found(workload, Severity::Info, Problem::OneReplica).mended_by(fix)
    })
}

/// What is wrong with a workload before anything is restarted.
fn unwell(workload: &Workload) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (kind, namespace, name) = named(workload);
    match workload.status.rollout() {
        RolloutState::Complete | RolloutState::Unseen => {}
        RolloutState::Rolling { done, wanted } => {
            let problem = Problem::RolloutUnfinished { done, wanted };
            let fix = format!("kubectl -n {namespace} rollout status {kind} {name}");
            findings.push(found(workload, Severity::Warn, problem).mended_by(fix));
        }
        RolloutState::DeadlineExceeded => {
            let fix = format!("kubectl -n {namespace} rollout undo {kind} {name}");
            findings.push(found(workload, Severity::Warn, Problem::RolloutGivenUp).mended_by(fix));
        }
    }
    if workload.template.traits.contains(&TemplateTrait::NoReadinessProbe)
        && workload.role == Role::Application
    {
        let fix = format!("kubectl -n {namespace} edit {kind} {name}");
        findings.push(found(workload, Severity::Info, Problem::NoReadinessProbe).mended_by(fix));
    }
    findings
}

/// Workloads some of whose pods don't come up.
fn crashing(facts: &Facts<'_>) -> Vec<Finding> {
    let mut crashing = std::collections::BTreeMap::new();
    for pod in facts.snapshot.pods.values().filter(|pod| pod.proxy.is_some()) {
        if let (Some(workload), Some(reason)) = (&pod.workload, &pod.waiting)
            && !images::is_unpulled(reason)
        {
            crashing.entry(workload).or_insert((0, reason)).0 += 1;
        }
    }
    let findings = crashing.into_iter().map(|(workload, (pods, reason))| {
        let problem = Problem::Crashing { pods, reason: reason.clone() };
        let fix = format!("kubectl -n {} get pods", workload.namespace);
        Finding::new(ID, Severity::Warn, workload.to_string(), problem).mended_by(fix)
    });
    findings.collect()
}

/// Pods of the mesh that nothing would make again.
fn bare(snapshot: &Snapshot) -> Vec<Finding> {
    let bare = snapshot
        .pods
        .values()
        .filter(|pod| pod.proxy.is_some() && pod.workload.is_none() && !pod.is_finished());
    bare.map(|pod| {
        let subject = format!("Pod {}", pod.reference);
        Finding::new(ID, Severity::Info, subject, Problem::BarePod)
    })
    .collect()
}

fn found(workload: &Workload, severity: Severity, problem: Problem) -> Finding {
    Finding::new(ID, severity, workload.reference.to_string(), problem)
}

fn named(workload: &Workload) -> (String, &str, &str) {
    let reference = &workload.reference;
    (reference.kind.to_string().to_lowercase(), &reference.namespace, &reference.name)
}
