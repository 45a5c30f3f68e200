//! Moves namespaces to a revision, and restarts their workloads if that is wished.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::{followed, labels_for};
use super::{
    Draft, Operation, Pace, Refusal, asm, end, ready_plane, restart, supported, waves, what_if,
};
use crate::dataplane::{self, Assessment, State};
use crate::inventory::{InjectionLabels, Name, Namespace, Role, Snapshot};
use crate::rollout::{Plan, StepAction};

/// What to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The namespaces, in order.
    pub namespaces: Vec<Name>,
    /// The revision they will follow.
    pub to: Name,
    /// Labels they had before an earlier move, as far as the journal knows.
    pub earlier: BTreeMap<Name, InjectionLabels>,
    /// How to restart their workloads; none to leave running pods alone.
    pub restart: Option<Pace>,
}

/// A plan that moves namespaces, each by one atomic patch of both labels.
pub fn compose_move(snapshot: &Snapshot, wish: &Move) -> Result<Plan, Refusal> {
    supported(snapshot)?;
    ready_plane(snapshot, &wish.to)?;
    let mut from = None;
    let mut picture = snapshot.clone();
    let mut steps = Vec::new();
    for name in &wish.namespaces {
        let namespace = member(snapshot, name)?;
        from = from.or_else(|| followed(snapshot, namespace));
        let earlier = wish.earlier.get(name);
        steps.extend(relabel(&mut picture, namespace, &wish.to, earlier)?);
    }
    let from = from.unwrap_or_else(|| wish.to.clone());
    let mut draft =
        Draft::new(Operation::MoveNamespaces, end(snapshot, &from), end(snapshot, &wish.to));
    for (name, action) in steps {
        draft.step(format!("move-{name}"), action);
    }
    if let Some(pace) = &wish.restart {
        let due = behind(&picture, &wish.namespaces.iter().collect(), &wish.to);
        draft.waves(waves::waves(snapshot, &due, pace));
    }
    if draft.steps.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    draft.verify(Vec::new());
    Ok(draft.done(snapshot))
}

/// A namespace that takes part in the mesh.
fn member<'a>(snapshot: &'a Snapshot, name: &Name) -> Result<&'a Namespace, Refusal> {
    let namespace = snapshot
        .namespaces
        .get(name)
        .ok_or_else(|| Refusal::NamespaceUnknown { namespace: name.clone() })?;
    let labels = namespace.injection_labels();
    let is_enabled = labels.injection.as_deref() == Some("enabled");
    let is_named = labels.injection.is_none() && labels.revision.is_some();
    if is_enabled || is_named {
        return Ok(namespace);
    }
    Err(Refusal::NotInMesh { namespace: name.clone() })
}

/// The step that makes a namespace follow a revision; nothing when it does. The picture is kept up
/// with it.
pub(super) fn relabel(
    picture: &mut Snapshot,
    namespace: &Namespace,
    revision: &Name,
    earlier: Option<&InjectionLabels>,
) -> Result<Option<(Name, StepAction)>, Refusal> {
    let name = &namespace.name;
    let from = namespace.injection_labels();
    if followed(picture, namespace).as_ref() == Some(revision) {
        return Ok(None);
    }
    let to = labels_for(picture, namespace, revision, earlier);
    what_if::labelled(picture, name, &to);
    let lands = picture.namespaces.get(name).and_then(|found| followed(picture, found));
    if lands.as_ref() != Some(revision) {
        let label = match (&to.injection, &to.revision) {
            (Some(injection), _) => format!("istio-injection={injection}"),
            (None, named) => format!("istio.io/rev={}", named.as_deref().unwrap_or_default()),
        };
        let (namespace, revision) = (name.clone(), revision.clone());
        return Err(Refusal::WouldNotFollow { namespace, revision, label });
    }
    let instance = asm::side_of(picture, name, &to)?;
    let uid = namespace.uid.clone();
    let action = StepAction::MoveNamespace { namespace: name.clone(), uid, from, to, instance };
    Ok(Some((name.clone(), action)))
}

/// Workloads of these namespaces that would come back on the revision and can be restarted. A
/// workload without a sidecar is left alone: a move gives nobody a sidecar who has none.
pub(super) fn behind(
    picture: &Snapshot,
    namespaces: &BTreeSet<&Name>,
    revision: &Name,
) -> Vec<Assessment> {
    let restartable = |role: Role| match role {
        Role::Application | Role::InjectedGateway => true,
        Role::InstalledGateway | Role::ManagedGateway | Role::ControlPlane => false,
    };
    let is_due = |assessment: &Assessment| match assessment.state {
        State::NeedsRestart | State::Behind | State::Rolling | State::MissingSidecar => {
            assessment.hindrance.is_none() && restart::needs(assessment)
        }
        State::UpToDate
        | State::WouldLoseSidecar
        | State::NoSidecar
        | State::CannotRestart
        | State::Unknown => false,
    };
    picture
        .workloads
        .values()
        .filter(|workload| namespaces.contains(&workload.reference.namespace))
        .filter(|workload| restartable(workload.role))
        .map(|workload| dataplane::assess_one(picture, workload))
        .filter(|assessment| assessment.after.revision.as_ref() == Some(revision))
        .filter(is_due)
        .collect()
}
