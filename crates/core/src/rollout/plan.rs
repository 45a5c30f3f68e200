//! A plan: what the user confirms, to the letter, before the first write.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ActKind, Basis};
use crate::asm::{Call, HandOff};
use crate::inventory::{InjectionLabels, Name, WorkloadRef};
use crate::version::MeshVersion;

/// One button of Upgrade Management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// *Upgrade*: the control plane, in place.
    UpgradeControlPlane,
    /// *Deploy canary*.
    DeployCanary,
    /// Moves namespaces to a revision.
    MoveNamespaces,
    /// *Rolling Upgrade*, and *Upgrade Gateway* of gateways that are injected.
    Restart,
    /// *Upgrade Gateway* of gateways that the install or ASM renders.
    UpgradeGateways,
    /// A canary Deployment beside one gateway of ASM, or its end.
    GatewayCanary,
    /// *Promote*.
    Promote,
    /// *Revoke*.
    Revoke,
    /// *Unpublish*: the old revision goes.
    Unpublish,
    /// The way back of another run.
    RollBack,
}

/// One end of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeshEnd {
    /// The revision.
    pub revision: Name,
    /// Its version, if it can be told.
    pub version: Option<MeshVersion>,
}

/// Ordered steps and everything they rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Which button it belongs to.
    pub operation: Operation,
    /// UID of the kube-system namespace: the plan belongs to this cluster.
    pub cluster_uid: String,
    /// The ASM instance that it belongs to as well, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Name>,
    /// Where it starts.
    pub from: MeshEnd,
    /// Where it goes.
    pub to: MeshEnd,
    /// The steps, in order. A step starts when the one before it has passed.
    pub steps: Vec<Step>,
    /// The facts that the plan rests on; if one changed, the run stops before its first write.
    pub basis: Basis,
}

/// Names a step within its plan, such as `move-shop` or `wave-2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// What it does.
    pub action: StepAction,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum StepAction {
    /// Runs `istioctl install` once, then waits until the revision's control plane is ready, of
    /// the expected version, and its webhook has answered.
    #[serde(rename_all = "camelCase")]
    Install {
        /// The call.
        install: super::Install,
    },
    /// Sets both injection labels of a namespace in one atomic patch; in an ASM mesh on ASM's side,
    /// which syncs them (`domain/asm.md` §10.2).
    #[serde(rename_all = "camelCase")]
    MoveNamespace {
        /// The namespace.
        namespace: Name,
        /// Its UID.
        uid: Name,
        /// The labels it has.
        from: InjectionLabels,
        /// The labels it gets.
        to: InjectionLabels,
        /// The instance on whose side they are set; none to set them in the cluster.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<Name>,
    },
    /// Makes one call to ASM, then waits until what it asks for is there.
    #[serde(rename_all = "camelCase")]
    Asm {
        /// The instance.
        instance: Name,
        /// The call.
        call: Call,
    },
    /// Waits until somebody did in ASM's console what only the console can do (S20).
    #[serde(rename_all = "camelCase")]
    HandOff {
        /// The instance.
        instance: Name,
        /// What is to be done there.
        task: HandOff,
    },
    /// Restarts the workloads of one wave and waits for its gate.
    #[serde(rename_all = "camelCase")]
    Restart {
        /// The wave.
        wave: Wave,
    },
    /// Changes Istio's own objects, one guarded act after the other.
    #[serde(rename_all = "camelCase")]
    Change {
        /// The acts, in order.
        acts: Vec<ActKind>,
    },
    /// Reads the mesh and compares it with what the plan promised.
    #[serde(rename_all = "camelCase")]
    Verify {
        /// What must hold.
        expect: Vec<Expectation>,
    },
}

/// Workloads that restart together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wave {
    /// Its number, from 1.
    pub number: u32,
    /// Its workloads, in order.
    pub items: Vec<WaveItem>,
    /// Workloads that may restart at a time.
    pub width: u32,
    /// Workloads of one namespace that may restart at a time.
    pub per_namespace: u32,
    /// Seconds that a workload may take before the run asks.
    pub timeout_seconds: u32,
}

/// One workload of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaveItem {
    /// The workload.
    pub workload: WorkloadRef,
    /// Its UID.
    pub uid: Name,
    /// Digest of its pod template without our annotation.
    pub template_hash: Name,
    /// Pods it has, for the display; not part of what is guarded.
    pub pods: u32,
    /// Revision that its pods must come up with; none when they must come up without a proxy.
    pub revision: Option<Name>,
    /// Version that their proxies must have.
    pub version: Option<MeshVersion>,
}

/// One thing that must hold at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Expectation {
    /// The control plane of a revision is ready and runs this version.
    #[serde(rename_all = "camelCase")]
    ControlPlane {
        /// The revision.
        revision: Name,
        /// The version.
        version: MeshVersion,
    },
    /// Every pod of a workload has a ready proxy of this revision and version.
    #[serde(rename_all = "camelCase")]
    Proxies {
        /// The workload.
        workload: WorkloadRef,
        /// The revision.
        revision: Name,
        /// The version.
        version: MeshVersion,
    },
    /// A tag names this revision.
    #[serde(rename_all = "camelCase")]
    Tag {
        /// The tag.
        tag: Name,
        /// The revision.
        revision: Name,
    },
    /// Nothing of a revision is left but CRDs.
    #[serde(rename_all = "camelCase")]
    RevisionGone {
        /// The revision.
        revision: Name,
    },
}

impl Step {
    /// The wave of a step that restarts; none for every other step.
    pub fn wave(&self) -> Option<&Wave> {
        match &self.action {
            StepAction::Restart { wave } => Some(wave),
            StepAction::Install { .. }
            | StepAction::MoveNamespace { .. }
            | StepAction::Asm { .. }
            | StepAction::HandOff { .. }
            | StepAction::Change { .. }
            | StepAction::Verify { .. } => None,
        }
    }

    /// The acts of it, in order. A verification only reads.
    pub fn acts(&self) -> Vec<ActKind> {
        match &self.action {
            StepAction::Install { install } => vec![ActKind::Install { install: install.clone() }],
            StepAction::MoveNamespace { namespace, uid, from, to, instance } => {
                vec![ActKind::label(namespace, uid, from, to, instance.as_ref())]
            }
            StepAction::Asm { instance, call } => {
                vec![ActKind::Asm { instance: instance.clone(), call: call.clone() }]
            }
            StepAction::Restart { wave } => wave
                .items
                .iter()
                .map(|item| ActKind::Restart {
                    workload: item.workload.clone(),
                    uid: item.uid.clone(),
                    template_hash: item.template_hash.clone(),
                })
                .collect(),
            StepAction::Change { acts } => acts.clone(),
            StepAction::HandOff { instance: _, task: _ } | StepAction::Verify { expect: _ } => {
                Vec::new()
            }
        }
    }
}

impl Plan {
    /// SHA-256 over everything in it, as 64 hexadecimal digits. Two plans with the same digest do
    /// the same to the same mesh (run semantics 1). Pod counts are left out: they change all the
    /// time and nothing is decided from them.
    pub fn digest(&self) -> String {
        let mut guarded = self.clone();
        for step in &mut guarded.steps {
            if let StepAction::Restart { wave } = &mut step.action {
                for item in &mut wave.items {
                    item.pods = 0;
                }
            }
        }
        let bytes = serde_json::to_vec(&guarded).unwrap_or_default();
        let mut digits = String::with_capacity(64);
        for byte in Sha256::digest(&bytes) {
            // Writing to a string can't fail.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }

    /// The step of this id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }
}
