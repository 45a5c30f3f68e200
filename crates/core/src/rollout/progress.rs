//! How far a run is, and what follows: events, what is observed, and decisions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Act, ActId, ActKind, Difference, Istiods, ObjectRef, StepId, Traffic, TrafficNews};
use crate::asm::HandOff;
use crate::inventory::{Name, PodRef, Snapshot, WorkloadRef};
use crate::version::MeshVersion;

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
    /// Attempts so far.
    pub attempts: u32,
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

/// Everything that a decision may look at.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The mesh as it was read last.
    pub snapshot: &'a Snapshot,
    /// What the istiods of each revision said when they were asked last.
    pub istiods: &'a Istiods,
    /// Revisions whose webhook has answered since the control plane became ready.
    pub answering: &'a BTreeSet<Name>,
    /// Acts that are being done right now.
    pub in_flight: &'a BTreeSet<ActId>,
    /// Id of the run, the first half of our restart annotation.
    pub run_id: &'a str,
    /// Whether the plan's basis was found to hold since the app took the run up.
    pub basis_checked: bool,
}

/// The next move of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Compare the plan's basis with the mesh; nothing is written before that.
    CheckBasis,
    /// Record that the step begins.
    StartStep(StepId),
    /// Check what a restart would do to these workloads.
    Preflight(Vec<WorkloadRef>),
    /// Record these intents and do them.
    Act(Vec<Act>),
    /// Record that a workload came through its gate.
    WorkloadDone(StepId, WorkloadRef),
    /// Record that the step passed.
    PassStep(StepId),
    /// Nothing to do before something changes or the time is come.
    Wait {
        /// What is waited for.
        waiting: Waiting,
        /// When to decide again at the latest.
        until: Option<Timestamp>,
    },
    /// Ask the user.
    Ask(Question),
    /// The run is over.
    Finish(Outcome),
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Waiting {
    /// Acts are being done.
    #[serde(rename_all = "camelCase")]
    InFlight {
        /// The first of them.
        act: ActKind,
    },
    /// Replicas of a control plane.
    #[serde(rename_all = "camelCase")]
    ControlPlane {
        /// The revision.
        revision: Name,
        /// Ready replicas.
        ready: u32,
        /// Wanted replicas.
        replicas: u32,
    },
    /// A webhook's first answer.
    #[serde(rename_all = "camelCase")]
    Webhook {
        /// The revision.
        revision: Name,
    },
    /// Pods of a workload.
    #[serde(rename_all = "camelCase")]
    Pods {
        /// The workload.
        workload: WorkloadRef,
        /// Pods that are not done.
        left: u32,
        /// Pods wanted.
        wanted: u32,
    },
    /// New proxies that must be seen by istiod.
    #[serde(rename_all = "camelCase")]
    Proxies {
        /// The workload.
        workload: WorkloadRef,
    },
    /// Istiods that can't be asked whether they see new proxies.
    #[serde(rename_all = "camelCase")]
    Istiods {
        /// Their revision.
        revision: Name,
        /// Why.
        why: String,
    },
    /// An ASM instance on which something else is being done.
    #[serde(rename_all = "camelCase")]
    Instance {
        /// Its state, in ASM's own word.
        state: String,
    },
    /// ASM upgrades the control plane.
    #[serde(rename_all = "camelCase")]
    Upgrade {
        /// The version it goes to.
        target: MeshVersion,
    },
    /// ASM works on a gateway.
    #[serde(rename_all = "camelCase")]
    Gateway {
        /// The gateway.
        gateway: Name,
    },
    /// A label that ASM carries over to the cluster.
    #[serde(rename_all = "camelCase")]
    Sync {
        /// The namespace.
        namespace: Name,
    },
    /// Somebody who does a step in ASM's console.
    #[serde(rename_all = "camelCase")]
    HandOff {
        /// The step.
        task: HandOff,
    },
    /// Something that must become true for the run to be verified.
    #[serde(rename_all = "camelCase")]
    Verification {
        /// How many expectations do not hold yet.
        left: u32,
    },
    /// A failed act will be tried again.
    #[serde(rename_all = "camelCase")]
    Retry {
        /// Why it failed.
        why: String,
    },
    /// The user paused, and something is still in flight.
    Pausing,
    /// The user paused.
    Paused,
    /// An answer.
    Answer,
}

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
