//! What prechecks read, by the names that access rules use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of object that is read for prechecks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the name that each one has is below")]
pub enum Resource {
    EnvoyFilters,
    DestinationRules,
    VirtualServices,
    ServiceEntries,
    Sidecars,
    WorkloadEntries,
    Telemetries,
    AuthorizationPolicies,
    PeerAuthentications,
    RequestAuthentications,
    WasmPlugins,
    IstioGateways,
    KubernetesGateways,
    CustomResourceDefinitions,
    MeshConfig,
    CniConfig,
    Services,
    Autoscalers,
    ScaledObjects,
    Applications,
    IstioOperators,
    Nodes,
    Pods,
    Room,
    Sail,
    Quotas,
    ClusterRoleBindings,
    NetworkPolicies,
    ServiceMonitors,
    PrometheusRules,
    Agents,
    Tools,
    RootCertificates,
    Sync,
    Lease,
    Clock,
    InstallValues,
}

impl Resource {
    /// As access rules and people name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::EnvoyFilters => "envoyfilters",
            Self::DestinationRules => "destinationrules",
            Self::VirtualServices => "virtualservices",
            Self::ServiceEntries => "serviceentries",
            Self::Sidecars => "sidecars",
            Self::WorkloadEntries => "workloadentries",
            Self::Telemetries => "telemetries",
            Self::AuthorizationPolicies => "authorizationpolicies",
            Self::PeerAuthentications => "peerauthentications",
            Self::RequestAuthentications => "requestauthentications",
            Self::WasmPlugins => "wasmplugins",
            Self::IstioGateways => "gateways.networking.istio.io",
            Self::KubernetesGateways => "gateways.gateway.networking.k8s.io",
            Self::CustomResourceDefinitions => "customresourcedefinitions",
            Self::MeshConfig => "configmap istio",
            Self::CniConfig => "configmap istio-cni-config",
            Self::Services => "services",
            Self::Autoscalers => "horizontalpodautoscalers",
            Self::ScaledObjects => "scaledobjects.keda.sh",
            Self::Applications => "applications.argoproj.io",
            Self::IstioOperators => "istiooperators",
            Self::Nodes => "nodes",
            Self::Pods => "pods",
            Self::Room => "pods of a node",
            Self::Sail => "istios.sailoperator.io",
            Self::Quotas => "resourcequotas",
            Self::ClusterRoleBindings => "clusterrolebindings",
            Self::NetworkPolicies => "networkpolicies",
            Self::ServiceMonitors => "servicemonitors",
            Self::PrometheusRules => "prometheusrules",
            Self::Agents => "daemonsets of ztunnel and istio-cni",
            Self::Tools => "deployments of cert-manager-istio-csr",
            Self::RootCertificates => "configmaps istio-ca-root-cert",
            Self::Sync => "istiod's sync status",
            Self::Lease => "lease",
            Self::Clock => "the API server's clock",
            Self::InstallValues => "the install values",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
