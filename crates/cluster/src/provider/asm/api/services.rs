//! Services that the mesh knows, and whether their endpoints have a sidecar (asm.md §7.3).

use serde::Deserialize;

use super::super::answer::switch;
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::upgrade::joined;
use super::{ClusterId, MeshId};

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceQuery {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its kind, as the service registry calls it; any, if none.
    pub service_type: Option<String>,
    /// In which clusters; in all, if empty.
    pub clusters: Vec<ClusterId>,
}

/// Answer of `GetRegisteredServiceNamespaces`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ServiceNamespaces {
    /// The id of the request.
    pub request_id: String,
    /// Namespaces that have services.
    pub namespaces: Vec<String>,
}

/// Answer of `GetRegisteredServiceEndpoints`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ServiceEndpoints {
    /// The id of the request.
    pub request_id: String,
    /// The endpoints.
    pub end_point_slice: EndpointSlice,
}

/// The endpoints of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EndpointSlice {
    /// The name of the service.
    pub service_name: String,
    /// Its namespace.
    pub namespace: String,
    /// Where it is.
    pub location: String,
    /// The endpoints.
    pub endpoints_details: Vec<EndpointDetail>,
}

/// One endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EndpointDetail {
    /// Its address.
    pub address: String,
    /// Its host name.
    pub hostname: String,
    /// The pod behind it.
    pub pod_name: String,
    /// Where it is.
    pub region: String,
    /// Whether the pod has a sidecar.
    #[serde(deserialize_with = "switch")]
    pub sidecar_injected: bool,
}

impl Client {
    /// Namespaces that have services.
    pub async fn get_registered_service_namespaces(
        &self,
        mesh: &MeshId,
    ) -> Result<ServiceNamespaces, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0);
        self.ask(self.call(Operation::GetRegisteredServiceNamespaces).form(form)).await
    }

    /// The endpoints of a service.
    pub async fn get_registered_service_endpoints(
        &self,
        mesh: &MeshId,
        service: &ServiceQuery,
    ) -> Result<ServiceEndpoints, AsmError> {
        let form = Pairs::default()
            .with("ServiceMeshId", &mesh.0)
            .with("Name", &service.name)
            .with("Namespace", &service.namespace)
            .with("ServiceType", service.service_type.as_deref())
            .with("ClusterIds", joined(&service.clusters));
        self.ask(self.call(Operation::GetRegisteredServiceEndpoints).form(form)).await
    }
}
