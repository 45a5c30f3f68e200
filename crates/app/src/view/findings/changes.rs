//! Changes between versions in words: what follows, and how it is mended.

use meshlift_core::precheck::ChangeId;

use crate::api::dto::PhraseCode as Code;

/// What follows from a change, and what mends it.
#[expect(clippy::too_many_lines, reason = "a table with one line for each change")]
pub(super) fn words(change: ChangeId) -> (Code, Code) {
    match change {
        ChangeId::I113Probe => (Code::ChangeI113Probe, Code::MendChangeI113Probe),
        ChangeId::I113McAuth => (Code::ChangeI113McAuth, Code::MendChangeI113McAuth),
        ChangeId::I113Port22 => (Code::ChangeI113Port22, Code::MendChangeI113Port22),
        ChangeId::I114Proto => (Code::ChangeI114Proto, Code::MendChangeI114Proto),
        ChangeId::B116GatewayApi => (Code::ChangeB116GatewayApi, Code::MendChangeB116GatewayApi),
        ChangeId::B117Names => (Code::ChangeB117Names, Code::MendChangeB117Names),
        ChangeId::B117Auth => (Code::ChangeB117Auth, Code::MendChangeB117Auth),
        ChangeId::B118Rolled => (Code::ChangeB118Rolled, Code::MendChangeB118Rolled),
        ChangeId::B118Concurrency => (Code::ChangeB118Concurrency, Code::MendChangeB118Concurrency),
        ChangeId::B119Filters => (Code::ChangeB119Filters, Code::MendChangeB119Filters),
        ChangeId::B119Replicas => (Code::ChangeB119Replicas, Code::MendChangeB119Replicas),
        ChangeId::I119Rbac => (Code::ChangeI119Rbac, Code::MendChangeI119Rbac),
        ChangeId::B120Order => (Code::ChangeB120Order, Code::MendChangeB120Order),
        ChangeId::B120Startup => (Code::ChangeB120Startup, Code::MendChangeB120Startup),
        ChangeId::B121Wildcards => (Code::ChangeB121Wildcards, Code::MendChangeB121Wildcards),
        ChangeId::B121Sni => (Code::ChangeB121Sni, Code::MendChangeB121Sni),
        ChangeId::B121Verify => (Code::ChangeB121Verify, Code::MendChangeB121Verify),
        ChangeId::B121ExternalName => {
            (Code::ChangeB121ExternalName, Code::MendChangeB121ExternalName)
        }
        ChangeId::B121GatewayLabel => {
            (Code::ChangeB121GatewayLabel, Code::MendChangeB121GatewayLabel)
        }
        ChangeId::B122Delta => (Code::ChangeB122Delta, Code::MendChangeB122Delta),
        ChangeId::B122Zipkin => (Code::ChangeB122Zipkin, Code::MendChangeB122Zipkin),
        ChangeId::B122Scope => (Code::ChangeB122Scope, Code::MendChangeB122Scope),
        ChangeId::B122TargetPort => (Code::ChangeB122TargetPort, Code::MendChangeB122TargetPort),
        ChangeId::B122Deferred => (Code::ChangeB122Deferred, Code::MendChangeB122Deferred),
        ChangeId::B122Waypoints => (Code::ChangeB122Waypoints, Code::MendChangeB122Waypoints),
        ChangeId::B123Stats => (Code::ChangeB123Stats, Code::MendChangeB123Stats),
        ChangeId::B123Operator => (Code::ChangeB123Operator, Code::MendChangeB123Operator),
        ChangeId::I123Api => (Code::ChangeI123Api, Code::MendChangeI123Api),
        ChangeId::B124Crds => (Code::ChangeB124Crds, Code::MendChangeB124Crds),
        ChangeId::B124Remote => (Code::ChangeB124Remote, Code::MendChangeB124Remote),
        ChangeId::B124Retries => (Code::ChangeB124Retries, Code::MendChangeB124Retries),
        ChangeId::B124Merge => (Code::ChangeB124Merge, Code::MendChangeB124Merge),
        ChangeId::B124Addresses => (Code::ChangeB124Addresses, Code::MendChangeB124Addresses),
        ChangeId::B124Csr => (Code::ChangeB124Csr, Code::MendChangeB124Csr),
        ChangeId::B124Overload => (Code::ChangeB124Overload, Code::MendChangeB124Overload),
        ChangeId::I124Cel => (Code::ChangeI124Cel, Code::MendChangeI124Cel),
        ChangeId::I124Ambient => (Code::ChangeI124Ambient, Code::MendChangeI124Ambient),
        ChangeId::B125Internal => (Code::ChangeB125Internal, Code::MendChangeB125Internal),
        ChangeId::B125Dns => (Code::ChangeB125Dns, Code::MendChangeB125Dns),
        ChangeId::B125Tracers => (Code::ChangeB125Tracers, Code::MendChangeB125Tracers),
        ChangeId::B125Exclude => (Code::ChangeB125Exclude, Code::MendChangeB125Exclude),
        ChangeId::B126HostNetwork => (Code::ChangeB126HostNetwork, Code::MendChangeB126HostNetwork),
        ChangeId::B127Native => (Code::ChangeB127Native, Code::MendChangeB127Native),
        ChangeId::B127Columns => (Code::ChangeB127Columns, Code::MendChangeB127Columns),
        ChangeId::B128Policies => (Code::ChangeB128Policies, Code::MendChangeB128Policies),
        ChangeId::B128Rotation => (Code::ChangeB128Rotation, Code::MendChangeB128Rotation),
        ChangeId::B128Shadow => (Code::ChangeB128Shadow, Code::MendChangeB128Shadow),
        ChangeId::B129Debug => (Code::ChangeB129Debug, Code::MendChangeB129Debug),
        ChangeId::B129Compression => (Code::ChangeB129Compression, Code::MendChangeB129Compression),
        ChangeId::B129Iptables => (Code::ChangeB129Iptables, Code::MendChangeB129Iptables),
        ChangeId::B129Roles => (Code::ChangeB129Roles, Code::MendChangeB129Roles),
        ChangeId::B130Excluded => (Code::ChangeB130Excluded, Code::MendChangeB130Excluded),
        ChangeId::B130TlsRoute => (Code::ChangeB130TlsRoute, Code::MendChangeB130TlsRoute),
        ChangeId::B130Hostnames => (Code::ChangeB130Hostnames, Code::MendChangeB130Hostnames),
        ChangeId::B130Xds => (Code::ChangeB130Xds, Code::MendChangeB130Xds),
        ChangeId::B131Hub => (Code::ChangeB131Hub, Code::MendChangeB131Hub),
        ChangeId::B131Unhealthy => (Code::ChangeB131Unhealthy, Code::MendChangeB131Unhealthy),
        ChangeId::B131Merging => (Code::ChangeB131Merging, Code::MendChangeB131Merging),
        ChangeId::B131Plaintext => (Code::ChangeB131Plaintext, Code::MendChangeB131Plaintext),
        ChangeId::B131Reconnect => (Code::ChangeB131Reconnect, Code::MendChangeB131Reconnect),
        ChangeId::B131Generator => (Code::ChangeB131Generator, Code::MendChangeB131Generator),
    }
}
