//! Istio's own objects and gateways, reduced to what rules ask about them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ObjectName;
use crate::inventory::{Labels, Name};

/// An `EnvoyFilter`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvoyFilter {
    /// Its name.
    pub name: ObjectName,
    /// Keys of the labels that it selects by.
    pub selects_by: BTreeSet<Name>,
    /// Its patches.
    pub patches: Vec<EnvoyPatch>,
    /// What its text mentions.
    pub traits: BTreeSet<ConfigTrait>,
}

/// One patch of an `EnvoyFilter`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvoyPatch {
    /// `applyTo`, such as `HTTP_FILTER`.
    pub apply_to: Name,
    /// `patch.operation`, such as `INSERT_BEFORE`.
    pub operation: Name,
    /// Names of filters in its match and in its value.
    pub filters: BTreeSet<Name>,
    /// Regular expression for the proxy's version.
    pub proxy_version: Option<Name>,
    /// Whether a filter in it is configured by `config` instead of `typed_config`.
    pub untyped: bool,
    /// Whether a type URL in it is of Envoy's API version 2.
    pub version_two: bool,
}

/// What the text of an object mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConfigTrait {
    /// `connection.peer…` or `upstream_peer.…`, attributes of older proxies.
    OldPeerAttributes,
    /// The connection to istiod itself.
    Xds,
    /// A header `x-envoy-…`, `X-Forwarded-For` or its depth.
    ForwardedHeaders,
    /// A host that ends in `-shadow`.
    ShadowHost,
}

/// A `DestinationRule`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationRule {
    /// Its name.
    pub name: ObjectName,
    /// The host it is for, as written.
    pub host: Name,
    /// Every place where it originates TLS.
    pub tls: Vec<TlsSetting>,
    /// Whether it detects outliers anywhere without `minHealthPercent`.
    pub ejects_outliers: bool,
}

/// One place where a `DestinationRule` originates TLS with mode SIMPLE or MUTUAL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsSetting {
    /// Where it stands, such as `trafficPolicy.portLevelSettings[0]`.
    pub at: Name,
    /// Whether it names an SNI.
    pub names_sni: bool,
    /// Whether it names a CA or a credential, or skips the check.
    pub names_trust: bool,
}

/// A `VirtualService`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VirtualService {
    /// Its name.
    pub name: ObjectName,
    /// Gateways that it is bound to; `mesh` when it names none.
    pub gateways: BTreeSet<Name>,
    /// Its hosts, as written.
    pub hosts: BTreeSet<Name>,
    /// Hosts that it sends traffic to, as written.
    pub destinations: BTreeSet<Name>,
    /// Whether a route sets retries.
    pub retries: bool,
    /// Whether a route mirrors traffic.
    pub mirrors: bool,
    /// What its routes delegate to.
    pub delegates: Vec<Delegate>,
    /// What its text mentions.
    pub traits: BTreeSet<ConfigTrait>,
}

/// A route that is delegated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delegate {
    /// The `VirtualService` it names; an empty name is a mistake.
    pub to: ObjectName,
    /// Whether the route also names destinations of its own, which istiod refuses.
    pub routes_too: bool,
}

/// A `ServiceEntry`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceEntry {
    /// Its name.
    pub name: ObjectName,
    /// Its hosts.
    pub hosts: BTreeSet<Name>,
    /// Where it is exported to; empty for everywhere.
    pub export_to: BTreeSet<Name>,
    /// `resolution`; `NONE` when it names none.
    pub resolution: Name,
    /// Whether it names addresses, or asks that none be allocated.
    pub has_addresses: bool,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a `ServiceEntry`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// `number`.
    pub number: u32,
    /// `targetPort`, when it names one.
    pub target: Option<u32>,
    /// `protocol`.
    pub protocol: Name,
}

/// A `WorkloadEntry`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadEntry {
    /// Its name.
    pub name: ObjectName,
    /// Whether istiod made it for a workload that registered itself.
    pub registered_itself: bool,
    /// Whether it says that it is reached by HBONE.
    pub tunnelled: bool,
}

/// A `Telemetry`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Telemetry {
    /// Its name.
    pub name: ObjectName,
    /// Keys of the labels that it selects by.
    pub selects_by: BTreeSet<Name>,
    /// Whether it sets tracing.
    pub traces: bool,
    /// Tracing providers it names.
    pub providers: BTreeSet<Name>,
    /// What its text mentions.
    pub traits: BTreeSet<ConfigTrait>,
}

/// An `AuthorizationPolicy`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessPolicy {
    /// Its name.
    pub name: ObjectName,
    /// Keys of the labels that it selects by.
    pub selects_by: BTreeSet<Name>,
    /// What its text mentions.
    pub traits: BTreeSet<ConfigTrait>,
    /// Whether it decides by the address of the client behind other proxies.
    pub by_client_address: bool,
}

/// A `Gateway` of networking.istio.io.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IstioGateway {
    /// Its name.
    pub name: ObjectName,
    /// Labels of the pods that serve it.
    pub selector: Labels,
    /// Ports that it opens.
    pub ports: BTreeSet<u32>,
}

/// A `Gateway` of gateway.networking.k8s.io.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesGateway {
    /// Its name.
    pub name: ObjectName,
    /// Its class, such as `istio` or `istio-waypoint`.
    pub class: Name,
    /// Whether it names an address: istiod then makes no Deployment for it.
    pub has_addresses: bool,
    /// Keys of its annotations that belong to Istio.
    pub annotations: BTreeSet<Name>,
}

/// An object of Istio and the API version in which it was written last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Applied {
    /// Its kind.
    pub kind: Name,
    /// Its name.
    pub name: ObjectName,
    /// Name of the CRD that defines it.
    pub crd: Name,
    /// Version of the manifest, such as `v1beta1`.
    pub version: Name,
    /// Who wrote it, as the server noted; none for a manifest that kubectl kept.
    pub by: Option<Name>,
}
