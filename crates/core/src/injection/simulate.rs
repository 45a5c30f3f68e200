//! What changes for pods when the mesh changes: who injects them now, who after it, and what is lost.
//!
//! Entry points: [`simulate`] for one pod, [`compare`] for every workload. Deliberately absent: what
//! the mesh would be after a plan (`rollout::forecast`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Injection, Outcome, predict};
use crate::inventory::{
    Name, Namespace, PodTemplate, Role, Snapshot, WebhookClient, Workload, WorkloadRef,
};
use crate::version::MeshVersion;

/// What happens to a new pod now, and what after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// Now.
    pub now: Fate,
    /// After the change.
    pub after: Fate,
    /// The difference.
    pub effect: Effect,
}

/// What happens to a new pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// Who injects it, and why.
    pub injection: Injection,
    /// Version of the proxy that it would get; none for no proxy or when it can't be told.
    pub version: Option<MeshVersion>,
    /// Whether somebody answers the webhooks that match.
    pub answer: Answer,
}

/// Whether somebody answers the webhooks that match. The chart's webhooks fail closed: without an
/// answer the API server refuses the pod (`domain/istio.md` §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// No webhook is asked.
    NotAsked,
    /// There is a ready istiod of the revision.
    Answers,
    /// There is none: the pod would be refused.
    Refused,
    /// It runs elsewhere, or its endpoints could not be read.
    CannotTell,
}

/// What a change does to a new pod of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// It loses its sidecar, and nothing says so.
    Loses,
    /// It is injected more than once.
    Doubles,
    /// No istiod answers for it any more: it is refused.
    Refused,
    /// Its pods have sidecars and a restart takes them away, with the change or without.
    LosesAnyway,
    /// It is injected more than once, with the change or without.
    DoubleAnyway,
    /// Another revision injects it.
    Moves,
    /// The same revision injects it, in another version.
    Upgrades,
    /// It gets a sidecar.
    Gains,
    /// Nothing changes.
    Unchanged,
}

/// One workload that a change concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned {
    /// The workload.
    pub workload: WorkloadRef,
    /// Pods of it that run with a sidecar.
    pub proxies: usize,
    /// What happens to a new pod of it.
    pub simulated: Simulated,
}

impl Effect {
    /// Whether something goes wrong that nobody asked for.
    pub fn is_harm(self) -> bool {
        match self {
            Self::Loses
            | Self::Doubles
            | Self::Refused
            | Self::LosesAnyway
            | Self::DoubleAnyway => true,
            Self::Moves | Self::Upgrades | Self::Gains | Self::Unchanged => false,
        }
    }
}

/// What happens to a new pod of a template in a namespace, before and after a change. The namespace
/// is given for both: the change may be to its labels. `proxies` are the pods that run with a
/// sidecar now.
pub fn simulate(
    before: (&Snapshot, &Namespace),
    after: (&Snapshot, &Namespace),
    template: &PodTemplate,
    proxies: usize,
) -> Simulated {
    let now = fate(before.0, before.1, template);
    let then = fate(after.0, after.1, template);
    let effect = effect(&now, &then, proxies > 0 && !template.has_own_proxy);
    Simulated { now, after: then, effect }
}

/// Every workload whose pods would be injected before or after a change or run with a sidecar, in
/// the order of their references. A namespace limits it to one.
pub fn compare(before: &Snapshot, after: &Snapshot, only: Option<&Name>) -> Vec<Concerned> {
    let nobody = Namespace::default();
    let proxies = proxies_of(before);
    let mut concerned = Vec::new();
    for (reference, workload) in &before.workloads {
        let is_other = only.is_some_and(|only| *only != reference.namespace);
        if is_other || !is_injected(workload) {
            continue;
        }
        let now = before.namespaces.get(&reference.namespace).unwrap_or(&nobody);
        let then = after.namespaces.get(&reference.namespace).unwrap_or(now);
        let proxies = proxies.get(reference).copied().unwrap_or(0);
        let simulated = simulate((before, now), (after, then), &workload.template, proxies);
        let is_asked = |fate: &Fate| !fate.injection.matches.is_empty();
        if proxies > 0 || is_asked(&simulated.now) || is_asked(&simulated.after) {
            let workload = reference.clone();
            concerned.push(Concerned { workload, proxies, simulated });
        }
    }
    concerned
}

/// What happens to a new pod of a template.
pub fn fate(snapshot: &Snapshot, namespace: &Namespace, template: &PodTemplate) -> Fate {
    let injection = predict(&snapshot.injectors, namespace, template);
    let version = match &injection.outcome {
        Outcome::Injected { revision } => snapshot
            .control_plane(revision)
            .and_then(|plane| plane.proxy.as_ref()?.version.clone().or(plane.version.clone())),
        Outcome::Twice | Outcome::NotInjected => None,
    };
    let answers = injection.matches.iter().map(|one| answer(snapshot, &one.revision));
    let answer = answers.max().unwrap_or(Answer::NotAsked);
    Fate { injection, version, answer }
}

/// Workloads that the webhooks decide about: what an install or istiod renders brings its own proxy.
fn is_injected(workload: &Workload) -> bool {
    match workload.role {
        Role::Application | Role::InjectedGateway => true,
        Role::InstalledGateway | Role::ManagedGateway | Role::ControlPlane => false,
    }
}

fn proxies_of(snapshot: &Snapshot) -> BTreeMap<&WorkloadRef, usize> {
    let mut counts = BTreeMap::new();
    let running = snapshot.pods.values().filter(|pod| pod.proxy.is_some() && !pod.is_finished());
    for workload in running.filter_map(|pod| pod.workload.as_ref()) {
        *counts.entry(workload).or_insert(0) += 1;
    }
    counts
}

/// A revision without a control plane here may run elsewhere, as ASM's does.
fn answer(snapshot: &Snapshot, revision: &Name) -> Answer {
    match snapshot.control_plane(revision).map(|plane| plane.endpoints) {
        Some(Some(0)) => Answer::Refused,
        Some(Some(_)) => Answer::Answers,
        Some(None) => Answer::CannotTell,
        None => {
            let mut asked = snapshot
                .injectors
                .iter()
                .filter(|injector| injector.revision == *revision)
                .flat_map(|injector| &injector.webhooks);
            let is_elsewhere =
                asked.any(|webhook| matches!(webhook.client, WebhookClient::Url { .. }));
            if is_elsewhere { Answer::CannotTell } else { Answer::Refused }
        }
    }
}

fn effect(now: &Fate, then: &Fate, runs_proxies: bool) -> Effect {
    let is_refused = |fate: &Fate| fate.answer == Answer::Refused;
    match (&now.injection.outcome, &then.injection.outcome) {
        (Outcome::Twice, Outcome::Twice) => Effect::DoubleAnyway,
        (_, Outcome::Twice) => Effect::Doubles,
        (Outcome::Injected { .. } | Outcome::Twice, Outcome::NotInjected) => Effect::Loses,
        (Outcome::NotInjected, Outcome::NotInjected) if runs_proxies => Effect::LosesAnyway,
        (Outcome::NotInjected, Outcome::NotInjected) => Effect::Unchanged,
        (_, Outcome::Injected { .. }) if is_refused(then) => Effect::Refused,
        (Outcome::NotInjected, Outcome::Injected { .. }) => Effect::Gains,
        (Outcome::Twice, Outcome::Injected { .. }) => Effect::Moves,
        (Outcome::Injected { revision: old }, Outcome::Injected { revision: new }) => {
            if old != new {
                Effect::Moves
            } else if now.version == then.version {
                Effect::Unchanged
            } else {
                Effect::Upgrades
            }
        }
    }
}
