//! What a run asks, the answers it takes, and what went wrong.

use serde::{Deserialize, Serialize};

use super::{ActId, ActKind, Difference, StepId};
use crate::asm::HandOff;
use crate::inventory::{Name, PodRef, WorkloadRef};

/// A question to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Its id, unique within the run.
    pub id: String,
    /// The step it belongs to.
    pub step: StepId,
    /// The workload it belongs to, if any.
    pub workload: Option<WorkloadRef>,
    /// The act it belongs to, if any.
    pub act: Option<ActId>,
    /// What happened.
    pub failure: Failure,
    /// Possible answers.
    pub answers: Vec<Answer>,
}

/// An answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// Go on as if nothing had happened.
    Continue,
    /// Try the same again.
    Retry,
    /// Leave this workload out.
    Skip,
    /// End the run.
    Abort,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Failure {
    /// A rollout passed its progress deadline.
    Deadline,
    /// A pod waits with a reason such as `CrashLoopBackOff`.
    #[serde(rename_all = "camelCase")]
    PodWaits {
        /// The pod.
        pod: PodRef,
        /// The reason.
        reason: String,
    },
    /// A pod came up with another proxy than promised.
    #[serde(rename_all = "camelCase")]
    WrongProxy {
        /// The pod.
        pod: PodRef,
        /// Revision and version found.
        found: String,
        /// Revision and version promised.
        expected: String,
    },
    /// A pod came up without a proxy.
    #[serde(rename_all = "camelCase")]
    NoProxy {
        /// The pod.
        pod: PodRef,
    },
    /// A restart may take down more pods than a disruption budget allows, and nobody consented.
    #[serde(rename_all = "camelCase")]
    Budget {
        /// The budget.
        budget: Name,
        /// Disruptions it allows.
        allowed: u32,
        /// Pods that the restart may take.
        needed: u32,
    },
    /// The istiods of a revision can't be asked whether they see the new proxies.
    #[serde(rename_all = "camelCase")]
    IstiodsUnread {
        /// The revision.
        revision: Name,
        /// Why.
        why: String,
    },
    /// The workload is gone.
    Gone,
    /// Another object has its name now.
    Replaced,
    /// Its pod template was changed by somebody else.
    TemplateChanged,
    /// It would come up without a sidecar.
    WouldLoseSidecar,
    /// Several webhooks would inject it.
    WouldBeInjectedTwice,
    /// It can't be told whether it would be injected, and nobody consented.
    CannotTell {
        /// Why.
        why: String,
    },
    /// Another revision than promised would inject it.
    #[serde(rename_all = "camelCase")]
    OtherRevision {
        /// Which one.
        found: Name,
        /// Which one was promised.
        expected: Name,
    },
    /// It did not finish in time.
    #[serde(rename_all = "camelCase")]
    Timeout {
        /// After how many minutes.
        minutes: u32,
    },
    /// An act failed.
    #[serde(rename_all = "camelCase")]
    Act {
        /// What it was.
        act: ActKind,
        /// Why.
        why: String,
    },
    /// The mesh is no longer what the plan was made from.
    #[serde(rename_all = "camelCase")]
    Outdated {
        /// What differs.
        differences: Vec<Difference>,
    },
    /// The connection leads to another cluster.
    #[serde(rename_all = "camelCase")]
    OtherCluster {
        /// UID of the run's cluster.
        expected: String,
        /// UID found.
        found: String,
    },
    /// The context is no longer linked with the run's ASM instance.
    #[serde(rename_all = "camelCase")]
    OtherInstance {
        /// The run's instance.
        expected: Name,
        /// The instance found; none when the context is linked with none.
        found: Option<Name>,
    },
    /// ASM gave up.
    #[serde(rename_all = "camelCase")]
    Asm {
        /// Why, in its own words.
        why: String,
    },
    /// Another step was done in ASM's console than the one that was asked for.
    #[serde(rename_all = "camelCase")]
    DoneOtherwise {
        /// The step.
        task: HandOff,
        /// What is found.
        found: String,
    },
    /// ASM has the labels, and the cluster has others: the sync does not reach it, or somebody
    /// changed them there.
    #[serde(rename_all = "camelCase")]
    NotSynced {
        /// The namespace.
        namespace: Name,
        /// The labels that ASM has.
        wanted: String,
        /// The labels in the cluster.
        found: String,
    },
    /// Something still uses what was to be removed.
    #[serde(rename_all = "camelCase")]
    StillUsed {
        /// The revision.
        revision: Name,
        /// How many pods or namespaces.
        count: u32,
    },
    /// Something that was promised does not hold.
    #[serde(rename_all = "camelCase")]
    NotVerified {
        /// What, as one sentence each.
        what: Vec<String>,
    },
}
