//! Namespaces and their place on the revisions.
//!
//! Entry points: [`views`] and [`moved`].

use std::collections::BTreeMap;

use meshlift_cluster::actuate::command_line;
use meshlift_core::dataplane::Assessment;
use meshlift_core::injection;
use meshlift_core::inventory::{ControlPlane, Labels, Name, Namespace, Role};
use meshlift_core::rollout::{ActKind, labels_for};

use super::rows;
use super::scene::Scene;
use super::tabs::needs_restart;
use super::words::{label, no, yes};
use crate::api::dto::{Availability, Mark, NamespaceView, Phrase, PhraseCode as Code, PodPlace};

/// How many namespaces follow the revision that they should.
pub(crate) struct Moved {
    moved: usize,
    count: usize,
}

impl Moved {
    pub(crate) fn all(&self) -> bool {
        self.moved == self.count
    }

    /// None of them: there is nothing yet to move to.
    pub(crate) fn none(self) -> Self {
        Self { moved: 0, ..self }
    }

    pub(crate) fn fact(&self) -> Phrase {
        Phrase::with(
            Code::FactNamespacesMoved,
            [("moved", self.moved.to_string()), ("count", self.count.to_string())],
        )
    }
}

/// Namespaces that follow the newest revision, of those that follow any.
pub(crate) fn moved(scene: &Scene<'_>) -> Moved {
    let newest = scene.roles.canary.or(scene.roles.stable).map(|plane| &plane.revision);
    let following: Vec<Name> =
        live(scene).filter_map(|namespace| follows(scene, namespace)).collect();
    Moved {
        moved: following.iter().filter(|revision| Some(*revision) == newest).count(),
        count: following.len(),
    }
}

/// Every namespace that has to do with the mesh. Gateways that are installed and not injected are not
/// counted: no label of a namespace decides about them.
pub(crate) fn views(scene: &Scene<'_>) -> Vec<NamespaceView> {
    let mut by_namespace: BTreeMap<&Name, Vec<&Assessment>> = BTreeMap::new();
    let is_injected = |assessment: &&Assessment| {
        let workload = scene.snapshot.workloads.get(&assessment.workload);
        workload.is_none_or(|workload| workload.role != Role::InstalledGateway)
    };
    for assessment in scene.assessments.iter().filter(is_injected) {
        by_namespace.entry(&assessment.workload.namespace).or_default().push(assessment);
    }
    live(scene)
        .filter_map(|namespace| {
            let own = by_namespace.get(&namespace.name).map_or(&[][..], Vec::as_slice);
            let labels = namespace.injection_labels();
            let is_labelled = labels.injection.is_some() || labels.revision.is_some();
            let in_mesh = own.iter().any(|assessment| is_in_mesh(assessment));
            (is_labelled || in_mesh).then(|| view(scene, namespace, own))
        })
        .collect()
}

fn live<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a Namespace> {
    scene.snapshot.namespaces.values().filter(|namespace| !namespace.terminating)
}

/// Revision that would inject a pod without labels of its own.
fn follows(scene: &Scene<'_>, namespace: &Namespace) -> Option<Name> {
    let matches =
        injection::matches(&scene.snapshot.injectors, &namespace.labels, &Labels::default());
    match matches.as_slice() {
        [only] => Some(only.revision.clone()),
        [] | [_, _, ..] => None,
    }
}

fn is_in_mesh(assessment: &Assessment) -> bool {
    assessment.after.revision.is_some() || assessment.now.iter().any(|standing| standing.has_proxy)
}

fn view(scene: &Scene<'_>, namespace: &Namespace, own: &[&Assessment]) -> NamespaceView {
    let follows = follows(scene, namespace);
    let labels = namespace.injection_labels();
    let (state, mark) = state(scene, namespace, follows.as_ref(), own);
    let canary = scene.roles.ahead();
    let stable = scene.roles.back();
    let to_canary = movable(scene, namespace, follows.as_ref(), canary);
    let to_stable = movable(scene, namespace, follows.as_ref(), stable);
    NamespaceView {
        name: namespace.name.to_string(),
        label: label(&labels),
        state,
        mark,
        workloads: u32::try_from(own.iter().filter(|one| is_in_mesh(one)).count()).unwrap_or(0),
        pods: places(own),
        follows: follows.as_ref().map(ToString::to_string),
        command_to_canary: command(scene, namespace, canary, &to_canary),
        command_to_stable: command(scene, namespace, stable, &to_stable),
        to_canary,
        to_stable,
    }
}

fn state(
    scene: &Scene<'_>,
    namespace: &Namespace,
    follows: Option<&Name>,
    own: &[&Assessment],
) -> (Phrase, Mark) {
    let labels = namespace.injection_labels();
    if labels.injection.is_some() && labels.revision.is_some() {
        return (Phrase::plain(Code::NamespaceConflict), Mark::Warning);
    }
    let to_restart = own
        .iter()
        .filter(|assessment| needs_restart(rows::state(scene.snapshot, assessment)))
        .count();
    if to_restart > 0 {
        let count = to_restart.to_string();
        return (Phrase::with(Code::NamespaceToRestart, [("count", count)]), Mark::Warning);
    }
    let is =
        |plane: Option<&ControlPlane>| plane.is_some_and(|plane| Some(&plane.revision) == follows);
    let is_labelled = labels.injection.is_some() || labels.revision.is_some();
    let (code, mark) = if is(scene.roles.ahead()) {
        (Code::NamespaceOnCanary, Mark::Ok)
    } else if is(scene.roles.back()) {
        (Code::NamespaceOnStable, Mark::Ok)
    } else if follows.is_none() && !is_labelled && own.iter().any(|one| is_in_mesh(one)) {
        (Code::NamespaceByPodLabel, Mark::Ok)
    } else if labels.injection.as_deref() == Some("disabled") {
        (Code::NamespaceNotInMesh, Mark::Outside)
    } else {
        (Code::NamespaceNoRevision, Mark::Warning)
    };
    (Phrase::plain(code), mark)
}

fn movable(
    scene: &Scene<'_>,
    namespace: &Namespace,
    follows: Option<&Name>,
    to: Option<&ControlPlane>,
) -> Availability {
    if let Some(reason) = scene.blocked() {
        return no(reason);
    }
    let Some(to) = to else { return no(Phrase::plain(Code::ReasonNoCanary)) };
    let labels = namespace.injection_labels();
    if labels.injection.is_none() && labels.revision.is_none() {
        return no(Phrase::plain(Code::ReasonNoInjection));
    }
    if follows == Some(&to.revision) {
        let revision = to.revision.to_string();
        return no(Phrase::with(Code::ReasonOnRevision, [("revision", revision)]));
    }
    if !to.is_ready() {
        return no(Phrase::with(
            Code::RevisionStarting,
            [("ready", to.ready.to_string()), ("replicas", to.replicas.to_string())],
        ));
    }
    yes()
}

fn command(
    scene: &Scene<'_>,
    namespace: &Namespace,
    to: Option<&ControlPlane>,
    may: &Availability,
) -> Option<String> {
    let to = to.filter(|_| may.available)?;
    let from = namespace.injection_labels();
    let labels = labels_for(scene.snapshot, namespace, &to.revision, None);
    let instance = scene.snapshot.instance.as_ref().map(|instance| &instance.id);
    let act = ActKind::label(&namespace.name, &namespace.uid, &from, &labels, instance);
    Some(command_line(&act, scene.context))
}

fn places(own: &[&Assessment]) -> Vec<PodPlace> {
    let mut places: BTreeMap<(Option<&Name>, Option<&Name>), u32> = BTreeMap::new();
    for assessment in own {
        for standing in &assessment.now {
            let key = (standing.revision.as_ref(), assessment.after.revision.as_ref());
            *places.entry(key).or_default() += standing.pods;
        }
    }
    places
        .into_iter()
        .map(|((now, after), pods)| PodPlace {
            now: now.map(ToString::to_string),
            after: after.map(ToString::to_string),
            pods,
        })
        .collect()
}
