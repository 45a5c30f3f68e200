//! Every change by its id, and how it is looked for.

use serde::{Deserialize, Serialize};

use super::{
    Crossing, Hit, ambient, crds, destination_rules, envoy_filters, gateways, install, mesh_config,
    secrets, services, templates, tools, virtual_services,
};
use crate::inventory::evidence::Resource as Read;

/// How a change is looked for.
pub(super) enum Detector {
    /// It needs these to be read, and finds what it will break.
    Reads(&'static [Read], fn(&Crossing<'_>) -> Vec<Hit>),
    /// It would need what is never read: what that is, and why. None where that does not matter.
    Unread(fn(&Crossing<'_>) -> Option<(&'static str, &'static str)>),
    /// Nothing in a cluster tells: it is said whenever the path crosses it.
    Note,
}

macro_rules! changes {
    ($($id:ident = $name:literal => $detector:expr,)*) => {
        /// A change between versions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the catalogue says what each of them is")]
        pub enum ChangeId { $(#[serde(rename = $name)] $id,)* }

        impl ChangeId {
            /// Every change.
            pub const ALL: &[Self] = &[$(Self::$id,)*];

            /// Its id, as the catalogue writes it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$id => $name,)* }
            }
        }

        /// The detectors, in the order of [`ChangeId`].
        pub(super) static DETECTORS: &[Detector] = &[$($detector,)*];
    };
}

use Detector::{Note, Reads, Unread};

changes! {
    I113Probe = "I113-probe" => Reads(&[], templates::probes),
    I113McAuth = "I113-mc-auth" => Unread(secrets::remote_clusters),
    I113Port22 = "I113-port22" => Reads(&[], templates::port_22),
    I114Proto = "I114-proto" => Note,
    B116GatewayApi = "B116-1" => Reads(&[Read::CustomResourceDefinitions], crds::gateway_api),
    B117Names = "B117-1" => Reads(&[Read::KubernetesGateways], gateways::renamed),
    B117Auth = "B117-2" => Unread(secrets::kubeconfig),
    B118Rolled = "B118-1" => Reads(&[Read::KubernetesGateways], gateways::rolled),
    B118Concurrency = "B118-2" => Reads(&[], templates::concurrency),
    B119Filters = "B119-1" => Reads(&[Read::EnvoyFilters], envoy_filters::legacy),
    B119Replicas = "B119-2" => Unread(secrets::gateway_release),
    I119Rbac = "I119-rbac" => Reads(&[], install::helm),
    B120Order = "B120-1" => Reads(&[Read::EnvoyFilters], envoy_filters::relative),
    B120Startup = "B120-2" => Reads(&[], templates::proxy_probes),
    B121Wildcards = "B121-1" => Reads(&[Read::VirtualServices], virtual_services::overlapping),
    B121Sni = "B121-2" => Reads(&[Read::DestinationRules], destination_rules::without_sni),
    B121Verify = "B121-3" => Reads(&[Read::DestinationRules], destination_rules::unverified),
    B121ExternalName = "B121-4" => Reads(
        &[Read::Services, Read::VirtualServices, Read::DestinationRules],
        services::external_names,
    ),
    B121GatewayLabel = "B121-5" => Reads(
        gateways::SELECTING,
        gateways::old_label,
    ),
    B122Delta = "B122-1" => Reads(&[Read::EnvoyFilters, Read::MeshConfig], mesh_config::delta_xds),
    B122Zipkin = "B122-2" => Reads(
        &[Read::Services, Read::MeshConfig, Read::Telemetries],
        mesh_config::zipkin,
    ),
    B122Scope = "B122-3" => Reads(mesh_config::SCOPED, mesh_config::out_of_scope),
    B122TargetPort = "B122-4" => Reads(&[Read::ServiceEntries], services::target_ports),
    B122Deferred = "B122-5" => Note,
    B122Waypoints = "B122-6" => Reads(&[Read::KubernetesGateways], ambient::waypoints),
    B123Stats = "B123-1" => Reads(&[Read::PrometheusRules], tools::metric_rules),
    B123Operator = "B123-2" => Reads(&[Read::IstioOperators], install::operator),
    I123Api = "I123-api" => Note,
    B124Crds = "B124-1" => Reads(&[Read::CustomResourceDefinitions], crds::not_adopted),
    B124Remote = "B124-2" => Unread(secrets::remote_release),
    B124Retries = "B124-3" => Reads(&[Read::VirtualServices], virtual_services::retries),
    B124Merge = "B124-4" => Reads(
        &[Read::DestinationRules, Read::ServiceEntries, Read::Sidecars],
        destination_rules::merged,
    ),
    B124Addresses = "B124-5" => Reads(&[Read::ServiceEntries, Read::MeshConfig], services::addresses),
    B124Csr = "B124-6" => Reads(&[Read::Tools], tools::istio_csr),
    B124Overload = "B124-7" => Note,
    I124Cel = "I124-cel" => Reads(&[Read::Telemetries, Read::EnvoyFilters], mesh_config::peer_attributes),
    I124Ambient = "I124-amb" => Reads(&[Read::Agents, Read::CniConfig], ambient::dns_order),
    B125Internal = "B125-1" => Reads(
        &[Read::EnvoyFilters, Read::VirtualServices, Read::AuthorizationPolicies, Read::MeshConfig],
        mesh_config::internal_addresses,
    ),
    B125Dns = "B125-2" => Reads(&[Read::Agents], ambient::agents),
    B125Tracers = "B125-3" => Reads(&[Read::MeshConfig, Read::Telemetries], mesh_config::tracers),
    B125Exclude = "B125-4" => Reads(
        &[Read::MeshConfig, Read::Agents, Read::Tools],
        templates::excluded_outbound,
    ),
    B126HostNetwork = "B126-1" => Reads(&[Read::Agents], ambient::agents),
    B127Native = "B127-1" => Reads(&[Read::Nodes], templates::native),
    B127Columns = "B127-2" => Note,
    B128Policies = "B128-1" => Reads(&[Read::CustomResourceDefinitions], crds::old_policies),
    B128Rotation = "B128-2" => Reads(&[Read::MeshConfig], templates::rotation),
    B128Shadow = "B128-3" => Reads(
        &[Read::VirtualServices, Read::ServiceEntries, Read::EnvoyFilters],
        virtual_services::shadows,
    ),
    B129Debug = "B129-1" => Reads(&[Read::Tools], tools::debug_readers),
    B129Compression = "B129-2" => Reads(&[], templates::compression),
    B129Iptables = "B129-3" => Reads(&[Read::Agents], ambient::agents),
    B129Roles = "B129-4" => Reads(&[Read::ClusterRoleBindings], install::bindings),
    B130Excluded = "B130-1" => Reads(&[Read::CniConfig], ambient::excluded),
    B130TlsRoute = "B130-2" => Reads(&[Read::CustomResourceDefinitions], crds::tls_routes),
    B130Hostnames = "B130-3" => Reads(&[Read::Services, Read::ServiceEntries], services::twice),
    B130Xds = "B130-4" => Reads(&[], tools::xds_readers),
    B131Hub = "B131-1" => Reads(&[], install::retired_hub),
    B131Unhealthy = "B131-2" => Reads(&[Read::DestinationRules, Read::Services], destination_rules::unhealthy),
    B131Merging = "B131-3" => Reads(&[Read::IstioGateways], gateways::merged),
    B131Plaintext = "B131-4" => Reads(&[Read::WorkloadEntries], services::untunnelled),
    B131Reconnect = "B131-5" => Reads(&[Read::Services, Read::Pods], ambient::reconnect),
    B131Generator = "B131-6" => Reads(&[], tools::xds_readers),
}
