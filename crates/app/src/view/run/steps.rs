//! The steps of a run and the cells of its waves, one cell per workload. Entry points: [`step_view`]
//! and [`pods`].

use std::collections::BTreeSet;

use jiff::Timestamp;
use meshlift_core::inventory::{Pod, Snapshot, WorkloadRef};
use meshlift_core::rollout::{Outcome, Question, Step, Waiting, Wave, WaveItem};

use super::{Sight, seconds_between};
use crate::api::dto::{CellState, CellView, Phrase, RunStepView, StepState};
use crate::view::commands;
use crate::view::words::{self, row_id};

/// A step with the cells of its wave, if it has one.
pub(super) fn step_view(sight: &Sight<'_>, step: &Step) -> RunStepView {
    let Sight { record, history, now, .. } = sight;
    let started = history.progress.step_started.get(&step.id);
    let passed = history.progress.passed.get(&step.id);
    let ended = passed.copied().or(history.ended).unwrap_or(*now);
    RunStepView {
        id: step.id.to_string(),
        title: words::step(&record.plan, &step.action),
        state: step_state(sight, step),
        seconds: started.map(|at| seconds_between(*at, ended)),
        cells: step.wave().map_or_else(Vec::new, |wave| cells(sight, step, wave)),
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
        .find(|(_, act)| act.kind.restarted() == Some(workload))
        .map(|(_, act)| act.intended)
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

/// Pods that are as promised, and all that are to become so.
pub(super) fn pods(sight: &Sight<'_>) -> (u32, u32) {
    let mut done = 0;
    let mut total = 0;
    for step in &sight.record.plan.steps {
        if let Some(wave) = step.wave() {
            for cell in cells(sight, step, wave) {
                done += cell.done;
                total += cell.total;
            }
        }
    }
    (done, total)
}

fn count(pods: &[&Pod]) -> u32 {
    u32::try_from(pods.len()).unwrap_or(u32::MAX)
}
