//! One instance in detail: versions, edition, canary, and the settings that rules look at
//! (asm.md §7.3).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::answer::{count, stated, switch, text};
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::MeshId;
use super::instances::{ClusterSpec, InstanceInfo, InstanceSpec};

/// Answer of `DescribeServiceMeshDetail`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Detail {
    /// The id of the request.
    pub request_id: String,
    /// The instance.
    pub service_mesh: Instance,
}

/// An instance.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Instance {
    /// The edition.
    pub cluster_spec: ClusterSpec,
    /// Ids of the data-plane clusters.
    pub clusters: Vec<String>,
    /// Addresses of the control plane, the canary's included.
    pub endpoints: DetailEndpoints,
    /// What it is.
    pub service_mesh_info: InstanceInfo,
    /// How it is set up.
    pub spec: DetailSpec,
    /// Whose it is, if not the user's own.
    #[serde(deserialize_with = "text")]
    pub owner_id: String,
    /// `ackone` or empty.
    pub owner_type: String,
}

/// How an instance is set up, in detail.
pub type DetailSpec = InstanceSpec<DetailLoadBalancer, DetailMeshConfig>;

/// Addresses of a control plane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DetailEndpoints {
    /// The API server inside the VPC.
    pub intranet_api_server_endpoint: String,
    /// The API server on the internet, if it has an address there.
    pub public_api_server_endpoint: String,
    /// istiod inside the VPC.
    pub intranet_pilot_endpoint: String,
    /// istiod on the internet, if it has an address there.
    pub public_pilot_endpoint: String,
    /// The canary istiod inside the VPC, during a canary upgrade.
    pub intranet_canary_pilot_endpoint: String,
    /// The canary istiod on the internet, during a canary upgrade.
    pub public_canary_pilot_endpoint: String,
}

/// Load balancers and public addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DetailLoadBalancer {
    /// Of the API server.
    pub api_server_loadbalancer_id: String,
    /// Whether the API server has a public address.
    #[serde(deserialize_with = "switch")]
    pub api_server_public_eip: bool,
    /// That address.
    pub api_server_public_eip_id: String,
    /// Of istiod.
    pub pilot_public_loadbalancer_id: String,
    /// Whether istiod has a public address.
    #[serde(deserialize_with = "switch")]
    pub pilot_public_eip: bool,
    /// That address.
    pub pilot_public_eip_id: String,
    /// Of the canary istiod.
    pub canary_pilot_load_balancer_id: String,
    /// The public address of the canary istiod.
    pub canary_pilot_public_eip_id: String,
}

/// The settings of a mesh that rules look at.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DetailMeshConfig {
    /// Image tags of the control plane and of the proxies that it would inject.
    pub edition: Edition,
    /// `ALLOW_ANY` or `REGISTRY_ONLY`.
    pub outbound_traffic_policy: String,
    /// Whether metrics are made.
    #[serde(deserialize_with = "switch")]
    pub telemetry: bool,
    /// Whether traces are made.
    #[serde(deserialize_with = "switch")]
    pub tracing: bool,
    /// Whether traces go to a Zipkin of the user's own.
    #[serde(deserialize_with = "switch")]
    pub customized_zipkin: bool,
    /// Whether the Gateway API is supported.
    #[serde(rename = "K8sNewAPIsSupport")]
    pub new_apis: NewApis,
    /// Who gets a sidecar.
    pub sidecar_injector: Injector,
    /// Further settings.
    pub extra_configuration: ExtraConfiguration,
}

/// Image tags of the current control plane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Edition {
    /// Its name.
    pub name: String,
    /// Tag of istiod's image.
    pub istiod_image_tag: String,
    /// Tag of the proxy's image: what an injected pod should run.
    pub proxy_image_tag: String,
}

/// Support for newer Kubernetes APIs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct NewApis {
    /// Whether the Gateway API is on.
    #[serde(rename = "GatewayAPIEnabled", deserialize_with = "switch")]
    pub gateway_api_enabled: bool,
}

/// Who gets a sidecar: the precondition of a canary (S34, asm.md §3.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Injector {
    /// How pods ask for a sidecar, or for none, once their namespace has labels for it.
    #[serde(deserialize_with = "switch")]
    pub auto_injection_policy_enabled: bool,
    /// Whether every namespace gets sidecars: then no label chooses a revision. None if it was not
    /// told.
    #[serde(deserialize_with = "stated")]
    pub enable_namespaces_by_default: Option<bool>,
    /// Replicas of the injector.
    #[serde(deserialize_with = "count")]
    pub sidecar_injector_num: u32,
    /// The injection webhook, as YAML.
    pub sidecar_injector_webhook_as_yaml: String,
}

/// Further settings of a mesh.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ExtraConfiguration {
    /// Which namespaces istiod looks at: label selectors, as Kubernetes writes them.
    pub discovery_selectors: Vec<Map<String, Value>>,
    /// Whether the data-plane cluster shows the mesh's objects too.
    #[serde(rename = "CRAggregationEnabled", deserialize_with = "switch")]
    pub cr_aggregation_enabled: bool,
    /// Whether configuration is sent on demand only.
    pub adaptive_xds_configuration: Enabled,
    /// How long a proxy drains before it ends, such as `6s`.
    pub termination_drain_duration: String,
}

/// A setting that is on or off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Enabled {
    /// Whether it is on.
    #[serde(deserialize_with = "switch")]
    pub enabled: bool,
}

impl Instance {
    /// Whether a canary upgrade goes on: any address or load balancer of a canary istiod says so
    /// (asm.md §7.3, inferred).
    pub fn has_canary(&self) -> bool {
        let balancer = &self.spec.load_balancer;
        [
            &self.endpoints.intranet_canary_pilot_endpoint,
            &self.endpoints.public_canary_pilot_endpoint,
            &balancer.canary_pilot_load_balancer_id,
            &balancer.canary_pilot_public_eip_id,
        ]
        .iter()
        .any(|field| !field.is_empty())
    }
}

impl Client {
    /// One instance in detail.
    pub async fn describe_service_mesh_detail(&self, mesh: &MeshId) -> Result<Detail, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0);
        self.ask(self.call(Operation::DescribeServiceMeshDetail).form(form)).await
    }
}
