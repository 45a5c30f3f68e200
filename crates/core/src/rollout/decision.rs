//! What a decision may look at, and what it can be.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Act, ActId, ActKind, Istiods, Outcome, Question, StepId};
use crate::asm::HandOff;
use crate::inventory::{Name, Snapshot, WorkloadRef};
use crate::version::MeshVersion;

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
