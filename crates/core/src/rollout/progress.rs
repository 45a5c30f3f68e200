//! How far a run is: the fold of its events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ActId, ActKind, ObjectRef, Outcome, Question, StepId, Traffic};
use crate::inventory::{Name, WorkloadRef};
use crate::version::MeshVersion;

/// Where a run is: the fold of its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Whether its first event was seen.
    pub started: bool,
    /// Ids of the consents given at the start.
    pub consents: BTreeSet<String>,
    /// Steps that began, with the time.
    pub step_started: BTreeMap<StepId, Timestamp>,
    /// Steps that passed, with the time.
    pub passed: BTreeMap<StepId, Timestamp>,
    /// What is known of each act.
    pub acts: BTreeMap<ActId, ActProgress>,
    /// Results of preflights.
    pub preflights: Vec<(WorkloadRef, Preflight)>,
    /// Workloads that came through their gate, by step.
    pub workloads_done: BTreeMap<StepId, BTreeSet<WorkloadRef>>,
    /// Workloads that the user chose to leave out, by step.
    pub skipped: BTreeMap<StepId, BTreeSet<WorkloadRef>>,
    /// The open question.
    pub question: Option<Question>,
    /// Questions asked so far: ids are made from it.
    pub questions: u32,
    /// Revisions whose istiods can't be asked, and the user goes on without.
    pub unwatched: BTreeSet<Name>,
    /// When the user last said *Retry* or *Continue* to a question about a workload or a step:
    /// time limits count from then.
    pub retried: BTreeMap<String, Timestamp>,
    /// Whether the user paused.
    pub paused: bool,
    /// Whether the user aborted.
    pub abort_requested: bool,
    /// What was learnt of traffic rules meanwhile.
    pub traffic: Traffic,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// What is known of an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActProgress {
    /// What it does.
    pub kind: ActKind,
    /// When its last intent was recorded.
    pub intended: Timestamp,
    /// Attempts so far, since the user said *Retry* last.
    pub attempts: u32,
    /// Whether there were attempts before that.
    pub retried: bool,
    /// When it was done.
    pub done: Option<Timestamp>,
    /// Whether it changed anything.
    pub changed: bool,
    /// Why its last attempt failed, if it did.
    pub failed: Option<String>,
    /// Whether that failure may pass by itself.
    pub transient: bool,
    /// The object before it.
    pub before: Option<String>,
    /// The object that was changed.
    pub object: Option<ObjectRef>,
    /// Process id and kernel start time of its child program.
    pub child: Option<(u32, u64)>,
}

/// What a restart would do to the pods of a workload (run semantics 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Preflight {
    /// This revision would inject them.
    #[serde(rename_all = "camelCase")]
    Injected {
        /// The revision.
        revision: Name,
        /// The proxy version, if a dry-run pod told it.
        version: Option<MeshVersion>,
        /// Whether the API server itself said so, by a dry-run pod.
        proven: bool,
    },
    /// They would come up without a sidecar.
    NotInjected,
    /// It can't be told.
    #[serde(rename_all = "camelCase")]
    CannotTell {
        /// Why.
        why: String,
    },
}
