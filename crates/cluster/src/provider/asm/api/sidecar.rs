//! The settings of the sidecars of one namespace (asm.md §7.3, §7.4).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::answer::{count, switch, text};
use super::super::client::Client;
use super::super::error::AsmError;
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::{Accepted, MeshId};
use crate::door::IntentId;

/// Answer of `DescribeNamespaceScopeSidecarConfig`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct NamespaceSidecar {
    /// The id of the request.
    pub request_id: String,
    /// What differs from the mesh's own settings.
    pub config_patches: SidecarPatches,
}

/// Settings that matter when a sidecar is replaced. A switch that was never set reads as off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct SidecarPatches {
    /// Worker threads of the proxy; 0 if not set.
    #[serde(deserialize_with = "count")]
    pub concurrency: u32,
    /// Whether the application waits for the proxy.
    #[serde(deserialize_with = "switch")]
    pub hold_application_until_proxy_starts: bool,
    /// How long the proxy drains before it ends.
    pub termination_drain_duration: String,
    /// How traffic is caught: `REDIRECT` or `TPROXY`.
    pub interception_mode: String,
    /// Whether the proxy answers DNS.
    #[serde(rename = "IstioDNSProxyEnabled", deserialize_with = "switch")]
    pub istio_dns_proxy_enabled: bool,
    /// Life-cycle hooks of the proxy's container, as JSON.
    pub lifecycle_str: String,
    /// What the proxy logs.
    pub log_level: String,
    /// Inbound ports that are not caught.
    #[serde(deserialize_with = "text")]
    pub exclude_inbound_ports: String,
    /// Outbound ports that are not caught.
    #[serde(deserialize_with = "text")]
    pub exclude_outbound_ports: String,
    /// Further variables of the proxy.
    pub proxy_metadata: BTreeMap<String, String>,
}

macro_rules! settings {
    ($($field:ident: $kind:ty = $wire:literal,)+) => {
        /// Settings of `UpdateNamespaceScopeSidecarConfig`; what is none is not sent. They are called
        /// as in the API, whose pages say what each means.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct SidecarSettings {
            $(#[doc = concat!("`", $wire, "`.")] pub $field: Option<$kind>,)+
        }

        impl SidecarSettings {
            fn form(self, form: Pairs) -> Pairs {
                form $(.with($wire, self.$field))+
            }
        }
    };
}

settings! {
    concurrency: u32 = "Concurrency",
    enable_core_dump: bool = "EnableCoreDump",
    exclude_ip_ranges: String = "ExcludeIPRanges",
    exclude_inbound_ports: String = "ExcludeInboundPorts",
    exclude_outbound_ports: String = "ExcludeOutboundPorts",
    hold_application_until_proxy_starts: bool = "HoldApplicationUntilProxyStarts",
    include_ip_ranges: String = "IncludeIPRanges",
    include_inbound_ports: String = "IncludeInboundPorts",
    include_outbound_ports: String = "IncludeOutboundPorts",
    interception_mode: String = "InterceptionMode",
    istio_dns_proxy_enabled: bool = "IstioDNSProxyEnabled",
    lifecycle: String = "Lifecycle",
    log_level: String = "LogLevel",
    post_start: String = "PostStart",
    pre_stop: String = "PreStop",
    privileged: bool = "Privileged",
    proxy_init_ack_slo_cpu_limit: String = "ProxyInitAckSloCPUResourceLimit",
    proxy_init_ack_slo_cpu_request: String = "ProxyInitAckSloCPUResourceRequest",
    proxy_init_ack_slo_memory_limit: String = "ProxyInitAckSloMemoryResourceLimit",
    proxy_init_ack_slo_memory_request: String = "ProxyInitAckSloMemoryResourceRequest",
    proxy_init_cpu_limit: String = "ProxyInitCPUResourceLimit",
    proxy_init_cpu_request: String = "ProxyInitCPUResourceRequest",
    proxy_init_memory_limit: String = "ProxyInitMemoryResourceLimit",
    proxy_init_memory_request: String = "ProxyInitMemoryResourceRequest",
    proxy_metadata: String = "ProxyMetadata",
    proxy_stats_matcher: String = "ProxyStatsMatcher",
    readiness_failure_threshold: u32 = "ReadinessFailureThreshold",
    readiness_initial_delay_seconds: u32 = "ReadinessInitialDelaySeconds",
    readiness_period_seconds: u32 = "ReadinessPeriodSeconds",
    runtime_values: String = "RuntimeValues",
    smc_enabled: bool = "SMCEnabled",
    scaled_sidecar_resource: String = "ScaledSidecarResource",
    sidecar_proxy_ack_slo_cpu_limit: String = "SidecarProxyAckSloCPUResourceLimit",
    sidecar_proxy_ack_slo_cpu_request: String = "SidecarProxyAckSloCPUResourceRequest",
    sidecar_proxy_ack_slo_memory_limit: String = "SidecarProxyAckSloMemoryResourceLimit",
    sidecar_proxy_ack_slo_memory_request: String = "SidecarProxyAckSloMemoryResourceRequest",
    sidecar_proxy_cpu_limit: String = "SidecarProxyCPUResourceLimit",
    sidecar_proxy_cpu_request: String = "SidecarProxyCPUResourceRequest",
    sidecar_proxy_memory_limit: String = "SidecarProxyMemoryResourceLimit",
    sidecar_proxy_memory_request: String = "SidecarProxyMemoryResourceRequest",
    termination_drain_duration: String = "TerminationDrainDuration",
    tracing: String = "Tracing",
}

impl Client {
    /// The sidecar settings of a namespace.
    pub async fn describe_namespace_scope_sidecar_config(
        &self,
        mesh: &MeshId,
        namespace: &str,
    ) -> Result<NamespaceSidecar, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0).with("Namespace", namespace);
        self.ask(self.call(Operation::DescribeNamespaceScopeSidecarConfig).form(form)).await
    }

    /// Changes the sidecar settings of a namespace. Pods take them when they are made anew.
    pub async fn update_namespace_scope_sidecar_config(
        &self,
        mesh: &MeshId,
        namespace: &str,
        settings: SidecarSettings,
        intent: &IntentId,
    ) -> Result<Accepted, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0).with("Namespace", namespace);
        let call = self.call(Operation::UpdateNamespaceScopeSidecarConfig);
        self.change(call.form(settings.form(form)), intent).await
    }
}
