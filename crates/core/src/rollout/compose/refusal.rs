//! Why no plan is made.

use thiserror::Error;

use crate::dataplane::Hindrance;
use crate::inventory::{Name, Unsupported, WorkloadRef};
use crate::rollout::ObjectRef;
use crate::version::{MeshVersion, Minor};

/// Why no plan is made for an operation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages are the documentation")]
pub enum Refusal {
    #[error("this kind of mesh is only shown")]
    Unsupported { what: Unsupported },
    #[error("revision {revision} has no control plane")]
    NoControlPlane { revision: Name },
    #[error("the control plane of {revision} is not ready: {ready} of {replicas} replicas")]
    NotReady { revision: Name, ready: u32, replicas: u32 },
    #[error("the version of {revision} can't be told from its image {image}")]
    VersionUnknown { revision: Name, image: Name },
    #[error("{revision} runs {running}, and {target} is not newer")]
    NotNewer { revision: Name, running: Box<MeshVersion>, target: Box<MeshVersion> },
    #[error("canary {revision} is deployed already")]
    CanaryExists { revision: Name },
    #[error("namespace {namespace} does not exist")]
    NamespaceUnknown { namespace: Name },
    #[error("namespace {namespace} has no injection label: nothing to move")]
    NotInMesh { namespace: Name },
    #[error("no webhook of {revision} would inject pods of {namespace} with {label}")]
    WouldNotFollow { namespace: Name, revision: Name, label: String },
    #[error("{workload} does not exist")]
    WorkloadUnknown { workload: WorkloadRef },
    #[error("{workload} can't be restarted")]
    CannotRestart { workload: WorkloadRef, hindrance: Hindrance },
    #[error("{workload} would come up without a sidecar")]
    WouldLoseSidecar { workload: WorkloadRef },
    #[error("{workload} follows {revision} by a label of its own pods")]
    FollowsByItself { workload: WorkloadRef, revision: Name },
    #[error("{workload} is rendered by the install and upgraded with it")]
    InstalledGateway { workload: WorkloadRef },
    #[error("the install renders gateways, and no istioctl with its values was given")]
    NeedsInstall,
    #[error("nothing needs it")]
    NothingToDo,
    #[error("the mesh has no gateway")]
    NoGateways,
    #[error("{revision} is the default already")]
    IsDefault { revision: Name },
    #[error("tag {tag} still names {revision}")]
    TagNames { tag: Name, revision: Name },
    #[error(
        "{name} still names {revision}, and what it was before is not known: point it at the revision \
         that stays (istioctl tag set default), then try again"
    )]
    ValidatorNames { name: Name, revision: Name },
    #[error("{count} pods or namespaces still follow {revision}")]
    StillUsed { revision: Name, count: u32 },
    #[error("no object of {revision} was named")]
    NothingNamed { revision: Name },
    #[error("{object} does not belong to {revision} alone, so it is not deleted with it")]
    NotItsOwn { object: ObjectRef, revision: Name },
    #[error("what {object} was before is not known")]
    CannotRestore { object: String },
    #[error("{object} was changed by somebody else since")]
    ForeignChange { object: String },
    #[error("the context is not linked with an ASM instance")]
    NoInstance,
    #[error("the instance is being worked on: {state}")]
    InstanceBusy { state: String },
    #[error("ASM offers no newer version for this instance")]
    NoTarget,
    #[error("ASM upgrades this instance to {target}, not to {wanted}")]
    OtherTarget { wanted: Box<MeshVersion>, target: Box<MeshVersion> },
    #[error("a canary needs the Enterprise or the Ultimate Edition")]
    EditionWithoutCanary,
    #[error("the injection policy takes every namespace, so a canary can't choose by namespace")]
    InjectsEverything,
    #[error("gateway {gateway} does not exist")]
    GatewayUnknown { gateway: Name },
    #[error("a canary of a gateway needs ASM {since} or later")]
    GatewayCanarySince { since: Minor },
    #[error("Deployment {name} exists already")]
    DeploymentExists { name: Name },
    #[error("namespace {namespace} is not on ASM's side")]
    NotOnAsmSide { namespace: Name },
    #[error("a canary is taken back by revoking it")]
    UseRevoke { revision: Name },
    #[error("there is no way back from it")]
    NoWayBack,
}
