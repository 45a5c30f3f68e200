//! Acts: the smallest writes. Each is journaled before it is done, guarded by what was observed,
//! and safe to ask for again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::StepId;
use crate::asm::Call;
use crate::inventory::{InjectionLabels, Name, WorkloadRef};
use crate::version::MeshVersion;

/// Names an act within its plan: the step, and the act's place in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActId {
    /// The step.
    pub step: StepId,
    /// Its place, from 0.
    pub index: u32,
}

impl fmt::Display for ActId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.step, self.index)
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    /// Its id.
    pub id: ActId,
    /// What it does.
    pub kind: ActKind,
}

/// What an act does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum ActKind {
    /// Runs `istioctl install`.
    #[serde(rename_all = "camelCase")]
    Install {
        /// The call.
        install: Install,
    },
    /// Sets both injection labels of a namespace in one patch that tests the old values.
    #[serde(rename_all = "camelCase")]
    Label {
        /// The namespace.
        namespace: Name,
        /// Its UID.
        uid: Name,
        /// The labels it must have now.
        from: InjectionLabels,
        /// The labels it gets.
        to: InjectionLabels,
    },
    /// Sets our annotation on a pod template, so that its controller replaces the pods.
    #[serde(rename_all = "camelCase")]
    Restart {
        /// The workload.
        workload: WorkloadRef,
        /// Its UID.
        uid: Name,
        /// Digest that its template must have.
        template_hash: Name,
    },
    /// Makes or moves the injector of a tag, copied from the revision's live injector.
    #[serde(rename_all = "camelCase")]
    SetTag {
        /// The tag.
        tag: Name,
        /// The revision it names from now on.
        revision: Name,
    },
    /// Makes or moves the Service of a tag (since Istio 1.28).
    #[serde(rename_all = "camelCase")]
    SetTagService {
        /// The tag.
        tag: Name,
        /// The revision it names from now on.
        revision: Name,
    },
    /// Points `istiod-default-validator` at a revision.
    #[serde(rename_all = "camelCase")]
    SetDefaultValidator {
        /// The revision.
        revision: Name,
    },
    /// Switches off the injector of an install without a revision, as `istioctl tag set` does.
    #[serde(rename_all = "camelCase")]
    DeactivateInjector {
        /// Name of the configuration.
        name: Name,
    },
    /// Deletes one object, by name and UID.
    #[serde(rename_all = "camelCase")]
    Delete {
        /// The object.
        object: ObjectRef,
        /// Its UID.
        uid: Name,
    },
    /// Calls ASM about an instance.
    #[serde(rename_all = "camelCase")]
    Asm {
        /// The instance.
        instance: Name,
        /// The call.
        call: Call,
    },
    /// Puts an object back as it was before one of our acts, or removes it if it was not there.
    #[serde(rename_all = "camelCase")]
    Restore {
        /// The object.
        object: ObjectRef,
        /// Its earlier JSON, or none if it did not exist.
        manifest: Option<String>,
        /// The revision that our act left it naming, where it named one: one that names another by
        /// now stays as somebody else put it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<Name>,
    },
}

impl ActKind {
    /// Sets both injection labels of a namespace: on the side of its ASM instance, where there is
    /// one, else in the cluster.
    pub fn label(
        namespace: &Name,
        uid: &Name,
        from: &InjectionLabels,
        to: &InjectionLabels,
        instance: Option<&Name>,
    ) -> Self {
        let (namespace, from, to) = (namespace.clone(), from.clone(), to.clone());
        match instance {
            Some(instance) => {
                let call = Call::Label { namespace, from, to };
                Self::Asm { instance: instance.clone(), call }
            }
            None => Self::Label { namespace, uid: uid.clone(), from, to },
        }
    }

    /// The workload that it restarts.
    pub fn restarted(&self) -> Option<&WorkloadRef> {
        match self {
            Self::Restart { workload, uid: _, template_hash: _ } => Some(workload),
            Self::Asm { .. }
            | Self::Install { .. }
            | Self::Label { .. }
            | Self::SetTag { .. }
            | Self::SetTagService { .. }
            | Self::SetDefaultValidator { .. }
            | Self::DeactivateInjector { .. }
            | Self::Delete { .. }
            | Self::Restore { .. } => None,
        }
    }

    /// The namespace whose labels it sets, and what they were before.
    pub fn labelled(&self) -> Option<(&Name, &InjectionLabels)> {
        match self {
            Self::Label { namespace, uid: _, from, to: _ }
            | Self::Asm { call: Call::Label { namespace, from, to: _ }, instance: _ } => {
                Some((namespace, from))
            }
            Self::Asm { .. }
            | Self::Install { .. }
            | Self::Restart { .. }
            | Self::SetTag { .. }
            | Self::SetTagService { .. }
            | Self::SetDefaultValidator { .. }
            | Self::DeactivateInjector { .. }
            | Self::Delete { .. }
            | Self::Restore { .. } => None,
        }
    }
}

/// A call of `istioctl install`. Everything that decides what it does is in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// The revision; none for an install without one.
    pub revision: Option<Name>,
    /// The version of the binary and of the control plane that it installs.
    pub version: MeshVersion,
    /// Path of the binary.
    pub binary: String,
    /// SHA-256 of the install's own values file, which lies beside the journal.
    pub values_digest: String,
    /// Path of that private copy.
    pub values_file: String,
    /// Parts of the install.
    pub part: InstallPart,
}

/// Which part of an install is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InstallPart {
    /// CRDs, base and istiod; the gateways of the values are left out.
    ControlPlane,
    /// Everything in the values, gateways included.
    Everything,
}

/// Names any object of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// Such as `apps/v1`.
    pub api_version: Name,
    /// Such as `Deployment`.
    pub kind: Name,
    /// Plural resource name, such as `deployments`.
    pub resource: Name,
    /// Its namespace; none for a cluster-wide object.
    pub namespace: Option<Name>,
    /// Its name.
    pub name: Name,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}
