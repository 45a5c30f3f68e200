//! Kubeconfigs of the managed API server and of a data-plane cluster (asm.md §7.3, §7.7). They are
//! credentials: kept as secrets, never logged, never shown.

use secrecy::SecretString;
use serde::Deserialize;

use super::super::client::Client;
use super::super::endpoint::Region;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::{ClusterId, MeshId};
use crate::calls::escape;
use crate::door::IntentId;

/// The address in a kubeconfig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On the internet.
    Public,
    /// Inside the VPC.
    Private,
}

impl Reach {
    fn is_private(self) -> bool {
        match self {
            Self::Public => false,
            Self::Private => true,
        }
    }
}

/// Answer of `DescribeServiceMeshKubeconfig`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MeshKubeconfig {
    /// The id of the request.
    pub request_id: String,
    /// The kubeconfig of the managed API server, YAML.
    pub kubeconfig: SecretString,
    /// Until when, such as `2024-05-28 16:00:00`; in which time zone is not documented.
    pub expire_time: String,
}

/// Answer of `RevokeKubeconfig`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RevokedKubeconfig {
    /// The id of the request.
    pub request_id: String,
    /// The new kubeconfig of the managed API server, YAML.
    pub kubeconfig: SecretString,
}

/// Answer of `DescribeClusterUserKubeconfig`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AckKubeconfig {
    /// The kubeconfig of a data-plane cluster, YAML.
    pub config: SecretString,
    /// Until when, RFC 3339.
    pub expiration: String,
}

impl Client {
    /// The kubeconfig of the managed API server.
    pub async fn describe_service_mesh_kubeconfig(
        &self,
        mesh: &MeshId,
        reach: Reach,
    ) -> Result<MeshKubeconfig, AsmError> {
        let query = Pairs::default()
            .with("ServiceMeshId", &mesh.0)
            .with("PrivateIpAddress", reach.is_private());
        self.ask(self.call(Operation::DescribeServiceMeshKubeconfig).query(query)).await
    }

    /// Makes the kubeconfig of the managed API server invalid and gives a new one.
    pub async fn revoke_kubeconfig(
        &self,
        mesh: &MeshId,
        reach: Reach,
        intent: &IntentId,
    ) -> Result<RevokedKubeconfig, AsmError> {
        let form = Pairs::default()
            .with("ServiceMeshId", &mesh.0)
            .with("PrivateIpAddress", reach.is_private());
        self.change(self.call(Operation::RevokeKubeconfig).form(form), intent).await
    }

    /// A kubeconfig of a data-plane cluster that ends by itself. `minutes` is from 15 to 4320; what
    /// lies outside is moved to the nearer end.
    pub async fn describe_cluster_user_kubeconfig(
        &self,
        region: &Region,
        cluster: &ClusterId,
        reach: Reach,
        minutes: u32,
    ) -> Result<AckKubeconfig, AsmError> {
        let query = Pairs::default()
            .with("PrivateIpAddress", reach.is_private())
            .with("TemporaryDurationMinutes", minutes.clamp(15, 4320));
        let mut call = self.call(Operation::DescribeClusterUserKubeconfig).query(query);
        call.host = region.ack_host();
        call.path = format!("/k8s/{}/user_config", escape(&cluster.0));
        self.ask(call).await
    }
}
