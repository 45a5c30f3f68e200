//! A run as the window shows it: one line, the time bar, the cells of its waves.
//!
//! Entry points: [`summary`] and [`view`]. Pure: the record, its history and what is observed
//! become data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use meshlift_core::inventory::{Pod, Snapshot, WorkloadRef};
use meshlift_core::rollout::{
    Answer, Event, Expectation, Failure, MeshEnd, NoWayBack, Operation, Outcome, Question, Step,
    StepAction, Waiting, Wave, WaveItem, no_way_back,
};

use super::words::{self, named, no, row_id, yes};
use crate::api::dto::{
    self, CellState, CellView, OperationKind, Phrase, PhraseCode as Code, QuestionView, RunState,
    RunStepView, RunSummary, RunView, StepState,
};
use crate::journal::RunRecord;
use crate::runner::{History, Live};
use crate::view::{asm, commands};

/// Everything that a run's view is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight<'a> {
    /// The run as it was begun.
    pub(crate) record: &'a RunRecord,
    /// What its journal tells.
    pub(crate) history: &'a History,
    /// What its actor does right now; none when no actor drives it.
    pub(crate) live: Option<&'a Live>,
    /// The mesh, where it is open.
    pub(crate) snapshot: Option<&'a Snapshot>,
    /// Whether its mesh is simulated.
    pub(crate) simulated: bool,
    /// What time it is.
    pub(crate) now: Timestamp,
}

/// The run in one line.
pub(crate) fn summary(sight: &Sight<'_>) -> RunSummary {
    let Sight { record, history, .. } = sight;
    let (done, total) = pods(sight);
    RunSummary {
        id: record.key.to_string(),
        number: record.number,
        context: record.context.clone(),
        cluster_uid: record.cluster_uid.clone(),
        operation: operation(record.plan.operation),
        from: end(&record.plan.from),
        to: end(&record.plan.to),
        state: state(sight),
        operator: record.operator.clone(),
        started_at: record.started.to_string(),
        ended_at: history.ended.map(|at| at.to_string()),
        sentence: sentence(sight),
        pods_done: done,
        pods_total: total,
    }
}

/// The run but its log.
pub(crate) fn view(sight: &Sight<'_>) -> RunView {
    let summary = summary(sight);
    let over = sight.history.progress.outcome.is_some();
    let traffic = &sight.history.progress.traffic;
    let hold = |reason| no(Phrase::plain(reason));
    let (pause, resume, abort) = match summary.state {
        RunState::Running | RunState::Waiting => (yes(), hold(Code::ReasonRunNotPaused), yes()),
        RunState::Pausing | RunState::Paused => (hold(Code::ReasonRunNotRunning), yes(), yes()),
        RunState::Asking => (yes(), hold(Code::ReasonRunNotPaused), yes()),
        RunState::Interrupted => (hold(Code::ReasonRunNotRunning), yes(), yes()),
        RunState::Succeeded | RunState::Failed | RunState::Aborted => {
            (hold(Code::ReasonRunOver), hold(Code::ReasonRunOver), hold(Code::ReasonRunOver))
        }
    };
    let aborting = sight.history.progress.abort_requested && !over;
    let abort = if aborting { hold(Code::ReasonAborting) } else { abort };
    RunView {
        hint: hint(sight, summary.state),
        steps: sight.record.plan.steps.iter().map(|step| step_view(sight, step)).collect(),
        question: sight.history.progress.question.as_ref().filter(|_| !over).map(question),
        hand_off: asm::hand_off_view(sight),
        questions: sight.history.questions,
        seconds_left: seconds_left(sight, &summary),
        pause,
        resume,
        abort,
        roll_back: roll_back(sight),
        left_over: left_over(sight).iter().map(row_id).collect(),
        traffic_changes: traffic.changes.iter().map(words::rule_change).collect(),
        traffic_unseen: traffic.unseen.iter().map(words::unseen_rules).collect(),
        summary,
    }
}

/// The state of a run, from its journal and its actor.
pub(crate) fn state(sight: &Sight<'_>) -> RunState {
    let progress = &sight.history.progress;
    match (&progress.outcome, sight.live) {
        (Some(Outcome::Succeeded), _) => RunState::Succeeded,
        (Some(Outcome::Failed { failure: _ }), _) => RunState::Failed,
        (Some(Outcome::Aborted), _) => RunState::Aborted,
        (None, None) => RunState::Interrupted,
        (None, Some(live)) => match &live.waiting {
            _ if live.hold.is_some() => RunState::Waiting,
            _ if progress.question.is_some() => RunState::Asking,
            Some(Waiting::Pausing) => RunState::Pausing,
            Some(Waiting::Paused) => RunState::Paused,
            Some(
                Waiting::Retry { why: _ } | Waiting::Istiods { .. } | Waiting::HandOff { task: _ },
            ) => RunState::Waiting,
            // An answer that was given a moment ago leaves no question.
            Some(
                Waiting::Answer
                | Waiting::InFlight { .. }
                | Waiting::ControlPlane { .. }
                | Waiting::Webhook { .. }
                | Waiting::Pods { .. }
                | Waiting::Proxies { .. }
                | Waiting::Instance { .. }
                | Waiting::Upgrade { .. }
                | Waiting::Gateway { .. }
                | Waiting::Sync { .. }
                | Waiting::Verification { .. },
            )
            | None => {
                if progress.paused {
                    RunState::Pausing
                } else {
                    RunState::Running
                }
            }
        },
    }
}

/// What the run is doing, in one sentence.
fn sentence(sight: &Sight<'_>) -> Phrase {
    let progress = &sight.history.progress;
    if let Some(outcome) = &progress.outcome {
        return words::outcome(outcome);
    }
    let Some(live) = sight.live else { return Phrase::plain(Code::RunInterrupted) };
    if let Some(hold) = &live.hold {
        return hold.clone();
    }
    match &live.waiting {
        Some(waiting) => words::waiting(waiting),
        None => Phrase::plain(Code::RunStarting),
    }
}

fn hint(sight: &Sight<'_>, state: RunState) -> Option<Phrase> {
    match state {
        RunState::Asking => Some(Phrase::plain(Code::HintDecide)),
        RunState::Running => Some(busy_pod(sight).unwrap_or(Phrase::plain(Code::HintNothingToDo))),
        RunState::Succeeded => verified(sight),
        RunState::Pausing
        | RunState::Paused
        | RunState::Waiting
        | RunState::Interrupted
        | RunState::Failed
        | RunState::Aborted => None,
    }
}

/// What the last step of a run that came through has seen, the most telling of it.
fn verified(sight: &Sight<'_>) -> Option<Phrase> {
    let expected: Vec<&Expectation> = sight
        .record
        .plan
        .steps
        .iter()
        .flat_map(|step| match &step.action {
            StepAction::Verify { expect } => expect.as_slice(),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Restart { .. }
            | StepAction::Change { .. } => &[],
        })
        .collect();
    let gone = expected.iter().find_map(|expectation| match expectation {
        Expectation::RevisionGone { revision } => {
            Some(Phrase::with(Code::RunVerifiedGone, [("revision", revision.to_string())]))
        }
        Expectation::Proxies { .. }
        | Expectation::Tag { .. }
        | Expectation::ControlPlane { .. } => None,
    });
    gone.or_else(|| verified_proxies(&expected)).or_else(|| {
        expected.iter().find_map(|expectation| match expectation {
            Expectation::Tag { tag, revision } => {
                let names = [("tag", tag.to_string()), ("revision", revision.to_string())];
                Some(Phrase::with(Code::RunVerifiedTag, names))
            }
            Expectation::ControlPlane { revision, version } => {
                let end = [("revision", revision.to_string()), ("version", version.numbers())];
                Some(Phrase::with(Code::RunVerifiedPlane, end))
            }
            Expectation::Proxies { .. } | Expectation::RevisionGone { .. } => None,
        })
    })
}

/// How many workloads are where most of them were to go; one that pins its proxy goes elsewhere.
fn verified_proxies(expected: &[&Expectation]) -> Option<Phrase> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for expectation in expected {
        match expectation {
            Expectation::Proxies { workload: _, revision, version } => {
                *counts.entry((revision.to_string(), version.numbers())).or_default() += 1;
            }
            Expectation::Tag { .. }
            | Expectation::ControlPlane { .. }
            | Expectation::RevisionGone { .. } => {}
        }
    }
    let all: usize = counts.values().sum();
    let ((revision, version), most) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let (revision, version) = (("revision", revision), ("version", version));
    let workloads = ("workloads", most.to_string());
    Some(if most == all {
        Phrase::with(Code::RunVerifiedProxies, [revision, version, workloads])
    } else {
        let others = ("others", (all - most).to_string());
        Phrase::with(Code::RunVerifiedMixed, [revision, version, workloads, others])
    })
}

/// The pod that is waited for, with what keeps it.
fn busy_pod(sight: &Sight<'_>) -> Option<Phrase> {
    let Some(Waiting::Pods { workload, left: _, wanted: _ }) = &sight.live?.waiting else {
        return None;
    };
    let pod = sight.snapshot?.pods_of(workload).find(|pod| !pod.ready && !pod.terminating)?;
    let pod_name = ("pod", pod.reference.to_string());
    Some(match &pod.waiting {
        Some(reason) => Phrase::with(Code::HintPod, [pod_name, ("state", reason.to_string())]),
        None => Phrase::with(Code::HintPodStarting, [pod_name]),
    })
}

fn step_view(sight: &Sight<'_>, step: &Step) -> RunStepView {
    let Sight { record, history, now, .. } = sight;
    let started = history.progress.step_started.get(&step.id);
    let passed = history.progress.passed.get(&step.id);
    let ended = passed.copied().or(history.ended).unwrap_or(*now);
    RunStepView {
        id: step.id.to_string(),
        title: words::step(&record.plan, &step.action),
        state: step_state(sight, step),
        seconds: started.map(|at| seconds_between(*at, ended)),
        cells: match &step.action {
            StepAction::Restart { wave } => cells(sight, step, wave),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => Vec::new(),
        },
        commands: commands::of_step(step, &record.context),
    }
}

fn step_state(sight: &Sight<'_>, step: &Step) -> StepState {
    let progress = &sight.history.progress;
    let asked = progress.question.as_ref().is_some_and(|question| question.step == step.id);
    if progress.passed.contains_key(&step.id) {
        return StepState::Done;
    }
    let started = progress.step_started.contains_key(&step.id);
    match (&progress.outcome, started) {
        (Some(Outcome::Failed { .. }), true) => StepState::Failed,
        (Some(Outcome::Aborted | Outcome::Succeeded), _)
        | (Some(Outcome::Failed { .. }), false) => StepState::Skipped,
        (None, true) if asked => StepState::Blocked,
        (None, true) => StepState::Current,
        (None, false) => StepState::Later,
    }
}

fn cells(sight: &Sight<'_>, step: &Step, wave: &Wave) -> Vec<CellView> {
    wave.items.iter().map(|item| cell(sight, step, item)).collect()
}

fn cell(sight: &Sight<'_>, step: &Step, item: &WaveItem) -> CellView {
    let state = cell_state(sight, step, item);
    let (done, busy) = match state {
        CellState::Done => (item.pods, 0),
        CellState::Pending | CellState::Skipped => (0, 0),
        CellState::Asks | CellState::Restarting | CellState::Verifying | CellState::Failed => {
            pods_of(sight.snapshot, item)
        }
    };
    let started = intended(sight, &item.workload, step);
    let key = (step.id.clone(), item.workload.clone());
    let ended = sight.history.workload_done.get(&key).copied().or(sight.history.ended);
    CellView {
        id: row_id(&item.workload),
        name: item.workload.name.to_string(),
        namespace: item.workload.namespace.to_string(),
        state,
        done: done.min(item.pods),
        busy: busy.min(item.pods.saturating_sub(done)),
        total: item.pods,
        seconds: started.map(|at| seconds_between(at, ended.unwrap_or(sight.now))),
        note: note(sight, step, item),
    }
}

fn cell_state(sight: &Sight<'_>, step: &Step, item: &WaveItem) -> CellState {
    let progress = &sight.history.progress;
    let has = |set: Option<&BTreeSet<WorkloadRef>>| {
        set.is_some_and(|workloads| workloads.contains(&item.workload))
    };
    if has(progress.workloads_done.get(&step.id)) {
        return CellState::Done;
    }
    if has(progress.skipped.get(&step.id)) {
        return CellState::Skipped;
    }
    if asks(sight, step, item).is_some() {
        return CellState::Asks;
    }
    if intended(sight, &item.workload, step).is_none() {
        return CellState::Pending;
    }
    match (&progress.outcome, sight.live.and_then(|live| live.waiting.as_ref())) {
        (Some(_), _) => CellState::Failed,
        (None, Some(Waiting::Proxies { workload })) if *workload == item.workload => {
            CellState::Verifying
        }
        (None, _) => CellState::Restarting,
    }
}

fn note(sight: &Sight<'_>, step: &Step, item: &WaveItem) -> Option<Phrase> {
    asks(sight, step, item).map(|question| words::failure(&question.failure))
}

fn asks<'a>(sight: &'a Sight<'_>, step: &Step, item: &WaveItem) -> Option<&'a Question> {
    let question = sight.history.progress.question.as_ref()?;
    let about_it = question.step == step.id && question.workload.as_ref() == Some(&item.workload);
    about_it.then_some(question)
}

/// When the restart of a workload was begun.
fn intended(sight: &Sight<'_>, workload: &WorkloadRef, step: &Step) -> Option<Timestamp> {
    let acts = sight.history.progress.acts.iter();
    acts.filter(|(id, _)| id.step == step.id)
        .find(|(_, act)| restarts(&act.kind, workload))
        .map(|(_, act)| act.intended)
}

fn restarts(kind: &meshlift_core::rollout::ActKind, wanted: &WorkloadRef) -> bool {
    use meshlift_core::rollout::ActKind;
    match kind {
        ActKind::Restart { workload, uid: _, template_hash: _ } => workload == wanted,
        ActKind::Install { .. }
        | ActKind::Asm { .. }
        | ActKind::Label { .. }
        | ActKind::SetTag { .. }
        | ActKind::SetTagService { .. }
        | ActKind::SetDefaultValidator { .. }
        | ActKind::DeactivateInjector { .. }
        | ActKind::Delete { .. }
        | ActKind::Restore { .. } => false,
    }
}

/// Pods of a workload that are as promised, and pods that are under way.
fn pods_of(snapshot: Option<&Snapshot>, item: &WaveItem) -> (u32, u32) {
    let Some(snapshot) = snapshot else { return (0, 0) };
    let live = snapshot.pods_of(&item.workload).filter(|pod| !pod.is_finished());
    let (done, busy): (Vec<_>, Vec<_>) =
        live.filter(|pod| !pod.terminating).partition(|pod| is_as_promised(pod, item));
    (count(&done), count(&busy))
}

fn is_as_promised(pod: &Pod, item: &WaveItem) -> bool {
    let proxy = pod.proxy.as_ref();
    let revision = proxy.and_then(|proxy| proxy.revision.as_ref());
    let version = proxy.and_then(|proxy| proxy.version.as_ref());
    pod.ready
        && revision == item.revision.as_ref()
        && (item.version.is_none() || version == item.version.as_ref())
}

fn pods(sight: &Sight<'_>) -> (u32, u32) {
    let mut done = 0;
    let mut total = 0;
    for step in &sight.record.plan.steps {
        if let StepAction::Restart { wave } = &step.action {
            for cell in cells(sight, step, wave) {
                done += cell.done;
                total += cell.total;
            }
        }
    }
    (done, total)
}

/// By the pace so far; nothing before a tenth is done, because that would be a guess.
fn seconds_left(sight: &Sight<'_>, summary: &RunSummary) -> Option<u32> {
    if summary.state != RunState::Running || summary.pods_done * 10 < summary.pods_total {
        return None;
    }
    let first = sight.history.progress.acts.values().map(|act| act.intended).min()?;
    let passed = u64::from(seconds_between(first, sight.now));
    let left = u64::from(summary.pods_total.saturating_sub(summary.pods_done));
    let done = u64::from(summary.pods_done);
    u32::try_from((passed * left).checked_div(done)?).ok()
}

fn roll_back(sight: &Sight<'_>) -> dto::Availability {
    let progress = &sight.history.progress;
    let running = match state(sight) {
        RunState::Running | RunState::Pausing | RunState::Waiting | RunState::Asking => true,
        RunState::Paused
        | RunState::Interrupted
        | RunState::Succeeded
        | RunState::Failed
        | RunState::Aborted => false,
    };
    if running {
        return no(Phrase::with(
            Code::ReasonRunActive,
            [("number", sight.record.number.to_string())],
        ));
    }
    match no_way_back(&sight.record.plan, progress) {
        None => yes(),
        Some(NoWayBack::NothingDone) => no(Phrase::plain(Code::ReasonNothingDone)),
        Some(NoWayBack::Final) => no(Phrase::plain(Code::WayBackNone)),
        Some(NoWayBack::Revoke) => no(Phrase::plain(Code::WayBackRevoke)),
        Some(NoWayBack::RestartsOnly) => {
            let revision = sight.record.plan.to.revision.to_string();
            no(Phrase::with(Code::WayBackRestart, [("revision", revision)]))
        }
    }
}

/// Workloads in the run's namespaces that it does not know and whose pods are all younger than it.
pub(crate) fn left_over(sight: &Sight<'_>) -> Vec<WorkloadRef> {
    let Some(snapshot) = sight.snapshot.filter(|_| sight.history.ended.is_none()) else {
        return Vec::new();
    };
    let items: BTreeSet<&WorkloadRef> = sight
        .record
        .plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            StepAction::Restart { wave } => Some(wave.items.iter().map(|item| &item.workload)),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => None,
        })
        .flatten()
        .collect();
    let namespaces: BTreeSet<_> = items.iter().map(|workload| &workload.namespace).collect();
    let began = sight.record.started.as_second();
    let mut young: BTreeMap<&WorkloadRef, bool> = BTreeMap::new();
    for pod in snapshot.pods.values() {
        let Some(workload) = &pod.workload else { continue };
        if namespaces.contains(&workload.namespace) && !items.contains(workload) {
            let is_young = pod.created > began && pod.proxy.is_some();
            young.entry(workload).and_modify(|all| *all &= is_young).or_insert(is_young);
        }
    }
    young.into_iter().filter(|(_, all)| *all).map(|(workload, _)| workload.clone()).collect()
}

fn question(question: &Question) -> QuestionView {
    let why = words::failure(&question.failure);
    let text = match (&question.workload, &question.failure) {
        (Some(workload), _) => {
            Phrase::with(Code::AskFailed, [("workload", named(workload))]).saying("why", why)
        }
        (None, Failure::Act { act, why }) => {
            Phrase::with(Code::AskActFailed, [("why", why.clone())]).saying("act", words::act(act))
        }
        (None, _) => Phrase::plain(Code::RunFailed).saying("why", why),
    };
    QuestionView {
        id: question.id.clone(),
        text,
        answers: question.answers.iter().map(|answer| answer_view(*answer)).collect(),
    }
}

fn answer_view(answer: Answer) -> dto::Answer {
    match answer {
        Answer::Continue => dto::Answer::Continue,
        Answer::Retry => dto::Answer::Retry,
        Answer::Skip => dto::Answer::Skip,
        Answer::Abort => dto::Answer::Abort,
    }
}

/// The operation as the window names it.
pub(crate) fn operation(operation: Operation) -> OperationKind {
    match operation {
        Operation::UpgradeControlPlane => OperationKind::UpgradeControlPlane,
        Operation::DeployCanary => OperationKind::DeployCanary,
        Operation::MoveNamespaces => OperationKind::MoveNamespaces,
        Operation::Restart => OperationKind::Restart,
        Operation::UpgradeGateways => OperationKind::UpgradeGateways,
        Operation::Promote => OperationKind::Promote,
        Operation::Revoke => OperationKind::Revoke,
        Operation::Unpublish => OperationKind::Unpublish,
        Operation::GatewayCanary => OperationKind::GatewayCanary,
        Operation::RollBack => OperationKind::RollBack,
    }
}

/// One end of an upgrade, such as `1.30.5 (1-30)`.
pub(crate) fn end(end: &MeshEnd) -> String {
    format!("{} ({})", words::version(end.version.as_ref()), end.revision)
}

/// Whether an event changes the line that other pages show of a run.
pub(crate) fn shows_everywhere(event: &Event) -> bool {
    match event {
        Event::Started { .. }
        | Event::Acknowledged { .. }
        | Event::Recovered { .. }
        | Event::StepStarted { .. }
        | Event::Asked { .. }
        | Event::Answered { .. }
        | Event::Paused { .. }
        | Event::Resumed { .. }
        | Event::AbortRequested { .. }
        | Event::Finished { .. }
        | Event::WorkloadDone { .. } => true,
        Event::Preflighted { .. }
        | Event::Intent { .. }
        | Event::Child { .. }
        | Event::Done { .. }
        | Event::ActFailed { .. }
        | Event::Traffic { .. }
        | Event::StepPassed { .. } => false,
    }
}

fn seconds_between(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}

fn count(pods: &[&Pod]) -> u32 {
    u32::try_from(pods.len()).unwrap_or(u32::MAX)
}
