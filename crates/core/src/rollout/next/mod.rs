//! Decides the next move of a run.
//!
//! Entry point: [`next`]. It looks at the plan, the folded journal and the mesh as it was read
//! last, and answers with one [`Decision`]. It holds no state: after a crash the same call, with
//! the journal folded again, goes on where the mesh really is. An act without a recorded outcome
//! is handed out again; performing it finds its own mark and changes nothing.

mod act;
mod asm;
mod change;
mod connected;
mod gate;
mod hand_off;
mod install;
mod label;
mod seen;
#[cfg(test)]
mod tests;
mod verify;
mod wave;

use jiff::{SignedDuration, Timestamp};

use super::{
    ActId, ActKind, Answer, Decision, Failure, Observed, Outcome, Plan, Progress, Question, Step,
    StepAction, StepId, Waiting,
};
use crate::inventory::WorkloadRef;

pub use change::users_of;

/// How long a written value may take to show in what is observed.
const UNTIL_SEEN: SignedDuration = SignedDuration::from_secs(60);

/// Value of [`crate::inventory::RESTARTED_BY`]: run and step and nothing else, so that asking for
/// the same restart again changes nothing (run semantics 5).
pub fn annotation(run_id: &str, step: &StepId) -> String {
    format!("{run_id}/{step}")
}

/// The next move. Pure: the same arguments give the same answer.
pub fn next(plan: &Plan, progress: &Progress, observed: &Observed<'_>, now: Timestamp) -> Decision {
    if let Some(outcome) = &progress.outcome {
        return Decision::Finish(outcome.clone());
    }
    let found = &observed.snapshot.cluster.uid;
    if *found != plan.cluster_uid {
        let expected = plan.cluster_uid.clone();
        let failure = Failure::OtherCluster { expected, found: found.clone() };
        return Decision::Finish(Outcome::Failed { failure });
    }
    if let Some(failure) = other_instance(plan, observed) {
        return Decision::Finish(Outcome::Failed { failure });
    }
    if progress.abort_requested {
        return wait_for_flight(progress, observed).unwrap_or(Decision::Finish(Outcome::Aborted));
    }
    if progress.question.is_some() {
        return Decision::Wait { waiting: Waiting::Answer, until: None };
    }
    if !observed.basis_checked {
        return Decision::CheckBasis;
    }
    let Some(step) = plan.steps.iter().find(|step| !progress.passed.contains_key(&step.id)) else {
        return Decision::Finish(Outcome::Succeeded);
    };
    let at = At { plan, progress, observed, step, now };
    let Some(started) = progress.step_started.get(&step.id) else {
        return if progress.paused { paused() } else { Decision::StartStep(step.id.clone()) };
    };
    at.decide(*started)
}

/// A run of an ASM mesh belongs to its instance as it does to its cluster.
fn other_instance(plan: &Plan, observed: &Observed<'_>) -> Option<Failure> {
    let expected = plan.instance.clone()?;
    let found = observed.snapshot.instance.as_ref().map(|instance| instance.id.clone());
    (found.as_ref() != Some(&expected)).then_some(Failure::OtherInstance { expected, found })
}

/// Everything a step's decision looks at.
#[derive(Clone, Copy)]
struct At<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    observed: &'a Observed<'a>,
    step: &'a Step,
    now: Timestamp,
}

impl At<'_> {
    fn decide(&self, started: Timestamp) -> Decision {
        match &self.step.action {
            StepAction::Install { install } => install::decide(self, install),
            StepAction::MoveNamespace { namespace, uid, from, to, instance } => {
                let wish = label::Wish { namespace, uid, from, to, instance: instance.as_ref() };
                label::decide(self, &wish)
            }
            StepAction::Asm { instance, call } => asm::decide(self, instance, call, started),
            StepAction::HandOff { instance: _, task } => hand_off::decide(self, task),
            StepAction::Restart { wave } => wave::decide(self, wave),
            StepAction::Change { acts } => change::decide(self, acts),
            StepAction::Verify { expect } => verify::decide(self, expect, started),
        }
    }

    fn act_id(&self, index: usize) -> ActId {
        ActId { step: self.step.id.clone(), index: u32::try_from(index).unwrap_or(u32::MAX) }
    }

    fn pass(&self) -> Decision {
        Decision::PassStep(self.step.id.clone())
    }

    /// Whether `since`, or the user's last *Retry* if that was later, is longer ago than `limit`.
    fn is_late(
        &self,
        workload: Option<&WorkloadRef>,
        since: Timestamp,
        limit: SignedDuration,
    ) -> bool {
        let retried = self.progress.retried.get(&clock_key(&self.step.id, workload)).copied();
        self.now.duration_since(retried.unwrap_or(since).max(since)) > limit
    }

    fn ask(&self, subject: Subject<'_>, failure: Failure) -> Decision {
        let (workload, act, answers): (_, _, &[Answer]) = match subject {
            Subject::Workload(workload) => {
                (Some(workload.clone()), None, &[Answer::Retry, Answer::Skip, Answer::Abort])
            }
            Subject::Watched(workload) => {
                (Some(workload.clone()), None, &[Answer::Retry, Answer::Continue, Answer::Abort])
            }
            Subject::Unsure(workload) => (
                Some(workload.clone()),
                None,
                &[Answer::Continue, Answer::Retry, Answer::Skip, Answer::Abort],
            ),
            Subject::Act(act) => (None, Some(act), &[Answer::Retry, Answer::Abort]),
            Subject::WorkloadAct(workload, act) => {
                (Some(workload.clone()), Some(act), &[Answer::Retry, Answer::Skip, Answer::Abort])
            }
            Subject::Step => (None, None, &[Answer::Retry, Answer::Continue, Answer::Abort]),
        };
        Decision::Ask(Question {
            id: format!("{}/{}", self.step.id, self.progress.questions + 1),
            step: self.step.id.clone(),
            workload,
            act,
            failure,
            answers: answers.to_vec(),
        })
    }
}

/// What a question is about.
enum Subject<'a> {
    Workload(&'a WorkloadRef),
    /// A workload whose proxies can't be watched.
    Watched(&'a WorkloadRef),
    /// A workload of which nobody can tell what a restart would bring: the user may dare it.
    Unsure(&'a WorkloadRef),
    Act(ActId),
    WorkloadAct(&'a WorkloadRef, ActId),
    Step,
}

/// The consent to restart a workload of which nobody can tell whether it would be injected.
pub(super) fn unsure_consent(workload: &WorkloadRef) -> String {
    consent_id("cannot-tell", workload)
}

fn consent_id(about: &str, workload: &WorkloadRef) -> String {
    format!("{about}:{}/{}/{}", workload.namespace, workload.kind, workload.name)
}

/// The name under which the time of a *Retry* is kept.
pub(super) fn clock_key(step: &StepId, workload: Option<&WorkloadRef>) -> String {
    match workload {
        Some(workload) => format!("{step}/{workload}"),
        None => step.to_string(),
    }
}

fn paused() -> Decision {
    Decision::Wait { waiting: Waiting::Paused, until: None }
}

fn wait(waiting: Waiting) -> Decision {
    Decision::Wait { waiting, until: None }
}

fn wait_for_flight(progress: &Progress, observed: &Observed<'_>) -> Option<Decision> {
    let act = observed.in_flight.iter().next()?;
    let kind = progress.acts.get(act)?.kind.clone();
    Some(wait(in_flight(kind)))
}

fn in_flight(act: ActKind) -> Waiting {
    Waiting::InFlight { act }
}
