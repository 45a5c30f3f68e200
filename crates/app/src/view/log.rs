//! A run's journal as the lines of its log.
//!
//! Entry point: [`line`]. One event gives one line.

use meshlift_cluster::actuate::command_line;
use meshlift_core::asm::Call;
use meshlift_core::rollout::{
    ActKind, Answer, Event, Outcome, Plan, Preflight, Step, StepAction, StepId,
};

use super::run::end;
use super::words::{self, named};
use crate::api::dto::{LogKind, LogLine, Phrase, PhraseCode as Code};
use crate::journal::{Entry, RunRecord};
use crate::runner::History;

/// The line of an entry. `history` is the run as it was when the entry was taken.
pub(crate) fn line(record: &RunRecord, history: &History, entry: &Entry) -> LogLine {
    let (kind, text) = says(record, history, &entry.event);
    LogLine {
        seq: entry.seq,
        at: entry.at.to_string(),
        kind,
        text,
        command: match &entry.event {
            Event::Intent { act, .. } => Some(command_line(&act.kind, &record.context)),
            Event::Started { .. }
            | Event::Acknowledged { .. }
            | Event::Recovered { .. }
            | Event::StepStarted { .. }
            | Event::Preflighted { .. }
            | Event::Child { .. }
            | Event::Done { .. }
            | Event::ActFailed { .. }
            | Event::WorkloadDone { .. }
            | Event::StepPassed { .. }
            | Event::Asked { .. }
            | Event::Answered { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::AbortRequested { .. }
            | Event::Traffic { .. }
            | Event::Finished { .. } => None,
        },
    }
}

#[expect(clippy::too_many_lines, reason = "a table with one entry for each variant")]
fn says(record: &RunRecord, history: &History, event: &Event) -> (LogKind, Phrase) {
    let plan = &record.plan;
    match event {
        Event::Started { consents: _, operator: _ } => (
            LogKind::Plan,
            Phrase::with(
                Code::LogPlanned,
                [
                    ("steps", plan.steps.len().to_string()),
                    ("digest", record.digest.chars().take(12).collect()),
                ],
            ),
        ),
        Event::Acknowledged { rule, subject, reason, operator } => (
            LogKind::Warn,
            Phrase::with(
                Code::LogAcknowledged,
                [
                    ("operator", operator.clone()),
                    ("rule", rule.to_string()),
                    ("subject", subject.clone()),
                    ("reason", reason.clone()),
                ],
            ),
        ),
        Event::Recovered { operator: _ } => (LogKind::Go, Phrase::plain(Code::LogRecovered)),
        Event::StepStarted { step } => (LogKind::Plan, titled(plan, step)),
        Event::Preflighted { workload, result } => (
            match result {
                Preflight::Injected { .. } => LogKind::Check,
                Preflight::NotInjected | Preflight::CannotTell { .. } => LogKind::Warn,
            },
            Phrase::with(Code::LogPreflight, [("workload", named(workload))])
                .saying("result", words::preflight(result)),
        ),
        Event::Intent { act, .. } => (
            kind_of(&act.kind),
            Phrase::plain(Code::LogIntent).saying("act", words::act(&act.kind)),
        ),
        Event::Child { act, pid, started: _ } => (
            LogKind::Install,
            Phrase::with(Code::LogChild, [("pid", pid.to_string())])
                .saying("act", act_of(history, act)),
        ),
        Event::Done { act, changed } => {
            let code = if *changed { Code::LogDone } else { Code::LogAlready };
            (LogKind::Done, Phrase::plain(code).saying("act", act_of(history, act)))
        }
        Event::ActFailed { act, why, transient } => {
            let failed = Phrase::with(Code::LogFailed, [("why", why.clone())])
                .saying("act", act_of(history, act));
            (if *transient { LogKind::Wait } else { LogKind::Fail }, failed)
        }
        Event::WorkloadDone { step, workload } => (LogKind::Done, gate(plan, step, workload)),
        Event::StepPassed { step } => passed(plan, step),
        Event::Asked { question } => {
            let why = words::failure(&question.failure);
            let text = match &question.workload {
                Some(workload) => Phrase::with(Code::AskFailed, [("workload", named(workload))]),
                None => Phrase::plain(Code::RunFailed),
            };
            (LogKind::Fail, text.saying("why", why))
        }
        Event::Answered { question: _, answer, operator } => {
            (LogKind::Go, by(Code::LogAnswered, operator).saying("answer", answer_word(*answer)))
        }
        Event::Paused { operator } => (LogKind::Pause, by(Code::LogPausedBy, operator)),
        Event::Resumed { operator } => (LogKind::Go, by(Code::LogResumedBy, operator)),
        Event::AbortRequested { operator } => (LogKind::Pause, by(Code::LogAbortedBy, operator)),
        Event::Traffic { news } => (LogKind::Warn, words::traffic(news)),
        Event::Finished { outcome } => (
            match outcome {
                Outcome::Succeeded => LogKind::Done,
                Outcome::Failed { failure: _ } => LogKind::Fail,
                Outcome::Aborted => LogKind::Pause,
            },
            Phrase::plain(Code::LogFinished).saying("outcome", words::outcome(outcome)),
        ),
    }
}

fn titled(plan: &Plan, step: &StepId) -> Phrase {
    let title = plan
        .step(step)
        .map_or_else(|| Phrase::plain(Code::RunStarting), |step| words::step(plan, &step.action));
    Phrase::plain(Code::LogStep).saying("title", title)
}

fn act_of(history: &History, act: &meshlift_core::rollout::ActId) -> Phrase {
    history
        .progress
        .acts
        .get(act)
        .map_or_else(|| Phrase::plain(Code::RunStarting), |known| words::act(&known.kind))
}

fn gate(plan: &Plan, step: &StepId, workload: &meshlift_core::inventory::WorkloadRef) -> Phrase {
    let wave = plan.step(step).and_then(Step::wave);
    let item = wave.and_then(|wave| wave.items.iter().find(|item| item.workload == *workload));
    let pods = item.map_or(0, |item| item.pods).to_string();
    let revision = item.and_then(|item| item.revision.as_deref()).unwrap_or("–").to_owned();
    let version = words::version(item.and_then(|item| item.version.as_ref()));
    Phrase::with(
        Code::LogWorkloadDone,
        [
            ("workload", named(workload)),
            ("ready", pods.clone()),
            ("wanted", pods),
            ("revision", revision),
            ("version", version),
        ],
    )
}

fn passed(plan: &Plan, id: &StepId) -> (LogKind, Phrase) {
    let step = plan.step(id).map(|step| &step.action);
    match step {
        Some(StepAction::Restart { wave }) => {
            let pods: u32 = wave.items.iter().map(|item| item.pods).sum();
            let text = Phrase::with(
                Code::LogWaveDone,
                [
                    ("number", wave.number.to_string()),
                    ("workloads", wave.items.len().to_string()),
                    ("pods", pods.to_string()),
                ],
            );
            (LogKind::Done, text)
        }
        Some(
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. },
        )
        | None => {
            (LogKind::Done, Phrase::plain(Code::LogStepDone).saying("title", titled(plan, id)))
        }
    }
}

fn kind_of(act: &ActKind) -> LogKind {
    match act {
        ActKind::Install { .. } => LogKind::Install,
        ActKind::Label { .. } => LogKind::Label,
        ActKind::Restart { .. } => LogKind::Patch,
        ActKind::Asm { instance: _, call } => match call {
            Call::Precheck { .. } => LogKind::Check,
            Call::Label { .. } => LogKind::Label,
            Call::Upgrade { .. } | Call::UpgradeGateway { .. } | Call::GatewayCanary { .. } => {
                LogKind::Change
            }
        },
        ActKind::SetTag { .. }
        | ActKind::SetTagService { .. }
        | ActKind::SetDefaultValidator { .. }
        | ActKind::DeactivateInjector { .. }
        | ActKind::Delete { .. }
        | ActKind::Restore { .. } => LogKind::Change,
    }
}

fn by(code: Code, operator: &str) -> Phrase {
    Phrase::with(code, [("operator", operator.to_owned())])
}

fn answer_word(answer: Answer) -> Phrase {
    Phrase::plain(match answer {
        Answer::Continue => Code::WordContinue,
        Answer::Retry => Code::WordRetry,
        Answer::Skip => Code::WordSkip,
        Answer::Abort => Code::WordAbort,
    })
}

/// The head of a run's report.
pub(crate) fn heading(record: &RunRecord) -> String {
    format!("{} → {}", end(&record.plan.from), end(&record.plan.to))
}
