//! The way back of a run: what it did is undone in reverse order, as a plan of its own.

use std::collections::BTreeSet;

use super::back::{self, was_refused};
use super::{Draft, Operation, Pace, Refusal, restart, supported, waves, what_if};
use crate::asm::Call;
use crate::dataplane;
use crate::inventory::{InjectionLabels, Name, Snapshot, WorkloadRef};
use crate::rollout::{ActKind, ActProgress, Plan, Progress, StepAction};

/// A plan that undoes what a run has done so far. Labels and Istio's own objects go back to what
/// they were; workloads that the run restarted are restarted again where that changes their proxy.
/// What was deleted or installed has no way back, and is refused before anything else is undone.
pub fn compose_roll_back(
    snapshot: &Snapshot,
    plan: &Plan,
    progress: &Progress,
    pace: &Pace,
) -> Result<Plan, Refusal> {
    supported(snapshot)?;
    if let Some(closed) = no_way_back(plan, progress) {
        return Err(closed.refusal(plan));
    }
    let begun = begun(plan, progress);
    let mut draft = Draft::new(Operation::RollBack, plan.to.clone(), plan.from.clone());
    let mut picture = snapshot.clone();
    let mut restores = Vec::new();
    let mut moves = Vec::new();
    let mut annotations = Vec::new();
    let mut restarted = BTreeSet::new();
    for act in &begun {
        match &act.kind {
            ActKind::Restart { workload, uid: _, template_hash: _ } => {
                restarted.insert(workload.clone());
            }
            ActKind::Label { namespace, uid, from, to } => {
                let labelled = Labelled { namespace, uid: Some(uid), from, to };
                moves.extend(label_back(&mut picture, &labelled)?);
            }
            ActKind::Asm { instance: _, call } => match call {
                Call::Label { namespace, from, to } => {
                    let labelled = Labelled { namespace, uid: None, from, to };
                    moves.extend(label_back(&mut picture, &labelled)?);
                }
                // It changed nothing.
                Call::Precheck { target: _ } => {}
                Call::GatewayCanary { gateway, canary } => {
                    annotations.push((gateway.clone(), canary.opposite()));
                }
                Call::Upgrade { .. } | Call::UpgradeGateway { .. } => {}
            },
            ActKind::SetTag { .. }
            | ActKind::SetTagService { .. }
            | ActKind::SetDefaultValidator { .. }
            | ActKind::DeactivateInjector { .. }
            | ActKind::Restore { .. } => restores.extend(back::of(act, snapshot)?),
            ActKind::Delete { .. } | ActKind::Install { install: _ } => {}
        }
    }
    for act in &restores {
        what_if::after(&mut picture, act);
    }
    if restores.is_empty() && moves.is_empty() && annotations.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    if !restores.is_empty() {
        draft.step("restore", StepAction::Change { acts: restores });
    }
    for (gateway, canary) in annotations {
        let action = super::asm::annotate(snapshot, &gateway, canary)?;
        draft.step(format!("gateway-{gateway}"), action);
    }
    for (namespace, action) in moves {
        draft.step(format!("move-{namespace}"), action);
    }
    let due = again(&picture, &restarted)?;
    draft.waves(waves::waves(snapshot, &due, pace));
    draft.verify(Vec::new());
    Ok(draft.done(snapshot))
}

/// Why a run has no way back, whatever the mesh looks like by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWayBack {
    /// It changed nothing.
    NothingDone,
    /// It removed something, or upgraded what can't be downgraded.
    Final,
    /// It restarted pods and nothing else.
    RestartsOnly,
    /// It deployed a canary, which is revoked.
    Revoke,
}

impl NoWayBack {
    fn refusal(self, plan: &Plan) -> Refusal {
        match self {
            Self::NothingDone => Refusal::NothingToDo,
            Self::Final | Self::RestartsOnly => Refusal::NoWayBack,
            Self::Revoke => Refusal::UseRevoke { revision: plan.to.revision.clone() },
        }
    }
}

/// Why [`compose_roll_back`] would refuse a run for what it did; none where there is a way back.
pub fn no_way_back(plan: &Plan, progress: &Progress) -> Option<NoWayBack> {
    let begun = begun(plan, progress);
    let (mut restarts, mut undoes) = (false, false);
    for act in &begun {
        match &act.kind {
            ActKind::Install { install: _ } if plan.operation == Operation::DeployCanary => {
                return Some(NoWayBack::Revoke);
            }
            ActKind::Install { install: _ } | ActKind::Delete { .. } => {
                return Some(NoWayBack::Final);
            }
            ActKind::Asm { instance: _, call } => match call {
                Call::Upgrade { .. } | Call::UpgradeGateway { .. } => {
                    return Some(NoWayBack::Final);
                }
                Call::Precheck { target: _ } => {}
                Call::Label { .. } | Call::GatewayCanary { .. } => undoes = true,
            },
            ActKind::Restart { .. } => restarts = true,
            ActKind::Label { .. }
            | ActKind::SetTag { .. }
            | ActKind::SetTagService { .. }
            | ActKind::SetDefaultValidator { .. }
            | ActKind::DeactivateInjector { .. }
            | ActKind::Restore { .. } => undoes = true,
        }
    }
    match (undoes, restarts) {
        (true, _) => None,
        (false, true) => Some(NoWayBack::RestartsOnly),
        (false, false) => Some(NoWayBack::NothingDone),
    }
}

/// Everything the run set out to do, the last first. An intent whose outcome is not known counts:
/// undoing what was never done changes nothing.
fn begun<'a>(plan: &Plan, progress: &'a Progress) -> Vec<&'a ActProgress> {
    let place = |id: &crate::rollout::ActId| {
        let step = plan.steps.iter().position(|step| step.id == id.step);
        (step.unwrap_or(usize::MAX), id.index)
    };
    let mut acts: Vec<_> =
        progress.acts.iter().filter(|(_, act)| was_sent(act) && may_have_changed(act)).collect();
    acts.sort_by_key(|(id, _)| std::cmp::Reverse(place(id)));
    acts.into_iter().map(|(_, act)| act).collect()
}

/// Whether it came so far that something was written: before an object is changed as a whole, it is
/// named in the journal.
fn was_sent(act: &ActProgress) -> bool {
    match &act.kind {
        ActKind::SetTag { .. }
        | ActKind::SetTagService { .. }
        | ActKind::SetDefaultValidator { .. }
        | ActKind::DeactivateInjector { .. }
        | ActKind::Delete { .. }
        | ActKind::Restore { .. } => act.object.is_some() && !was_refused(act),
        ActKind::Install { .. }
        | ActKind::Label { .. }
        | ActKind::Restart { .. }
        | ActKind::Asm { .. } => true,
    }
}

/// A first and only attempt that found its work done already changed nothing; a later attempt may
/// have found its own.
fn may_have_changed(act: &ActProgress) -> bool {
    act.changed || act.done.is_none() || act.attempts > 1 || act.retried
}

/// A label that a run set, and what was there before it.
struct Labelled<'a> {
    namespace: &'a Name,
    /// UID of the namespace, where the act named it.
    uid: Option<&'a Name>,
    from: &'a InjectionLabels,
    to: &'a InjectionLabels,
}

fn label_back(
    picture: &mut Snapshot,
    act: &Labelled<'_>,
) -> Result<Option<(Name, StepAction)>, Refusal> {
    let Labelled { namespace, uid, from, to } = *act;
    let found = picture
        .namespaces
        .get(namespace)
        .filter(|found| uid.is_none_or(|uid| found.uid == *uid))
        .ok_or_else(|| Refusal::NamespaceUnknown { namespace: namespace.clone() })?;
    let labels = found.injection_labels();
    if labels == *from {
        return Ok(None);
    }
    if labels != *to {
        return Err(Refusal::ForeignChange { object: format!("Namespace {namespace}") });
    }
    let uid = found.uid.clone();
    what_if::labelled(picture, namespace, from);
    let action = StepAction::MoveNamespace {
        namespace: namespace.clone(),
        uid,
        from: to.clone(),
        to: from.clone(),
        instance: super::asm::side_of(picture, namespace, from)?,
    };
    Ok(Some((namespace.clone(), action)))
}

/// Workloads that the run restarted and that would come back on another proxy now.
fn again(
    picture: &Snapshot,
    restarted: &BTreeSet<WorkloadRef>,
) -> Result<Vec<dataplane::Assessment>, Refusal> {
    let mut due = Vec::new();
    for workload in restarted.iter().filter_map(|name| picture.workloads.get(name)) {
        let assessment = dataplane::assess_one(picture, workload);
        if let Some(hindrance) = assessment.hindrance.clone() {
            let workload = workload.reference.clone();
            return Err(Refusal::CannotRestart { workload, hindrance });
        }
        let has_proxy = assessment.now.iter().any(|standing| standing.has_proxy);
        if has_proxy && assessment.after.revision.is_none() {
            return Err(Refusal::WouldLoseSidecar { workload: workload.reference.clone() });
        }
        if restart::needs(&assessment) {
            due.push(assessment);
        }
    }
    Ok(due)
}
