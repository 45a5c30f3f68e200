//! One istiod Deployment and what its injector would put into a pod.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Name;
use crate::version::MeshVersion;

/// A revision's control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlane {
    /// Its revision; `default` for an install without one.
    pub revision: Name,
    /// The namespace it runs in, usually `istio-system`.
    pub namespace: Name,
    /// Name of its Deployment, `istiod` or `istiod-<revision>`.
    pub deployment: Name,
    /// Name of its Service.
    pub service: Name,
    /// UID of the Deployment.
    pub uid: Name,
    /// Version by the image tag of its container; none for a digest or an unknown tag.
    pub version: Option<MeshVersion>,
    /// Image of its container.
    pub image: Name,
    /// Desired replicas.
    pub replicas: u32,
    /// Replicas that are ready and of the current generation.
    pub ready: u32,
    /// Whether a rollout of it is still under way.
    pub rolling: bool,
    /// Ready addresses behind its Service; none when endpoints could not be read.
    pub endpoints: Option<u32>,
    /// What its injector would use as the proxy; none when its ConfigMap could not be read.
    pub proxy: Option<ProxyImage>,
    /// Which tool owns it.
    pub installer: Installer,
    /// Switches in istiod's environment: only values that are true, false or a number are kept.
    #[serde(default)]
    pub switches: BTreeMap<Name, Name>,
}

/// The proxy image that an injector puts into new pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyImage {
    /// Whole image reference, or hub and tag joined.
    pub image: Name,
    /// Version by its tag.
    pub version: Option<MeshVersion>,
}

/// Which tool installed a control plane, and so which tool may upgrade it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Installer {
    /// `istioctl install`.
    Istioctl,
    /// A Helm release.
    Helm,
    /// The Sail operator.
    Sail,
    /// Argo CD.
    ArgoCd,
    /// Flux.
    Flux,
    /// Alibaba Cloud Service Mesh: a managed control plane, upgraded by its API.
    Asm,
    /// A cloud vendor.
    Vendor,
    /// No sign of any of them.
    Unknown,
}

impl ControlPlane {
    /// Whether every replica is ready and no rollout is under way.
    pub fn is_ready(&self) -> bool {
        !self.rolling && self.ready > 0 && self.ready >= self.replicas
    }
}
