//! One pod of the mesh, reduced to what an upgrade asks about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Name, WorkloadRef};
use crate::version::MeshVersion;

/// Names a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodRef {
    /// Its namespace.
    pub namespace: Name,
    /// Its name.
    pub name: Name,
}

impl fmt::Display for PodRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    /// Its name.
    pub reference: PodRef,
    /// Its UID.
    pub uid: Name,
    /// The workload at the top of its owners; none for a bare pod or an unknown owner.
    pub workload: Option<WorkloadRef>,
    /// Its phase.
    pub phase: PodPhase,
    /// Whether its Ready condition is true.
    pub ready: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
    /// Restarts over all its containers.
    pub restarts: u32,
    /// Why a container of it waits, such as `CrashLoopBackOff` or `ImagePullBackOff`.
    pub waiting: Option<Name>,
    /// Creation time, seconds since the epoch.
    pub created: i64,
    /// Value of [`super::RESTARTED_BY`] on it: which step's template it was made from.
    pub restarted_by: Option<Name>,
    /// Its proxy, if it has one.
    pub proxy: Option<Proxy>,
}

/// The phase of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PodPhase {
    /// Accepted, not all containers started.
    Pending,
    /// Bound, and at least one container runs.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// The node does not answer.
    Unknown,
}

/// The proxy of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proxy {
    /// Image of the `istio-proxy` container.
    pub image: Name,
    /// Version by its tag; none for a digest or an unknown tag.
    pub version: Option<MeshVersion>,
    /// Revision that injected it: annotation `istio.io/rev`, else `sidecar.istio.io/status`.
    pub revision: Option<Name>,
    /// Where its container stands.
    pub placement: ProxyPlacement,
}

/// Where the proxy container stands in the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProxyPlacement {
    /// Among `containers`.
    Classic,
    /// Among `initContainers`, with restartPolicy Always.
    Native,
}

impl Pod {
    /// Whether it is over: ended pods are never restarted and never counted.
    pub fn is_finished(&self) -> bool {
        match self.phase {
            PodPhase::Succeeded | PodPhase::Failed => true,
            PodPhase::Pending | PodPhase::Running | PodPhase::Unknown => false,
        }
    }
}
