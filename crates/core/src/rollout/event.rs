//! What a run's journal holds: one event per thing that happened.

use serde::{Deserialize, Serialize};

use super::{Act, ActId, Answer, Failure, ObjectRef, Preflight, Question, StepId, TrafficNews};
use crate::inventory::{Name, WorkloadRef};

/// One entry of a run's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "event")]
pub enum Event {
    /// The run was confirmed, with the consents that the user gave.
    #[serde(rename_all = "camelCase")]
    Started {
        /// Ids of the consents.
        consents: Vec<String>,
        /// Who, as `user@host`.
        operator: String,
    },
    /// Somebody took a blocking finding upon themselves before the run began.
    #[serde(rename_all = "camelCase")]
    Acknowledged {
        /// Its rule.
        rule: Name,
        /// The object that it names.
        subject: String,
        /// Why it is all right, in their own words.
        reason: String,
        /// Who, as `user@host`.
        operator: String,
    },
    /// The app started again and took the run up.
    #[serde(rename_all = "camelCase")]
    Recovered {
        /// Who, as `user@host`.
        operator: String,
    },
    /// A step began.
    #[serde(rename_all = "camelCase")]
    StepStarted {
        /// The step.
        step: StepId,
    },
    /// What would happen to the pods of a workload was checked before its restart.
    #[serde(rename_all = "camelCase")]
    Preflighted {
        /// The workload.
        workload: WorkloadRef,
        /// The result.
        result: Preflight,
    },
    /// An act is about to be done. What it will change is written down first, so that the way back
    /// survives a crash between the write and its outcome.
    #[serde(rename_all = "camelCase")]
    Intent {
        /// The act.
        act: Act,
        /// The object that it will change, where it is one that can be put back.
        object: Option<ObjectRef>,
        /// That object's JSON before the act; none if it did not exist.
        before: Option<String>,
    },
    /// A child program was started for an act.
    #[serde(rename_all = "camelCase")]
    Child {
        /// The act.
        act: ActId,
        /// Its process id.
        pid: u32,
        /// When the kernel says it started, to tell it from another process of the same id.
        started: u64,
    },
    /// An act was done, or had been done before.
    #[serde(rename_all = "camelCase")]
    Done {
        /// The act.
        act: ActId,
        /// Whether this attempt changed anything.
        changed: bool,
    },
    /// An act failed; nothing more is known than that.
    #[serde(rename_all = "camelCase")]
    ActFailed {
        /// The act.
        act: ActId,
        /// Why, as one sentence.
        why: String,
        /// Whether trying again may help without a decision.
        transient: bool,
    },
    /// A workload came through its gate.
    #[serde(rename_all = "camelCase")]
    WorkloadDone {
        /// The step.
        step: StepId,
        /// The workload.
        workload: WorkloadRef,
    },
    /// A step came through its gate.
    #[serde(rename_all = "camelCase")]
    StepPassed {
        /// The step.
        step: StepId,
    },
    /// The run waits for the user.
    #[serde(rename_all = "camelCase")]
    Asked {
        /// The question.
        question: Question,
    },
    /// The user answered.
    #[serde(rename_all = "camelCase")]
    Answered {
        /// Id of the question.
        question: String,
        /// The answer.
        answer: Answer,
        /// Who.
        operator: String,
    },
    /// The user paused.
    #[serde(rename_all = "camelCase")]
    Paused {
        /// Who.
        operator: String,
    },
    /// The user continued.
    #[serde(rename_all = "camelCase")]
    Resumed {
        /// Who.
        operator: String,
    },
    /// The user aborted.
    #[serde(rename_all = "camelCase")]
    AbortRequested {
        /// Who.
        operator: String,
    },
    /// A traffic rule changed meanwhile, or cannot be watched.
    #[serde(rename_all = "camelCase")]
    Traffic {
        /// What was learnt.
        news: TrafficNews,
    },
    /// The run ended.
    #[serde(rename_all = "camelCase")]
    Finished {
        /// How.
        outcome: Outcome,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Outcome {
    /// Everything that was promised holds.
    Succeeded,
    /// It stopped by itself.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Why.
        failure: Failure,
    },
    /// The user ended it.
    Aborted,
}
