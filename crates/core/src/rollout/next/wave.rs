//! One wave: which workloads restart now, which have come through their gate, which have failed.
//!
//! A workload is *pending* until its restart was performed, then *rolling* until every pod of it is
//! new, ready, and has the promised proxy. Every decision is made from what is observed; the
//! journal only tells what was begun.

use jiff::{SignedDuration, Timestamp};

use super::act::{Standing, standing};
use super::gate::{self, Gate};
use super::{At, Subject, consent_id, paused, unsure_consent, wait};
use crate::dataplane;
use crate::inventory::{Name, Workload};
use crate::rollout::{Act, ActId, ActKind, Decision, Failure, Preflight, Waiting, Wave, WaveItem};

/// Where one workload of the wave stands.
enum Place {
    /// Done, or left out by the user.
    Settled,
    /// Its pods are being replaced.
    Rolling,
    /// Its restart may be handed out.
    Pending(Act),
    /// Something about it is decided before anything else.
    Decided(Decision),
    /// Its restart is being performed or waits to be tried again.
    Busy(Decision),
    /// Its restart is due, and the run is paused.
    Held,
}

pub(super) fn decide(at: &At<'_>, wave: &Wave) -> Decision {
    let mut pending = Vec::new();
    let mut rolling: Vec<&WaveItem> = Vec::new();
    let mut busy = None;
    let mut is_held = false;
    for (index, item) in wave.items.iter().enumerate() {
        match place(at, wave, item, at.act_id(index)) {
            Place::Settled => {}
            Place::Decided(decision) => return decision,
            Place::Rolling => rolling.push(item),
            Place::Pending(act) => pending.push((item, act)),
            Place::Held => is_held = true,
            Place::Busy(decision) => {
                rolling.push(item);
                busy = busy.or(Some(decision));
            }
        }
    }
    if pending.is_empty() && rolling.is_empty() && !is_held {
        return at.pass();
    }
    if at.progress.paused {
        return if rolling.is_empty() { paused() } else { wait(Waiting::Pausing) };
    }
    let start = startable(at, wave, &pending, &rolling);
    match start {
        Start::These(acts) => Decision::Act(acts),
        Start::Decide(decision) => decision,
        Start::Nothing => busy.unwrap_or_else(|| wait(waiting_for(at, &rolling, &pending))),
    }
}

fn place(at: &At<'_>, wave: &Wave, item: &WaveItem, id: ActId) -> Place {
    if at.progress.is_settled(&at.step.id, &item.workload) {
        return Place::Settled;
    }
    let kind = ActKind::Restart {
        workload: item.workload.clone(),
        uid: item.uid.clone(),
        template_hash: item.template_hash.clone(),
    };
    let why = at.progress.acts.get(&id).and_then(|act| act.failed.clone()).unwrap_or_default();
    let about_workload = |id| {
        let failure = Failure::Act { act: kind.clone(), why };
        Some(at.ask(Subject::WorkloadAct(&item.workload, id), failure))
    };
    match standing(at, id, &kind, about_workload) {
        Standing::Due(act) => Place::Pending(act),
        Standing::Done(done) => gated(at, wave, item, done),
        Standing::Other(decision @ Decision::Ask(_)) => Place::Decided(decision),
        Standing::Other(Decision::Wait { waiting: Waiting::Paused, .. }) => Place::Held,
        Standing::Other(decision) => Place::Busy(decision),
    }
}

fn gated(at: &At<'_>, wave: &Wave, item: &WaveItem, done: Timestamp) -> Place {
    match gate::look(at, item, done) {
        Gate::Open => {
            Place::Decided(Decision::WorkloadDone(at.step.id.clone(), item.workload.clone()))
        }
        Gate::Unread(failure) => Place::Decided(at.ask(Subject::Watched(&item.workload), failure)),
        Gate::Failed(failure) => Place::Decided(at.ask(Subject::Workload(&item.workload), failure)),
        Gate::Shut => {
            let limit = SignedDuration::from_secs(wave.timeout_seconds.into());
            if at.is_late(Some(&item.workload), done, limit) {
                let failure = Failure::Timeout { minutes: wave.timeout_seconds.div_ceil(60) };
                return Place::Decided(at.ask(Subject::Workload(&item.workload), failure));
            }
            Place::Rolling
        }
    }
}

/// What may start.
enum Start {
    These(Vec<Act>),
    Decide(Decision),
    Nothing,
}

fn startable(
    at: &At<'_>,
    wave: &Wave,
    pending: &[(&WaveItem, Act)],
    rolling: &[&WaveItem],
) -> Start {
    let mut running: Vec<&Name> = rolling.iter().map(|item| &item.workload.namespace).collect();
    let mut chosen: Vec<(&WaveItem, &Act)> = Vec::new();
    for (item, act) in pending {
        let namespace = &item.workload.namespace;
        let in_namespace = running.iter().filter(|other| **other == namespace).count();
        let has_room = running.len() < wave.width.max(1) as usize
            && in_namespace < wave.per_namespace.max(1) as usize;
        if has_room {
            running.push(namespace);
            chosen.push((item, act));
        }
    }
    if chosen.is_empty() {
        return Start::Nothing;
    }
    if let Some(decision) = chosen.iter().find_map(|(item, _)| refused(at, item)) {
        return Start::Decide(decision);
    }
    let unchecked: Vec<_> = chosen
        .iter()
        .filter(|(item, _)| preflight(at, item).is_none())
        .map(|(item, _)| item.workload.clone())
        .collect();
    if !unchecked.is_empty() {
        return Start::Decide(Decision::Preflight(unchecked));
    }
    let is_uncertain =
        |item: &WaveItem| matches!(preflight(at, item), Some(Preflight::CannotTell { .. }));
    // What could not be told before is seen on the first one, so that one goes alone.
    if rolling.iter().any(|item| is_uncertain(item)) {
        return Start::Nothing;
    }
    if let Some((_, act)) = chosen.iter().find(|(item, _)| is_uncertain(item)) {
        return if rolling.is_empty() {
            Start::These(vec![(*act).clone()])
        } else {
            Start::Nothing
        };
    }
    Start::These(chosen.into_iter().map(|(_, act)| act.clone()).collect())
}

/// Why a workload must not be restarted: what is read now, then what the preflight said.
fn refused(at: &At<'_>, item: &WaveItem) -> Option<Decision> {
    let ask = |failure| Some(at.ask(Subject::Workload(&item.workload), failure));
    let Some(workload) = at.observed.snapshot.workloads.get(&item.workload) else {
        return ask(Failure::Gone);
    };
    let failure = changed(workload, item)
        .or_else(|| gate::prediction(at, workload, item))
        .or_else(|| over_budget(at, workload));
    if let Some(failure) = failure {
        return ask(failure);
    }
    match preflight(at, item)? {
        Preflight::NotInjected if item.revision.is_some() => ask(Failure::WouldLoseSidecar),
        Preflight::NotInjected => None,
        Preflight::Injected { revision, .. } => {
            let expected = item.revision.clone()?;
            (*revision != expected)
                .then(|| ask(Failure::OtherRevision { found: revision.clone(), expected }))
                .flatten()
        }
        Preflight::CannotTell { why } if !has_consent(at, item) => {
            let failure = Failure::CannotTell { why: why.clone() };
            Some(at.ask(Subject::Unsure(&item.workload), failure))
        }
        Preflight::CannotTell { .. } => None,
    }
}

fn changed(workload: &Workload, item: &WaveItem) -> Option<Failure> {
    if workload.uid != item.uid {
        return Some(Failure::Replaced);
    }
    (workload.template.hash != item.template_hash || workload.paused)
        .then_some(Failure::TemplateChanged)
}

/// A rolling update does not ask disruption budgets, so they are asked here (run semantics 2).
fn over_budget(at: &At<'_>, workload: &Workload) -> Option<Failure> {
    let disruption = dataplane::disruption(at.observed.snapshot, workload);
    let (budget, allowed) = disruption.exceeds?;
    let consent = consent_id("budget", &workload.reference);
    let needed = disruption.may_take;
    (!at.progress.consents.contains(&consent)).then_some(Failure::Budget {
        budget,
        allowed,
        needed,
    })
}

fn preflight<'a>(at: &'a At<'_>, item: &WaveItem) -> Option<&'a Preflight> {
    let known = at.progress.preflights.iter().find(|(workload, _)| *workload == item.workload);
    known.map(|(_, result)| result)
}

fn has_consent(at: &At<'_>, item: &WaveItem) -> bool {
    at.progress.consents.contains(&unsure_consent(&item.workload))
}

fn waiting_for(at: &At<'_>, rolling: &[&WaveItem], pending: &[(&WaveItem, Act)]) -> Waiting {
    let first = rolling.first().copied().or_else(|| pending.first().map(|(item, _)| *item));
    first.map_or(Waiting::Pausing, |item| gate::waiting(at, item))
}
