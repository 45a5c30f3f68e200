//! The list of instances (asm.md §7.3).

use serde::Deserialize;

use super::super::answer::{decimal, open_enum, switch, text};
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;

open_enum! {
    /// The edition of an instance; it decides which methods there are (S17).
    ClusterSpec {
        /// Standard Edition: in-place only.
        Standard = "standard",
        /// Enterprise Edition.
        Enterprise = "enterprise",
        /// Ultimate Edition.
        Ultimate = "ultimate",
    }
}

/// A tag that listed instances must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFilter {
    /// Its key.
    pub key: String,
    /// Its value; any, if none.
    pub value: Option<String>,
}

/// Answer of `DescribeServiceMeshes`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Instances {
    /// The id of the request.
    pub request_id: String,
    /// The instances.
    pub service_meshes: Vec<ListedInstance>,
}

/// An instance in the list.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ListedInstance {
    /// The edition.
    pub cluster_spec: ClusterSpec,
    /// Ids of the data-plane clusters.
    pub clusters: Vec<String>,
    /// Addresses of the control plane.
    pub endpoints: ListedEndpoints,
    /// What it is.
    pub service_mesh_info: InstanceInfo,
    /// How it is set up.
    pub spec: InstanceSpec<ListedLoadBalancer, ListedMeshConfig>,
    /// Its tags.
    pub tag: Vec<InstanceTag>,
    /// Whether it can be upgraded: the cheap question before the target is asked for.
    #[serde(deserialize_with = "switch")]
    pub upgradable: bool,
    /// Whose it is, if not the user's own.
    #[serde(deserialize_with = "text")]
    pub owner_id: String,
    /// `ackone` or empty.
    pub owner_type: String,
}

/// What an instance is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct InstanceInfo {
    /// The instance's name.
    pub name: String,
    /// Its id.
    pub service_mesh_id: String,
    /// Where it is.
    pub region_id: String,
    /// The full version of the control plane. The list may be vague: the detail decides.
    #[serde(deserialize_with = "text")]
    pub version: String,
    /// An open word; only `running` is known to mean that it is settled.
    pub state: String,
    /// `Default` or `Pro`.
    pub profile: String,
    /// When it was made, such as `2020-04-21T09:42:20+08:00`.
    pub creation_time: String,
    /// When it was changed.
    pub update_time: String,
    /// Why it failed, if it did.
    pub error_message: String,
}

/// How an instance is set up. List and detail know different parts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct InstanceSpec<L: Default, M: Default> {
    /// Load balancers and public addresses.
    pub load_balancer: L,
    /// The mesh's own settings.
    pub mesh_config: M,
    /// Where it is attached.
    pub network: Network,
}

/// Where an instance is attached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Network {
    /// The virtual private cloud.
    pub vpc_id: String,
    /// Its switches.
    #[serde(rename = "VSwitches")]
    pub v_switches: Vec<String>,
    /// The security group.
    pub security_group_id: String,
}

/// Addresses of a control plane in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ListedEndpoints {
    /// The API server inside the VPC.
    pub intranet_api_server_endpoint: String,
    /// The API server on the internet, if it has an address there.
    pub public_api_server_endpoint: String,
    /// istiod inside the VPC.
    pub intranet_pilot_endpoint: String,
    /// istiod on the internet, if it has an address there.
    pub public_pilot_endpoint: String,
}

/// Load balancers in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ListedLoadBalancer {
    /// Of the API server.
    pub api_server_loadbalancer_id: String,
    /// Of istiod.
    pub pilot_public_loadbalancer_id: String,
    /// Whether the API server has a public address.
    #[serde(deserialize_with = "switch")]
    pub api_server_public_eip: bool,
    /// Whether istiod has a public address.
    #[serde(deserialize_with = "switch")]
    pub pilot_public_eip: bool,
}

/// Settings of a mesh in the list.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, as the API has them")]
pub struct ListedMeshConfig {
    /// `ALLOW_ANY` or `REGISTRY_ONLY`.
    pub outbound_traffic_policy: String,
    /// Whether proxies may speak mutual TLS.
    #[serde(deserialize_with = "switch")]
    pub mtls: bool,
    /// Whether they must.
    #[serde(deserialize_with = "switch")]
    pub strict_mtls: bool,
    /// Whether metrics are made.
    #[serde(deserialize_with = "switch")]
    pub telemetry: bool,
    /// Whether traces are made.
    #[serde(deserialize_with = "switch")]
    pub tracing: bool,
    /// istiod's own settings.
    pub pilot: Pilot,
}

/// istiod's own settings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Pilot {
    /// Whether HTTP/1.0 is taken.
    #[serde(rename = "Http10Enabled", deserialize_with = "switch")]
    pub http10_enabled: bool,
    /// The share of requests that are traced, in percent.
    #[serde(deserialize_with = "decimal")]
    pub trace_sampling: Option<f64>,
}

/// A tag of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct InstanceTag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl Client {
    /// The instances that the user may see in the regions of this client's endpoint, which have all
    /// of the given tags.
    pub async fn describe_service_meshes(&self, tags: &[TagFilter]) -> Result<Instances, AsmError> {
        let tag = |tag: &TagFilter| {
            Pairs::default().with("Key", &tag.key).with("Value", tag.value.as_deref())
        };
        let query = Pairs::default().with("Tag", tags.iter().map(tag).collect::<Vec<_>>());
        self.ask(self.call(Operation::DescribeServiceMeshes).query(query)).await
    }
}
