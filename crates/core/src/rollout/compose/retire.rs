//! *Revoke* and *Unpublish*: a revision goes, by a named list and in an order that never leaves a
//! webhook without its server (`domain/istio.md` §16).

use std::collections::{BTreeMap, BTreeSet};

use super::install::{Binary, call};
use super::labels::followed;
use super::promote::tagged;
use super::{
    Changed, Draft, Operation, Pace, Refusal, end, moving, promote, ready_plane, stands, supported,
    waves, what_if,
};
use crate::dataplane::{self, Assessment, Hindrance};
use crate::injection::{self, DEFAULT_TAG};
use crate::inventory::{
    ControlPlane, DEFAULT_REVISION, DEFAULT_VALIDATOR, InjectionLabels, Name, Namespace, Role,
    Snapshot, Validator, Workload, WorkloadRef,
};
use crate::rollout::{
    ActKind, Expectation, Install, InstallPart, ObjectRef, Plan, StepAction, users_of,
};

/// An object of a revision, by name and UID.
pub type Named = (ObjectRef, Name);

/// What to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// The revision that goes.
    pub canary: Name,
    /// The revision that stays.
    pub stable: Name,
    /// Labels that namespaces had before they were moved, as far as the journal knows.
    pub earlier: BTreeMap<Name, InjectionLabels>,
    /// What a promotion changed, in the order it was changed.
    pub promoted: Vec<Changed>,
    /// Every object of the canary, except tags and the default validator.
    pub objects: Vec<Named>,
    /// The stable version's istioctl, for gateways of the install that moved to the canary.
    pub stable_install: Option<Binary>,
    /// How to restart workloads.
    pub pace: Pace,
}

/// What to retire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpublish {
    /// The revision that goes.
    pub old: Name,
    /// The revision that stays.
    pub kept: Name,
    /// Every object of the old one, except tags and the default validator.
    pub objects: Vec<Named>,
}

/// A plan that leads everything back to stable and then removes the canary.
pub fn compose_revoke(snapshot: &Snapshot, wish: &Revoke) -> Result<Plan, Refusal> {
    supported(snapshot)?;
    let stable = ready_plane(snapshot, &wish.stable)?;
    own(snapshot, &wish.objects, &wish.canary)?;
    let mut draft =
        Draft::new(Operation::Revoke, end(snapshot, &wish.canary), end(snapshot, &wish.stable));
    let mut picture = snapshot.clone();
    let demotion = demotion(snapshot, wish)?;
    for act in &demotion {
        what_if::after(&mut picture, act);
    }
    is_demoted(&picture, &wish.canary)?;
    if !demotion.is_empty() {
        draft.step("restore-default", StepAction::Change { acts: demotion });
    }
    for namespace in snapshot.namespaces.values() {
        if followed(&picture, namespace).as_ref() == Some(&wish.canary) {
            let earlier = wish.earlier.get(&namespace.name);
            let step = moving::relabel(&mut picture, namespace, &wish.stable, earlier)?;
            if let Some((name, action)) = step {
                draft.step(format!("move-{name}"), action);
            }
        }
    }
    let mut expect: Vec<Expectation> = stands(stable).into_iter().collect();
    let gateways = installed_on(snapshot, &wish.canary);
    if !gateways.is_empty() {
        let install = gateways_back(stable, wish)?;
        expect.extend(gateways.into_iter().map(|workload| Expectation::Proxies {
            workload,
            revision: wish.stable.clone(),
            version: install.version.clone(),
        }));
        draft.step("install-gateways", StepAction::Install { install });
    }
    let back = led_back(&picture, &wish.canary)?;
    draft.waves(waves::waves(snapshot, &back, &wish.pace));
    draft.step(removal_id(&wish.canary), removal(&wish.objects));
    expect.push(Expectation::RevisionGone { revision: wish.canary.clone() });
    draft.verify(expect);
    Ok(draft.done(snapshot))
}

/// A plan that removes a revision which nothing follows any more.
pub fn compose_unpublish(snapshot: &Snapshot, wish: &Unpublish) -> Result<Plan, Refusal> {
    supported(snapshot)?;
    let kept = ready_plane(snapshot, &wish.kept)?;
    let default = injection::default_revision(snapshot);
    let is_named = |named: &Option<Name>| named.as_ref() == Some(&wish.old);
    if is_named(&default.revision) || is_named(&default.validator) {
        return Err(Refusal::IsDefault { revision: wish.old.clone() });
    }
    if let Some(tag) = tags_of(snapshot, &wish.old).into_iter().next() {
        return Err(Refusal::TagNames { tag, revision: wish.old.clone() });
    }
    let namespaces = namespaces_of(snapshot, &wish.old).count();
    let count = users_of(snapshot, &wish.old) + u32::try_from(namespaces).unwrap_or(u32::MAX);
    if count > 0 {
        return Err(Refusal::StillUsed { revision: wish.old.clone(), count });
    }
    own(snapshot, &wish.objects, &wish.old)?;
    let mut draft =
        Draft::new(Operation::Unpublish, end(snapshot, &wish.old), end(snapshot, &wish.kept));
    draft.step(removal_id(&wish.old), removal(&wish.objects));
    let gone = Expectation::RevisionGone { revision: wish.old.clone() };
    draft.verify(stands(kept).into_iter().chain([gone]).collect());
    Ok(draft.done(snapshot))
}

/// The acts that take tags and the default away from the canary, the last change first.
fn demotion(snapshot: &Snapshot, wish: &Revoke) -> Result<Vec<ActKind>, Refusal> {
    let tags = tags_of(snapshot, &wish.canary);
    let default = injection::default_revision(snapshot);
    let is_canary = |named: &Option<Name>| named.as_ref() == Some(&wish.canary);
    let is_promoted = is_canary(&default.revision) || is_canary(&default.validator);
    let mut acts: Vec<ActKind> = Vec::new();
    if is_promoted && !wish.promoted.is_empty() {
        for changed in wish.promoted.iter().rev() {
            acts.push(changed.back(snapshot)?);
        }
    } else if is_promoted && &*wish.stable == DEFAULT_REVISION {
        // Only the journal knows what the switched-off injector looked like.
        let object = format!("injector of revision {DEFAULT_REVISION}");
        return Err(Refusal::CannotRestore { object });
    } else if is_promoted {
        let version = snapshot.control_plane(&wish.stable).and_then(|plane| plane.version.as_ref());
        acts.extend(promote::promotion(snapshot, &wish.stable, version));
    }
    let version = snapshot.control_plane(&wish.stable).and_then(|plane| plane.version.as_ref());
    for tag in tags.into_iter().filter(|tag| !is_promoted || &**tag != DEFAULT_TAG) {
        acts.extend(tagged(&tag, &wish.stable, version));
    }
    Ok(acts)
}

/// Nothing is removed while a tag, or the validator that the whole mesh's configuration is checked by,
/// would still ask the canary: they would be left without a server.
fn is_demoted(picture: &Snapshot, canary: &Name) -> Result<(), Refusal> {
    let revision = canary.clone();
    if let Some(tag) = tags_of(picture, canary).into_iter().next() {
        return Err(Refusal::TagNames { tag, revision });
    }
    let is_left =
        |it: &&Validator| &*it.name == DEFAULT_VALIDATOR && it.revision.as_ref() == Some(canary);
    match picture.validators.iter().find(is_left) {
        Some(validator) => Err(Refusal::ValidatorNames { name: validator.name.clone(), revision }),
        None => Ok(()),
    }
}

/// Workloads whose pods run the canary's proxy. Each must come back on stable, or nothing starts.
pub(super) fn led_back(picture: &Snapshot, canary: &Name) -> Result<Vec<Assessment>, Refusal> {
    let mut back = Vec::new();
    for workload in picture.workloads.values() {
        let assessment = dataplane::assess_one(picture, workload);
        let runs_canary = assessment.now.iter().any(|it| it.revision.as_ref() == Some(canary));
        let follows_canary = assessment.after.revision.as_ref() == Some(canary);
        if runs_canary || follows_canary {
            back.extend(one_back(workload, assessment, canary, runs_canary)?);
        }
    }
    Ok(back)
}

fn one_back(
    workload: &Workload,
    assessment: Assessment,
    canary: &Name,
    runs_canary: bool,
) -> Result<Option<Assessment>, Refusal> {
    match workload.role {
        Role::ControlPlane | Role::InstalledGateway => return Ok(None),
        Role::Application | Role::InjectedGateway | Role::ManagedGateway => {}
    }
    let reference = workload.reference.clone();
    if assessment.after.revision.as_ref() == Some(canary) {
        let revision = canary.clone();
        return Err(Refusal::FollowsByItself { workload: reference, revision });
    }
    // istiod of the other revision replaces the pods of a gateway that it renders.
    if !runs_canary || workload.role == Role::ManagedGateway {
        return Ok(None);
    }
    match assessment.hindrance.clone() {
        // Its pods end by themselves; the removal waits for them.
        Some(Hindrance::Job) => Ok(None),
        Some(hindrance) => Err(Refusal::CannotRestart { workload: reference, hindrance }),
        None if assessment.after.revision.is_none() => {
            Err(Refusal::WouldLoseSidecar { workload: reference })
        }
        None => Ok(Some(assessment)),
    }
}

/// Gateways of the install whose proxies belong to a revision.
fn installed_on(snapshot: &Snapshot, revision: &Name) -> Vec<WorkloadRef> {
    let runs_it = |workload: &&Workload| {
        let assessment = dataplane::assess_one(snapshot, workload);
        assessment.now.iter().any(|standing| standing.revision.as_ref() == Some(revision))
    };
    let installed =
        snapshot.workloads.values().filter(|workload| workload.role == Role::InstalledGateway);
    installed.filter(runs_it).map(|workload| workload.reference.clone()).collect()
}

/// The install that takes the install's gateways back to stable.
fn gateways_back(stable: &ControlPlane, wish: &Revoke) -> Result<Install, Refusal> {
    let fits = |binary: &&Binary| Some(&binary.version) == stable.version.as_ref();
    let binary = wish.stable_install.as_ref().filter(fits).ok_or(Refusal::NeedsInstall)?;
    Ok(call(&wish.stable, binary, InstallPart::Everything))
}

fn tags_of(snapshot: &Snapshot, revision: &Name) -> Vec<Name> {
    let named = snapshot.injectors.iter().filter(|injector| injector.revision == *revision);
    named.filter_map(|injector| injector.tag.clone()).collect()
}

fn namespaces_of<'a>(
    snapshot: &'a Snapshot,
    revision: &'a Name,
) -> impl Iterator<Item = &'a Namespace> {
    let namespaces = snapshot.namespaces.values();
    namespaces.filter(move |namespace| followed(snapshot, namespace).as_ref() == Some(revision))
}

fn removal_id(revision: &str) -> String {
    format!("remove-{revision}")
}

/// Whether something is named, and nothing that outlives a revision: whoever made the list, a
/// gateway, a CRD or a tag is never deleted with it.
fn own(snapshot: &Snapshot, objects: &[Named], revision: &Name) -> Result<(), Refusal> {
    if objects.is_empty() {
        return Err(Refusal::NothingNamed { revision: revision.clone() });
    }
    let serves_proxies = |object: &ObjectRef| {
        snapshot.workloads.values().any(|workload| {
            workload.role != Role::ControlPlane
                && workload.reference.name == object.name
                && object.namespace.as_ref() == Some(&workload.reference.namespace)
        })
    };
    let outlives = |object: &ObjectRef| match &*object.kind {
        "CustomResourceDefinition" | "Namespace" | "DaemonSet" | "Secret" => true,
        _ => {
            &*object.name == DEFAULT_VALIDATOR
                || object.name.contains("revision-tag-")
                || serves_proxies(object)
        }
    };
    match objects.iter().find(|(object, _)| outlives(object)) {
        Some((object, _)) => {
            Err(Refusal::NotItsOwn { object: object.clone(), revision: revision.clone() })
        }
        None => Ok(()),
    }
}

/// Deletes in an order in which nothing asks a server that is gone: webhooks before their
/// Deployment, the Service last. Leases go right after the Deployment: istiod lets them go while it
/// stops, as long as it still has its rights.
fn removal(objects: &[Named]) -> StepAction {
    let rank = |object: &ObjectRef| match &*object.kind {
        "MutatingWebhookConfiguration" => 0,
        "ValidatingWebhookConfiguration" => 1,
        "Deployment" => 2,
        "Lease" => 3,
        "HorizontalPodAutoscaler" => 4,
        "PodDisruptionBudget" => 5,
        "ConfigMap" => 6,
        "Service" => 8,
        _ => 7,
    };
    let distinct: BTreeSet<&Named> = objects.iter().collect();
    let mut ordered: Vec<&Named> = distinct.into_iter().collect();
    ordered.sort_by_key(|(object, _)| (rank(object), object.clone()));
    let acts = ordered
        .into_iter()
        .map(|(object, uid)| ActKind::Delete { object: object.clone(), uid: uid.clone() })
        .collect();
    StepAction::Change { acts }
}
