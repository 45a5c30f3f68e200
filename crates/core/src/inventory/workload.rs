//! One workload: what owns pods, how it replaces them, and how far a rollout of it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Name, PodTemplate};

/// Names a workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadRef {
    /// Its namespace.
    pub namespace: Name,
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
}

impl fmt::Display for WorkloadRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// The kinds of workload that the app knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// apps/v1 Deployment.
    Deployment,
    /// apps/v1 StatefulSet.
    StatefulSet,
    /// apps/v1 DaemonSet.
    DaemonSet,
    /// A ReplicaSet that no Deployment owns.
    ReplicaSet,
    /// batch/v1 Job.
    Job,
    /// batch/v1 CronJob.
    CronJob,
    /// Any other controller.
    Other,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::Other => "Other",
        })
    }
}

/// A workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// Its name.
    pub reference: WorkloadRef,
    /// Its UID.
    pub uid: Name,
    /// What it is in the mesh.
    pub role: Role,
    /// Its pod template.
    pub template: PodTemplate,
    /// How it replaces pods.
    pub strategy: Strategy,
    /// Whether its rollouts are paused.
    pub paused: bool,
    /// What it says of itself.
    pub status: WorkloadStatus,
}

/// What a workload is in the mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// An application.
    Application,
    /// A gateway whose proxy is injected: upgraded by a restart.
    InjectedGateway,
    /// A gateway that the install renders: upgraded with `istioctl install`.
    InstalledGateway,
    /// A gateway that istiod renders from a Gateway API object.
    ManagedGateway,
    /// istiod itself.
    ControlPlane,
}

/// How a workload replaces its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Strategy {
    /// A rolling update; figures are pods, rounded as Kubernetes rounds.
    #[serde(rename_all = "camelCase")]
    Rolling {
        /// Pods that may be missing.
        max_unavailable: u32,
        /// Pods that may be extra.
        max_surge: u32,
    },
    /// All pods go before new ones come: an interruption.
    Recreate,
    /// Pods are replaced only when somebody deletes them.
    OnDelete,
    /// A StatefulSet that replaces only pods from this ordinal on.
    #[serde(rename_all = "camelCase")]
    Partitioned {
        /// The first ordinal that is replaced.
        partition: u32,
    },
    /// Nothing replaces its pods.
    None,
}

/// What a workload says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadStatus {
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub observed_generation: i64,
    /// Pods wanted.
    pub desired: u32,
    /// Pods that exist.
    pub current: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are available.
    pub available: u32,
    /// Whether it gave up: Progressing is false, `ProgressDeadlineExceeded`.
    pub deadline_exceeded: bool,
}

/// How far a rollout is, by the rules `kubectl rollout status` applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum RolloutState {
    /// The controller has not seen the newest template yet.
    Unseen,
    /// Pods are being replaced.
    #[serde(rename_all = "camelCase")]
    Rolling {
        /// Pods of the newest template that are available.
        done: u32,
        /// Pods wanted.
        wanted: u32,
    },
    /// Every pod is of the newest template and available.
    Complete,
    /// The controller gave up.
    DeadlineExceeded,
}

/// A PodDisruptionBudget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// Its namespace.
    pub namespace: Name,
    /// Its name.
    pub name: Name,
    /// Which pods it covers.
    pub selector: super::Selector,
    /// `status.disruptionsAllowed`.
    pub disruptions_allowed: u32,
}

impl WorkloadStatus {
    /// How far the rollout of the newest template is.
    pub fn rollout(&self) -> RolloutState {
        if self.observed_generation < self.generation {
            return RolloutState::Unseen;
        }
        if self.deadline_exceeded {
            return RolloutState::DeadlineExceeded;
        }
        let complete = self.updated >= self.desired
            && self.current <= self.updated
            && self.available >= self.updated;
        if complete {
            return RolloutState::Complete;
        }
        RolloutState::Rolling { done: self.updated.min(self.available), wanted: self.desired }
    }
}
