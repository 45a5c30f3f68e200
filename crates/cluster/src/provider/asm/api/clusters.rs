//! The data-plane clusters of a mesh, and what the service sees in them (asm.md §7.3).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::answer::{count, switch, text};
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::{ClusterId, MeshId};

/// Answer of `DescribeClustersInServiceMesh`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ClustersInMesh {
    /// The id of the request.
    pub request_id: String,
    /// The clusters.
    pub clusters: Vec<Cluster>,
}

/// A data-plane cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Cluster {
    /// Its id.
    pub cluster_id: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region_id: String,
    /// `running` when it is settled.
    pub state: String,
    /// Its Kubernetes version, such as `v1.16.6-aliyun.1`.
    pub version: String,
    /// Its kind.
    pub cluster_type: String,
    /// Its virtual private cloud.
    pub vpc_id: String,
    /// The domain of its services.
    pub cluster_domain: String,
    /// Why it failed, if it did.
    pub error_message: String,
    /// Dashboards of its access log.
    pub access_log_dashboards: Vec<Dashboard>,
}

/// A dashboard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Dashboard {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// Answer of `DescribeServiceMeshClusters`: clusters that could be added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ForeignClusters {
    /// The id of the request.
    pub request_id: String,
    /// How many there are on all pages.
    #[serde(deserialize_with = "count")]
    pub number_of_clusters: u32,
    /// Those of this page.
    pub clusters: Vec<ForeignCluster>,
}

/// A cluster that could be added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ForeignCluster {
    /// Its id.
    pub cluster_id: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region_id: String,
    /// `running`, `starting`, `stopping`, `stopped` or `failed`.
    pub state: String,
    /// Its Kubernetes version.
    pub version: String,
    /// The mesh that has it already.
    pub service_mesh_id: String,
    /// 0 it can be added; 1 the user is no admin; 2 another VPC; 3 overlapping addresses; 4 it has a
    /// namespace `istio-system`.
    #[serde(deserialize_with = "count")]
    pub forbidden_flag: u32,
    /// Why not, as JSON.
    pub forbidden_info: String,
}

/// A part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many at most.
    pub limit: u32,
    /// How many are left out before.
    pub offset: u32,
}

/// Answer of `DescribeCCMVersion`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CcmVersions {
    /// The id of the request.
    pub request_id: String,
    /// By the id of the cluster.
    #[serde(rename = "CCMVersions")]
    pub versions: BTreeMap<String, CcmVersion>,
}

/// The cloud controller manager of a cluster, which drains load balancers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CcmVersion {
    /// The id of the cluster.
    pub cluster_id: String,
    /// Its version, such as `v2.0.1`.
    pub version: String,
    /// `time_out`, `failed` or empty.
    pub query_state: String,
    /// Why the question failed.
    pub message: String,
    /// Whether a gateway's load balancer can be drained gracefully.
    #[serde(rename = "SLBGracefulDrainSupported", deserialize_with = "switch")]
    pub slb_graceful_drain_supported: bool,
}

/// Whether an answer about namespaces has their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceLabels {
    /// With them.
    Shown,
    /// Names only.
    LeftOut,
}

/// Answer of `DescribeGuestClusterNamespaces`: the data plane's side, without its kubeconfig.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct GuestNamespaces {
    /// The id of the request.
    pub request_id: String,
    /// Their names.
    pub ns_list: Vec<String>,
    /// Their labels, by name.
    pub ns_labels: BTreeMap<String, BTreeMap<String, String>>,
}

/// Answer of `DescribeGuestClusterPods`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct GuestPods {
    /// The id of the request.
    pub request_id: String,
    /// Their names.
    pub pod_list: Vec<String>,
}

/// Which deployments `GetDeploymentBySelector` lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentsQuery {
    /// The cluster.
    pub cluster: ClusterId,
    /// The namespace.
    pub namespace: String,
    /// Labels that they have.
    pub labels: BTreeMap<String, String>,
    /// How many at most.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub mark: Option<String>,
}

/// Answer of `GetDeploymentBySelector`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Deployments {
    /// The id of the request.
    pub request_id: String,
    /// Their names.
    pub deployment_name_list: Vec<String>,
    /// Where the next page begins; empty after the last.
    #[serde(deserialize_with = "text")]
    pub mark: String,
}

impl Client {
    /// The data-plane clusters of a mesh.
    pub async fn describe_clusters_in_service_mesh(
        &self,
        mesh: &MeshId,
    ) -> Result<ClustersInMesh, AsmError> {
        let query = Pairs::default().with("ServiceMeshId", &mesh.0);
        self.ask(self.call(Operation::DescribeClustersInServiceMesh).query(query)).await
    }

    /// The clusters that could be added to a mesh.
    pub async fn describe_service_mesh_clusters(
        &self,
        mesh: &MeshId,
        page: Page,
    ) -> Result<ForeignClusters, AsmError> {
        let query = Pairs::default().with("ServiceMeshId", &mesh.0);
        let form = Pairs::default().with("Limit", page.limit).with("Offset", page.offset);
        self.ask(self.call(Operation::DescribeServiceMeshClusters).query(query).form(form)).await
    }

    /// The cloud controller managers of a mesh's clusters.
    pub async fn describe_ccm_version(&self, mesh: &MeshId) -> Result<CcmVersions, AsmError> {
        let query = Pairs::default().with("ServiceMeshId", &mesh.0);
        self.ask(self.call(Operation::DescribeCCMVersion).query(query)).await
    }

    /// The namespaces of a data-plane cluster.
    pub async fn describe_guest_cluster_namespaces(
        &self,
        mesh: &MeshId,
        cluster: &ClusterId,
        labels: NamespaceLabels,
    ) -> Result<GuestNamespaces, AsmError> {
        let shown = match labels {
            NamespaceLabels::Shown => true,
            NamespaceLabels::LeftOut => false,
        };
        let form = Pairs::default()
            .with("GuestClusterID", &cluster.0)
            .with("ServiceMeshId", &mesh.0)
            .with("ShowNsLabels", shown);
        self.ask(self.call(Operation::DescribeGuestClusterNamespaces).form(form)).await
    }

    /// The pods of a namespace of a data-plane cluster.
    pub async fn describe_guest_cluster_pods(
        &self,
        mesh: &MeshId,
        cluster: &ClusterId,
        namespace: &str,
    ) -> Result<GuestPods, AsmError> {
        let form = Pairs::default()
            .with("GuestClusterID", &cluster.0)
            .with("Namespace", namespace)
            .with("ServiceMeshId", &mesh.0);
        self.ask(self.call(Operation::DescribeGuestClusterPods).form(form)).await
    }

    /// Deployments with certain labels, in pages.
    pub async fn get_deployment_by_selector(
        &self,
        mesh: &MeshId,
        query: &DeploymentsQuery,
    ) -> Result<Deployments, AsmError> {
        let labels = query.labels.iter().map(|(key, value)| (key.clone(), value.clone().into()));
        let form = Pairs::default()
            .with("ServiceMeshId", &mesh.0)
            .with("GuestCluster", &query.cluster.0)
            .with("NameSpace", &query.namespace)
            .with("LabelSelector", serde_json::Value::Object(labels.collect()).to_string())
            .with("Limit", query.limit)
            .with("Mark", query.mark.as_deref());
        self.ask(self.call(Operation::GetDeploymentBySelector).form(form)).await
    }
}
