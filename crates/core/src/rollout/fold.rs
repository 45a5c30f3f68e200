//! Folds a run's journal into its progress.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{ActProgress, Answer, Event, Failure, Outcome, Progress, Question, StepId};
use crate::inventory::WorkloadRef;

/// Adds one event. Folding the same journal again gives the same progress, which is all that
/// recovery needs.
pub fn fold(progress: &mut Progress, at: Timestamp, event: &Event) {
    match event {
        Event::Started { consents, .. } => {
            progress.started = true;
            progress.consents.extend(consents.iter().cloned());
        }
        // Said for the record: whether a run may start is decided before it begins.
        Event::Acknowledged { .. } => {}
        // What was checked before a pause or a crash may be true no longer.
        Event::Recovered { .. } => progress.preflights.clear(),
        Event::StepStarted { step } => {
            progress.step_started.entry(step.clone()).or_insert(at);
        }
        Event::Preflighted { workload, result } => {
            progress.preflights.retain(|(known, _)| known != workload);
            progress.preflights.push((workload.clone(), result.clone()));
        }
        Event::StepPassed { step } => {
            progress.passed.entry(step.clone()).or_insert(at);
        }
        Event::WorkloadDone { step, workload } => {
            progress.workloads_done.entry(step.clone()).or_default().insert(workload.clone());
        }
        Event::Intent { .. }
        | Event::Child { .. }
        | Event::Done { .. }
        | Event::ActFailed { .. } => {
            fold_act(progress, at, event);
        }
        Event::Asked { question } => {
            progress.questions += 1;
            progress.question = Some(question.clone());
        }
        Event::Answered { question, answer, .. } => fold_answer(progress, at, question, *answer),
        Event::Paused { .. } => progress.paused = true,
        Event::Resumed { .. } => {
            progress.paused = false;
            progress.preflights.clear();
        }
        Event::AbortRequested { .. } => progress.abort_requested = true,
        Event::Traffic { news } => progress.traffic.take(news),
        Event::Finished { outcome } => progress.outcome = Some(outcome.clone()),
    }
}

fn fold_act(progress: &mut Progress, at: Timestamp, event: &Event) {
    match event {
        Event::Intent { act, object, before } => {
            let known = progress.acts.entry(act.id.clone()).or_insert_with(|| ActProgress {
                kind: act.kind.clone(),
                intended: at,
                attempts: 0,
                retried: false,
                done: None,
                changed: false,
                failed: None,
                transient: false,
                before: None,
                object: None,
                child: None,
            });
            // A dry run that was refused names none. Of two that do, the first was there before us.
            if known.object.is_none() {
                known.object.clone_from(object);
                known.before.clone_from(before);
            }
            known.intended = at;
            known.attempts += 1;
            known.failed = None;
            known.child = None;
        }
        Event::Child { act, pid, started } => {
            if let Some(known) = progress.acts.get_mut(act) {
                known.child = Some((*pid, *started));
            }
        }
        Event::Done { act, changed } => {
            if let Some(known) = progress.acts.get_mut(act) {
                known.done = Some(at);
                known.changed |= changed;
                known.failed = None;
            }
        }
        Event::ActFailed { act, why, transient } => {
            if let Some(known) = progress.acts.get_mut(act) {
                known.failed = Some(why.clone());
                known.transient = *transient;
            }
        }
        Event::Started { .. }
        | Event::Acknowledged { .. }
        | Event::Recovered { .. }
        | Event::StepStarted { .. }
        | Event::Preflighted { .. }
        | Event::WorkloadDone { .. }
        | Event::StepPassed { .. }
        | Event::Asked { .. }
        | Event::Answered { .. }
        | Event::Paused { .. }
        | Event::Resumed { .. }
        | Event::AbortRequested { .. }
        | Event::Traffic { .. }
        | Event::Finished { .. } => {}
    }
}

fn fold_answer(progress: &mut Progress, at: Timestamp, id: &str, answer: Answer) {
    let Some(question) = progress.question.take_if(|question| question.id == id) else { return };
    match answer {
        Answer::Retry => try_again(progress, at, &question),
        Answer::Continue => go_on(progress, at, &question),
        Answer::Skip => leave_out(progress, &question),
        Answer::Abort => progress.abort_requested = true,
    }
}

/// Forgets the failure, so that the same is decided again with its time limit started anew.
fn try_again(progress: &mut Progress, at: Timestamp, question: &Question) {
    if let Some(act) = question.act.as_ref().and_then(|id| progress.acts.get_mut(id)) {
        // One that was done and came to nothing is done again.
        act.done = None;
        act.failed = None;
        act.attempts = 0;
        act.retried = true;
    }
    if let Some(workload) = &question.workload {
        progress.preflights.retain(|(known, _)| known != workload);
    }
    progress.retried.insert(super::next::clock_key(&question.step, question.workload.as_ref()), at);
}

/// Takes what failed as good enough: a workload counts as done, a step as passed. One that was not
/// restarted because nobody could tell what it would bring is restarted.
fn go_on(progress: &mut Progress, at: Timestamp, question: &Question) {
    if let Failure::IstiodsUnread { revision, why: _ } = &question.failure {
        // Asked once: the gate goes on looking at everything else, and at istiod when it answers.
        progress.unwatched.insert(revision.clone());
        return;
    }
    match &question.workload {
        Some(workload) if matches!(question.failure, Failure::CannotTell { .. }) => {
            progress.consents.insert(super::next::unsure_consent(workload));
        }
        Some(workload) => {
            let done = progress.workloads_done.entry(question.step.clone()).or_default();
            done.insert(workload.clone());
        }
        None => {
            progress.passed.entry(question.step.clone()).or_insert(at);
        }
    }
}

fn leave_out(progress: &mut Progress, question: &Question) {
    if let Some(workload) = &question.workload {
        let skipped = progress.skipped.entry(question.step.clone()).or_default();
        skipped.insert(workload.clone());
    }
}

impl Progress {
    /// Whether a workload of a step is through its gate or was left out by the user.
    pub fn is_settled(&self, step: &StepId, workload: &WorkloadRef) -> bool {
        let has = |by_step: &BTreeMap<StepId, BTreeSet<WorkloadRef>>| {
            by_step.get(step).is_some_and(|workloads| workloads.contains(workload))
        };
        has(&self.workloads_done) || has(&self.skipped)
    }

    /// Whether the run is over.
    pub fn is_finished(&self) -> bool {
        self.outcome.is_some()
    }

    /// Whether it is over and everything that was promised holds.
    pub fn has_succeeded(&self) -> bool {
        self.outcome == Some(Outcome::Succeeded)
    }
}
