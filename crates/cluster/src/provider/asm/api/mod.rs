//! The operations, as methods of [`Client`](super::Client), with their requests and answers.
//!
//! Shapes come from the models of the official SDKs (D20, D21 of asm.md), as far as an upgrade needs
//! them; members that are not named here are skipped. Every answer keeps its `request_id`, by which
//! Alibaba Cloud's support finds it.

mod clusters;
mod detail;
mod gateways;
mod identity;
mod injection;
mod instances;
mod kubeconfig;
mod metadata;
mod services;
mod sidecar;
mod status;
mod upgrade;

use std::fmt;

use serde::Deserialize;

pub use clusters::{
    CcmVersion, CcmVersions, Cluster, ClustersInMesh, Dashboard, Deployments, DeploymentsQuery,
    ForeignCluster, ForeignClusters, GuestNamespaces, GuestPods, NamespaceLabels, Page,
};
pub use detail::{
    Detail, DetailEndpoints, DetailLoadBalancer, DetailMeshConfig, DetailSpec, Edition, Enabled,
    ExtraConfiguration, Injector, Instance, NewApis,
};
pub use gateways::{EipChange, PilotOf};
pub use identity::{
    AssumedRole, CallerIdentity, Permission, Permissions, RoleRequest, TemporaryKeys, TokenRequest,
};
pub(super) use identity::{assume_role, assume_role_with_oidc};
pub use injection::Injection;
pub use instances::{
    ClusterSpec, InstanceInfo, InstanceSpec, InstanceTag, Instances, ListedEndpoints,
    ListedInstance, ListedLoadBalancer, ListedMeshConfig, Network as InstanceNetwork, Pilot,
    TagFilter,
};
pub use kubeconfig::{AckKubeconfig, MeshKubeconfig, Reach, RevokedKubeconfig};
pub use metadata::{
    CompatibilityInfo, KubernetesRange, Metadata, MetadataOf, MinorVersion, ProMetadata,
    VersionInfo, Versions,
};
pub use services::{
    EndpointDetail, EndpointSlice, ServiceEndpoints, ServiceNamespaces, ServiceQuery,
};
pub use sidecar::{NamespaceSidecar, SidecarPatches, SidecarSettings};
pub use status::{
    AdditionalStatus, CheckMode, ClusterStatus, EipState, LoadBalancerStatus, LogLine, Logs,
    ProxyStatus, ProxyStatuses, SlbBackends, SlbState, Synced,
};
pub use upgrade::{
    GatewayName, GatewayProgress, GatewaySelection, GatewayState, Mode, Part, TargetVersion,
    UpgradeDetail, UpgradeState, UpgradeStatus, UpgradeVersion,
};

/// Id of a mesh instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeshId(pub String);

/// Id of a Kubernetes cluster of the cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub String);

impl fmt::Display for MeshId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An answer that says no more than that the request was taken. What was asked for goes on after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Accepted {
    /// The id of the request.
    pub request_id: String,
}
