//! A run as the window shows it: one line, the time bar, the cells of its waves.
//!
//! Entry points: [`summary`] and [`view`]. Pure: the record, its history and what is observed
//! become data.

mod left_over;
mod steps;
mod verified;

use jiff::Timestamp;
use meshlift_core::inventory::Snapshot;
use meshlift_core::rollout::{
    Answer, Event, Failure, MeshEnd, NoWayBack, Operation, Outcome, Question, Waiting, no_way_back,
};

use crate::api::dto::{
    self, OperationKind, Phrase, PhraseCode as Code, QuestionView, RunState, RunSummary, RunView,
};
use crate::journal::RunRecord;
use crate::runner::{History, Live};
use crate::view::asm;
use crate::view::words::{self, named, no, row_id, yes};
pub(crate) use left_over::left_over;
use steps::{pods, step_view};
use verified::verified;

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
